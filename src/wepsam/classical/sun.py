"""SUN: what a patch shows is salient if it is rare, not in this picture, but among all natural pictures.

Zhang, Tong, Marks, Shan, Cottrell, "SUN: A Bayesian Framework for Saliency Using Natural Statistics", Journal of Vision
2008; the version with ICA features.

From the publication and its program: the picture divided by the standard deviation of its pixels; 11x11 color filters
learned by ICA, without response to gray; for each filter a generalized Gaussian fitted to its responses to natural
pictures; saliency = sum over the filters of (|response| / sigma)^theta, which is -log p but for a constant.

Our choice: our filters (learn/statistics.py; FastICA on other photographs; the 83 that 99 % of the variance need, each
with its mirror images, so that a mirrored picture has a mirrored map, where the authors have 362 of their own); shapes
fitted by moments instead of maximum likelihood; 340 pixels on the longer side (half of the publication's pictures, the
program's scale; at 680, without the blur, it stands to GBVS as on MIT300, docs/log.md); pictures mirrored at their
border instead of maps that end before it; a small final blur.
"""

from functools import cache
from math import lgamma
from pathlib import Path

import numpy as np

from wepsam import maps
from wepsam.classical._frame import checked, finished, uniform, working_size

SIDE = 11  # pixels of a filter
LONGEST = 340  # pixels of the longer side
BLUR = 4.0  # pixels
ROWS = 16  # of patches at a time, so that they stay in the cache


def sun(stimulus: np.ndarray) -> np.ndarray:
    """Saliency map of a picture by natural statistics.

    Args:
        stimulus: (H, W, 3) uint8 RGB.

    Returns:
        (H, W) float32 in [0, 1], largest value 1; zeros for a uniform picture.

    Raises:
        ValueError: the stimulus is not (H, W, 3) uint8.

    References:
        Zhang, Tong, Marks, Shan, Cottrell, "SUN: A Bayesian Framework for Saliency Using Natural Statistics", Journal
        of Vision 2008.
    """
    picture = working_size(checked(stimulus), LONGEST, enlarge=True)
    if uniform(picture):
        return np.zeros(stimulus.shape[:2], np.float32)
    filters, scales, shapes = statistics()
    contrast = scaled(picture)
    padded = np.pad(contrast, [(SIDE // 2, SIDE // 2), (SIDE // 2, SIDE // 2), (0, 0)], mode="symmetric")
    patches = np.lib.stride_tricks.sliding_window_view(padded, (SIDE, SIDE), axis=(0, 1))
    height, width = picture.shape[:2]
    rarity = np.empty((height, width), np.float32)
    for row in range(0, height, ROWS):
        chunk = patches[row : row + ROWS].transpose(0, 1, 3, 4, 2).reshape(-1, SIDE * SIDE * 3)
        rarity[row : row + ROWS] = self_information(chunk @ filters.T, scales, shapes).reshape(-1, width)
    return finished(maps.blur(rarity, BLUR), stimulus.shape)


def scaled(picture: np.ndarray) -> np.ndarray:
    """(h, w, 3) uint8 -> float32 with standard deviation 1 over all values of the picture."""
    return (picture / max(picture.std(), 1e-6)).astype(np.float32)


def self_information(responses: np.ndarray, scales: np.ndarray, shapes: np.ndarray) -> np.ndarray:
    """(N, n) responses -> (N,) -log likelihood under the filters' generalized Gaussians, without the constant."""
    # exp(theta log x): a power takes numpy several times longer.
    relative = np.log(np.maximum(np.abs(responses) / scales, 1e-12))
    return np.exp(relative * shapes, out=relative).sum(axis=1)


def generalized_gaussian(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scale sigma and shape theta of p(x) ~ exp(-(|x| / sigma)^theta) for each column, by the moments E|x| and E x².

    Args:
        values: (N, n), mean about 0.

    Returns:
        Two (n,) arrays; theta between .2 and 4: 2 is a Gaussian, 1 a Laplacian, less is sparser.
    """
    thetas = np.linspace(0.2, 4, 1000)
    log_gamma = {k: np.array([lgamma(k / theta) for theta in thetas]) for k in (1, 2, 3)}
    squares = np.mean(np.square(values), axis=0, dtype=np.float64)
    ratio = np.log(squares / np.mean(np.abs(values), axis=0, dtype=np.float64) ** 2)
    expected = log_gamma[1] + log_gamma[3] - 2 * log_gamma[2]  # of log E x² / (E|x|)²; falls with theta
    shapes = np.interp(-ratio, -expected, thetas)
    spread = np.array([lgamma(1 / theta) - lgamma(3 / theta) for theta in shapes])
    return np.sqrt(squares * np.exp(spread)), shapes


@cache
def statistics() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Learned by learn/statistics.py: (332, 363) filters, (332,) scales, (332,) shapes, float32."""
    with np.load(Path(__file__).parent / "bases/sun.npz") as learned:
        filters, scales, shapes = (learned[name].astype(np.float32) for name in ("filters", "scales", "shapes"))
    images = np.concatenate([filters, filters[:, ::-1], filters[:, :, ::-1], filters[:, ::-1, ::-1]])
    flat = images.reshape(len(images), -1)
    # They are stored in half precision, so that their sums are not quite 0.
    return flat - flat.mean(axis=1, keepdims=True), np.tile(scales, 4), np.tile(shapes, 4)
