"""Pictures of saliency to look at: the colored map, the map over its stimulus, legends, sheets of many."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from wepsam import colormaps
from wepsam.images import Source, read_image, resize, save_image
from wepsam.maps import numbers

STRENGTH = 0.75

# Saliency, from 0 to 1, from which the color of an overlay appears and at which it has its full strength. Below the
# first the stimulus is untouched: white pages stay white, brand colors stay what they are.
ONSET, FULL = 0.03, 0.35
# The part of the color ramp that overlays use: its dark end would only dim, its bright end would be lost on white.
LOW_COLOR, HIGH_COLOR = 64, 235

ONE = 232  # what 1 is among shares in 8 bits: the largest of them, the light of white, is then 255
STRIP = 1 << 16  # pixels that are computed at a time and stay in the processor's cache

Limits = tuple[float, float]
"""Lowest and highest value of a map, for the first and the last color."""
Color = tuple[int, int, int]
"""Red, green and blue, each from 0 to 255."""

# Colors of headings and of captions, on a light and on a dark background.
STRONG: tuple[Color, Color] = ((30, 30, 36), (240, 240, 244))
SOFT: tuple[Color, Color] = ((110, 110, 120), (160, 160, 170))


def colorize(saliency_map: np.ndarray, *, colors: str = colormaps.DEFAULT, limits: Limits | None = None) -> np.ndarray:
    """Color a map from dark (low) to bright (high).

    Args:
        saliency_map: (H, W), any scale, finite.
        colors: name of a color ramp, see `colormaps.NAMES`.
        limits: the values of the first and the last color; by default the map's minimum and maximum.

    Returns:
        (H, W, 3) uint8; a constant map has the first color throughout.

    Raises:
        ValueError: the map is not (H, W) or not finite, or no colors have this name.
    """
    colored: np.ndarray = colormaps.colors(colors)[gray(saliency_map, limits)]
    return colored


def overlay(
    stimulus: np.ndarray,
    saliency_map: np.ndarray,
    *,
    strength: float = STRENGTH,
    colors: str = colormaps.DEFAULT,
    limits: Limits | None = None,
) -> np.ndarray:
    """Lay a map over its stimulus: it glows where people look and is untouched where they do not.

    Args:
        stimulus: (H, W, 3) uint8 RGB.
        saliency_map: (H, W), any scale, finite.
        strength: opacity of the color where the map is high, from 0 (the stimulus alone) to 1 (the color alone, with
            some of the stimulus' light and shade).
        colors: name of a color ramp, see `colormaps.NAMES`.
        limits: the values of the first and the last color; by default the map's minimum and maximum.

    Returns:
        (H, W, 3) uint8; equal to the stimulus where the map lies in the lowest 3 % of its range, and throughout if the
        map is constant.

    Raises:
        ValueError: the map is not finite or not of the stimulus' size, `strength` lies outside [0, 1], or no colors
            have this name.

    Examples:
        >>> import numpy as np, wepsam
        >>> stimulus, saliency_map = np.zeros((2, 2, 3), np.uint8), np.array([[0, 1], [0, 0]])
        >>> drawn = wepsam.overlay(stimulus, saliency_map)
        >>> drawn[0, 0].tolist(), bool(drawn[0, 1].any())  # untouched where the map is low
        ([0, 0, 0], True)
    """
    if stimulus.ndim != 3 or stimulus.shape != (*saliency_map.shape, 3):
        raise ValueError(f"map {saliency_map.shape} on stimulus {stimulus.shape}: expected (H, W) on (H, W, 3)")
    drawn = np.empty_like(stimulus)
    glow(stimulus, gray(saliency_map, limits), drawn, strength=strength, colors=colors)
    return drawn


def check_strength(strength: float) -> None:
    """Raise ValueError unless this is an opacity."""
    if not 0 <= strength <= 1:
        raise ValueError(f"strength={strength}: expected 0 to 1")


def glow(
    stimulus: np.ndarray,
    levels: np.ndarray,
    drawn: np.ndarray,
    *,
    strength: float = STRENGTH,
    colors: str = colormaps.DEFAULT,
) -> None:
    """Draw the overlay of a map that is given by its gray levels.

    Args:
        stimulus: (H, W, 3) uint8 RGB.
        levels: (H, W) uint8, as `gray` gives them.
        drawn: (H, W, 3) uint8, where the overlay is written.
        strength: as in `overlay`.
        colors: as in `overlay`.

    Raises:
        ValueError: `strength` lies outside [0, 1], or no colors have this name.
    """
    check_strength(strength)
    kept, added, light = _tables(strength, colors)
    for rows in strips(*levels.shape):
        drawn[rows] = stimulus[rows]
        columns = np.flatnonzero(levels[rows].max(axis=0) > ONSET * 255)
        if not len(columns):
            continue
        part = rows, slice(columns[0], columns[-1] + 1)
        luma = np.asarray(Image.fromarray(stimulus[part]).convert("L"))
        # Products of 8-bit numbers: their sums stay below 2^16, and such arithmetic is several times as fast as floats.
        sums = np.multiply(_look_up(added, levels[part]), _look_up(light, luma), dtype=np.uint16)
        sums += np.multiply(_look_up(kept, levels[part]), stimulus[part], dtype=np.uint16)
        sums += ONE // 2
        sums //= ONE
        drawn[part] = np.minimum(sums, 255, out=sums)


@lru_cache(16)
def _tables(strength: float, colors: str) -> tuple[bytes, bytes, bytes]:
    """For each of 256 levels the RGB values, in ONEs, of three factors.

    Returns:
        By gray level, the share of the stimulus that is kept, and the color that is added; by the stimulus' luma, its
        light, by which that color is multiplied.
    """
    unit = np.linspace(0, 1, 256)
    x = np.clip((unit - ONSET) / (FULL - ONSET), 0, 1)[:, None]
    opacity = strength * x * x * (3 - 2 * x)  # smoothstep
    color = colormaps.colors(colors)[np.rint(LOW_COLOR + (HIGH_COLOR - LOW_COLOR) * unit).astype(int)]
    # The color takes on some of the stimulus' light and shade; text, texture and faces would drown in it otherwise.
    light = 0.75 + 0.35 * unit[:, None]
    kept, added, light = (1 - opacity) * ONE, opacity * color, light * ONE
    kept, added, light = (np.rint(np.broadcast_to(t, (256, 3))).astype(np.uint8) for t in (kept, added, light))
    return kept.tobytes(), added.tobytes(), light.tobytes()


def _look_up(table: bytes, levels: np.ndarray) -> np.ndarray:
    """(h, w, 3) the RGB values in a table of (h, w) levels. Pillow's palettes are faster than numpy's indices."""
    picture = Image.fromarray(levels)
    picture.putpalette(table)
    return np.asarray(picture.convert("RGB"))


def gray(saliency_map: np.ndarray, limits: Limits | None = None) -> np.ndarray:
    """The gray levels of an (H, W) map: (H, W) uint8, 0 and 255 at its limits and beyond; 0 for a constant map.

    Args:
        saliency_map: (H, W), any scale, finite.
        limits: the values of black and white, instead of minimum and maximum.

    Raises:
        ValueError: the map is not (H, W), not finite, or masked.
    """
    low, high = _limits(saliency_map, limits)
    levels = np.empty(saliency_map.shape, np.uint8)
    for rows in strips(*saliency_map.shape):
        values = saliency_map[rows].astype(np.float64)
        values -= low
        values /= high - low or 1
        values *= 255
        levels[rows] = np.rint(np.clip(values, 0, 255, out=values), out=values)
    return levels


def save_map(path: str | os.PathLike[str], saliency_map: np.ndarray, *, limits: Limits | None = None) -> None:
    """Write an (H, W) map as 8-bit gray, its minimum black and its maximum white; a constant map is black.

    Args:
        path: the suffix chooses the format.
        saliency_map: (H, W), any scale, finite.
        limits: the values of black and white, instead of minimum and maximum.

    Raises:
        ValueError: the map is not (H, W) or not finite.
        ImageError: the file cannot be written.
    """
    save_image(path, gray(saliency_map, limits), drawn=True)


def save_overlay(
    path: str | os.PathLike[str],
    stimulus: Source,
    saliency_map: np.ndarray,
    *,
    strength: float = STRENGTH,
    colors: str = colormaps.DEFAULT,
    limits: Limits | None = None,
) -> None:
    """Write the overlay of a map on its stimulus; see `overlay`.

    Args:
        path: the suffix chooses the format.
        stimulus: a path, bytes, PIL picture or (H, W, 3) uint8 array.
        saliency_map: (H, W), any scale, finite, of the stimulus' size.
        strength: as in `overlay`.
        colors: as in `overlay`.
        limits: as in `overlay`.

    Raises:
        ValueError: as `overlay`.
        ImageError: the stimulus cannot be read, or the overlay cannot be written.
    """
    drawn = overlay(read_image(stimulus), saliency_map, strength=strength, colors=colors, limits=limits)
    save_image(path, drawn, drawn=True)


def contact_sheet(
    rows: Sequence[Sequence[np.ndarray | None]],
    *,
    labels: Sequence[str] | None = None,
    captions: Sequence[Sequence[str]] | None = None,
    height: int = 160,
    background: Color = (255, 255, 255),
) -> np.ndarray:
    """Arrange pictures in rows and columns, with headings above the columns and captions below the pictures.

    Args:
        rows: (H, W, 3) or (H, W) uint8 pictures; None leaves a cell empty, and rows may differ in length.
        labels: a heading for each column.
        captions: a text for each cell, in rows like `rows`; "" for none.
        height: of each picture, in pixels. A picture more than twice as wide is fitted into that width instead.
        background: RGB; on a dark one the text is light.

    Returns:
        (H, W, 3) uint8. A text wider than its column is cut and ends in an ellipsis. The font, Pillow's own, has Latin
        letters only.

    Raises:
        ValueError: there is no picture, or headings or captions do not match the columns and rows.

    Examples:
        >>> import numpy as np, wepsam
        >>> wepsam.contact_sheet([[np.zeros((60, 80, 3), np.uint8)] * 2], height=60).ndim
        3
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
    heading, caption = (typeface(max(11, round(height * share))) for share in (0.1, 0.075))
    above = _line(heading) if labels is not None else 0
    below = _line(caption) if captions is not None else 0
    dark = bool(np.mean(background) <= 127)

    pitch = height + below + gap
    lefts = [margin + sum(widths[:k]) + gap * k for k in range(columns)]
    size = (lefts[-1] + widths[-1] + margin, margin + above + pitch * len(rows) - gap + margin)
    sheet = Image.new("RGB", size, background)
    draw = ImageDraw.Draw(sheet)

    def write(text: str, font: ImageFont.FreeTypeFont, column: int, top: int, color: Color) -> None:
        draw.text((lefts[column] + widths[column] / 2, top), cut(text, font, widths[column]), color, font, "ma")

    for k, text in enumerate(labels or ()):
        write(text, heading, k, margin - gap // 2, STRONG[dark])
    for n, k in places:
        top = margin + above + pitch * n
        if cell := cells.get((n, k)):
            sheet.paste(cell, (lefts[k] + (widths[k] - cell.width) // 2, top + (height - cell.height) // 2))
        if captions is not None:
            write(captions[n][k], caption, k, top + height + gap // 3, SOFT[dark])
    return np.array(sheet)


def legend(
    width: int,
    low: str,
    high: str,
    unit: str,
    *,
    strength: float | None = STRENGTH,
    colors: str = colormaps.DEFAULT,
    size: int | None = None,
) -> np.ndarray:
    """A strip to put below an overlay: the colors between the texts of their limits, and the unit.

    Args:
        width: of the strip, in pixels. Where it is too narrow, the unit is left out, then the other texts.
        low: what the first color stands for.
        high: what the last color stands for.
        unit: the text behind them.
        strength: of the overlay, whose colors are shown as they look over white; None shows those of `colorize`.
        colors: name of a color ramp, see `colormaps.NAMES`.
        size: of the text, in pixels; by default it grows with the width.

    Returns:
        (h, width, 3) uint8 on white, twice as high as the text.
    """
    size = size or min(max(10, round(width / 65)), 40)
    font, pad = typeface(size), size // 2
    strip = Image.new("RGB", (width, 2 * size), "white")
    draw = ImageDraw.Draw(strip)
    texts, room = ["", ""], width - min(2 * pad, width // 2)
    for candidate in ([low, high, unit], [low, high]):
        left_over = round(width - sum(font.getlength(text) + pad for text in candidate) - 2 * pad)
        if left_over >= 6 * size:
            texts, room = candidate, left_over
            break
    left = min(pad, width // 4)
    if texts[0]:
        draw.text((left, size), texts[0], STRONG[0], font, "lm")
        left += round(font.getlength(texts[0])) + pad
    bar = _color_bar((size, max(1, min(12 * size, room))), strength, colors)
    strip.paste(Image.fromarray(bar), (left, pad))
    left += bar.shape[1] + pad
    for text in texts[1:]:
        draw.text((left, size), text, STRONG[0], font, "lm")
        left += round(font.getlength(text)) + pad
    return np.array(strip)


@lru_cache(16)
def _color_bar(shape: tuple[int, int], strength: float | None, colors: str) -> np.ndarray:
    ramp = np.broadcast_to(np.linspace(0, 1, shape[1]), shape)
    if strength is None:
        bar = colorize(ramp, colors=colors, limits=(0, 1))
    else:
        bar = overlay(np.full((*shape, 3), 255, np.uint8), ramp, strength=strength, colors=colors, limits=(0, 1))
    bar[[0, -1]] = bar[:, [0, -1]] = SOFT[0]  # a frame
    return bar


def _fit(picture: np.ndarray, height: int) -> Image.Image:
    """The picture at this height, or narrower than twice this height."""
    scale = min(height / picture.shape[0], 2 * height / picture.shape[1])
    shape = max(1, round(picture.shape[0] * scale)), max(1, round(picture.shape[1] * scale))
    return Image.fromarray(resize(read_image(picture), shape))


@cache
def typeface(size: int) -> ImageFont.FreeTypeFont:
    """The font of all drawings at a size in pixels: Pillow's own, which has Latin letters only."""
    font = ImageFont.load_default(size)  # scalable: Pillow ships an outline font
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font


def _line(font: ImageFont.FreeTypeFont) -> int:
    return round(1.5 * font.size)


def cut(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text + "…"


def _limits(saliency_map: np.ndarray, limits: Limits | None) -> Limits:
    """The limits that are given, or else the map's minimum and maximum.

    Raises:
        ValueError: the map is not (H, W), not finite, or masked.
    """
    saliency_map = numbers(saliency_map)
    if saliency_map.ndim != 2 or not saliency_map.size:
        raise ValueError(f"got a map of shape {saliency_map.shape}, expected (H, W)")
    low, high = float(saliency_map.min()), float(saliency_map.max())
    if not np.isfinite(high - low):
        raise ValueError(f"got a map with values from {low:g} to {high:g}, expected finite numbers")
    return limits or (low, high)


def strips(height: int, width: int) -> list[slice]:
    """Rows that are computed at a time. The steps need a dozen bytes a pixel: gigabytes for a large photograph."""
    rows = max(1, STRIP // width)
    return [slice(top, top + rows) for top in range(0, height, rows)]
