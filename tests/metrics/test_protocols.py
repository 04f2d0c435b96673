"""All metrics: what the protocols share and where they differ, laws, degenerate answers, refusals."""

import inspect

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from metric_cases import (
    AUCS,
    OTHERS,
    SHAPE,
    each_metric,
    each_protocol,
    fixation_maps,
    fixations_of,
    level_maps,
    score,
    truth_of,
    without_ties,
)
from wepsam import metrics
from wepsam.maps import density

pytestmark = pytest.mark.usefixtures("passes")


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


@given(level_maps, fixation_maps, st.integers(1, 9), st.integers(0, 9))
def test_scale_and_offset_change_only_kl(saliency_map, counts, scale, offset):
    assume(counts.any())
    for name in metrics.METRICS.keys() - {"kl_div"}:
        # Powers of two keep the stretched map exact, and with it the ties on the threshold grid.
        moved = score(name, 2.0**scale * (saliency_map + offset), counts)
        assert moved == pytest.approx(score(name, saliency_map, counts), abs=1e-9, nan_ok=True)


@given(level_maps, fixation_maps)
def test_scores_stay_in_their_range(saliency_map, counts):
    assume(counts.any() and not counts.all())
    for name in AUCS:
        assert 0 <= score(name, saliency_map, counts) <= 1
    assert 0 <= score("sim", saliency_map, counts) <= 1 + 1e-12
    assert -1 - 1e-12 <= score("cc", saliency_map, counts) <= 1 + 1e-12
    assert score("kl_div", saliency_map, counts) >= -1e-12


@given(level_maps, fixation_maps)
def test_repeated_fixations_count_once(saliency_map, counts):
    assume(counts.any())
    others = density([[3, 2]], SHAPE, 2.0)
    for name in ("auc_judd", "auc_borji", "auc_shuffled", "nss", "info_gain"):
        metric = metrics.METRICS[name]
        extra = {"other_fixations": [OTHERS], "baseline": [others]}.get(metric.needs[-1], [])
        repeated, once = fixations_of(counts), fixations_of(counts > 0)
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
