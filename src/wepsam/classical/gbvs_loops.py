"""The inner loops of GBVS, its color space and its Markov chains, compiled by numba. `toolbox_loops` has the rules.

Load this module by `_frame.loops`, when a loop is first needed: importing numba takes about a second.
"""

# mypy: disable-error-code="no-untyped-def"
import numpy as np
from numba import njit, uint64

TWO, THREE = uint64(2), uint64(3)


@njit(cache=True, fastmath=True)
def dkl(rgb, response, matrix, rounding):  # pragma: no cover - compiled
    """(3, h, w) RGB in [0, 1] -> (3, h, w): each channel looked up in its (256,) response, then the 3x3 matrix."""
    out = np.empty_like(rgb)
    top = rgb.dtype.type(255)
    for y in range(rgb.shape[1]):
        for x in range(rgb.shape[2]):
            # A whole level, such as white, may lie a rounding error too low. The small term keeps it from being cut to
            # the level below.
            r = response[0, min(255, int(rgb[0, y, x] * top + rounding))]
            g = response[1, min(255, int(rgb[1, y, x] * top + rounding))]
            b = response[2, min(255, int(rgb[2, y, x] * top + rounding))]
            for axis in range(3):
                out[axis, y, x] = matrix[axis, 0] * r + matrix[axis, 1] * g + matrix[axis, 2] * b
    return out


@njit(cache=True, fastmath=True)
def degree(maps, row_falloff, column_falloff):  # pragma: no cover - compiled
    """(n, h, w) degrees: sum_j |M_i - M_j| F_ij for every node i of the lattice of every map.

    Args:
        maps: (n, h, w). For a few dozen maps one row of all of them fits into the fastest cache.
        row_falloff: (h,) F by distance in rows.
        column_falloff: (w,) F by distance in columns.
    """
    n, h, w = maps.shape
    # Maps are the innermost axis. The nodes of one row that lie d columns from those of another row then are one
    # contiguous run. Two rows are compared with four at a time, so that each loaded value serves twice. Rows beyond the
    # lattice have weight 0.
    nodes = _aligned((h + 3) * w * n, maps.dtype).reshape(h + 3, w, n)
    for k in range(n):
        nodes[:h, :, k] = maps[k]
    degrees = _aligned((h + 1) * w * n, maps.dtype).reshape(h + 1, w, n)
    weights = np.zeros((2, 4), maps.dtype)
    for r in range(0, h, 2):
        for s in range(0, h, 4):
            for k in range(4):
                weights[0, k] = row_falloff[abs(r - s - k)] if s + k < h else 0
                weights[1, k] = row_falloff[abs(r + 1 - s - k)] if s + k < h and r + 1 < h else 0
            _edges(degrees[r : r + 2].reshape(-1), nodes.reshape(-1), r, s, weights, column_falloff)
    out = np.empty_like(maps)
    for k in range(n):
        out[k] = degrees[:h, :, k]
    return out


@njit(cache=True, fastmath=True)
def _edges(out, nodes, r, s, weights, column_falloff):  # pragma: no cover - compiled
    """Add to `out` the edges between rows r, r + 1 and rows s to s + 3."""
    w = column_falloff.size
    row = uint64(out.size // 2)
    maps = out.size // (2 * w)
    for d in range(1 - w, w):
        f = column_falloff[abs(d)]
        v0, v1, v2, v3 = f * weights[0, 0], f * weights[0, 1], f * weights[0, 2], f * weights[0, 3]
        w0, w1, w2, w3 = f * weights[1, 0], f * weights[1, 1], f * weights[1, 2], f * weights[1, 3]
        start = uint64(max(0, -d) * maps)
        below = start + row
        a0 = uint64(r) * row + start
        b0 = uint64(s) * row + uint64(max(0, d) * maps)
        a1, b1, b2, b3 = a0 + row, b0 + row, b0 + TWO * row, b0 + THREE * row
        for k in range(uint64((w - abs(d)) * maps)):
            n0, n1, n2, n3 = nodes[b0 + k], nodes[b1 + k], nodes[b2 + k], nodes[b3 + k]
            here = nodes[a0 + k]
            out[start + k] += v0 * abs(here - n0) + v1 * abs(here - n1) + v2 * abs(here - n2) + v3 * abs(here - n3)
            here = nodes[a1 + k]
            out[below + k] += w0 * abs(here - n0) + w1 * abs(here - n1) + w2 * abs(here - n2) + w3 * abs(here - n3)


@njit(cache=True)
def _aligned(size, dtype):  # pragma: no cover - compiled
    """Zeros that begin at a cache line: a vector that lies across two lines takes twice as long."""
    buffer = np.zeros(size + 16, dtype)
    start = -buffer.ctypes.data % 64 // buffer.itemsize
    return buffer[start : start + size]
