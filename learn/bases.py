"""Learn the constants that classical models take from natural pictures: AIM's basis. It is committed; this made it.

    python -m learn.bases PHOTOS     # a folder of photographs

The committed basis was learned from the 935 photographs of the NIPS 2017 adversarial-attacks development set (CC-BY
2.0), with 144 pixels on the shorter side. No photograph or part of one is in it, only linear filters.
"""

import sys
from pathlib import Path

import numpy as np

from wepsam import classical
from wepsam.files import replacing
from wepsam.images import read_image

BASES = Path(classical.__file__).parent / "bases"
SIDE = 21  # pixels; AIM's smaller patches
VARIANCE = 0.95  # share of the patches' variance that is kept
PER_PHOTO = 64


def main() -> None:
    photos = sorted(path for path in Path(sys.argv[1]).rglob("*") if path.suffix in (".jpg", ".png"))
    rng = np.random.default_rng(0)
    patches = np.concatenate([patches_of(read_image(path), SIDE, PER_PHOTO, rng) for path in photos])
    filters = independent_filters(patches, VARIANCE, rng)
    BASES.mkdir(exist_ok=True)
    with replacing(BASES / "aim.npy") as temporary, open(temporary, "wb") as file:
        np.save(file, filters.reshape(-1, SIDE, SIDE, 3).astype(np.float16))
    print(f"{len(filters)} filters from {len(patches)} patches of {len(photos)} photographs")


def patches_of(picture: np.ndarray, side: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, side * side * 3) float32 in [0, 1], from anywhere in an (H, W, 3) picture."""
    height, width = picture.shape[:2]
    rows, columns = rng.integers(0, height - side + 1, count), rng.integers(0, width - side + 1, count)
    patches = [picture[r : r + side, c : c + side].ravel() for r, c in zip(rows, columns, strict=True)]
    return np.array(patches, np.float32) / 255


def independent_filters(patches: np.ndarray, variance: float, rng: np.random.Generator) -> np.ndarray:
    """Filters whose answers to the patches are as independent as ICA can make them, each of variance 1.

    Args:
        patches: (N, D); changed in place (their mean is removed).
        variance: the share of the patches' variance that is kept, by PCA, before ICA.

    Returns:
        (n, D) filters, n < D.
    """
    patches -= patches.mean(axis=0)
    covariance = patches.T.astype(np.float64) @ patches / len(patches)
    values, vectors = np.linalg.eigh(covariance)
    values, vectors = values[::-1], vectors[:, ::-1]
    kept = int(np.searchsorted(np.cumsum(values) / values.sum(), variance)) + 1
    whitening = vectors[:, :kept].T / np.sqrt(values[:kept, None])
    return fast_ica(patches @ whitening.T, rng) @ whitening


def fast_ica(white: np.ndarray, rng: np.random.Generator, steps: int = 300, tolerance: float = 1e-4) -> np.ndarray:
    """The rotation that makes the columns of whitened data as independent as it can.

    Hyvarinen's fixed-point iteration with the contrast log cosh, all components at once, kept orthogonal by
    (W W^T)^(-1/2) W.

    Args:
        white: (N, n), mean 0, covariance 1.

    Returns:
        (n, n) orthogonal; white @ result.T are the independent components.
    """
    rotation = _orthogonal(rng.normal(size=(white.shape[1],) * 2))
    for _ in range(steps):
        answers = np.tanh(white @ rotation.T)
        new = _orthogonal(answers.T @ white / len(white) - np.mean(1 - answers**2, axis=0)[:, None] * rotation)
        change = np.abs(np.abs(np.sum(new * rotation, axis=1)) - 1).max()
        rotation = new
        if change < tolerance:
            break
    return rotation


def _orthogonal(matrix: np.ndarray) -> np.ndarray:
    left, _, right = np.linalg.svd(matrix)
    return np.asarray(left @ right)


if __name__ == "__main__":
    main()
