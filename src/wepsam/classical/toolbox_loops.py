"""The inner loops of `toolbox`, compiled by numba because numpy is many times slower.

Load this module by `_frame.loops`, when a loop is first needed: importing numba takes about a second. The rules by
which these loops and those of `gbvs_loops` are written let the compiler produce vector instructions:

- Loops run over contiguous memory.
- They add several terms at a time, so that a sum is loaded and stored once for many terms.
- Offsets are unsigned. For signed offsets numba checks for negative indices, and then nothing is vectorized.
- Calls are few and runs are long.
"""

# mypy: disable-error-code="no-untyped-def"
import numpy as np
from numba import njit, uint64

ONE, TWO, THREE, FOUR, FIVE, SIX = (uint64(n) for n in range(1, 7))
HALF = 13  # a filter of 27 taps has this many on each side of its center


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
    """(C, H, W) planes times `scale`, each side of more than 10 pixels halved; of the type of `scale`.

    The taps are 1 5 10 10 5 1; output k lies between inputs 2k and 2k + 1. At the border the taps inside the picture
    are renormalized.
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
            out[c, y, 0] *= type(scale)(32 / 26)  # the taps 1 and 5 lie outside
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
    """banded @ maps, for an (m, n) matrix with few entries in each row and (C, n, w) maps."""
    out = np.zeros((maps.shape[0], banded.shape[0], maps.shape[2]), maps.dtype)
    for y in range(banded.shape[0]):
        for k in range(banded.shape[1]):
            if banded[y, k] != 0:
                for c in range(maps.shape[0]):
                    _add(out[c, y], maps[c, k], banded[y, k])
    return out


# ---- Gabor filters


@njit(cache=True, fastmath=True)
def gabor_energy(plane, upright, diagonal, mean, ramp):  # pragma: no cover - compiled
    """(4, h, w) energy |even| + |odd| of Gabor filters at 0, 45, 90, 135 degrees, times the ramp.

    The 27x27 filters are computed exactly, with a quarter of the work: samples that are mirror images in x or y are
    added before they are weighted. A filter at 0 or 90 degrees is the product of two one-dimensional filters, minus its
    mean. The filters at 45 and 135 degrees are mirror images of each other, so that their sum and their difference are
    symmetric or antisymmetric in x and y.

    One function, because its buffers serve all steps.

    Args:
        plane: (h, w) intensity. Its edge is replicated.
        upright: (4, 14) one-dimensional factors at distances 0 to 13: cosine, sine, envelope along the filter, ones.
            Distance 0 has half of its weight, because that sample is added to itself.
        diagonal: (4, 14, 14) quarters of the filters at 45 degrees by distance in y and x: the parts of the even filter
            that are symmetric and antisymmetric in both, then the parts of the odd filter that are antisymmetric in x
            alone and in y alone. Distance 0 has half of its weight.
        mean: of the even filters at 0 and 90 degrees.
        ramp: (h, w) factors.
    """
    h, w = plane.shape
    padded_w = w + 2 * HALF
    padded = np.empty((h + 2 * HALF, padded_w), plane.dtype)
    for y in range(h + 2 * HALF):
        source = plane[min(max(y - HALF, 0), h - 1)]
        padded[y, :HALF] = source[0]
        padded[y, HALF : HALF + w] = source
        padded[y, HALF + w :] = source[w - 1]
    flat = padded.reshape(-1)
    # Several rows at a time, with the padding between them, make long runs that stay in the fastest cache.
    rows = max(1, min(h, 512 // padded_w))
    run = rows * padded_w
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
            up, down = (first + HALF - k) * padded_w, (first + HALF + k) * padded_w
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
            _energy(out[:, first + y], answers[:, y * padded_w : y * padded_w + w], ramp[first + y])
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
    """Add the answers of two filters of 27 taps to two rows of answers, seven distances at a time."""
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
        even_mirrored, odd_mirrored = answers[7, x], answers[6, x]  # they change sign in the mirror image
        out[0, x] = ramp[x] * (abs(answers[0, x]) + abs(answers[1, x]))
        out[1, x] = ramp[x] * (abs(even + even_mirrored) + abs(odd_mirrored + odd))
        out[2, x] = ramp[x] * (abs(answers[2, x]) + abs(answers[3, x]))
        out[3, x] = ramp[x] * (abs(even - even_mirrored) + abs(odd_mirrored - odd))
