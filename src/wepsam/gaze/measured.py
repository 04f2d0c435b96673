"""What people did with the areas of a picture: the measured twins of the predicted numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from wepsam.attention.areas import Area
from wepsam.gaze.study import Seen

RESAMPLES, SEED = 1000, 0
TAIL = 0.05  # of each side: intervals hold 90 %, as those of predicted shares


@dataclass(frozen=True)
class Measured:
    """What the observers of a picture did with an area. Times are in seconds, shares from 0 to 1.

    Attributes:
        label: of the area.
        share: of all fixations on the picture, those in the area.
        share_low: the lower end of its 90 % interval, of a bootstrap over observers.
        share_high: its upper end.
        fixations: in the area.
        dwell: mean time of an observer in the area; None without durations.
        dwell_share: of all time on the picture, that in the area; None without durations.
        first: median time at which those who saw the area first looked at it; None without onsets, or if nobody did.
        seen: share of the observers who looked at it at least once.
        observers: how many saw the picture.
    """

    label: str
    share: float
    share_low: float
    share_high: float
    fixations: int
    dwell: float | None
    dwell_share: float | None
    first: float | None
    seen: float
    observers: int

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def measure(seen: Seen, areas: Sequence[Area]) -> list[Measured]:
    """What people did with each area of a picture, in the order of the areas.

    Args:
        seen: the fixations on the picture.
        areas: of the picture, in shares of its sides.

    Returns:
        A value for each area; none if nobody has a fixation on the picture.
    """
    if not len(seen.points):
        return []
    height, width = seen.sample.size
    places = seen.points / (width, height)
    person = np.array([seen.viewers.index(one) for one in seen.observer])
    count = len(seen.viewers)
    total = np.bincount(person, minlength=count).astype(float)
    timed = bool(np.isfinite(seen.duration).all())
    draws = np.random.default_rng(SEED).integers(0, count, (RESAMPLES, count))
    found = []
    for area in areas:
        hit = inside(area, places)
        mine = np.bincount(person[hit], minlength=count).astype(float)
        sums = total[draws].sum(axis=1)
        shares = mine[draws].sum(axis=1)[sums > 0] / sums[sums > 0]
        low, high = np.quantile(shares, [TAIL, 1 - TAIL])
        firsts = [seen.onset[hit & (person == one)].min() for one in np.flatnonzero(mine)]
        known = [one for one in firsts if np.isfinite(one)]
        found.append(
            Measured(
                label=area.label,
                share=float(mine.sum() / total.sum()),
                share_low=float(low),
                share_high=float(high),
                fixations=int(mine.sum()),
                dwell=float(seen.duration[hit].sum() / count) if timed else None,
                dwell_share=float(seen.duration[hit].sum() / max(seen.duration.sum(), 1e-12)) if timed else None,
                first=float(np.median(known)) if known else None,
                seen=float((mine > 0).mean()),
                observers=count,
            )
        )
    return found


def inside(area: Area, places: np.ndarray) -> np.ndarray:
    """(N,) bool: which places lie in an area.

    Args:
        area: a box, polygons or a mask.
        places: (N, 2) as (x, y) in shares of the picture's sides.
    """
    if area.box is not None:
        x0, y0, x1, y1 = area.box
        return np.asarray(((places >= (x0, y0)) & (places < (x1, y1))).all(axis=1))
    if area.mask is not None:
        height, width = area.mask.size
        counts = np.asarray(area.mask.counts)
        down = np.repeat(np.arange(len(counts)) % 2 == 1, counts)
        columns, rows = (np.floor(places * (width, height)).astype(int)).T
        columns, rows = np.clip(columns, 0, width - 1), np.clip(rows, 0, height - 1)
        return np.asarray(down[columns * height + rows])
    return np.any([_winds(points, places) for points in area.polygons], axis=0)


def _winds(points: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(N,) bool: around which places a polygon winds. What it encloses twice is inside, as in `attention.coverage`."""
    (x0, y0), (x1, y1) = points.T[:, :, None], np.roll(points, -1, axis=0).T[:, :, None]
    x, y = places.T[:, None]
    left = (x1 - x0) * (y - y0) - (x - x0) * (y1 - y0)
    turns = ((y0 <= y) & (y1 > y) & (left > 0)).sum(axis=0) - ((y0 > y) & (y1 <= y) & (left < 0)).sum(axis=0)
    return np.asarray(turns != 0)
