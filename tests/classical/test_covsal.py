"""CovSal: covariances, sigma points and distances against slow, obvious versions."""

import numpy as np
import pytest

from wepsam.classical.covsal import cone, covsal, descriptors, dissimilarity, statistics


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def test_region_statistics_are_those_of_the_patches(rng: np.random.Generator) -> None:
    pixels = rng.normal(size=(16, 16, 3)) + 50
    for k, (means, covariances) in zip((2, 4, 8), statistics(pixels, (2, 4, 8)), strict=True):
        assert means.shape == (16 // k, 16 // k, 3)
        for row, column in ((0, 0), (1, 0), (1, 1)):
            patch = pixels[row * k : (row + 1) * k, column * k : (column + 1) * k].reshape(-1, 3)
            np.testing.assert_allclose(means[row, column], patch.mean(axis=0))
            np.testing.assert_allclose(covariances[row, column], np.cov(patch.T), atol=1e-10)


def test_descriptors_are_as_far_apart_as_sigma_points(rng: np.random.Generator) -> None:
    d = 7
    means, roots = rng.normal(size=(2, d)), rng.normal(size=(2, d, d))
    covariances = roots @ roots.transpose(0, 2, 1)

    def sigma_points(mean: np.ndarray, covariance: np.ndarray) -> np.ndarray:
        columns = np.linalg.cholesky(2 * (d + 0.1) * (covariance + 0.001 * np.eye(d))).T
        return np.concatenate([[mean], mean + columns, mean - columns])

    expected = np.linalg.norm(sigma_points(means[0], covariances[0]) - sigma_points(means[1], covariances[1]))
    ours = descriptors(means, covariances)
    assert np.linalg.norm(ours[0] - ours[1]) == pytest.approx(expected)


def test_dissimilarity_counts_the_nearest_tenth(rng: np.random.Generator) -> None:
    vectors = rng.normal(size=(5, 6, 2))
    ours = dissimilarity(vectors, 8)
    for r, c in ((0, 0), (2, 3), (4, 5)):
        others = [
            np.linalg.norm(vectors[r, c] - vectors[y, x]) / (1 + 8 * np.hypot(y - r, x - c))
            for y in range(max(0, r - 3), min(5, r + 4))
            for x in range(max(0, c - 3), min(6, c + 4))
            if (y, x) != (r, c)
        ]
        assert ours[r, c] == pytest.approx(np.mean(sorted(others)[: max(1, len(others) // 10)]))


def test_covsal_finds_a_patch_of_another_texture(rng: np.random.Generator) -> None:
    gray = rng.normal(128, 10, (128, 128))
    gray[40:64, 70:94] = 128 + 40 * np.sign(rng.normal(size=(24, 24)))
    saliency_map = covsal(np.clip(gray, 0, 255).astype(np.uint8)[..., None].repeat(3, 2))
    row, column = np.unravel_index(saliency_map.argmax(), (128, 128))
    assert 36 < row < 68
    assert 66 < column < 98
    assert cone(2) == pytest.approx(np.full((2, 2), 0.5))
