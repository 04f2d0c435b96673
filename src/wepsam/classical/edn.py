"""eDN: six networks with random filters, found by a search, and one linear readout of their 832 maps.

Vig, Dorr, Cox, "Large-Scale Optimization of Hierarchical Features for Saliency Prediction in Natural Images", CVPR
2014.

From the publication and its program: the picture's size, the colors, the six networks and their operations, the seed of
the filters, the distance to the center as one more feature, and the readouts with and without it (bases/edn.npz;
bases/edn.txt has their origin and license). A readout is a support vector machine that its authors trained on MIT1003,
where they also searched for the networks: its scores there are optimistic. A test holds decisions and maps to golden
values that somebody else made by running the published description.

Ours: a picture of one color has no features, so it gets the distance to the center alone. A strip that would become
larger than 2^19 pixels is reduced to that. `relearned` is the same machine on other pictures (learn/edn.py).

The program adds up each window of a pooling anew, in float32. The golden values take differences of running sums in
float64, and so does this module (edn_loops.py). It is not the same where a picture is smooth: behind a strong edge, a
tenth power of little contrast rounds to 0. docs/explanation/log.md says how much that is.

On MIT300 the authors' model has AUC-Judd .82, SIM .41, CC .45, NSS 1.14, KL 1.14. docs/reference/classical.md has ours.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from wepsam.classical._frame import checked, finished, loops, resized, scipy, uniform

SIDES = 512, 384  # pixels of the longer and the shorter side; the scale is the mean of what each of them asks for
MOST = 1 << 19  # pixels
SEED = 42  # of the filters of every layer
TINY = 1e-4  # added to every length
BLUR = 30.0  # pixels of the stimulus
ROWS = 256  # of a map that are computed at a time, so that a large one takes little memory
BLOCK = 1 << 19  # numbers in the patches that are multiplied at a time, so that they stay in the cache
READOUTS = ("published", "without-center", "relearned")


class Norm(NamedTuple):
    """Divide by the local length of the values of all channels, unless it is small."""

    size: int  # of the window
    threshold: float
    stretch: float
    centered: bool = False  # whether the local mean is subtracted first


class Layer(NamedTuple):
    """Correlate with random filters and clip; pool to half the size; normalize."""

    filters: int
    size: int  # of a filter
    low: float  # to which the correlations are clipped
    high: float
    pool: int  # size of the window
    order: int  # of the norm that pools
    norm: Norm


class Network(NamedTuple):
    """Normalize a picture in these colors, then apply the layers."""

    colors: str
    norm: Norm
    layers: tuple[Layer, ...]


INF = np.inf
NETWORKS = (
    Network("RGB", Norm(7, 1, 10), (
        Layer(32, 3, -INF, INF, 3, 10, Norm(7, 1, 1)),
        Layer(16, 7, -INF, 1, 5, 10, Norm(9, 1, 10)),
        Layer(128, 9, 0, INF, 9, 10, Norm(9, 0.1, 1)),
    )),
    Network("YCbCr", Norm(3, 10, 0.1), (
        Layer(32, 5, -INF, 1, 9, 10, Norm(3, 10, 0.1)),
        Layer(32, 7, 0, 1, 7, 10, Norm(7, 10, 1)),
        Layer(128, 5, -INF, 1, 9, 1, Norm(3, 10, 0.1, centered=True)),
    )),
    Network("YCbCr", Norm(3, 10, 10), (
        Layer(32, 5, -INF, 1, 9, 10, Norm(3, 10, 0.1)),
        Layer(32, 7, 0, 1, 7, 10, Norm(5, 10, 1)),
        Layer(128, 5, -INF, INF, 9, 1, Norm(5, 10, 0.1, centered=True)),
    )),
    Network("YCbCr", Norm(7, 0.1, 0.1), (
        Layer(16, 5, -INF, INF, 3, 2, Norm(5, 1, 1)),
        Layer(64, 9, 0, 1, 9, 10, Norm(7, 1, 0.1)),
    )),
    Network("RGB", Norm(7, 1, 1), (
        Layer(16, 3, -INF, INF, 7, 10, Norm(7, 0.1, 1, centered=True)),
        Layer(64, 7, 0, INF, 9, 10, Norm(9, 0.1, 0.1, centered=True)),
        Layer(256, 7, -INF, 1, 9, 2, Norm(9, 10, 0.1, centered=True)),
    )),
    Network("RGB", Norm(9, 10, 10), (
        Layer(32, 9, -INF, INF, 7, 1, Norm(5, 1, 0.1)),
        Layer(32, 5, 0, INF, 7, 10, Norm(7, 10, 0.1, centered=True)),
        Layer(128, 7, -INF, INF, 9, 2, Norm(7, 10, 0.1)),
    )),
)  # fmt: skip


def edn(stimulus: np.ndarray, *, readout: str = READOUTS[0]) -> np.ndarray:
    """Saliency map by eDN: random networks that were searched for, read out by a support vector machine.

    A uniform picture gets what the readout has learned about the center.

    Args:
        readout: "published", the authors'; "without-center", theirs without the distance to the center; "relearned",
            ours (learn/edn.py).

    Raises:
        ValueError: no such readout.
    """
    height, width = checked(stimulus).shape[:2]
    values = decision(stimulus, readout)
    if np.ptp(values) == 0:  # a uniform picture, without the center
        return np.zeros((height, width), np.float32)
    return finished(enlarged(values, (height, width)), (height, width))


def decision(stimulus: np.ndarray, readout: str = READOUTS[0]) -> np.ndarray:
    """(h, w) float64, the readout's value at each position of the networks' grid, an eighth of the scaled picture."""
    weights, means, deviations = learned(readout)
    factors = weights / deviations
    picture = scaled(stimulus)
    total = np.full(grid(picture), -factors @ means)
    if readout != "without-center":
        total += factors[0] * distance_to_center(picture)
        factors = factors[1:]
    if uniform(picture):  # the zeros beyond the border are all that the networks would see
        # The program's middle is half a pixel off, which is all that a blur of 30 pixels leaves of a small picture.
        return (total + total[::-1] + total[:, ::-1] + total[::-1, ::-1]) / 4
    # Zooming is linear: a network's weighted sum is zoomed once, and not each of its maps.
    for maps in responses(picture):
        own, factors = np.split(factors, [maps.shape[2]])
        total += zoomed(np.tensordot(maps, own, 1), total.shape)
    return total


def features(stimulus: np.ndarray) -> np.ndarray:
    """(833, h, w) float32: the distance to the center, then the maps of all networks on the grid of `decision`."""
    picture = scaled(stimulus)
    shape = grid(picture)
    planes = [zoomed(plane, shape) for maps in responses(picture) for plane in np.moveaxis(maps, -1, 0)]
    return np.array([distance_to_center(picture), *planes], np.float32)


@cache
def learned(readout: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights, means and deviations of a readout's features, each (833,), or (832,) without the center."""
    if readout not in READOUTS:
        raise ValueError(f"eDN has no readout {readout}; choose {', '.join(READOUTS)}")
    with np.load(Path(__file__).parent / "bases/edn.npz") as numbers:
        weights, means, deviations = numbers[readout].astype(np.float64)
    return weights, means, deviations


