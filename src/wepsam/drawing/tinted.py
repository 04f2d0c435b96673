"""Drawings that change the picture's pixels: the map in colors over it, the map alone, and fog over the rest."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFilter

from wepsam import maps, overlays
from wepsam.drawing import held, lettering
from wepsam.drawing.styles import Style, measure
from wepsam.images import resize
from wepsam.prediction import drawing, predictor
from wepsam.shapes import Shape

if TYPE_CHECKING:
    from wepsam.attention.answers import Attention

# The places that hold this share of the density are clear; those outside of the places that hold the second are in fog.
CLEAR, FOGGED = 0.5, 0.9
BLUR = 1 / 70  # standard deviation of the blur in full fog, of the picture's measure
MOST_PIXELS = 1 << 22  # that are in work at a time: blurs take several copies
FOG = "Clear: where half of all looks are expected. In fog: where the last tenth is."


def heat(answer: Attention, style: Style) -> np.ndarray:
    """The map in colors over the picture, and the legend below."""
    stimulus, saliency_map = canvas(answer, style), _map(answer, style)
    return drawing.overlay(stimulus, saliency_map, _scale(style, saliency_map))


def colored(answer: Attention, style: Style) -> np.ndarray:
    """The map alone in colors, and the legend below."""
    saliency_map = _map(answer, style)
    scale = _scale(style, saliency_map)
    drawn = overlays.colorize(saliency_map, colors=style.colors)
    return np.concatenate([drawn, drawing.color_legend(saliency_map, scale, None)]) if style.legend else drawn


def fog(answer: Attention, style: Style) -> np.ndarray:
    """The picture, dimmed and blurred where few look; what that means stands below."""
    drawn = fogged(canvas(answer, style), answer.density, style.opacity)
    return lettering.with_caption(drawn, FOG, style)


def fogged(stimulus: np.ndarray, density: np.ndarray, opacity: float) -> np.ndarray:
    """Dim and blur a picture where few look.

    Args:
        stimulus: (H, W, 3) uint8 RGB.
        density: (h, w) >= 0, its sum above 0.
        opacity: of the fog, from 0 (only blurred) to 1 (black).

    Returns:
        (H, W, 3) uint8: the picture itself in the places that hold half of the density.
    """
    height, width = stimulus.shape[:2]
    clear = visibility(density, (height, width))
    drawn = np.empty_like(stimulus)
    radius = BLUR * measure((height, width))
    margin, rows = math.ceil(4 * radius), max(256, MOST_PIXELS // width)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        first, last = max(0, top - margin), min(height, bottom + margin)
        part = _fogged(Image.fromarray(stimulus[first:last]), Image.fromarray(clear[first:last]), radius, opacity)
        drawn[top:bottom] = np.asarray(part)[top - first : bottom - first]
    return drawn


def _fogged(picture: Image.Image, clear: Image.Image, radius: float, opacity: float) -> Image.Image:
    """A picture in fog, but where it is clear: 255 is quite clear."""
    slight, strong = (picture.filter(ImageFilter.GaussianBlur(radius * part)) for part in (0.3, 1.0))
    dimmed = strong.point([round(value * (1 - opacity)) for value in range(256)] * 3)
    half = slight.point([round(value * (1 - opacity / 2)) for value in range(256)] * 3)
    # From clear to half clear the picture gives way to a slight blur, which then gives way to the strong one.
    lower, upper = (clear.point([min(max(2 * value - least, 0), 255) for value in range(256)]) for least in (0, 255))
    return Image.composite(picture, Image.composite(half, dimmed, lower), upper)


def visibility(density: np.ndarray, shape: Shape) -> np.ndarray:
    """(H, W) uint8: 255 in the places that hold the share CLEAR of a density, 0 outside of those that hold FOGGED."""
    values, above = maps.enlarge(density, shape), held.share_above(density)
    clear = np.empty(shape, np.uint8)
    for rows in overlays.strips(*shape):
        part = (FOGGED - above(values[rows])) / (FOGGED - CLEAR)
        part = np.clip(part, 0, 1)
        clear[rows] = np.rint(255 * part * part * (3 - 2 * part))  # smoothstep
    return clear


def canvas(answer: Attention, style: Style) -> np.ndarray:
    """(H, W, 3) the picture at the size at which it is drawn."""
    stimulus = answer.stimulus
    shape = style.shape(*stimulus.shape[:2])
    return stimulus if shape == stimulus.shape[:2] else resize(stimulus, shape)


def _map(answer: Attention, style: Style) -> np.ndarray:
    return predictor.saliency_map(answer.density, style.shape(*answer.stimulus.shape[:2]))


def _scale(style: Style, saliency_map: np.ndarray) -> drawing.Style:
    height, width = saliency_map.shape
    return drawing.Style(style.opacity, style.colors, style.legend, text=style.text((height, width)))
