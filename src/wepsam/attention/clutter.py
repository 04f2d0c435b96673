"""How much there is in a picture: feature congestion, the local variety of color, contrast and orientation.

A place is cluttered if a new thing would hardly stand out there, because colors, contrasts and orientations vary so
much around it already. Each is the size of the ellipsoid of a local covariance, at three scales; the largest counts.

Our own code after the publication and its reference implementation, whose constants it keeps: the scale of L, a and b,
pyramids that double at each level, and coarse levels that count a quarter each. It pools exactly, but only at every
fourth pixel, which is enough for a mean. docs/how-to/attention.md compares it with the package visual-clutter.

References:
    Rosenholtz, Li, Nakano, "Measuring visual clutter", Journal of Vision 7(2), 2007.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np

from wepsam import srgb
from wepsam.images import resize
from wepsam.shapes import within

LONGEST = 512  # pixels of the longer side at which a picture is measured; smaller ones are measured as they are
LEAST = 32  # pixels of a side: smaller pictures are enlarged to it
LEVELS = 3
STEP = 4  # pixels of the first level between the places at which the clutter is pooled

# What makes the three kinds comparable, from the reference implementation.
COLOR, CONTRAST, ORIENTATION = 0.2088, 0.0660, 0.0269
LEAST_VARIANCES = (0.0007**2, 0.1**2, 0.05**2)  # of L, a, b: what nobody sees
COLOR_POOL, CONTRAST_POOL, ORIENTATION_POOL = 3.0, 3.0, 14.0  # pixels of a level: standard deviations of Gaussians
INNER, OUTER = 0.71, 1.14  # pixels: of the difference of Gaussians that finds contrast
EDGE = 2.0  # pixels: of the Gaussians that make an oriented filter, and how far the outer ones are shifted
ENERGY_POOL = 1.75  # half pixels: of the pooling of oriented energy, which is done twice
ENERGY_NOISE, ORIENTATION_NOISE = 1.0, 0.001

FROM_RGB = np.array([[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]])
WHITE = np.array([95.047, 100.0, 108.833])


def clutter(stimulus: np.ndarray) -> float:
    """Feature congestion of a picture, with about 512 pixels on its longer side.

    Args:
        stimulus: (H, W, 3) uint8 RGB.

    Returns:
        At least 0; about 2 for a plain picture, 4 to 6 for photographs, more for crowded ones.
    """
    height, width = within(stimulus.shape[0], stimulus.shape[1], LONGEST)
    shape = max(height, LEAST), max(width, LEAST)
    return congestion(stimulus if shape == stimulus.shape[:2] else resize(stimulus, shape))


def congestion(stimulus: np.ndarray) -> float:
    """Feature congestion of an (H, W, 3) uint8 picture as it is; each side has at least LEAST pixels."""
    levels = _pyramid(_lab(stimulus))
    places = tuple(-(-side // STEP) for side in stimulus.shape[:2])
    total = np.zeros(places)
    for kind, scale in ((_color, COLOR), (_contrast, CONTRAST), (_orientation, ORIENTATION)):
        # A level's pixel j is the first level's 2j; the reference's enlargement makes it count a quarter.
        found = [kind(level, STEP >> i)[: places[0], : places[1]] / 4**i for i, level in enumerate(levels)]
        total += np.maximum.reduce(found) / scale
    return float(total.mean())


def _lab(stimulus: np.ndarray) -> np.ndarray:
    """(3, H, W) float32: L, a, b on the scale of the reference, on which white has an L of about 9."""
    linear = _linear()[stimulus] @ (FROM_RGB / WHITE[:, None]).T.astype(np.float32)
    x, y, z = np.moveaxis(np.where(linear >= 0.008856, np.cbrt(linear), 7.787 * linear + np.float32(16 / 116)), 2, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@cache
def _linear() -> np.ndarray:
    """(256,) float32: the light of each value of sRGB."""
    return srgb.to_linear(np.arange(256, dtype=np.uint8)).astype(np.float32)


def _pyramid(lab: np.ndarray) -> list[np.ndarray]:
    """(3, h, w) levels, each of half the size and, as in the reference, of twice the values."""
    binomial = np.array([1, 4, 6, 4, 1]) / 16
    levels = [lab]
    for _ in range(LEVELS - 1):
        smooth = _filter(_filter(levels[-1], binomial, -1)[..., ::2], binomial, -2)[..., ::2, :]
        levels.append(2 * smooth)
    return levels


def _color(lab: np.ndarray, step: int) -> np.ndarray:
    """The size of the ellipsoid of the colors around each place."""
    # Less the mean, so that small variances are not lost in float32.
    channels = lab - lab.mean(axis=(1, 2), keepdims=True)
    covariance = _covariance(channels, COLOR_POOL, step)
    for place, least in enumerate(LEAST_VARIANCES):
        covariance[place, place] += least
    (ll, la, lb), (_, aa, ab), (_, _, bb) = covariance
    determinant = ll * (aa * bb - ab * ab) - la * (la * bb - ab * lb) + lb * (la * ab - aa * lb)
    return np.maximum(determinant, 0) ** (1 / 6)


def _contrast(lab: np.ndarray, step: int) -> np.ndarray:
    """The standard deviation of the contrast of light around each place."""
    inner, outer = (
        _filter(_filter(lab[0], kernel, 1), kernel, 0) for kernel in (_gaussian(INNER, 3), _gaussian(OUTER, 3))
    )
    return np.sqrt(np.maximum(_covariance(np.abs(inner - outer)[None], CONTRAST_POOL, step)[0, 0], 0))


def _orientation(lab: np.ndarray, step: int) -> np.ndarray:
    """The size of the ellipse of the orientations around each place, as cosine and sine of twice the angle."""
    horizontal, vertical, left, right = (response**2 for response in _oriented(lab[0]))
    kernel = _energy_kernel()
    across, diagonal, whole = (
        _filter(_filter(energy, kernel, 1), kernel, 0)
        for energy in (horizontal - vertical, right - left, horizontal + vertical + left + right)
    )
    whole += np.float32(ENERGY_NOISE)
    (cc, cs), (_, ss) = _covariance(np.stack([across / whole, diagonal / whole]), ORIENTATION_POOL, step)
    determinant = (cc + ORIENTATION_NOISE) * (ss + ORIENTATION_NOISE) - cs * cs
    return np.maximum(determinant, 0) ** (1 / 4)


def _oriented(light: np.ndarray) -> Sequence[np.ndarray]:
    """The answers of four second derivatives: a Gaussian, less two that are shifted to both sides.

    Round Gaussians stay separable when they are shifted along a diagonal.
    """
    support = round(3 * EDGE)
    middle, up, down = (_gaussian(EDGE, support, shift) for shift in (0, EDGE, -EDGE))
    plus, minus = (_gaussian(EDGE, support, shift) for shift in (EDGE / np.sqrt(2), -EDGE / np.sqrt(2)))
    edge = 2 * middle - up - down
    smooth = _filter(light, middle, 0)
    center = 2 * _filter(smooth, middle, 1)
    lower, upper = _filter(light, plus, 0), _filter(light, minus, 0)
    return (
        _filter(_filter(light, edge, 0), middle, 1),
        _filter(smooth, edge, 1),
        center - _filter(lower, plus, 1) - _filter(upper, minus, 1),
        center - _filter(lower, minus, 1) - _filter(upper, plus, 1),
    )


@cache
def _energy_kernel() -> np.ndarray:
    """The reference doubles a picture with a Gaussian and halves it with the same one: together, one filter."""
    once = _gaussian(ENERGY_POOL, round(2 * ENERGY_POOL))
    return 2 * np.convolve(once, once)[::2]


def _gaussian(sigma: float, support: int, shift: float = 0.0) -> np.ndarray:
    """(2 * support + 1,) a Gaussian that sums to 1."""
    values = np.exp(-0.5 * ((np.arange(-support, support + 1) - shift) / sigma) ** 2)
    return np.asarray(values / values.sum())


def _filter(values: np.ndarray, kernel: np.ndarray, axis: int) -> np.ndarray:
    """Filter along an axis; the picture is mirrored at its border, which is not repeated."""
    support = len(kernel) // 2
    axis %= values.ndim
    padding = [(support, support) if one == axis else (0, 0) for one in range(values.ndim)]
    padded = np.pad(values, padding, mode="reflect")
    size, before = values.shape[axis], (slice(None),) * axis
    total = np.zeros_like(values)
    part = np.empty_like(values)
    for place, weight in enumerate(kernel.astype(np.float32)):
        np.multiply(padded[(*before, slice(place, place + size))], weight, out=part)
        total += part
    return total


def _covariance(channels: np.ndarray, sigma: float, step: int) -> np.ndarray:
    """(n, n, h, w) the covariance of n channels under a Gaussian at every place, `step` pixels apart."""
    count, height, width = channels.shape
    down, across = _pool(height, sigma, step), _pool(width, sigma, step).T

    def pooled(values: np.ndarray) -> np.ndarray:
        return np.asarray(down @ (values @ across), dtype=np.float64)

    means = [pooled(channel) for channel in channels]
    covariance = np.empty((count, count, *means[0].shape))
    for one in range(count):
        for other in range(one, count):
            found = pooled(channels[one] * channels[other]) - means[one] * means[other]
            covariance[one, other] = covariance[other, one] = found
    return covariance


@cache
def _pool(size: int, sigma: float, step: int) -> np.ndarray:
    """(places, size) float32: Gaussians around every `step`-th pixel, cut at two sigma; each sums to 1."""
    distance = np.abs(np.subtract.outer(np.arange(0, size, step), np.arange(size)))
    weights = np.where(distance <= round(2 * sigma), np.exp(-0.5 * (distance / sigma) ** 2), 0)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
