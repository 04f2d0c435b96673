"""Pictures of saliency to look at: the colored map, the map over its stimulus, sheets of many."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from wepsam import srgb
from wepsam.images import Source, read_image, resize, save_image

# Anchors of the color ramp, equally spaced: lightness, chroma and hue (degrees) in the OKLCH color space.
# Even steps of lightness let even steps of saliency look even, in gray print and to the color-blind too.
ANCHORS = (
    (0.16, 0.050, 285.0),  # night
    (0.33, 0.140, 292.0),  # violet
    (0.50, 0.190, 345.0),  # crimson
    (0.66, 0.190, 35.0),  # ember
    (0.82, 0.160, 75.0),  # amber
    (0.97, 0.070, 105.0),  # light
)

STRIP = 32  # rows: what is made of them stays in the processor's cache


def colorize(saliency_map: np.ndarray) -> np.ndarray:
    """Color a map from dark (its minimum) to bright (its maximum).

    Args:
        saliency_map: (H, W), any scale, finite.

    Returns:
        (H, W, 3) uint8; a constant map is all of the darkest color.

    Raises:
        ValueError: not (H, W), or not finite.
    """
    colored: np.ndarray = colors()[_gray(saliency_map)]
    return colored


def overlay(stimulus: np.ndarray, saliency_map: np.ndarray, *, strength: float = 0.75) -> np.ndarray:
    """Lay a map over its stimulus: glowing where people look, subdued where nobody does, readable throughout.

    Args:
        stimulus: (H, W, 3) uint8 RGB.
        saliency_map: (H, W), any scale, finite.
        strength: opacity of the color where the map is high, from 0 (no color) to 1 (all color, with a little
            of the stimulus' light and shade).

    Returns:
        (H, W, 3) uint8; for a constant map the subdued stimulus.

    Raises:
        ValueError: the map is not finite or not of the stimulus' size, or `strength` lies outside [0, 1].
    """
    if stimulus.ndim != 3 or stimulus.shape != (*saliency_map.shape, 3):
        raise ValueError(f"map {saliency_map.shape} on stimulus {stimulus.shape}: expected (H, W) on (H, W, 3)")
    if not 0 <= strength <= 1:
        raise ValueError(f"strength={strength}: expected 0 to 1")
    saliency = _unit(saliency_map)
    # In strips, for all that follows is made of a dozen floats a pixel: gigabytes for a large photograph.
    strips = [slice(top, top + STRIP) for top in range(0, len(stimulus), STRIP)]
    return np.concatenate([_glow(stimulus[rows], saliency[rows], strength) for rows in strips])


def _glow(stimulus: np.ndarray, saliency: np.ndarray, strength: float) -> np.ndarray:
    """`overlay` for some rows, their saliency already in [0, 1]."""
    picture: np.ndarray = stimulus.astype(np.float32)
    luma = (picture @ np.array([0.299, 0.587, 0.114], np.float32))[..., None]  # the weights of Rec. 601
    subdued = 0.75 * (0.45 * picture + 0.55 * luma)
    picture = subdued + 0.6 * _smooth(saliency / 0.6) * (picture - subdued)
    # The ramp's dark end would only dim, its bright end would be lost on a bright stimulus.
    color = colors()[np.rint(80 + 145 * saliency).astype(np.uint8)]
    # The color takes on some of the stimulus' light and shade, or else texture and faces drown in it.
    glow = color * (0.67 + 0.45 / 255 * luma)
    picture += strength * _smooth(saliency / 0.65) * (glow - picture)
    result: np.ndarray = np.rint(np.clip(picture, 0, 255)).astype(np.uint8)
    return result


def save_map(path: str | os.PathLike[str], saliency_map: np.ndarray) -> None:
    """Write an (H, W) map as 8-bit gray, its minimum black and its maximum white; a constant map is black."""
    save_image(path, _gray(saliency_map))


def save_overlay(path: str | os.PathLike[str], stimulus: Source, saliency_map: np.ndarray) -> None:
    """Write `overlay` of a stimulus, given as an array or anything else that `read_image` reads.

    Raises:
        ValueError: the map is not of the stimulus' size.
        ImageError: the stimulus cannot be read or the overlay not be written.
    """
    save_image(path, overlay(read_image(stimulus), saliency_map))


def contact_sheet(
    rows: Sequence[Sequence[np.ndarray | None]],
    *,
    labels: Sequence[str] | None = None,
    captions: Sequence[Sequence[str]] | None = None,
    height: int = 160,
    background: tuple[int, int, int] = (255, 255, 255),
) -> np.ndarray:
    """Arrange pictures in rows and columns, with headings above the columns and captions below the pictures.

    Args:
        rows: of (H, W, 3) or (H, W) uint8 pictures; None leaves a place free, and rows may differ in length.
        labels: a heading for each column.
        captions: rows of texts like `rows`, "" for none.
        height: of each picture, in pixels. One more than twice as wide is fitted into that width instead.
        background: RGB; on a dark one the text is light.

    Returns:
        (H, W, 3) uint8. A text wider than its column is cut and ends in an ellipsis; the font, Pillow's own,
        has Latin letters only.

    Raises:
        ValueError: no picture, or headings or captions that do not match the columns and rows.
    """
    columns = max(map(len, rows), default=0)
    if all(picture is None for row in rows for picture in row):
        raise ValueError("a contact sheet needs at least one picture")
    if labels is not None and len(labels) != columns:
        raise ValueError(f"{len(labels)} labels for {columns} columns")
    if captions is not None and [len(texts) for texts in captions] != [len(row) for row in rows]:
        raise ValueError("captions must be rows of texts, as many as there are pictures in each row")

    places = [(n, k) for n, row in enumerate(rows) for k in range(len(row))]
    cells = {(n, k): _fit(picture, height) for n, k in places if (picture := rows[n][k]) is not None}
    widths = [max((cell.width for (_, j), cell in cells.items() if j == k), default=0) for k in range(columns)]
    gap = max(4, height // 16)
    margin = 2 * gap
    heading, caption = (_font(max(11, round(height * share))) for share in (0.1, 0.075))
    above = _line(heading) if labels is not None else 0
    below = _line(caption) if captions is not None else 0
    light = np.mean(background) > 127
    strong, soft = ((30, 30, 36), (110, 110, 120)) if light else ((240, 240, 244), (160, 160, 170))

    pitch = height + below + gap
    lefts = [margin + sum(widths[:k]) + gap * k for k in range(columns)]
    size = (lefts[-1] + widths[-1] + margin, margin + above + pitch * len(rows) - gap + margin)
    sheet = Image.new("RGB", size, background)
    draw = ImageDraw.Draw(sheet)

    def write(text: str, font: ImageFont.FreeTypeFont, column: int, top: int, color: tuple[int, int, int]) -> None:
        draw.text((lefts[column] + widths[column] / 2, top), _cut(text, font, widths[column]), color, font, "ma")

    for k, text in enumerate(labels or ()):
        write(text, heading, k, margin - gap // 2, strong)
    for n, k in places:
        top = margin + above + pitch * n
        if cell := cells.get((n, k)):
            sheet.paste(cell, (lefts[k] + (widths[k] - cell.width) // 2, top + (height - cell.height) // 2))
        if captions is not None:
            write(captions[n][k], caption, k, top + height + gap // 3, soft)
    return np.array(sheet)


def _fit(picture: np.ndarray, height: int) -> Image.Image:
    """At this height, or as wide as twice this height."""
    scale = min(height / picture.shape[0], 2 * height / picture.shape[1])
    shape = max(1, round(picture.shape[0] * scale)), max(1, round(picture.shape[1] * scale))
    return Image.fromarray(resize(read_image(picture), shape))


def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)  # scalable: Pillow brings an outline font along
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font


def _line(font: ImageFont.FreeTypeFont) -> int:
    return round(1.5 * font.size)


def _cut(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text + "…"


def _smooth(x: np.ndarray) -> np.ndarray:
    """Smoothstep of an (H, W) array, 0 below 0 and 1 above 1, as (H, W, 1)."""
    x = np.clip(x, 0, 1)[..., None]
    y: np.ndarray = x * x * (3 - 2 * x)
    return y


def _unit(saliency_map: np.ndarray) -> np.ndarray:
    """(H, W) float32, min-max normalized to [0, 1]; zeros for a constant map."""
    if saliency_map.ndim != 2 or not saliency_map.size:
        raise ValueError(f"got a map of shape {saliency_map.shape}, expected (H, W)")
    values: np.ndarray = saliency_map.astype(np.float64)
    low, high = float(values.min()), float(values.max())
    if not np.isfinite(high - low):
        raise ValueError(f"got a map with values from {low:g} to {high:g}, expected finite numbers")
    values = (values - low) / (high - low or 1)
    return values.astype(np.float32)


def _gray(saliency_map: np.ndarray) -> np.ndarray:
    gray: np.ndarray = np.rint(_unit(saliency_map) * 255)
    return gray.astype(np.uint8)


@cache
def colors() -> np.ndarray:
    """(256, 3) uint8: the ramp, its anchors joined in OKLab and written as sRGB."""
    lightness, chroma, hue = np.array(ANCHORS).T
    a, b = chroma * np.cos(np.deg2rad(hue)), chroma * np.sin(np.deg2rad(hue))
    stops = np.linspace(0, 255, len(ANCHORS))
    lab = np.stack([np.interp(np.arange(256), stops, channel) for channel in (lightness, a, b)])
    # The inverse of OKLab, Ottosson 2020, https://bottosson.github.io/posts/oklab/
    cones = [
        [1, 0.3963377774, 0.2158037573],
        [1, -0.1055613458, -0.0638541728],
        [1, -0.0894841775, -1.2914855480],
    ]
    primaries = [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
    linear = np.clip(np.array(primaries) @ (np.array(cones) @ lab) ** 3, 0, 1).T
    table: np.ndarray = np.rint(255 * srgb.from_linear(linear)).astype(np.uint8)
    table.setflags(write=False)  # one copy for everyone
    return table
