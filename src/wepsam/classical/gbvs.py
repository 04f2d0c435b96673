"""Graph-based visual saliency (GBVS), the paper's teacher, exactly and fast.

Harel, Koch, Perona, "Graph-Based Visual Saliency", NIPS 2006, with the defaults of the authors' toolbox. Read it
from top to bottom: a pyramid, 24 feature maps on a small lattice, one Markov chain for each, their sum.

What makes it fast is that the chain never has to be iterated. Its weights are symmetric, so it is reversible and
its stationary distribution is the normalized degree of each node (see `activation`). The toolbox iterates instead,
and stops early: at its default tolerance it is up to 3.4 % of the peak away from the answer given here.
"""

from functools import cache, lru_cache
from types import ModuleType

import numpy as np

from wepsam import numba_cache
from wepsam.images import resize

LATTICE = 32  # longer side of the lattice on which the chains live
LEVELS = (2, 3, 4)  # pyramid levels used; level L is 1/2^L of the picture
ACTIVATION_SIGMA = 0.15  # of the lattice's mean side
NORMALIZATION_SIGMA = 0.06
POWER = 1.5
LONGEST = 4096  # pixels to which a narrow picture is enlarged at most
ROUNDING = 1e-5  # of a gray level
CONSTANT = 1e-6  # a map whose values spread less than this says nothing: it activates uniformly

# The toolbox converts pixels to DKL color through one monitor's measured response: 256 entries for each channel, looked
# up at floor(255 v). That response is piecewise linear with a knot every fifth gray level. These knots are solved by
# least squares from the toolbox's answers for two pictures (feature maps are linear in them; residual 6e-6), red at
# 250 from two more; with them every golden map is met within .002, nearly all within 6e-5 (tests/test_gbvs.py).
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
    """Saliency map of a picture by GBVS.

    Args:
        stimulus: (H, W, 3) uint8 RGB.
        size: None computes on the picture as it is (enlarged, if its shorter side has less than 128 pixels);
            128 first reduces it to 128x128, as the WEPSAM paper does, any other number to that square.
        full_size: True answers at the stimulus' size, False on the lattice (longer side 32).
        normalization: "power" (the toolbox's default, activation ** 1.5) or "graph" (the 2006 paper's second chain).
        dtype: np.float32, or np.float64 for reference values.

    Returns:
        (H, W) or (h, w) float32 (float64 if asked for) in [0, 1], min-max normalized. A uniform picture answers a
        uniform map of zeros.

    Raises:
        ValueError: the stimulus is not (H, W, 3) uint8, or the normalization is unknown.

    References:
        Harel, Koch, Perona, "Graph-Based Visual Saliency", NIPS 2006.
    """
    stimulus = _checked(stimulus, 3)
    lattice_map = _combine(activation(features(_sized(stimulus, size), dtype)[None]), normalization)
    return (_min_max(_resized(lattice_map, stimulus.shape[:2])) if full_size else lattice_map)[0]


def gbvs_batch(stimuli: np.ndarray, *, normalization: str = "power") -> np.ndarray:
    """GBVS lattice maps of many equally large pictures, as for weak labels.

    Args:
        stimuli: (B, H, W, 3) uint8 RGB, (B, 128, 128, 3) in the paper; sides of at least 128.
        normalization: as in `gbvs`.

    Returns:
        (B, h, w) float32 in [0, 1]; (B, 32, 32) for square pictures. The same values as `gbvs(full_size=False)`.
    """
    stimuli = _checked(stimuli, 4)
    if len(stimuli) == 0:
        return np.zeros((0, LATTICE, LATTICE), np.float32)
    return _combine(activation(np.stack([features(_sized(s, None)) for s in stimuli])), normalization)


