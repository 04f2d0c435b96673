"""What the metrics ask of their arguments. Scoring never resizes: a wrong size is an error."""

import numpy as np

from wepsam.maps import pixels
from wepsam.metrics._map import Map

EPS = np.finfo(np.float64).eps  # MATLAB's eps, 2.2204e-16, with which the MIT code keeps logarithms finite


def is_mit(protocol: str) -> bool:
    """Whether the protocol is `mit`, not `tuebingen`; ValueError for any other."""
    if protocol not in ("mit", "tuebingen"):
        raise ValueError(f"the protocol is 'mit' or 'tuebingen', not {protocol!r}")
    return protocol == "mit"


def as_map(values: np.ndarray | Map, name: str = "saliency map") -> Map:
    return values if isinstance(values, Map) else Map(values, name)


def map_pair(saliency_map: np.ndarray | Map, truth: np.ndarray | Map, name: str = "density") -> tuple[Map, Map]:
    """Both maps, checked; ValueError if their sizes differ."""
    prediction, other = as_map(saliency_map), as_map(truth, name)
    if prediction.shape != other.shape:
        (height, width), (true_height, true_width) = prediction.shape, other.shape
        raise ValueError(
            f"the saliency map is {width}x{height}, the {name} {true_width}x{true_height}; "
            "bring them to one size first (wepsam.maps.enlarge)"
        )
    return prediction, other


def at_fixations(values: Map, fixations: np.ndarray, *, once: bool) -> np.ndarray:
    """(N,) values of the map where the fixations are; ValueError for a fixation outside the map.

    once: one count per fixated pixel, however many fixations fall into it, as the MIT code has it, which reads
        a binary fixation map; otherwise one per fixation.
    """
    rows, columns = pixels(fixations, values.shape)
    places = rows * values.shape[1] + columns
    if once:
        places = np.unique(places)
    return values.flat[places].astype(np.float64)
