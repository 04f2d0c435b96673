"""Where to crop a picture: the window of an aspect that keeps the most attention and cuts no hot spot if it can.

A crop is the largest window of its aspect, so it spans the picture in one direction and slides in the other. All crops
of a picture are chosen together, from the whole picture down to nothing, so that each lies within every wider one: an
edge never moves by more than the size changes, and a thumbnail does not jump when it becomes a pixel wider.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from wepsam.attention import coverage
from wepsam.attention.areas import Box
from wepsam.attention.hot_spots import HotSpot, hot_spots

STEPS = 128  # sizes of a window, and places of its edges, between which the crops are chosen
# What it costs to cut a hot spot in half, as a part of its share. On people's fixations more of it cuts hardly fewer
# hot spots and keeps less of the attention, because whole ones are then left out (docs/explanation/log.md).
CUT = 0.5
KEEP = 100.0  # what it is worth to hold the area that has to be kept, where all of the attention is 1
LEAST = 1e-6  # what it is worth to be in the middle: it decides between equal windows
PARTLY = (0.1, 0.9)  # a hot spot is cut if this part of its box is in the crop: neither left out nor held
FOCUS = 1 / 3  # of the sides: the window around the focal point
LONGEST_ASPECT = 10_000  # to 1

Aspect = str | float | Fraction | Sequence[float]
"""Width to height: "16:9", (16, 9) or 1.78."""
Pixels = tuple[int, int, int, int]
"""(x0, y0, x1, y1) in pixels, as Pillow's `crop` takes it."""


@dataclass(frozen=True)
class Crop:
    """A window of a picture.

    Attributes:
        box: (x0, y0, x1, y1) in pixels of the upright picture; x1 and y1 lie outside.
        shares: the same in shares of the picture's sides.
        kept: the share of the density in the box.
        cut: the hot spots through which the border of the box goes.
        left_out: the hot spots of which less than a tenth is in the box.
        focal_point: (x, y) of the place that matters most, in shares of the sides; it is that of the whole picture.
        object_position: the CSS value with which `object-fit: cover` shows this box in an element of its aspect.
        keep: the part of the area to keep that is in the box; 1 without one.
    """

    box: Pixels
    shares: Box
    kept: float
    cut: tuple[HotSpot, ...]
    left_out: tuple[HotSpot, ...]
    focal_point: tuple[float, float]
    object_position: str
    keep: float = 1.0


def best_crop(
    density: np.ndarray,
    size: tuple[int, int],
    aspect: Aspect,
    *,
    keep: Box | None = None,
    spots: Sequence[HotSpot] | None = None,
) -> Crop:
    """The crop of an aspect, with all that is known of it.

    Args:
        density: (h, w) >= 0, sums to 1, of any resolution; constant within a cell.
        size: (height, width) of the picture in pixels.
        aspect: width to height: "16:9", (16, 9), 1.78 or a Fraction.
        keep: (x0, y0, x1, y1) in shares of the sides: it is held whole if the window is large enough.
        spots: the hot spots of the density, if they are known already.

    Raises:
        ValueError: no aspect, no picture or no box; one line.
    """
    spots = hot_spots(density) if spots is None else spots
    box = crop_box(density, size, aspect, keep=keep, spots=spots)
    shares = _shares(box, size)
    inside = [part_inside(spot.box, shares) for spot in spots]
    rows, columns = (coverage.edges(side) for side in density.shape)
    return Crop(
        box=box,
        shares=shares,
        kept=min(1.0, float((coverage.of_box(shares, rows, columns) * density).sum())),
        cut=tuple(s for s, part in zip(spots, inside, strict=True) if PARTLY[0] <= part <= PARTLY[1]),
        left_out=tuple(s for s, part in zip(spots, inside, strict=True) if part < PARTLY[0]),
        focal_point=focal_point(density),
        object_position=object_position(box, size),
        keep=1.0 if keep is None else part_inside(keep, shares),
    )


