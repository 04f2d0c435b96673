"""Drawings of lines as SVG: they stay sharp at any size, and can be changed in a drawing program."""

import base64
import io
import re
from xml.sax.saxutils import escape

import numpy as np
from PIL import Image

from wepsam import overlays
from wepsam.drawing import lettering
from wepsam.drawing.scene import Scene, Text, around, border, plate
from wepsam.drawing.styles import Style
from wepsam.images import LONGEST_JPEG, SVG_MARK
from wepsam.overlays import Color

FONT = "Helvetica, Arial, sans-serif"
JPEG = {"quality": 92, "subsampling": 0}  # of the picture inside: thin colored lines of web pages stay sharp
# What XML 1.0 cannot hold, not even escaped.
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def svg(scene: Scene, title: str, style: Style, stimulus: np.ndarray | None) -> str:
    """A scene as an SVG document.

    Args:
        scene: the lines and texts.
        title: the name of the picture.
        style: of the drawing; its dpi says how large the drawing is in print.
        stimulus: (H, W, 3) uint8 RGB, the picture at the size of the scene, which is put inside; None: lines alone on
            transparent ground, and no caption below.

    Returns:
        Text without scripts, links or references to other files. Whatever labels and title are, they stay text.
    """
    (height, width), size = scene.shape, style.text(scene.shape)
    has_caption = stimulus is not None and lettering.has_caption(scene.shape, style)
    lines = lettering.caption_lines(scene.caption, width, size) if has_caption else []
    below = lettering.caption_height(len(lines), size) if lines else 0
    sides = {"width": width, "height": height + below}
    unit, scale = ("in", style.dpi) if style.dpi else ("", 1)
    printed = " ".join(f'{name}="{_number(side / scale)}{unit}"' for name, side in sides.items())
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {SVG_MARK} {printed} viewBox="0 0 {width} {height + below}" '
        f'role="img" font-family="{FONT}">',
        f"<title>{_text(title)}</title>",
        f"<desc>{_text(scene.caption)}</desc>",
    ]
    if stimulus is not None:
        parts.append(f'<image width="{width}" height="{height}" href="{_embedded(stimulus)}"/>')
    outlines = [(line.points, around(line.color), line.width + 2 * border(line.width)) for line in scene.lines]
    outlines += [(line.points, line.color, line.width) for line in scene.lines]
    parts += [_path(points, color, wide) for points, color, wide in outlines]
    for disc in scene.discs:
        (x, y), rim = disc.center, border(disc.radius / 6)
        parts.append(
            f'<circle cx="{_number(x)}" cy="{_number(y)}" r="{_number(disc.radius - rim / 2)}" '
            f'fill="{_color(disc.color)}" stroke="{_color(around(disc.color))}" stroke-width="{_number(rim)}"/>'
        )
    for text in scene.texts:
        parts += _lettered(text)
    if below:
        parts.append(f'<rect y="{height}" width="{width}" height="{below}" fill="#fff"/>')
    for place, line in enumerate(lines):
        x, y = lettering.caption_place(place, size, width)
        parts.append(_written(line, (x, height + y), size, overlays.STRONG[0], "start", None))
    return "\n".join([*parts, "</svg>\n"])


def _lettered(text: Text) -> list[str]:
    """A text on its plate, as wide as it was measured in whatever font."""
    parts = []
    if text.width:
        corners = plate(text)
        (x, y), (right, bottom) = corners[0], corners[2]
        sides = f'width="{_number(right - x)}" height="{_number(bottom - y)}"'
        parts.append(f'<rect x="{_number(x)}" y="{_number(y)}" {sides} fill="{_color(text.plate)}"/>')
    room = text.width - 2 * lettering.MARGIN * text.size if text.width else None
    return [*parts, _written(text.text, text.center, text.size, text.color, "middle", room)]


def _written(text: str, at: lettering.Point, size: int, color: Color, anchor: str, room: float | None) -> str:
    x, y = at
    length = f' textLength="{_number(room)}" lengthAdjust="spacingAndGlyphs"' if room else ""
    return (
        f'<text x="{_number(x)}" y="{_number(y)}" dy="0.35em" font-size="{size}" fill="{_color(color)}" '
        f'text-anchor="{anchor}"{length}>{_text(text)}</text>'
    )


def _path(points: np.ndarray, color: Color, width: float) -> str:
    corners = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
    return (
        f'<polygon points="{corners}" fill="none" stroke="{_color(color)}" stroke-width="{_number(width)}" '
        'stroke-linejoin="round"/>'
    )


def _embedded(stimulus: np.ndarray) -> str:
    """A picture as a data URL."""
    kind, options = ("JPEG", JPEG) if max(stimulus.shape) <= LONGEST_JPEG else ("PNG", {})
    buffer = io.BytesIO()
    Image.fromarray(stimulus).save(buffer, kind, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _text(text: str) -> str:
    """A text between tags: escaped, and without characters that XML cannot hold."""
    return escape(FORBIDDEN.sub("\ufffd", text))


def _color(color: Color) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
