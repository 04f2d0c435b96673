"""Passes over whole maps, compiled by numba: those of `_blocks`, several times faster.

Each reads flat maps once, float32 or float64 as they come, and computes in float64. They are written so that the
compiler turns them into vector instructions: short runs without a call, a branch or an index that may be negative. Sums
are made of a run at a time and then of the runs, which keeps the rounding as small as numpy's.
"""

# mypy: disable-error-code="no-untyped-def"
import numpy as np
from numba import njit, uint64

EPS = np.finfo(np.float64).eps
RUN = 512  # pixels: what a run needs stays in the fastest memory (2048 take 1.5 times as long)
BINS = 1 << 15
SUMMED = {"reassoc", "contract", "nsz"}  # sums in any order; unlike fastmath=True, NaN stays NaN


# ---- sums


@njit(cache=True, nogil=True, error_model="numpy")
def extent(values):  # pragma: no cover - compiled
    low, high = np.full(RUN, values[0]), np.full(RUN, values[0])  # one for each place in a run: together they are fast
    total = 0.0
    for start in range(0, values.size, RUN):
        total += _extend(values[start : start + RUN], low, high)
    return np.float64(low.min()), np.float64(high.max()), total


@njit(cache=True, nogil=True, error_model="numpy", fastmath=SUMMED)
def _extend(run, low, high):  # pragma: no cover - compiled
    total = 0.0
    for i in range(run.size):
        total += np.float64(run[i])
        low[i] = run[i] if run[i] < low[i] else low[i]
        high[i] = run[i] if run[i] > high[i] else high[i]
    return total


@njit(cache=True, nogil=True, error_model="numpy", fastmath=SUMMED)
def above(values, low):  # pragma: no cover - compiled
    total = 0.0
    for start in range(0, values.size, RUN):
        run, part = values[start : start + RUN], 0.0
        for i in range(run.size):
            part += np.float64(run[i]) - low
        total += part
    return total


@njit(cache=True, nogil=True, error_model="numpy", fastmath=SUMMED)
def squares(values, mean):  # pragma: no cover - compiled
    total = 0.0
    for start in range(0, values.size, RUN):
        run, part = values[start : start + RUN], 0.0
        for i in range(run.size):
            part += (np.float64(run[i]) - mean) * (np.float64(run[i]) - mean)
        total += part
    return total


@njit(cache=True, nogil=True, error_model="numpy", fastmath=SUMMED)
def products(one, other, mean, other_mean):  # pragma: no cover - compiled
    total, squared, other_squared = 0.0, 0.0, 0.0
    for start in range(0, one.size, RUN):
        a, b = one[start : start + RUN], other[start : start + RUN]
        ab, aa, bb = 0.0, 0.0, 0.0
        for i in range(a.size):
            from_mean, from_other_mean = np.float64(a[i]) - mean, np.float64(b[i]) - other_mean
            ab += from_mean * from_other_mean
            aa += from_mean * from_mean
            bb += from_other_mean * from_other_mean
        total += ab
        squared += aa
        other_squared += bb
    return total, squared, other_squared


@njit(cache=True, nogil=True, error_model="numpy", fastmath=SUMMED)
def smaller(one, other, one_as, other_as):  # pragma: no cover - compiled
    factors, other_factors = _factors(one_as), _factors(other_as)
    total = 0.0
    for start in range(0, one.size, RUN):
        a, b, part = one[start : start + RUN], other[start : start + RUN], 0.0
        for i in range(a.size):
            p, q = _probability(a[i], factors), _probability(b[i], other_factors)
            part += p if p < q else q
        total += part
    return total


