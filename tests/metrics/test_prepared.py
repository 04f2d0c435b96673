"""Counting pixels without sorting them is exact."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wepsam.metrics._prepared import PreparedMap

pytestmark = pytest.mark.usefixtures("passes")


@example(np.array([[0.0, 1.25334083e-218]]), [1.3752805937720313e86], 1.0, False)
@example(np.array([[0.0, -0.0]]), [1.0], 1.0, True)
@example(np.array([[-4.0, 1.0]]), [0.0], 1.0, True)
@given(
    arrays(np.float64, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.floats(-1e300, 1e300)),
    st.lists(st.floats(-1e300, 1e300), min_size=1),
    st.sampled_from([1.0, 1e-9, 1e-300, 1e-320]),
    st.booleans(),
)
def test_pixels_are_counted_exactly(values, thresholds, scale, stretched):
    """The bins never show: maps of any range, and thresholds at, beside and beyond the values."""
    values = values * scale
    there = values.ravel()[: len(thresholds)]
    thresholds = np.concatenate([np.multiply(thresholds, scale), there, np.nextafter(there, np.inf)])
    counted = PreparedMap(values)
    if stretched:
        thresholds = np.concatenate([np.arange(11) * 0.1, counted.stretched(there)])
    seen = counted.stretched(values) if stretched else values
    assert counted.at_least(thresholds, stretched=stretched).tolist() == [(seen >= t).sum() for t in thresholds]


def test_a_large_peaky_map_is_counted_exactly():
    """Nearly all of its pixels lie in one bin."""
    values = np.random.default_rng(6).random((300, 400)) ** 20
    thresholds = np.concatenate([values[::60, ::50].ravel(), [0.0, 0.1, 0.5, 2.0, -1.0]])
    assert PreparedMap(values).at_least(thresholds).tolist() == [(values >= t).sum() for t in thresholds]
