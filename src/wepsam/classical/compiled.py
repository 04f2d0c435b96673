"""Inner loops compiled by numba, where numpy is several times slower. Imported only when used: numba takes a while."""

import numpy as np
from numba import njit


@njit(cache=True, fastmath=True)
def degree(columns, row_falloff, column_falloff):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """sum_j |M_i - M_j| F_ij for every lattice node i; columns is (h, w * maps)."""
    h, w = row_falloff.size, column_falloff.size
    n = columns.shape[1] // w
    out = np.zeros_like(columns)
    for r in range(h):
        for s in range(h):
            for d in range(w):  # column distance, both ways
                weight = row_falloff[abs(r - s)] * column_falloff[d]
                near, far = columns[r], columns[s]
                size, shift = (w - d) * n, d * n
                target = out[r]
                for k in range(size):
                    target[k] += weight * abs(near[k] - far[k + shift])
                if d > 0:
                    for k in range(size):
                        target[k + shift] += weight * abs(near[k + shift] - far[k])
    return out
