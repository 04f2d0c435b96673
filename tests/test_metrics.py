import inspect
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wepsam import metrics
from wepsam.maps import density, fixations_from_map

SHAPE = (5, 7)
level_maps = arrays(np.int64, SHAPE, elements=st.integers(0, 20))  # few levels, so many ties
fixation_maps = arrays(np.int64, SHAPE, elements=st.sampled_from([0, 0, 0, 1, 2]))
AUCS = ("auc_judd", "auc_borji", "auc_shuffled", "auc_density")
OTHERS = np.array([[0, 0], [6, 4], [3, 2]])


def score(name, saliency_map, counts):
    """The metric `name` with everything it needs derived from one fixation map."""
    fixations = fixations_from_map(counts)
    truth = {
        "fixations": fixations,
        "density": density(fixations, SHAPE, 1.0) if len(fixations) else np.zeros(SHAPE),
        "other_fixations": OTHERS,
        "baseline": density([[3, 2]], SHAPE, 2.0),
    }
    metric = metrics.METRICS[name]
    return metric.function(saliency_map, *(truth[need] for need in metric.needs))


# ---------------------------------------------------------------------------------------------------- by hand


def test_a_map_that_ranks_the_fixation_first_has_auc_1():
    saliency_map = np.array([[0.0, 1.0], [2.0, 9.0]])
    assert metrics.auc_judd(saliency_map, [[1, 1]]) == 1
    # One of the four pixels that can be drawn is the fixated one, a tie.
    assert metrics.auc_borji(saliency_map, [[1, 1]]) == 1 - 0.25 / 2
    assert metrics.auc_shuffled(saliency_map, [[1, 1]], [[0, 0], [1, 0]]) == 1


def test_auc_judd_by_hand():
    """Fixated 3 and 1, others 2 and 0: the ROC curve goes (0, 0), (0, 1/2), (1/2, 1), (1, 1)."""
    assert metrics.auc_judd(np.array([[3, 2], [1, 0]]), [[0, 0], [0, 1]]) == 0.875


def test_ties_count_against_the_map_in_auc_judd():
    """The pixel that ties with the fixated one is found before it: (0, 0), (1/3, 1), (1, 1)."""
    assert metrics.auc_judd(np.array([[1, 1], [0, 0]]), [[0, 0]]) == pytest.approx(5 / 6)


def test_nss_by_hand():
    """Mean 1, standard deviation (n - 1) sqrt(4 / 3): the z-score of 2 is sqrt(3) / 2."""
    saliency_map = np.array([[0.0, 2.0], [0.0, 2.0]])
    assert metrics.nss(saliency_map, [[1, 0]]) == pytest.approx(np.sqrt(3) / 2)
    assert metrics.nss(saliency_map, [[1, 0], [0, 0]]) == pytest.approx(0)


def test_info_gain_by_hand():
    """The prediction gives the fixated pixel all, the baseline 1/4: two bits."""
    prediction, baseline = np.array([[0, 0, 0, 0, 7]]), np.array([[0, 1, 1, 1, 1]])
    assert metrics.info_gain(prediction, [[4, 0]], baseline) == pytest.approx(2)


def test_maps_by_hand():
    prediction, truth = np.array([[0.0, 1.0], [1.0, 2.0]]), np.array([[0.0, 0.0], [0.5, 0.5]])
    assert metrics.cc(prediction, truth) == pytest.approx(1 / np.sqrt(2))
    assert metrics.sim(prediction, truth) == 0.75
    assert metrics.kl_div(prediction, truth) == pytest.approx(0.5 * np.log(2) + 0)
    assert metrics.auc_density(prediction, truth) == 0.5 * 4 / 8 + 0.5 * 7 / 8  # one tie in two, then the best pixel
    assert metrics.nss_density(prediction, truth) == pytest.approx(0.5 / np.sqrt(2 / 3))


# -------------------------------------------------------------------------------------- slow obvious versions


def slow_auc_judd(saliency_map, counts):
    fixated = counts > 0
    curve = [(0.0, 0.0)]
    for found, threshold in enumerate(sorted(saliency_map[fixated], reverse=True), start=1):
        above = (saliency_map >= threshold).sum()
        curve.append(((above - found) / (~fixated).sum(), found / fixated.sum()))
    return slow_area([*curve, (1.0, 1.0)])


def slow_auc_grid(positives, negatives, step):
    curve = [(0.0, 0.0)]
    for i in range(round(1 / step), -1, -1):
        curve.append(((negatives >= i * step).mean(), (positives >= i * step).mean()))
    return slow_area(curve)


def slow_area(curve):
    return sum((x1 - x0) * (y1 + y0) / 2 for (x0, y0), (x1, y1) in pairwise(curve))


