"""AIM: its coefficients and its self-information against slow, obvious versions."""

import numpy as np
import pytest

from wepsam.classical.aim import basis, coefficients, information


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def test_aim_coefficients_are_filters_answers_to_whole_patches(rng: np.random.Generator) -> None:
    picture = rng.integers(0, 256, (9, 12, 3), dtype=np.uint8)
    filters = rng.normal(size=(2, 5, 5, 3)).astype(np.float32)
    planes = coefficients(picture, filters)
    assert planes.shape == (2, 5, 8)
    for row, column in ((0, 0), (4, 7), (2, 3)):
        patch = picture[row : row + 5, column : column + 5] / 255
        np.testing.assert_allclose(planes[:, row, column], (filters * patch).sum(axis=(1, 2, 3)), atol=1e-5)


def test_aim_information_counts_how_often_a_coefficient_occurs(rng: np.random.Generator) -> None:
    planes = np.zeros((2, 4, 5))
    planes[0, 1, 2] = 1  # 1 of 20 pixels, the others share a value
    planes[1, :, :2] = 1  # 8 of 20
    result = information(planes)
    assert result[1, 2] == pytest.approx(-np.log(1 / 20 + 1e-6) - np.log(12 / 20 + 1e-6))
    assert result[0, 0] == pytest.approx(-np.log(19 / 20 + 1e-6) - np.log(8 / 20 + 1e-6))
    planes = rng.normal(size=(1, 30, 40))
    slow = np.zeros((30, 40))
    low, width = planes.min(), np.ptp(planes) / 1000
    bins = np.minimum((planes[0] - low) // width, 999)
    for at in np.ndindex(30, 40):
        slow[at] = -np.log((bins == bins[at]).mean() + 1e-6)
    assert (np.abs(information(planes) - slow) < 1e-9).mean() > 0.99  # but for values on a bin's edge


def test_aims_basis_is_small_and_says_nothing_of_the_photographs() -> None:
    filters = basis()
    assert filters.shape == (42, 21, 21, 3)
    assert filters.nbytes < 1e6
    assert np.isfinite(filters).all()
