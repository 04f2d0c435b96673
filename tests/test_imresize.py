"""MATLAB's imresize, sample by sample from its documentation. The metric that uses it has a test of its own."""

import numpy as np
import pytest

from wepsam import imresize


def cubic(x: float) -> float:
    """Keys' kernel with a = -0.5."""
    x = abs(x)
    if x <= 1:
        return 1.5 * x**3 - 2.5 * x**2 + 1
    return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x < 2 else 0


@pytest.mark.parametrize(("size", "new"), [(9, 4), (4, 9), (1, 3), (7, 1), (30, 31)])
def test_weights_are_those_of_the_kernel_mirrored_at_the_border(size: int, new: int) -> None:
    widening = max(1, size / new)
    centers = (np.arange(new) + 0.5) * size / new - 0.5
    expected = np.zeros((new, size))
    there_and_back = [*range(size), *reversed(range(size))]
    for row, center in enumerate(centers):
        for place in range(-200, 200):
            expected[row, there_and_back[place % (2 * size)]] += cubic((center - place) / widening)
    weights, places = imresize.taps(centers, size, widening)
    np.testing.assert_allclose(imresize.matrix(weights, places, size), expected, atol=1e-12)
