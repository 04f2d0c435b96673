"""Independent component analysis (ICA): filters of patches whose responses are as independent as possible."""

import numpy as np

from wepsam.progress import track


def independent_filters(patches: np.ndarray, variance: float, rng: np.random.Generator) -> np.ndarray:
    """Filters whose responses to the patches are as independent as ICA can make them, each of variance 1.

    Args:
        patches: (N, D). Changed in place: their mean is removed.
        variance: share of the patches' variance that PCA keeps before ICA.
        rng: draws the rotation from which ICA starts.

    Returns:
        (n, D) filters, n < D.
    """
    patches -= patches.mean(axis=0)
    covariance = patches.T.astype(np.float64) @ patches / len(patches)
    values, vectors = np.linalg.eigh(covariance)
    values, vectors = values[::-1], vectors[:, ::-1]
    count = int(np.searchsorted(np.cumsum(values) / values.sum(), variance)) + 1
    whitening = vectors[:, :count].T / np.sqrt(values[:count, None])
    return fast_ica(patches @ whitening.T, rng) @ whitening


def fast_ica(white: np.ndarray, rng: np.random.Generator, steps: int = 300, tolerance: float = 1e-4) -> np.ndarray:
    """The rotation that makes the columns of whitened data as independent as possible.

    Hyvarinen's fixed-point iteration with the contrast log cosh, for all components at once, kept orthogonal by
    (W W^T)^(-1/2) W.

    Args:
        white: (N, n), mean 0, covariance 1.
        rng: draws the first rotation.
        steps: iterations at most.
        tolerance: the iteration ends when no component turns further than this (1 - its cosine).

    Returns:
        (n, n) orthogonal; white @ result.T are the independent components.
    """
    rotation = _orthogonal(rng.normal(size=(white.shape[1],) * 2))
    for _ in track(range(steps), "ICA steps, at most"):
        responses = np.tanh(white @ rotation.T)
        turned = _orthogonal(responses.T @ white / len(white) - np.mean(1 - responses**2, axis=0)[:, None] * rotation)
        change = np.abs(np.abs(np.sum(turned * rotation, axis=1)) - 1).max()
        rotation = turned
        if change < tolerance:
            break
    return rotation


def _orthogonal(matrix: np.ndarray) -> np.ndarray:
    left, _, right = np.linalg.svd(matrix)
    return np.asarray(left @ right)
