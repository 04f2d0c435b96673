"""SUN: likelihoods of filter responses against scipy's, and by hand."""

import numpy as np
import pytest
from scipy.stats import gennorm

from wepsam.classical.sun import scaled, self_information, statistics


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def test_self_information_is_minus_the_log_likelihood_but_for_a_constant(rng: np.random.Generator) -> None:
    responses, scales, shapes = rng.normal(size=(5, 3)), np.array([0.5, 1, 2]), np.array([0.5, 1, 2])
    ours = self_information(responses, scales, shapes)
    likelihood = gennorm.logpdf(responses, shapes, scale=scales).sum(axis=1)
    assert np.ptp(ours + likelihood) < 1e-9
    by_hand = self_information(np.array([[1.0, -2, 0]]), np.array([0.25, 2, 2]), np.array([0.5, 1, 2]))
    assert by_hand == pytest.approx([2 + 1 + 0])


def test_rare_responses_score_higher(rng: np.random.Generator) -> None:
    filters, scales, shapes = statistics()
    assert len(filters) == len(scales) == len(shapes)
    assert np.abs(filters.sum(axis=1)).max() < 1e-4  # gray says nothing
    frequent, rare = scales[None] * 0.5, scales[None] * 5
    assert self_information(rare, scales, shapes) > self_information(frequent, scales, shapes)
    assert scaled(rng.integers(0, 256, (9, 9, 3), dtype=np.uint8)).std() == pytest.approx(1, rel=1e-4)
