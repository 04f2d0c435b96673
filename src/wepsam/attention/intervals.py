"""How sure is a share? What a group of viewers would show, with the error of the model and the chance of sampling.

The share of the fixations that a group makes in an area has a beta distribution around the predicted share s:

    variance = s * (1 - s) * (e + (1 - e) * c / (viewers * k))
    log odds of e = constant + by_share * log odds of s + by_surface * log(surface)

e is the error of the model. k is the number of fixations of a viewer. They are more alike than those of different
viewers: c = 1 + (k - 1) * clustering of them tell as much as one independent fixation. The numbers are in
intervals.json beside this file; `learn.areas` fitted them to validation pictures, and docs/explanation/answers.md says
how often the intervals hold.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

CARD = Path(__file__).with_name("intervals.json")
LEVEL = 0.9  # probability that an interval holds
STEPS = np.linspace(-12, 12, 1201)  # at which the beta distribution is integrated, in units of its width
LEAST = 1e-12  # a share below it is none
CHECKED_VIEWERS, CHECKED_SECONDS = (5, 30), (2.0, 6.0)  # groups about as large as those that the check has


@dataclass(frozen=True)
class Group:
    """The people whose shares an interval is about.

    Attributes:
        viewers: at least 1.
        seconds: that each looks at the picture, above 0.
    """

    viewers: int = 15
    seconds: float = 3.0

    def __post_init__(self) -> None:
        if isinstance(self.viewers, bool) or not isinstance(self.viewers, int) or not 1 <= self.viewers <= 10**9:
            raise ValueError(f"viewers is {self.viewers!r}; expected a whole number from 1 to 10**9")
        if not isinstance(self.seconds, int | float) or not 0 < self.seconds <= 10**6:
            raise ValueError(f"seconds is {self.seconds!r}; expected a number above 0, up to 10**6")

    @property
    def fixations(self) -> float:
        """Of one viewer, at least 1."""
        return max(1.0, card()["fixations_per_second"] * self.seconds)

    @property
    def independent(self) -> float:
        """How many fixations of one viewer count as independent glances for the chance that an area is seen."""
        return max(1.0, card()["independent"] * self.fixations)


@cache
def card() -> dict[str, Any]:
    """The numbers, how they were fitted, and to which weights."""
    return json.loads(CARD.read_text(encoding="utf-8"))


def error(share: np.ndarray, surface: np.ndarray, numbers: Mapping[str, float]) -> np.ndarray:
    """e in (0, 1), the error of the model, for shares within (0, 1)."""
    odds = numbers["constant"] + numbers["by_share"] * np.log(share / (1 - share))
    return 1 / (1 + np.exp(-(odds + numbers["by_surface"] * np.log(surface))))


def crowding(fixations: float, clustering: float) -> float:
    """c: so many fixations of a group tell as much as one independent fixation."""
    return 1 + (fixations - 1) * clustering


def interval(
    share: np.ndarray,
    surface: np.ndarray,
    count: np.ndarray | float,
    numbers: Mapping[str, float],
) -> tuple[np.ndarray, np.ndarray]:
    """The ends of the intervals in which the shares of a group lie with the probability LEVEL.

    Args:
        share: (N,) predicted shares, from 0 to 1.
        surface: (N,) shares of the picture's surface, above 0.
        count: of independent fixations: viewers * k / c.
        numbers: constant, by_share, by_surface.

    Returns:
        (N,) lower and (N,) upper ends, 0 <= low <= share <= high <= 1. A low end of less than half a fixation is 0.
    """
    s = np.clip(share, LEAST, 1 - 1e-9)
    e = error(s, surface, numbers)
    spread = np.minimum(e + (1 - e) / count, 0.999)
    strength = 1 / spread - 1
    low, high = _beta_quantiles(s * strength, (1 - s) * strength, (0.5 - LEVEL / 2, 0.5 + LEVEL / 2))
    low = np.where(low < 0.5 / count, 0, low)
    return np.minimum(low, share), np.maximum(high, share)


def of_group(share: np.ndarray, surface: np.ndarray, group: Group) -> tuple[np.ndarray, np.ndarray]:
    """`interval` for a group of viewers, with the fitted numbers."""
    numbers = card()["error"]
    count = group.viewers * group.fixations / crowding(group.fixations, card()["clustering"])
    return interval(np.asarray(share, float), np.asarray(surface, float), count, numbers)


def of_difference(
    one: tuple[np.ndarray, np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """The ends of the intervals of other - one, if the errors of the two shares are independent.

    The distances from a share to the ends of its interval add up as squares do (the method of variance estimates
    recovery). Two variants of a design have errors in common, so their difference varies less than that.

    Args:
        one: (N,) shares, their low ends and their high ends.
        other: the same of the shares that they are subtracted from.

    Returns:
        (N,) lower and (N,) upper ends, low <= other - one <= high, from -1 to 1.

    References:
        Zou and Donner, "Construction of confidence limits about effect measures", Statistics in Medicine 2008.
    """
    (a, a_low, a_high), (b, b_low, b_high) = (tuple(np.asarray(v, float) for v in side) for side in (one, other))
    return b - a - np.hypot(b - b_low, a_high - a), b - a + np.hypot(b_high - b, a - a_low)


def remarks(group: Group) -> list[str]:
    """What to say if a group is far from those whose shares the intervals were checked with."""
    (fewest, most), (shortest, longest) = CHECKED_VIEWERS, CHECKED_SECONDS
    if fewest <= group.viewers <= most and shortest <= group.seconds <= longest:
        return []
    return [
        f"intervals for {group.viewers} viewers and {group.seconds:g} s are computed; they were checked with groups of "
        "about 15 viewers and 3 to 5 s"
    ]


def _beta_quantiles(a: np.ndarray, b: np.ndarray, levels: tuple[float, ...]) -> list[np.ndarray]:
    """Quantiles of beta distributions, by integration over the log odds, where their density has one smooth peak.

    Args:
        a: (N,) above 0.
        b: (N,) above 0.
        levels: from 0 to 1.

    Returns:
        An (N,) array for each level, within about 1e-4 of the exact quantile.
    """
    a, b = np.asarray(a)[:, None], np.asarray(b)[:, None]
    width = np.sqrt(1 / a + 1 / b)
    # Towards 0 and 1 the density falls as slowly as exp(-a |t|) and exp(-b t).
    odds = np.log(a / b) + STEPS * np.where(STEPS < 0, np.maximum(width, 1 / a), np.maximum(width, 1 / b))
    logarithm = -a * np.logaddexp(0, -odds) - b * np.logaddexp(0, odds)
    density = np.exp(logarithm - logarithm.max(axis=1, keepdims=True))
    pieces = np.diff(odds, axis=1) * (density[:, 1:] + density[:, :-1]) / 2
    below = np.concatenate([np.zeros_like(a), np.cumsum(pieces, axis=1)], axis=1)
    below /= below[:, -1:]
    places = np.array([[np.interp(level, line, at) for level in levels] for line, at in zip(below, odds, strict=True)])
    return [1 / (1 + np.exp(-np.clip(column, -700, 700))) for column in places.reshape(-1, len(levels)).T]
