"""Itti-Koch-Niebur saliency: `itti` as Harel's toolbox computes it, `itti_1998` as the publication describes it.

Itti, Koch, Niebur, "A Model of Saliency-Based Visual Attention for Rapid Scene Analysis", PAMI 1998: a pyramid for
each feature, differences between a fine level (center) and a coarse one (surround), and N(), which promotes maps
with one strong peak and suppresses those with many.

`itti` is the variant that came with the GBVS toolbox and that benchmarks list under Itti and Koch ("IttiKoch2"). What
it changes: squared differences, centers at levels 2 and 3 with one surround two levels coarser, no pyramid of
broadly tuned colors, a border ramp and a final blur. Without that blur it equals the maps that the toolbox gave under
GNU Octave (CC > .99999, tests/test_classical_rivals_a.py), which were made without; the blur is the one that the
toolbox documents as its default, as it "improves eye-movement predictions".

`itti_1998` has the publication's settings: centers 2, 3, 4, surrounds 3 and 4 levels coarser, absolute differences,
broadly tuned R, G, B, Y, sums at level 4, N() for each of the conspicuity maps and their mean. Ours are: the pyramid's
taps and the Gabor filters of GBVS (the publication names neither), pictures brought to 640 pixels, the size that the
publication uses, and no blur. It is not the SaliencyToolbox, whose row the benchmarks have: that replaces N() by an
iteration that leaves a few spots of each map, and with one of that kind this model's scores fall to that row's
(docs/log.md). Public MIT300 rows of both kinds are in the project's documentation.
"""

import numpy as np

from wepsam.classical._frame import checked, finished, working_size
from wepsam.classical.gbvs import _border_ramp, _compiled, _gabor_energy, _min_max, _resized, _sized

CENTERS, DELTA = (2, 3), 2
CENTERS_1998, DELTAS_1998 = (2, 3, 4), (3, 4)
SCALE_1998 = 4  # the level at which the maps of all scales are added
LONGEST_1998 = 640
PEAK = 10.0  # N() first scales a map to [0, PEAK]
ROUNDING = 1e-5  # a contrast below this is none; features are in about [0, 1], one gray level is 4e-3
BLUR = 0.03  # of the map's longer side


def itti(stimulus: np.ndarray, *, blur: float = BLUR) -> np.ndarray:
    """Saliency map by the Itti-Koch variant of Harel's toolbox.

    Args:
        stimulus: (H, W, 3) uint8 RGB; enlarged first if its shorter side has less than 128 pixels.
        blur: standard deviation of the final Gaussian as a share of the map's longer side; 0 = none.

    Returns:
        (H, W) float32 in [0, 1]; zeros for a uniform picture.
    """
    stimulus = checked(stimulus)
    return _min_max(_resized(itti_map(stimulus, blur)[None], stimulus.shape[:2]))[0]


def itti_map(stimulus: np.ndarray, blur: float = BLUR) -> np.ndarray:
    """`itti` on its own grid: an eighth of the (enlarged) picture's size, (h, w) float32 in [0, 1]."""
    channels = conspicuity_maps(stimulus)
    shape = channels.shape[1:]
    master = channels.sum(axis=0)
    if np.ptp(master) == 0:  # the ramp alone would pass for a center bias
        return np.zeros(shape, np.float32)
    master = _min_max((master * _border_ramp(*shape, 4, master.dtype))[None])[0]
    if blur > 0:
        rows, columns = (_blur(n, blur * max(shape)) for n in shape)
        master = _min_max((rows @ master @ columns.T)[None])[0]
    return master


def conspicuity_maps(stimulus: np.ndarray) -> np.ndarray:
    """The channels that `itti` adds up, (3, h, w) float32 >= 0 on its grid: color, intensity, orientation."""
    picture = _sized(stimulus, None)
    height, width = picture.shape[:2]
    scale = _rounded(max(height, width) / 8) / max(height, width)
    shape = max(1, _rounded(height * scale)), max(1, _rounded(width * scale))

    levels = pyramid(picture, max(CENTERS) + DELTA)
    channels = []
    for feature in (_color, _intensity, _orientation):
        features = {level: feature(levels[level]) for level in (*CENTERS, *(c + DELTA for c in CENTERS))}
        conspicuity = np.zeros(shape, np.float32)
        for center in CENTERS:
            contrast = (features[center] - _resized(features[center + DELTA], features[center].shape[1:])) ** 2
            for single in _resized(_without_rounding(contrast, ROUNDING**2), shape):
                conspicuity += normalized(single)
        channels.append(normalized(conspicuity))
    return np.array(channels)


