import inspect
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linprog

from helpers import fixations_from_map
from wepsam import metrics
from wepsam.maps import density
from wepsam.metrics._map import Map
from wepsam.metrics.transport import _shrinking

pytestmark = pytest.mark.usefixtures("passes")

SHAPE = (5, 7)
level_maps = arrays(np.int64, SHAPE, elements=st.integers(0, 20))  # few levels, so many ties
fixation_maps = arrays(np.int64, SHAPE, elements=st.sampled_from([0, 0, 0, 1, 2]))
AUCS = ("auc_judd", "auc_borji", "auc_shuffled", "auc_density")
OTHERS = np.array([[0, 0], [6, 4], [3, 2]])


each_metric = pytest.mark.parametrize(
    ("protocol", "name"), [(protocol, name) for protocol, table in metrics.PROTOCOLS.items() for name in table]
)
each_protocol = pytest.mark.parametrize("protocol", metrics.PROTOCOLS)


def truth_of(counts):
    """Everything a metric may need, derived from one fixation map."""
    fixations = fixations_from_map(counts)
    return {
        "fixations": fixations,
        "density": density(fixations, SHAPE, 1.0) if len(fixations) else np.zeros(SHAPE),
        "other_fixations": OTHERS,
        "baseline": density([[3, 2]], SHAPE, 2.0),
    }


def score(name, saliency_map, counts, protocol="mit"):
    metric, truth = metrics.PROTOCOLS[protocol][name], truth_of(counts)
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


def test_tuebingen_by_hand():
    """The same 2x2 map under both protocols; the fixation at (0, 0) happens twice."""
    saliency_map, fixations = np.array([[3, 2], [1, 0]]), [[0, 0], [0, 0], [0, 1]]
    # The 3 beats three of four pixels and ties with itself, the 1 beats one: (3.5 + 3.5 + 1.5) / 3 / 4.
    assert metrics.auc_judd(saliency_map, fixations, protocol="tuebingen") == pytest.approx(8.5 / 12)
    # Against a 1 and a 2: the 3 beats both, the 1 ties with the 1.
    others = [[1, 0], [0, 1]]
    assert metrics.auc_shuffled(saliency_map, fixations, others, protocol="tuebingen") == pytest.approx(4.5 / 6)
    # Mean 1.5, variance 5 / 4.
    assert metrics.nss(saliency_map, fixations, protocol="tuebingen") == pytest.approx(2.5 / 3 / np.sqrt(5 / 4))
    assert metrics.nss(saliency_map, fixations) == pytest.approx(1 / 2 / np.sqrt(5 / 3))
    # 1/2, 1/2 and 1/6 of the mass where a uniform baseline has 1/4.
    gain = metrics.info_gain(saliency_map, fixations, np.ones((2, 2)), protocol="tuebingen")
    assert gain == pytest.approx((1 + 1 + np.log2(4 / 6)) / 3)


def test_only_mit_stretches_before_it_compares_distributions():
    prediction, truth = np.array([[1.0, 3.0]]), np.array([[1.0, 1.0]])
    assert metrics.sim(prediction, truth, protocol="tuebingen") == pytest.approx(0.75)
    assert metrics.sim(prediction, truth) == pytest.approx(0.5)


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


@given(level_maps, fixation_maps)
def test_tuebingen_aucs_are_the_chance_that_a_fixation_outranks(saliency_map, counts):
    """Each fixation with each pixel, and with each other fixation, a fixation that happens twice twice."""
    assume(counts.any())
    others = np.concatenate([OTHERS, OTHERS[:1]])
    looked = [saliency_map[int(y), int(x)] for x, y in fixations_from_map(counts)]
    for drawn, auc in (
        (saliency_map.ravel(), metrics.auc_judd(saliency_map, fixations_from_map(counts), protocol="tuebingen")),
        (
            saliency_map[others[:, 1], others[:, 0]],
            metrics.auc_shuffled(saliency_map, fixations_from_map(counts), others, protocol="tuebingen"),
        ),
    ):
        wins = [(a > b) + (a == b) / 2 for a in looked for b in drawn]
        assert auc == pytest.approx(np.mean(wins))


