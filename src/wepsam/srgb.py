"""The transfer curve of sRGB (IEC 61966-2-1): from 8-bit levels to linear light and back."""

import numpy as np


def to_linear(picture: np.ndarray) -> np.ndarray:
    """Linear light in [0, 1], float64, of an array of uint8 sRGB levels. The shape stays."""
    levels = np.arange(256) / 255
    light: np.ndarray = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    return np.asarray(light[picture])


def from_linear(light: np.ndarray) -> np.ndarray:
    """sRGB values in [0, 1] of an array of linear light in [0, 1]. The shape stays."""
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
