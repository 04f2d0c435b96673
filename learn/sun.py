"""Learn SUN's filters of natural patches and the densities of their responses: python -m learn.sun PHOTOS

Writes bases/sun.npz. `learn` says what PHOTOS is.
"""

import numpy as np

from learn import data
from learn.ica import independent_filters
from wepsam.classical import generalized_gaussian
from wepsam.classical.sun import SIDE

VARIANCE = 0.99  # share of the patches' variance that PCA keeps
PER_PHOTO = 64  # patches


def main() -> None:
    photos = data.photographs(data.folder(__doc__, "PHOTOS"))
    data.save("sun", **statistics(photos, np.random.default_rng(0)))


def statistics(photos: list[np.ndarray], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Filters by ICA, and the generalized Gaussian of each one's responses to patches that it was not learned from.

    Returns:
        "filters" (n, 11, 11, 3), "scales" (n,), "shapes" (n,).
    """

    def sample() -> np.ndarray:
        """(N, 363) patches with the contrast that SUN gives them."""
        contrast = [data.patches_of(p, SIDE, PER_PHOTO, rng) * (255 / max(p.std(), 1)) for p in photos]
        return np.concatenate(contrast).astype(np.float32)

    patches = sample()
    patches -= patches.mean(axis=1, keepdims=True)  # so that filters do not respond to uniform gray
    filters = independent_filters(patches, VARIANCE, rng)
    scales, shapes = generalized_gaussian.fit(sample() @ filters.T.astype(np.float32))
    return {"filters": filters.reshape(-1, SIDE, SIDE, 3), "scales": scales, "shapes": shapes}


if __name__ == "__main__":
    main()