@given(level_maps, fixation_maps)
def test_aucs_equal_their_slow_versions(saliency_map, counts):
    fixated = counts > 0
    assume(fixated.any() and not fixated.all() and np.ptp(saliency_map))
    unit = (saliency_map - saliency_map.min()) / np.ptp(saliency_map)
    others = unit[OTHERS[:, 1], OTHERS[:, 0]]
    assert score("auc_judd", saliency_map, counts) == pytest.approx(slow_auc_judd(saliency_map, counts))
    assert score("auc_borji", saliency_map, counts) == pytest.approx(slow_auc_grid(unit[fixated], unit, 0.1))
    assert score("auc_shuffled", saliency_map, counts) == pytest.approx(slow_auc_grid(unit[fixated], others, 0.1))


@given(level_maps, fixation_maps)
def test_auc_density_is_the_chance_to_outrank_a_random_pixel(saliency_map, counts):
    assume(counts.any())
    truth = density(fixations_from_map(counts), SHAPE, 1.0)
    looked, drawn = saliency_map.reshape(-1, 1), saliency_map.reshape(1, -1)
    wins = (looked > drawn).mean(axis=1) + (looked == drawn).mean(axis=1) / 2
    assert metrics.auc_density(saliency_map, truth) == pytest.approx(truth.ravel() @ wins)


@given(level_maps, arrays(np.float64, SHAPE, elements=st.integers(0, 5)))
def test_cc_is_numpys_correlation(saliency_map, truth):
    assume(np.ptp(saliency_map) and np.ptp(truth))
    expected = np.corrcoef(saliency_map.ravel(), truth.ravel())[0, 1]
    assert metrics.cc(saliency_map, truth) == pytest.approx(expected, abs=1e-12)


def test_sampling_pools_its_splits_to_the_boards_mean_over_splits():
    """The board averages one AUC per split; one AUC of all draws is the same number."""
    rng = np.random.default_rng(3)
    unit = np.round(rng.random(SHAPE), 2)
    unit.flat[:2] = 0, 1
    fixations = rng.integers(0, SHAPE, (6, 2))[:, ::-1]
    sampled = metrics.auc_borji(unit, fixations, rng=np.random.default_rng(4), splits=50)
    positives = unit[tuple(np.unique(fixations[:, ::-1], axis=0).T)]
    draws = np.random.default_rng(4).choice(unit.ravel(), 50 * len(positives)).reshape(50, -1)
    assert sampled == pytest.approx(np.mean([slow_auc_grid(positives, draw, 0.1) for draw in draws]))


# ------------------------------------------------------------------------------------------------------- laws


@given(level_maps, fixation_maps)
def test_rank_aucs_see_only_ranks(saliency_map, counts):
    assume(counts.any())
    for name in ("auc_judd", "auc_density"):
        assert score(name, np.exp(saliency_map / 3), counts) == pytest.approx(
            score(name, saliency_map, counts), nan_ok=True
        )


@given(level_maps, fixation_maps, st.integers(1, 9), st.integers(0, 9))
def test_scale_and_offset_change_only_kl(saliency_map, counts, scale, offset):
    assume(counts.any())
    for name in metrics.METRICS.keys() - {"kl_div"}:
        # Powers of two keep the stretched map exact, and with it the ties on the threshold grid.
        moved = score(name, 2.0**scale * (saliency_map + offset), counts)
        assert moved == pytest.approx(score(name, saliency_map, counts), abs=1e-9, nan_ok=True)


def without_ties(saliency_map):
    return saliency_map.ravel().argsort(kind="stable").argsort().reshape(SHAPE)


@given(level_maps, fixation_maps)
def test_scores_stay_in_their_range(saliency_map, counts):
    assume(counts.any() and not counts.all())
    for name in AUCS:
        ranks = saliency_map if name != "auc_judd" else without_ties(saliency_map)
        assert 0 <= score(name, ranks, counts) <= 1
    assert 0 <= score("sim", saliency_map, counts) <= 1 + 1e-12
    assert -1 - 1e-12 <= score("cc", saliency_map, counts) <= 1 + 1e-12
    assert score("kl_div", saliency_map, counts) >= -1e-12


@given(fixation_maps)
def test_the_density_itself_is_the_perfect_prediction(counts):
    assume(0 < np.count_nonzero(counts) < 10)
    truth = density(fixations_from_map(counts), SHAPE, 1.0)
    assert metrics.cc(truth, truth) == pytest.approx(1)
    assert metrics.sim(truth, truth) == pytest.approx(1)
    assert metrics.kl_div(truth, truth) == pytest.approx(0, abs=1e-12)


