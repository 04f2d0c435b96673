"""Whether two groups of observers look at other places: a permutation test over observers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from wepsam import maps
from wepsam.gaze.study import Seen
from wepsam.gaze.viewing import GazeError
from wepsam.shapes import grid

CELLS = 48  # of the longer side of the grid on which groups are compared
PERMUTATIONS, SEED = 2000, 0
LEVEL = 0.05


@dataclass(frozen=True, eq=False)
class Difference:
    """How two groups differ on a picture.

    Attributes:
        first: (h, w) the mean density of the first group's observers, sums to 1.
        second: (h, w) that of the second.
        p: the chance that groups drawn at random differ as much in any place.
        limit: the difference in shares of a cell that random groups exceed anywhere in 5 % of the cases.
        observers: how many of each group have fixations on the picture.
    """

    first: np.ndarray
    second: np.ndarray
    p: float
    limit: float
    observers: tuple[int, int]

    @property
    def difference(self) -> np.ndarray:
        """(h, w) the second group's density minus the first's; sums to 0."""
        return self.second - self.first

    @property
    def significant(self) -> np.ndarray:
        """(h, w) bool: the places at which the groups differ, corrected for looking at all places."""
        return np.asarray(np.abs(self.difference) > self.limit)


def compare(
    seen: Sequence[Seen], first: Sequence[str], second: Sequence[str], permutations: int = PERMUTATIONS
) -> tuple[list[Difference], float]:
    """Compare two groups on each picture, and on all of them together.

    Each observer's fixations make a density, and each counts once. The labels of observers are exchanged at random,
    or in all ways if these are fewer, the same for all pictures. The statistic is the largest difference of the groups'
    mean densities at any place, so that places need no further correction (Nichols and Holmes 2002).

    Args:
        seen: of at least one picture.
        first: observers of one group.
        second: observers of the other.
        permutations: at most; the draws have a fixed seed.

    Returns:
        For each picture its difference, and the chance that random groups differ as much anywhere on any picture.

    Raises:
        GazeError: a group has fewer than two observers, or they share observers.
    """
    if set(first) & set(second) or min(len(first), len(second)) < 2:
        raise GazeError(
            f"groups of {len(first)} and {len(second)} observers; expected two or more in each, and nobody in both"
        )
    everyone = [*first, *second]
    draws = _draws(len(first), len(everyone), permutations)
    found, largest = [], []
    for one in seen:
        density, known = _densities(one, everyone)
        statistics = np.array([_largest(density, known, draw) for draw in draws])
        own = draws[0]
        a, b = _means(density, known, own)
        limit = float(np.quantile(statistics, 1 - LEVEL)) if np.isfinite(statistics).all() else math.inf
        p = float((statistics >= statistics[0] * (1 - 1e-12)).mean()) if np.isfinite(statistics[0]) else 1.0
        counts = int((own & known).sum()), int((~own & known).sum())
        found.append(Difference(a, b, p, limit, counts))
        largest.append(np.nan_to_num(statistics, nan=0.0, posinf=0.0))
    # On each picture's own scale, or the picture with the fewest fixations would decide.
    scaled = np.max([one / max(float(one.mean()), 1e-12) for one in largest], axis=0)
    return found, float((scaled >= scaled[0] * (1 - 1e-12)).mean())


def _draws(size: int, count: int, most: int) -> np.ndarray:
    """(D, count) bool: who is in the first group; the groups as they are come first."""
    own = np.arange(count) < size
    if math.comb(count, size) <= most:
        ways = np.zeros((math.comb(count, size), count), bool)
        for row, chosen in enumerate(combinations(range(count), size)):
            ways[row, list(chosen)] = True
        return np.concatenate([own[None], ways[~(ways == own).all(axis=1)]])
    rng = np.random.default_rng(SEED)
    return np.stack([own, *(rng.permutation(own) for _ in range(most - 1))])


def _densities(seen: Seen, observers: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """(N, h, w) the density of each observer, zeros for one without fixations; (N,) who has any."""
    size = seen.sample.size
    shape = grid(*size, CELLS)
    points = maps.moved(seen.points, size, shape)
    sigma = max(seen.sample.sigma * CELLS / max(size), 0.5)
    found = np.zeros((len(observers), *shape))
    for place, one in enumerate(observers):
        mine = points[seen.observer == one]
        if len(mine):
            found[place] = maps.density(mine, shape, sigma)
    return found, np.asarray(found.any(axis=(1, 2)))


def _means(density: np.ndarray, known: np.ndarray, first: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    groups = []
    for member in (first, ~first):
        mine = density[member & known]
        groups.append(mine.mean(axis=0) if len(mine) else np.full(density.shape[1:], 1 / density[0].size))
    return groups[0], groups[1]


def _largest(density: np.ndarray, known: np.ndarray, first: np.ndarray) -> float:
    if not (first & known).any() or not (~first & known).any():
        return 0.0
    a, b = _means(density, known, first)
    return float(np.abs(b - a).max())
