"""What the metrics ask of their arguments. Scoring never resizes: a wrong size is an error."""

import numpy as np

from wepsam.maps import pixels

EPS = np.finfo(np.float64).eps  # MATLAB's eps, 2.2204e-16, with which the MIT code keeps logarithms finite


def finite_map(values: np.ndarray, name: str = "saliency map") -> np.ndarray:
    """The map as (H, W) float64; ValueError if it is not two-dimensional, empty, or not finite."""
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 2 or values.size == 0:
        raise ValueError(f"the {name} has the shape {values.shape}, expected (H, W)")
    if not np.isfinite(values).all():
        raise ValueError(f"the {name} has {(~np.isfinite(values)).sum()} NaN or infinite of {values.size} values")
    return values


def map_pair(saliency_map: np.ndarray, truth: np.ndarray, name: str = "density") -> tuple[np.ndarray, np.ndarray]:
    """Both maps as `finite_map` gives them; ValueError if their sizes differ."""
    saliency_map, truth = finite_map(saliency_map), finite_map(truth, name)
    if saliency_map.shape != truth.shape:
        (height, width), (true_height, true_width) = saliency_map.shape, truth.shape
        raise ValueError(
            f"the saliency map is {width}x{height}, the {name} {true_width}x{true_height}; "
            "bring them to one size first (wepsam.maps.enlarge)"
        )
    return saliency_map, truth


def at_fixated_pixels(values: np.ndarray, fixations: np.ndarray) -> np.ndarray:
    """The map's values at the fixated pixels; ValueError for a fixation outside the map.

    One count per pixel, however many fixations fall into it: the MIT code reads a binary fixation map.
    """
    rows, columns = pixels(fixations, (values.shape[0], values.shape[1]))
    return np.asarray(values.ravel()[np.unique(rows * values.shape[1] + columns)])


def is_constant(values: np.ndarray) -> bool:
    return bool(values.min() == values.max())
