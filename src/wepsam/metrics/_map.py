"""A map as the metrics read it: checked once, and with what several of them ask of it kept."""

from collections.abc import Iterator
from functools import cached_property

import numpy as np

BINS = 1 << 14  # into which the pixels are counted; more would not fit a core's fast memory, fewer leave more to sort
BLOCK = 1 << 15  # pixels at a time, 256 kB of float64: twice as fast as whole maps, which do not fit


class Map:
    """A saliency map, a density or a baseline, and what more than one metric wants to know of it.

    Every metric takes one in the place of an array and answers exactly what it answers to the array:
    `wepsam.metrics.score` makes one for each map, so that seven metrics do not convert and sum it seven times.

    Attributes:
        values: (H, W) float64, finite.
        low, high: the smallest and the largest value.

    Raises:
        ValueError: the map is not two-dimensional, empty, or not finite.
    """

    def __init__(self, values: np.ndarray, name: str = "saliency map") -> None:
        values = np.asarray(values, dtype=np.float64, order="C")
        if values.ndim != 2 or values.size == 0:
            raise ValueError(f"the {name} has the shape {values.shape}, expected (H, W)")
        self.values, self.name = values, name
        self.low, self.high = float(values.min()), float(values.max())  # NaN where any value is
        if not (np.isfinite(self.low) and np.isfinite(self.high)):
            raise ValueError(f"the {name} has {(~np.isfinite(values)).sum()} NaN or infinite of {values.size} values")

    @property
    def shape(self) -> tuple[int, int]:
        return self.values.shape[0], self.values.shape[1]

    @property
    def size(self) -> int:
        return self.values.size

    @property
    def is_constant(self) -> bool:
        return self.low == self.high

    @property
    def is_zero(self) -> bool:
        return self.low == self.high == 0

    @cached_property
    def total(self) -> float:
        return float(self.values.sum())

    @property
    def mean(self) -> float:
        return self.total / self.size

    def centered(self, rows: slice) -> np.ndarray:
        """Values of these rows minus the mean of the map."""
        return np.asarray(self.values[rows] - self.mean)

    @cached_property
    def spread(self) -> float:
        """Square root of the sum of squared deviations from the mean: the standard deviation is this / sqrt(n)."""
        deviations = (self.centered(rows) for rows in self.blocks())
        return float(np.sqrt(sum(np.vdot(d, d) for d in deviations)))

    def blocks(self) -> Iterator[slice]:
        """The map's rows, some at a time: what is computed on the way stays in the core's memory."""
        step = max(1, BLOCK // self.shape[1])
        return (slice(row, row + step) for row in range(0, self.shape[0], step))

    # ---- as a distribution

    def probability(self, values: np.ndarray) -> np.ndarray:
        """Values of this map over the map's sum; an all-zero map is uniform.

        Raises:
            ValueError: the map has negative values, or its sum is no number.
        """
        if not (self.low >= 0 and np.isfinite(self.total)):
            raise ValueError(
                f"a distribution needs finite values >= 0, in the {self.name} the smallest is {self.low:g}, "
                f"the sum {self.total:g}"
            )
        return values / self.total if self.total > 0 else np.full_like(values, 1 / self.size)

    @cached_property
    def _total_above_low(self) -> float:
        return float(sum((self.values[rows] - self.low).sum() for rows in self.blocks()))

    def stretched_probability(self, values: np.ndarray) -> np.ndarray:
        """As `probability`, of the map stretched to [0, 1]: its smallest value is 0 and any scale will do."""
        if self.is_constant:
            return np.full_like(values, 1 / self.size)
        above_low = values - self.low
        above_low /= self._total_above_low
        return above_low

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
        bins, counts = self._binned
        within = thresholds.clip(*((0.0, 1.0) if stretched else (self.low, self.high)))  # for their bins only
        above_low = within * (self.high - self.low) if stretched else within - self.low
        open_question = thresholds > (0.0 if stretched else self.low)  # for the others it is all the pixels
        level = np.clip(np.nan_to_num(above_low * self._bins_per_unit), 0, BINS - 1).astype(np.intp)
        # Rounding may move a pixel or a threshold across the edge of a bin, never across two.
        near = np.zeros(BINS, dtype=bool)
        for step in (-1, 0, 1):
            near[np.clip(level + step, 0, BINS - 1)[open_question]] = True
        candidates = self.values.ravel()[near.take(bins)]
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
        bins, counts = np.zeros(self.shape, dtype=np.uint16), np.zeros(BINS, dtype=np.intp)
        for rows in self.blocks():
            if self._bins_per_unit:
                above_low = self.values[rows] - self.low
                above_low *= self._bins_per_unit
                bins[rows] = above_low  # rounds down
            counts += np.bincount(bins[rows].ravel(), minlength=BINS)
        return bins.ravel(), counts
