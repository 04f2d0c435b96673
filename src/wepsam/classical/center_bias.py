"""The center bias of a dataset, fitted to its fixations: the mean density of its pictures. Every model must beat it."""

from collections.abc import Iterable

import numpy as np

from wepsam import maps
from wepsam.datasets import Sample

GRID = 64  # cells a side; the bias is far smoother than that
EVERYWHERE = 1e-3  # mass that is spread over the whole grid, relative to the densities' 1


class CenterBias:
    """The mean density of a dataset's pictures, as a predictor for pictures of any size."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        """Fit the bias. Pictures count alike, however many fixations they have; those without any do not count.

        Args:
            samples: of which it is known where people looked.
        """
        self._densities = {sample.id: _on_grid(sample) for sample in samples if sample.has_density}
        self._sum = np.sum([np.zeros((GRID, GRID)), *self._densities.values()], axis=0)

    def __call__(self, stimulus: np.ndarray) -> np.ndarray:
        """(H, W, 3) -> (H, W) float32 > 0, mean 1."""
        return _enlarged(self._sum, stimulus.shape[:2])

    def without(self, sample: Sample) -> np.ndarray:
        """The bias of all other pictures at this picture's size, so that a picture does not predict itself.

        Args:
            sample: a picture of the dataset.

        Returns:
            (H, W) float32 > 0, mean 1; uniform if there is no other picture.
        """
        return _enlarged(self._sum - self._densities.get(sample.id, 0), sample.size)


def _on_grid(sample: Sample) -> np.ndarray:
    return maps.to_density(maps.enlarge(sample.density(), (GRID, GRID)).astype(np.float64))


def _enlarged(grid: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    # A place at which nobody happened to look is not impossible.
    grid = maps.to_density(np.maximum(grid, 0)) + EVERYWHERE / grid.size
    enlarged = maps.enlarge(grid, (shape[0], shape[1]))
    return enlarged / enlarged.mean()
