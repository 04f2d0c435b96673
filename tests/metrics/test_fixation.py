"""NSS and information gain."""

import numpy as np
import pytest

from metric_cases import SHAPE
from wepsam import metrics
from wepsam.maps import density

pytestmark = pytest.mark.usefixtures("passes")


def test_nss_by_hand():
    """Mean 1, standard deviation (n - 1) sqrt(4 / 3): the z-score of 2 is sqrt(3) / 2."""
    saliency_map = np.array([[0.0, 2.0], [0.0, 2.0]])
    assert metrics.nss(saliency_map, [[1, 0]]) == pytest.approx(np.sqrt(3) / 2)
    assert metrics.nss(saliency_map, [[1, 0], [0, 0]]) == pytest.approx(0)


def test_info_gain_by_hand():
    """The prediction gives the fixated pixel all, the baseline 1/4: two bits."""
    prediction, baseline = np.array([[0, 0, 0, 0, 7]]), np.array([[0, 1, 1, 1, 1]])
    assert metrics.info_gain(prediction, [[4, 0]], baseline) == pytest.approx(2)


def test_expected_nss_is_the_nss_over_many_draws():
    rng = np.random.default_rng(5)
    saliency_map, truth = rng.random(SHAPE), density([[1, 1], [5, 3]], SHAPE, 1.0)
    drawn = rng.choice(truth.size, 2000, p=truth.ravel())
    draws = [metrics.nss(saliency_map, [[pixel % SHAPE[1], pixel // SHAPE[1]]]) for pixel in drawn]
    assert metrics.nss_density(saliency_map, truth) == pytest.approx(np.mean(draws), abs=0.1)


def test_impossible_pixels_in_tuebingen():
    """A prediction may be infinitely wrong, a baseline may not; `mit` keeps both finite."""
    one, none = np.array([[1.0, 1.0]]), np.array([[1.0, 0.0]])
    assert metrics.info_gain(none, [[1, 0]], one, protocol="tuebingen") == -np.inf
    assert -52 < metrics.info_gain(none, [[1, 0]], one) < -50
    with pytest.raises(ValueError, match="the baseline is 0 at 1 of 1 fixations"):
        metrics.info_gain(one, [[1, 0]], none, protocol="tuebingen")
