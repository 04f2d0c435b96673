"""Image signature: the signs of a picture's cosine transform hold its sparse foreground.

Hou, Harel, Koch, "Image Signature: Highlighting Sparse Salient Regions", TPAMI 2012. Assume that a picture is a
background that is sparse in the cosine domain plus a foreground that is sparse in space. Then the picture that has only
the signs of the transform is concentrated on the foreground.

From the publication and its toolbox: Lab channels at 64 pixels, sign of the DCT, inverse, squared, mean of the
channels, Gaussian blur with .045 of the map's width.

Ours: 64 pixels and the width are those of the longer side (the toolbox takes the horizontal side, which makes maps of
upright pictures finer), the blur is renormalized at the border, and a coefficient that is only a rounding error has
the sign 0.
"""

from functools import cache

import numpy as np

from wepsam import maps
from wepsam.classical._frame import classical_model, lab, longer_side

LONGEST = 64  # pixels of the longer side
BLUR = 0.045  # of the longer side
ROUNDING = 1e-3  # of a Lab unit: a smaller coefficient is a rounding error


@classical_model(longer_side(LONGEST, enlarge=True))
def image_signature(picture: np.ndarray, /) -> np.ndarray:
    """Saliency map by the image signature."""
    energy = np.mean([reconstructed(channel) ** 2 for channel in np.moveaxis(lab(picture), -1, 0)], axis=0)
    return maps.blur(energy, BLUR * max(energy.shape))


def reconstructed(channel: np.ndarray) -> np.ndarray:
    """(h, w) channel -> (h, w) inverse transform of its signature."""
    rows, columns = (_cosines(n) for n in channel.shape)
    return rows.T @ signature(channel) @ columns


def signature(channel: np.ndarray) -> np.ndarray:
    """(h, w) channel -> (h, w) signs of its cosine transform: -1, 0 or 1."""
    rows, columns = (_cosines(n) for n in channel.shape)
    coefficients = rows @ channel.astype(np.float64) @ columns.T
    return np.sign(coefficients) * (np.abs(coefficients) > ROUNDING)


@cache
def _cosines(n: int) -> np.ndarray:
    """(n, n) orthonormal DCT-II, a frequency in each row. At this size a product beats a fast transform."""
    frequencies = np.arange(n)[:, None]
    matrix = np.cos(np.pi * frequencies * (np.arange(n) + 0.5) / n) * np.sqrt(2 / n)
    matrix[0] /= np.sqrt(2)
    return matrix
