"""Drawings of lines and text over the picture: contours, hot spots, areas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from wepsam import colormaps
from wepsam.attention import coverage, hot_spots
from wepsam.attention.areas import Area
from wepsam.attention.hot_spots import HotSpot
from wepsam.drawing import contours, lettering
from wepsam.drawing.lettering import Room
from wepsam.drawing.scene import Disc, Line, Scene, Text, border
from wepsam.drawing.styles import Style
from wepsam.overlays import Color
from wepsam.shapes import Shape

if TYPE_CHECKING:
    from wepsam.attention.answers import Attention

HELD = (0.25, 0.5, 0.75)  # shares of the density that contours hold
LEVELS = (0.86, 0.62, 0.4)  # their places on the color ramp
CONTOURS = "Each line is around the places that get this share of all looks."
SPOTS = (
    "Places that people most likely look at, numbered by their shares of the expected attention. They are not a path."
)
EVEN = "No place stands out: all of them are looked at alike."
SPOT = 0.5  # the place of hot spots on the color ramp
PER_SCREEN, MOST_SPOTS = 2, 40  # hot spots of a page that was read screen by screen
AROUND = 3  # cells around a hot spot that its outline is found in
PLACES = 16  # on a line where its label may stand
LINE = 1 / 7  # of the text's size: the width of lines
# Colors of areas, by M. Okabe and K. Ito (2008): color-blind people can tell them apart. Their yellow is left out.
AREAS: tuple[Color, ...] = ((0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167), (86, 180, 233), (230, 159, 0))


def of_contours(answer: Attention, style: Style) -> Scene:
    """Lines around the places that hold 25, 50 and 75 % of the density."""
    shape, size = _sizes(answer, style)
    ramp = colormaps.colors(style.colors)
    colors = [_color(ramp[round(255 * level)]) for level in LEVELS]
    outlines = [[_pixels(line, shape, size) for line in contours.holding(answer.density, share)] for share in HELD]
    room, lines, texts = Room(shape), [], []
    for share, color, found in zip(HELD, colors, outlines, strict=True):
        lines += [Line(points, color, _width(size)) for points in found]
        if found:
            others = [points for other in outlines if other is not found for points in other]
            text, wide = f"{share:.0%}", lettering.width(f"{share:.0%}", size)
            center = room.find(
                (wide, lettering.PLATE * size), _along(found[0]), np.concatenate(others) if others else None
            )
            texts += [Text(text, center, size, wide, color)] if center else []
    # The line of the largest share comes first: the others lie on top of it.
    return Scene(shape, tuple(lines[::-1]), (), tuple(texts), CONTOURS if lines else EVEN)


def of_hot_spots(answer: Attention, style: Style) -> Scene:
    """The hot spots, numbered by their shares, with their outlines."""
    shape, size = _sizes(answer, style)
    color = _color(colormaps.colors(style.colors)[round(255 * SPOT)])
    radius = 0.95 * size
    limit = min(max(hot_spots.LIMIT, round(PER_SCREEN * answer.screens)), MOST_SPOTS)
    spots = hot_spots.regions(answer.density, limit)
    room, lines, discs, texts = Room(shape), [], [], []
    for spot, cells in spots:
        if outline := _reach(answer.density, spot, cells):
            lines.append(Line(_pixels(outline[0], shape, size), color, _width(size)))
        center = _inside(spot.peak, shape, radius)
        discs.append(Disc(center, radius, color))
        texts.append(Text(str(spot.number), center, size, 0, color))
        room.take(center, (2 * radius, 2 * radius))
    for (spot, _), disc in zip(spots, discs, strict=True):
        (x, y), text = disc.center, _percent(spot.share)
        wide, away = lettering.width(text, size), radius + 0.7 * size
        beside = wide / 2 + radius
        centers = [(x + beside, y), (x - beside, y), (x, y + away), (x, y - away)]
        if center_of_text := room.find((wide, lettering.PLATE * size), centers):
            texts.append(Text(text, center_of_text, size, wide, color))
    return Scene(shape, tuple(lines), tuple(discs), tuple(texts), SPOTS if spots else EVEN)


def of_areas(answer: Attention, style: Style) -> Scene:
    """The outlines of the areas, each with its share and the interval.

    Raises:
        ValueError: the answer has no areas.
    """
    if not answer.areas:
        raise ValueError("there are no areas to draw: give `attend` areas (--areas FILE)")
    shape, size = _sizes(answer, style)
    room = Room(shape)
    lines: list[Line] = []
    texts: list[Text] = []
    left_out = 0
    by_share = sorted(range(len(answer.areas)), key=lambda place: answer.areas[place].rank)
    for place in by_share:
        score, color = answer.areas[place], AREAS[place % len(AREAS)]
        outline = [_pixels(line, shape, size) for line in outlines(answer.shapes[place])]
        lines += [Line(points, color, _width(size)) for points in outline]
        numbers = f"{_percent(score.share)} ({100 * score.share_low:.0f}-{score.share_high:.0%})"
        for text in (_labeled(score.label, numbers, size, 0.9 * shape[1]), _percent(score.share)):
            wide, high = lettering.width(text, size), lettering.PLATE * size
            if center := room.find((wide, high), _around(outline, wide, high, _width(size))):
                texts.append(Text(text, center, size, wide, color))
                break
        else:
            left_out += 1
    caption = (
        "Share of all looks that is expected in each area; in brackets what a group of "
        f"{answer.group.viewers} viewers would show in {answer.group.seconds:g} s, in 9 of 10 cases."
    )
    caption += f" {left_out} labels have no room." if left_out else ""
    return Scene(shape, tuple(lines[::-1]), (), tuple(texts), caption)


def outlines(area: Area) -> list[np.ndarray]:
    """The closed (N, 2) lines around an area, (x, y) in shares of the picture's sides."""
    if area.box is not None:
        x0, y0, x1, y1 = area.box
        return [np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])]
    if area.mask is None:
        return [*area.polygons]
    rows, columns = (coverage.edges(count) for count in contours.shape_of_outline(*area.mask.size))
    return contours.loops(area.coverage(rows, columns), 0.5)