# ---- sizes


def scaled(stimulus: np.ndarray) -> np.ndarray:
    """The stimulus at the size that the networks see."""
    height, width = checked(stimulus).shape[:2]
    scale = (SIDES[0] / max(height, width) + SIDES[1] / min(height, width)) / 2
    scale = min(scale, (MOST / (height * width)) ** 0.5)
    return resized(stimulus, (max(1, int(height * scale)), max(1, int(width * scale))))


def grid(picture: np.ndarray) -> tuple[int, int]:
    """(height, width) of the maps of three layers, each of which halves the size of a scaled picture, rounded up."""
    return -(-picture.shape[0] // 8), -(-picture.shape[1] // 8)


def zoomed(plane: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """An (h, w) plane at another shape by a cubic spline; the first and last pixels stay in place."""
    if plane.shape == shape:
        return plane
    return scipy("ndimage").zoom(plane, (shape[0] / plane.shape[0], shape[1] / plane.shape[1]))


def enlarged(values: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A decision (h, w) at the shape (H, W) of the stimulus, by a spline, then blurred; float32, up to a constant.

    Both are linear in the rows and in the columns, so two matrices do it at any size.
    """
    ndimage = scipy("ndimage")
    down, across = (
        ndimage.gaussian_filter1d(zoomed(np.eye(small), (large, small)), BLUR, axis=0)
        for small, large in zip(values.shape, shape, strict=True)
    )
    rows = down @ values
    rows -= rows.mean()  # of a small stimulus the blur leaves little but the mean, beside which float32 has few digits
    answer = np.empty(shape, np.float32)
    for top in range(0, shape[0], ROWS):
        answer[top : top + ROWS] = rows[top : top + ROWS] @ across.T
    return answer


def distance_to_center(picture: np.ndarray) -> np.ndarray:
    """(h, w) on the grid: distance of each pixel of the scaled picture in whole pixels, over the largest."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[:height, :width]
    distance = np.floor(np.hypot(y - height // 2, x - width // 2))
    return zoomed(distance / max(distance.max(), 1), grid(picture))


# ---- the networks


def responses(picture: np.ndarray) -> list[np.ndarray]:
    """The maps of each network for a scaled picture, (h, w, number of maps) float32. The fourth has twice the grid."""
    return [_response(network, colored(picture, network.colors)) for network in NETWORKS]


def _response(network: Network, values: np.ndarray) -> np.ndarray:
    values = normalized(values, network.norm)
    for layer in network.layers:
        taps = filters(layer.filters, layer.size, values.shape[2])
        values = normalized(pooled(correlated(values, taps), layer), layer.norm)
    return values


def colored(picture: np.ndarray, colors: str) -> np.ndarray:
    """(h, w, 3) uint8 -> float32 in [0, 255]. For YCbCr the picture is stretched to 0..255 first."""
    if colors == "RGB":
        return picture.astype(np.float32)
    low, high = int(picture.min()), int(picture.max())
    stretched = (picture.astype(np.float64) - low) * (255 / max(high - low, 1))
    return np.asarray(Image.fromarray((stretched + 0.5).astype(np.uint8)).convert("YCbCr"), np.float32)


def normalized(values: np.ndarray, norm: Norm) -> np.ndarray:
    """(h, w, c) float32 values over their local length; computed in float64, on which the golden values depend."""
    values = values.astype(np.float64)
    count = norm.size**2 * values.shape[2]
    squares = window_sums(np.einsum("hwc,hwc->hw", values, values), norm.size)
    if norm.centered:
        sums = window_sums(values.sum(axis=2), norm.size)
        squares -= sums**2 / count
        values -= (sums / count)[..., None]
    length = norm.stretch * (np.sqrt(np.maximum(squares, 0)) + TINY)
    length[length < norm.threshold + TINY] = 1
    values *= (norm.stretch / length)[..., None]
    return values.astype(np.float32)


def window_sums(plane: np.ndarray, size: int) -> np.ndarray:
    """(h, w) sums over size x size pixels, with zeros beyond the border."""
    return scipy("ndimage").uniform_filter(plane, size, mode="constant") * size**2


@cache
def filters(count: int, size: int, channels: int) -> np.ndarray:
    """(count, size, size, channels) float32 random filters, each with mean 0 and length 1."""
    drawn = np.random.RandomState(SEED).uniform(size=(count, size, size, channels))
    drawn -= drawn.mean(axis=(1, 2, 3), keepdims=True)
    return (drawn / np.sqrt((drawn**2).sum(axis=(1, 2, 3), keepdims=True))).astype(np.float32)


def correlated(values: np.ndarray, taps: np.ndarray) -> np.ndarray:
    """(h, w, c) float32 values correlated with (n, size, size, c) filters, zeros beyond the border: (h, w, n) float32.

    A product of matrices for some rows at a time: their patches times the filters.
    """
    height, width, channels = values.shape
    count, size = taps.shape[:2]
    across = np.ascontiguousarray(taps.reshape(count, -1).T)
    padded = np.pad(values, [(size // 2,) * 2, (size // 2,) * 2, (0, 0)])
    row, column, unit = padded.strides
    patches = np.lib.stride_tricks.as_strided(
        padded, (height, width, size, size * channels), (row, column, row, unit), writeable=False
    )
    answer = np.empty((height, width, count), np.float32)
    step = max(1, BLOCK // (width * len(across)))
    for top in range(0, height, step):
        block = patches[top : top + step].reshape(-1, len(across))
        np.matmul(block, across, out=answer[top : top + step].reshape(-1, count))
    return answer


def pooled(values: np.ndarray, layer: Layer) -> np.ndarray:
    """(h, w, c) float32 values, clipped; their norm in each window, at every second position, rounded up."""
    powers = loops("edn_loops").pooled_powers
    sums = powers(values, layer.pool, layer.order, np.float32(layer.low), np.float32(layer.high))
    if layer.order != 1:
        sums = np.power(np.maximum(sums, 0), 1 / layer.order)
    return sums.astype(np.float32)
