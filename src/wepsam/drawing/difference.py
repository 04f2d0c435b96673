"""Two pictures side by side on one scale, and what differs between them: blue for the one, orange for the other."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from wepsam import maps, overlays
from wepsam.drawing.scene import DARK, Line, Scene, painted
from wepsam.images import resize
from wepsam.overlays import Color

# Two colors that all color-blind people tell apart (Okabe and Ito), equally strong on a light gray ground.
FIRST: Color = (0, 114, 178)
SECOND: Color = (213, 94, 0)
OPACITY = 0.9
PALE = 0.4  # of the picture's contrast that stays below the difference
ONSET = 0.04  # part of the scale below which nothing is colored
LEAST = 0.25  # of the highest density of both: a scale of the difference is no finer, or noise would look like a change
HEIGHT, WIDTH = 480, 640  # of a picture on the sheet, at most
NARROWEST = 160  # room for a picture with its heading
GAP, TEXT, HEADING = 24, 14, 18
LINE = 2.0  # pixels of an outline


def sheet(
    stimuli: tuple[np.ndarray, np.ndarray],
    densities: tuple[np.ndarray, np.ndarray],
    difference: np.ndarray,
    names: tuple[str, str] = ("A", "B"),
    outlines: Sequence[np.ndarray] = (),
) -> np.ndarray:
    """Both pictures with their maps on one scale, and the difference on the second picture.

    Args:
        stimuli: (H, W, 3) uint8 RGB, of any sizes.
        densities: (h, w) each, >= 0, sums to 1.
        difference: (h, w) of the second density minus the first, on one grid; it lies over the second picture in shares
            of the sides.
        names: headings of the pictures; short, in Latin letters.
        outlines: closed (N, 2) lines on the difference, in shares of the sides.

    Returns:
        (H, W, 3) uint8 on white, with two legends whose numbers are multiples of the average of a picture.
    """
    cells, highest, limit = drawn(stimuli, densities, difference)
    if outlines:
        cells[2] = painted(cells[2], outlined(cells[2], outlines))
    row = _row(cells, [*names, f"{names[1]} minus {names[0]}"])
    width = row.shape[1] - 2 * GAP
    strips = [
        overlays.legend(width, "0", f"{highest:.1f}", "times the average of a picture", size=TEXT),
        legend(width, f"full color: {limit:.1f} times the average", names),
    ]
    sides = ((0, 0), (GAP, GAP), (0, 0))
    below = [np.pad(strip, sides, constant_values=255) for strip in strips]
    return np.concatenate([row, *below, np.full((GAP, row.shape[1], 3), 255, np.uint8)])


def outlined(picture: np.ndarray, outlines: Sequence[np.ndarray]) -> Scene:
    """Closed (N, 2) lines, in shares of the sides, over an (H, W, 3) picture."""
    height, width = picture.shape[:2]
    lines = tuple(Line(line * (width, height), DARK, LINE) for line in outlines)
    return Scene((height, width), lines, (), (), "")


def drawn(
    stimuli: tuple[np.ndarray, np.ndarray], densities: tuple[np.ndarray, np.ndarray], difference: np.ndarray
) -> tuple[list[np.ndarray], float, float]:
    """What a sheet is made of, for the arguments of `sheet`.

    Returns:
        Both pictures with their maps on one scale, and the difference on the second: (H, W, 3) uint8 each. The density
        that has the last color, and the difference that has the full one, as multiples of the average of a picture.
    """
    highest = max(float(density.max()) * density.size for density in densities)
    limit = scale(difference, highest)
    small = [_fitted(stimulus) for stimulus in stimuli]
    cells = [
        overlays.overlay(picture, maps.enlarge(density * density.size, picture.shape[:2]), limits=(0, highest))
        for picture, density in zip(small, densities, strict=True)
    ]
    cells.append(overlay(small[1], maps.enlarge(difference * difference.size, small[1].shape[:2]), limit))
    return cells, highest, limit


def _row(cells: list[np.ndarray], headings: list[str]) -> np.ndarray:
    """Pictures side by side below their headings, on white."""
    widths = [max(NARROWEST, cell.shape[1]) for cell in cells]
    top = GAP + 2 * TEXT
    size = sum(widths) + GAP * (len(cells) + 1), top + max(cell.shape[0] for cell in cells) + GAP
    drawn = Image.new("RGB", size, "white")
    draw, left, font = ImageDraw.Draw(drawn), GAP, overlays.typeface(HEADING)
    for cell, heading, width in zip(cells, headings, widths, strict=True):
        draw.text((left, GAP + TEXT // 2), heading, overlays.STRONG[0], font, "lm")
        drawn.paste(Image.fromarray(cell), (left, top))
        left += width + GAP
    return np.array(drawn)


def scale(difference: np.ndarray, highest: float) -> float:
    """The difference that has the full color, as a multiple of the average density.

    Args:
        difference: (h, w), in shares of each cell.
        highest: the largest density of both pictures, as a multiple of the average.
    """
    return max(float(np.abs(difference).max()) * difference.size, LEAST * highest)


def overlay(stimulus: np.ndarray, difference: np.ndarray, limit: float) -> np.ndarray:
    """A difference over its picture, which becomes pale and gray.

    Args:
        stimulus: (H, W, 3) uint8 RGB.
        difference: (H, W), finite.
        limit: the value, on either side of 0, that has the full color; above 0.

    Returns:
        (H, W, 3) uint8: no color where the difference is less than 4 % of the limit.
    """
    gray = np.asarray(Image.fromarray(stimulus).convert("L"), np.float32)[..., None]
    ground = 255 - PALE * (255 - gray)
    part = np.clip((np.abs(difference) / limit - ONSET) / (1 - ONSET), 0, 1)[..., None]
    color = np.where(difference[..., None] > 0, np.array(SECOND, np.float32), np.array(FIRST, np.float32))
    opacity = OPACITY * part**0.75
    return np.rint(ground * (1 - opacity) + color * opacity).astype(np.uint8)


def legend(width: int, text: str, names: tuple[str, str] = ("A", "B"), size: int = TEXT) -> np.ndarray:
    """(2 * size, width, 3) uint8 the colors of a difference from -limit to limit, between what they stand for."""
    left, right = f"more in {names[0]}", f"more in {names[1]}"
    font = overlays.typeface(size)
    strip = Image.new("RGB", (width, 2 * size), "white")
    draw = ImageDraw.Draw(strip)
    length = min(16 * size, max(1, round(width - font.getlength(left + right + text) - 4 * size)))
    ramp = np.broadcast_to(np.linspace(-1, 1, length), (size, length))
    bar = overlay(np.full((size, length, 3), 255, np.uint8), ramp, 1.0)
    place = 0
    draw.text((place, size), left, overlays.STRONG[0], font, "lm")
    place += round(font.getlength(left)) + size // 2
    strip.paste(Image.fromarray(bar), (place, size // 2))
    draw.text((place + length + size // 2, size), f"{right}; {text}", overlays.STRONG[0], font, "lm")
    return np.array(strip)


def _fitted(stimulus: np.ndarray) -> np.ndarray:
    """A picture at the size that it has on the sheet; never larger than it is, but for tiny ones."""
    height, width = stimulus.shape[:2]
    factor = min(HEIGHT / height, WIDTH / width)
    return resize(stimulus, (max(1, round(height * factor)), max(1, round(width * factor))))
