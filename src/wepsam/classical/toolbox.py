"""The steps that GBVS and Itti's model share, as in Harel's toolbox: pyramid, Gabor energy, border ramp, resizing."""

from functools import cache, lru_cache

import numpy as np

from wepsam import imresize
from wepsam.classical._frame import loops, resized

LONGEST = 4096  # pixels: a narrow picture is not enlarged beyond this
SHORTEST = 128  # pixels: pictures with a shorter side are enlarged
GABOR_RAMP = 13  # pixels along which a Gabor energy fades toward the border


def enlarged(stimulus: np.ndarray) -> np.ndarray:
    """The (H, W, 3) uint8 picture itself, or enlarged to 128 pixels on its shorter side if it has fewer."""
    height, width = stimulus.shape[:2]
    # A strip one pixel high would become extremely long: there the shorter side stays smaller.
    scale = min(SHORTEST / min(height, width), max(1, LONGEST / max(height, width)))
    return stimulus if scale <= 1 else resized(stimulus, (round(height * scale), round(width * scale)))


def lattice_shape(height: int, width: int, size: int = 32) -> tuple[int, int]:
    """(h, w) of a small map of a picture: `size` on the longer side, in the picture's aspect; at least 1."""
    scale = size / max(height, width)
    return max(1, half_up(height * scale)), max(1, half_up(width * scale))


def half_up(value: float) -> int:
    """The nearest integer; halves are rounded up, as in MATLAB."""
    return int(value + 0.5)


def pyramid(picture: np.ndarray, last: int, dtype: type = np.float32) -> dict[int, np.ndarray]:
    """The levels 1 to `last` of a picture; level L has 1/2^L of its size.

    Args:
        picture: (H, W, 3) uint8.
        last: the coarsest level. A side of 10 pixels or less is not halved any more.
        dtype: floating type of the levels.

    Returns:
        By level, (4, h, w) planes in [0, 1]: R, G, B and their largest, which is taken at full size.
    """
    compiled = loops("toolbox_loops")
    levels = {1: compiled.decimate(compiled.planes(np.ascontiguousarray(picture)), dtype(1 / 255))}
    for level in range(2, last + 1):
        levels[level] = compiled.decimate(levels[level - 1], dtype(1))
    return levels


def gabor_energy(intensity: np.ndarray) -> np.ndarray:
    """(h, w) -> (4, h, w): |even| + |odd| Gabor answers at 0, 45, 90, 135 degrees, fading toward the border."""
    ramp = border_ramp(*intensity.shape, GABOR_RAMP, intensity.dtype)
    return loops("toolbox_loops").gabor_energy(intensity, *_gabor_filters(intensity.dtype), ramp)


@cache
def _gabor_filters(dtype: np.dtype) -> tuple[np.ndarray, np.ndarray, float]:
    """The filters as the loop `gabor_energy` takes them: factors of two, quarters of two, a mean.

    27x27 taps, standard deviation 2 px across and 4 px along, period pi px, phases 0 and 90 degrees, mean removed,
    unit L2 norm. The mean of an odd filter is 0, and the norms do not depend on the orientation's sign.
    """
    y, x = np.mgrid[-13:14, -13:14].astype(float)

    def even_and_odd(across: np.ndarray, along: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        envelope = np.exp(-0.5 * ((across / 2) ** 2 + (along / 4) ** 2))
        return envelope * np.cos(2 * across), envelope * np.sin(2 * across)

    distance = np.arange(14)
    half = np.where(distance == 0, 0.5, 1)
    even, odd = even_and_odd(y, x)
    mean = even.mean()
    norm = np.linalg.norm(even - mean)
    cosine, sine = even_and_odd(distance, np.zeros(14))
    upright = np.stack([cosine / norm, sine / np.linalg.norm(odd), np.exp(-0.5 * (distance / 4) ** 2), np.ones(14)])

    even, odd = even_and_odd((x - y) / np.sqrt(2), (x + y) / np.sqrt(2))
    even, odd = (taps / np.linalg.norm(taps) for taps in (even - even.mean(), odd))
    # An even filter is the same when turned by 180 degrees. Its part that is symmetric in x therefore is symmetric in y
    # as well, and its antisymmetric part antisymmetric. For an odd filter it is the other way round.
    parts = [even + even[:, ::-1], even - even[:, ::-1], odd - odd[:, ::-1], odd + odd[:, ::-1]]
    diagonal = np.stack([part[13:, 13:] / 2 for part in parts]) * half * half[:, None]
    return (upright * half).astype(dtype), diagonal.astype(dtype), dtype.type(-mean / norm)


@lru_cache(maxsize=64)
def border_ramp(h: int, w: int, width: int, dtype: np.dtype) -> np.ndarray:
    """(h, w) factors: 1 inside, k / (width + 1) at the k-th pixel from each border, products of both at the corners.

    In a map that is narrower than two ramps, both are half of its shorter side wide, on all four borders.
    """
    width = min(width, h // 2, w // 2)
    ramps = []
    for n in (h, w):
        ramp = np.ones(n)
        ramp[:width] = np.arange(1, width + 1) / (width + 1)
        ramp[n - width :] = ramp[:width][::-1]
        ramps.append(ramp)
    return np.outer(*ramps).astype(dtype)


def imresized(maps: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """(C, h, w) maps -> (C, *shape) by MATLAB's imresize: bicubic, antialiased where they shrink."""
    if maps.shape[1:] == shape:
        return maps
    rows, columns = (_bicubic(n, m, maps.dtype) for n, m in zip(maps.shape[1:], shape, strict=True))
    product = loops("toolbox_loops").product
    if shape[0] > maps.shape[1]:  # the order that has the smaller map in between
        return product(rows, maps @ columns.T)
    return product(rows, maps) @ columns.T


@lru_cache(maxsize=64)
def _bicubic(n: int, m: int, dtype: np.dtype) -> np.ndarray:
    """(m, n) matrix that resizes n samples to m."""
    weights, places = imresize.taps((np.arange(m) + 0.5) * n / m - 0.5, n, max(1.0, n / m))
    return imresize.matrix(weights / weights.sum(axis=1, keepdims=True), places, n).astype(dtype)


def min_max(maps: np.ndarray) -> np.ndarray:
    """Each map of (..., h, w) stretched to [0, 1], of the same type; zeros where it is constant."""
    low = maps.min(axis=(-2, -1), keepdims=True)
    spread = maps.max(axis=(-2, -1), keepdims=True) - low
    return (maps - low) / np.where(spread > 0, spread, 1)
