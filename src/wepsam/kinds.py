"""Is a picture a photograph? If not, what does it look like: a web page, a chart, a page of text?

Networks that have learned from photographs are no guide to where people look on a screen. What is drawn by a program
has few colors, flat areas that meet in sharp steps, straight lines along the rows and columns of pixels, and letters on
flat ground. Such measures of a small copy of the picture enter a logistic rule of four kinds. Its numbers are in
kinds.json beside this file, with the pictures that they are from and the rates of warnings; learn/kinds.py made them.
"""

import json
import sys
import warnings
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from wepsam.images import MAX_PIXELS, Source, read_sized, source_name

PHOTOGRAPH, WEB_PAGE = "photograph", "web page"
KINDS = (PHOTOGRAPH, WEB_PAGE, "chart", "page of text")
PLURALS = {"web page": "web pages", "chart": "charts", "page of text": "pages of text"}
CARD = Path(__file__).with_name("kinds.json")

AREA = 256 * 192  # pixels of the copy that is measured; smaller pictures are measured as they are
SKIPPED = 3  # of a large picture only every n-th pixel is read, so that the copy still averages over so many a side
LEAST_SIDE = 24  # pixels: nothing can be said about less
# Differences of 8-bit values, the largest of the three colors.
BORDER = 12  # within a row or column of a border, such as a letterbox, after JPEG
FLAT, STRAIGHT = 2, 4  # at most: between neighbors in a flat area; along a straight line
STEP, SHARP, VERY_SHARP = 8, 24, 40  # more: across a line; across a sharp step; a very sharp one
RUN = 16  # pixels that a straight line is long; a power of 2
LETTER = 4  # pixels from flat ground, over a letter, to the same ground


class PictureWarning(UserWarning):
    """A picture does not look like the pictures that a model has learned from."""


def looks_like(picture: Source, max_pixels: int = MAX_PIXELS) -> str:
    """What kind of picture this is, by its flat areas, steps, lines and colors (errors: docs/explanation/kinds.md).

    Args:
        picture: a path, bytes, PIL picture or array; see `wepsam.read_image`.
        max_pixels: larger pictures are refused before they are decoded.

    Returns:
        "photograph", "web page", "chart" or "page of text". Screens of programs count as web pages. A blank picture,
        and one of less than 24 pixels on a side, count as photographs: there is nothing to see.

    Raises:
        ImageError: the picture cannot be read.

    Examples:
        >>> import numpy as np, wepsam
        >>> wepsam.looks_like(np.full((120, 160, 3), 128, np.uint8))  # a blank picture
        'photograph'
    """
    return kind(read_sized(picture, smallest=512, max_pixels=max_pixels)[0])


def kind(stimulus: np.ndarray) -> str:
    """The kind of an (H, W, 3) uint8 RGB picture, one of KINDS."""
    measured = measures(stimulus)
    return PHOTOGRAPH if measured is None else decide(measured, card()["rule"])


def decide(measured: Mapping[str, float], rule: Mapping[str, Any]) -> str:
    """The kind that a rule says.

    Args:
        measured: by name, as `measures` gives them.
        rule: "drawn", the logarithm of the odds that the picture is no photograph, and for each kind but the photograph
            and the web page the logarithm of its odds over a web page; each as a "constant" and a weight for each
            measure. A picture is warned of if the first is above 0. It is the most likely of the other kinds whose
            odds are above 0, and a web page if there is none.
    """
    odds = {
        name: numbers["constant"] + sum(numbers[measure] * value for measure, value in measured.items())
        for name, numbers in rule.items()
    }
    if odds["drawn"] <= 0:
        return PHOTOGRAPH
    best = max(KINDS[2:], key=lambda name: odds[name])
    return best if odds[best] > 0 else WEB_PAGE


@cache
def card() -> dict[str, Any]:
    """The numbers of the rule, the pictures that they were learned from, and the rates of warnings."""
    return json.loads(CARD.read_text(encoding="utf-8"))


def message(seen: str, source: Source) -> str:
    """The warning for a kind of picture, in one line; with the name of its file, if it has one."""
    name = source_name(source)
    text = f"this looks like a {seen}; the model has learned from photographs"
    return text if name.startswith("<") else f"{name}: {text}"


def warn(text: str) -> None:
    """Issue a PictureWarning at the line that called this package, however deep the call went."""
    frame, level = sys._getframe(), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "wepsam":
        frame, level = frame.f_back, level + 1
    warnings.warn(text, PictureWarning, stacklevel=level)


