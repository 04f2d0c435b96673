"""What is drawn over a picture as lines and text, and how it becomes pixels."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw

from wepsam import overlays, srgb
from wepsam.drawing import lettering
from wepsam.overlays import Color
from wepsam.shapes import Shape

LIGHT: Color = (255, 255, 255)
DARK: Color = overlays.STRONG[0]
FINE = 3  # lines are drawn so many times larger, then reduced: their edges are smooth
PIECE = 50  # pixels, about a quarter of the line that is drawn at a time
ROUND = 40  # corners of a disc
EVEN = 0.2  # the luminance of a color to which light and dark have the same contrast
BRIGHT = 0.45  # the luminance from which a line would be lost on white


@dataclass(frozen=True, eq=False)
class Line:
    """A closed line with a border that sets it off from any ground.

    Attributes:
        points: (N, 2) corners as (x, y) in pixels.
        color: RGB.
        width: in pixels, without the border.
    """

    points: np.ndarray
    color: Color
    width: float


@dataclass(frozen=True)
class Disc:
    """A filled disc, on which a number stands.

    Attributes:
        center: (x, y) in pixels.
        radius: in pixels, with its border.
        color: RGB.
    """

    center: lettering.Point
    radius: float
    color: Color


@dataclass(frozen=True)
class Text:
    """A text on one line.

    Attributes:
        text: as it was given; it may have any letters.
        center: (x, y) in pixels.
        size: of the letters, in pixels.
        width: of its plate in pixels; 0 for a number on a disc.
        plate: RGB of the plate or disc on which it stands, so that it can be read on any ground.
    """

    text: str
    center: lettering.Point
    size: int
    width: float
    plate: Color

    @property
    def color(self) -> Color:
        """The color of the letters."""
        return against(self.plate)

    @property
    def height(self) -> float:
        """The height of the plate in pixels."""
        return lettering.PLATE * self.size


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that is drawn over a picture.

    Attributes:
        shape: (height, width) of the picture in pixels.
        lines: the last on top.
        discs: on top of the lines.
        texts: on top of everything.
        caption: what is shown, for the strip below.
    """

    shape: Shape
    lines: tuple[Line, ...]
    discs: tuple[Disc, ...]
    texts: tuple[Text, ...]
    caption: str


def against(color: Color) -> Color:
    """Light or dark, whichever has more contrast to a color: letters on it."""
    return LIGHT if _luminance(color) < EVEN else DARK


def around(color: Color) -> Color:
    """The border of lines of a color: light, but around light ones."""
    return LIGHT if _luminance(color) < BRIGHT else DARK


def _luminance(color: Color) -> float:
    """From 0 to 1, as in WCAG 2."""
    return float(srgb.to_linear(np.array(color)) @ (0.2126, 0.7152, 0.0722))


def border(width: float) -> float:
    """The width of the border at each side of a line, in pixels."""
    return max(1.0, 0.4 * width)


def painted(stimulus: np.ndarray, scene: Scene) -> np.ndarray:
    """(H, W, 3) uint8: a scene over a picture of its size, which is not changed."""
    drawn = stimulus.copy()
    pens: dict[tuple[Color, float], list[np.ndarray]] = {}
    for line in scene.lines:
        pens.setdefault((around(line.color), line.width + 2 * border(line.width)), []).append(line.points)
    for line in scene.lines:
        pens.setdefault((line.color, line.width), []).append(line.points)
    _stroke(drawn, [(*pen, lines) for pen, lines in pens.items()])
    for disc in scene.discs:
        rim = border(disc.radius / 6)
        outer, inner = (round_line(disc.center, radius) for radius in (disc.radius, disc.radius - rim))
        _stroke(drawn, [(around(disc.color), 0.0, [outer]), (disc.color, 0.0, [inner])])
    for text in scene.texts:
        if text.width:
            _stroke(drawn, [(text.plate, 0.0, [plate(text)])])
    picture = Image.fromarray(drawn)
    draw = ImageDraw.Draw(picture)
    for text in scene.texts:
        written = lettering.writable(text.text, text.size)
        draw.text(text.center, written, text.color, lettering.typeface(written, text.size), "mm")
    return np.asarray(picture)


def plate(text: Text) -> np.ndarray:
    """(4, 2) the corners of the plate of a text."""
    (x, y), half, high = text.center, text.width / 2, text.height / 2
    return np.array([(x - half, y - high), (x + half, y - high), (x + half, y + high), (x - half, y + high)])


def round_line(center: lettering.Point, radius: float) -> np.ndarray:
    """(N, 2) a circle as a closed line."""
    turn = np.linspace(0, 2 * np.pi, ROUND, endpoint=False)
    return np.array(center) + radius * np.stack([np.cos(turn), np.sin(turn)], axis=1)


def _stroke(drawn: np.ndarray, pens: list[tuple[Color, float, list[np.ndarray]]]) -> None:
    """Draw closed lines onto a picture: for each pen a color, a width in pixels, which is 0 to fill, and its lines."""
    height, width = drawn.shape[:2]
    for color, wide, lines in pens:
        for points in [piece for line in lines for piece in (_pieces(line) if wide else [line])]:
            left, top = np.maximum(0, np.floor(points.min(axis=0) - wide - 1)).astype(int)
            right, bottom = np.minimum((width, height), np.ceil(points.max(axis=0) + wide + 1)).astype(int)
            if left >= right or top >= bottom:
                continue
            part = slice(top, bottom), slice(left, right)
            picture = Image.fromarray(drawn[part])
            mask = Image.new("L", (FINE * picture.width, FINE * picture.height))
            draw = ImageDraw.Draw(mask)
            corners = [(float(x), float(y)) for x, y in FINE * (points - (left, top))]
            if wide:
                draw.line(corners, 255, max(1, round(FINE * wide)), joint="curve")
            else:
                draw.polygon(corners, 255)
            picture.paste(color, mask=mask.reduce(FINE))
            drawn[part] = np.asarray(picture)


def _pieces(line: np.ndarray) -> list[np.ndarray]:
    """A closed line as short open ones that overlap: each needs a small mask only."""
    ends = np.concatenate([line, line[:2]])
    points = [
        np.linspace(one, other, max(1, int(np.hypot(*(other - one)) / PIECE)), endpoint=False)
        for one, other in pairwise(ends)
    ]
    fine = np.concatenate(points)
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(fine, axis=0).T))])
    cuts = [*np.unique((along // (4 * PIECE)).astype(int), return_index=True)[1].tolist(), len(fine)]
    return [fine[max(0, first - 1) : last + 1] for first, last in pairwise(cuts)]
