"""Passes over whole maps, compiled by numba: the functions of `_numpy_passes`, several times faster.

Each function reads flat maps once, float32 or float64 as they come, and computes in float64. The loops are written so
that the compiler turns them into vector instructions: short runs without a call, a branch or an index that may be
negative. That is why each function repeats the loop over the runs. Sums are taken per run and then over the runs, which
keeps the rounding error as small as numpy's.
"""

# mypy: disable-error-code="no-untyped-def"
import numpy as np
from numba import njit, uint64

EPS = np.finfo(np.float64).eps
RUN = 512  # pixels: a run stays in the fastest cache (2048 take 1.5 times as long)
BINS = 1 << 15  # of `_count`

loop = njit(cache=True, nogil=True, error_model="numpy")
# Sums in any order; unlike with fastmath=True, NaN stays NaN.
sum_loop = njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz"})
arithmetic = njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})


# ---- sums


@loop
def extent(values):  # pragma: no cover - compiled
    low, high = np.full(RUN, values[0]), np.full(RUN, values[0])  # one per position in a run, for vector instructions
    total = 0.0
    for start in range(0, values.size, RUN):
        total += _extend(values[start : start + RUN], low, high)
    return np.float64(low.min()), np.float64(high.max()), total


@sum_loop
def _extend(run, low, high):  # pragma: no cover - compiled
    total = 0.0
    for i in range(run.size):
        total += np.float64(run[i])
        low[i] = run[i] if run[i] < low[i] else low[i]
        high[i] = run[i] if run[i] > high[i] else high[i]
    return total


@sum_loop
def sum_above(values, low):  # pragma: no cover - compiled
    total = 0.0
    for start in range(0, values.size, RUN):
        run, part = values[start : start + RUN], 0.0
        for i in range(run.size):
            part += np.float64(run[i]) - low
        total += part
    return total


@sum_loop
def squared_deviations(values, mean):  # pragma: no cover - compiled
    total = 0.0
    for start in range(0, values.size, RUN):
        run, part = values[start : start + RUN], 0.0
        for i in range(run.size):
            part += (np.float64(run[i]) - mean) * (np.float64(run[i]) - mean)
        total += part
    return total


@sum_loop
def joint_deviations(one, other, mean, other_mean):  # pragma: no cover - compiled
    products, squares, other_squares = 0.0, 0.0, 0.0
    for start in range(0, one.size, RUN):
        a, b = one[start : start + RUN], other[start : start + RUN]
        ab, aa, bb = 0.0, 0.0, 0.0
        for i in range(a.size):
            from_mean, from_other_mean = np.float64(a[i]) - mean, np.float64(b[i]) - other_mean
            ab += from_mean * from_other_mean
            aa += from_mean * from_mean
            bb += from_other_mean * from_other_mean
        products += ab
        squares += aa
        other_squares += bb
    return products, squares, other_squares


@sum_loop
def overlap(one, other, distribution, other_distribution):  # pragma: no cover - compiled
    factors, other_factors = _factors(distribution), _factors(other_distribution)
    total = 0.0
    for start in range(0, one.size, RUN):
        a, b, part = one[start : start + RUN], other[start : start + RUN], 0.0
        for i in range(a.size):
            p, q = _probability(a[i], factors), _probability(b[i], other_factors)
            part += p if p < q else q
        total += part
    return total


@sum_loop
def divergence(prediction, truth, distribution, true_distribution):  # pragma: no cover - compiled
    factors, true_factors = _factors(distribution), _factors(true_distribution)
    total = 0.0
    for start in range(0, truth.size, RUN):
        a, b, part = prediction[start : start + RUN], truth[start : start + RUN], 0.0
        for i in range(a.size):
            p, q = _probability(a[i], factors), _probability(b[i], true_factors)
            part += q * log(q / (p + EPS) + EPS)
        total += part
    return total


@loop
def _factors(distribution):  # pragma: no cover - compiled
    """Factors, because multiplying is faster than dividing; two of them, because 1 / mass may be infinite.

    It no longer is, since maps are scaled first. But with one factor the compiler adds in another order, and published
    scores would change in their last digit.
    """
    low, mass, uniform = distribution
    scale = 2.0**60 if mass < 1e-300 else 1.0
    return low, scale, 1 / (scale * mass), uniform


@arithmetic
def _probability(value, factors):  # pragma: no cover - compiled
    low, scale, weight, uniform = factors
    return (np.float64(value) - low) * scale * weight + uniform


