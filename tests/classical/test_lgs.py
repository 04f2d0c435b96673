"""LGS: the lasso by its conditions, rarities by hand."""

import numpy as np
import pytest

from wepsam.classical.lgs import coded, dictionaries, global_rarity, local_rarity, sparse_codes


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def test_sparse_codes_solve_the_lasso(rng: np.random.Generator) -> None:
    """Where a coefficient is not 0 the residual's answer is the sparsity with its sign, elsewhere at most that."""
    atoms = rng.normal(size=(12, 8))
    atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
    patches = rng.normal(size=(20, 8))
    codes = sparse_codes(patches, atoms, sparsity=0.2, steps=3000)
    answers = (patches - codes @ atoms) @ atoms.T
    active = np.abs(codes) > 1e-6
    assert 0.1 < active.mean() < 0.9
    np.testing.assert_allclose(answers[active], 0.2 * np.sign(codes[active]), atol=1e-4)
    assert np.abs(answers[~active]).max() < 0.2 + 1e-4


def test_codes_reconstruct_patches_from_the_learned_dictionaries(rng: np.random.Generator) -> None:
    atoms, _ = dictionaries()
    assert atoms.shape == (6, 128, 64)
    y, x = np.mgrid[:8, :8] - 3.5
    edges = [np.tanh(np.cos(a) * x + np.sin(a) * y - o).ravel() for a in np.arange(0, 3, 0.5) for o in (-2, 0, 1)]
    patches = np.array(edges, np.float32) + 2
    for channel in atoms:
        codes = coded(patches, channel)
        rebuilt = codes[:, :1] / 8 + codes[:, 1:] @ channel
        assert np.mean((rebuilt - patches) ** 2) < 0.1 * patches.var()
        assert np.mean(codes[:, 1:] != 0) < 0.5


def test_rarities_by_hand() -> None:
    codes = np.array([[[0.0], [0.0]], [[0.0], [5.0]]])
    log = np.log
    assert global_rarity(codes) == pytest.approx(np.array([[-log(0.75), -log(0.75)], [-log(0.75), -log(0.25)]]))
    diagonal = 1 / 2**0.5
    mean = 5 / (2 + diagonal)  # two neighbors at 1, one at the root of 2
    assert local_rarity(codes) == pytest.approx(np.array([[mean * diagonal, mean], [mean, 5]]))
