"""A map as the metrics read it: checked once, and with what several of them ask of it kept."""

from functools import cache, cached_property
from types import ModuleType

import numpy as np

from wepsam import numba_cache
from wepsam.metrics import _blocks

LARGE = 1 << 16  # pixels, from which on the compiled passes are used: loading numba takes longer than a small map
BINS = 1 << 14  # into which the pixels are counted; more would not fit a core's fast memory, fewer leave more to sort


@cache
def compiled() -> ModuleType | None:
    """The compiled passes; None where numba is not installed, or not for this numpy."""
    try:
        return numba_cache.load("wepsam.metrics._loops")
    except ImportError:
        return None


class Map:
    """A saliency map, a density or a baseline, and what more than one metric wants to know of it.

    Every metric takes one in the place of an array and answers exactly what it answers to the array:
    `wepsam.metrics.score` makes one for each map, so that seven metrics do not convert and sum it seven times.

    Attributes:
        passes: the module that goes over the pixels: `compiled` for large maps where numba is installed, or `_blocks`.
        flat: (H W,) float64, finite; for `compiled` float32 stays float32, which is read faster than converted.
        low, high, total: the smallest value, the largest, the sum.

    Raises:
        ValueError: the map is not two-dimensional, empty, or not finite.
    """

    def __init__(self, values: np.ndarray, name: str = "saliency map") -> None:
        values = np.asarray(values)
        if values.ndim != 2 or values.size == 0:
            raise ValueError(f"the {name} has the shape {values.shape}, expected (H, W)")
        self.passes = (values.size >= LARGE and compiled()) or _blocks
        as_it_is = values.dtype == np.float32 and self.passes is not _blocks
        values = np.asarray(values, dtype=np.float32 if as_it_is else np.float64, order="C")
        self.shape, self.flat, self.name = values.shape, values.ravel(), name
        self.low, self.high, self.total = self.passes.extent(self.flat)
        if not np.isfinite(self.total) and not np.isfinite(values).all():
            raise ValueError(f"the {name} has {(~np.isfinite(values)).sum()} NaN or infinite of {values.size} values")

    @cached_property
    def values(self) -> np.ndarray:
        """(H, W) float64."""
        return self.flat.reshape(self.shape).astype(np.float64, copy=False)

    @property
    def size(self) -> int:
        return self.flat.size

    @property
    def is_constant(self) -> bool:
        return self.low == self.high

    @property
    def is_zero(self) -> bool:
        return self.low == self.high == 0

    @property
    def mean(self) -> float:
        return self.total / self.size

    @cached_property
    def spread(self) -> float:
        """Square root of the sum of squared deviations from the mean: the standard deviation is this / sqrt(n)."""
        return float(np.sqrt(self.passes.squares(self.flat, self.mean)))

    # ---- as a distribution

    def distribution(self, *, stretched: bool = False) -> _blocks.Distribution:
        """How to read the map as one: its values over their sum; an all-zero map is uniform.

        Args:
            stretched: first stretch the map to [0, 1], so that its smallest value is 0 and any scale will do.

        Raises:
            ValueError: not stretched, the map has negative values, or its sum is no number.
        """
        if stretched:
            low, mass = self.low, self._total_above_low
        elif self.low >= 0 and np.isfinite(self.total):
            low, mass = 0.0, self.total
        else:
            raise ValueError(
                f"a distribution needs finite values >= 0, in the {self.name} the smallest is {self.low:g}, "
                f"the sum {self.total:g}"
            )
        no_mass = self.high == low
        return (low, 1.0, 1 / self.size) if no_mass else (low, mass, 0.0)

    def probability(self, values: np.ndarray, *, stretched: bool = False) -> np.ndarray:
        """Probabilities of float64 values of this map, read as a `distribution`."""
        return _blocks.probability(values, self.distribution(stretched=stretched))

    @cached_property
    def _total_above_low(self) -> float:
        return self.passes.above(self.flat, self.low)

    def stretched(self, values: np.ndarray) -> np.ndarray:
        """Values of this map in [0, 1] between its smallest and its largest; zeros if it is constant."""
        return np.zeros_like(values) if self.is_constant else (values - self.low) / (self.high - self.low)

    # ---- ranks

    def at_least(self, thresholds: np.ndarray, *, stretched: bool = False) -> np.ndarray:
        """How many pixels have at least each of these values, exactly, without sorting the map.

        The pixels are counted into bins once. A bin that no threshold lies in or beside is wholly above or
        wholly below each of them; only the pixels of the few others are looked at one by one.

        Args:
            thresholds: (N,) in any order.
            stretched: the thresholds, and the values they are compared with, are of the map stretched to [0, 1].

        Returns:
            (N,) integers.
        """
        if self.passes is not _blocks:
            return self.passes.at_least(self.flat, thresholds, self.low, self.high, stretched)
        bins, counts = self._binned
        within = thresholds.clip(*((0.0, 1.0) if stretched else (self.low, self.high)))  # for their bins only
        above_low = within * (self.high - self.low) if stretched else within - self.low
        open_question = thresholds > (0.0 if stretched else self.low)  # for the others it is all the pixels
        level = np.clip(np.nan_to_num(above_low * self._bins_per_unit), 0, BINS - 1).astype(np.intp)
        # Rounding may move a pixel or a threshold across the edge of a bin, never across two.
        near = np.zeros(BINS, dtype=bool)
        for step in (-1, 0, 1):
            near[np.clip(level + step, 0, BINS - 1)[open_question]] = True
        candidates = self.flat[near.take(bins)]
        candidates = np.sort(self.stretched(candidates) if stretched else candidates)
        above = np.cumsum(np.where(near, 0, counts)[::-1])[::-1]
        found = above[level] + candidates.size - np.searchsorted(candidates, thresholds)
        return np.where(open_question, found, self.size)

    @cached_property
    def _bins_per_unit(self) -> float:
        """0 where the range of values is too small or too large to be divided: all pixels in one bin, all sorted."""
        with np.errstate(over="ignore", divide="ignore"):
            factor = (BINS - 1) / (np.float64(self.high) - self.low)
        return float(factor) if np.isfinite(factor) and np.isfinite(self.high - self.low) else 0.0

    @cached_property
    def _binned(self) -> tuple[np.ndarray, np.ndarray]:
        """(H W,) bin of each pixel, ascending with its value, and (BINS,) number of pixels in each."""
        bins, counts = np.zeros(self.size, dtype=np.uint16), np.zeros(BINS, dtype=np.intp)
        for values, bin_of in _blocks.blocks(self.flat, bins):
            if self._bins_per_unit:
                above_low = values - self.low
                above_low *= self._bins_per_unit
                bin_of[:] = above_low  # rounds down
            counts += np.bincount(bin_of, minlength=BINS)
        return bins, counts
