"""The pooling of eDN, compiled by numba. Load it by `_frame.loops`, when it is needed."""

# mypy: disable-error-code="no-untyped-def"
import numpy as np
from numba import njit


@njit(cache=True)
def pooled_powers(values, size, order, low, high):  # pragma: no cover - compiled
    """Sums of clipped values to a power over windows of size x size, at every second row and column.

    A window's sum is the difference of two running sums in float64, down the columns, then along the rows; beyond the
    border there are zeros. A tenth power that is 16 digits smaller than what came before it leaves no trace, so a
    window without contrast may answer 0.

    Args:
        values: (h, w, c) float32.
        size: of the window, odd.
        order: the power, 1, 2 or 10.
        low, high: to which values are clipped; -inf and inf where they are not.

    Returns:
        (ceil(h / 2), ceil(w / 2), c) float64; rounding can make a sum of even powers slightly negative.
    """
    h, w, c = values.shape
    reach = size // 2
    sums = np.empty(((h + 1) // 2, (w + 1) // 2, c))
    down = np.zeros((size + 1, w, c))  # running sums up to the last rows; up to row y in number (y + 1) % (size + 1)
    along = np.zeros((w + 1, c))  # running sums of a row of windows, before each column
    ready = 0  # rows in the running sums
    for row in range(sums.shape[0]):
        first, last = max(0, 2 * row - reach), min(h, 2 * row + reach + 1)
        while ready < last:
            before, here = down[ready % (size + 1)], down[(ready + 1) % (size + 1)]
            for x in range(w):
                for k in range(c):
                    value = np.float64(min(max(values[ready, x, k], low), high))
                    if order == 2:
                        value *= value
                    elif order == 10:
                        square = value * value
                        fourth = square * square
                        value = fourth * fourth * square
                    here[x, k] = before[x, k] + value
            ready += 1
        above, below = down[first % (size + 1)], down[last % (size + 1)]
        for x in range(w):
            for k in range(c):
                along[x + 1, k] = along[x, k] + (below[x, k] - above[x, k])
        for column in range(sums.shape[1]):
            left, right = max(0, 2 * column - reach), min(w, 2 * column + reach + 1)
            for k in range(c):
                sums[row, column, k] = along[right, k] - along[left, k]
    return sums
