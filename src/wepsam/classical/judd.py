"""Judd: a linear model of 29 features of each pixel, learned from where people looked.

Judd, Ehinger, Durand, Torralba, "Learning to Predict Where Humans Look", ICCV 2009.

From the publication and its program: the picture at 200x200; its features, named in FEATURES below; 10 positive pixels
from the most looked-at fifth of each training picture and 10 negative ones from the least looked-at 70 %, none within
10 pixels of the border; features with mean 0 and variance 1; a linear support vector machine (liblinear, C = 1). Each
pixel of a new picture gets w x + b, and the map is stretched from its smallest value to its largest, as in the authors'
program; there is neither exp nor a blur.

Left out: the authors' detectors of the horizon, faces, people and cars. Nothing replaces them, so this model knows no
objects.

Ours: a steerable pyramid in the frequency domain (Portilla and Simoncelli), where the authors filter with small
kernels; the Itti channels of Harel's toolbox instead of the SaliencyToolbox; windows of the median filter one pixel
larger (3, 5, 9, 17), so that they have a middle and a mirrored picture has a mirrored map; other training pictures
(learn/judd.py). The distance to the center is in pixels of the stimulus, as in the program: circles, whatever the
stimulus' format.

On MIT300 the authors' model has AUC-Judd .81, SIM .42, CC .47, NSS 1.18, KL 1.12, and GBVS has .81, .48, .48, 1.24,
.87. On OSIE's validation pictures this model has .81, .37, .40, 1.19, 1.29, and GBVS has .81, .42, .42, 1.29, 1.09. In
both cases its ranks are as good as those of GBVS and its values are not: a stretched linear score is bright nearly
everywhere.
"""

import json
from functools import cache
from math import factorial
from pathlib import Path

import numpy as np

from wepsam import maps
from wepsam.classical._frame import checked, finished, loops, resized
from wepsam.classical.itti import conspicuity_maps

SIDE = 200  # pixels at which features live
SCALES, ORIENTATIONS = 3, 4
BAND_BLUR = 2.0  # pixels of the band
MEDIANS = (1, 3, 5, 9, 17)  # pixels
CHANNEL_BINS, COLOR_BINS, BAND_BINS = 100, 10, 100
ROUNDING = 1e-2  # gray levels: a smaller contrast is a rounding error

FEATURES = (
    "highpass",
    *(f"band {scale} {180 * k // ORIENTATIONS}" for scale in range(1, SCALES + 1) for k in range(ORIENTATIONS)),
    *("itti color", "itti intensity", "itti orientation"),
    *("red", "green", "blue"),
    *("rarity of red", "rarity of green", "rarity of blue"),
    *(f"rarity of color, median {size}" for size in MEDIANS),
    "rarity of bands",  # Torralba's saliency
    "distance to center",
)


def judd(stimulus: np.ndarray) -> np.ndarray:
    """Saliency map by a linear model of low-level features and the distance to the center.

    A uniform picture gets what the model has learned about the center.
    """
    means, deviations, weights, bias = learned()
    scores = np.tensordot(weights / deviations, features(stimulus) - means[:, None, None], 1) + bias
    return finished(scores, (stimulus.shape[0], stimulus.shape[1]))


def features(stimulus: np.ndarray) -> np.ndarray:
    """(29, 200, 200) float32, in the order of FEATURES."""
    picture = resized(checked(stimulus), (SIDE, SIDE))
    highpass, *bands = subbands(picture.mean(axis=2))
    by_name = [
        *(energy(band) for band in (highpass, *bands)),
        *(maps.enlarge(channel, (SIDE, SIDE)) for channel in conspicuity_maps(stimulus)),
        *np.moveaxis(picture / 255, -1, 0),
        *(relative(rarity(channel, CHANNEL_BINS)) for channel in np.moveaxis(picture, -1, 0)),
        *color_rarity(picture),
        relative(band_rarity(bands)),
        distance_to_center(stimulus.shape),
    ]
    return np.array(by_name, np.float32)


# ---- the steerable pyramid


