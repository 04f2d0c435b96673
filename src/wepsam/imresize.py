"""The weights of MATLAB's imresize: bicubic, antialiased, mirrored at the border.

Neither OpenCV (a = -0.75, no antialiasing) nor Pillow (which cuts the kernel off at the border) computes the same.
A resize along one side is a product with a matrix: `taps` computes its entries, `matrix` puts them into place.

    weights, places = taps(centers, size, widening)
    resized = matrix(weights / weights.sum(axis=1, keepdims=True), places, size) @ values
"""

import numpy as np


def taps(centers: np.ndarray, size: int, widening: float) -> tuple[np.ndarray, np.ndarray]:
    """The samples that each new sample depends on, and how much.

    Args:
        centers: (m,) position of each new sample, in old samples. The first old sample lies at 0.
        size: number of old samples.
        widening: factor by which the kernel is widened, >= 1. A reduction to 1/k needs k, so that it is antialiased.

    Returns:
        (m, t) weights by Keys' cubic kernel with a = -0.5, not normalized, and the (m, t) places of the old samples,
        which lie mirrored beyond the border.
    """
    reach = int(np.ceil(2 * widening)) + 1
    places = np.floor(centers)[:, None].astype(int) + np.arange(-reach, reach + 1)
    t = np.abs(centers[:, None] - places) / widening
    weights = np.where(t <= 1, (1.5 * t - 2.5) * t**2 + 1, np.where(t < 2, ((-0.5 * t + 2.5) * t - 4) * t + 2, 0))
    places = places % (2 * size)
    return weights, np.where(places < size, places, 2 * size - 1 - places)


def matrix(weights: np.ndarray, places: np.ndarray, size: int) -> np.ndarray:
    """(m, size) float64 matrix of (m, t) weights at their places; weights of the same place add up."""
    result = np.zeros((len(weights), size))
    np.add.at(result, (np.arange(len(weights))[:, None], places), weights)
    return result