@example(np.array([[0.0, 1.25334083e-218]]), [1.3752805937720313e86], 1.0, False)
@example(np.array([[0.0, -0.0]]), [1.0], 1.0, True)
@example(np.array([[-4.0, 1.0]]), [0.0], 1.0, True)
@given(
    arrays(np.float64, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.floats(-1e300, 1e300)),
    st.lists(st.floats(-1e300, 1e300), min_size=1),
    st.sampled_from([1.0, 1e-9, 1e-300, 1e-320]),
    st.booleans(),
)
def test_pixels_are_counted_exactly(values, thresholds, scale, stretched):
    """The bins never show: maps of any range, and thresholds at, beside and beyond the values."""
    values = values * scale
    there = values.ravel()[: len(thresholds)]
    thresholds = np.concatenate([np.multiply(thresholds, scale), there, np.nextafter(there, np.inf)])
    counted = Map(values)
    if stretched:
        thresholds = np.concatenate([np.arange(11) * 0.1, counted.stretched(there)])
    seen = counted.stretched(values) if stretched else values
    assert counted.at_least(thresholds, stretched=stretched).tolist() == [(seen >= t).sum() for t in thresholds]


def test_a_large_peaky_map_is_counted_exactly():
    """Nearly all of its pixels lie in one bin."""
    values = np.random.default_rng(6).random((300, 400)) ** 20
    thresholds = np.concatenate([values[::60, ::50].ravel(), [0.0, 0.1, 0.5, 2.0, -1.0]])
    assert Map(values).at_least(thresholds).tolist() == [(values >= t).sum() for t in thresholds]


small_maps = arrays(np.float64, (3, 4), elements=st.integers(0, 9))


@given(small_maps, small_maps)
@settings(max_examples=25, deadline=None)
def test_emd_is_the_solution_of_its_linear_program(prediction, truth):
    assume(prediction.any() and truth.any())
    size = prediction.size
    y, x = np.divmod(np.arange(size), 4)
    costs = [np.hypot(y[i] - y[j], x[i] - x[j]) for i in range(size) for j in range(size)]
    leaves = np.kron(np.eye(size), np.ones(size))  # of the flow i -> j, what leaves i and what arrives at j
    arrives = np.kron(np.ones(size), np.eye(size))
    p, q = prediction.ravel() / prediction.sum(), truth.ravel() / truth.sum()
    solution = linprog(costs, A_eq=np.vstack([leaves, arrives[:-1]]), b_eq=np.concatenate([p, q[:-1]]))
    assert metrics.emd(prediction, truth, reduced_by=1) == pytest.approx(solution.fun, abs=1e-6)


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


@given(level_maps, fixation_maps)
def test_fixations_that_repeat_as_often_as_all_others_change_nothing_in_tuebingen(saliency_map, counts):
    """Every fixation counts: doubling all of them is no news, doubling one of two is."""
    assume(counts.any())
    for name in ("auc_judd", "auc_shuffled", "nss"):
        assert score(name, saliency_map, 2 * counts, "tuebingen") == pytest.approx(
            score(name, saliency_map, counts, "tuebingen")
        )
    one, other = [[0, 0]], [[6, 4]]
    ramp = np.arange(35.0).reshape(SHAPE)
    twice = metrics.nss(ramp, one + other + other, protocol="tuebingen")
    assert twice > metrics.nss(ramp, one + other, protocol="tuebingen") + 0.1


@given(level_maps, fixation_maps)
def test_how_the_protocols_differ_where_nothing_ties_or_repeats(saliency_map, counts):
    """In the fixated pixels among the negatives, in n - 1, and in a corner that `mit` cuts.

    From one fixated value to the next its ROC curve runs diagonally where the true one goes right, then up: with k
    fixated pixels it gains 1 / 2k of what lies left of the last of them. A lone fixation never scores below 0.5.
    """
    fixated = counts > 0
    assume(fixated.any() and not fixated.all())
    ranks, n, hits = without_ties(saliency_map), fixated.size, fixated.sum()
    above_the_last = (ranks[~fixated] > ranks[fixated].min()).mean()
    mit, tuebingen = (score("auc_judd", ranks, fixated, protocol) for protocol in metrics.PROTOCOLS)
    outranks = mit - above_the_last / (2 * hits)
    assert outranks * (n - hits) / n + 0.5 * hits / n == pytest.approx(tuebingen)
    mit, tuebingen = (score("nss", ranks, fixated, protocol) for protocol in metrics.PROTOCOLS)
    assert mit * np.sqrt(n / (n - 1)) == pytest.approx(tuebingen)


@given(level_maps, fixation_maps)
def test_all_at_once_is_each_alone(saliency_map, counts):
    """To the last bit: with fixations all but their stand-ins, without them the metrics of maps."""
    truth = truth_of(counts)
    for protocol, table in metrics.PROTOCOLS.items():
        wanted = saliency_map + 1  # `tuebingen` has logarithms
        at_once = metrics.score(wanted, **truth, protocol=protocol)
        assert list(at_once) == [name for name in table if not name.endswith("_density")]
        of_maps = metrics.score(wanted, density=truth["density"], protocol=protocol)
        assert list(of_maps) == [name for name in table if table[name].needs == ("density",)]
        for name, value in (at_once | of_maps).items():
            np.testing.assert_equal(value, score(name, wanted, counts, protocol))


