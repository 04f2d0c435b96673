"""Hot spots: the few places that people most likely look at, each with its share. They are places, not a path."""

from dataclasses import dataclass, replace

import numpy as np

# Two peaks are one hot spot if the density between them falls to no less than this part of the lower one.
SADDLE = 0.8
# A hot spot reaches as far as the density is at least this part of its peak.
REACH = 0.5
FAINTEST = 0.1  # of the highest peak: lower peaks are no hot spots
LIMIT = 5


@dataclass(frozen=True)
class HotSpot:
    """One place that draws attention.

    Attributes:
        number: 1 for the hot spot of the largest share.
        share: of the density, in the cells around the peak where the density is at least half of the peak.
        surface: share of the picture that these cells cover.
        peak: (x, y) of the peak, in shares of the picture's sides.
        box: (x0, y0, x1, y1) around these cells, in shares of the picture's sides.
    """

    number: int
    share: float
    surface: float
    peak: tuple[float, float]
    box: tuple[float, float, float, float]


def hot_spots(density: np.ndarray, limit: int = LIMIT) -> list[HotSpot]:
    """The hot spots of a density, the largest share first.

    A peak is a cell above which there is no neighbor. Cells belong to the peak that a walk uphill reaches. Where the
    density between two peaks falls to no less than `SADDLE` of the lower one, they are one.

    Args:
        density: (h, w) >= 0, sums to 1, at the model's own resolution: the time grows with its cells.
        limit: of hot spots.

    Returns:
        At most `limit` hot spots, whose cells do not overlap; none for a constant density.
    """
    return [spot for spot, _ in regions(density, limit)]


def regions(density: np.ndarray, limit: int = LIMIT) -> list[tuple[HotSpot, np.ndarray]]:
    """The hot spots of a density as `hot_spots` gives them, each with the cells around its peak.

    Returns:
        Each hot spot with an (h, w) bool array: the cells that belong to its peak, also those that it does not reach.
    """
    height, width = density.shape
    values = np.asarray(density, np.float64)
    if values.max() <= values.min() * (1 + 1e-9):
        return []
    basins = _basins(values)
    spots = []
    for peak in np.unique(basins[basins >= 0]):
        highest = values.flat[peak]
        if highest < FAINTEST * values.max():
            continue
        rows, columns = np.nonzero((basins == peak) & (values >= REACH * highest))
        row, column = divmod(int(peak), width)
        spots.append(
            HotSpot(
                number=0,
                share=float(values[rows, columns].sum()),
                surface=len(rows) / values.size,
                peak=((column + 0.5) / width, (row + 0.5) / height),
                box=(
                    float(columns.min() / width), float(rows.min() / height),
                    float((columns.max() + 1) / width), float((rows.max() + 1) / height),
                ),
            )
        )  # fmt: skip
    spots.sort(key=lambda spot: -spot.share)
    return [
        (replace(spot, number=number), basins == basins[int(spot.peak[1] * height), int(spot.peak[0] * width)])
        for number, spot in enumerate(spots[:limit], 1)
    ]


def _basins(values: np.ndarray) -> np.ndarray:
    """(h, w) the flat index of the peak that each cell belongs to; -1 where the density is below any hot spot."""
    height, width = values.shape
    padded = np.full((height + 2, width + 2), -1)
    inside = padded[1:-1, 1:-1]
    joined: dict[int, int] = {}  # a peak -> the higher peak of which it has become a part

    def top(peak: int) -> int:
        while peak in joined:
            peak = joined[peak]
        return peak

    lowest = FAINTEST * REACH * values.max() / 2  # half of what is needed, so that outlines are smooth
    falling = np.argsort(-values, axis=None, kind="stable")
    for cell in falling[: np.count_nonzero(values >= lowest)].tolist():
        row, column = divmod(cell, width)
        value = values[row, column]
        around = padded[row : row + 3, column : column + 3]
        peaks = sorted({top(peak) for peak in around[around >= 0].tolist()}, key=lambda peak: -values.flat[peak])
        inside[row, column] = peaks[0] if peaks else cell
        for lower in peaks[1:]:
            if value >= SADDLE * values.flat[lower]:
                joined[lower] = peaks[0]
    owner = np.arange(-1, values.size)  # by peak, -1 among them
    for peak in joined:
        owner[peak + 1] = top(peak)
    return np.asarray(owner[inside + 1])
