"""How much of each cell of a grid a shape covers: exactly, not by rounding to pixels.

A grid is given by the edges of its rows and columns in shares of the picture's sides, so cells may have any size. A
coverage is an (h, w) float64 array from 0 to 1.
"""

from collections.abc import Sequence

import numpy as np

PIECES = 1 << 15  # of outlines that are looked at together: bounds the memory
STEEP = 1e-8  # of a width: an edge that moves less to the side within a row counts as vertical


def edges(count: int) -> np.ndarray:
    """(count + 1,) the edges of equal cells from 0 to 1."""
    return np.linspace(0, 1, count + 1)


def middles(count: int) -> np.ndarray:
    """(count,) the middles of equal cells from 0 to 1."""
    return (np.arange(count) + 0.5) / count


def overlap(low: np.ndarray, high: np.ndarray, along: np.ndarray) -> np.ndarray:
    """The share of each cell that intervals cover.

    Args:
        low: (...,) where the intervals begin.
        high: (...,) where they end.
        along: (n + 1,) the edges of the cells, rising.

    Returns:
        (..., n) from 0 to 1.
    """
    inside = np.minimum(high[..., None], along[1:]) - np.maximum(low[..., None], along[:-1])
    return np.asarray(np.clip(inside / np.diff(along), 0, 1))


def regrid(density: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A density on another grid: each new cell has what lies in it of the old ones, so that the sum stays.

    Args:
        density: (h, w), constant within a cell.
        shape: (height, width) of the new grid.

    Returns:
        (height, width) float64.
    """
    down, across = (
        overlap(edges(count)[:-1], edges(count)[1:], edges(cells))
        for count, cells in zip(shape, density.shape, strict=True)
    )
    return np.asarray(down @ density @ across.T)


def of_box(box: Sequence[float], rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The coverage of a box (x0, y0, x1, y1)."""
    x0, y0, x1, y1 = (np.array(value) for value in box)
    return np.outer(overlap(y0, y1, rows), overlap(x0, x1, columns))


def of_mask(size: tuple[int, int], counts: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The coverage of a mask that spans the whole picture.

    Args:
        size: (height, width) of the mask in pixels.
        counts: lengths of runs of pixels that are outside, inside, outside and so on, down the columns.
        rows: (h + 1,) edges of the cells.
        columns: (w + 1,) edges of the cells.
    """
    height, width = size
    ends = np.cumsum(counts, dtype=np.int64)
    stop = ends[1::2]
    start = ends[::2][: len(stop)]
    start, stop = start[stop > start], stop[stop > start]
    # A piece for each column that a run of the inside passes.
    first, last = start // height, (stop - 1) // height
    run = np.repeat(np.arange(len(start)), last - first + 1)
    column = first[run] + np.arange(len(run)) - np.searchsorted(run, run)
    upper = np.where(column == first[run], start[run] - first[run] * height, 0)
    lower = np.where(column == last[run], stop[run] - last[run] * height, height)
    down = _filled(lower / height, column, width, rows) - _filled(upper / height, column, width, rows)
    return np.clip(down.T @ _shares(width, columns), 0, 1)


def _filled(depth: np.ndarray, column: np.ndarray, width: int, rows: np.ndarray) -> np.ndarray:
    """(width, h) how much of each cell of each column is above some depths, which add up."""
    count = len(rows) - 1
    cell = np.clip(np.searchsorted(rows, depth, "right") - 1, 0, count - 1)
    part = np.clip((depth - rows[cell]) / (rows[cell + 1] - rows[cell]), 0, 1)
    whole, parts = (
        np.bincount(column * count + cell, weights, width * count).reshape(width, count) for weights in (None, part)
    )
    above = np.cumsum(whole[:, ::-1], axis=1)[:, ::-1] - whole  # depths in later cells fill this one
    return np.asarray(above + parts)


def of_polygon(points: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The coverage of a polygon, whichever way it turns.

    Each edge of the outline adds, with its sign, the part of each cell to its right: what is inside is counted once,
    what is outside cancels. Where an outline crosses itself, parts that it encloses twice count once.

    Args:
        points: (N, 2) corners as (x, y); the last is joined to the first.
        rows: (h + 1,) edges of the cells.
        columns: (w + 1,) edges of the cells.
    """
    start = np.asarray(points, dtype=np.float64)
    end = np.roll(start, -1, axis=0)
    total = np.zeros((len(rows) - 1, len(columns) - 1))
    step = max(1, PIECES // len(rows))
    for first in range(0, len(start), step):
        _add_edges(total, start[first : first + step], end[first : first + step], rows, columns)
    return np.clip(np.abs(total / np.outer(np.diff(rows), np.diff(columns))), 0, 1)


def _add_edges(total: np.ndarray, start: np.ndarray, end: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> None:
    """Add the signed areas to the right of some edges to (h, w) areas."""
    top, bottom = np.minimum(start[:, 1], end[:, 1]), np.maximum(start[:, 1], end[:, 1])
    # The part of each edge that lies in each row of cells.
    above, below = np.maximum(top[:, None], rows[:-1]), np.minimum(bottom[:, None], rows[1:])
    edge, row = np.nonzero(below > above)
    (x0, y0), (x1, y1) = start[edge].T, end[edge].T
    slope = (x1 - x0) / (y1 - y0)
    upper, lower = above[edge, row], below[edge, row]
    at = np.stack([x0 + (upper - y0) * slope, x0 + (lower - y0) * slope])
    limits = np.minimum(x0, x1), np.maximum(x0, x1)  # a flat edge has a slope that rounding makes much of
    left, right = np.sort(np.clip(at, *limits), axis=0)
    signed = (lower - upper) * np.where(y1 > y0, 1.0, -1.0)
    # The mean over the piece of max(t - x, 0), for each edge t of the columns.
    middle, half = (left + right)[:, None] / 2, np.maximum(right - left, STEEP)[:, None] / 2
    past_left, past_right = np.maximum(columns - (middle - half), 0), np.maximum(columns - (middle + half), 0)
    mean = (past_left - past_right) * (past_left + past_right) / (4 * half)
    np.add.at(total, row, signed[:, None] * np.diff(mean, axis=1))


def _shares(count: int, along: np.ndarray) -> np.ndarray:
    """(count, n): what each of `count` equal pixels contributes to each cell."""
    pixels = edges(count)
    inside = np.minimum(pixels[1:, None], along[1:]) - np.maximum(pixels[:-1, None], along[:-1])
    return np.asarray(np.maximum(inside, 0) / np.diff(along))