def features(stimulus: np.ndarray, dtype: type = np.float32) -> np.ndarray:
    """The 24 feature maps on the lattice: color (3 DKL axes x 3 levels), intensity (3), orientation (4 x 3).

    Args:
        stimulus: (H, W, 3) uint8 RGB, both sides >= 128.
        dtype: floating type of the computation.

    Returns:
        (24, h, w) with (h, w) = round((H, W) * 32 / max(H, W)).
    """
    compiled = _compiled()
    shape = lattice_shape(*stimulus.shape[:2])
    maps: np.ndarray = np.empty((8, len(LEVELS), *shape), dtype)  # by axis, then by level
    # Intensity is the largest of the three, formed at full size, and then travels down the pyramid as a fourth plane.
    level_maps = compiled.decimate(compiled.planes(np.ascontiguousarray(stimulus)), dtype(1 / 255))
    for level in range(1, max(LEVELS) + 1):
        if level > 1:
            level_maps = compiled.decimate(level_maps, dtype(1))
        if level in LEVELS:
            color = compiled.dkl(level_maps[:3], *_color(dtype))
            orientation = _gabor_energy(level_maps[3])
            maps[:, LEVELS.index(level)] = _resized(np.concatenate([color, level_maps[3:], orientation]), shape)
    return maps.reshape(-1, *shape)


def lattice_shape(height: int, width: int, size: int = LATTICE) -> tuple[int, int]:
    """(h, w) of the lattice for a picture of this size: longer side `size`, aspect kept, at least 1."""
    scale = size / max(height, width)
    # Halves round up, as in MATLAB.
    return max(1, int(height * scale + 0.5)), max(1, int(width * scale + 0.5))


def activation(maps: np.ndarray) -> np.ndarray:
    """Stationary distribution of the chain w(i, j) = |M_i - M_j| exp(-d_ij^2 / 2 s^2) on the lattice of each map.

    The weights are symmetric, so the walk is reversible and spends its time at a node in proportion to the node's
    degree: pi_i = sum_j w(i, j) / sum_ij w(i, j). No power iteration.

    Args:
        maps: (..., h, w) feature maps.

    Returns:
        (..., h, w) of the same type, each map summing to 1; uniform where the feature map is constant.
    """
    compiled = _compiled()
    h, w = maps.shape[-2:]
    sigma = ACTIVATION_SIGMA * (h + w) / 2
    row, column = (_falloff(n, sigma, maps.dtype) for n in (h, w))
    flat = np.ascontiguousarray(maps).reshape(-1, h, w)
    at_once = len(LEVELS) * 8  # one picture's
    parts = [compiled.degree(flat[k : k + at_once], row, column) for k in range(0, len(flat), at_once)]
    pi = np.concatenate(parts) if parts else flat
    constant = np.ptp(flat, axis=(1, 2)) < CONSTANT
    pi[constant] = 1
    pi /= pi.sum(axis=(1, 2), keepdims=True)
    return pi.reshape(maps.shape)


def graph_normalization(activations: np.ndarray) -> np.ndarray:
    """The 2006 paper's normalization: a second chain w(i, j) = A_j exp(-d_ij^2 / 2 s^2) that gathers mass at peaks.

    It is reversible under A: pi_i ~ A_i (F A)_i, the map times its own Gaussian blur (zero outside).

    Args:
        activations: (..., h, w), non-negative.

    Returns:
        (..., h, w), each map summing to 1.
    """
    h, w = activations.shape[-2:]
    sigma = NORMALIZATION_SIGMA * (h + w) / 2
    row, column = (_falloff(n, sigma, activations.dtype) for n in (h, w))
    pi = activations * (_toeplitz(row) @ activations @ _toeplitz(column))
    return pi / pi.sum(axis=(-2, -1), keepdims=True)


def _combine(activations: np.ndarray, normalization: str) -> np.ndarray:
    """(B, 24, h, w) activations -> (B, h, w) master maps: normalize, sum, ramp the border, blur a little."""
    if normalization == "power":
        normalized = activations**POWER
    elif normalization == "graph":
        normalized = graph_normalization(activations)
    else:
        raise ValueError(f'GBVS knows the normalizations "power" and "graph", not {normalization!r}')
    # A plain sum: color carries nine maps, intensity three, orientation twelve, so the channels weigh differently.
    master = normalized.sum(axis=1)
    h, w = master.shape[-2:]
    ramp = _border_ramp(h, w, 4, master.dtype)
    rows, columns = (_blur3(n, master.dtype) for n in (h, w))
    saliency_maps = _min_max(rows @ _min_max(master * ramp) @ columns.T)
    # Where no feature says anything, the ramp alone would pass for a center bias.
    return np.where(np.ptp(master, axis=(1, 2), keepdims=True) > 0, saliency_maps, 0)


