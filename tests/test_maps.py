import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from metric_cases import fixations_of
from wepsam import maps

SHAPE = (6, 9)  # rows, columns: not square, so that a swapped x and y shows
small_counts = arrays(np.int64, SHAPE, elements=st.integers(0, 3))
small_maps = arrays(np.float64, SHAPE, elements=st.floats(0, 1, width=16))


def test_x_is_the_column_and_y_the_row():
    rows, columns = maps.pixels([[8.99, 0.0], [2.5, 5.999]], SHAPE)
    assert rows.tolist() == [0, 5]
    assert columns.tolist() == [8, 2]


def test_fixation_map_counts_repeats():
    counts = maps.fixation_map([[1, 0], [1.7, 0.2], [0, 1]], (2, 2))
    assert counts.tolist() == [[0, 2], [1, 0]]


def test_no_fixations_is_an_empty_map():
    assert maps.fixation_map([], (2, 3)).tolist() == [[0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize("bad", [(702, 31), (640, 0), (0, 480), (-0.1, 5), (np.nan, 5), (5, np.inf)])
def test_a_fixation_outside_says_which_and_what_to_check(bad):
    with pytest.raises(ValueError, match="3 of 17 fixations lie outside the 640x480 map") as error:
        maps.pixels([(5, 5)] * 14 + [bad] * 3, (480, 640))
    assert f"the first at ({bad[0]:g}, {bad[1]:g}); were they scaled to this image size?" in str(error.value)


def test_only_pairs_are_fixations():
    with pytest.raises(ValueError, match=r"shape \(4,\), expected \(N, 2\)"):
        maps.pixels(np.zeros(4), SHAPE)


@given(small_counts)
def test_counts_survive_the_round_trip(counts):
    assert np.array_equal(maps.fixation_map(fixations_of(counts), SHAPE), counts)


def test_density_by_hand():
    """One fixation in a row of two pixels: the weights are 1 and exp(-1/2)."""
    weight = np.exp(-0.5)
    expected = np.array([[1, weight]]) / (1 + weight)
    assert maps.density([[0, 0]], (1, 2), sigma=1) == pytest.approx(expected, abs=1e-15)


def slow_density(fixations, shape, sigma):
    total = np.zeros(shape)
    for x, y in fixations:
        for row, column in np.ndindex(shape):
            total[row, column] += np.exp(-((row - int(y)) ** 2 + (column - int(x)) ** 2) / (2 * sigma**2))
    return total / total.sum()


def test_density_is_a_sum_of_gaussians():
    rng = np.random.default_rng(1)
    fixations = rng.random((20, 2)) * (SHAPE[1], SHAPE[0])
    fixations[7:10] = fixations[3]  # repeats count
    expected = slow_density(fixations, SHAPE, 1.7)
    assert maps.density(fixations, SHAPE, 1.7) == pytest.approx(expected, abs=1e-15)


def test_density_without_blur_is_the_normalized_fixation_map():
    assert maps.density([[1, 0], [1, 0], [0, 1]], (2, 2), sigma=0).tolist() == [[0, 2 / 3], [1 / 3, 0]]


def test_density_needs_fixations_and_a_width():
    with pytest.raises(ValueError, match="no fixations, so no density"):
        maps.density(np.empty((0, 2)), SHAPE, 1)
    for sigma in (-1, np.nan, np.inf):
        with pytest.raises(ValueError, match="expected a standard deviation"):
            maps.density([[0, 0]], SHAPE, sigma)


@given(small_maps, st.just(0) | st.floats(0.01, 20))
@settings(max_examples=50)
def test_blur_stays_within_the_range_of_the_map(values, sigma):
    blurred = maps.blur(values, sigma)
    assert blurred.shape == SHAPE
    assert blurred.min() >= values.min() - 1e-12
    assert blurred.max() <= values.max() + 1e-12


@pytest.mark.parametrize("sigma", [0.5, 3, 100])
def test_blur_does_not_darken_the_border(sigma):
    assert maps.blur(np.full(SHAPE, 0.7), sigma) == pytest.approx(np.full(SHAPE, 0.7), abs=1e-12)


def test_blur_far_from_the_border_is_the_gaussian():
    point = np.zeros((41, 41))
    point[20, 20] = 1
    assert maps.blur(point, 2) == pytest.approx(maps.density([[20, 20]], point.shape, 2), abs=1e-12)


def test_blur_of_nothing_is_the_map_itself():
    values = np.random.default_rng(2).random(SHAPE)
    assert np.array_equal(maps.blur(values, 0), values)


def test_enlarge_has_half_pixel_centers():
    """Two pixels become four: their centers lie at 1/4 and 3/4 of the way between the old centers."""
    enlarged = maps.enlarge(np.array([[0.0, 1.0]]), (1, 4))
    assert enlarged.dtype == np.float32
    assert enlarged.tolist() == [[0, 0.25, 0.75, 1]]


def test_enlarge_takes_rows_then_columns_and_shrinks_by_averaging():
    assert maps.enlarge(np.zeros((3, 4)), (30, 50)).shape == (30, 50)
    stripes = np.tile([0.0, 1.0], (8, 32))
    assert maps.enlarge(stripes, (1, 4))[0, 1:3] == pytest.approx([0.5, 0.5], abs=0.05)


def test_to_unit():
    assert maps.to_unit(np.array([[10, 20], [30, 10]], dtype=np.uint8)).tolist() == [[0, 0.5], [1, 0]]
    assert maps.to_unit(np.full((2, 2), 0.3)).tolist() == [[0, 0], [0, 0]]


def test_to_density():
    assert maps.to_density(np.array([[1, 2], [0, 1]])).tolist() == [[0.25, 0.5], [0, 0.25]]
    assert maps.to_density(np.zeros((2, 2))).tolist() == [[0.25, 0.25], [0.25, 0.25]]


@pytest.mark.parametrize("bad", [-1, np.nan, np.inf])
def test_to_density_refuses_what_is_no_distribution(bad):
    with pytest.raises(ValueError, match="finite values >= 0"):
        maps.to_density(np.array([[1, bad]]))


def test_to_log_density_by_hand():
    """Half of the probability spread evenly over four pixels."""
    log = maps.to_log_density(np.array([[1, 1], [0, 2]]), uniform=0.5)
    assert log == pytest.approx(np.log([[0.25, 0.25], [0.125, 0.375]]), abs=1e-15)


@given(small_maps)
def test_a_log_density_is_finite_and_sums_to_one(values):
    log = maps.to_log_density(values)
    assert np.isfinite(log).all()
    assert np.exp(log).sum() == pytest.approx(1, abs=1e-12)
    assert np.exp(log) == pytest.approx(maps.to_density(values), abs=1e-6)


@pytest.mark.parametrize("shape", [(300, 400), (400, 64), (48, 700), (10, 12), (20, 500)])
def test_large_maps_are_enlarged_to_the_same_values(shape, monkeypatch):
    values = np.random.default_rng(0).random((48, 64))
    whole = maps.enlarge(values, shape)
    monkeypatch.setattr(maps, "LARGE", 5000)
    np.testing.assert_array_equal(maps.enlarge(values, shape), whole)


USES = {
    "to_unit": maps.to_unit,
    "to_density": maps.to_density,
    "to_log_density": maps.to_log_density,
    "blur": lambda values: maps.blur(values, 2.0),
    "enlarge": lambda values: maps.enlarge(values, (9, 12)),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_masked_values_are_refused_and_byte_order_is_none_of_the_values(use):
    values = np.random.default_rng(0).random((6, 8))
    for kind in ("f8", "f4", "i2", "u4"):
        plain = (values if kind[0] == "f" else 1000 * values).astype(kind)
        expected = use(plain)
        for same in (plain.astype(f">{kind}"), plain.astype(f"<{kind}"), np.asfortranarray(plain), np.ma.array(plain)):
            np.testing.assert_allclose(use(same), expected, rtol=1e-13)
        with pytest.raises(ValueError, match="1 values of the map are masked"):
            use(np.ma.array(plain, mask=plain == plain.max()))
    for wrong in (values + 1j, values.astype(str), values.astype(object)):
        with pytest.raises(ValueError, match="expected real numbers"):
            use(wrong)


@pytest.mark.parametrize("scale", [1e308, 1e200, 1e39, 1e-39, 1e-50, 1e-300])
def test_a_map_of_any_scale_is_the_same_map(scale: float) -> None:
    """Also where float32 would make it infinite or zero, and a sum or difference is no number any more."""
    values = np.random.default_rng(0).random((6, 8))
    values /= values.max()
    np.testing.assert_allclose(maps.to_density(scale * values), maps.to_density(values), rtol=1e-12)
    np.testing.assert_allclose(maps.to_unit(scale * (2 * values - 1)), maps.to_unit(values), rtol=1e-9, atol=1e-12)
    for shape in ((6, 8), (12, 16), (3, 4)):
        np.testing.assert_allclose(maps.enlarge(scale * values, shape) / scale, maps.enlarge(values, shape), rtol=1e-5)


@pytest.mark.parametrize("sigma", [0.0, 1.0, 9.0])
@pytest.mark.parametrize("groups", [2, 3, 7, 16])
def test_the_density_without_each_group_is_that_of_the_others(sigma: float, groups: int) -> None:
    rng = np.random.default_rng(groups)
    shape, points = (60, 90), rng.uniform(0, 1, (40, 2)) * (90, 60)
    group = np.array([f"g{one:02d}" for one in np.concatenate([np.arange(groups), rng.integers(groups, size=40)])[:40]])
    found = [one.copy() for one in maps.densities_without(points, group, shape, sigma)]
    assert len(found) == groups
    for name, density in zip(np.unique(group), found, strict=True):
        expected = maps.density(points[group != name], shape, sigma)
        np.testing.assert_allclose(density, expected, rtol=1e-12, atol=1e-300)
        assert density.sum() == pytest.approx(1)


def test_a_single_group_leaves_nobody() -> None:
    with pytest.raises(ValueError, match="fixations of 1 groups; expected two or more"):
        next(maps.densities_without(np.array([[1.0, 2.0]]), np.array([0]), (4, 4), 1.0))