def itti_1998(stimulus: np.ndarray) -> np.ndarray:
    """Saliency map with the settings of the 1998 publication.

    Args:
        stimulus: (H, W, 3) uint8 RGB; computed at 640 pixels on its longer side.

    Returns:
        (H, W) float32 in [0, 1]; zeros for a uniform picture.
    """
    stimulus = checked(stimulus)
    picture = working_size(stimulus, LONGEST_1998, enlarge=True)
    levels = pyramid(picture, max(CENTERS_1998) + max(DELTAS_1998))
    shape = levels[SCALE_1998].shape[1:]
    rgb = {level: planes[:3] for level, planes in levels.items() if level >= min(CENTERS_1998)}
    # Color adds its two opponencies before N(), orientation its four angles after N().
    intensity = _conspicuity({level: planes.mean(axis=0, keepdims=True) for level, planes in rgb.items()}, shape)
    color = _conspicuity({level: _broadly_tuned(planes) for level, planes in rgb.items()}, shape)
    orientation = _conspicuity({level: _gabor_energy(planes.mean(axis=0)) for level, planes in rgb.items()}, shape)
    intensity, color = normalized(intensity[0]), normalized(color.sum(axis=0))
    orientation = normalized(np.sum([normalized(angle) for angle in orientation], axis=0))
    return finished((intensity + color + orientation) / 3, stimulus.shape)


def pyramid(picture: np.ndarray, last: int) -> dict[int, np.ndarray]:
    """Levels 1 to `last`, each (4, h, w) float32: R, G, B and, formed at full size, the largest of the three.

    Taps 1 5 10 10 5 1, as in GBVS; a side of 10 pixels or less is not halved further.
    """
    compiled = _compiled()
    levels = {1: compiled.decimate(compiled.planes(np.ascontiguousarray(picture)), np.float32(1 / 255))}
    for level in range(2, last + 1):
        levels[level] = compiled.decimate(levels[level - 1], np.float32(1))
    return levels


def normalized(values: np.ndarray) -> np.ndarray:
    """N(): the map scaled to [0, 10], times (10 - the mean of its local maxima)^2.

    Local maxima are pixels inside the border that reach 1 and none of whose four neighbors is larger; the toolbox
    counts the largest among them, so a map with one peak alone is told apart and multiplied by 100.

    Args:
        values: (h, w), any range.

    Returns:
        (h, w) >= 0; zeros for a constant map.
    """
    values = PEAK * _min_max(values[None])[0]
    inside = values[1:-1, 1:-1]
    largest = np.maximum.reduce([values[:-2, 1:-1], values[2:, 1:-1], values[1:-1, :-2], values[1:-1, 2:]])
    maxima = inside[(inside >= PEAK / 10) & (inside >= largest)]
    if len(maxima) == 0:
        return values
    return values * (PEAK if len(maxima) == 1 else PEAK - maxima.mean()) ** 2


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
    return _gabor_energy(level[3])


# ---- 1998


def _broadly_tuned(rgb: np.ndarray) -> np.ndarray:
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
    have the same color; as everybody has read it, the difference of R - G is meant.
    """
    total: np.ndarray = np.zeros((len(features[SCALE_1998]), *shape), np.float32)
    for center in CENTERS_1998:
        for delta in DELTAS_1998:
            surround = _resized(features[center + delta], features[center].shape[1:])
            contrast = _without_rounding(np.abs(features[center] - surround), ROUNDING)
            total += [normalized(single) for single in _resized(contrast, (shape[0], shape[1]))]
    return total


def _without_rounding(contrast: np.ndarray, limit: float) -> np.ndarray:
    """What a computer adds to a uniform surface must not be blown up to a full map by N()."""
    return np.where(contrast > limit, contrast, 0)


# ---- the grid


def _blur(n: int, sigma: float) -> np.ndarray:
    """(n, n) Gaussian blur, cut off at two standard deviations, with replicated ends."""
    reach = _rounded(2 * sigma)
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    matrix = np.zeros((n, n), np.float32)
    for offset, tap in zip(range(-reach, reach + 1), taps / taps.sum(), strict=True):
        matrix[np.arange(n), np.clip(np.arange(n) + offset, 0, n - 1)] += tap
    return matrix


def _rounded(value: float) -> int:
    return int(value + 0.5)  # halves up, as in MATLAB
