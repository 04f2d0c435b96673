"""Text in drawings: how large it is, where there is room for it, and captions below the picture."""

import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from wepsam import overlays
from wepsam.drawing.styles import Style
from wepsam.shapes import Shape

LINE = 1.35  # of the text's size from line to line
PLATE = 1.3  # of the text's size: the height of the plate on which it stands
MARGIN = 0.3  # of the text's size: the margin of its plate at both ends
NARROWEST = 8  # text sizes: the width of a picture that has a caption
MOST_COVERED = 0.1  # of a text that may lie on others where there is no better place
# Fonts of systems with more letters than Pillow's own, which are used only for texts that need them.
FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "arialuni.ttf", "Arial Unicode.ttf",
         "arial.ttf", "Arial.ttf", "NotoSansCJK-Regular.ttc", "msyh.ttc", "PingFang.ttc")  # fmt: skip
MISSING = "\U0010fffe"  # a character that no font has

Point = tuple[float, float]


def typeface(text: str, size: int) -> ImageFont.FreeTypeFont:
    """A font that has all letters of a text: Pillow's own, else one of the system, else Pillow's own again."""
    return _typeface(frozenset(text), size)


@lru_cache(256)
def _typeface(letters: frozenset[str], size: int) -> ImageFont.FreeTypeFont:
    own = overlays.typeface(size)
    for font in [own, *(() if letters <= _letters(own) else _of_system(size))]:
        if letters <= _letters(font, letters):
            return font
    return own


def _letters(font: ImageFont.FreeTypeFont, among: Iterable[str] = map(chr, range(32, 127))) -> set[str]:
    """Those of some letters that a font has."""
    missing = bytes(font.getmask(MISSING))
    return {letter for letter in among if letter == " " or bytes(font.getmask(letter)) != missing}


@lru_cache(16)
def _of_system(size: int) -> list[ImageFont.FreeTypeFont]:
    found = []
    for name in FONTS:
        with suppress(OSError):
            found.append(ImageFont.truetype(name, size))
    return found


def writable(text: str, size: int) -> str:
    """A text as it can be drawn: letters that no font has lose their accents, or become question marks."""
    font = typeface(text, size)
    letters = _letters(font, set(text))
    plain = (letter if letter in letters else _plain(letter, font) for letter in text)
    return "".join(plain)


def _plain(letter: str, font: ImageFont.FreeTypeFont) -> str:
    bare = unicodedata.normalize("NFKD", letter)[0]
    return bare if bare in _letters(font, bare) else "?"


def width(text: str, size: int) -> float:
    """The width of a text in pixels, with the margins of its plate."""
    return typeface(text, size).getlength(text) + 2 * MARGIN * size


def fitted(text: str, size: int, most: float) -> str:
    """A text that is at most so wide; a longer one is cut and ends in an ellipsis."""
    return overlays.cut(text, typeface(text, size), max(0, int(most - 2 * MARGIN * size)))


class Room:
    """Where there is room for text on a picture."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self._taken: list[tuple[float, float, float, float]] = []

    def take(self, center: Point, size: Point) -> None:
        """Keep other texts from a place, given as (x, y) and (width, height)."""
        (x, y), (wide, high) = center, size
        self._taken.append((x - wide / 2, y - high / 2, x + wide / 2, y + high / 2))

    def find(self, size: Point, centers: Iterable[Point], avoided: np.ndarray | None = None) -> Point | None:
        """Take the first of some places where a text of this size lies on no other.

        Args:
            size: (width, height) of the text.
            centers: (x, y), the best first; they are moved into the picture.
            avoided: (N, 2) points on which the text should not lie: the place with the fewest is taken.

        Returns:
            The center of the text; None if it has no room, and is left out.
        """
        wide, high = size
        if wide > self.shape[1] or high > self.shape[0]:
            return None
        places = [
            (min(max(x, wide / 2), self.shape[1] - wide / 2), min(max(y, high / 2), self.shape[0] - high / 2))
            for x, y in centers
        ]
        best = min(places, key=lambda place: self._cost(place, size, avoided), default=None)
        if best is None or self._covered(best, size) > MOST_COVERED * wide * high:
            return None
        self.take(best, size)
        return best

    def _cost(self, center: Point, size: Point, avoided: np.ndarray | None) -> tuple[float, float]:
        on = 0.0
        if avoided is not None and len(avoided):
            on = float(np.all(np.abs(avoided - center) <= np.array(size) / 2, axis=1).sum())
        return round(self._covered(center, size), 3), on

    def _covered(self, center: Point, size: Point) -> float:
        """Pixels of a text at this place that lie on others."""
        if not self._taken:
            return 0.0
        taken = np.array(self._taken)
        half = np.array(size) / 2
        low, high = np.array(center) - half, np.array(center) + half
        sides = np.minimum(high, taken[:, 2:]) - np.maximum(low, taken[:, :2])
        return float(np.maximum(sides, 0).prod(axis=1).sum())


def with_caption(drawn: np.ndarray, text: str, style: Style) -> np.ndarray:
    """A drawing with a text on white below it, if it has a caption; see `has_caption`."""
    shape = drawn.shape[0], drawn.shape[1]
    if not has_caption(shape, style):
        return drawn
    return np.concatenate([drawn, caption(text, shape[1], style.text(shape))])


def has_caption(shape: Shape, style: Style) -> bool:
    """Whether a caption stands below a picture of this (height, width): not where it is too narrow for words."""
    return style.legend and shape[1] >= NARROWEST * style.text(shape)


def caption(text: str, width: int, size: int) -> np.ndarray:
    """(h, width, 3) uint8: a text on white, in as many lines as it takes."""
    lines = caption_lines(text, width, size)
    strip = Image.new("RGB", (width, caption_height(len(lines), size)), "white")
    draw = ImageDraw.Draw(strip)
    for place, line in enumerate(lines):
        draw.text(caption_place(place, size, width), line, overlays.STRONG[0], overlays.typeface(size), "lm")
    return np.asarray(strip)


def caption_lines(text: str, width: int, size: int) -> list[str]:
    """The lines of a caption of a width in pixels, broken between words."""
    font = overlays.typeface(size)
    room = width - 2 * caption_place(0, size, width)[0]
    lines: list[str] = []
    for word in text.split():
        if lines and font.getlength(f"{lines[-1]} {word}") <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return [overlays.cut(line, font, int(room)) for line in lines]


def caption_height(lines: int, size: int) -> int:
    """The height of the strip of a caption in pixels."""
    return round(LINE * size * lines + 0.7 * size)


def caption_place(line: int, size: int, wide: int) -> Point:
    """The left end, (x, y of the middle), of a line of a caption in its strip."""
    return min(size // 2, wide // 8), size * (0.35 + LINE * (line + 0.5))
