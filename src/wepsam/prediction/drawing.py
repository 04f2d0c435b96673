"""Overlays with their legends, and the contact sheet of many pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from wepsam import colormaps, maps, overlays
from wepsam.images import resize

SHEET_ROWS, SHEET_HEIGHT = 12, 180
UNIT = "times the picture's average"
COMMON = "one scale for all pictures"


@dataclass(frozen=True)
class Style:
    """How maps are drawn.

    Attributes:
        strength: opacity of the overlay.
        colors: name of the color ramp.
        legend: whether overlays and the sheet have one.
        highest: the value of the last color as a multiple of the picture's average, the first color being 0; None draws
            each map from its own minimum to its own maximum.
        text: size of the legend's text in pixels; None: it grows with the picture.
    """

    strength: float = overlays.STRENGTH
    colors: str = colormaps.DEFAULT
    legend: bool = True
    highest: float | None = None
    text: int | None = None

    def limits(self, saliency_map: np.ndarray) -> overlays.Limits:
        """The values of this map that get the first and the last color."""
        if self.highest is None:
            return float(saliency_map.min()), float(saliency_map.max())
        return 0.0, self.highest * average(saliency_map)

    def levels(self, saliency_map: np.ndarray) -> np.ndarray:
        """The gray levels with which this map is drawn: (H, W) uint8."""
        return overlays.gray(saliency_map, self.limits(saliency_map))


def average(saliency_map: np.ndarray) -> float:
    """The mean of a map; 1 for a map of zeros."""
    return float(saliency_map.mean(dtype=np.float64)) or 1.0


def overlay(
    stimulus: np.ndarray, saliency_map: np.ndarray, style: Style, levels: np.ndarray | None = None
) -> np.ndarray:
    """The map over its stimulus, and the legend below.

    Args:
        stimulus: (H, W, 3) uint8 RGB.
        saliency_map: (H, W).
        style: how it is drawn.
        levels: what `style.levels` says of this map, if that is known.
    """
    height, width = saliency_map.shape
    legend = color_legend(saliency_map, style, style.strength) if style.legend else np.empty((0, width, 3), np.uint8)
    drawn = np.empty((height + len(legend), width, 3), np.uint8)
    drawn[height:] = legend
    levels = style.levels(saliency_map) if levels is None else levels
    overlays.glow(stimulus, levels, drawn[:height], strength=style.strength, colors=style.colors)
    return drawn


def color_legend(saliency_map: np.ndarray, style: Style, strength: float | None) -> np.ndarray:
    """The legend of a map, as wide as it is: its colors over white at this strength; None: those of the map alone."""
    mean = average(saliency_map)
    low, high = (number(limit / mean) for limit in style.limits(saliency_map))
    unit = UNIT if style.highest is None else f"{UNIT}, {COMMON}"
    return _strip(saliency_map.shape[1], low, high, unit, strength=strength, colors=style.colors, size=style.text)


_strip = lru_cache(128)(overlays.legend)  # many pictures of a folder have the same one


def sheet_row(stimulus: np.ndarray, saliency_map: np.ndarray, style: Style) -> list[np.ndarray]:
    """Picture, map and overlay, small enough for the sheet."""
    height, width = stimulus.shape[:2]
    shape = (SHEET_HEIGHT, max(1, round(SHEET_HEIGHT * width / height)))
    small = resize(stimulus, shape)
    small_map = maps.enlarge(saliency_map, shape)
    limits = style.limits(small_map)
    return [
        small,
        overlays.colorize(small_map, colors=style.colors, limits=limits),
        overlays.overlay(small, small_map, strength=style.strength, colors=style.colors, limits=limits),
    ]


def sheet(rows: Sequence[Sequence[np.ndarray]], names: Sequence[tuple[str, str]], style: Style) -> np.ndarray:
    """Two pictures beside each other, each with its name, its map, a remark and its overlay; the legends below.

    Args:
        rows: as `sheet_row` gives them.
        names: of the pictures, each with a remark that stands below its map.
        style: as for the rows.
    """
    pairs = range(0, len(rows), 2)
    cells = [[picture for row in rows[i : i + 2] for picture in row] for i in pairs]
    captions = [[text for name in names[i : i + 2] for text in (*name, "")] for i in pairs]
    labels = ["picture", "saliency map", "overlay"] * (len(cells[0]) // 3)
    drawn = overlays.contact_sheet(cells, labels=labels, captions=captions, height=SHEET_HEIGHT)
    if not style.legend:
        return drawn
    if style.highest is None:
        limits, unit = ("lowest", "highest"), "of each picture"
    else:
        limits, unit = ("0", number(style.highest)), f"{UNIT}, {COMMON}"
    strips = [
        overlays.legend(
            drawn.shape[1], *limits, f"{unit} ({what})", strength=strength, colors=style.colors, size=SHEET_HEIGHT // 11
        )
        for what, strength in (("saliency map", None), ("overlay", style.strength))
    ]
    return np.concatenate([drawn, *strips])


def number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 or value < 0.05 else f"{value:.1f}"
