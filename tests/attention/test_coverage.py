"""How much of a cell a shape covers: by hand, against counted pixels, and by laws."""

from __future__ import annotations

import numpy as np
import pytest

from wepsam.attention import coverage
from wepsam.attention.areas import Mask

ROWS, COLUMNS = coverage.edges(7), coverage.edges(9)


def counted(corners: np.ndarray, rows: np.ndarray, columns: np.ndarray, fine: int = 1200) -> np.ndarray:
    """The coverage of a convex polygon, by counting points on a fine grid."""
    y, x = np.meshgrid(coverage.middles(fine), coverage.middles(fine), indexing="ij")
    sides = [
        (x - a[0]) * (b[1] - a[1]) - (y - a[1]) * (b[0] - a[0])
        for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True)
    ]
    inside = np.all([side > 0 for side in sides], axis=0) | np.all([side < 0 for side in sides], axis=0)
    found: np.ndarray = np.histogram2d(y[inside], x[inside], bins=[rows, columns])[0]
    return found / fine**2 / np.outer(np.diff(rows), np.diff(columns))


def test_a_box_by_hand() -> None:
    found = coverage.of_box((0.25, 0.5, 1.5, 0.75), coverage.edges(2), coverage.edges(2))
    assert found.tolist() == [[0, 0], [0.25, 0.5]]


@pytest.mark.parametrize("turned", [1, -1])
def test_a_box_as_a_polygon_is_the_box(turned: int) -> None:
    x0, y0, x1, y1 = box = (0.113, -0.2, 0.777, 0.91)
    corners = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])[::turned]
    np.testing.assert_allclose(
        coverage.of_polygon(corners, ROWS, COLUMNS), coverage.of_box(box, ROWS, COLUMNS), atol=1e-6
    )


@pytest.mark.parametrize("seed", range(4))
def test_triangles_as_counted(seed: int) -> None:
    corners = np.random.default_rng(seed).uniform(-0.4, 1.4, (3, 2))
    found = coverage.of_polygon(corners, ROWS, COLUMNS)
    np.testing.assert_allclose(found, counted(corners, ROWS, COLUMNS), atol=0.03)
    assert found.mean() == pytest.approx(counted(corners, ROWS, COLUMNS).mean(), abs=1e-3)


def test_a_grid_with_cells_of_any_size() -> None:
    rows, columns = np.array([0, 0.1, 0.15, 0.8, 1]), np.array([0, 0.6, 0.61, 1])
    corners = np.array([(0.05, 0.02), (0.95, 0.3), (0.4, 0.97)])
    found = coverage.of_polygon(corners, rows, columns)
    surface = _shoelace(corners)
    assert np.diff(rows) @ found @ np.diff(columns) == pytest.approx(surface, abs=1e-9)


def _shoelace(corners: np.ndarray) -> float:
    x, y = corners.T
    return float(abs((x * np.roll(y, -1) - y * np.roll(x, -1)).sum()) / 2)


def test_parts_that_an_outline_encloses_twice_count_once() -> None:
    square = np.array([(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)])
    twice = np.concatenate([square, square])
    np.testing.assert_allclose(
        coverage.of_polygon(twice, ROWS, COLUMNS)[2:4, 2:6], coverage.of_polygon(square, ROWS, COLUMNS)[2:4, 2:6]
    )
    bow = np.array([(0.1, 0.1), (0.9, 0.9), (0.9, 0.1), (0.1, 0.9)])
    fine = coverage.edges(200)
    assert coverage.of_polygon(bow, fine, fine).mean() == pytest.approx(0.32, abs=1e-3)


def test_a_mask_is_averaged_over_the_cells() -> None:
    def covered(pixels: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        mask = Mask.of(pixels)
        return coverage.of_mask(mask.size, np.asarray(mask.counts), rows, columns)

    mask = np.zeros((3, 4), bool)
    mask[0, :2] = mask[2, 3] = True
    np.testing.assert_allclose(covered(mask, coverage.edges(2), coverage.edges(2)), [[2 / 3, 0], [0, 1 / 3]])
    box = np.zeros((3, 4), bool)
    box[1:, 1:3] = True
    np.testing.assert_allclose(covered(box, ROWS, COLUMNS), coverage.of_box((0.25, 1 / 3, 0.75, 1), ROWS, COLUMNS))
    for seed, shape in enumerate([(13, 17), (40, 5), (1, 30), (30, 1)]):
        noise = np.random.default_rng(seed).random(shape) < 0.5
        down, across = coverage._shares(shape[0], ROWS), coverage._shares(shape[1], COLUMNS)
        np.testing.assert_allclose(covered(noise, ROWS, COLUMNS), down.T @ noise @ across, atol=1e-12)
        assert covered(~noise, ROWS, COLUMNS) + covered(noise, ROWS, COLUMNS) == pytest.approx(1)


@pytest.mark.parametrize("shape", [(3, 4), (6, 8), (2, 5), (1, 1), (7, 3)])
def test_another_grid_has_the_same_density(shape: tuple[int, int]) -> None:
    density = np.random.default_rng(0).dirichlet(np.ones(12)).reshape(3, 4)
    found = coverage.regrid(density, shape)
    assert found.shape == shape
    assert found.sum() == pytest.approx(1)
    fine = np.repeat(np.repeat(density, 70, 0), 30, 1)  # 210 x 120: a multiple of all of these
    rows, columns = np.arange(210) * shape[0] // 210, np.arange(120) * shape[1] // 120
    by_hand = np.zeros(shape)
    np.add.at(by_hand, np.ix_(rows, columns), fine / (70 * 30))
    np.testing.assert_allclose(found, by_hand)
