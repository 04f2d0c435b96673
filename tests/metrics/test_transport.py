"""The earth mover's distance: the solution of its linear program, and a distance."""

import sys

import numpy as np
import pytest
from hypothesis import assume, given, settings
from scipy.optimize import linprog

from metric_cases import SHAPE, small_maps
from wepsam import metrics
from wepsam.maps import density
from wepsam.metrics.transport import _shrinking

pytestmark = pytest.mark.usefixtures("passes")


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


def test_an_empty_density_has_no_distance():
    assert np.isnan(metrics.emd(np.ones(SHAPE), np.zeros(SHAPE)))


def test_without_pot_emd_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ot", None)
    with pytest.raises(ImportError, match=r"^emd needs ot: pip install 'wepsam\[classical\]'$"):
        metrics.emd(np.ones(SHAPE), np.ones(SHAPE))
