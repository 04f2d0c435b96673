"""Text in drawings: captions below the picture."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from wepsam import overlays
from wepsam.drawing.styles import Style

LINE = 1.35  # of the text's size from line to line


def with_caption(drawn: np.ndarray, text: str, style: Style) -> np.ndarray:
    """A drawing with a text on white below it, in as many lines as it takes; as it is if the style has no legend."""
    if not style.legend:
        return drawn
    height, width = drawn.shape[:2]
    size = style.text((height, width))
    font = overlays.typeface(size)
    pad = min(size // 2, width // 8)
    lines = wrapped(text, font, width - 2 * pad)
    strip = Image.new("RGB", (width, round(LINE * size * len(lines) + 0.7 * size)), "white")
    draw = ImageDraw.Draw(strip)
    for place, line in enumerate(lines):
        draw.text((pad, size * (0.85 + LINE * place)), line, overlays.STRONG[0], font, "lm")
    return np.concatenate([drawn, np.asarray(strip)])


def wrapped(text: str, font: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """A text in lines of at most this width, broken between words; a longer word has a line of its own."""
    lines: list[str] = []
    for word in text.split():
        if lines and font.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
