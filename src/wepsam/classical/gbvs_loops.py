"""GBVS' inner loops, compiled by numba, where numpy is many times slower. Imported when used: numba takes a while.

They are written so that the compiler turns them into vector instructions: contiguous runs, several terms to a run (so
that a sum is loaded and stored once for many terms), offsets as unsigned numbers (with signed ones numba checks for
indices that count from the end, and nothing is vectorized), and few calls with long runs.
"""

# mypy: disable-error-code="no-untyped-def"
import numpy as np
from numba import njit, uint64

ONE, TWO, THREE, FOUR, FIVE, SIX = (uint64(n) for n in range(1, 7))
HALF = 13  # a filter of 27 taps has this many on each side of its center


# ---- the chains


@njit(cache=True, fastmath=True)
def degree(maps, row_falloff, column_falloff):  # pragma: no cover - compiled
    """sum_j |M_i - M_j| F_ij for every lattice node i of every map.

    Args:
        maps: (n, h, w); a few dozen at a time, so that a row of all of them fits into the fastest cache.
        row_falloff: (h,) F by distance in rows.
        column_falloff: (w,) F by distance in columns.
    """
    n, h, w = maps.shape
    # Maps innermost: then all nodes of a row that lie d columns from those of another row are one contiguous run.
    # Two rows against four at a time, so that what is loaded serves twice; rows that are not there weigh nothing.
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
    """Zeros that begin where a line of the cache does: vectors that lie across two lines take twice as long."""
    buffer = np.zeros(size + 16, dtype)
    start = -buffer.ctypes.data % 64 // buffer.itemsize
    return buffer[start : start + size]


# ---- the pyramid


@njit(cache=True, fastmath=True)
def planes(stimulus):  # pragma: no cover - compiled
    """(H, W, 3) uint8 -> (4, H, W) uint8: R, G, B and the largest of the three."""
    h, w = stimulus.shape[:2]
    out = np.empty((4, h * w), stimulus.dtype)
    red, green, blue, largest = out[0], out[1], out[2], out[3]
    flat = stimulus.reshape(-1)
    for i in range(uint64(h * w)):
        red[i] = flat[THREE * i]
        green[i] = flat[THREE * i + ONE]
        blue[i] = flat[THREE * i + TWO]
    for i in range(uint64(h * w)):
        largest[i] = max(red[i], max(green[i], blue[i]))
    return out.reshape(4, h, w)


@njit(cache=True, fastmath=True)
def decimate(planes, scale):  # pragma: no cover - compiled
    """(C, H, W) times `scale` -> half of each side above 10 px, by taps 1 5 10 10 5 1; of the scale's type.

    Output k lies between inputs 2k and 2k + 1. Where the picture ends, the taps that are left are renormalized.
    """
    count, h, w = planes.shape
    halved, narrowed = h > 10, w > 10
    out_h, out_w = h // 2 if halved else h, w // 2 if narrowed else w
    out = np.empty((count, out_h, out_w), type(scale))
    row = np.empty(w, out.dtype)
    even, odd = np.zeros(out_w + 2, out.dtype), np.zeros(out_w + 2, out.dtype)
    for c in range(count):
        for y in range(out_h):
            row[:] = 0
            weight = 0
            for tap in range(6) if halved else range(1):
                source = 2 * y - 2 + tap if halved else y
                if 0 <= source < h:
                    taps = (1, 5, 10, 10, 5, 1)[tap]
                    weight += taps
                    _add(row, planes[c, source], type(scale)(taps))
            factor = type(scale)(scale / weight)
            if not narrowed:
                out[c, y] = factor * row
                continue
            for x in range(out_w):
                even[x + 1] = row[2 * x]
                odd[x + 1] = row[2 * x + 1]
            even[out_w + 1] = row[w - 1] if w % 2 else 0
            _halve(out[c, y], even, odd, type(scale)(factor / 32))
            out[c, y, 0] *= type(scale)(32 / 26)  # 1 and 5 lie outside
            out[c, y, out_w - 1] *= type(scale)(32 / 31 if w % 2 else 32 / 26)
    return out


@njit(cache=True, fastmath=True)
def _add(out, row, weight):  # pragma: no cover - compiled
    for x in range(out.size):
        out[x] += weight * row[x]