def test_asked_for_by_name():
    saliency_map, truth = np.arange(35.0).reshape(SHAPE), truth_of(np.eye(*SHAPE, dtype=int))
    asked = metrics.score(saliency_map, density=truth["density"], metrics=["emd", "nss", "cc"])
    assert list(asked) == ["emd", "nss", "cc"]
    assert asked["emd"] == metrics.emd(saliency_map, truth["density"])
    assert np.isnan(asked["nss"])  # needs fixations
    with pytest.raises(ValueError, match="no metric 'auc_borji' in the protocol 'tuebingen'; there are auc_judd, "):
        metrics.score(saliency_map, **truth, protocol="tuebingen", metrics=["auc_borji"])


@given(small_maps, small_maps)
@settings(max_examples=25, deadline=None)
def test_emd_is_a_distance(one, other):
    assume(one.any() and other.any())
    there, back = metrics.emd(one, other, reduced_by=1), metrics.emd(other, one, reduced_by=1)
    assert there == pytest.approx(back, abs=1e-6)
    assert there >= 0
    assert metrics.emd(one, one, reduced_by=1) == pytest.approx(0, abs=1e-6)
    nowhere_far = np.hypot(2, 3)  # across the 3x4 map
    assert there <= nowhere_far + 1e-6


@pytest.mark.parametrize(("side", "by"), [(768, 32), (600, 32), (37, 32), (5, 32), (7, 1), (50, 2.5)])
def test_maps_are_reduced_as_by_imresize(side, by):
    """Pixel by pixel after MATLAB's documentation: 1-based, the kernel widened by `by`, mirrored at the border."""

    def cubic(x):
        if abs(x) <= 1:
            return 1.5 * abs(x) ** 3 - 2.5 * abs(x) ** 2 + 1
        return -0.5 * abs(x) ** 3 + 2.5 * abs(x) ** 2 - 4 * abs(x) + 2 if abs(x) <= 2 else 0

    there_and_back = [*range(side), *reversed(range(side))]
    weights = np.zeros((int(np.ceil(side / by)), side))
    for i, row in enumerate(weights):
        center = (i + 1) * by + 0.5 * (1 - by)
        for place in range(int(center - 2 * by) - 2, int(center + 2 * by) + 3):
            row[there_and_back[(place - 1) % (2 * side)]] += cubic((center - place) / by)
    weights /= weights.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(_shrinking(side, by), weights, atol=1e-14)


def test_emd_counts_in_reduced_pixels():
    """A blob that is moved by 64 pixels, away from the border, costs 2; one that is moved by 3-4-5 costs 5."""
    shape = (384, 384)
    at = density([[96.5, 96.5]], shape, 8.0)
    assert metrics.emd(density([[160.5, 96.5]], shape, 8.0), at) == pytest.approx(2, abs=1e-3)
    assert metrics.emd(density([[192.5, 224.5]], shape, 8.0), at) == pytest.approx(5, abs=1e-3)


