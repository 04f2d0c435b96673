"""Contours hold what they say, are closed, and stay inside the picture."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from wepsam.attention import coverage
from wepsam.drawing import contours


def density(seed: int, height: int, width: int) -> np.ndarray:
    """A smooth density with some peaks, also at the border."""
    coarse = np.random.default_rng(seed).random((max(1, height // 8 + 1), max(1, width // 8 + 1))) ** 3
    smooth = Image.fromarray(coarse.astype(np.float32)).resize((width, height), Image.Resampling.BICUBIC)
    values = np.maximum(np.asarray(smooth, dtype=np.float64), 1e-6)
    return np.asarray(values / values.sum())


def signed(line: np.ndarray) -> float:
    """The area that a line runs around clockwise, in shares of the picture; negative for a hole."""
    following = np.roll(line, -1, axis=0)
    return float((line[:, 0] * following[:, 1] - line[:, 1] * following[:, 0]).sum() / 2)


def enclosed(lines: list[np.ndarray], values: np.ndarray) -> float:
    rows, columns = (coverage.edges(count) for count in values.shape)
    return float(
        sum(np.sign(signed(line)) * (coverage.of_polygon(line, rows, columns) * values).sum() for line in lines)
    )


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("shape", [(60, 80), (200, 40), (24, 24)])
def test_a_contour_holds_its_share(shape: tuple[int, int], seed: int, share: float) -> None:
    values = density(seed, *shape)
    lines = contours.holding(values, share)
    assert enclosed(lines, values) == pytest.approx(share, abs=0.01)
    for line in lines:
        assert line.min() >= 0
        assert line.max() <= 1


def test_a_disc_is_found_where_it_is() -> None:
    y, x = np.indices((80, 80))
    (line,) = contours.loops(30 - np.hypot(x - 39.5, y - 39.5), 10)
    radii = np.hypot(*(80 * line - 40).T)
    assert radii == pytest.approx(20, abs=0.05)
    assert signed(line) == pytest.approx(np.pi * 20**2 / 80**2, rel=0.01)


def test_a_ring_has_a_hole_that_runs_the_other_way() -> None:
    y, x = np.indices((80, 80))
    outer, hole = contours.loops(10 - np.abs(np.hypot(x - 39.5, y - 39.5) - 20), 5)
    assert signed(outer) == pytest.approx(np.pi * 25**2 / 80**2, rel=0.01)
    assert signed(hole) == pytest.approx(-np.pi * 15**2 / 80**2, rel=0.01)


def test_lines_are_closed_at_the_border() -> None:
    """What reaches the border is cut off there; a place that is everywhere has the outline of the picture."""
    values = np.zeros((10, 20))
    values[:, :10] = 1
    (line,) = contours.loops(values, 0.5)
    assert signed(line) == pytest.approx(0.5)
    assert line.min(axis=0).tolist() == [0, 0]
    (whole,) = contours.loops(np.ones((1, 1)), 0.5)
    assert signed(whole) == pytest.approx(1)
    assert contours.loops(np.zeros((5, 5)), 0.5) == []


def test_corners_that_touch() -> None:
    """Two high cells across a low corner are one place if the middle between them is high, too."""
    values = np.zeros((4, 4))
    values[1, 1] = values[2, 2] = 1
    assert len(contours.loops(values, 0.6)) == 2
    assert len(contours.loops(values, 0.4)) == 1


def test_noise_has_lines_that_hold_together() -> None:
    """Whatever the pattern, lines enclose exactly the places above the level: the slow sum over fine points agrees."""
    values = np.random.default_rng(3).random((12, 17))
    lines = contours.loops(values, 0.5)
    at = np.random.default_rng(4).integers(0, (12, 17), (200, 2))
    points = (at[:, ::-1] + 0.5) / (17, 12)
    inside = sum(np.sign(signed(line)) * _holds(line, points) for line in lines)
    np.testing.assert_array_equal(inside, values[tuple(at.T)] >= 0.5)


def _holds(line: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Whether each point lies in a polygon, by crossings of a ray."""
    one, other = line, np.roll(line, -1, axis=0)
    x, y = points[:, :1], points[:, 1:]
    crosses = (one[:, 1] > y) != (other[:, 1] > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = one[:, 0] + (y - one[:, 1]) * (other - one)[:, 0] / (other - one)[:, 1]
    return np.asarray((crosses & (x < at)).sum(axis=1) % 2)
