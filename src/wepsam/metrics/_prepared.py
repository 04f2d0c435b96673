"""A map as the metrics read it: checked once, with the sums that several metrics need computed once."""

from functools import cache, cached_property
from types import ModuleType

import numpy as np

from wepsam import numba_cache
from wepsam.maps import exponent, numbers
from wepsam.metrics import _numpy_passes

ORDINARY = 200  # a map whose largest absolute value is within 2^-200 and 2^200 has squares and sums like any other
LARGE = 1 << 16  # pixels: from here on the compiled passes are used; a small map takes less time than loading numba
FEW = 32  # thresholds; the pixels are compared with each, which takes less time than counting them into bins
BINS = 1 << 14  # of the pixel counts; more would not fit a core's fast cache, fewer leave more pixels to sort


@cache
def numba_passes() -> ModuleType | None:
    """The compiled passes; None if numba is not installed or does not support this numpy."""
    try:
        return numba_cache.load("wepsam.metrics._numba_passes")
    except ImportError:
        return None


class PreparedMap:
    """A saliency map, a density or a baseline, with what more than one metric needs to know about it.

    Every metric takes one in place of an array and returns exactly the same score. `wepsam.metrics.score` prepares each
    map once, so that seven metrics do not convert and sum it seven times.

    Args:
        values: (H, W) array.
        name: what to call the map in errors.

    Attributes:
        shape: (H, W).
        passes: the module that reads the pixels: `numba_passes()` for large maps, otherwise `_numpy_passes`.
        flat: (H * W,) float64, finite. Compiled passes read float32 directly, which is faster than to convert it.
        low, high, total: smallest value, largest value, sum.
        divided_by: the power of two by which `even` divided it.

    Raises:
        ValueError: the map is not two-dimensional, empty, masked, not of real numbers, or not finite.
    """

    def __init__(self, values: np.ndarray, name: str = "saliency map") -> None:
        values = numbers(values, name)
        if values.ndim != 2 or values.size == 0:
            raise ValueError(f"the {name} has the shape {values.shape}, expected (H, W)")
        if values.dtype.kind == "f" and values.dtype.itemsize > 8:  # of a range that float64 does not have
            values = np.ldexp(values, -exponent(np.abs(values).max()))
        self.passes = (values.size >= LARGE and numba_passes()) or _numpy_passes
        as_it_is = values.dtype == np.float32 and self.passes is not _numpy_passes
        values = np.asarray(values, dtype=np.float32 if as_it_is else np.float64, order="C")
        self.shape, self.flat, self.name, self.divided_by = values.shape, values.ravel(), name, 0
        self.low, self.high, self.total = self.passes.extent(self.flat)
        if not np.isfinite(self.total) and not np.isfinite(values).all():
            raise ValueError(f"the {name} has {(~np.isfinite(values)).sum()} NaN or infinite of {values.size} values")

    @property
    def even(self) -> "PreparedMap":
        """The map for metrics that square and add: where that would overflow or vanish, divided by a power of two.

        Such a division is exact, so the scores of a map do not depend on its scale. An ordinary map is returned as it
        is. Ranks are those of the map itself: beside its largest value, the smallest may become equal by the division.
        """
        return self if abs(self._exponent) <= ORDINARY else self._divided

    @property
    def _exponent(self) -> int:
        return exponent(max(abs(self.low), abs(self.high)))

    @cached_property
    def _divided(self) -> "PreparedMap":
        divided = PreparedMap(np.ldexp(self.values, -self._exponent), self.name)
        divided.divided_by = self._exponent
        return divided

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
        """Square root of the sum of squared deviations from the mean; the standard deviation is this / sqrt(n)."""
        return float(np.sqrt(self.passes.squared_deviations(self.flat, self.mean)))

    # ---- as a distribution

    def distribution(self, *, stretched: bool = False) -> _numpy_passes.Distribution:
        """How to read the map as a distribution: its values divided by their sum; an all-zero map is uniform.

        Args:
            stretched: first stretch the map to [0, 1]: its smallest value becomes 0, and any scale is accepted.

        Raises:
            ValueError: the map is not stretched and has negative values.
        """
        if stretched:
            low, mass = self.low, self._total_above_low
        elif self.low >= 0:
            low, mass = 0.0, self.total
        else:
            smallest = np.ldexp(self.low, self.divided_by)
            raise ValueError(
                f"a distribution needs finite values >= 0, in the {self.name} the smallest is {smallest:g}"
            )
        no_mass = self.high == low
        return (low, 1.0, 1 / self.size) if no_mass else (low, mass, 0.0)

    def probability(self, values: np.ndarray, *, stretched: bool = False) -> np.ndarray:
        """Probabilities of some values (float64) of this map."""
        return _numpy_passes.probability(values, self.distribution(stretched=stretched))

    @cached_property
    def _total_above_low(self) -> float:
        return self.passes.sum_above(self.flat, self.low)

    def stretched(self, values: np.ndarray) -> np.ndarray:
        """Values of this map, scaled so that its smallest is 0 and its largest 1; zeros if it is constant."""
        return np.zeros_like(values) if self.is_constant else (values - self.low) / (self.high - self.low)

    # ---- ranks

    def at_least(self, thresholds: np.ndarray, *, stretched: bool = False) -> np.ndarray:
        """How many pixels reach each threshold: the exact numbers, without sorting the map.

        The pixels are counted into bins once. A bin with no threshold in it or next to it lies completely above or
        below each threshold; only the pixels of the few other bins are compared one by one.

        Args:
            thresholds: (N,) in any order.
            stretched: the thresholds refer to the map stretched to [0, 1].

        Returns:
            (N,) integers.
        """
        if self.passes is not _numpy_passes:
            return self.passes.at_least(self.flat, thresholds, self.low, self.high, stretched)
        if thresholds.size <= FEW and not stretched:
            return np.array([np.count_nonzero(self.flat >= one) for one in thresholds], dtype=np.intp)
        bins, counts = self._binned
        within = thresholds.clip(*((0.0, 1.0) if stretched else (self.low, self.high)))  # only to find their bins
        with np.errstate(over="ignore", invalid="ignore"):  # of a range too large for a float
            above_low = within * (self.high - self.low) if stretched else within - self.low
            level = np.clip(np.nan_to_num(above_low * self._bins_per_unit), 0, BINS - 1).astype(np.intp)
        undecided = thresholds > (0.0 if stretched else self.low)  # all pixels reach the other thresholds
        # Rounding may move a pixel or a threshold across the edge of one bin, never of two.
        near = np.zeros(BINS, dtype=bool)
        for step in (-1, 0, 1):
            near[np.clip(level + step, 0, BINS - 1)[undecided]] = True
        candidates = self.flat[near.take(bins)]
        candidates = np.sort(self.stretched(candidates) if stretched else candidates)
        above = np.cumsum(np.where(near, 0, counts)[::-1])[::-1]
        counts_reached = above[level] + candidates.size - np.searchsorted(candidates, thresholds)
        return np.where(undecided, counts_reached, self.size)

    @cached_property
    def _bins_per_unit(self) -> float:
        """0 if the range of values is too small or too large to divide: then all pixels share a bin and are sorted."""
        with np.errstate(over="ignore", divide="ignore"):
            factor = (BINS - 1) / (np.float64(self.high) - self.low)
        return float(factor) if np.isfinite(factor) and np.isfinite(self.high - self.low) else 0.0

    @cached_property
    def _binned(self) -> tuple[np.ndarray, np.ndarray]:
        """(H * W,) bin of each pixel, ascending with its value, and (BINS,) number of pixels in each bin."""
        bins, counts = np.zeros(self.size, dtype=np.uint16), np.zeros(BINS, dtype=np.intp)
        for values, bin_of in _numpy_passes.blocks(self.flat, bins):
            if self._bins_per_unit:
                above_low = values - self.low
                above_low *= self._bins_per_unit
                bin_of[:] = above_low  # rounds down
            counts += np.bincount(bin_of, minlength=BINS)
        return bins, counts


MapLike = np.ndarray | PreparedMap  # what a metric takes: (H, W) numbers, or the same prepared
