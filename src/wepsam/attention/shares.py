"""How much of the attention an area gets: its share of a density, beside what its surface and the center give it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from wepsam.attention import coverage, intervals
from wepsam.attention.areas import FINE, Area
from wepsam.attention.intervals import Group
from wepsam.calibration import Calibration

NAMED = 3  # pairs of overlapping areas that a remark names
NOTABLE = 0.01  # of the smaller area: an overlap or an outside that is worth a word


@dataclass(frozen=True)
class AreaScore:
    """What an area gets. Shares are from 0 to 1, of the whole picture.

    Attributes:
        label: of the area.
        share: of the density: of all fixations, those that are expected in the area.
        share_low: the lower end of the 90 % interval of the share that a group of viewers would show.
        share_high: its upper end.
        surface: share of the picture that the area covers.
        lift: share / surface: 1 is what the area would get if people looked everywhere alike.
        center_share: what it would get for its place alone, if nothing in the picture attracted anybody.
        center_lift: share / center_share: 1 is what its place explains.
        seen: chance that a viewer looks at it at least once, 1 - (1 - share)**n for n independent fixations.
        peak: where in the area people look most, (x, y) in shares of the picture's sides.
        peak_level: the density there; 1 is the highest of the picture.
        rank: 1 for the area of the largest share.
        overlaps: the labels of the areas with which it shares a part.
    """

    label: str
    share: float
    share_low: float
    share_high: float
    surface: float
    lift: float
    center_share: float
    center_lift: float
    seen: float
    peak: tuple[float, float]
    peak_level: float
    rank: int
    overlaps: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"peak": list(self.peak), "overlaps": list(self.overlaps)}


def center(shape: tuple[int, int], calibration: Calibration) -> np.ndarray:
    """Where people look if nothing in a picture attracts them: a Gaussian, under the center bias of a calibration.

    Args:
        shape: (height, width) in cells.
        calibration: whose power, center, blur and floor apply.

    Returns:
        (height, width) float64, sums to 1.
    """
    return calibration(gaussian(shape, intervals.card()["center"]))


def gaussian(shape: tuple[int, int], numbers: Mapping[str, float]) -> np.ndarray:
    """(height, width) a Gaussian in shares of the sides: its middle (row, column), its standard deviations."""
    rows = (coverage.middles(shape[0]) - numbers["row"]) / numbers["height"]
    columns = (coverage.middles(shape[1]) - numbers["column"]) / numbers["width"]
    return np.exp(-0.5 * np.add.outer(rows**2, columns**2))


def measure(
    density: np.ndarray,
    alone: np.ndarray,
    areas: Sequence[Area],
    group: Group,
    fixations: float | None = None,
) -> tuple[list[AreaScore], float]:
    """What each area gets of a density.

    Args:
        density: (h, w) >= 0, sums to 1. It counts as constant within a cell; a cell that an area cuts counts by the
            part that is covered.
        alone: (h, w) the density of the center alone.
        areas: of the picture.
        group: for the intervals.
        fixations: n of `AreaScore.seen`; None: those of a viewer of the group that count as independent.

    Returns:
        The scores in the order of the areas, and the share of what is outside of all areas.
    """
    if not areas:
        return [], 1.0
    rows, columns = (coverage.edges(side) for side in density.shape)
    covered = np.stack([area.coverage(rows, columns) for area in areas])
    shares, alone_shares = (np.clip(np.tensordot(covered, m, 2), 0, 1) for m in (density, alone))
    surfaces = np.array([area.surface for area in areas])
    low, high = intervals.of_group(shares, surfaces, group)
    n = group.independent if fixations is None else fixations
    ranks = np.argsort(np.argsort(-shares, kind="stable"), kind="stable") + 1
    beside: list[list[str]] = [[] for _ in areas]
    for a, b in overlaps(areas):
        beside[a].append(areas[b].label)
        beside[b].append(areas[a].label)
    scores = []
    for place, area in enumerate(areas):
        peak, level = _peak(density, covered[place])
        share, alone_share = float(shares[place]), float(alone_shares[place])
        scores.append(
            AreaScore(
                label=area.label,
                share=share,
                share_low=float(low[place]),
                share_high=float(high[place]),
                surface=area.surface,
                lift=share / area.surface,
                center_share=alone_share,
                center_lift=share / max(alone_share, intervals.LEAST),
                seen=float(1 - (1 - share) ** n),
                peak=peak,
                peak_level=level,
                rank=int(ranks[place]),
                overlaps=tuple(beside[place]),
            )
        )
    return scores, 1 - _union(density, areas)


def overlaps(areas: Sequence[Area]) -> list[tuple[int, int]]:
    """The pairs of areas that have a part in common, of at least NOTABLE of the smaller one.

    Boxes are compared exactly. Of other shapes, parts count that certainly belong to both: areas that only touch do not
    overlap, and overlaps that are finer than a 64th of the sides may go unnoticed.
    """
    is_box = np.array([area.box is not None for area in areas])
    boxes = np.array([area.box or (0.0, 0.0, 0.0, 0.0) for area in areas])
    boxes = np.clip(boxes, 0, 1)
    surfaces = np.array([area.surface for area in areas])
    covered = np.stack([area.coverage(FINE, FINE).ravel() for area in areas]).astype(np.float32)
    pairs = []
    for first in range(len(areas) - 1):
        rest = slice(first + 1, None)
        sides = np.minimum(boxes[first, 2:], boxes[rest, 2:]) - np.maximum(boxes[first, :2], boxes[rest, :2])
        exact = np.maximum(sides, 0).prod(axis=1)
        certain = np.maximum(covered[first] + covered[rest] - 1, 0).mean(axis=1)
        common = np.where(is_box[first] & is_box[rest], exact, certain)
        large = np.flatnonzero(common >= NOTABLE * np.minimum(surfaces[first], surfaces[rest]))
        pairs += [(first, first + 1 + int(other)) for other in large]
    return pairs


def remarks(areas: Sequence[Area], scores: Sequence[AreaScore], shape: tuple[int, int]) -> list[str]:
    """What to know of areas before one believes their numbers, a line each.

    Args:
        areas: of the picture.
        scores: of these areas.
        shape: (height, width) of the density in cells.
    """
    lines = []
    for area in areas:
        if area.outside >= NOTABLE:
            lines.append(f"{area.label}: {area.outside:.0%} of it lies outside the picture and is left out")
        if area.surface * shape[0] * shape[1] < 1:
            cells = f"{shape[1]}x{shape[0]}"
            lines.append(f"{area.label}: smaller than a cell of the {cells} map, so it has the density of that cell")
    pairs: dict[frozenset[str], tuple[str, str]] = {}
    for score in scores:
        for other in score.overlaps:
            pairs.setdefault(frozenset((score.label, other)), (score.label, other))
    if pairs:
        named = ", ".join(" and ".join(pair) for pair in [*pairs.values()][:NAMED])
        more = f" and {len(pairs) - NAMED} more pairs" if len(pairs) > NAMED else ""
        lines.append(f"areas overlap ({named}{more}): a common part counts in each of them, and once in what is left")
    return lines


def _union(density: np.ndarray, areas: Sequence[Area]) -> float:
    """The share of what is in any area: on a grid that the sides of boxes divide, so that boxes are exact."""
    rows, columns = _lines(areas, *(coverage.edges(side) for side in density.shape))
    height, width = density.shape
    inside = np.zeros((len(rows) - 1, len(columns) - 1))
    for area in areas:
        inside += area.coverage(rows, columns)
        np.minimum(inside, 1, out=inside)
    # Each fine cell has its part of the cell of the density that it lies in.
    down = np.minimum(((rows[1:] + rows[:-1]) / 2 * height).astype(int), height - 1)
    across = np.minimum(((columns[1:] + columns[:-1]) / 2 * width).astype(int), width - 1)
    fine = density[np.ix_(down, across)] * np.outer(np.diff(rows) * height, np.diff(columns) * width)
    return min(1.0, float((fine * inside).sum()))


def _lines(areas: Sequence[Area], rows: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The edges of a grid with those of the boxes added."""
    boxes = np.array([area.box for area in areas if area.box is not None]).reshape(-1, 4)
    return tuple(  # type: ignore[return-value]
        np.unique(np.clip(np.concatenate([lines, boxes[:, place], boxes[:, place + 2]]), 0, 1))
        for lines, place in ((rows, 1), (columns, 0))
    )


def _peak(density: np.ndarray, covered: np.ndarray) -> tuple[tuple[float, float], float]:
    """The middle of the cell of the highest density in an area, and that density as a part of the map's highest."""
    inside = covered >= 0.5 * covered.max()
    row, column = np.unravel_index(np.argmax(np.where(inside, density, -1)), density.shape)
    place = (float(column) + 0.5) / density.shape[1], (float(row) + 0.5) / density.shape[0]
    return place, float(density[row, column] / density.max())
