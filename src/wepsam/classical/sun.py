"""SUN: a patch is salient if it is rare, not in this picture, but among all natural pictures.

Zhang, Tong, Marks, Shan, Cottrell, "SUN: A Bayesian Framework for Saliency Using Natural Statistics", Journal of Vision
2008; the version with ICA features.

From the publication and its program: the picture divided by the standard deviation of its pixels; 11x11 color filters
learned by ICA, without response to gray; for each filter a generalized Gaussian fitted to its responses to natural
pictures; saliency = the sum over the filters of (|response| / sigma)^theta, which is -log p but for a constant.

Ours: the filters (learn/sun.py: FastICA on other photographs; the 83 that 99 % of the variance need, each with
its mirror images, so that a mirrored picture has a mirrored map; the authors have 362); shapes fitted by moments
instead of maximum likelihood; 340 pixels on the longer side (half of the publication's pictures, the program's scale;
at 680, without the blur, this model compares to GBVS as on MIT300, docs/explanation/log.md); pictures mirrored at their
border, where the program's maps end before it; a small final blur.
"""

from functools import cache
from pathlib import Path

import numpy as np

from wepsam import maps
from wepsam.classical._frame import classical_model, longer_side

SIDE = 11  # pixels of a filter
LONGEST = 340  # pixels of the longer side
BLUR = 4.0  # pixels
ROWS = 16  # of patches at a time, so that they stay in the cache


@classical_model(longer_side(LONGEST, enlarge=True))
def sun(picture: np.ndarray, /) -> np.ndarray:
    """Saliency map by natural statistics."""
    filters, scales, shapes = statistics()
    contrast = scaled(picture)
    padded = np.pad(contrast, [(SIDE // 2, SIDE // 2), (SIDE // 2, SIDE // 2), (0, 0)], mode="symmetric")
    patches = np.lib.stride_tricks.sliding_window_view(padded, (SIDE, SIDE), axis=(0, 1))
    height, width = picture.shape[:2]
    rarity = np.empty((height, width), np.float32)
    for row in range(0, height, ROWS):
        chunk = patches[row : row + ROWS].transpose(0, 1, 3, 4, 2).reshape(-1, SIDE * SIDE * 3)
        rarity[row : row + ROWS] = self_information(chunk @ filters.T, scales, shapes).reshape(-1, width)
    return maps.blur(rarity, BLUR)


def scaled(picture: np.ndarray) -> np.ndarray:
    """(h, w, 3) uint8 -> float32 with standard deviation 1 over all values of the picture."""
    return (picture / max(picture.std(), 1e-6)).astype(np.float32)


def self_information(responses: np.ndarray, scales: np.ndarray, shapes: np.ndarray) -> np.ndarray:
    """(N, n) responses -> (N,) -log likelihood under the filters' generalized Gaussians, without the constant."""
    # exp(theta log x), because a power takes numpy several times longer.
    relative = np.log(np.maximum(np.abs(responses) / scales, 1e-12))
    return np.exp(relative * shapes, out=relative).sum(axis=1)


@cache
def statistics() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The constants that learn/sun.py learned: (332, 363) filters, (332,) scales, (332,) shapes, float32."""
    with np.load(Path(__file__).parent / "bases/sun.npz") as learned:
        filters, scales, shapes = (learned[name].astype(np.float32) for name in ("filters", "scales", "shapes"))
    images = np.concatenate([filters, filters[:, ::-1], filters[:, :, ::-1], filters[:, ::-1, ::-1]])
    flat = images.reshape(len(images), -1)
    # Filters are stored in half precision, so their sums are not exactly 0.
    return flat - flat.mean(axis=1, keepdims=True), np.tile(scales, 4), np.tile(shapes, 4)
