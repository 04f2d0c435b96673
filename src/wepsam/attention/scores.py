"""Numbers of a whole picture: how focused its map is, how much of it the center explains, how cluttered it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from wepsam.attention import coverage
from wepsam.shapes import within

PLACES = 16  # along the longer side: a place is a sixteenth of it, about 2 degrees of a picture of 32 degrees
HELD = (0.5, 0.8)  # shares of the density whose surface is the focus

NAMES = ("focus_50", "focus_80", "places", "centeredness", "clutter")


@dataclass(frozen=True)
class Scores:
    """What a picture as a whole gets.

    Attributes:
        focus_50: the smallest share of the surface that holds 50 % of the density. Low: people agree on where to look.
        focus_80: the same of 80 %.
        places: effective number of places that share the attention, the exponential of the entropy over squares of a
            16th of the longer side: 1 if all look at one of them.
        centeredness: share of the density that the center alone would put where it is, from 0 to 1.
        clutter: feature congestion; see `wepsam.attention.clutter`.
        percentiles: of each of these by its name: how many of 100 pictures of the reference have less.
        reference: the name of the reference.
    """

    focus_50: float
    focus_80: float
    places: float
    centeredness: float
    clutter: float
    percentiles: Mapping[str, float]
    reference: str

    def values(self) -> dict[str, float]:
        """The scores by name, without percentiles."""
        return {name: getattr(self, name) for name in NAMES}

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**self.values(), "percentiles": dict(self.percentiles), "reference": self.reference}


def focus(density: np.ndarray, held: float) -> float:
    """The smallest share of the surface that holds a share of an (h, w) density; the last cell counts by its part."""
    values = np.sort(density, axis=None)[::-1]
    sums = np.concatenate([[0.0], np.cumsum(values)])
    return float(np.interp(held * sums[-1], sums, np.linspace(0, 1, len(sums))))


def places(density: np.ndarray, size: tuple[int, int], screens: float = 1.0) -> float:
    """The exponential of the entropy of a density over places.

    Args:
        density: (h, w), sums to 1.
        size: (height, width) of the picture.
        screens: of a page one below the other; places are then a 16th of the longer side of a screen.
    """
    screen = round(size[0] / screens), size[1]
    grid = within(*size, max(1, round(PLACES * max(size) / max(screen))))
    shares = np.maximum(coverage.regrid(density, grid), 0).ravel()
    shares = shares[shares > 0] / shares.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


def centeredness(density: np.ndarray, alone: np.ndarray) -> float:
    """What two (h, w) densities have in common, from 0 to 1; the second is that of the center alone."""
    return float(np.minimum(density, alone).sum())