@njit(cache=True, fastmath=True)
def _halve(out, even, odd, factor):  # pragma: no cover - compiled
    for x in range(out.size):
        near, middle, far = even[x + 1] + odd[x + 1], odd[x] + even[x + 2], even[x] + odd[x + 2]
        out[x] = factor * (10 * near + 5 * middle + far)


@njit(cache=True, fastmath=True)
def product(banded, maps):  # pragma: no cover - compiled
    """banded @ maps, for an (m, n) matrix with a few entries in each row, and (C, n, w) maps."""
    out = np.zeros((maps.shape[0], banded.shape[0], maps.shape[2]), maps.dtype)
    for y in range(banded.shape[0]):
        for k in range(banded.shape[1]):
            if banded[y, k] != 0:
                for c in range(maps.shape[0]):
                    _add(out[c, y], maps[c, k], banded[y, k])
    return out


# ---- the features


@njit(cache=True, fastmath=True)
def dkl(rgb, response, matrix, rounding):  # pragma: no cover - compiled
    """(3, h, w) RGB in [0, 1] -> (3, h, w): each channel looked up in its (256,) response, then the 3x3 matrix."""
    out = np.empty_like(rgb)
    top = rgb.dtype.type(255)
    for y in range(rgb.shape[1]):
        for x in range(rgb.shape[2]):
            # The small term keeps a level that is whole but for rounding (white, say) from falling to the one below.
            r = response[0, min(255, int(rgb[0, y, x] * top + rounding))]
            g = response[1, min(255, int(rgb[1, y, x] * top + rounding))]
            b = response[2, min(255, int(rgb[2, y, x] * top + rounding))]
            for axis in range(3):
                out[axis, y, x] = matrix[axis, 0] * r + matrix[axis, 1] * g + matrix[axis, 2] * b
    return out


