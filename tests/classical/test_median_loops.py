"""The compiled median filter against scipy's."""

import numpy as np
import pytest
from scipy import ndimage

from wepsam.classical.judd import COLOR_BINS
from wepsam.classical.median_loops import median


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (6, 1), (3, 4), (30, 41)])
def test_median_is_scipys(rng: np.random.Generator, shape: tuple[int, int]) -> None:
    channel = rng.integers(0, 256, shape, dtype=np.uint8)
    np.testing.assert_array_equal(median(channel, 2), ndimage.median_filter(channel, 5))


@pytest.mark.parametrize("size", [1, 3, 5, 9, 17])
def test_median_of_levels_is_the_median(rng: np.random.Generator, size: int) -> None:
    levels = (rng.integers(0, COLOR_BINS, (3, 30, 41)) * (rng.random((3, 30, 41)) < 0.6)).astype(np.uint8)
    expected = [ndimage.median_filter(plane, size, mode="reflect") for plane in levels]
    np.testing.assert_array_equal([median(plane, size // 2) for plane in levels], expected)
