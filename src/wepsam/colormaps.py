"""Colors of saliency maps: named ramps of 256 colors whose lightness rises evenly.

Even steps of lightness let even steps of saliency look even, also in gray print and to color-blind people.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from wepsam import srgb

DEFAULT = "ember"

# Anchors of our own ramp, equally spaced: lightness, chroma and hue (degrees) in the OKLCH color space.
EMBER = (
    (0.16, 0.050, 285.0),  # night
    (0.33, 0.140, 292.0),  # violet
    (0.50, 0.190, 345.0),  # crimson
    (0.66, 0.190, 35.0),  # ember
    (0.82, 0.160, 75.0),  # amber
    (0.97, 0.070, 105.0),  # light
)
# Every 15th color of matplotlib's ramps (CC0; by S. van der Walt, N. Smith, E. Firing; cividis by J. Nunez et al.,
# PLOS ONE 2018). Interpolated, they differ from the originals by at most 12 of 255 levels, on average by less than 1.
SRGB = {
    "gray": "000000 ffffff",
    "viridis": "440154 481769 472a7a 433d84 3d4e8a 355e8d 2e6d8e 297b8e 23898e "
    "1f978b 21a585 2eb37c 46c06f 65cb5e 89d548 b0dd2f d8e219 fde725",
    "magma": "000004 090720 1a1042 311165 4a1079 621980 792282 912b81 aa337d "
    "c23b75 d9466b ec5860 f7725c fc8e64 feaa74 fec68a fde2a3 fcfdbf",
    "inferno": "000004 0a0722 1e0c45 380962 510e6c 69166e 801f6c 982766 b0315b "
    "c63d4d d94d3d e9612b f47918 fa9407 fcb014 f8cd37 f2ea69 fcffa4",
    "cividis": "00224e 002d68 163770 2e416d 3f4c6c 4e566c 5c616e 696b71 767676 "
    "838179 928c78 a09875 afa471 bfb06b cfbd62 dfca57 f0d846 fee838",
}
NAMES = (DEFAULT, *SRGB)
# The rainbow of older programs, for those who insist: its lightness rises and falls, so it shows edges where there are
# none, and color-blind people confuse its high and low values. Anchors of red, green and blue: (place, value).
JET = "jet"
JET_ANCHORS = (
    ((0, 0), (0.35, 0), (0.66, 1), (0.89, 1), (1, 0.5)),
    ((0, 0), (0.125, 0), (0.375, 1), (0.64, 1), (0.91, 0), (1, 0)),
    ((0, 0.5), (0.11, 1), (0.34, 1), (0.65, 0), (1, 0)),
)
REVERSED = "_r"


@cache
def colors(name: str = DEFAULT) -> np.ndarray:
    """The colors of a ramp, from those of low saliency to those of high saliency.

    Args:
        name: one of NAMES, or JET; with "_r" behind it the ramp is reversed, as in matplotlib.

    Returns:
        (256, 3) uint8 RGB, read-only.

    Raises:
        ValueError: no such name.
    """
    plain = name.removesuffix(REVERSED)
    if plain not in (*NAMES, JET):
        known = ", ".join(NAMES)
        raise ValueError(f"no colors {name!r}: choose one of {known}, or its reverse such as {DEFAULT}{REVERSED}")
    table = _ember() if plain == DEFAULT else _jet() if plain == JET else _interpolated(SRGB[plain])
    if name != plain:
        table = table[::-1].copy()
    table.setflags(write=False)  # all callers share it
    return table


def _interpolated(anchors: str) -> np.ndarray:
    values = np.array([list(bytes.fromhex(color)) for color in anchors.split()])
    places = np.linspace(0, 255, len(values))
    channels = [np.interp(np.arange(256), places, channel) for channel in values.T]
    return np.rint(np.stack(channels, axis=1)).astype(np.uint8)


def _jet() -> np.ndarray:
    unit = np.linspace(0, 1, 256)
    places = [np.array(anchors, dtype=float).T for anchors in JET_ANCHORS]
    channels = [np.interp(unit, at, value) for at, value in places]
    return np.rint(255 * np.stack(channels, axis=1)).astype(np.uint8)


def _ember() -> np.ndarray:
    """The anchors joined in OKLab and converted to sRGB."""
    lightness, chroma, hue = np.array(EMBER).T
    a, b = chroma * np.cos(np.deg2rad(hue)), chroma * np.sin(np.deg2rad(hue))
    places = np.linspace(0, 255, len(EMBER))
    lab = np.stack([np.interp(np.arange(256), places, channel) for channel in (lightness, a, b)])
    # The inverse of OKLab, Ottosson 2020, https://bottosson.github.io/posts/oklab/
    cones = [
        [1, 0.3963377774, 0.2158037573],
        [1, -0.1055613458, -0.0638541728],
        [1, -0.0894841775, -1.2914855480],
    ]
    primaries = [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
    linear = np.clip(np.array(primaries) @ (np.array(cones) @ lab) ** 3, 0, 1).T
    return np.rint(255 * srgb.from_linear(linear)).astype(np.uint8)
