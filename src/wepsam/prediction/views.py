"""How a network sees a picture: in which sizes, and whether mirrored as well."""

from collections.abc import Callable
from functools import partial
from typing import Any

from wepsam.shapes import Shape, input_shape

View = tuple[Callable[[int, int], Shape], bool]  # (height, width) -> shape of the input; whether mirrored as well


def of_card(card: dict[str, Any], quality: str) -> list[View]:
    """The views of a quality that a card names, the largest last."""
    if "input_size" in card:
        side = int(card["input_size"])
        return [(lambda *_: (side, side), bool(card["mirror"]))]
    area, chosen = int(card["input_area"]), card["views"][quality]
    scales = sorted(float(scale) for scale in chosen["scales"])
    return [(of_area(area * scale**2), bool(chosen["mirror"])) for scale in scales]


def of_area(area: float) -> Callable[[int, int], Shape]:
    """A view with about so many pixels."""
    return partial(input_shape, area=round(area))
