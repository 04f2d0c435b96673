"""Where a picture stands among others: percentiles of its scores in a table of pictures of one kind."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from wepsam.attention.areas import shown
from wepsam.attention.scores import NAMES
from wepsam.files import foreign, read_json, write_json
from wepsam.kinds import PHOTOGRAPH

PHOTOGRAPHS, WEB_PAGES = "photographs", "web pages"  # those of this package
SHIPPED = Path(__file__).with_name("reference.json")
QUANTILES = 101  # of each score: its values at 0, 1, ... 100 % of the pictures
MOST_BYTES = 1 << 20
LEAST_PICTURES = 10


@dataclass(frozen=True)
class Reference:
    """The scores of some pictures.

    Attributes:
        name: such as "photographs".
        pictures: how many.
        quantiles: by score, its QUANTILES values from the smallest to the largest.
        model: the weights that made the maps, as SHA-256; "" if that does not matter.
    """

    name: str
    pictures: int
    quantiles: Mapping[str, Sequence[float]]
    model: str = ""

    def percentiles(self, values: Mapping[str, float]) -> dict[str, float]:
        """Where scores stand among those of the pictures.

        Args:
            values: scores by their names.

        Returns:
            By score, how many of 100 pictures have less, counting half of those that have the same; from 0 to 100.
        """
        places = np.linspace(0, 100, QUANTILES)
        found = {}
        for name, value in values.items():
            line = np.asarray(self.quantiles[name])
            found[name] = float((np.interp(value, line, places) + 100 - np.interp(-value, -line[::-1], places)) / 2)
        return found

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        quantiles = {name: list(self.quantiles[name]) for name in NAMES}
        return {"name": self.name, "pictures": self.pictures, "model": self.model, "quantiles": quantiles}

    @classmethod
    def from_dict(cls, fields: Any) -> "Reference":
        """The reference of a JSON object, as `as_dict` gives it.

        Args:
            fields: the object; it is checked.

        Returns:
            The reference.

        Raises:
            ValueError: what is no reference; one line.
        """
        if not isinstance(fields, Mapping) or not isinstance(fields.get("quantiles"), Mapping):
            raise ValueError("it has no quantiles of scores")
        name, pictures = fields.get("name"), fields.get("pictures")
        if not isinstance(name, str) or not name.isprintable() or len(name) > 200:
            raise ValueError(f"its name is {shown(name)}, expected a text")
        if not isinstance(pictures, int) or pictures < 1:
            raise ValueError(f"its pictures are {shown(pictures)}, expected a number of pictures")
        for score in NAMES:
            line = fields["quantiles"].get(score)
            if not isinstance(line, list) or len(line) != QUANTILES or not all(_is_number(v) for v in line):
                raise ValueError(f"the quantiles of {score} are {shown(line)}, expected {QUANTILES} numbers")
            if any(a > b for a, b in pairwise(line)):
                raise ValueError(f"the quantiles of {score} do not rise")
        return cls(name, pictures, fields["quantiles"], str(fields.get("model", ""))[:64])


def of_scores(name: str, rows: Sequence[Mapping[str, float]], model: str = "") -> Reference:
    """The reference of pictures with these scores; ValueError for fewer than LEAST_PICTURES."""
    if len(rows) < LEAST_PICTURES:
        raise ValueError(f"{len(rows)} pictures that can be read, expected at least {LEAST_PICTURES} for percentiles")
    at = np.linspace(0, 1, QUANTILES)
    quantiles = {
        score: [float(f"{value:.5g}") for value in np.quantile([row[score] for row in rows], at)] for score in NAMES
    }
    return Reference(name, len(rows), quantiles, model)


def read(path: str | PathLike[str]) -> Reference:
    """The reference in a file that `wepsam benchmark` wrote; ValueError with one line for any other."""
    with foreign(path, "is not a reference that wepsam benchmark wrote"):
        return Reference.from_dict(read_json(path, MOST_BYTES))


def write(path: str | PathLike[str], reference: Reference) -> None:
    """Write a reference, whole or not at all."""
    write_json(path, reference.as_dict())


def shipped(name: str) -> Reference:
    """One of the references of this package, "photographs" or "web pages"; ValueError for another name."""
    if name not in names():
        raise ValueError(f"no reference {name!r}; expected {', '.join(names())}, or a .json file of wepsam benchmark")
    return Reference.from_dict(_shipped()[name])


def of_kind(kind: str) -> Reference:
    """The reference of this package for a kind of picture, as `wepsam.looks_like` says it."""
    return shipped(PHOTOGRAPHS if kind == PHOTOGRAPH else WEB_PAGES)


def names() -> list[str]:
    """The names of the references of this package."""
    return [*_shipped()]


@cache
def _shipped() -> dict[str, Any]:
    return read_json(SHIPPED)["references"]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