def _percent(share: float) -> str:
    """A share in percent; what is less than one has a decimal."""
    return f"{share:.0%}" if share >= 0.01 or share < 0.0005 else f"{share:.1%}"


def _labeled(label: str, numbers: str, size: int, most: float) -> str:
    """A label and its numbers; a label that is too long is cut, the numbers are not."""
    rest = most - lettering.width(f" {numbers}", size)
    return f"{lettering.fitted(label, size, max(rest, 4 * size))} {numbers}"


def _around(outline: Sequence[np.ndarray], wide: float, high: float, width: float) -> list[lettering.Point]:
    """Where the label of an area may stand: inside it at its upper left, above it, below it, and so on."""
    if not outline:
        return []
    corners = np.concatenate(outline)
    (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
    gap = 2 * width
    left, right = x0 + gap + wide / 2, x1 - gap - wide / 2
    inside = [y0 + gap + high / 2, y1 - gap - high / 2, (y0 + y1) / 2]
    outside = [y0 - gap - high / 2, y1 + gap + high / 2]
    fits = x1 - x0 > wide + 2 * gap and y1 - y0 > high + 2 * gap
    levels = [*inside, *outside] if fits else [*outside, *inside]
    beside = [(x1 + gap + wide / 2, inside[0]), (x0 - gap - wide / 2, inside[0])]
    return [*((x, y) for y in levels for x in (left, (x0 + x1) / 2, right)), *beside]


def _along(line: np.ndarray) -> list[lettering.Point]:
    """Where the label of a line may stand: on it, from its highest point on."""
    from_top = np.roll(line, -int(line[:, 1].argmin()), axis=0)[:: max(1, len(line) // PLACES)]
    return [(float(x), float(y)) for x, y in from_top]


def _inside(place: lettering.Point, shape: Shape, radius: float) -> lettering.Point:
    """A place in shares of the sides in pixels, moved so that a disc around it is inside the picture."""
    x, y = (
        min(max(share * side, radius), max(radius, side - radius))
        for share, side in zip(place, shape[::-1], strict=True)
    )
    return x, y


def _sizes(answer: Attention, style: Style) -> tuple[Shape, int]:
    """(height, width) of the picture in the drawing, and the size of its text."""
    shape = style.shape(*answer.stimulus.shape[:2])
    return shape, style.text(shape)


def _reach(density: np.ndarray, spot: HotSpot, cells: np.ndarray) -> list[np.ndarray]:
    """The line around a hot spot, in shares of the picture's sides: where its density is half of its peak."""
    sides = np.array(density.shape[::-1])
    low = np.maximum(np.floor(np.array(spot.box[:2]) * sides).astype(int) - AROUND, 0)
    high = np.minimum(np.ceil(np.array(spot.box[2:]) * sides).astype(int) + AROUND, sides)
    part = slice(low[1], high[1]), slice(low[0], high[0])
    found = contours.loops(contours.smoothed(np.where(cells[part], density[part], 0)), hot_spots.REACH)
    return [(_smooth(line) * (high - low) + low) / sides for line in found[:1]]


def _smooth(line: np.ndarray) -> np.ndarray:
    """A closed line without the steps of the cells in which hot spots end where another one begins."""
    reach = min(2 * contours.FINEST, (len(line) - 1) // 4)
    return np.asarray(np.mean([np.roll(line, by, axis=0) for by in range(-reach, reach + 1)], axis=0))


def _width(size: int) -> float:
    return max(1.5, LINE * size)


def _pixels(line: np.ndarray, shape: Shape, size: int) -> np.ndarray:
    """A line in pixels; where it runs along the border of the picture it is moved inside by half of its width."""
    half = min(_width(size) / 2 + border(_width(size)), min(shape) / 4)
    sides = np.array(shape[::-1])
    return np.clip(line * sides, half, sides - half)


def _color(rgb: np.ndarray) -> Color:
    red, green, blue = (int(value) for value in rgb)
    return red, green, blue
