"""The intervals: their distribution is a beta distribution, and they do what a group and a share let one expect."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import beta

import wepsam
from helpers import ROOT
from wepsam.attention import intervals
from wepsam.attention.intervals import Group


def test_quantiles_of_beta_distributions() -> None:
    rng = np.random.default_rng(0)
    a, b = 10 ** rng.uniform(-2.5, 3.5, (2, 300))
    for level, found in zip((0.05, 0.95), intervals._beta_quantiles(a, b, (0.05, 0.95)), strict=True):
        np.testing.assert_allclose(found, beta.ppf(level, a, b), atol=3e-4)


def test_larger_groups_and_longer_looks_are_surer() -> None:
    share, surface = np.array([0.02, 0.1, 0.5]), np.array([0.05, 0.05, 0.3])

    def width(group: Group) -> np.ndarray:
        low, high = intervals.of_group(share, surface, group)
        assert (low <= share).all()
        assert (share <= high).all()
        return np.asarray(high - low)

    widths = [width(Group(viewers, seconds)) for viewers, seconds in ((1, 3), (15, 3), (15, 10), (10**6, 10))]
    for wider, narrower in pairwise(widths):
        assert (narrower < wider).all()
    assert (widths[-1] > 0.02 * share).all()  # the model's own error stays
    many, few = (intervals.crowding(k, intervals.card()["clustering"]) for k in (30, 3))
    assert many > few >= 1


def test_the_ends_of_the_scale() -> None:
    share = np.array([0, 1e-9, 1e-4, 1 - 1e-9, 1])
    low, high = intervals.of_group(share, np.array([0.1, 1e-6, 0.01, 0.9, 1.0]), Group())
    assert np.isfinite([low, high]).all()
    assert low[:3].tolist() == [0, 0, 0]
    assert high[-1] == 1
    assert low[-1] > 0.999
    assert high[0] < 0.01


def test_an_interval_holds_as_often_as_it_says() -> None:
    """Groups that the model itself draws: a share with the error, then the fixations."""
    rng, numbers, count = np.random.default_rng(0), intervals.card()["error"], 1000
    share, surface = np.full(4000, 0.1), np.full(4000, 0.05)
    strength = 1 / intervals.error(share, surface, numbers) - 1
    shown = rng.binomial(count, rng.beta(share * strength, (1 - share) * strength)) / count
    low, high = intervals.interval(share, surface, count, numbers)
    assert ((low <= shown) & (shown <= high)).mean() == pytest.approx(intervals.LEVEL, abs=0.015)


def test_the_interval_of_a_difference() -> None:
    one, other = (
        (np.array([0.1]), np.array([0.07]), np.array([0.14])),
        (np.array([0.3]), np.array([0.27]), np.array([0.33])),
    )
    low, high = intervals.of_difference(one, other)
    assert (low[0], high[0]) == pytest.approx((0.2 - 0.05, 0.2 + np.hypot(0.03, 0.03)))
    np.testing.assert_allclose(intervals.of_difference(other, one), (-high, -low))
    sure = (np.array([0.1]),) * 3
    np.testing.assert_allclose(intervals.of_difference(sure, other), ([0.17], [0.23]))  # what the one interval leaves


def test_the_interval_of_a_difference_holds_as_often_as_it_says() -> None:
    rng, numbers, count, made = np.random.default_rng(0), intervals.card()["error"], 300, 4000
    ends, shown = [], []
    for share in (0.05, 0.2):
        shares, surface = np.full(made, share), np.full(made, 0.08)
        strength = 1 / intervals.error(shares, surface, numbers) - 1
        shown.append(rng.binomial(count, rng.beta(shares * strength, (1 - shares) * strength)) / count)
        ends.append((shares, *intervals.interval(shares, surface, count, numbers)))
    low, high = intervals.of_difference(*ends)
    difference = shown[1] - shown[0]
    assert ((low <= difference) & (difference <= high)).mean() == pytest.approx(intervals.LEVEL, abs=0.02)


@pytest.mark.parametrize("wrong", [(0, 3), (2.5, 3), (True, 3), (15, 0), (15, float("nan")), (15, -1), (15, "3")])
def test_groups_without_people(wrong: tuple[int, float]) -> None:
    with pytest.raises(ValueError, match="expected a"):
        Group(*wrong)


def test_groups_far_from_those_of_the_check_are_remarked() -> None:
    assert intervals.remarks(Group()) == []
    assert intervals.remarks(Group(16, 5.0)) == []
    assert "1 viewers and 3 s" in intervals.remarks(Group(1))[0]
    assert "60 s" in intervals.remarks(Group(seconds=60))[0]


def test_the_numbers_are_those_of_the_shipped_weights() -> None:
    """After new weights or calibrations: python -m learn.areas DATA, then python recipes/areas_check.py DATA."""
    fitted, card = intervals.card()["fitted"], wepsam.models()["wepsam-lite"]
    assert fitted["weights"] == card["sha256"]
    assert fitted["calibration"] == card["calibration"]
    checked = json.loads((ROOT / "results" / "attention" / "areas.json").read_text())
    assert checked["weights"] == card["sha256"]
