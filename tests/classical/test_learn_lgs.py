"""LGS' dictionaries: the atoms of planted patches are found."""

import numpy as np

from learn.lgs import dictionary
from wepsam.classical.lgs import mirrored


def test_a_dictionary_learns_what_its_patches_are_made_of() -> None:
    rng = np.random.default_rng(3)
    made_of = rng.normal(size=(2, 8, 8))
    made_of -= made_of.mean(axis=(1, 2), keepdims=True)
    images = mirrored(made_of / np.linalg.norm(made_of, axis=(1, 2), keepdims=True))
    assert images.shape == (8, 64)
    weights = rng.normal(size=(800, 8)) * (rng.random((800, 8)) < 0.15) * 5
    learned = mirrored(dictionary((weights @ images).astype(np.float32), 4, rng))
    assert np.abs(images @ learned.T).max(axis=1).min() > 0.95
