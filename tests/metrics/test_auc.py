"""The AUCs: by hand, against slow obvious versions, and their degenerate answers."""

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from metric_cases import (
    OTHERS,
    SHAPE,
    fixation_maps,
    fixations_of,
    level_maps,
    score,
    without_ties,
)
from wepsam import metrics
from wepsam.maps import density

pytestmark = pytest.mark.usefixtures("passes")


def test_a_map_that_ranks_the_fixation_first_has_auc_1():
    saliency_map = np.array([[0.0, 1.0], [2.0, 9.0]])
    assert metrics.auc_judd(saliency_map, [[1, 1]]) == 1
    # One of the four pixels that can be drawn is the fixated one, a tie.
    assert metrics.auc_borji(saliency_map, [[1, 1]]) == 1 - 0.25 / 2
    assert metrics.auc_shuffled(saliency_map, [[1, 1]], [[0, 0], [1, 0]]) == 1


def test_auc_judd_by_hand():
    """Fixated 3 and 1, others 2 and 0: the ROC curve goes (0, 0), (0, 1/2), (1/2, 1), (1, 1)."""
    assert metrics.auc_judd(np.array([[3, 2], [1, 0]]), [[0, 0], [0, 1]]) == 0.875


def test_half_of_the_ties_come_before_a_lone_fixation_in_auc_judd():
    """The pixel that ties with the fixated one is found before it every second time: (0, 0), (1/6, 1), (1, 1)."""
    assert metrics.auc_judd(np.array([[1, 1], [0, 0]]), [[0, 0]]) == pytest.approx(11 / 12)


def test_all_ties_come_before_the_fixations_on_request():
    """The pixel that ties with the fixated one is found before it: (0, 0), (1/3, 1), (1, 1)."""
    tied = np.array([[1, 1], [0, 0]])
    assert metrics.auc_judd(tied, [[0, 0]], ties="negatives-first") == pytest.approx(5 / 6)
    # Two fixated pixels that tie: the second counts against the first, (1/2, 1/2), (0, 1), (1, 1).
    assert metrics.auc_judd(tied, [[0, 0], [1, 0]], ties="negatives-first") == pytest.approx(0.75)
    assert metrics.auc_judd(tied, [[0, 0], [1, 0]]) == 1


def test_ties_are_named():
    for protocol, ties in (("mit", "half"), ("tuebingen", "negatives-first")):
        with pytest.raises(ValueError, match=f"in the protocol '{protocol}', ties are expected.*, not '{ties}'"):
            metrics.auc_judd(np.eye(3), [[0, 0]], protocol=protocol, ties=ties)
    by_chance = metrics.auc_judd(np.eye(3), [[0, 0]], protocol="tuebingen", ties="expected")
    assert by_chance == metrics.auc_judd(np.eye(3), [[0, 0]], protocol="tuebingen")


def slow_auc_judd(saliency_map, counts):
    fixated = counts > 0
    curve = [(0.0, 0.0)]
    for found, threshold in enumerate(sorted(saliency_map[fixated], reverse=True), start=1):
        above = (saliency_map >= threshold).sum()
        curve.append(((above - found) / (~fixated).sum(), found / fixated.sum()))
    return slow_area([*curve, (1.0, 1.0)])


def jittered_auc_judd(saliency_map, counts, rng):
    """The MIT board's code line by line, with its noise against ties."""
    saliency_map = saliency_map + rng.random(saliency_map.shape) / 10000000
    saliency_map = (saliency_map - saliency_map.min()) / (saliency_map.max() - saliency_map.min())
    return slow_auc_judd(saliency_map, counts)


