"""What the coordinates of your own fixations count: pixels of the picture, or something else that is common.

Trackers and experiment software write shares of the picture, positions on the screen, or distances from its center.
Read as pixels, these are other places, and scores on them are wrong without a word.
"""

import logging
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from wepsam.datasets.errors import DatasetError

MOST_OUTSIDE = 0.15  # share of the fixations that may lie outside their pictures; glances beside a screen are fewer
ENOUGH = 10  # fixations outside; fewer are no evidence
CORNER, HALF = 0.25, 0.6  # of width and height: if all fixations lie within, their grid is, or may be, a smaller one
SCREENS = (
    *((1920, 1080), (1280, 1024), (1024, 768), (1680, 1050), (1366, 768), (1440, 900), (1600, 900), (1280, 720)),
    *((1280, 800), (1600, 1200), (1920, 1200), (800, 600), (1280, 960), (2560, 1440), (3840, 2160)),
)  # (width, height), the usual ones of eye trackers first
KINDS = "pixels, shares, center, norm, the screen as WIDTHxHEIGHT, or a factor such as 1.8"

log = logging.getLogger("wepsam")


def in_pixels(
    points: Mapping[str, np.ndarray], sizes: Mapping[str, tuple[int, int]], table: Path, kind: str | None = None
) -> tuple[dict[str, np.ndarray], str]:
    """The fixations of each picture in pixels from its top left corner.

    Args:
        points: for each picture its (N, 2) points as (x, y), as they stand in the table. NaN is a lost sample.
        sizes: (height, width) of each picture.
        table: for messages.
        kind: what they count; see `conversion`. None: pixels, or shares if all lie between 0 and 1. "pixels" is taken
            at its word: fixations outside the pictures are then left out with a warning, however many.

    Returns:
        The fixations of each picture, and what was done to them, in words; "" if nothing.

    Raises:
        DatasetError: an unknown kind, or most likely not this one: the line says which.
    """
    given, extent = _together(points, sizes)
    if lost := sum(map(len, points.values())) - len(given):
        log.warning("%s: %d fixations are NaN or infinite and are left out", table, lost)
    if kind is None and _are_shares(given, extent):
        log.warning("%s: x and y lie between 0 and 1 and are taken for shares of width and height", table)
        kind = "shares"
    convert = conversion("pixels" if kind is None else kind)
    converted = {name: convert(values, np.array(sizes[name][::-1])) for name, values in points.items()}
    _check_outside(convert(given, extent), extent, given, table, kind)
    if kind is None and len(points) >= ENOUGH / 2:
        _check_corner(given, extent, table)
    return converted, "" if kind in (None, "pixels") else f"x and y of the table read as {kind}"


def conversion(kind: str) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """The function from points and the (width, height) of their pictures to pixels.

    Args:
        kind: "pixels" from the top left corner; "shares" of width and height, 0 to 1; "center": pixels from the
            picture's center, y up (PsychoPy); "norm": from -1 to 1, y up; "1920x1080": pixels of a screen on whose
            center the picture was shown; "1.8": pixels of a picture that was shown so many times larger.

    Raises:
        DatasetError: no such kind.
    """
    if kind == "pixels":
        return lambda points, extent: points
    if kind == "shares":
        return lambda points, extent: points * extent
    if kind == "center":
        return lambda points, extent: points * (1, -1) + extent / 2
    if kind == "norm":
        return lambda points, extent: (points * (0.5, -0.5) + 0.5) * extent
    if screen := re.fullmatch(r"([1-9]\d*)x([1-9]\d*)", kind):
        whole = np.array([int(side) for side in screen.groups()])
        return lambda points, extent: points - (whole - extent) / 2
    if re.fullmatch(r"\d*\.?\d+", kind) and float(kind) > 0:
        return lambda points, extent: points / float(kind)
    raise DatasetError(f"coordinates are {KINDS}, not {kind!r}")


