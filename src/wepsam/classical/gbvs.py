"""Graph-based visual saliency (GBVS), the paper's teacher, exactly and fast.

Harel, Koch, Perona, "Graph-Based Visual Saliency", NIPS 2006, with the defaults of the authors' toolbox: a pyramid, 24
feature maps on a small lattice, one Markov chain for each of them, and their sum.

The chains need no iteration, which makes this fast. Their weights are symmetric. A chain therefore is reversible, and
its stationary distribution is the normalized degree of each node (see `activation`). The toolbox iterates instead and
stops early: at its default tolerance it is up to 3.4 % of the peak away from the exact answer.
"""

from functools import cache, lru_cache

import numpy as np

from wepsam.classical._frame import checked, loops, resized
from wepsam.classical.toolbox import border_ramp, enlarged, gabor_energy, imresized, lattice_shape, min_max, pyramid

LEVELS = (2, 3, 4)  # of the pyramid; level L is 1/2^L of the picture
ACTIVATION_SIGMA = 0.15  # of the lattice's mean side
NORMALIZATION_SIGMA = 0.06  # of the lattice's mean side
POWER = 1.5
BORDER_RAMP = 4  # lattice nodes along which the sum of the maps fades toward the border
ROUNDING = 1e-5  # of a gray level
CONSTANT = 1e-6  # a map whose values spread by less than this is constant: it activates uniformly

# The toolbox converts pixels to DKL color by the measured response of one monitor: 256 entries for each channel, looked
# up at floor(255 v). The response is piecewise linear with a knot at every fifth gray level. These knots are the
# least-squares solution for the toolbox's answers to two pictures (feature maps are linear in the knots; residual
# 6e-6), and for red at 250 to two more. With them every golden map is met within .002, nearly all within 6e-5
# (tests/classical/test_gbvs.py).
_MONITOR = np.array(
    [
        [
         0.02493, 0.02513, 0.02565, 0.02614, 0.02662, 0.0276, 0.0289, 0.02993, 0.03162, 0.03429, 0.03766,
         0.04247, 0.04942, 0.05844, 0.06818, 0.07987, 0.09156, 0.1039, 0.11883, 0.13506, 0.15325, 0.17338,
         0.19675, 0.22078, 0.2474, 0.27532, 0.30649, 0.33701, 0.36818, 0.3987, 0.42987, 0.46169, 0.49286,
         0.51883, 0.54675, 0.57208, 0.59545, 0.62143, 0.64351, 0.66883, 0.68831, 0.70779, 0.72727, 0.75325,
         0.77273, 0.7987, 0.83117, 0.85714, 0.88959, 0.92212, 0.95396, 1.0,
        ],
        [
         0.0077, 0.00792, 0.0083, 0.0089, 0.0097, 0.0108, 0.01176, 0.01329, 0.01517, 0.01786, 0.02204, 0.02806,
         0.03607, 0.04649, 0.05772, 0.06974, 0.08277, 0.09699, 0.11343, 0.13106, 0.1507, 0.17315, 0.19719,
         0.22244, 0.2505, 0.28056, 0.31263, 0.34469, 0.37675, 0.40882, 0.44088, 0.47094, 0.501, 0.53106, 0.55912,
         0.58517, 0.60922, 0.63327, 0.65731, 0.67735, 0.69739, 0.72144, 0.73948, 0.75951, 0.78157, 0.80761,
         0.83367, 0.85972, 0.89179, 0.92583, 0.96243, 1.0,
        ],
        [
         0.04229, 0.04257, 0.04284, 0.04339, 0.04394, 0.04493, 0.04637, 0.0478, 0.05044, 0.05341, 0.05881,
         0.06498, 0.07412, 0.0859, 0.09637, 0.10914, 0.12225, 0.13767, 0.15529, 0.17401, 0.19493, 0.21806,
         0.24229, 0.26872, 0.29626, 0.32599, 0.35793, 0.38767, 0.4174, 0.44604, 0.47577, 0.5033, 0.52863,
         0.55507, 0.57819, 0.60243, 0.62224, 0.64647, 0.6685, 0.68943, 0.71035, 0.72907, 0.7511, 0.77092,
         0.79626, 0.82158, 0.84801, 0.87226, 0.90197, 0.93943, 0.96696, 1.0,
        ],
    ]
)  # fmt: skip
_RESPONSE = np.stack([np.interp(np.arange(256), np.arange(0, 256, 5), knots) for knots in _MONITOR])
_RGB_TO_DKL = np.array(  # rows: luminance, red-green, blue-yellow; additive constants cancel in |M_i - M_j|
    [
        [0.413449, 1.342503, 0.260431],
        [0.633436, -0.370239, -0.265605],
        [-0.170772, -0.527766, 0.695645],
    ]
)