@arithmetic
def log(x):  # pragma: no cover - compiled
    """Natural logarithm of a normal number > 0, within one unit in the last place.

    The math library's logarithm is a call, which cannot be vectorized and takes ten times as long. This is fdlibm's
    (Sun 1993): x = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), and log(1 + f) = 2 atanh(f / (2 + f)) as a
    polynomial.
    """
    root = np.int64(0x3FE6A09E667F3BCD)  # the bits of sqrt(1/2)
    exponent = np.int64(np.float64(x).view(np.int64) - root) >> 52
    f = np.int64(np.float64(x).view(np.int64) - (exponent << 52)).view(np.float64) - 1.0
    # Write k into the last bits of 1.5 * 2^52: few processors have a vector instruction that converts integers.
    k = np.int64(exponent + np.int64(0x4338000000000000)).view(np.float64) - 6755399441055744.0
    s = f / (2.0 + f)
    z = s * s
    series = z * (
        6.666666666666735130e-01 + z * (3.999999999940941908e-01 + z * (2.857142874366239149e-01
        + z * (2.222219843214978396e-01 + z * (1.818357216161805012e-01 + z * (1.531383769920937332e-01
        + z * 1.479819860511658591e-01)))))
    )  # fmt: skip
    half = 0.5 * f * f
    # log(2) in two parts; the first has so few bits that k times it is exact.
    return k * 6.93147180369123816490e-01 - ((half - (s * (half + series) + k * 1.90821492927058770002e-10)) - f)


# ---- ranks


def at_least(values, thresholds, low, high, stretched):
    """How many values reach each threshold, see `PreparedMap.at_least`."""
    if stretched:
        thresholds = np.where(thresholds > 0, _unstretch(thresholds, low, high), low)
    levels = np.unique(thresholds[thresholds > low])
    if not levels.size:
        return np.full(thresholds.shape, values.size)
    counts = _count(values, levels, low)
    return np.where(thresholds > low, counts[np.searchsorted(levels[:-1], thresholds)], values.size)


@loop
def _count(values, thresholds, low):  # pragma: no cover - compiled
    """How many values reach each of some ascending, distinct thresholds > low.

    The bits of floats >= 0 are in the order of the floats. So the highest bits of a value's distance from `low` are its
    bin, as fine as possible between the first and the last threshold, and rounding never moves a value across the edge
    of a bin. In most bins, all values lie between the same two thresholds. Values are compared only in the few bins
    that contain a threshold.
    """
    first, last = _bits(thresholds[0] - low), _bits(thresholds[-1] - low)
    shift = 0
    while (last >> shift) - (first >> shift) > BINS - 3:
        shift += 1
    offset = (first >> shift) - 1  # bin 0 holds all values below the first threshold
    begin = np.zeros(BINS + 1, np.int32)  # number of thresholds in the previous bins
    for threshold in thresholds:
        begin[(_bits(threshold - low) >> shift) - offset + 1] += 1
    rank = np.empty(BINS, np.int32)  # number of thresholds that a bin's values reach; below 0 where it depends
    for k in range(BINS):
        begin[k + 1] += begin[k]
        rank[k] = begin[k] if begin[k] == begin[k + 1] else ~begin[k]
    # Neighbors mostly have the same rank. Eight counters in turn, so that none waits for the previous one to be stored.
    stride = uint64(thresholds.size + 1)
    counts = np.zeros(8 * (thresholds.size + 1), np.int64)
    bins = np.empty(RUN, np.int32)
    for start in range(0, values.size, RUN):
        run = values[start : start + RUN]
        for i in range(run.size):
            above_low = abs(np.float64(run[i]) - low)  # -0 - 0 = -0
            bins[i] = min(max((_bits(above_low) >> shift) - offset, 0), BINS - 1)
        for i in range(run.size):
            k = uint64(i)
            level = rank[uint64(bins[k])]
            if level < 0:
                level, above = ~level, begin[uint64(bins[k]) + uint64(1)]
                while level < above:
                    middle = (level + above) >> 1
                    if thresholds[middle] <= run[k]:
                        level = np.int32(middle + 1)
                    else:
                        above = np.int32(middle)
            counts[(k & uint64(7)) * stride + uint64(level)] += 1
    reached = counts.reshape(8, thresholds.size + 1).sum(axis=0)
    for k in range(thresholds.size - 1, 0, -1):
        reached[k] += reached[k + 1]
    return reached[1:]


@loop
def _bits(x):  # pragma: no cover - compiled
    return np.float64(x).view(np.int64)


@loop
def _unstretch(thresholds, low, high):  # pragma: no cover - compiled
    """For each threshold, the smallest value that reaches it once stretched to [0, 1]; inf if even `high` does not.

    Bisection over the floats between `low` and `high`, of which there are at most 2^64.
    """
    out = np.empty(thresholds.size)
    for n in range(thresholds.size):
        below, reached = _order(_bits(low)) - 1, _order(_bits(high)) + 1
        while below + 1 < reached:
            middle = (below >> 1) + (reached >> 1) + (below & reached & 1)
            if (np.int64(_order(middle)).view(np.float64) - low) / (high - low) >= thresholds[n]:
                reached = middle
            else:
                below = middle
        out[n] = np.inf if reached > _order(_bits(high)) else np.int64(_order(reached)).view(np.float64)
    return out


@loop
def _order(bits):  # pragma: no cover - compiled
    """Convert a float's bits to an integer that ascends with the float, and back."""
    return bits if bits >= 0 else bits ^ np.int64(0x7FFFFFFFFFFFFFFF)