@njit(cache=True, fastmath=True)
def gabor_energy(plane, upright, diagonal, mean, ramp):  # pragma: no cover - compiled
    """(h, w) -> (4, h, w): |even| + |odd| answers at 0, 45, 90, 135 degrees, times the (h, w) ramp; edges replicated.

    27x27 filters, exactly, in a quarter of the work: what is mirrored in x or y is added up before it is weighted.
    A filter across at 0 or 90 degrees is a product of two one-dimensional ones, less its mean. The two at 45 and 135
    are mirror images of each other, so that their sum and their difference are symmetric or antisymmetric in x and y.

    Args:
        upright: (4, 14) one-dimensional factors at distances 0 to 13: cosine, sine, envelope along, ones. At distance
            0 half of the weight, since that sample is added to itself.
        diagonal: (4, 14, 14) quarters of the filters at 45 degrees by distance in y and x: of the even one what is
            symmetric and what is antisymmetric in both, of the odd one what is antisymmetric in x alone and in y
            alone. Halves at 0, as above.
        mean: of the even filters at 0 and 90 degrees.
    """
    h, w = plane.shape
    wide = w + 2 * HALF
    padded = np.empty((h + 2 * HALF, wide), plane.dtype)
    for y in range(h + 2 * HALF):
        source = plane[min(max(y - HALF, 0), h - 1)]
        padded[y, :HALF] = source[0]
        padded[y, HALF : HALF + w] = source
        padded[y, HALF + w :] = source[w - 1]
    flat = padded.reshape(-1)
    # Some rows at a time, the padding between them computed along: long runs that stay in the fastest cache.
    rows = max(1, min(h, 512 // wide))
    run = rows * wide
    both, apart = np.empty(run, plane.dtype), np.empty(run, plane.dtype)
    vertical = np.empty((4, run), plane.dtype)  # the factors along y: cosine, sine, envelope, ones
    answers = np.empty((8, run - 2 * HALF), plane.dtype)
    unused = np.empty(run - 2 * HALF, plane.dtype)
    nothing = np.zeros(14, plane.dtype)
    means = mean * upright[3]
    out = np.empty((4, h, w), plane.dtype)
    for first in range(0, h, rows):
        first = min(first, h - rows)
        vertical[:] = 0
        answers[:] = 0
        for k in range(HALF + 1):
            up, down = (first + HALF - k) * wide, (first + HALF + k) * wide
            _fold(both, apart, flat[up : up + run], flat[down : down + run])
            _vertical(vertical, both, apart, upright[:, k])
            _horizontal(answers[4], answers[5], both, diagonal[0, k], diagonal[2, k])  # even, odd: symmetric in y
            _horizontal(answers[6], answers[7], apart, diagonal[3, k], diagonal[1, k])  # odd, even: antisymmetric
        _horizontal(answers[0], unused, vertical[0], upright[2], nothing)
        _horizontal(answers[1], unused, vertical[1], upright[2], nothing)
        _horizontal(answers[2], answers[3], vertical[2], upright[0], upright[1])
        _horizontal(answers[0], unused, vertical[3], means, nothing)
        _horizontal(answers[2], unused, vertical[3], means, nothing)
        for y in range(rows):
            _energy(out[:, first + y], answers[:, y * wide : y * wide + w], ramp[first + y])
    return out


@njit(cache=True, fastmath=True)
def _fold(both, apart, up, down):  # pragma: no cover - compiled
    for x in range(both.size):
        both[x] = down[x] + up[x]
        apart[x] = down[x] - up[x]


@njit(cache=True, fastmath=True)
def _vertical(out, both, apart, weights):  # pragma: no cover - compiled
    cosine, sine, along, one = weights[0], weights[1], weights[2], weights[3]
    a, b, c, d = out[0], out[1], out[2], out[3]
    for x in range(both.size):
        a[x] += cosine * both[x]
        b[x] += sine * apart[x]
        c[x] += along * both[x]
        d[x] += one * both[x]


@njit(cache=True, fastmath=True)
def _horizontal(symmetric, antisymmetric, row, even, odd):  # pragma: no cover - compiled
    """Add to two rows of answers what two filters of 27 taps make of a row: seven distances at a time."""
    for j in (0, 7):
        e0, e1, e2, e3, e4, e5, e6 = (
            even[j],
            even[j + 1],
            even[j + 2],
            even[j + 3],
            even[j + 4],
            even[j + 5],
            even[j + 6],
        )
        o0, o1, o2, o3, o4, o5, o6 = odd[j], odd[j + 1], odd[j + 2], odd[j + 3], odd[j + 4], odd[j + 5], odd[j + 6]
        right, left = uint64(HALF + j), uint64(HALF - j - 6)
        for x in range(uint64(symmetric.size)):
            r0, r1, r2, r3 = row[x + right], row[x + right + ONE], row[x + right + TWO], row[x + right + THREE]
            r4, r5, r6 = row[x + right + FOUR], row[x + right + FIVE], row[x + right + SIX]
            l6, l5, l4, l3 = row[x + left], row[x + left + ONE], row[x + left + TWO], row[x + left + THREE]
            l2, l1, l0 = row[x + left + FOUR], row[x + left + FIVE], row[x + left + SIX]
            symmetric[x] += (
                e0 * (r0 + l0) + e1 * (r1 + l1) + e2 * (r2 + l2) + e3 * (r3 + l3)
                + e4 * (r4 + l4) + e5 * (r5 + l5) + e6 * (r6 + l6)
            )  # fmt: skip
            antisymmetric[x] += (
                o0 * (r0 - l0) + o1 * (r1 - l1) + o2 * (r2 - l2) + o3 * (r3 - l3)
                + o4 * (r4 - l4) + o5 * (r5 - l5) + o6 * (r6 - l6)
            )  # fmt: skip


@njit(cache=True, fastmath=True)
def _energy(out, answers, ramp):  # pragma: no cover - compiled
    for x in range(ramp.size):
        even, odd = answers[4, x], answers[5, x]
        even_mirrored, odd_mirrored = answers[7, x], answers[6, x]  # what changes sign in the mirror image
        out[0, x] = ramp[x] * (abs(answers[0, x]) + abs(answers[1, x]))
        out[1, x] = ramp[x] * (abs(even + even_mirrored) + abs(odd_mirrored + odd))
        out[2, x] = ramp[x] * (abs(answers[2, x]) + abs(answers[3, x]))
        out[3, x] = ramp[x] * (abs(even - even_mirrored) + abs(odd_mirrored - odd))
