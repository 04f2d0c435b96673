"""Inner loops compiled by numba, where numpy is several times slower. Imported when used: numba takes a while."""

# mypy: disable-error-code="no-untyped-def"
import numpy as np
from numba import njit


@njit(cache=True, fastmath=True)
def degree(columns, row_falloff, column_falloff):  # pragma: no cover - compiled
    """sum_j |M_i - M_j| F_ij for every lattice node i, of many maps at once.

    Args:
        columns: (h, w * maps), the maps innermost. Then all nodes of a row that lie d columns from those of another
            row are one contiguous stretch, which the compiler turns into vector instructions.
        row_falloff: (h,) F by distance in rows.
        column_falloff: (w,) F by distance in columns.
    """
    h, w = row_falloff.size, column_falloff.size
    maps = columns.shape[1] // w
    out = np.zeros_like(columns)
    for r in range(h):
        for s in range(r, h):  # each pair of rows once: F is symmetric
            for d in range(w):
                if r == s and d == 0:
                    continue
                weight = row_falloff[s - r] * column_falloff[d]
                size, shift = (w - d) * maps, d * maps
                _add(out[r, :size], out[s, shift:], columns[r, :size], columns[s, shift:], weight)
                if r != s and d != 0:  # and the mirrored one
                    _add(out[r, shift:], out[s, :size], columns[r, shift:], columns[s, :size], weight)
    return out


@njit(cache=True, fastmath=True)
def _add(out_a, out_b, a, b, weight):  # pragma: no cover - compiled
    # Slices that start at 0: with an offset in the index, numba checks for negative ones and does not vectorize.
    for k in range(a.size):
        edge = weight * abs(a[k] - b[k])
        out_a[k] += edge
        out_b[k] += edge
