"""Independent component analysis finds the rotation of planted sources."""

import numpy as np

from learn.ica import fast_ica


def test_fast_ica_finds_the_rotation_of_sparse_sources() -> None:
    rng = np.random.default_rng(7)
    sources = rng.laplace(size=(4000, 3))
    rotation, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    mixed = (sources / sources.std(axis=0)) @ rotation.T
    overlap = np.abs(fast_ica(mixed, rng) @ rotation)  # a permutation, but for signs
    np.testing.assert_allclose(np.sort(overlap, axis=1)[:, -1], 1, atol=0.02)
    assert sorted(overlap.argmax(axis=1)) == [0, 1, 2]