@njit(cache=True, nogil=True, error_model="numpy", fastmath=SUMMED)
def divergence(prediction, truth, prediction_as, truth_as):  # pragma: no cover - compiled
    factors, true_factors = _factors(prediction_as), _factors(truth_as)
    total = 0.0
    for start in range(0, truth.size, RUN):
        a, b, part = prediction[start : start + RUN], truth[start : start + RUN], 0.0
        for i in range(a.size):
            p, q = _probability(a[i], factors), _probability(b[i], true_factors)
            part += q * log(q / (p + EPS) + EPS)
        total += part
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def _factors(read_as):  # pragma: no cover - compiled
    """By what to multiply, which is faster than to divide; two numbers, for 1 over the smallest masses is infinite."""
    low, mass, uniform = read_as
    scale = 2.0**60 if mass < 1e-300 else 1.0
    return low, scale, 1 / (scale * mass), uniform


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _probability(value, factors):  # pragma: no cover - compiled
    low, scale, weight, uniform = factors
    return (np.float64(value) - low) * scale * weight + uniform


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def log(x):  # pragma: no cover - compiled
    """Natural logarithm of a normal number > 0, within one unit in the last place.

    The library's is a call, which cannot be vectorized: it takes ten times as long. This is the fdlibm's (Sun 1993):
    x = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), and log(1 + f) = 2 atanh(f / (2 + f)) as a polynomial.
    """
    root = np.int64(0x3FE6A09E667F3BCD)  # the bits of sqrt(1/2)
    exponent = np.int64(np.float64(x).view(np.int64) - root) >> 52
    f = np.int64(np.float64(x).view(np.int64) - (exponent << 52)).view(np.float64) - 1.0
    # A whole number as the last bits of 1.5 2^52: converting it is an instruction that few processors have for vectors.
    k = np.int64(exponent + np.int64(0x4338000000000000)).view(np.float64) - 6755399441055744.0
    s = f / (2.0 + f)
    z = s * s
    series = z * (
        6.666666666666735130e-01 + z * (3.999999999940941908e-01 + z * (2.857142874366239149e-01
        + z * (2.222219843214978396e-01 + z * (1.818357216161805012e-01 + z * (1.531383769920937332e-01
        + z * 1.479819860511658591e-01)))))
    )  # fmt: skip
    half = 0.5 * f * f
    # log(2) in two parts, the first of so few bits that k times it is exact
    return k * 6.93147180369123816490e-01 - ((half - (s * (half + series) + k * 1.90821492927058770002e-10)) - f)


# ---- ranks


def at_least(values, thresholds, low, high, stretched):
    """How many values reach each threshold, as `Map.at_least` has it."""
    if stretched:
        thresholds = np.where(thresholds > 0, _reaching(thresholds, low, high), low)
    sought = np.unique(thresholds[thresholds > low])
    if not sought.size:
        return np.full(thresholds.shape, values.size)
    counts = _counted(values, sought, low)
    return np.where(thresholds > low, counts[np.searchsorted(sought[:-1], thresholds)], values.size)


@njit(cache=True, nogil=True, error_model="numpy")
def _counted(values, thresholds, low):  # pragma: no cover - compiled
    """The same for ascending thresholds > low, each once.

    The bits of floats >= 0 are in the order of the floats. So the highest bits of a value's distance from the lowest
    are its bin, as fine as they can be between the first and the last threshold; no rounding moves a value across a
    bin's edge. In most bins all the values lie between the same two thresholds; only in the few that contain a
    threshold is a value compared.
    """
    first, last = _bits(thresholds[0] - low), _bits(thresholds[-1] - low)
    shift = 0
    while (last >> shift) - (first >> shift) > BINS - 3:
        shift += 1
    offset = (first >> shift) - 1  # bin 0 is what lies below the first threshold
    begin = np.zeros(BINS + 1, np.int32)  # how many thresholds lie in the bins before
    for threshold in thresholds:
        begin[(_bits(threshold - low) >> shift) - offset + 1] += 1
    rank = np.empty(BINS, np.int32)  # how many thresholds the values of a bin reach; below 0 where that depends
    for k in range(BINS):
        begin[k + 1] += begin[k]
        rank[k] = begin[k] if begin[k] == begin[k + 1] else ~begin[k]
    # Neighbors mostly have the same rank: eight counts in turn, so that none waits for the one before to be stored.
    levels = uint64(thresholds.size + 1)
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
            counts[(k & uint64(7)) * levels + uint64(level)] += 1
    reached = counts.reshape(8, thresholds.size + 1).sum(axis=0)
    for k in range(thresholds.size - 1, 0, -1):
        reached[k] += reached[k + 1]
    return reached[1:]


@njit(cache=True, nogil=True, error_model="numpy")
def _bits(x):  # pragma: no cover - compiled
    return np.float64(x).view(np.int64)


@njit(cache=True, nogil=True, error_model="numpy")
def _reaching(thresholds, low, high):  # pragma: no cover - compiled
    """The smallest value that, stretched to [0, 1], is at least each threshold; inf if even `high` is not.

    Halving the floats between `low` and `high`, of which there are at most 2^64.
    """
    out = np.empty(thresholds.size)
    for n in range(thresholds.size):
        below, found = _order(_bits(low)) - 1, _order(_bits(high)) + 1
        while below + 1 < found:
            middle = (below >> 1) + (found >> 1) + (below & found & 1)
            if (np.int64(_order(middle)).view(np.float64) - low) / (high - low) >= thresholds[n]:
                found = middle
            else:
                below = middle
        out[n] = np.inf if found > _order(_bits(high)) else np.int64(_order(found)).view(np.float64)
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def _order(bits):  # pragma: no cover - compiled
    """From a float's bits to a whole number that ascends with the float, and back."""
    return bits if bits >= 0 else bits ^ np.int64(0x7FFFFFFFFFFFFFFF)
