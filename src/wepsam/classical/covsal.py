"""CovSal: how the features of a patch vary together, compared with the patches around it.

Erdem, Erdem, "Visual Saliency Estimation by Nonlinearly Integrating Features Using Region Covariances", Journal of
Vision 2013; the model with covariances and means.

From the publication and its program: the picture squeezed to 512x512; seven features (L, a, b, |Ix|, |Iy|, x, y);
covariance and mean of each patch of 8, 16, 32, 64 and 128 pixels, turned into sigma points; the distance of a patch to
those up to three patches away, divided by 1 + their distance in the picture; the mean of the nearest 10 %; a cone that
falls from the picture's center to its corners; the product over the five sizes; a blur with 2 % of the side.

Ours: the means of x and y are left out; the program has them. They only say how far apart two patches are, which the
weight already does, and they drown the other features: with them the maps are hardly better than the cone alone. No
random noise is added to the picture. The program adds it so that no covariance is singular; the .001 on the diagonals,
which it also has, suffices. The maps are enlarged bilinearly and multiplied at 128x128.
"""

import numpy as np

from wepsam import maps
from wepsam.classical._frame import classical_model, lab, square

SIDE = 512  # pixels of the square
PATCHES = (8, 16, 32, 64, 128)  # pixels
REACH = 3  # patches to each side with which one is compared
QUANTILE = 0.1  # share of these patches, the most similar ones, that counts
REGULARIZATION = 0.001  # added to the diagonals
SIGMA_POINTS = 2 * (7 + 0.1)  # factor from the covariance to the spread of the sigma points
GRID = 128  # pixels of the square on which the maps are multiplied
BLUR = 0.02  # of the side


@classical_model(square(SIDE))
def covsal(picture: np.ndarray, /) -> np.ndarray:
    """Saliency map by region covariances."""
    product = np.ones((GRID, GRID))
    for means, covariances in statistics(features(picture)):
        contrast = dissimilarity(descriptors(means[..., :5], covariances), SIDE // len(means)) * cone(len(means))
        if contrast.any():  # else all patches of this size are alike
            product *= maps.enlarge(contrast, (GRID, GRID)) / contrast.max()
    return maps.blur(product, BLUR * GRID)


def features(picture: np.ndarray) -> np.ndarray:
    """(n, n, 3) uint8 RGB -> (n, n, 7): L, a, b, |Ix|, |Iy| of the mean of R, G and B, and x and y in pixels."""
    padded = np.pad(picture.mean(axis=2), 1, mode="symmetric")
    dx = np.abs(padded[1:-1, 2:] - padded[1:-1, :-2])
    dy = np.abs(padded[2:, 1:-1] - padded[:-2, 1:-1])
    y, x = np.mgrid[: len(picture), : len(picture)]
    return np.dstack([lab(picture), dx, dy, x, y])


def statistics(pixels: np.ndarray, patches: tuple[int, ...] = PATCHES) -> list[tuple[np.ndarray, np.ndarray]]:
    """(n, n, d) features -> (n/k, n/k, d) means and (n/k, n/k, d, d) covariances for each patch size k.

    Each patch size is twice the one before, so that the sums of four patches make the sums of the next size.
    """
    n, _, d = pixels.shape
    k = patches[0]
    blocks = pixels.reshape(n // k, k, n // k, k, d).transpose(0, 2, 1, 3, 4).reshape(n // k, n // k, k * k, d)
    sums, products = blocks.sum(axis=2), blocks.transpose(0, 1, 3, 2) @ blocks
    by_size = []
    for k in patches:
        if len(sums) > n // k:
            sums, products = (a[::2, ::2] + a[1::2, ::2] + a[::2, 1::2] + a[1::2, 1::2] for a in (sums, products))
        means = sums / k**2
        covariances = (products - sums[..., None] * means[..., None, :]) / (k**2 - 1)
        by_size.append((means, covariances))
    return by_size


def descriptors(means: np.ndarray, covariances: np.ndarray) -> np.ndarray:
    """(..., m) means and (..., d, d) covariances -> (..., m + d²) vectors, as far apart as the patches' sigma points.

    The 2 d + 1 sigma points are the mean and mean ± each column of L, with L L^T = 2 (d + .1) C. The squared distance
    of two sets is (2 d + 1) |mean - mean'|² + 2 |L - L'|², because the mixed terms of + and - cancel. Means that are
    left out count as equal.
    """
    d = covariances.shape[-1]
    roots = np.linalg.cholesky(SIGMA_POINTS * (covariances + REGULARIZATION * np.eye(d)))
    return np.concatenate([(2 * d + 1) ** 0.5 * means, 2**0.5 * roots.reshape(*means.shape[:-1], d * d)], axis=-1)


def dissimilarity(vectors: np.ndarray, patch: int) -> np.ndarray:
    """(h, w, D) descriptors of patches -> (h, w) mean weighted distance to the most similar ones nearby."""
    h, w = vectors.shape[:2]
    padded = np.pad(vectors, [(REACH, REACH), (REACH, REACH), (0, 0)], constant_values=np.inf)
    distances = [
        np.linalg.norm(padded[y : y + h, x : x + w] - vectors, axis=-1) / (1 + patch * np.hypot(y - REACH, x - REACH))
        for y in range(2 * REACH + 1)
        for x in range(2 * REACH + 1)
        if (y, x) != (REACH, REACH)
    ]
    ordered = np.sort(distances, axis=0)  # patches outside the picture are infinitely far
    counted = np.maximum(1, (np.isfinite(ordered).sum(axis=0) * QUANTILE).astype(int))
    return np.where(np.arange(len(ordered))[:, None, None] < counted, ordered, 0).sum(axis=0) / counted


def cone(g: int) -> np.ndarray:
    """(g, g) weights of the patches: 1 at the picture's center, 0 at its corners."""
    offset = np.abs((np.arange(g) + 0.5) / g - 0.5)
    return 1 - np.hypot(offset[:, None], offset) / np.hypot(0.5, 0.5)
