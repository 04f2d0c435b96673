"""An area of a picture: a box, a polygon or a mask, with a label."""

import math
import reprlib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import InitVar, dataclass
from os import PathLike
from typing import Any

import numpy as np

from wepsam import files
from wepsam.attention import coverage

MOST_AREAS, MOST_MASKS = 500, 100  # of a picture
MOST_POINTS = 20_000  # of all polygons of a picture
MOST_MASK_PIXELS, MOST_MASK_SIDE = 1 << 25, 1 << 13
MOST_RUNS = 1 << 22  # of a mask; noise has more
LONGEST_LABEL = 200  # characters
FLAT = 1e-12  # of the picture: the surface of a polygon whose corners lie on a line is rounding
FARTHEST = 100.0  # sides of the picture that a corner may lie outside of it
FINE = coverage.edges(64)  # cells in which the surface of a polygon is measured
STEERING = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # the direction of text

Box = tuple[float, float, float, float]
"""(x0, y0, x1, y1) in shares of the sides."""


class AreaError(ValueError):
    """What was given is no area, or no file of areas. One line: what came, what was expected."""


@dataclass(frozen=True)
class Mask:
    """A picture of yes and no, as lengths of runs, so that many of them fit into memory.

    Attributes:
        size: (height, width).
        counts: pixels that are outside, inside, outside and so on, down the first column, then down the next: the
            uncompressed form of COCO.
    """

    size: tuple[int, int]
    counts: tuple[int, ...] | np.ndarray

    def __post_init__(self) -> None:
        size = tuple(self.size) if isinstance(self.size, list | tuple) else ()
        if len(size) != 2 or not all(_is_count(side) and side > 0 for side in size):
            raise AreaError(f"the size of the mask is {shown(self.size)}; expected [height, width] in pixels")
        check_size(*size)
        given = self.counts
        if not isinstance(given, np.ndarray):
            if not isinstance(given, list | tuple) or not all(_is_count(n) and n <= MOST_MASK_PIXELS for n in given):
                raise AreaError(
                    f"the counts of the mask are {shown(given)}; expected lengths of runs, which are not compressed"
                )
            given = np.array(given, dtype=np.int64)
        if given.sum() != size[0] * size[1]:
            raise AreaError(f"the runs of the mask have {given.sum():,} pixels, its size {size[1]}x{size[0]}")
        object.__setattr__(self, "size", size)
        object.__setattr__(self, "counts", given.astype(np.int32))

    @classmethod
    def of(cls, pixels: np.ndarray) -> "Mask":
        """The mask of an array, inside where it is not 0.

        Args:
            pixels: (H, W) of any type.

        Returns:
            The mask.

        Raises:
            AreaError: the array is too large, or looks like noise.
        """
        found = cls.of_values(np.asarray(pixels) != 0)
        return found[1] if found else cls(np.shape(pixels), (int(np.size(pixels)),))

    @classmethod
    def of_values(cls, values: np.ndarray) -> dict[int, "Mask"]:
        """The mask of each value of an array but 0; in one pass, however many there are.

        Args:
            values: (H, W) integers.

        Returns:
            The masks by value.

        Raises:
            AreaError: the array is too large, or looks like noise.
        """
        check_size(*values.shape)
        down = np.ascontiguousarray(values.T).ravel()
        begins = np.flatnonzero(np.concatenate([[True], down[1:] != down[:-1]]))
        if len(begins) > MOST_RUNS:
            raise AreaError(
                f"the mask has {len(begins):,} runs of pixels, expected at most {MOST_RUNS:,}: it looks like noise"
            )
        ends, of_run = np.append(begins[1:], len(down)), down[begins]
        masks = {}
        for value in np.unique(of_run).tolist():
            if value:
                borders = np.stack([begins[of_run == value], ends[of_run == value]], axis=1).ravel()
                masks[int(value)] = cls(values.shape, np.diff(borders, prepend=0, append=len(down)))
        return masks