def tied_maps():
    """Maps of kinds that tie, with 12 fixated pixels in the brighter half, two of them fixated twice."""
    rng = np.random.default_rng(7)
    smooth = density(rng.random((9, 2)) * (24, 18), (18, 24), 3.0)
    counts = np.zeros(smooth.shape, dtype=int)
    counts.flat[rng.choice(np.argsort(smooth, axis=None)[smooth.size // 2 :], 12, replace=False)] = 1
    counts[tuple(np.argwhere(counts)[3:5].T)] = 2
    one_hot = np.zeros(smooth.shape)
    one_hot[tuple(np.argwhere(counts == 0)[100])] = 1
    return counts, {
        "nine of ten are zero": np.where(smooth > np.quantile(smooth, 0.9), smooth / smooth.max(), 0),
        "binary": (smooth > np.median(smooth)).astype(float),
        "five levels": np.floor(4.99 * smooth / smooth.max()),
        "8 bits": np.rint(255 * smooth / smooth.max()),
        "one hot": one_hot,
        "the fixated pixels tie": np.where(counts > 0, 0.5, smooth),
    }


@pytest.mark.parametrize("kind", tied_maps()[1])
def test_auc_judd_is_the_mean_of_the_boards_runs(kind):
    counts, maps = tied_maps()
    rng = np.random.default_rng(8)
    runs = [jittered_auc_judd(maps[kind], counts, rng) for _ in range(1500)]
    error = np.std(runs) / np.sqrt(len(runs))
    assert metrics.auc_judd(maps[kind], fixations_of(counts)) == pytest.approx(np.mean(runs), abs=3 * error + 1e-12)


def test_the_boards_mean_is_far_from_its_code_without_noise():
    counts, maps = tied_maps()
    fixations, zeros = fixations_of(counts), maps["nine of ten are zero"]
    assert metrics.auc_judd(zeros, fixations) > metrics.auc_judd(zeros, fixations, ties="negatives-first") + 0.2
    # Of 12 fixated pixels in a map that says nothing: the curve's corners lift it above 1/2 by nearly 1/26.
    assert metrics.auc_judd(maps["one hot"], fixations) == pytest.approx(0.5 + 1 / 26, abs=0.002)
    assert metrics.auc_judd(maps["one hot"], fixations, ties="negatives-first") < 0.05


@settings(max_examples=25)
@given(arrays(np.int64, (2, 3), elements=st.integers(0, 2)), arrays(np.bool_, (2, 3)))
def test_auc_judd_is_the_mean_over_all_orders_of_equal_values(saliency_map, fixated):
    assume(fixated.any() and not fixated.all() and np.ptp(saliency_map))
    orders = (saliency_map + np.reshape(order, (2, 3)) / 6 for order in permutations(range(6)))
    mean = np.mean([slow_auc_judd(ordered, fixated) for ordered in orders])
    assert score("auc_judd", saliency_map, fixated) == pytest.approx(mean)


@given(level_maps, fixation_maps)
def test_without_ties_their_order_does_not_matter(saliency_map, counts):
    assume(counts.any() and not counts.all())
    for ranks in (without_ties(saliency_map), np.sqrt(without_ties(saliency_map)).astype(np.float32)):
        scores = [metrics.auc_judd(ranks, fixations_of(counts), ties=ties) for ties in ("expected", "negatives-first")]
        assert scores[0] == scores[1]  # to the last bit


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
    judd = metrics.auc_judd(saliency_map, fixations_of(counts), ties="negatives-first")
    assert judd == pytest.approx(slow_auc_judd(saliency_map, counts))
    assert score("auc_borji", saliency_map, counts) == pytest.approx(slow_auc_grid(unit[fixated], unit, 0.1))
    assert score("auc_shuffled", saliency_map, counts) == pytest.approx(slow_auc_grid(unit[fixated], others, 0.1))


@given(level_maps, fixation_maps)
def test_auc_density_is_the_chance_to_outrank_a_random_pixel(saliency_map, counts):
    assume(counts.any())
    truth = density(fixations_of(counts), SHAPE, 1.0)
    looked, drawn = saliency_map.reshape(-1, 1), saliency_map.reshape(1, -1)
    wins = (looked > drawn).mean(axis=1) + (looked == drawn).mean(axis=1) / 2
    assert metrics.auc_density(saliency_map, truth) == pytest.approx(truth.ravel() @ wins)


@given(level_maps, fixation_maps)
def test_tuebingen_aucs_are_the_chance_that_a_fixation_outranks(saliency_map, counts):
    """Each fixation with each pixel, and with each other fixation, a fixation that happens twice twice."""
    assume(counts.any())
    others = np.concatenate([OTHERS, OTHERS[:1]])
    looked = [saliency_map[int(y), int(x)] for x, y in fixations_of(counts)]
    for drawn, auc in (
        (saliency_map.ravel(), metrics.auc_judd(saliency_map, fixations_of(counts), protocol="tuebingen")),
        (
            saliency_map[others[:, 1], others[:, 0]],
            metrics.auc_shuffled(saliency_map, fixations_of(counts), others, protocol="tuebingen"),
        ),
    ):
        wins = [(a > b) + (a == b) / 2 for a in looked for b in drawn]
        assert auc == pytest.approx(np.mean(wins))


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


@given(level_maps, fixation_maps)
def test_rank_aucs_see_only_ranks(saliency_map, counts):
    assume(counts.any())
    for name in ("auc_judd", "auc_density"):
        assert score(name, np.exp(saliency_map / 3), counts) == pytest.approx(
            score(name, saliency_map, counts), nan_ok=True
        )


def test_no_negatives_leave_an_auc_undefined():
    assert np.isnan(metrics.auc_judd(np.array([[1, 2]]), [[0, 0], [1, 0]]))
    assert np.isnan(metrics.auc_shuffled(np.array([[1, 2]]), [[0, 0]], []))


def test_one_fixated_pixel_is_enough_for_auc_borji():
    """The board answers NaN here; the definition does not need a second one."""
    assert metrics.auc_borji(np.array([[0, 1], [2, 3]]), [[1, 1]]) == 1 - 0.25 / 2
