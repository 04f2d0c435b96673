"""What the models of this folder do first and last: check the stimulus, bring it to a working size and a color space,
and answer at the stimulus' size. In between each goes its own way."""

from types import ModuleType

import numpy as np

from wepsam import maps, numba_cache
from wepsam.images import resize

FLAT = 1e-6  # a map whose values spread less than this share of its largest one says nothing


def checked(stimulus: np.ndarray) -> np.ndarray:
    """The stimulus, if it is one.

    Raises:
        ValueError: it is not (H, W, 3) uint8 with at least one pixel.
    """
    if stimulus.ndim != 3 or stimulus.shape[2] != 3 or stimulus.dtype != np.uint8 or 0 in stimulus.shape:
        raise ValueError(
            f"classical models take (H, W, 3) uint8 RGB, not {stimulus.shape} {stimulus.dtype}; see wepsam.read_image"
        )
    return stimulus


def uniform(stimulus: np.ndarray) -> bool:
    """Whether all pixels have one color: then nothing is salient, and rounding must not decide what is."""
    return bool((stimulus == stimulus[:1, :1]).all())


def working_size(stimulus: np.ndarray, longest: int, *, shortest: int = 1, enlarge: bool = False) -> np.ndarray:
    """The picture with at most `longest` pixels on its longer side; exactly that many, if it may be enlarged.

    A side of less than `shortest` pixels is stretched to that, so that filters of this size fit into a strip.
    """
    height, width = stimulus.shape[:2]
    scale = longest / max(height, width)
    scale = scale if enlarge else min(1, scale)
    shape = (max(shortest, round(height * scale)), max(shortest, round(width * scale)))
    return stimulus if shape == (height, width) else resize(stimulus, shape)


def lab(picture: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 sRGB -> (H, W, 3) float32 CIE L*a*b*, white point D65; L in [0, 100], gray has a = b = 0."""
    levels = np.arange(256) / 255
    linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)[picture]
    matrix = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    )
    # Divided by what white gives, so that gray is gray to the last bit.
    xyz = linear @ (matrix / matrix.sum(axis=1, keepdims=True)).T
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1).astype(np.float32)


def finished(saliency_map: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """An (h, w) map at the stimulus' size (H, W), float32, stretched to [0, 1]; zeros where it is constant."""
    if np.ptp(saliency_map) <= FLAT * np.abs(saliency_map).max():
        return np.zeros(shape[:2], np.float32)
    small = maps.to_unit(saliency_map)
    return maps.to_unit(maps.enlarge(small, (shape[0], shape[1]))).astype(np.float32)


def median(channel: np.ndarray, radius: int) -> np.ndarray:
    """The median of (2 radius + 1)² pixels around each of an (h, w) uint8 channel, mirrored at the border."""
    return np.asarray(compiled("median_loops").median(channel, radius))


def compiled(name: str) -> ModuleType:
    """Loops of this folder that numba compiles; imported when used, for it is heavy, and prediction does without."""
    try:
        return numba_cache.load(f"wepsam.classical.{name}")
    except ModuleNotFoundError as error:
        raise ImportError(f"this model needs {error.name}: pip install 'wepsam[classical]'") from None


def ndimage() -> ModuleType:
    """scipy's filters; imported when used, for prediction alone does without scipy."""
    try:
        from scipy import ndimage
    except ModuleNotFoundError as error:
        raise ImportError(f"this model needs {error.name}: pip install 'wepsam[classical]'") from None
    return ndimage
