"""Maps and fixations for the tests of the metrics."""

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wepsam import metrics
from wepsam.maps import density

SHAPE = (5, 7)

level_maps = arrays(np.int64, SHAPE, elements=st.integers(0, 20))  # few levels, so many ties

fixation_maps = arrays(np.int64, SHAPE, elements=st.sampled_from([0, 0, 0, 1, 2]))

small_maps = arrays(np.float64, (3, 4), elements=st.integers(0, 9))

AUCS = ("auc_judd", "auc_borji", "auc_shuffled", "auc_density")

OTHERS = np.array([[0, 0], [6, 4], [3, 2]])

each_metric = pytest.mark.parametrize(
    ("protocol", "name"), [(protocol, name) for protocol, table in metrics.PROTOCOLS.items() for name in table]
)

each_protocol = pytest.mark.parametrize("protocol", metrics.PROTOCOLS)


def fixations_of(counts: np.ndarray) -> np.ndarray:
    """(N, 2) fixations, (x, y) of each pixel as often as the (H, W) map counts it, row by row."""
    rows, columns = np.nonzero(counts)
    points = np.column_stack([columns, rows]).astype(np.float64)
    return np.repeat(points, counts[rows, columns].astype(np.intp), axis=0)


def truth_of(counts):
    """Everything a metric may need, derived from one fixation map."""
    fixations = fixations_of(counts)
    return {
        "fixations": fixations,
        "density": density(fixations, SHAPE, 1.0) if len(fixations) else np.zeros(SHAPE),
        "other_fixations": OTHERS,
        "baseline": density([[3, 2]], SHAPE, 2.0),
    }


def score(name, saliency_map, counts, protocol="mit"):
    metric, truth = metrics.PROTOCOLS[protocol][name], truth_of(counts)
    return metric.function(saliency_map, *(truth[need] for need in metric.needs))


def without_ties(saliency_map):
    return saliency_map.ravel().argsort(kind="stable").argsort().reshape(SHAPE)