def test_expected_nss_is_the_nss_over_many_draws():
    rng = np.random.default_rng(5)
    saliency_map, truth = rng.random(SHAPE), density([[1, 1], [5, 3]], SHAPE, 1.0)
    drawn = rng.choice(truth.size, 2000, p=truth.ravel())
    draws = [metrics.nss(saliency_map, [[pixel % SHAPE[1], pixel // SHAPE[1]]]) for pixel in drawn]
    assert metrics.nss_density(saliency_map, truth) == pytest.approx(np.mean(draws), abs=0.1)


# ------------------------------------------------------------------------------------- degenerate and refused


@each_metric
def test_no_fixations_is_nan(protocol, name):
    saliency_map = np.arange(35.0).reshape(SHAPE)
    assert np.isnan(score(name, saliency_map, np.zeros(SHAPE), protocol))
    assert np.isnan(score(name, np.ones(SHAPE), np.zeros(SHAPE), protocol))


@each_protocol
@pytest.mark.parametrize("constant", [0.0, 0.1, 255.0])
def test_a_constant_prediction_is_chance(protocol, constant):
    counts = np.zeros(SHAPE, dtype=int)
    counts[1, 2] = counts[4, 4] = 1
    flat = np.full(SHAPE, constant)
    scores = {name: score(name, flat, counts, protocol) for name in metrics.PROTOCOLS[protocol]}
    for name in scores.keys() & AUCS:
        assert scores[name] == pytest.approx(0.5)
    for name in ("nss", "nss_density", "cc"):
        assert scores[name] == 0
    for name in ("sim", "kl_div", "info_gain"):  # where distributions are compared, it is the uniform one
        assert scores[name] == pytest.approx(score(name, np.ones(SHAPE), counts, protocol))
    assert metrics.emd(flat, np.ones(SHAPE)) == pytest.approx(0)


def test_an_empty_density_has_no_distance():
    assert np.isnan(metrics.emd(np.ones(SHAPE), np.zeros(SHAPE)))


def test_impossible_pixels_in_tuebingen():
    """A prediction may be infinitely wrong, a baseline may not; `mit` keeps both finite."""
    one, none = np.array([[1.0, 1.0]]), np.array([[1.0, 0.0]])
    assert metrics.info_gain(none, [[1, 0]], one, protocol="tuebingen") == -np.inf
    assert -52 < metrics.info_gain(none, [[1, 0]], one) < -50
    with pytest.raises(ValueError, match="the baseline is 0 at 1 of 1 fixations"):
        metrics.info_gain(one, [[1, 0]], none, protocol="tuebingen")


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


@each_metric
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_map_that_is_not_finite_is_refused(protocol, name, bad):
    saliency_map = np.arange(35.0).reshape(SHAPE)
    saliency_map[2, 3] = bad
    with pytest.raises(ValueError, match="the saliency map has 1 NaN or infinite of 35 values"):
        score(name, saliency_map, np.eye(*SHAPE, dtype=int), protocol)


@each_metric
def test_scoring_never_resizes(protocol, name):
    with pytest.raises(ValueError, match=r"the saliency map is 3x2, the .* 7x5|outside the 3x2 map"):
        score(name, np.arange(6.0).reshape(2, 3), np.eye(*SHAPE, dtype=int), protocol)


def test_other_refusals():
    with pytest.raises(ValueError, match=r"shape \(2, 2, 3\), expected \(H, W\)"):
        metrics.nss(np.zeros((2, 2, 3)), [[0, 0]])
    with pytest.raises(ValueError, match="finite values >= 0"):
        metrics.kl_div(np.array([[-1, 2]]), np.array([[1, 2]]))
    with pytest.raises(ValueError, match=r"expected a number in \(0, 1\]"):
        metrics.auc_borji(np.array([[1, 2]]), [[0, 0]], step=0)

    with pytest.raises(ValueError, match="finite values >= 0, in the density the smallest is -1"):
        metrics.sim(np.array([[1, 2]]), np.array([[-1, 2]]), protocol="tuebingen")
    with pytest.raises(ValueError, match="the protocol 'tuebingen' draws nothing"):
        metrics.auc_shuffled(np.ones(SHAPE), OTHERS, OTHERS, protocol="tuebingen", rng=np.random.default_rng())
    with pytest.raises(ValueError, match="reduced_by is 0, expected a number >= 1"):
        metrics.emd(np.ones(SHAPE), np.ones(SHAPE), reduced_by=0)


def test_an_unknown_protocol_is_refused_by_all_that_take_one():
    truth = truth_of(np.eye(*SHAPE, dtype=int))
    with pytest.raises(ValueError, match="the protocol is 'mit' or 'tuebingen', not 'MIT'"):
        metrics.score(np.ones(SHAPE), **truth, protocol="MIT")
    for name, metric in metrics.METRICS.items():
        if "protocol" in inspect.signature(metric.function).parameters:
            with pytest.raises(ValueError, match="the protocol is 'mit' or 'tuebingen', not 'MIT'"):
                metric.function(np.ones(SHAPE), *(truth[need] for need in metric.needs), protocol="MIT")
        else:  # one definition, or one protocol only
            assert name in ("auc_borji", "auc_density", "cc", "kl_div")


def test_without_pot_emd_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ot", None)
    with pytest.raises(ImportError, match=r"^emd needs POT: pip install 'wepsam\[classical\]'$"):
        metrics.emd(np.ones(SHAPE), np.ones(SHAPE))


def test_the_tables_name_each_metrics_arguments():
    assert metrics.METRICS is metrics.PROTOCOLS["mit"]
    assert metrics.PROTOCOLS["mit"].keys() - metrics.PROTOCOLS["tuebingen"].keys() == {"auc_borji"}
    tables = [*metrics.PROTOCOLS.values(), metrics.ON_REQUEST]
    for name, metric in [item for table in tables for item in table.items()]:
        function = getattr(metric.function, "func", metric.function)
        parameters = inspect.signature(function).parameters.values()
        positional = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        assert function is getattr(metrics, name)
        assert metric.higher_is_better == (name not in ("kl_div", "emd"))
        assert positional == ["saliency_map", *metric.needs]
