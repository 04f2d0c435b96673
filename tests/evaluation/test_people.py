"""The gold standard: the fit against a slow one that makes maps, what it must do, and whom it leaves out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from wepsam import maps
from wepsam.classical import CenterBias
from wepsam.datasets import FixationDataset, open_dataset
from wepsam.evaluation import evaluate
from wepsam.evaluation.gold import GoldStandard, LeaveOneOut, _golden, _shares, fit


@pytest.fixture
def own(own_dataset: Path) -> FixationDataset:
    return open_dataset(f"csv={own_dataset}")


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
    best = fit(own, bias)
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
    assert 2 < fit(own, CenterBias(own)).sigma < 8


def test_each_observer_is_predicted_without_them(own: FixationDataset) -> None:
    bias = CenterBias(own)
    reference = LeaveOneOut(fit(own, bias), bias)
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
    assert fit(random, CenterBias(random)).kde < 0.3
    assert fit(own, CenterBias(own)).kde > 0.9


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
    np.testing.assert_allclose(_shares(parts, np.full(4, 0.25)), [0.75, 0.25], atol=0.001)


def test_golden_section() -> None:
    assert _golden(lambda x: -((x - 1.3) ** 2), 0, 3) == pytest.approx(1.3, abs=0.01)
