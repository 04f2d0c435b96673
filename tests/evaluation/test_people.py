"""References by hand, on pictures of 4x2 pixels; the gold standard against a slow one that makes maps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from helpers import Write
from wepsam import maps
from wepsam.classical import CenterBias
from wepsam.datasets import FixationDataset, Sample
from wepsam.evaluation import evaluate
from wepsam.evaluation.people import GoldStandard, LeaveOneOut, best_shares, fit_gold_standard, golden_section

LEFT, RIGHT = (0.0, 0.0), (3.0, 1.0)


def toy(tmp_path: Path, write: Write, looks: list[tuple[int, tuple[float, float]]]) -> FixationDataset:
    """Two such pictures, on both of which these observers looked at these points; densities without blur."""
    observer, fixations = (np.array(values) for values in zip(*looks, strict=True))
    path = write(tmp_path / "a.png", np.zeros((2, 4), np.uint8))
    samples = tuple(Sample(id, path, (2, 4), fixations, observer, 0.0) for id in "ab")
    return FixationDataset("toy", samples, 0.0)


def test_one_observer_by_hand(tmp_path: Path, write: Write) -> None:
    """Two look left, one right. Each of the two shares half of the others' density, the third one none."""
    data = toy(tmp_path, write, [(4, LEFT), (7, LEFT), (9, RIGHT)])
    assert evaluate("one-observer", data).scores("sim") == pytest.approx((0.5 + 0.5 + 0) / 3)


def test_half_of_observers_by_hand(tmp_path: Path, write: Write) -> None:
    agree = toy(tmp_path, write, [(1, LEFT), (1, LEFT), (2, LEFT)])
    assert evaluate("half-of-observers", agree).mean()["sim"] == 1
    disagree = toy(tmp_path, write, [(1, LEFT), (2, RIGHT)])
    assert evaluate("half-of-observers", disagree).mean()["sim"] == 0
    # Two and two: a split pairs like with like (0) or each side has one of both (1); two of three splits do.
    divided = toy(tmp_path, write, [(1, LEFT), (2, LEFT), (3, RIGHT), (4, RIGHT)])
    assert evaluate("half-of-observers", divided).mean()["sim"] in (0.2, 0.4, 0.6, 0.8, 1)


@pytest.mark.parametrize("people", ["one-observer", "half-of-observers"])
def test_one_person_cannot_say_how_people_agree(tmp_path: Path, write: Write, people: str) -> None:
    result = evaluate(people, toy(tmp_path, write, [(1, LEFT), (1, RIGHT)]))
    assert all(np.isnan(result.scores(name)).all() for name in result.metrics)


def test_references_are_the_same_each_time(own: FixationDataset) -> None:
    assert evaluate("half-of-observers", own).rows == evaluate("half-of-observers", own).rows


def test_people_beat_the_center_bias(own: FixationDataset) -> None:
    scores = {name: evaluate(name, own).mean() for name in ("center-bias", "one-observer", "half-of-observers")}
    for metric in ("nss", "cc", "auc_judd"):
        floor, one, half = (scores[name][metric] for name in scores)
        assert floor < one < half


# ---- the gold standard


def slow_gain(data: FixationDataset, bias: CenterBias, chosen: GoldStandard) -> float:
    """Bit per fixation over the center bias, by making each map and looking at its pixels."""
    pictures = []
    for sample in data:
        bits = []
        center = maps.to_density(bias.without(sample))
        for one in np.unique(sample.observer):
            density = chosen.density(sample.observed_by(np.setdiff1d(sample.observer, one)), bias.without(sample))
            assert density.sum() == pytest.approx(1)
            at = maps.pixels(sample.observed_by(one).fixations, sample.size)
            bits += list(np.log2(density[at] / center[at]))
        pictures.append(np.mean(bits))
    return float(np.mean(pictures))


def test_the_fit_says_what_maps_would_and_nothing_near_it_is_better(own: FixationDataset) -> None:
    bias = CenterBias(own)
    best = fit_gold_standard(own, bias)
    assert best.pictures == 12
    assert best.kde + best.center_bias + best.uniform == pytest.approx(1)
    assert best.info_gain == pytest.approx(slow_gain(own, bias, best), rel=1e-6)
    for factor in (0.5, 0.8, 1.25, 2):
        assert slow_gain(own, bias, replace(best, sigma=best.sigma * factor)) < best.info_gain
    for less in (0.9, 0.5):  # of the others, more of what everybody does
        other = replace(best, kde=less * best.kde, center_bias=best.center_bias + (1 - less) * best.kde)
        assert slow_gain(own, bias, other) < best.info_gain
    assert min(best.center_bias, best.uniform) >= 0.001  # nowhere is impossible


def test_the_bandwidth_follows_how_far_people_scatter(own: FixationDataset) -> None:
    """Observers look within 3 pixels (standard deviation) of a common place: 4.2 of each other."""
    assert 2 < fit_gold_standard(own, CenterBias(own)).sigma < 8


def test_each_observer_is_predicted_without_them(own: FixationDataset) -> None:
    bias = CenterBias(own)
    reference = LeaveOneOut(fit_gold_standard(own, bias), bias)
    first = own[0]
    elsewhere = np.where((first.observer == 0)[:, None], 1.0, first.fixations)
    changed = replace(first, fixations=elsewhere)
    (before, truth), *_ = reference(first)
    (after, _), (other, _), *_ = reference(changed)
    np.testing.assert_array_equal(before, after)
    assert np.abs(other - list(reference(first))[1][0]).max() > 0
    np.testing.assert_array_equal(truth.fixations, first.fixations[first.observer == 0])


def test_scores_at_fixations_only_and_recorded(own: FixationDataset) -> None:
    gold, one = evaluate("gold-standard", own), evaluate("one-observer", own).mean()
    assert all(np.isnan(gold.mean()[name]) for name in ("cc", "sim", "kl_div"))
    assert gold.mean()["info_gain"] > max(0, one["info_gain"])
    assert gold.mean()["auc_judd"] > one["auc_judd"]
    assert set(gold.about["gold_standard"]) == {"sigma", "kde", "center_bias", "uniform", "info_gain", "pictures"}


def test_people_who_agree_on_nothing_leave_what_everybody_does(own: FixationDataset) -> None:
    """Fixations all over the pictures: what the others did says little, and the fit says so."""
    rng = np.random.default_rng(3)
    scattered = tuple(replace(s, fixations=rng.uniform((0, 0), (60, 40), s.fixations.shape)) for s in own)
    random = replace(own, samples=scattered)
    assert fit_gold_standard(random, CenterBias(random)).kde < 0.3
    assert fit_gold_standard(own, CenterBias(own)).kde > 0.9


def test_nobody_to_predict(own: FixationDataset) -> None:
    alone = tuple(replace(s, observer=np.zeros_like(s.observer)) for s in own)
    with pytest.raises(ValueError, match="no picture that two observers looked at"):
        evaluate("gold-standard", replace(own, samples=alone))
    some = replace(own, samples=(alone[0], *own.samples[1:]))
    result = evaluate("gold-standard", some)
    assert np.isnan(result.rows[0]["nss"])
    assert np.isfinite(result.rows[1]["nss"])


def test_shares_by_hand() -> None:
    """Three of four points are where only the first density is, one where only the second is."""
    parts = np.array([[2.0, 2.0, 2.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
    np.testing.assert_allclose(best_shares(parts, np.full(4, 0.25)), [0.75, 0.25], atol=0.001)


def test_golden_section() -> None:
    assert golden_section(lambda x: -((x - 1.3) ** 2), 0, 3) == pytest.approx(1.3, abs=0.01)
