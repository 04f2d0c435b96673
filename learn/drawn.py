"""Charts, pages of text and web pages, drawn at random: the pictures without photographs that `learn.kinds` learns from."""

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

WORDS = (
    "the of and to in that is was for it with as his on be at by had not are but from or have an they which one you "
    "were all her she there would their we him been has when who will no more if out so what up into about than them "
    "can only other time new some could these two may first then do any like my now over such our most made after "
    "picture observer fixation center density network contrast luminance frequency orientation attention measured"
).split()
Color = tuple[int, int, int]


def chart(rng: np.random.Generator) -> np.ndarray:
    """Bars, lines, points or a pie between axes, with labels; (H, W, 3) uint8."""
    width, height = int(rng.integers(480, 1100)), int(rng.integers(360, 800))
    ground, ink = _theme(rng, dark=0.15)
    picture = Image.new("RGB", (width, height), ground)
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(float(rng.integers(11, 19)))
    left, top, right, bottom = (int(share * side) for share, side in ((0.1, width), (0.1, height), (0.93, width), (0.87, height)))
    draw.text((width * rng.uniform(0.1, 0.4), top * 0.3), _words(rng, 5), ink, font)
    form = rng.integers(4)
    if form < 3:
        if rng.random() < 0.6:
            for y in np.linspace(top, bottom, int(rng.integers(4, 9))):
                draw.line((left, y, right, y), _mixed(ground, ink, 0.15))
        for share in np.linspace(0, 1, 6):
            draw.text((left - 34, bottom - share * (bottom - top) - 6), f"{share * rng.integers(1, 90):.1f}", ink, font)
            draw.text((left + share * (right - left) - 10, bottom + 8), _words(rng, 1)[:5], ink, font)
        draw.line((left, top, left, bottom, right, bottom), ink, 2)
        if rng.random() < 0.5:
            draw.line((left, top, right, top, right, bottom), ink, 2)
    count = int(rng.integers(2, 6)) if form else int(rng.integers(4, 14))
    colors = [_color(rng) for _ in range(count)] if form or rng.random() < 0.4 else [_color(rng)] * count
    if form == 0:
        step = (right - left) / count
        for k, share in enumerate(rng.uniform(0.05, 0.95, count)):
            draw.rectangle((left + step * (k + 0.15), bottom - share * (bottom - top), left + step * (k + 0.85), bottom), colors[k])
    elif form == 1:
        x = np.linspace(left, right, int(rng.integers(6, 60)))
        for color in colors:
            walk = np.cumsum(rng.normal(0, 1, len(x)))
            y = bottom - (walk - walk.min()) / max(float(np.ptp(walk)), 1e-6) * (bottom - top) * rng.uniform(0.4, 0.95)
            draw.line([*zip(x.tolist(), y.tolist(), strict=True)], color, int(rng.integers(1, 5)))
    elif form == 2:
        for color in colors:
            at = rng.normal(rng.uniform(0.3, 0.7, 2), 0.12, (int(rng.integers(20, 150)), 2)).clip(0.02, 0.98)
            radius = rng.uniform(2, 6)
            for x, y in (left, bottom) + at * (right - left, top - bottom):
                draw.ellipse((x - radius, y - radius, x + radius, y + radius), color)
    else:
        radius, angle = (bottom - top) / 2, rng.uniform(0, 360)
        box = (width / 2 - radius, height / 2 - radius, width / 2 + radius, height / 2 + radius)
        for color, share in zip(colors, rng.dirichlet(np.full(count, 3.0)), strict=True):
            draw.pieslice(box, angle, angle + 360 * share, color, ground)
            angle += 360 * share
    if rng.random() < 0.5:
        for k, color in enumerate(colors[:6]):
            draw.rectangle((right - 90, top + 10 + 20 * k, right - 76, top + 22 + 20 * k), color)
            draw.text((right - 70, top + 8 + 20 * k), _words(rng, 1), ink, font)
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
        _paragraphs(draw, rng, (margin + column * (span + margin / 2), y, span, height - margin - y), size, (20, 20, 20))
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
        tall = int(height * rng.uniform(0.3, 0.6))
        _fill(picture, draw, rng, photographs, (0, y, width, tall))
        draw.text((width * 0.08, y + tall * 0.35), _words(rng, 4).title(), (255, 255, 255), ImageFont.load_default(46.0))
        draw.rounded_rectangle((width * 0.08, y + tall * 0.65, width * 0.08 + 170, y + tall * 0.65 + 44), 6, _color(rng))
        draw.text((width * 0.08 + 30, y + tall * 0.65 + 10), _words(rng, 2).title(), (255, 255, 255), ImageFont.load_default(18.0))
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
        line = _words(rng, 40)
        while draw.textlength(line, font) > width:
            line = line.rpartition(" ")[0] or line[:-1]
        ends = rng.random() < 0.15
        draw.text((x, y), line[: len(line) // 2] if ends else line, ink, font)
        y += (2.4 if ends else 1.4) * size


def _words(rng: np.random.Generator, count: int) -> str:
    return " ".join(rng.choice(WORDS, count).tolist())


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