def gbvs(
    stimulus: np.ndarray,
    *,
    size: int | None = None,
    full_size: bool = True,
    normalization: str = "power",
    dtype: type = np.float32,
) -> np.ndarray:
    """Saliency map by GBVS.

    Args:
        stimulus: (H, W, 3) uint8 RGB.
        size: pixels of the square to which the picture is reduced first, 128 in the WEPSAM paper. None computes on the
            picture as it is, enlarged if its shorter side has fewer than 128 pixels.
        full_size: True answers at the stimulus' size, False on the lattice, whose longer side has 32 nodes.
        normalization: "power" (activation ** 1.5, the toolbox's default) or "graph" (the second chain of the 2006
            paper).
        dtype: np.float32, or np.float64 for reference values.

    Returns:
        (H, W), or (h, w) on the lattice, of type `dtype` in [0, 1]; zeros for a uniform picture.

    Raises:
        ValueError: the stimulus is not (H, W, 3) uint8, or the normalization is unknown.
        ImportError: numba is not installed.

    References:
        Harel, Koch, Perona, "Graph-Based Visual Saliency", NIPS 2006.

    Examples:
        >>> import numpy as np, wepsam
        >>> picture = np.full((120, 160, 3), 128, np.uint8)
        >>> picture[40:80, 90:130] = 220, 40, 30  # a red square on gray
        >>> saliency_map = wepsam.classical.gbvs(picture)
        >>> saliency_map.shape, bool(saliency_map[60, 110] > saliency_map[60, 20])
        ((120, 160), True)
    """
    picture = enlarged(checked(stimulus)) if size is None else resized(checked(stimulus), (size, size))
    lattice_map = master_map(activation(features(picture, dtype)), normalization)
    return min_max(imresized(lattice_map[None], stimulus.shape[:2])[0]) if full_size else lattice_map


def features(picture: np.ndarray, dtype: type = np.float32) -> np.ndarray:
    """The 24 feature maps on the lattice: color (3 DKL axes x 3 levels), intensity (3), orientation (4 x 3).

    Args:
        picture: (H, W, 3) uint8 RGB, both sides >= 128.
        dtype: floating type of the computation.

    Returns:
        (24, h, w) with (h, w) = round((H, W) * 32 / max(H, W)).
    """
    shape = lattice_shape(*picture.shape[:2])
    by_axis: np.ndarray = np.empty((8, len(LEVELS), *shape), dtype)
    planes = pyramid(picture, max(LEVELS), dtype)
    for k, level in enumerate(LEVELS):
        intensity = planes[level][3:]
        maps = [dkl(planes[level][:3]), intensity, gabor_energy(intensity[0])]
        by_axis[:, k] = imresized(np.concatenate(maps), shape)
    return by_axis.reshape(-1, *shape)


def dkl(rgb: np.ndarray) -> np.ndarray:
    """(3, h, w) RGB in [0, 1] -> (3, h, w) DKL color, of the same type: luminance, red-green, blue-yellow."""
    return loops("gbvs_loops").dkl(rgb, *_monitor(rgb.dtype))


@cache
def _monitor(dtype: np.dtype) -> tuple[np.ndarray, np.ndarray, float]:
    """The monitor as the loop `dkl` takes it: response to each level, matrix, rounding."""
    return _RESPONSE.astype(dtype), _RGB_TO_DKL.astype(dtype), dtype.type(ROUNDING)


