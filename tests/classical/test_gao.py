"""Gao's model: the mutual information of a feature with its windows."""

import numpy as np
import pytest

from wepsam.classical.gao import fitted, mutual_information
from wepsam.classical.generalized_gaussian import kl


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def test_mutual_information_of_a_feature_with_two_gaussians(rng: np.random.Generator) -> None:
    """A square of noise three times as strong as the noise around it, wide enough for the windows to be filled."""
    feature = rng.normal(size=(600, 600))
    feature[275:325, 275:325] *= 3
    got = mutual_information(feature, 51, 151)[150, 150]
    share = (51 / 151) ** 2
    inner, outer = 9.0, 1.0
    both = share * inner + (1 - share) * outer
    fourth = 3 * (share * inner**2 + (1 - share) * outer**2)
    alpha, beta = fitted(np.array(both), np.array(fourth))

    def from_gaussian(variance: float) -> float:
        return float(kl((np.sqrt(np.array(2 * variance)), np.array(2.0)), (alpha, beta)))

    assert got == pytest.approx(share * from_gaussian(inner) + (1 - share) * from_gaussian(outer), rel=0.25)
    assert got > 5 * mutual_information(feature, 51, 151)[40, 40]