def crop_box(
    density: np.ndarray,
    size: tuple[int, int],
    aspect: Aspect,
    *,
    keep: Box | None = None,
    spots: Sequence[HotSpot] | None = None,
) -> Pixels:
    """The crop of an aspect as (x0, y0, x1, y1) in whole pixels; `best_crop` has the arguments.

    One side is that of the picture. The other is rounded to whole pixels, so the aspect is right to half a pixel of it.
    """
    width, height = window(size, aspect)
    keep = None if keep is None else checked_box(keep)
    spots = hot_spots(density) if spots is None else spots
    corner = []
    for axis, length, full in ((0, width, size[1]), (1, height, size[0])):
        if length == full:
            corner.append(0)
            continue
        interval = None if keep is None else (keep[axis], keep[axis + 2])
        path = _nested(density.sum(axis=axis), [(s.box[axis], s.box[axis + 2], s.share) for s in spots], interval)
        start = round(float(np.interp(STEPS * length / full, np.arange(STEPS + 1), path)) / STEPS * full)
        if interval is not None:  # between two steps a pixel of it may be missing
            low, high = sorted((math.floor(interval[0] * full), math.ceil(interval[1] * full) - length))
            start = min(max(start, low), high)
        corner.append(min(max(start, 0), full - length))
    return corner[0], corner[1], corner[0] + width, corner[1] + height


def window(size: tuple[int, int], aspect: Aspect) -> tuple[int, int]:
    """(width, height) in whole pixels of the largest window of an aspect in a picture of (height, width)."""
    ratio, (height, width) = as_aspect(aspect), size
    if height < 1 or width < 1:
        raise ValueError(f"the picture has {width}x{height} pixels; expected at least 1x1")
    if width >= height * ratio:
        return min(width, max(1, _nearest(height * ratio))), height
    return width, min(height, max(1, _nearest(width / ratio)))


def focal_point(density: np.ndarray) -> tuple[float, float]:
    """The one place that matters most, (x, y) in shares of the sides.

    It is the middle of the attention in the window of a third of the sides that holds most of it. As a CSS
    `object-position` it is in sight in every crop; `object_position` shows the very crop of one aspect.

    Args:
        density: (h, w) >= 0, sums to 1.
    """
    rows, columns = density.shape
    windows = []
    for cells in (rows, columns):
        low = np.linspace(0, 1 - FOCUS, 2 * cells + 1)
        windows.append((low, coverage.overlap(low, low + FOCUS, coverage.edges(cells))))
    (top, down), (left, across) = windows
    held = down @ density @ across.T
    # Of equal windows the one nearest to the center.
    middle = np.add.outer((top - (1 - FOCUS) / 2) ** 2, (left - (1 - FOCUS) / 2) ** 2)
    row, column = np.unravel_index(np.argmax(held - 1e-9 * middle), held.shape)
    inside = density * np.outer(down[row], across[column])
    total = inside.sum()
    y, x = (float(inside.sum(axis=1 - axis) @ coverage.middles(density.shape[axis]) / total) for axis in (0, 1))
    return x, y


def object_position(box: Pixels, size: tuple[int, int]) -> str:
    """The CSS `object-position` with which `object-fit: cover` shows a crop: "37.5% 50%".

    A percentage puts the point at this part of the picture onto the point at this part of the element. So the crop
    begins at this part of what is left over, not of the picture.

    Args:
        box: (x0, y0, x1, y1) in pixels.
        size: (height, width) of the picture in pixels.
    """
    height, width = size
    rest = (width - (box[2] - box[0]), box[0]), (height - (box[3] - box[1]), box[1])
    return " ".join(f"{round(100 * start / free, 3):g}%" if free else "50%" for free, start in rest)


