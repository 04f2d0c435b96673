"""Check the arguments of the metrics. Scoring never resizes: a wrong size is an error."""

import numpy as np

from wepsam.maps import pixels
from wepsam.metrics._prepared import MapLike, PreparedMap

EPS = np.finfo(np.float64).eps  # MATLAB's eps, 2.2204e-16, with which the MIT code keeps logarithms finite


def is_mit(protocol: str) -> bool:
    """Whether the protocol is `mit` and not `tuebingen`; ValueError for any other."""
    if protocol not in ("mit", "tuebingen"):
        raise ValueError(f"the protocol is 'mit' or 'tuebingen', not {protocol!r}")
    return protocol == "mit"


def ranked(values: MapLike, name: str = "saliency map") -> PreparedMap:
    """The map, checked, for what compares its values; `name` is for errors."""
    return values if isinstance(values, PreparedMap) else PreparedMap(values, name)


def prepared(values: MapLike, name: str = "saliency map") -> PreparedMap:
    """The map, checked, for what computes with its values: of a scale at which nothing overflows or vanishes."""
    return ranked(values, name).even


def prepared_pair(saliency_map: MapLike, truth: MapLike, name: str = "density") -> tuple[PreparedMap, PreparedMap]:
    """Both maps, checked, for what computes with their values; ValueError if their sizes differ."""
    prediction, other = prepared(saliency_map), prepared(truth, name)
    if prediction.shape != other.shape:
        (height, width), (true_height, true_width) = prediction.shape, other.shape
        raise ValueError(
            f"the saliency map is {width}x{height}, the {name} {true_width}x{true_height}; "
            "bring them to one size first (wepsam.maps.enlarge)"
        )
    return prediction, other


def values_at(saliency_map: PreparedMap, fixations: np.ndarray, *, once: bool) -> np.ndarray:
    """(N,) float64 values of the map at the fixations; ValueError for a fixation outside the map.

    Args:
        saliency_map: any map.
        fixations: (N, 2) points as (x, y) pixels.
        once: one value per fixated pixel, no matter how many fixations fall into it, as in the MIT code, which reads a
            binary fixation map. Otherwise one value per fixation.
    """
    rows, columns = pixels(fixations, saliency_map.shape)
    indices = rows * saliency_map.shape[1] + columns
    if once:
        indices = np.unique(indices)
    return saliency_map.flat[indices].astype(np.float64)
