"""What areas get of a density: by hand, by laws, and against pixels of the whole map."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wepsam import maps
from wepsam.attention import shares
from wepsam.attention.areas import Area
from wepsam.attention.intervals import Group
from wepsam.calibration import NEUTRAL, Calibration

DENSITY = np.array([[0.1, 0.2, 0.3], [0.0, 0.4, 0.0]])
HALF_CELL = Area("half", box=(1 / 3, 0.0, 0.5, 0.5))


def measured(*areas: Area, density: np.ndarray = DENSITY) -> tuple[list[shares.AreaScore], float]:
    return shares.measure(density, maps.to_density(np.ones(density.shape)), areas, Group(), fixations=9)


def test_by_hand() -> None:
    (score, right), elsewhere = measured(HALF_CELL, Area("right", box=(2 / 3, 0, 1, 1)))
    assert score.share == pytest.approx(0.1)
    assert score.surface == pytest.approx(1 / 12)
    assert score.lift == pytest.approx(1.2)
    assert score.center_share == pytest.approx(1 / 12)
    assert score.center_lift == pytest.approx(1.2)
    assert score.seen == pytest.approx(1 - 0.9**9)
    assert score.peak == pytest.approx((0.5, 0.25))
    assert score.peak_level == pytest.approx(0.5)
    assert (score.rank, right.rank) == (2, 1)
    assert right.peak == pytest.approx((5 / 6, 0.25))
    assert elsewhere == pytest.approx(0.6)
    assert measured() == ([], 1.0)


def test_the_whole_picture_has_everything_for_certain() -> None:
    (score,), elsewhere = measured(Area("all", box=(-1, 0, 1, 2)))
    assert (score.share, score.share_low, score.share_high) == pytest.approx((1, 1, 1))
    assert (score.lift, score.seen, elsewhere) == pytest.approx((1, 1, 0), abs=1e-9)


def test_overlaps_are_said_and_counted_once() -> None:
    left, top = Area("left", box=(0, 0, 0.5, 1)), Area("top", box=(0, 0, 1, 0.5))
    right = Area("right", polygons=[[(0.5, 0), (1, 0), (1, 1), (0.5, 1)]])  # type: ignore[list-item]
    scores, elsewhere = measured(left, top)
    assert [score.overlaps for score in scores] == [("top",), ("left",)]
    assert elsewhere == pytest.approx(0.2)  # the lower right: half of the middle cell, and the right cell
    (line,) = shares.remarks([left, top], scores, (20, 30))
    assert line.startswith("areas overlap (left and top):")
    scores, elsewhere = measured(left, right)
    assert [score.overlaps for score in scores] == [(), ()]  # they only touch
    assert elsewhere == pytest.approx(0, abs=1e-6)
    scores, _ = measured(right, Area("small", box=(0.6, 0.2, 0.7, 0.3)))
    assert scores[0].overlaps == ("small",)


def test_many_areas_upon_each_other_take_bounded_time() -> None:
    areas = [Area(str(n), box=(n / 1000, 0, 1, 1)) for n in range(500)]
    begun = time.process_time()
    scores, _ = measured(*areas)
    assert time.process_time() - begun < 6
    assert scores[7].overlaps == tuple(str(n) for n in range(500) if n != 7)


def test_what_should_be_doubted_is_said() -> None:
    areas = [Area("dot", box=(0.5, 0.5, 0.51, 0.51)), Area("edge", box=(0.9, 0.9, 1.1, 1.0))]
    scores, _ = measured(*areas)
    dot, edge = shares.remarks(areas, scores, (20, 30))
    assert dot == "dot: smaller than a cell of the 30x20 map, so it has the density of that cell"
    assert edge == "edge: 50% of it lies outside the picture and is left out"


@given(st.lists(st.floats(0.02, 0.98), min_size=2, max_size=2), st.floats(0.05, 0.9), st.integers(0, 5))
def test_parts_add_up_and_a_larger_area_gets_more(place: list[float], size: float, seed: int) -> None:
    density = maps.to_density(np.random.default_rng(seed).random((13, 17)) ** 3)
    x0, y0 = (p * (1 - size) for p in place)
    x1, y1, middle = x0 + size, y0 + size, x0 + 0.3 * size
    whole, one, other = (
        Area(name, box=(left, y0, right, y1))
        for name, left, right in (("a", x0, x1), ("b", x0, middle), ("c", middle, x1))
    )
    scores, elsewhere = measured(whole, one, other, density=density)
    assert scores[0].share == pytest.approx(scores[1].share + scores[2].share)
    assert elsewhere == pytest.approx(1 - scores[0].share, abs=1e-9)
    for score in scores:
        assert 0 <= score.share_low <= score.share <= score.share_high <= 1
        assert 0 <= score.seen <= 1
    mask = np.zeros((130, 170), bool)
    mask[round(130 * y0) : round(130 * y1), round(170 * x0) : round(170 * x1)] = True
    by_mask, _ = measured(Area("a", mask=mask), density=density)  # type: ignore[arg-type]
    assert by_mask[0].share == pytest.approx(density.repeat(10, 0).repeat(10, 1)[mask].sum() / 100, abs=1e-5)


def test_the_center_follows_the_calibration() -> None:
    plain = shares.center((30, 40), NEUTRAL)
    assert plain.sum() == pytest.approx(1)
    middle, corner = Area("middle", box=(0.3, 0.3, 0.7, 0.7)), Area("corner", box=(0, 0, 0.4, 0.4))
    scores, _ = shares.measure(plain, plain, [middle, corner], Group())
    assert scores[0].center_share > 2 * scores[1].center_share
    assert scores[0].center_lift == pytest.approx(1)
    closer = shares.center((30, 40), Calibration(center_weight=2.0))
    flatter = shares.center((30, 40), Calibration(floor=0.5))
    assert closer.max() > plain.max() > flatter.max()