@dataclass(frozen=True, eq=False)
class Area:
    """A labeled part of a picture: exactly one of a box, polygons, a mask.

        Area("buy", box=(0.7, 0.1, 0.9, 0.2))
        Area("face", polygons=[[(120, 40), (180, 40), (150, 110)]], pixels=(480, 640))

    What lies outside the picture is left out; `outside` says how much.

    Attributes:
        label: of at most 200 characters, without control characters.
        box: (x0, y0, x1, y1), the left, upper, right and lower side, in shares of the picture's width and height.
        polygons: (N, 2) corners as (x, y) in shares, one array for each part of the area.
        mask: of any size; it spans the whole picture. An (H, W) array counts as inside where it is not 0.
        pixels (tuple[int, int] | None): (height, width) if box and polygons are given in pixels of a picture of this
            size; they are converted.
        surface: share of the picture that the area covers, from 0 to 1.
        outside: share of the area that lies outside the picture.

    Examples:
        >>> from wepsam import Area
        >>> Area("left half", box=(0, 0, 240, 480), pixels=(480, 480)).surface
        0.5
    """

    label: str
    box: Box | None = None
    polygons: tuple[np.ndarray, ...] = ()
    mask: Mask | None = None
    pixels: InitVar[tuple[int, int] | None] = None
    surface: float = 0.0
    outside: float = 0.0

    def __post_init__(self, pixels: tuple[int, int] | None) -> None:
        label = checked_label(self.label)
        if (self.box is not None) + (len(self.polygons) > 0) + (self.mask is not None) != 1:
            raise AreaError(f"the area {label!r} needs exactly one of a box, polygons and a mask")
        unit = np.array([1.0, 1.0] if pixels is None else [pixels[1], pixels[0]])
        box = None if self.box is None else _box(self.box, unit, label)
        polygons = tuple(_polygon(points, unit, label) for points in self.polygons)
        mask = Mask.of(self.mask) if isinstance(self.mask, np.ndarray) else self.mask
        for name, value in {"label": label, "box": box, "polygons": polygons, "mask": mask}.items():
            object.__setattr__(self, name, value)
        surface = self._surface(FINE, FINE)
        whole = surface if self.mask is not None else self._whole()
        least = 0.0 if self.box is not None else FLAT
        if not surface > least:
            where = "is empty" if not whole > least else "lies outside the picture"
            raise AreaError(f"the area {label!r} {where}: {self._shown()}, in shares of the picture's sides")
        object.__setattr__(self, "surface", surface)
        object.__setattr__(self, "outside", max(0.0, 1 - surface / whole) if whole > surface * (1 + 1e-9) else 0.0)

    def coverage(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """How much of each cell of a grid the area covers; see `attention.coverage`.

        Args:
            rows: (h + 1,) edges of the cells in shares of the picture's height, rising.
            columns: (w + 1,) edges in shares of its width.

        Returns:
            (h, w) float64 from 0 to 1; exact but where outlines of polygons cross.
        """
        if self.box is not None:
            return coverage.of_box(self.box, rows, columns)
        if self.mask is not None:
            return coverage.of_mask(self.mask.size, np.asarray(self.mask.counts), rows, columns)
        return np.minimum(1, sum(coverage.of_polygon(points, rows, columns) for points in self.polygons))

    def as_dict(self) -> dict[str, Any]:
        """For JSON, in shares of the sides; `read_areas` reads it."""
        if self.box is not None:
            return {"label": self.label, "box": list(self.box)}
        if self.mask is not None:
            return {
                "label": self.label,
                "mask": {"size": list(self.mask.size), "counts": np.asarray(self.mask.counts).tolist()},
            }
        return {"label": self.label, "polygons": [points.tolist() for points in self.polygons]}

    def _surface(self, rows: np.ndarray, columns: np.ndarray) -> float:
        """The surface within a grid, in shares of the picture."""
        return float(np.diff(rows) @ self.coverage(rows, columns) @ np.diff(columns))

    def _whole(self) -> float:
        """The surface with what lies outside the picture."""
        if self.box is not None:
            return (self.box[2] - self.box[0]) * (self.box[3] - self.box[1])
        corners = np.concatenate(self.polygons)
        (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
        return self._surface(np.linspace(y0, y1, 65), np.linspace(x0, x1, 65)) if x1 > x0 and y1 > y0 else 0.0

    def _shown(self) -> str:
        if self.mask is not None:
            return "its mask"
        numbers = self.box if self.box is not None else self.polygons[0].ravel().tolist()
        return shown([float(f"{number:.4g}") for number in numbers])


def check_size(height: int, width: int) -> None:
    """AreaError for a mask that is too large."""
    if height * width > MOST_MASK_PIXELS or max(height, width) > MOST_MASK_SIDE:
        most = f"{MOST_MASK_PIXELS:,} pixels and {MOST_MASK_SIDE:,} a side"
        raise AreaError(f"the mask is {width}x{height}, expected at most {most}")


def write_areas(path: str | PathLike[str], areas: Iterable[Area]) -> None:
    """Write areas as JSON in shares of the sides, whole or not at all."""
    files.write_json(path, [area.as_dict() for area in areas])


def checked_label(label: Any) -> str:
    """A label on one line; AreaError for what is none, or could steer a terminal."""
    text = str(label) if isinstance(label, int | float) and not isinstance(label, bool) else label
    if not isinstance(text, str):
        raise AreaError(f"the label of an area is {shown(label)}; expected a text")
    text = unicodedata.normalize("NFC", " ".join(text[: 4 * LONGEST_LABEL].split()))
    if any(map(steers, text)):
        raise AreaError(f"the label {shown(text)} has control characters; leave them out")
    if not 0 < len(text) <= LONGEST_LABEL:
        raise AreaError(f"the label {shown(text)} has {len(text)} characters; expected 1 to {LONGEST_LABEL}")
    return text


def steers(letter: str) -> bool:
    """Whether a character could steer a terminal, break a line, turn the direction of text, or not be written."""
    return unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") or letter in STEERING


def check_labels(areas: Sequence[Area]) -> None:
    """AreaError for two areas of one label, and for too many areas or masks."""
    masks = sum(area.mask is not None for area in areas)
    for count, most, what in ((len(areas), MOST_AREAS, "areas"), (masks, MOST_MASKS, "masks")):
        if count > most:
            raise AreaError(f"{count} {what}, expected at most {most}")
    seen: set[str] = set()
    for area in areas:
        if area.label in seen:
            raise AreaError(f"two areas have the label {shown(area.label)}; give one of them another")
        seen.add(area.label)


def number(value: Any) -> float:
    """A finite number; ValueError for everything else, True and False among it."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise ValueError(f"{shown(value)} is no number")
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise ValueError(f"{shown(value)} is no finite number")
    return found


def shown(value: Any) -> str:
    """A value in a message: short, on one line, and without what would steer a terminal."""
    return reprlib.repr(value)


def _box(given: Any, unit: np.ndarray, label: str) -> Box:
    expected = "expected four numbers x0, y0, x1, y1 with x0 < x1 and y0 < y1"
    try:
        x0, y0, x1, y1 = (number(value) for value in given)
    except (TypeError, ValueError):
        raise AreaError(f"the box of {label!r} is {shown(given)}; {expected}") from None
    if not (x0 < x1 and y0 < y1):
        raise AreaError(f"the box of {label!r} is {shown(given)}, which is empty; {expected}")
    box = x0 / unit[0], y0 / unit[1], x1 / unit[0], y1 / unit[1]
    _check_far(box, label)
    return tuple(float(side) for side in box)  # type: ignore[return-value]


def _polygon(given: Any, unit: np.ndarray, label: str) -> np.ndarray:
    try:
        if len(given) > MOST_POINTS:
            raise AreaError(f"a polygon of {label!r} has {len(given):,} corners, expected at most {MOST_POINTS:,}")
        flat = given if len(given) and isinstance(given[0], int | float) else [v for x, y in given for v in (x, y)]
        points = np.array([number(value) for value in flat], dtype=np.float64).reshape(-1, 2)
    except AreaError:
        raise
    except (TypeError, ValueError, KeyError):  # KeyError: an object in place of a list
        raise AreaError(f"a polygon of {label!r} is {shown(given)}; expected corners [x, y], finite numbers") from None
    if len(points) < 3:
        raise AreaError(f"a polygon of {label!r} has {len(points)} corners, expected at least 3")
    points = points / unit
    _check_far(points.ravel(), label)
    return points


def _check_far(numbers: Sequence[float] | np.ndarray, label: str) -> None:
    if np.abs(numbers).max() > FARTHEST:
        raise AreaError(
            f"the area {label!r} reaches {np.abs(numbers).max():.3g} sides of the picture away, expected at most "
            f'{FARTHEST:g}; are these pixels? Then say "unit": "pixels"'
        )


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
