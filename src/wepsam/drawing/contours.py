"""Lines of equal height of a map: marching squares, closed, also where they meet the border of the picture."""

from collections.abc import Iterator

import numpy as np
from PIL import Image

from wepsam.attention import coverage
from wepsam.drawing import held
from wepsam.shapes import Shape

FINEST = 3  # parts of a cell's side, in which a density is taken as smooth
MOST_CELLS = 1 << 20  # of a map that lines are drawn in

# Which sides of a square a line enters and leaves by, for each pattern of corners that are inside: the upper left
# counts 1, upper right 2, lower right 4, lower left 8. The inside is to the right of the line.
TOP, RIGHT, BOTTOM, LEFT = range(4)
STEPS = {
    1: [(TOP, LEFT)], 2: [(RIGHT, TOP)], 4: [(BOTTOM, RIGHT)], 8: [(LEFT, BOTTOM)],
    3: [(RIGHT, LEFT)], 6: [(BOTTOM, TOP)], 12: [(LEFT, RIGHT)], 9: [(TOP, BOTTOM)],
    14: [(LEFT, TOP)], 13: [(TOP, RIGHT)], 11: [(RIGHT, BOTTOM)], 7: [(BOTTOM, LEFT)],
    5: [(TOP, LEFT), (BOTTOM, RIGHT)], 10: [(RIGHT, TOP), (LEFT, BOTTOM)],
}  # fmt: skip
# Where opposite corners are inside and the middle is, too, they are connected.
CONNECTED = {5: [(TOP, RIGHT), (BOTTOM, LEFT)], 10: [(LEFT, TOP), (RIGHT, BOTTOM)]}


def holding(density: np.ndarray, share: float) -> list[np.ndarray]:
    """The outlines of the places of highest density that hold a share of it.

    Args:
        density: (h, w) >= 0; it counts as smooth from cell to cell.
        share: between 0 and 1.

    Returns:
        Closed lines as `loops` gives them; none for a constant density.
    """
    if density.max() <= density.min() * (1 + 1e-9):
        return []
    smooth = smoothed(density)
    return loops(smooth, held.level(smooth, share))


def smoothed(density: np.ndarray) -> np.ndarray:
    """The density, its largest value 1, on a finer grid: bicubic, so that lines have no corners at its cells."""
    height, width = density.shape
    parts = max(1, min(FINEST, int((MOST_CELLS / density.size) ** 0.5)))
    cells = Image.fromarray((density / density.max()).astype(np.float32))
    finer = np.asarray(cells.resize((parts * width, parts * height), Image.Resampling.BICUBIC))
    return np.maximum(finer, 0, dtype=np.float64)


def loops(values: np.ndarray, level: float) -> list[np.ndarray]:
    """The closed lines around the places where a map is at least at a level.

    Args:
        values: (h, w), known at the middles of equal cells, linear between them, constant towards the border.
        level: of the line.

    Returns:
        (N, 2) corners as (x, y) in shares of the picture's sides, the last joined to the first, the longest line first.
        Places are to the right of their line: it runs clockwise around them, and the other way around their holes.
    """
    # A ring of cells repeats the border, a second one is outside: both lie on the border itself.
    padded = np.pad(np.pad(np.asarray(values, np.float64), 1, mode="edge"), 1, constant_values=-np.inf)
    places = [np.concatenate([[0, 0], coverage.middles(count), [1, 1]]) for count in values.shape]
    start, end = _segments(padded, level)
    found = [_corners(np.array(line), padded, level, *places) for line in _chains(start, end)]
    return sorted((line for line in found if len(line) >= 3), key=lambda line: -length(line))


def length(line: np.ndarray) -> float:
    """The length of a closed (N, 2) line."""
    return float(np.hypot(*(line - np.roll(line, 1, axis=0)).T).sum())


def _segments(padded: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Where the pieces of the lines begin and end, as numbers of edges of the grid.

    Edge 2 * (row * width + column) goes to the right from that point, the next one goes down.
    """
    width = padded.shape[1]
    inside = padded >= level
    corners = inside[:-1, :-1], inside[:-1, 1:], inside[1:, 1:], inside[1:, :-1]
    case = np.sum([corner.astype(np.uint8) << bit for bit, corner in enumerate(corners)], axis=0)
    sides = np.array([0, 2 + 1, 2 * width, 1])  # of a square, TOP to LEFT, as edges from its upper left corner
    starts, ends = [], []
    for pattern, steps in STEPS.items():
        rows, columns = np.nonzero(case == pattern)
        first = 2 * (rows * width + columns)
        joined = np.zeros(len(rows), bool)
        if pattern in CONNECTED:
            square = padded[rows, columns] + padded[rows, columns + 1] + padded[rows + 1, columns + 1]
            joined = (square + padded[rows + 1, columns]) / 4 >= level
        for chosen, pairs in ((~joined, steps), (joined, CONNECTED.get(pattern, []))):
            for enter, leave in pairs:
                starts.append(first[chosen] + sides[enter])
                ends.append(first[chosen] + sides[leave])
    return np.concatenate(starts), np.concatenate(ends)


def _chains(start: np.ndarray, end: np.ndarray) -> Iterator[list[int]]:
    """Pieces joined to closed lines: each edge is left once and reached once."""
    following = dict(zip(start.tolist(), end.tolist(), strict=True))
    while following:
        first, at = following.popitem()
        line = [first]
        while at != first:
            line.append(at)
            at = following.pop(at)
        yield line


def _corners(line: np.ndarray, padded: np.ndarray, level: float, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """(N, 2) where a line crosses the edges of the grid, without corners that repeat the one before."""
    (row, column), down = np.divmod(line // 2, padded.shape[1]), line % 2
    other_row, other_column = row + down, column + 1 - down
    one, other = padded[row, column], padded[other_row, other_column]
    known = np.isfinite(one) & np.isfinite(other)
    part = np.full(len(line), 0.5)
    part[known] = (level - one[known]) / (other - one)[known]
    x = columns[column] + part * (columns[other_column] - columns[column])
    y = rows[row] + part * (rows[other_row] - rows[row])
    points = np.stack([x, y], axis=1)
    return points[np.any(points != np.roll(points, 1, axis=0), axis=1)]


def shape_of_outline(height: int, width: int) -> Shape:
    """(height, width) in cells of the grid on which the outline of a mask is drawn."""
    share = min(1.0, (MOST_CELLS / 4 / (height * width)) ** 0.5)
    return max(1, round(height * share)), max(1, round(width * share))