@cache
def _color(dtype: type) -> tuple[np.ndarray, np.ndarray, float]:
    """What `compiled.dkl` needs: the monitor's response to each level, the matrix, the rounding."""
    return _RESPONSE.astype(dtype), _RGB_TO_DKL.astype(dtype), dtype(ROUNDING)


def _gabor_energy(intensity: np.ndarray) -> np.ndarray:
    """(h, w) -> (4, h, w): |even| + |odd| Gabor answers at 0, 45, 90, 135 degrees, fading toward the border."""
    ramp = _border_ramp(*intensity.shape, 13, intensity.dtype)
    return _compiled().gabor_energy(intensity, *_gabors(intensity.dtype), ramp)


@cache
def _gabors(dtype: np.dtype) -> tuple[np.ndarray, np.ndarray, float]:
    """The Gabor filters as `compiled.gabor_energy` takes them: factors of two, quarters of two, a mean.

    27x27 taps, standard deviation 2 px across and 4 px along, period pi px, phases 0 and 90 degrees, mean removed,
    unit L2 norm. The mean of an odd filter is 0, and the norms do not depend on the orientation's sign.
    """
    y, x = np.mgrid[-13:14, -13:14].astype(float)

    def even_and_odd(across: np.ndarray, along: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        envelope = np.exp(-0.5 * ((across / 2) ** 2 + (along / 4) ** 2))
        return envelope * np.cos(2 * across), envelope * np.sin(2 * across)

    d = np.arange(14)
    half = np.where(d == 0, 0.5, 1)
    even, odd = even_and_odd(y, x)
    mean = even.mean()
    norm = np.linalg.norm(even - mean)
    cosine, sine = even_and_odd(d, np.zeros(14))
    upright = np.stack([cosine / norm, sine / np.linalg.norm(odd), np.exp(-0.5 * (d / 4) ** 2), np.ones(14)])

    even, odd = even_and_odd((x - y) / np.sqrt(2), (x + y) / np.sqrt(2))
    even, odd = (filter_ / np.linalg.norm(filter_) for filter_ in (even - even.mean(), odd))
    # An even filter is the same when turned by 180 degrees, so what is symmetric in x is symmetric in y as well, and
    # what is antisymmetric, antisymmetric; of an odd filter it is the other way round.
    parts = [even + even[:, ::-1], even - even[:, ::-1], odd - odd[:, ::-1], odd + odd[:, ::-1]]
    diagonal = np.stack([part[13:, 13:] / 2 for part in parts]) * half * half[:, None]
    return (upright * half).astype(dtype), diagonal.astype(dtype), dtype.type(-mean / norm)


def _resized(maps: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """(C, h, w) maps -> (C, *shape), bicubically; antialiased where they shrink."""
    if maps.shape[1:] == shape:
        return maps
    rows, columns = (_bicubic(n, m, maps.dtype) for n, m in zip(maps.shape[1:], shape, strict=True))
    if shape[0] > maps.shape[1]:  # whichever order has the smaller map in between
        return _compiled().product(rows, maps @ columns.T)
    return _compiled().product(rows, maps) @ columns.T


@lru_cache(maxsize=64)
def _bicubic(n: int, m: int, dtype: np.dtype) -> np.ndarray:
    """(m, n) matrix that resizes n samples to m: Keys' cubic, a = -0.5, widened when shrinking, mirrored edges.

    MATLAB's imresize. Neither OpenCV (a = -0.75, no antialiasing) nor Pillow (edges cut off) does the same.
    """
    scale = max(1.0, n / m)
    center = (np.arange(m) + 0.5) * n / m - 0.5
    reach = int(np.ceil(2 * scale)) + 1
    index = np.floor(center)[:, None].astype(int) + np.arange(-reach, reach + 1)
    t = np.abs(center[:, None] - index) / scale
    weight = np.where(t <= 1, (1.5 * t - 2.5) * t**2 + 1, np.where(t < 2, ((-0.5 * t + 2.5) * t - 4) * t + 2, 0))
    weight /= weight.sum(axis=1, keepdims=True)
    mirrored = index % (2 * n)
    mirrored = np.where(mirrored < n, mirrored, 2 * n - 1 - mirrored)
    matrix = np.zeros((m, n))
    np.add.at(matrix, (np.arange(m)[:, None], mirrored), weight)
    return matrix.astype(dtype)


@lru_cache(maxsize=64)
def _border_ramp(h: int, w: int, width: int, dtype: np.dtype) -> np.ndarray:
    """(h, w) factors: 1 inside, k / (width + 1) at the k-th pixel from each border; both ramps at the corners.

    Half the shorter side, on all four borders, where the picture has no room for more.
    """
    width = min(width, h // 2, w // 2)
    ramps = []
    for n in (h, w):
        ramp = np.ones(n)
        ramp[:width] = np.arange(1, width + 1) / (width + 1)
        ramp[n - width :] = ramp[:width][::-1]
        ramps.append(ramp)
    return np.outer(*ramps).astype(dtype)


@cache
def _blur3(n: int, dtype: np.dtype) -> np.ndarray:
    """(n, n) three-tap blur with replicated ends."""
    matrix = 0.6289 * np.eye(n) + 0.1855 * (np.eye(n, k=1) + np.eye(n, k=-1))
    matrix[0, 0] += 0.1855
    matrix[-1, -1] += 0.1855
    return matrix.astype(dtype)


@lru_cache(maxsize=64)
def _falloff(n: int, sigma: float, dtype: np.dtype) -> np.ndarray:
    """exp(-d^2 / 2 sigma^2) for the distances 0..n-1."""
    return np.exp(-0.5 * (np.arange(n) / sigma) ** 2).astype(dtype)


def _toeplitz(falloff: np.ndarray) -> np.ndarray:
    n = len(falloff)
    return falloff[np.abs(np.arange(n)[:, None] - np.arange(n))]


def _min_max(maps: np.ndarray) -> np.ndarray:
    """Each (h, w) of (B, h, w) stretched to [0, 1]; zeros where it is constant."""
    low = maps.min(axis=(1, 2), keepdims=True)
    spread = maps.max(axis=(1, 2), keepdims=True) - low
    return (maps - low) / np.where(spread > 0, spread, 1)


def _sized(stimulus: np.ndarray, size: int | None) -> np.ndarray:
    """The picture on which GBVS is computed."""
    if size is not None:
        return stimulus if stimulus.shape[:2] == (size, size) else resize(stimulus, (size, size))
    height, width = stimulus.shape[:2]
    # A strip one pixel high would become as long as a street; its short side then stays smaller.
    scale = min(128 / min(height, width), max(1, LONGEST / max(height, width)))
    return stimulus if scale <= 1 else resize(stimulus, (round(height * scale), round(width * scale)))


def _checked(stimulus: np.ndarray, ndim: int) -> np.ndarray:
    wanted = "(B, H, W, 3)" if ndim == 4 else "(H, W, 3)"
    if stimulus.ndim != ndim or stimulus.shape[-1] != 3 or stimulus.dtype != np.uint8 or 0 in stimulus.shape[-3:]:
        raise ValueError(f"GBVS takes {wanted} uint8 RGB, not {stimulus.shape} {stimulus.dtype}; see wepsam.read_image")
    return stimulus


def _compiled() -> ModuleType:
    try:
        return numba_cache.load("wepsam.classical.gbvs_loops")
    except ModuleNotFoundError as error:
        raise ImportError(f"GBVS needs {error.name}: pip install 'wepsam[classical]'") from None
