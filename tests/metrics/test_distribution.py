"""CC, SIM and KL divergence."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from metric_cases import SHAPE, fixation_maps, fixations_of, level_maps
from wepsam import metrics
from wepsam.maps import density

pytestmark = pytest.mark.usefixtures("passes")


def test_maps_by_hand():
    prediction, truth = np.array([[0.0, 1.0], [1.0, 2.0]]), np.array([[0.0, 0.0], [0.5, 0.5]])
    assert metrics.cc(prediction, truth) == pytest.approx(1 / np.sqrt(2))
    assert metrics.sim(prediction, truth) == 0.75
    assert metrics.kl_div(prediction, truth) == pytest.approx(0.5 * np.log(2) + 0)
    assert metrics.auc_density(prediction, truth) == 0.5 * 4 / 8 + 0.5 * 7 / 8  # one tie in two, then the best pixel
    assert metrics.nss_density(prediction, truth) == pytest.approx(0.5 / np.sqrt(2 / 3))


def test_only_mit_stretches_before_it_compares_distributions():
    prediction, truth = np.array([[1.0, 3.0]]), np.array([[1.0, 1.0]])
    assert metrics.sim(prediction, truth, protocol="tuebingen") == pytest.approx(0.75)
    assert metrics.sim(prediction, truth) == pytest.approx(0.5)


@given(level_maps, arrays(np.float64, SHAPE, elements=st.integers(0, 5)))
def test_cc_is_numpys_correlation(saliency_map, truth):
    assume(np.ptp(saliency_map) and np.ptp(truth))
    expected = np.corrcoef(saliency_map.ravel(), truth.ravel())[0, 1]
    assert metrics.cc(saliency_map, truth) == pytest.approx(expected, abs=1e-12)


@given(fixation_maps)
def test_the_density_itself_is_the_perfect_prediction(counts):
    assume(0 < np.count_nonzero(counts) < 10)
    truth = density(fixations_of(counts), SHAPE, 1.0)
    assert metrics.cc(truth, truth) == pytest.approx(1)
    assert metrics.sim(truth, truth) == pytest.approx(1)
    assert metrics.kl_div(truth, truth) == pytest.approx(0, abs=1e-12)


def test_a_constant_density_leaves_cc_undefined():
    saliency_map = np.arange(35.0).reshape(SHAPE)
    assert np.isnan(metrics.cc(saliency_map, np.full(SHAPE, 1 / 35)))
    assert np.isnan(metrics.cc(np.ones(SHAPE), np.full(SHAPE, 1 / 35)))
    assert metrics.kl_div(np.ones(SHAPE), np.full(SHAPE, 1 / 35)) == pytest.approx(0, abs=1e-12)
