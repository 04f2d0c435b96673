"""One drawing by its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from wepsam.drawing import lettering, outlined, svg, tinted
from wepsam.drawing.scene import Scene, painted
from wepsam.drawing.styles import Style

if TYPE_CHECKING:
    from wepsam.attention.answers import Attention

DEFAULT = Style()
TINTED: dict[str, Callable[[Attention, Style], np.ndarray]] = {
    "heat": tinted.heat,
    "map": tinted.colored,
    "fog": tinted.fog,
}
OUTLINED: dict[str, Callable[[Attention, Style], Scene]] = {
    "contours": outlined.of_contours,
    "hot-spots": outlined.of_hot_spots,
    "areas": outlined.of_areas,
}
KINDS = (*TINTED, *OUTLINED)
"""The kinds of drawings by name: first those that tint the picture, then those of lines."""


def draw(answer: Attention, kind: str, style: Style = DEFAULT) -> np.ndarray:
    """Draw what is known about a picture over the picture.

        drawing.draw(wepsam.attend("page.png"), "fog", drawing.Style(size=1200))

    Args:
        answer: as `wepsam.attend` gives it; it is not changed.
        kind: one of KINDS:

            - heat: the map in colors over the picture;
            - map: the map alone in colors;
            - fog: the picture, dimmed and blurred where few look;
            - contours: lines around the places that hold 25, 50 and 75 % of the density;
            - hot-spots: the places that people most likely look at, numbered by their shares; not a path;
            - areas: the outlines of the areas, each with its share and interval.
        style: colors, opacity, sizes.

    Returns:
        (H, W, 3) uint8 RGB: the picture at the style's size and, with a legend, a strip below it.

    Raises:
        ValueError: no such kind, or there are no areas to draw.

    Examples:
        >>> import numpy as np, wepsam
        >>> picture = np.full((120, 160, 3), 128, np.uint8)
        >>> picture[40:80, 90:130] = 220, 40, 30  # a red square on gray
        >>> answer = wepsam.attend(picture)
        >>> wepsam.drawing.draw(answer, "heat", wepsam.drawing.Style(legend=False)).shape
        (120, 160, 3)
    """
    if kind in TINTED:
        return TINTED[kind](answer, style)
    found = scene(answer, kind, style)
    return lettering.with_caption(painted(tinted.canvas(answer, style), found), found.caption, style)


def scene(answer: Attention, kind: str, style: Style) -> Scene:
    """The lines and texts of a drawing; ValueError for a kind that has none."""
    if kind not in OUTLINED:
        raise ValueError(f"no drawing {kind!r}: expected one of {', '.join(KINDS)}")
    return OUTLINED[kind](answer, style)


def draw_svg(answer: Attention, kind: str, style: Style = DEFAULT, *, picture: bool = True) -> str:
    """A drawing of lines as an SVG document.

    Args:
        answer: as `wepsam.attend` gives it.
        kind: contours, hot-spots or areas.
        style: colors and sizes.
        picture: whether the picture is put inside, with a caption below; otherwise lines and labels stand alone on
            transparent ground.

    Returns:
        The text of the document.

    Raises:
        ValueError: a kind that is not made of lines, or there are no areas to draw.
    """
    if kind in TINTED:
        raise ValueError(f"{kind} is made of pixels: SVG is for {', '.join(OUTLINED)}")
    stimulus = tinted.canvas(answer, style) if picture else None
    return svg.svg(scene(answer, kind, style), answer.picture, style, stimulus)
