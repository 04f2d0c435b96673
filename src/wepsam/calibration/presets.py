"""Calibrations by name: those in the card of a model, and files that `wepsam adapt` wrote."""

import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wepsam.calibration.definition import NEUTRAL, Calibration
from wepsam.files import foreign, read_json, write_json
from wepsam.shapes import CELL

TYPICAL = "typical"  # for pictures of a laboratory that is not known
NONE = "none"  # the network's own density, as it is
CUSTOM = "custom"  # given as numbers
MOST_BYTES = 1 << 20  # of a file
OLDER = ("sharpness", "blur", "floor")  # fields of cards of version 0.1, which had no calibrations

log = logging.getLogger("wepsam")


@dataclass(frozen=True)
class Named:
    """A calibration with its name and origin.

    Attributes:
        name: in the card, or of the file.
        calibration: the numbers.
        fitted: how it was fitted: on which pictures, the log likelihood that it reached, to which weights.
    """

    name: str
    calibration: Calibration
    fitted: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return self.calibration.as_dict() | ({"fitted": dict(self.fitted)} if self.fitted else {})

    @classmethod
    def from_dict(cls, name: str, fields: Any) -> "Named":
        """A named calibration of fields as they stand in a card or a calibration.json.

        Args:
            name: in the card, or of the file.
            fields: the numbers of the calibration, and perhaps `fitted`.

        Returns:
            The calibration with its name.

        Raises:
            ValueError: what is no calibration; one line.
        """
        if not isinstance(fields, Mapping):
            raise ValueError(f"the calibration {name} is a {type(fields).__name__}, expected an object")
        fitted = fields.get("fitted", {})
        if not isinstance(fitted, Mapping):
            raise ValueError(f"the field fitted of calibration {name} is a {type(fitted).__name__}, expected an object")
        numbers = {key: value for key, value in fields.items() if key not in ("fitted", "name")}
        return cls(name, Calibration.from_dict(numbers), fitted)


Which = Calibration | Named | str | os.PathLike[str] | None
"""A calibration, the name of one in the card, or a file that holds one; None: the card's default."""


def of_card(card: Mapping[str, Any]) -> tuple[str, dict[str, Named]]:
    """The name of a card's default calibration, and all calibrations of the card by name.

    "none" is always among them. A card without calibrations has the one that its older fields describe.

    Raises:
        ValueError: one of them cannot be, or the default is not among them.
    """
    described = card.get("calibrations")
    if described is None:
        described = {"own": _older(card)}
    if not isinstance(described, Mapping) or not all(isinstance(name, str) for name in described):
        raise ValueError(f"its calibrations are a {type(described).__name__}, expected an object")
    known = {name: Named.from_dict(name, fields) for name, fields in described.items()}
    known.setdefault(NONE, Named(NONE, NEUTRAL))
    default = card.get("calibration", next(iter(known)))
    if not isinstance(default, str) or default not in known:
        raise ValueError(f"its calibration is {str(default)[:40]!r}, expected one of {', '.join(known)}")
    return default, known


def default(card: Mapping[str, Any]) -> Named:
    """The calibration that a model has unless another one is asked for; "none" for one without a card."""
    name, known = of_card(card if card else {"calibrations": {}})
    return known[name]


def find(which: Which, card: Mapping[str, Any]) -> Named:
    """The calibration of a model.

    Args:
        which: the name of one in the card; a .json file that `wepsam adapt` wrote; the numbers themselves; or None for
            the card's default.
        card: of the model.

    Raises:
        ValueError: the card has none of this name, or the file holds none.
    """
    if isinstance(which, Named):
        return which
    if isinstance(which, Calibration):
        return Named(CUSTOM, which)
    default, known = of_card(card)
    name = default if which is None else os.fspath(which)
    if name in known:
        return known[name]
    if not name.endswith(".json"):
        raise ValueError(
            f"{card.get('name', 'the model')} has no calibration {name!r}; choose one of {', '.join(known)}, or give a "
            ".json file that wepsam adapt wrote"
        )
    found = read(name)
    weights = found.fitted.get("weights")
    if weights is not None and weights != card.get("sha256"):
        log.warning("%s was fitted to other weights than those of %s", name, card.get("name", "the model"))
    return found


def read(path: str | os.PathLike[str]) -> Named:
    """The calibration in a file.

    Raises:
        ValueError: the file cannot be read, or holds none.
    """
    path = Path(path)
    with foreign(path, "is not a calibration that wepsam adapt wrote"):
        content = read_json(path, MOST_BYTES)
        if not isinstance(content, Mapping) or "calibration" not in content:
            raise ValueError("it has no field calibration")
        return Named.from_dict(path.stem, content["calibration"])


def write(path: str | os.PathLike[str], named: Named) -> None:
    """Write a calibration as a file that `find` reads, whole or not at all."""
    write_json(Path(path), {"calibration": named.as_dict()})


def _older(card: Mapping[str, Any]) -> dict[str, float]:
    """The fields of cards of version 0.1: power; blur in cells of the map; floor in shares of the map's mean."""
    square = re.search(r"\(B, (\d+), \d+\)", str(card.get("output")))
    cells = float(square[1]) if square else float(card.get("input_area", 1)) ** 0.5 / CELL
    floor = float(card.get("floor", 0))
    return {
        "power": float(card.get("sharpness", 1)), "blur": min(1.0, float(card.get("blur", 0)) / cells),
        "floor": floor / (1 + floor),
    }  # fmt: skip
