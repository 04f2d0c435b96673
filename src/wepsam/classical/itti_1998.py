"""Itti, Koch and Niebur's model with the settings of their publication.

Itti, Koch, Niebur, "A Model of Saliency-Based Visual Attention for Rapid Scene Analysis", PAMI 1998. `itti` is the
later variant of Harel's toolbox.

From the publication: centers at levels 2, 3, 4, surrounds 3 and 4 levels coarser, absolute differences, broadly tuned
R, G, B, Y, sums at level 4, N() for each of the conspicuity maps and their mean. Pictures have 640 pixels on the longer
side, the size that the publication uses.

Ours: the pyramid's taps and the Gabor filters are those of GBVS, because the publication names neither; there is no
blur.

This is not the SaliencyToolbox, whose row the benchmarks have. The SaliencyToolbox replaces N() by an iteration that
leaves a few spots of each map; with such an iteration the scores of this model fall to those of that row
(docs/explanation/log.md). docs/reference/classical.md compares both with their public MIT300 rows.
"""

import numpy as np

from wepsam.classical._frame import classical_model, longer_side
from wepsam.classical.itti import ROUNDING, normalized, without_rounding
from wepsam.classical.toolbox import gabor_energy, imresized, pyramid

CENTERS, DELTAS = (2, 3, 4), (3, 4)  # levels of the centers; levels from a center to its surrounds
SUM_LEVEL = 4  # the level at which the maps of all scales are added
LONGEST = 640  # pixels of the longer side


@classical_model(longer_side(LONGEST, enlarge=True))
def itti_1998(picture: np.ndarray, /) -> np.ndarray:
    """Saliency map with the settings of the 1998 publication."""
    levels = pyramid(picture, max(CENTERS) + max(DELTAS))
    shape = levels[SUM_LEVEL].shape[1:]
    rgb = {level: planes[:3] for level, planes in levels.items() if level >= min(CENTERS)}
    # Color adds its two opponencies before N(), orientation its four angles after N().
    intensity = _conspicuity({level: planes.mean(axis=0, keepdims=True) for level, planes in rgb.items()}, shape)
    color = _conspicuity({level: broadly_tuned(planes) for level, planes in rgb.items()}, shape)
    orientation = _conspicuity({level: gabor_energy(planes.mean(axis=0)) for level, planes in rgb.items()}, shape)
    intensity, color = normalized(intensity[0]), normalized(color.sum(axis=0))
    orientation = normalized(np.sum([normalized(angle) for angle in orientation], axis=0))
    return (intensity + color + orientation) / 3


def broadly_tuned(rgb: np.ndarray) -> np.ndarray:
    """(3, h, w) -> (2, h, w): R - G and B - Y of the broadly tuned channels, which are never negative.

    r, g, b are divided by the intensity where that exceeds a tenth of its maximum, and are zero elsewhere, because
    hue cannot be seen in the dark.
    """
    intensity = rgb.mean(axis=0)
    bright = intensity > intensity.max() / 10
    r, g, b = np.where(bright, rgb / np.where(bright, intensity, 1), 0)
    red, green, blue = r - (g + b) / 2, g - (r + b) / 2, b - (r + g) / 2
    yellow = (r + g) / 2 - np.abs(r - g) / 2 - b
    red, green, blue, yellow = (np.maximum(channel, 0) for channel in (red, green, blue, yellow))
    return np.stack([red - green, blue - yellow])


def _conspicuity(features: dict[int, np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    """(n, h, w): the normalized center-surround differences of each of n features, added at level 4.

    For colors the publication writes (R(c) - G(c)) - (G(s) - R(s)), which would be largest where center and surround
    have the same color. All implementations read it as the difference of R - G.
    """
    total: np.ndarray = np.zeros((len(features[SUM_LEVEL]), *shape), np.float32)
    for center in CENTERS:
        for delta in DELTAS:
            surround = imresized(features[center + delta], features[center].shape[1:])
            contrast = without_rounding(np.abs(features[center] - surround), ROUNDING)
            total += [normalized(single) for single in imresized(contrast, (shape[0], shape[1]))]
    return total
