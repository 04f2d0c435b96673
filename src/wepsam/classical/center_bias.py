"""The center bias: people look at the middle of pictures, whatever is in them. Every model must beat it."""

from collections.abc import Iterable

import numpy as np

from wepsam import maps
from wepsam.datasets import Sample

GRID = 64  # cells a side; the bias is far smoother than that


def center_gaussian(stimulus: np.ndarray, *, sigma: float = 0.25) -> np.ndarray:
    """A Gaussian on the picture's center.

    Args:
        stimulus: (H, W, 3); only its size matters.
        sigma: standard deviation as a share of each side.

    Returns:
        (H, W) float32, largest value at most 1.
    """
    rows, columns = (np.exp(-0.5 * (((np.arange(n) + 0.5) / n - 0.5) / sigma) ** 2) for n in stimulus.shape[:2])
    return np.outer(rows, columns).astype(np.float32)


class CenterBias:
    """The mean density of a dataset's pictures, as a predictor for pictures of any size."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        """Fit it; each picture counts the same, however many fixations it has, and one without any does not."""
        self._densities = {sample.id: _on_grid(sample) for sample in samples if sample.has_density}
        self._sum = np.sum([np.zeros((GRID, GRID)), *self._densities.values()], axis=0)

    def __call__(self, stimulus: np.ndarray) -> np.ndarray:
        """(H, W, 3) -> (H, W) float32 > 0, mean 1."""
        return _enlarged(self._sum, stimulus.shape[:2])

    def without(self, sample: Sample) -> np.ndarray:
        """Cross-validated: the bias of all the other pictures, at this picture's size. (H, W) float32 > 0, mean 1.

        With no other picture, uniform.
        """
        return _enlarged(self._sum - self._densities.get(sample.id, 0), sample.size)


def _on_grid(sample: Sample) -> np.ndarray:
    return maps.to_density(maps.enlarge(sample.density(), (GRID, GRID)).astype(np.float64))


def _enlarged(grid: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    # A little mass everywhere: a place where nobody happened to look is not impossible.
    grid = maps.to_density(np.maximum(grid, 0)) + 1e-3 / grid.size
    enlarged = maps.enlarge(grid, (shape[0], shape[1]))
    return enlarged / enlarged.mean()
