"""Fits of generalized Gaussians by their moments, and the divergence between two of them."""

import numpy as np
import pytest

from wepsam.classical.generalized_gaussian import fit, from_moments, kl


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def test_kl_of_gaussians_and_of_laplacians() -> None:
    two, one = np.array(2.0), np.array(1.0)

    def gaussian(sigma: float) -> tuple[np.ndarray, np.ndarray]:
        return np.array(sigma * np.sqrt(2)), two

    assert kl(gaussian(1), gaussian(1)) == pytest.approx(0, abs=1e-12)
    assert kl(gaussian(1), gaussian(3)) == pytest.approx(np.log(3) + 1 / 18 - 0.5)
    assert kl((np.array(2.0), one), (np.array(5.0), one)) == pytest.approx(np.log(5 / 2) + 2 / 5 - 1)


def test_samples_of_a_gaussian_and_a_laplacian(rng: np.random.Generator) -> None:
    values = np.stack([rng.normal(0, 3, 100_000), rng.laplace(0, 2, 100_000)], axis=1)
    scales, shapes = fit(values)
    assert shapes == pytest.approx([2, 1], rel=0.03)
    assert scales == pytest.approx([3 * 2**0.5, 2], rel=0.03)


def test_moments_of_a_gaussian_and_a_laplacian() -> None:
    alpha, beta = from_moments(np.array([4.0, 4.0]), np.array([3 * 16.0, 6 * 16.0]))
    np.testing.assert_allclose(beta, [2, 1], rtol=1e-3)
    np.testing.assert_allclose(alpha, [2 * np.sqrt(2), 2 / np.sqrt(2)], rtol=1e-3)  # sd 2
