"""What the fields of a card of weights may be. A card may come from anywhere, so it is checked before it is used.

The limits are wide: they keep out what no network needs, and what would take the memory or the time of the machine.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wepsam.calibration import presets
from wepsam.shapes import SIDE_STEP

MAX_BYTES = 16 << 20  # of a card's file; the shipped ones have 10 KB
MAX_SIDE = 2048  # pixels: of a square input
MAX_AREA = MAX_SIDE * MAX_SIDE  # pixels: of the input of any view
MAX_SCALES = 16  # views of one quality
SCALE = (0.1, 10.0)  # of a view: factor of the sides
BLUR = (0.0, 1000.0)  # cells of the map
FLOOR = (0.0, 1000.0)  # shares of the map's mean
SHARPNESS = (0.01, 100.0)  # power of the density
MAX_NAME = 200  # characters
PHOTOGRAPHS = "photographs"  # what "pictures" says of weights that are to be doubted for any others
QUALITIES = ("best", "fast")  # the default first
PARTS = ("train", "validation", "all")  # of a dataset that weights have learned from
MAX_DATASETS = 1000  # that they have learned from

Check = Callable[[str, Any], None]


def check(card: Any) -> None:
    """Check all fields that prediction and evaluation use.

    Raises:
        ValueError: one line with the first field that is missing or cannot be, and what was expected.
    """
    if not isinstance(card, dict):
        raise ValueError(f"it is a {type(card).__name__}, not an object")
    fields = REQUIRED | (SQUARE if "input_size" in card else ASPECT)
    older = () if "calibrations" in card else ("blur", "floor")
    if missing := [name for name in fields if name not in card and (name not in OPTIONAL or name in older)]:
        raise ValueError(f"it lacks {', '.join(missing)}")
    for name, check_value in fields.items():
        if name in card:
            check_value(name, card[name])
    if "views" in fields:
        for quality in QUALITIES:
            _view(quality, card.get("views", {}), card["input_area"])
    presets.of_card(card)  # the numbers of each calibration, and the name of the default
    _digest("sha256", card["sha256"])


def within(name: str, value: Any, limits: tuple[float, float], unit: str = "") -> None:
    """Raise ValueError unless the value is a number, and neither below nor above the limits."""
    low, high = limits
    if not _is_number(value) or not low <= value <= high:
        raise _wrong(name, value, f"a number from {low:g} to {high:g}{unit}")


def shown(value: Any) -> str:
    """A value and its type in a few characters, whatever it is."""
    if isinstance(value, dict | list):
        return f"a {type(value).__name__} of {len(value)}"
    text = ascii(value) if isinstance(value, str) else str(value)
    return f"{text if len(text) <= 40 else text[:37] + '...'} ({type(value).__name__})"


def _wrong(name: str, value: Any, expected: str) -> ValueError:
    return ValueError(f"its {name} is {shown(value)}, expected {expected}")


def _is_number(value: Any) -> bool:
    # An integer of JSON may have thousands of digits: compared with a float, it never overflows.
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def _number(limits: tuple[float, float], unit: str = "") -> Check:
    return lambda name, value: within(name, value, limits, unit)


def _whole(low: int, high: int) -> Check:
    def check_value(name: str, value: Any) -> None:
        if not _is_number(value) or not low <= value <= high or value != int(value):
            raise _wrong(name, value, f"a whole number of pixels from {low:,} to {high:,}")

    return check_value


def _flag(name: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise _wrong(name, value, "true or false")


def _object(name: str, value: Any) -> None:
    if not isinstance(value, dict):
        raise _wrong(name, value, "an object")


def learned_from(name: str, value: Any) -> None:
    """Raise ValueError unless the value says which part of which dataset was learned; see `datasets.learned`."""
    _object(name, value)
    if len(value) > MAX_DATASETS:
        raise _wrong(name, value, f"at most {MAX_DATASETS} datasets")
    for dataset, part in value.items():
        if not isinstance(part, str) or part not in PARTS:
            raise ValueError(f"its {name} of {shown(dataset)} is {shown(part)}, expected one of {', '.join(PARTS)}")


def _stride(name: str, value: Any) -> None:
    if value != SIDE_STEP:
        plain = isinstance(value, int) and abs(value) < 1e9
        raise ValueError(f"its {name} is {value if plain else shown(value)}, expected {SIDE_STEP}")


def _name(name: str, value: Any) -> None:
    """The name of weights becomes the name of files: of results, of folders of maps."""
    _line(name, value)
    if value.startswith(".") or set(value) & set("/\\"):
        raise _wrong(name, value, "a name without slashes that does not begin with a dot")


def _line(name: str, value: Any) -> None:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_NAME or not value.isprintable():
        raise _wrong(name, value, f"a printable text of 1 to {MAX_NAME} characters")


def _text(name: str, value: Any) -> None:
    if not isinstance(value, str):
        raise _wrong(name, value, "64 hexadecimal digits")


def _digest(name: str, value: str) -> None:
    if not re.fullmatch("[0-9a-f]{64}", value):
        raise _wrong(name, value, "64 hexadecimal digits")


def _view(quality: str, views: Mapping[str, Any], area: float) -> None:
    """The sizes at which a network of the picture's aspect sees it, and whether also mirrored."""
    view = views.get(quality)
    if not isinstance(view, dict) or "scales" not in view or "mirror" not in view:
        raise ValueError(f"it lacks the views of quality {quality!r}: their scales, and whether to mirror")
    name = f"views.{quality}"
    _flag(f"{name}.mirror", view["mirror"])
    scales: Sequence[Any] = view["scales"]
    if not isinstance(scales, list) or not 1 <= len(scales) <= MAX_SCALES:
        raise _wrong(f"{name}.scales", scales, f"a list of 1 to {MAX_SCALES} numbers")
    for scale in scales:
        within(f"{name}.scales", scale, SCALE)
        if math.ceil(area * scale**2) > MAX_AREA:
            raise ValueError(
                f"its {name}.scales has {scale:g}, {area * scale**2:,.0f} pixels, expected at most {MAX_AREA:,}"
            )


# Field -> what it may be. Those of a network that sees a square, and of one that sees the picture in its aspect.
REQUIRED: dict[str, Check] = {
    "name": _name, "sha256": _text, "blur": _number(BLUR, " cells"), "floor": _number(FLOOR),
    "sharpness": _number(SHARPNESS), "calibrations": _object, "learned_from": learned_from, "pictures": _line,
}  # fmt: skip
SQUARE: dict[str, Check] = {"input_size": _whole(1, MAX_SIDE), "mirror": _flag}
ASPECT: dict[str, Check] = {"input_area": _whole(SIDE_STEP**2, MAX_AREA), "stride": _stride, "views": _object}
# Cards of version 0.1 have blur and floor instead of calibrations; a lack of views is said by quality.
OPTIONAL = (*presets.OLDER, "calibrations", "views", "learned_from", "pictures")