def subbands(gray: np.ndarray) -> list[np.ndarray]:
    """Highpass residual and oriented bands of an (n, n) picture mirrored at its borders; the lowpass is left out.

    Returns:
        1 + 3 x 4 real arrays, (n, n), (n / 2, n / 2) and (n / 4, n / 4) by scale. The bands of a scale respond to
        contrast along 0, 45, 90, 135 degrees from the x axis, turning to the y axis (down). n is a multiple of 4.
    """
    n = len(gray)
    spectrum = np.fft.rfft2(np.pad(gray, (0, n), mode="symmetric"))
    bands = []
    for mask in masks(n):
        size = len(mask)  # of the mirrored band
        rows = np.r_[: size // 2, 2 * n - size // 2 : 2 * n]
        scaled = spectrum[rows, : size // 2 + 1] * (size / (2 * n)) ** 2
        bands.append(np.fft.irfft2(scaled * mask, s=(size, size))[: size // 2, : size // 2])
    return bands


@cache
def masks(n: int) -> list[np.ndarray]:
    """The factors of the spectrum in `subbands`. Their squares and that of the lowpass add up to 1."""
    factors = [np.sqrt(1 - _lowpass(_radius(2 * n), 1) ** 2)]
    order = ORIENTATIONS - 1
    norm = 2**order * factorial(order) / np.sqrt(ORIENTATIONS * factorial(2 * order))
    for scale in range(SCALES):
        size = 2 * n >> scale
        radius = _radius(size) / 2**scale  # of this scale's spectrum, 1 being the Nyquist frequency of the picture
        ring = _lowpass(radius, 0.5**scale) * np.sqrt(1 - _lowpass(radius, 0.5 ** (scale + 1)) ** 2)
        x, y = np.fft.rfftfreq(size), np.fft.fftfreq(size)[:, None]
        # A sample of a coarser band lies in the middle of the samples that it replaces, not on the first of them.
        centered = np.exp(1j * np.pi * (x + y) * (1 - 0.5**scale))
        for k in range(ORIENTATIONS):
            angle = np.arctan2(y, x) - np.pi * k / ORIENTATIONS
            factors.append(ring * norm * np.cos(angle) ** order * (-1j) ** order * centered)
    return factors


def _radius(size: int) -> np.ndarray:
    """Frequency of each coefficient of a real (size, size) spectrum, 1 at Nyquist."""
    return 2 * np.hypot(np.fft.rfftfreq(size), np.fft.fftfreq(size)[:, None])


def _lowpass(radius: np.ndarray, edge: float) -> np.ndarray:
    """1 up to half the edge, 0 from the edge on, a cosine of the octave in between."""
    octaves = np.log2(np.maximum(radius, 1e-12) / edge)
    return np.cos(np.pi / 2 * np.clip(octaves + 1, 0, 1))


def energy(band: np.ndarray) -> np.ndarray:
    """|band|, blurred and divided by its mean, at 200x200; 1 everywhere if the picture has no contrast in the band."""
    blurred = maps.blur(np.abs(band), BAND_BLUR) + ROUNDING
    return maps.enlarge(blurred / blurred.mean(), (SIDE, SIDE))


def band_rarity(bands: list[np.ndarray]) -> np.ndarray:
    """-log probability of a pixel's coefficients among those of each band, 200x200. Coarse bands have more weight."""
    total = np.zeros((SIDE, SIDE))
    for k, band in enumerate(bands):
        if np.ptp(band) > ROUNDING:
            total += 2 ** (1 + k // ORIENTATIONS) * maps.enlarge(rarity(band, BAND_BINS), (SIDE, SIDE))
    return total


# ---- colors, rarity, place


def rarity(values: np.ndarray, bins: int) -> np.ndarray:
    """-log of the share of the values in the same bin; `bins` of them divide the range of the values.

    One is added to the count of each bin, as in the authors' program.
    """
    low = values.min()
    width = np.ptp(values) / bins
    index = np.minimum((values - low) / width, bins - 1).astype(int) if width > 0 else np.zeros(values.shape, int)
    return _self_information(index, bins)


def color_rarity(picture: np.ndarray) -> list[np.ndarray]:
    """-log probability of each pixel's color, one of 10 x 10 x 10, in an (n, n, 3) uint8 picture under each median."""
    # A median commutes with the reduction to coarse levels, so it filters the levels.
    levels = np.minimum(picture.astype(int) * COLOR_BINS // 255, COLOR_BINS - 1).astype(np.uint8)
    median = loops("median_loops").median
    rarities = []
    for size in MEDIANS:
        red, green, blue = (median(plane, size // 2).astype(int) for plane in np.moveaxis(levels, -1, 0))
        rarities.append(_self_information((red * COLOR_BINS + green) * COLOR_BINS + blue, COLOR_BINS**3))
    return rarities


def distance_to_center(shape: tuple[int, ...]) -> np.ndarray:
    """Distance of each pixel to the picture's center, in pixels of a picture of this shape; 1 in the corners."""
    y, x = (((np.arange(SIDE) + 0.5) / SIDE - 0.5) * side for side in shape[:2])
    distance = np.hypot(y[:, None], x)
    return distance / distance.max()


def relative(values: np.ndarray) -> np.ndarray:
    """Values >= 0 shifted so that they start at 0, in units of the largest value."""
    return (values - values.min()) / max(values.max(), 1e-12)


def _self_information(index: np.ndarray, bins: int) -> np.ndarray:
    counts = np.bincount(index.ravel(), minlength=bins) + 1
    return -np.log(counts / counts.sum())[index]


@cache
def learned() -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """The constants that learn/judd.py learned: means, deviations and weights, (29,) each, and the bias."""
    model = json.loads((Path(__file__).parent / "bases/judd.json").read_text(encoding="utf-8"))
    by_feature = np.array([model["features"][name] for name in FEATURES])
    means, deviations, weights = by_feature.T
    return means, deviations, weights, model["bias"]