def measures(stimulus: np.ndarray) -> dict[str, float] | None:
    """What tells a drawn picture from a photograph, each from 0 to 1, by name.

    Shares are of the pixels inside a plain border. Their square roots are taken, since a share of .01 that is .04
    elsewhere says as much as .25 that is 1.

    Args:
        stimulus: (H, W, 3) uint8 RGB.

    Returns:
        The measures; None if there is nothing inside the border.
    """
    picture = without_border(_small(stimulus))
    if min(picture.shape[:2]) < LEAST_SIDE:
        return None
    planes = np.ascontiguousarray(np.moveaxis(picture, 2, 0))  # several times as fast
    across = _steps(planes[:, :-1, :-1], planes[:, :-1, 1:])  # (h - 1, w - 1), to the right neighbor
    down = _steps(planes[:, :-1, :-1], planes[:, 1:, :-1])
    largest = np.maximum(across, down)
    flat, sharp = largest <= FLAT, largest > SHARP
    along_columns, along_rows = down <= STRAIGHT, across <= STRAIGHT
    along = sharp & (along_columns | along_rows)
    gray = _gray(planes.astype(np.int16))
    colors = _shares(planes)
    shares = {
        "flat": _share(flat),
        "very sharp steps": _share(largest > VERY_SHARP),
        "most frequent color": colors[:1].sum(),
        "eight most frequent colors": colors.sum(),
        "second level of gray": _second_level(gray),
        "vertical lines": _long(across > STEP),
        "horizontal lines": _long((down > STEP).T),
        "straight vertical lines": _long((across > STEP) & along_columns),
        "straight horizontal lines": _long(((down > STEP) & along_rows).T),
        "steps along rows or columns": _share(along) / (_share(sharp) + 1 / 500),  # near 0 if few are sharp
        "letters on flat ground": _letters(flat, across > SHARP, gray),
        "colorful": _difference(planes[0], planes[2]).mean() / 255,
    }
    return {name: float(np.sqrt(share)) for name, share in shares.items()}


def without_border(picture: np.ndarray) -> np.ndarray:
    """The part of an (h, w, 3) uint8 picture inside its plain borders, as of letterboxes and frames, one in another."""
    for _ in range(6):
        before = picture.shape
        if not picture.size:
            break
        top, bottom = _inside(picture)
        picture = picture[top:bottom]
        left, right = _inside(picture.transpose(1, 0, 2))
        picture = picture[:, left:right]
        if picture.shape == before:
            break
    return picture


def _inside(picture: np.ndarray) -> tuple[int, int]:
    """The first row behind the plain ones at the top, and the first of those at the bottom.

    The outermost row inside is a mixture of border and picture and is left out, too.
    """
    rows = range(len(picture))
    first = next((row for row in rows if _spread(picture[row]) > BORDER), len(picture))
    last = next((row for row in reversed(rows[first:]) if _spread(picture[row]) > BORDER), first)
    return (first + 1 if first else 0), (last if last + 1 < len(picture) else last + 1)


def _spread(row: np.ndarray) -> int:
    """The largest range of a color in a (w, 3) row; 0 for an empty one."""
    return int((row.max(axis=0).astype(int) - row.min(axis=0)).max()) if len(row) else 0


def _small(stimulus: np.ndarray) -> np.ndarray:
    """A copy of about AREA pixels at most, by averages."""
    height, width = stimulus.shape[:2]
    factor = (height * width / AREA) ** 0.5
    if factor <= 1:
        return stimulus
    step = max(1, int(factor / SKIPPED))
    picture = Image.fromarray(np.ascontiguousarray(stimulus[::step, ::step]))
    size = max(1, round(width / factor)), max(1, round(height / factor))
    return np.asarray(picture.resize(size, Image.Resampling.BOX, reducing_gap=1.0))


def _steps(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(h, w) the largest difference of two (3, h, w) pictures over the colors."""
    red, green, blue = _difference(one, other)
    return np.maximum(np.maximum(red, green), blue)


def _gray(planes: np.ndarray) -> np.ndarray:
    red, green, blue = planes
    return np.asarray((5 * red + 9 * green + 2 * blue) >> 4)


def _difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The absolute difference of unsigned integers."""
    return np.asarray(np.maximum(one, other) - np.minimum(one, other))


def _share(chosen: np.ndarray) -> float:
    """The share of the pixels that are chosen: the mean of an array of truth values, ten times as fast."""
    return np.count_nonzero(chosen) / chosen.size


def _shares(planes: np.ndarray) -> np.ndarray:
    """The shares of the eight most frequent colors, of 32 levels of red, green and blue, the most frequent first."""
    red, green, blue = (planes >> 3).astype(np.uint16)
    counts = np.bincount((red << 10 | green << 5 | blue).ravel(), minlength=1 << 15)
    frequent = counts[counts > red.size / 2000]  # most of the others do not occur at all: sorting them takes long
    return np.sort(frequent)[:-9:-1] / red.size


def _second_level(gray: np.ndarray) -> float:
    """The share of the second most frequent level of gray, five values wide and apart from the first."""
    counts = np.bincount(gray.ravel(), minlength=256)
    first = int(np.convolve(counts, np.ones(5), "same").argmax())
    counts[max(0, first - 4) : first + 5] = 0
    return float(np.convolve(counts, np.ones(5), "same").max() / gray.size)


def _long(steps: np.ndarray) -> float:
    """The share of (h, w) pixels with steps at which a vertical line of RUN pixels ends."""
    runs, length = steps[1:], 1  # the first row is not counted
    while length < RUN:
        runs, length = runs[length:] & runs[:-length], 2 * length
    return np.count_nonzero(runs) / steps.size


def _letters(flat: np.ndarray, sharp: np.ndarray, gray: np.ndarray) -> float:
    """The share of pixels of flat ground that come back LETTER pixels further right, after a sharp step."""
    ground = gray[:-1, :-1]
    same = flat[:, :-LETTER] & flat[:, LETTER:] & (np.abs(ground[:, :-LETTER] - ground[:, LETTER:]) <= 3)
    between = sharp[:, 1:-3] | sharp[:, 2:-2] | sharp[:, 3:-1]
    return _share(same & between)