def activation(maps: np.ndarray) -> np.ndarray:
    """Stationary distribution of the chain w(i, j) = |M_i - M_j| exp(-d_ij^2 / 2 s^2) on the lattice of each map.

    The weights are symmetric. The walk therefore is reversible and spends its time at a node in proportion to the
    node's degree: pi_i = sum_j w(i, j) / sum_ij w(i, j).

    Args:
        maps: (n, h, w) feature maps.

    Returns:
        (n, h, w) of the same type, each map summing to 1; uniform where the feature map is constant.
    """
    row, column = falloffs(maps, ACTIVATION_SIGMA)
    pi = loops("gbvs_loops").degree(np.ascontiguousarray(maps), row, column)
    pi[np.ptp(maps, axis=(1, 2)) < CONSTANT] = 1
    pi /= pi.sum(axis=(1, 2), keepdims=True)
    return pi


def falloffs(maps: np.ndarray, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """exp(-d^2 / 2 s^2) by distance in rows, (h,), and in columns, (w,), of (..., h, w) maps; s in their mean sides."""
    h, w = maps.shape[-2:]
    nodes = sigma * (h + w) / 2
    return _falloff(h, nodes, maps.dtype), _falloff(w, nodes, maps.dtype)


def graph_normalization(activations: np.ndarray) -> np.ndarray:
    """The 2006 paper's normalization: a second chain w(i, j) = A_j exp(-d_ij^2 / 2 s^2) that gathers mass at peaks.

    It is reversible under A: pi_i ~ A_i (F A)_i, the map times its own Gaussian blur (zero outside).

    Args:
        activations: (..., h, w), non-negative.

    Returns:
        (..., h, w), each map summing to 1.
    """
    row, column = (_toeplitz(falloff) for falloff in falloffs(activations, NORMALIZATION_SIGMA))
    pi = activations * (row @ activations @ column)
    return pi / pi.sum(axis=(-2, -1), keepdims=True)


def master_map(activations: np.ndarray, normalization: str) -> np.ndarray:
    """(24, h, w) activations -> (h, w) map in [0, 1]: normalize, sum, ramp the border, blur a little."""
    if normalization == "power":
        normalized = activations**POWER
    elif normalization == "graph":
        normalized = graph_normalization(activations)
    else:
        raise ValueError(f'got the normalization {normalization!r}, expected "power" or "graph"')
    # A plain sum: there are nine color, three intensity and twelve orientation maps, so the channels weigh differently.
    master = normalized.sum(axis=0)
    if np.ptp(master) == 0:  # the ramp alone would pass for a center bias
        return np.zeros_like(master)
    h, w = master.shape
    ramp = border_ramp(h, w, BORDER_RAMP, master.dtype)
    rows, columns = (_blur(n, master.dtype) for n in (h, w))
    return min_max(rows @ min_max(master * ramp) @ columns.T)


@cache
def _blur(n: int, dtype: np.dtype) -> np.ndarray:
    """(n, n) three-tap blur with replicated ends."""
    matrix = 0.6289 * np.eye(n) + 0.1855 * (np.eye(n, k=1) + np.eye(n, k=-1))
    matrix[0, 0] += 0.1855
    matrix[-1, -1] += 0.1855
    return matrix.astype(dtype)


@lru_cache(maxsize=64)
def _falloff(n: int, sigma: float, dtype: np.dtype) -> np.ndarray:
    """(n,) exp(-d^2 / 2 sigma^2) for the distances 0 to n - 1."""
    return np.exp(-0.5 * (np.arange(n) / sigma) ** 2).astype(dtype)


def _toeplitz(falloff: np.ndarray) -> np.ndarray:
    """(n,) falloff by distance -> (n, n) falloff between all pairs of nodes."""
    n = len(falloff)
    return falloff[np.abs(np.arange(n)[:, None] - np.arange(n))]