@given(level_maps, fixation_maps)
def test_repeated_fixations_count_once(saliency_map, counts):
    assume(counts.any())
    others = density([[3, 2]], SHAPE, 2.0)
    for name in ("auc_judd", "auc_borji", "auc_shuffled", "nss", "info_gain"):
        metric = metrics.METRICS[name]
        extra = {"other_fixations": [OTHERS], "baseline": [others]}.get(metric.needs[-1], [])
        repeated, once = fixations_from_map(counts), fixations_from_map(counts > 0)
        assert metric.function(saliency_map, repeated, *extra) == pytest.approx(
            metric.function(saliency_map, once, *extra), nan_ok=True
        )


def test_expected_nss_is_the_nss_over_many_draws():
    rng = np.random.default_rng(5)
    saliency_map, truth = rng.random(SHAPE), density([[1, 1], [5, 3]], SHAPE, 1.0)
    drawn = rng.choice(truth.size, 2000, p=truth.ravel())
    draws = [metrics.nss(saliency_map, [[pixel % SHAPE[1], pixel // SHAPE[1]]]) for pixel in drawn]
    assert metrics.nss_density(saliency_map, truth) == pytest.approx(np.mean(draws), abs=0.1)


# ------------------------------------------------------------------------------------- degenerate and refused


@pytest.mark.parametrize("name", metrics.METRICS)
def test_no_fixations_is_nan(name):
    saliency_map = np.arange(35.0).reshape(SHAPE)
    assert np.isnan(score(name, saliency_map, np.zeros(SHAPE)))
    assert np.isnan(score(name, np.ones(SHAPE), np.zeros(SHAPE)))


@pytest.mark.parametrize("constant", [0.0, 0.1, 255.0])
def test_a_constant_prediction_is_chance(constant):
    counts = np.zeros(SHAPE, dtype=int)
    counts[1, 2] = counts[4, 4] = 1
    flat = np.full(SHAPE, constant)
    for name in AUCS:
        assert score(name, flat, counts) == pytest.approx(0.5)
    for name in ("nss", "nss_density", "cc"):
        assert score(name, flat, counts) == 0
    for name in ("sim", "kl_div", "info_gain"):  # where distributions are compared, it is the uniform one
        assert score(name, flat, counts) == pytest.approx(score(name, np.ones(SHAPE), counts))


def test_a_constant_density_leaves_cc_undefined():
    saliency_map = np.arange(35.0).reshape(SHAPE)
    assert np.isnan(metrics.cc(saliency_map, np.full(SHAPE, 1 / 35)))
    assert np.isnan(metrics.cc(np.ones(SHAPE), np.full(SHAPE, 1 / 35)))
    assert metrics.kl_div(np.ones(SHAPE), np.full(SHAPE, 1 / 35)) == pytest.approx(0, abs=1e-12)


def test_no_negatives_leave_an_auc_undefined():
    assert np.isnan(metrics.auc_judd(np.array([[1, 2]]), [[0, 0], [1, 0]]))
    assert np.isnan(metrics.auc_shuffled(np.array([[1, 2]]), [[0, 0]], []))


def test_one_fixated_pixel_is_enough_for_auc_borji():
    """The board answers NaN here; the definition does not need a second one."""
    assert metrics.auc_borji(np.array([[0, 1], [2, 3]]), [[1, 1]]) == 1 - 0.25 / 2


@pytest.mark.parametrize("name", metrics.METRICS)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_map_that_is_not_finite_is_refused(name, bad):
    saliency_map = np.arange(35.0).reshape(SHAPE)
    saliency_map[2, 3] = bad
    with pytest.raises(ValueError, match="the saliency map has 1 NaN or infinite of 35 values"):
        score(name, saliency_map, np.eye(*SHAPE, dtype=int))


@pytest.mark.parametrize("name", metrics.METRICS)
def test_scoring_never_resizes(name):
    with pytest.raises(ValueError, match=r"the saliency map is 3x2, the .* 7x5|outside the 3x2 map"):
        score(name, np.arange(6.0).reshape(2, 3), np.eye(*SHAPE, dtype=int))


def test_other_refusals():
    with pytest.raises(ValueError, match=r"shape \(2, 2, 3\), expected \(H, W\)"):
        metrics.nss(np.zeros((2, 2, 3)), [[0, 0]])
    with pytest.raises(ValueError, match="finite values >= 0"):
        metrics.kl_div(np.array([[-1, 2]]), np.array([[1, 2]]))
    with pytest.raises(ValueError, match=r"expected a number in \(0, 1\]"):
        metrics.auc_borji(np.array([[1, 2]]), [[0, 0]], step=0)


def test_the_table_names_each_metrics_arguments():
    for name, metric in metrics.METRICS.items():
        parameters = inspect.signature(metric.function).parameters.values()
        positional = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        assert metric.function.__name__ == name
        assert positional == ["saliency_map", *metric.needs]