def _together(points: Mapping[str, np.ndarray], sizes: Mapping[str, tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """(N, 2) all points that are numbers, and (N, 2) for each the (width, height) of its picture."""
    every = np.concatenate([np.empty((0, 2)), *points.values()])
    extent = [np.tile(sizes[name][::-1], (len(values), 1)) for name, values in points.items()]
    known = np.isfinite(every).all(axis=1)
    return every[known], np.concatenate([np.empty((0, 2)), *extent])[known]


def _are_shares(points: np.ndarray, extent: np.ndarray) -> bool:
    """Whether all points lie between 0 and 1, but for glances beside the picture; pixels would fill the picture."""
    if len(points) < 3 or extent.min() <= 8 or (points == np.round(points)).all():
        return False
    within = ((points >= 0) & (points <= 1)).all(axis=1)
    return bool(within.mean() > 1 - MOST_OUTSIDE and np.abs(points[~within]).max(initial=0) <= 2)


def _check_outside(points: np.ndarray, extent: np.ndarray, given: np.ndarray, table: Path, kind: str | None) -> None:
    """Say how many points lie outside their pictures, or refuse them if it is a large share."""
    outside = int((~_inside(points, extent)).sum())
    said = f"{table}: {outside} of {len(points)} fixations lie outside their pictures"
    exchanged = 10 * int((~_inside(points[:, ::-1], extent)).sum()) < outside
    if outside >= ENOUGH and (outside > MOST_OUTSIDE * len(points) or exchanged) and kind != "pixels":
        likely = _likely(given, extent, exchanged)
        raise DatasetError(f"{said}, read as {kind or 'pixels'}: {likely}; if they are pixels, --coordinates pixels")
    if outside:
        log.warning("%s and are left out", said)


def _check_corner(points: np.ndarray, extent: np.ndarray, table: Path) -> None:
    """Look at where the points lie: refuse or doubt those that leave most of every picture empty."""
    inside = _inside(points, extent)
    if inside.sum() < 3 * ENOUGH:
        return
    x, y = np.quantile(points[inside] / extent[inside], 0.99, axis=0)
    if max(x, y) < CORNER:
        raise DatasetError(
            f"{table}: all fixations lie in the top left corner, within {x:.0%} of width and {y:.0%} of height; they "
            f"look like percent, degrees or pixels of a smaller picture: write pixels of the picture, or give the "
            f"factor (--coordinates {max(x, y):.2g}); if they are pixels, --coordinates pixels"
        )
    if max(x, y) < HALF:
        doubt = "%s: no fixation lies beyond %.0f %% of the width and %.0f %% of the height; of a smaller picture?"
        log.warning(doubt, table, 100 * x, 100 * y)


def _inside(points: np.ndarray, extent: np.ndarray) -> np.ndarray:
    return np.asarray(((points >= 0) & (points < extent)).all(axis=1))


def _likely(points: np.ndarray, extent: np.ndarray, exchanged: bool) -> str:
    """Why so many points lie outside, most likely, and what mends it."""

    def fits(kind: str) -> bool:
        moved = conversion(kind)(points, extent)
        middle = np.median(moved / extent, axis=0)
        return bool(_inside(moved, extent).mean() > 0.95 and (abs(middle - 0.5) < 0.2).all())

    if exchanged:
        return "x and y look exchanged, so exchange the columns"
    if ((points < 0).mean(axis=0) > 0.2).all() and fits("center"):
        if np.quantile(np.abs(points), 0.98) <= 1:
            return "they look like -1 to 1 from the center, y up (PsychoPy's norm), use --coordinates norm"
        return "they look like pixels from the center, y up (PsychoPy), use --coordinates center"
    if fits("shares"):
        return "they look like shares of width and height, use --coordinates shares"
    for width, height in SCREENS:
        if (extent <= (width, height)).all() and fits(kind := f"{width}x{height}"):
            return f"they look like pixels of a {kind} screen with the picture at its center, use --coordinates {kind}"
    factor = float(np.quantile(points / extent, 0.995))
    if (points >= 0).mean() > 0.95 and fits(str(factor)):
        return (
            f"the picture looks as if it was shown larger, at least {factor:.3g} times, use --coordinates with the "
            f"factor"
        )
    return f"they count something else than pixels of their picture, use --coordinates with one of {KINDS}"
