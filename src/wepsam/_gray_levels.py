"""Which values of 32-bit gray pixels are black and white: files do not say it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

BULK = 0.95  # of the pixels that are not 0 decide; the rest is clipped: hot pixels, and what sharpening overshoots
WHITES = (1, 255, 65535)
REACH = 1 / 16  # a picture whose pixels nearly all stay below this part of a white has another one
SAMPLE = 1_000_000  # pixels from which the range of a picture is taken


@dataclass(frozen=True)
class Levels:
    """Black and white of a picture.

    Attributes:
        black: the value that is shown as 0.
        white: the value that is shown as 255.
        certain: whether the file's format says so.
        clipped: the share of the pixels that lies outside.
        unsigned: whether the pixels are unsigned integers, stored as signed ones.
        what: the kind of picture, in words.
    """

    black: float
    white: float
    certain: bool = False
    clipped: float = 0.0
    unsigned: bool = False
    what: str = "32-bit gray"

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Values as uint8: NaN is black, and what lies outside is clipped."""
        unit = values.astype(np.float64)
        if values.dtype.kind == "f":
            unit[np.isnan(values)] = self.black
        np.clip(unit, self.black, self.white, out=unit)
        unit -= self.black
        unit *= 255
        unit /= self.white - self.black or 1
        pixels: np.ndarray = np.rint(unit, out=unit).astype(np.uint8)
        return pixels

    def __str__(self) -> str:
        lost = f", {self.clipped:.2%} of the pixels clipped" if self.clipped else ""
        return f"{self.what}, taken as {self.black:g} for black and {self.white:g} for white{lost}"


def find_levels(strips: Callable[[], Iterable[np.ndarray]], is_float: bool, unsigned: bool = False) -> Levels:
    """Black and white by the type and the bulk of the values.

    Black is 0 and white the first of 1 (floats only), 255 and 65535 that the bulk of the pixels neither exceeds nor,
    above 1, stays far below. A picture that fits none of them is stretched over its own range, without the values that
    lie far outside of it.

    Args:
        strips: gives the (h, w) strips of the picture, as often as it is called.
        is_float: whether the file has floats.
        unsigned: for the result.

    Raises:
        ValueError: no pixel is a finite number.
    """
    whites = np.array(WHITES if is_float else WHITES[1:])
    above, reached = np.zeros(len(whites), np.int64), np.zeros(len(whites), np.int64)
    total = count = negative = 0
    low, high = np.inf, -np.inf
    for strip in strips():
        finite = np.isfinite(strip)
        values = strip if finite.all() else strip[finite]
        if not values.size:
            continue
        total += values.size
        low, high = min(low, float(values.min())), max(high, float(values.max()))
        count += int(np.count_nonzero(values))
        negative += int(np.count_nonzero(values < 0))
        above += [np.count_nonzero(values > white) for white in whites]
        reached += [np.count_nonzero(values > white * REACH) for white in whites]
    if not total:
        raise ValueError("no pixel is a finite number")
    few = (1 - BULK) * count
    if negative <= few:
        for white, more, enough in zip(whites.tolist(), above, reached, strict=True):
            if more <= few and (white == 1 or enough > few or not count):
                return Levels(0, white, clipped=float(more + negative) / total, unsigned=unsigned)
    black, white = _own_range(strips, total, low, high)
    outside = sum(int(np.count_nonzero((strip < black) | (strip > white))) for strip in strips())
    return Levels(black, white, clipped=outside / total, unsigned=unsigned)


def _own_range(strips: Callable[[], Iterable[np.ndarray]], total: int, low: float, high: float) -> tuple[float, float]:
    """The range of the values, cut where it goes further beyond the middle 98 % than these are wide."""
    step = max(1, total // SAMPLE)
    sample = np.concatenate([strip.ravel()[::step] for strip in strips()])
    first, last = np.quantile(sample[np.isfinite(sample)].astype(np.float64), (0.01, 0.99)).tolist()
    width = last - first
    return (max(low, first - width), min(high, last + width)) if width else (low, high)