def as_aspect(aspect: Aspect) -> Fraction:
    """Width to height as a fraction; ValueError with one line for what is no aspect."""
    try:
        if isinstance(aspect, str):
            parts = [Fraction(part) for part in aspect.replace("/", ":").split(":")]
        else:
            given = aspect if isinstance(aspect, Sequence) else [aspect]
            parts = [Fraction(str(part)) for part in given]
        ratio = parts[0] / parts[1] if len(parts) == 2 else parts[0]
        if len(parts) <= 2 and Fraction(1, LONGEST_ASPECT) <= ratio <= LONGEST_ASPECT:
            return ratio
    except (ValueError, ZeroDivisionError, IndexError):
        pass
    raise ValueError(f"the aspect is {aspect!r:.50}; expected width:height such as 16:9, or a number such as 1.5")


def checked_box(box: Sequence[float]) -> Box:
    """A box in shares of the sides as far as it is in the picture; ValueError with one line for any other."""
    values = [float(value) for value in box]
    if len(values) == 4 and all(map(math.isfinite, values)):
        x0, y0, x1, y1 = (min(max(value, 0.0), 1.0) for value in values)
        if x0 < x1 and y0 < y1:
            return x0, y0, x1, y1
    raise ValueError(f"the area to keep is {values}; expected x0,y0,x1,y1 in shares of the sides, x0 < x1 and y0 < y1")


def _nested(
    profile: np.ndarray, spots: Sequence[tuple[float, float, float]], keep: tuple[float, float] | None
) -> np.ndarray:
    """(STEPS + 1,) where the windows of 0, 1, ... STEPS steps begin, in steps, each within the next.

    Of all such families it is the one whose windows have the largest sum of values (dynamic programming, from the whole
    side down: a window loses a step at its beginning or at its end).

    Args:
        profile: (n,) the density along a side.
        spots: (beginning, end, share) of each hot spot.
        keep: beginning and end of what has to be held.
    """
    values = _values(profile, spots, keep)
    best = np.full(STEPS + 1, -np.inf)
    best[0] = values[STEPS, 0]
    moved = np.zeros((STEPS + 1, STEPS + 1), bool)
    for length in range(STEPS - 1, -1, -1):
        later = np.concatenate([[-np.inf], best[:-1]])
        moved[length] = later > best
        best = np.where(moved[length], later, best) + values[length]
    starts = np.zeros(STEPS + 1, int)
    starts[0] = best.argmax()
    for length in range(STEPS):
        starts[length + 1] = starts[length] - moved[length, starts[length]]
    return starts


def _values(
    profile: np.ndarray, spots: Sequence[tuple[float, float, float]], keep: tuple[float, float] | None
) -> np.ndarray:
    """(STEPS + 1, STEPS + 1) what the window of each length, at each place, is worth; -inf outside the picture."""
    sums = np.concatenate([[0.0], np.cumsum(profile)])
    along = np.interp(coverage.edges(STEPS), coverage.edges(len(profile)), sums)
    length, start = np.indices((STEPS + 1, STEPS + 1))
    end = np.minimum(start + length, STEPS)
    low, high = start / STEPS, end / STEPS
    values = along[end] - along[start] - LEAST * (low + high - 1) ** 2

    def held(first: float, last: float) -> np.ndarray:
        return np.clip((np.minimum(high, last) - np.maximum(low, first)) / (last - first), 0, 1)

    for first, last, share in spots:
        part = held(first, last)
        values -= CUT * share * 4 * part * (1 - part)
    if keep is not None:
        values += KEEP * held(*keep)
    values[start + length > STEPS] = -np.inf
    return values


def _nearest(value: Fraction) -> int:
    """The nearest integer; a half goes up, so that the side never shrinks while the aspect grows."""
    return math.floor(value + Fraction(1, 2))


def _shares(box: Pixels, size: tuple[int, int]) -> Box:
    height, width = size
    return box[0] / width, box[1] / height, box[2] / width, box[3] / height


def part_inside(inner: Sequence[float], outer: Sequence[float]) -> float:
    """The part of one box (x0, y0, x1, y1) that is in another, from 0 to 1."""
    part = 1.0
    for low, high in ((0, 2), (1, 3)):
        part *= max(0.0, min(inner[high], outer[high]) - max(inner[low], outer[low])) / (inner[high] - inner[low])
    return part
