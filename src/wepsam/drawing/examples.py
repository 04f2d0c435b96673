"""Pictures to show answers on, drawn here: a start page, the same redesigned, and balloons."""

from functools import partial

import numpy as np
from PIL import Image, ImageDraw

from wepsam import overlays

INK, SOFT, BLUE = (24, 28, 40), (120, 126, 140), (29, 78, 216)


def start_page(*, new: bool = False) -> Image.Image:
    """A web page of 1280x800 pixels. The new one has its button beside the picture, and a calmer picture."""
    page = Image.new("RGB", (1280, 800), "white")
    draw = ImageDraw.Draw(page)

    def text(place: tuple[int, int], words: str, size: int, color: overlays.Color = INK) -> None:
        draw.text(place, words, color, overlays.typeface(size), "lm")

    draw.rectangle((0, 0, 1280, 72), (245, 246, 250))
    text((60, 36), "Northwind Bikes", 26)
    for place, words in enumerate(("Bikes", "Service", "Rides", "About")):
        text((820 + 105 * place, 36), words, 18, SOFT)
    text((60, 190), "Ride further.", 62)
    text((60, 260), "Carry more.", 62)
    for line, words in enumerate(("A bicycle for everything that you used", "to take the car for.")):
        text((60, 335 + 32 * line), words, 22, SOFT)
    left, top = (60, 430) if new else (60, 700)
    draw.rounded_rectangle((left, top, left + 230, top + 62), 12, BLUE if new else (226, 230, 240))
    text((left + 38, top + 31), "Book a test ride", 22, (255, 255, 255) if new else INK)
    _bicycle(page, (640, 130, 1220, 560), (232, 238, 247) if new else (255, 214, 120))
    for place, words in enumerate(("Free delivery", "Ten years of warranty", "Repairs at your door")):
        text((330 + 320 * place if not new else 60 + 410 * place, 731), words, 20, SOFT)
    return page


redesigned = partial(start_page, new=True)


def balloons() -> Image.Image:
    """Balloons above hills, 1200x800 pixels, of noise that is always the same."""
    rng = np.random.default_rng(3)
    width, height, fine = 1200, 800, 2  # drawn at twice the size, so that edges are smooth
    rows = np.linspace(0, 1, height * fine)[:, None, None]
    sky = (1 - rows) * np.array([94, 150, 214]) + rows * np.array([250, 226, 190])
    picture = Image.fromarray(np.broadcast_to(sky, (height * fine, width * fine, 3)).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    x = np.arange(0, width * fine + 1, 8)
    for depth, color in enumerate(((142, 160, 150), (96, 128, 96), (58, 92, 62))):
        waves = np.sin(x / (310 - 60 * depth) + depth * 2) * 60 + np.sin(x / 97 + depth) * 18
        edge = (1150 + 130 * depth + waves).round().tolist()
        line = [*zip(x.tolist(), edge, strict=True)]
        draw.polygon([*line, (width * fine, height * fine), (0, height * fine)], color)
    for column, row, size, colors in (
        (1560, 520, 250, ((214, 52, 46), (250, 236, 220))),
        (620, 360, 130, ((240, 180, 40), (196, 96, 30))),
        (1010, 760, 80, ((60, 90, 170), (226, 232, 245))),
    ):
        _balloon(draw, column, row, size, colors)
    small = np.asarray(picture.resize((width, height), Image.Resampling.LANCZOS), np.float32)
    grain = rng.normal(0, 4, (height, width, 1))
    return Image.fromarray(np.clip(small + grain, 0, 255).astype(np.uint8))


def _balloon(
    draw: ImageDraw.ImageDraw, column: int, row: int, size: int, colors: tuple[overlays.Color, overlays.Color]
) -> None:
    for stripe, part in enumerate((1.0, 0.72, 0.42, 0.14)):
        draw.ellipse((column - size * part, row - size, column + size * part, row + size), colors[stripe % 2])
    basket, below = size // 5, row + round(1.35 * size)
    for side in (-1, 1):
        top = column + side * round(0.55 * size), row + round(0.8 * size)
        draw.line((top, (column + side * basket, below)), INK, max(2, size // 50))
    draw.rectangle((column - basket, below, column + basket, below + round(1.4 * basket)), (110, 70, 36))


def _bicycle(page: Image.Image, box: tuple[int, int, int, int], ground: overlays.Color) -> None:
    draw = ImageDraw.Draw(page)
    draw.rounded_rectangle(box, 24, ground)
    left, top, right, bottom = box
    axle, radius = bottom - 130, 105
    wheels = (left + 150, axle), (right - 150, axle)
    for x, y in wheels:
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=INK, width=9)
    middle, saddle, head = (left + 270, axle), (left + 230, top + 130), (right - 205, top + 120)
    frame = (210, 50, 40)
    for line in ((wheels[0], middle, head, saddle, middle), (wheels[0], saddle), (wheels[1], head)):
        draw.line(line, frame, 13, "curve")
    draw.line(((saddle[0] - 45, saddle[1] - 14), (saddle[0] + 40, saddle[1] - 14)), INK, 18)
    draw.line((head, (head[0] - 8, head[1] - 40), (head[0] + 62, head[1] - 52)), INK, 11, "curve")
