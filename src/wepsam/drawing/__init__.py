"""Pictures that one wants to show: what `Attention` says of a picture, drawn over it."""

from wepsam.drawing.drawings import KINDS, draw, draw_svg
from wepsam.drawing.styles import Style

__all__ = ["KINDS", "Style", "draw", "draw_svg"]
