"""Itti and Koch's model as Harel's GBVS toolbox computes it: center-surround contrast in color, intensity, orientation.

Itti, Koch, Niebur, "A Model of Saliency-Based Visual Attention for Rapid Scene Analysis", PAMI 1998: a pyramid for
each feature, differences between a fine level (center) and a coarse one (surround), and N(), which promotes maps
with one strong peak and suppresses those with many. `itti_1998` has the settings of the publication.

From the toolbox: this is the variant that benchmarks list under Itti and Koch ("IttiKoch2"). It uses squared
differences, centers at levels 2 and 3 with one surround two levels coarser, no pyramid of broadly tuned colors, a
border ramp and a final blur. Without the blur it equals the maps that the toolbox computed under GNU Octave (CC >
.99999, tests/classical/test_itti.py), which were made without blur. The blur is the one that the toolbox documents as
its default, because it "improves eye-movement predictions".
"""

import numpy as np

from wepsam.classical._frame import checked
from wepsam.classical.toolbox import (
    border_ramp,
    enlarged,
    gabor_energy,
    half_up,
    imresized,
    lattice_shape,
    min_max,
    pyramid,
)

CENTERS, DELTA = (2, 3), 2  # levels of the centers; levels from a center to its surround
REDUCTION = 8  # the map has an eighth of the picture's sides
PEAK = 10.0  # N() first scales a map to [0, PEAK]
ROUNDING = 1e-5  # a smaller contrast is a rounding error; features are in about [0, 1], one gray level is 4e-3
BORDER_RAMP = 4  # pixels of the map along which it fades toward the border
BLUR = 0.03  # of the map's longer side


def itti(stimulus: np.ndarray, *, blur: float = BLUR) -> np.ndarray:
    """Saliency map by the Itti-Koch variant of Harel's toolbox.

    Args:
        stimulus: (H, W, 3) uint8 RGB; enlarged first if its shorter side has fewer than 128 pixels.
        blur: standard deviation of the final Gaussian as a share of the map's longer side; 0 = none.
    """
    return min_max(imresized(itti_map(checked(stimulus), blur)[None], stimulus.shape[:2])[0])


def itti_map(stimulus: np.ndarray, blur: float = BLUR) -> np.ndarray:
    """`itti` on its own grid, an eighth of the (enlarged) picture's size: (h, w) float32 in [0, 1]."""
    channels = conspicuity_maps(stimulus)
    shape = channels.shape[1:]
    master = channels.sum(axis=0)
    if np.ptp(master) == 0:  # the ramp alone would pass for a center bias
        return np.zeros(shape, np.float32)
    master = min_max(master * border_ramp(*shape, BORDER_RAMP, master.dtype))
    if blur > 0:
        rows, columns = (truncated_blur(n, blur * max(shape)) for n in shape)
        master = min_max(rows @ master @ columns.T)
    return master


def conspicuity_maps(stimulus: np.ndarray) -> np.ndarray:
    """The channels that `itti` adds up, (3, h, w) float32 >= 0 on its grid: color, intensity, orientation."""
    picture = enlarged(stimulus)
    height, width = picture.shape[:2]
    shape = lattice_shape(height, width, half_up(max(height, width) / REDUCTION))

    levels = pyramid(picture, max(CENTERS) + DELTA)
    channels = []
    for feature in (_color, _intensity, _orientation):
        features = {level: feature(levels[level]) for level in (*CENTERS, *(c + DELTA for c in CENTERS))}
        conspicuity = np.zeros(shape, np.float32)
        for center in CENTERS:
            contrast = (features[center] - imresized(features[center + DELTA], features[center].shape[1:])) ** 2
            for single in imresized(without_rounding(contrast, ROUNDING**2), shape):
                conspicuity += normalized(single)
        channels.append(normalized(conspicuity))
    return np.array(channels)


def normalized(values: np.ndarray) -> np.ndarray:
    """N(): the map scaled to [0, 10], times (10 - the mean of its local maxima)^2.

    Local maxima are pixels inside the border that reach 1 and none of whose four neighbors is larger. The toolbox
    counts the largest among them, so a map with only one peak is a case of its own: it is multiplied by 100.

    Args:
        values: (h, w), any range.

    Returns:
        (h, w) >= 0; zeros for a constant map.
    """
    values = PEAK * min_max(values)
    inside = values[1:-1, 1:-1]
    largest = np.maximum.reduce([values[:-2, 1:-1], values[2:, 1:-1], values[1:-1, :-2], values[1:-1, 2:]])
    maxima = inside[(inside >= PEAK / 10) & (inside >= largest)]
    if len(maxima) == 0:
        return values
    return values * (PEAK if len(maxima) == 1 else PEAK - maxima.mean()) ** 2


def without_rounding(contrast: np.ndarray, limit: float) -> np.ndarray:
    """The contrast where it exceeds the limit, else 0: N() must not enlarge rounding errors to a full map."""
    return np.where(contrast > limit, contrast, 0)


# ---- features of one level, (4, h, w) -> (types, h, w)


def _color(level: np.ndarray) -> np.ndarray:
    """|B - min(R, G)| and |R - G|, both divided by the largest of the three; 0 where that is 0."""
    red, green, blue, largest = level
    with np.errstate(invalid="ignore", divide="ignore"):
        opponents = np.stack([np.abs(blue - np.minimum(red, green)), np.abs(red - green)]) / largest
    return np.where(largest > 0, opponents, 0)


def _intensity(level: np.ndarray) -> np.ndarray:
    return level[3:]


def _orientation(level: np.ndarray) -> np.ndarray:
    return gabor_energy(level[3])


def truncated_blur(n: int, sigma: float) -> np.ndarray:
    """(n, n) Gaussian blur, cut off at two standard deviations, with replicated ends."""
    reach = half_up(2 * sigma)
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    matrix = np.zeros((n, n), np.float32)
    for offset, tap in zip(range(-reach, reach + 1), taps / taps.sum(), strict=True):
        matrix[np.arange(n), np.clip(np.arange(n) + offset, 0, n - 1)] += tap
    return matrix
