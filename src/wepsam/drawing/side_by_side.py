"""Before and after: two pictures beside each other, on one scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wepsam import overlays
from wepsam.drawing import lettering
from wepsam.drawing.styles import Style
from wepsam.images import resize
from wepsam.prediction import drawing, predictor
from wepsam.shapes import Shape

if TYPE_CHECKING:
    from wepsam.attention.answers import Attention

NAMES = ("before", "after")
GAP = 1.0  # of the text's size, between the pictures


def before_after(before: Attention, after: Attention, style: Style | None = None) -> np.ndarray:
    """The maps of two pictures in colors over them, beside each other: equal colors are equally many looks.

    Looks are counted as multiples of each picture's own average.

    Args:
        before: as `wepsam.attend` gives it.
        after: of the other picture; it is shown as high as the first one, or smaller if it is much wider.
        style: of each of the pictures; None: the default.

    Returns:
        (H, W, 3) uint8 RGB, with a heading above each picture and the legend below.
    """
    style = style or Style()
    first = style.shape(*before.stimulus.shape[:2])
    shapes = first, _beside(first, after.stimulus.shape)
    found = [predictor.saliency_map(one.density, shape) for one, shape in zip((before, after), shapes, strict=True)]
    highest = max(float(each.max()) / drawing.average(each) for each in found)
    size = style.text(first)
    scale = drawing.Style(style.opacity, style.colors, legend=False, highest=highest)
    panels = []
    for name, one, saliency_map in zip(NAMES, (before, after), found, strict=True):
        stimulus = resize(one.stimulus, saliency_map.shape)
        panel = drawing.overlay(stimulus, saliency_map, scale)
        panels.append(np.concatenate([lettering.caption(name, panel.shape[1], size), panel]))
    gap = np.full((panels[0].shape[0], max(1, round(GAP * size)), 3), 255, np.uint8)
    drawn = np.concatenate([panels[0], gap, _filled(panels[1], panels[0].shape[0])], axis=1)
    if not style.legend:
        return drawn
    unit = f"{drawing.UNIT}, one scale for both"
    strip = overlays.legend(
        drawn.shape[1], "0", drawing.number(highest), unit, strength=style.opacity, colors=style.colors, size=size
    )
    return np.concatenate([drawn, strip])


def _beside(first: Shape, other: tuple[int, ...]) -> Shape:
    """The shape of a picture beside one of the shape `first`: as high, and not wider than the longer side of that."""
    scale = min(first[0] / other[0], max(first) / other[1])
    return max(1, round(other[0] * scale)), max(1, round(other[1] * scale))


def _filled(panel: np.ndarray, height: int) -> np.ndarray:
    """A panel with white below it up to a height."""
    return np.concatenate([panel, np.full((height - len(panel), *panel.shape[1:]), 255, np.uint8)])
