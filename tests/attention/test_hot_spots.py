import numpy as np
import pytest

from wepsam.attention.hot_spots import hot_spots


def blobs(*places: tuple[float, float, float, float], shape: tuple[int, int] = (40, 60)) -> np.ndarray:
    """A density of Gaussians, each given by row, column, standard deviation in cells and weight."""
    rows, columns = np.indices(shape)
    density = sum(
        weight * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2 * sigma**2)) / sigma**2
        for row, column, sigma, weight in places
    )
    return density / density.sum()


def test_each_blob_is_a_hot_spot_and_the_larger_share_comes_first():
    first, second = hot_spots(blobs((10, 10, 2, 1), (30, 45, 4, 3)))
    assert (first.number, second.number) == (1, 2)
    assert first.peak == pytest.approx((45.5 / 60, 30.5 / 40))
    assert second.peak == pytest.approx((10.5 / 60, 10.5 / 40))


def test_a_hot_spot_holds_half_of_a_gaussian():
    """Where a round Gaussian is above half of its peak lies half of its mass."""
    (spot,) = hot_spots(blobs((20, 30, 4, 1)))
    assert spot.share == pytest.approx(0.5, abs=0.02)
    x0, y0, x1, y1 = spot.box
    assert (x1 - x0) * 60 == pytest.approx(2 * 1.177 * 4, abs=1)
    assert (y1 - y0) * 40 == pytest.approx(2 * 1.177 * 4, abs=1)


def test_two_peaks_with_a_shallow_valley_between_them_are_one():
    assert len(hot_spots(blobs((20, 26, 4, 1), (20, 35, 4, 1)))) == 1
    assert len(hot_spots(blobs((20, 20, 4, 1), (20, 40, 4, 1)))) == 2


def test_faint_peaks_are_no_hot_spots_and_the_number_is_limited():
    assert len(hot_spots(blobs((10, 10, 3, 1), (30, 45, 3, 0.05)))) == 1
    many = blobs(*[(8 + 12 * i, 8 + 15 * k, 2, 1) for i in range(3) for k in range(4)])
    assert len(hot_spots(many, limit=5)) == 5
    assert len(hot_spots(many, limit=50)) == 12


def test_a_constant_density_has_no_hot_spot():
    assert hot_spots(np.full((10, 20), 1 / 200)) == []


def test_hot_spots_do_not_share_cells():
    rng = np.random.default_rng(0)
    density = rng.random((30, 40)) ** 4
    spots = hot_spots(density / density.sum(), limit=1000)
    assert sum(spot.surface for spot in spots) <= 1
    assert sum(spot.share for spot in spots) <= 1 + 1e-9
