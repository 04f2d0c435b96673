"""Charts, pages of text and web pages, drawn at random: what `learn.kinds` learns from beside screenshots."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

TEXT = (
    "the picture of an observer and to in that is was for it with as his on be at by had not are but from or have "
    "they which one you were all her she there would their we him been has when who will no more if out so what up "
    "into about than them can only other time new some could these two may first then do any like my now over such "
    "fixation center density network contrast luminance frequency orientation attention measured"
)
Color = tuple[int, int, int]
Font = ImageFont.ImageFont | ImageFont.FreeTypeFont


class Box(NamedTuple):
    """The place of a chart in its picture, in pixels."""

    left: float
    top: float
    right: float
    bottom: float


def chart(rng: np.random.Generator) -> np.ndarray:
    """Bars, lines, points or a pie, with labels; (H, W, 3) uint8."""
    width, height = int(rng.integers(480, 1100)), int(rng.integers(360, 800))
    ground, ink = _theme(rng, dark=0.15)
    picture = Image.new("RGB", (width, height), ground)
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(float(rng.integers(11, 19)))
    box = Box(0.1 * width, 0.1 * height, 0.93 * width, 0.87 * height)
    draw.text((width * rng.uniform(0.1, 0.4), height * 0.03), _words(rng, 5), ink, font)
    form = (_bars, _lines, _points, _pie)[rng.integers(4)]
    if form is not _pie:
        _axes(draw, rng, box, ink, _mixed(ground, ink, 0.15), font)
    colors = [_color(rng) for _ in range(rng.integers(2, 7))]
    form(draw, rng, box, colors)
    if rng.random() < 0.5:
        for k, color in enumerate(colors):
            x, y = box.right - 90, box.top + 10 + 20 * k
            draw.rectangle((x, y, x + 14, y + 12), color)
            draw.text((x + 20, y - 2), _words(rng, 1), ink, font)
    return np.asarray(picture)


def text_page(rng: np.random.Generator) -> np.ndarray:
    """Paragraphs in one or two columns under a heading, as typeset or as scanned; (H, W, 3) uint8."""
    width = int(rng.integers(500, 1000))
    height = int(width * rng.choice([1.41, 1.29, 0.75]))
    scanned = rng.random() < 0.4
    paper = int(rng.integers(225, 256)) if scanned else 255
    picture = Image.new("RGB", (width, height), (paper, paper, paper - int(rng.integers(0, 16)) * scanned))
    draw = ImageDraw.Draw(picture)
    size = float(rng.integers(10, 20))
    margin, columns = int(width * rng.uniform(0.05, 0.13)), int(rng.integers(1, 3))
    y = margin + int(3 * size)
    draw.text((margin, margin), _words(rng, 4).title(), (0, 0, 0), ImageFont.load_default(size * 1.7))
    span = (width - 2 * margin - (columns - 1) * margin // 2) / columns
    for column in range(columns):
        x = margin + column * (span + margin / 2)
        _paragraphs(draw, rng, (x, y, span, height - margin - y), size, (20, 20, 20))
    if scanned:
        picture = picture.rotate(rng.normal(0, 0.7), Image.Resampling.BICUBIC, fillcolor=picture.getpixel((0, 0)))
        light = np.linspace(1, rng.uniform(0.85, 1), width)[None, :, None]
        noisy = np.asarray(picture) * light + rng.normal(0, 2.5, (height, width, 3))
        return np.clip(noisy, 0, 255).astype(np.uint8)
    return np.asarray(picture)


def web_page(rng: np.random.Generator, photographs: Sequence[np.ndarray] = ()) -> np.ndarray:
    """A bar, a large picture with a headline and a button, then cards or columns of text; (H, W, 3) uint8.

    Args:
        rng: chooses colors, sizes, words, and among the photographs.
        photographs: for the large picture and the cards; colors stand for them where there are none.
    """
    width, height = int(rng.choice([1024, 1280, 1366])), int(rng.choice([694, 768, 900]))
    ground, ink = _theme(rng, dark=0.4)
    picture = Image.new("RGB", (width, height), ground)
    draw = ImageDraw.Draw(picture)
    bar = int(rng.integers(44, 90))
    color = _color(rng) if rng.random() < 0.5 else _mixed(ground, ink, 0.06)
    draw.rectangle((0, 0, width, bar), color)
    light = (255, 255, 255) if sum(color) < 400 else (20, 20, 20)
    draw.text((30, bar / 2 - 12), _words(rng, 1).title(), light, ImageFont.load_default(24.0))
    for k in range(int(rng.integers(3, 8))):
        draw.text((width - 110 * (k + 1), bar / 2 - 8), _words(rng, 1).title(), light, ImageFont.load_default(15.0))
    y = bar
    if rng.random() < 0.7:
        tall, white, x = int(height * rng.uniform(0.3, 0.6)), (255, 255, 255), width * 0.08
        _fill(picture, draw, rng, photographs, (0, y, width, tall))
        draw.text((x, y + tall * 0.35), _words(rng, 4).title(), white, ImageFont.load_default(46.0))
        button = y + tall * 0.65
        draw.rounded_rectangle((x, button, x + 170, button + 44), 6, _color(rng))
        draw.text((x + 30, button + 10), _words(rng, 2).title(), white, ImageFont.load_default(18.0))
        y += tall
    columns = int(rng.integers(2, 5))
    span, gap = width / columns, 24
    for column in range(columns):
        x, top = column * span + gap, y + gap
        if rng.random() < 0.6:
            tall = int((height - y) * rng.uniform(0.2, 0.6))
            _fill(picture, draw, rng, photographs, (int(x), top, int(span - 2 * gap), tall))
            top += tall + 12
        draw.text((x, top), _words(rng, 3).title(), ink, ImageFont.load_default(20.0))
        _paragraphs(draw, rng, (x, top + 34, span - 2 * gap, height - top - 34), 14.0, _mixed(ground, ink, 0.8))
    return np.asarray(picture)


DRAWN: dict[str, Callable[[np.random.Generator], np.ndarray]] = {"chart": chart, "page of text": text_page}


def _axes(draw: ImageDraw.ImageDraw, rng: np.random.Generator, box: Box, ink: Color, faint: Color, font: Font) -> None:
    """Two axes with numbers and names; often a grid, often a frame."""
    if rng.random() < 0.6:
        for y in np.linspace(box.top, box.bottom, int(rng.integers(4, 9))):
            draw.line((box.left, y, box.right, y), faint)
    highest = rng.integers(1, 90)
    for x, y, share in zip(
        np.linspace(box.left, box.right, 6), np.linspace(box.bottom, box.top, 6), np.linspace(0, 1, 6), strict=True
    ):
        draw.text((box.left - 34, y - 6), f"{share * highest:.1f}", ink, font)
        draw.text((x - 10, box.bottom + 8), _words(rng, 1)[:5], ink, font)
    draw.line((box.left, box.top, box.left, box.bottom, box.right, box.bottom), ink, 2)
    if rng.random() < 0.5:
        draw.line((box.left, box.top, box.right, box.top, box.right, box.bottom), ink, 2)


def _bars(draw: ImageDraw.ImageDraw, rng: np.random.Generator, box: Box, colors: Sequence[Color]) -> None:
    """4 to 13 bars, of one color or of several."""
    edges = np.linspace(box.left, box.right, int(rng.integers(5, 15)))
    several = rng.random() < 0.4
    for k, (left, right) in enumerate(pairwise(edges)):
        gap, top = 0.15 * (right - left), box.bottom - rng.uniform(0.05, 0.95) * (box.bottom - box.top)
        draw.rectangle((left + gap, top, right - gap, box.bottom), colors[k * several % len(colors)])


def _lines(draw: ImageDraw.ImageDraw, rng: np.random.Generator, box: Box, colors: Sequence[Color]) -> None:
    """A random walk in each color."""
    x = np.linspace(box.left, box.right, int(rng.integers(6, 60)))
    for color in colors:
        walk = np.cumsum(rng.normal(0, 1, len(x)))
        shares = (walk - walk.min()) / np.ptp(walk) * rng.uniform(0.4, 0.95)
        y = box.bottom - shares * (box.bottom - box.top)
        draw.line([*zip(x.tolist(), y.tolist(), strict=True)], color, int(rng.integers(1, 5)))


def _points(draw: ImageDraw.ImageDraw, rng: np.random.Generator, box: Box, colors: Sequence[Color]) -> None:
    """A cloud of discs in each color."""
    for color in colors:
        shares = rng.normal(rng.uniform(0.3, 0.7, 2), 0.12, (int(rng.integers(20, 150)), 2)).clip(0.02, 0.98)
        radius = rng.uniform(2, 6)
        for x, y in (box.left, box.bottom) + shares * (box.right - box.left, box.top - box.bottom):
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), color)


def _pie(draw: ImageDraw.ImageDraw, rng: np.random.Generator, box: Box, colors: Sequence[Color]) -> None:
    """A sector in each color."""
    x, y, radius = (box.left + box.right) / 2, (box.top + box.bottom) / 2, (box.bottom - box.top) / 2
    angle = rng.uniform(0, 360)
    for color, share in zip(colors, rng.dirichlet(np.full(len(colors), 3.0)), strict=True):
        draw.pieslice((x - radius, y - radius, x + radius, y + radius), angle, angle + 360 * share, color)
        angle += 360 * share


def _fill(
    picture: Image.Image,
    draw: ImageDraw.ImageDraw,
    rng: np.random.Generator,
    photographs: Sequence[np.ndarray],
    box: tuple[int, int, int, int],
) -> None:
    """Fill a box (x, y, width, height) with a photograph, or with a color."""
    x, y, width, height = box
    if len(photographs):
        photograph = Image.fromarray(photographs[rng.integers(len(photographs))])
        picture.paste(photograph.resize((width, height)), (x, y))
    else:
        draw.rectangle((x, y, x + width, y + height), _color(rng))


def _paragraphs(
    draw: ImageDraw.ImageDraw, rng: np.random.Generator, box: tuple[float, float, float, float], size: float, ink: Color
) -> None:
    """Lines of words in a box (x, y, width, height), with a gap after some of them."""
    x, y, width, height = box
    font, end = ImageFont.load_default(size), y + height
    while y + 1.4 * size < end:
        line = _words(rng, max(2, int(width / size / 2)))  # about as many as there is room for
        while draw.textlength(line, font) > width:
            line = line.rpartition(" ")[0] or line[:-1]
        ends = rng.random() < 0.15
        draw.text((x, y), line[: len(line) // 2] if ends else line, ink, font)
        y += (2.4 if ends else 1.4) * size


def _words(rng: np.random.Generator, count: int) -> str:
    return " ".join(rng.choice(TEXT.split(), count).tolist())


def _color(rng: np.random.Generator) -> Color:
    red, green, blue = rng.integers(20, 236, 3).tolist()
    return red, green, blue


def _theme(rng: np.random.Generator, dark: float) -> tuple[Color, Color]:
    """Ground and ink; dark ground in that share of the cases."""
    if rng.random() < dark:
        level = int(rng.integers(0, 50))
        return (level, level, level + int(rng.integers(0, 12))), (235, 235, 235)
    level = 255 if rng.random() < 0.7 else int(rng.integers(230, 255))
    return (level, level, level), (20, 20, 20)


def _mixed(one: Color, other: Color, share: float) -> Color:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue
