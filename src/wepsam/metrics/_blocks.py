"""Passes over whole maps in numpy: what the metrics do where `compiled` is not installed, or the map is small.

Blocks of 256 kB at a time, which stay in the core's memory: twice as fast as whole maps, which do not.
"""

from collections.abc import Iterator

import numpy as np

BLOCK = 1 << 15  # pixels

# How a map is read as a distribution: the probability of a value is (value - low) / mass + uniform. The last is 0 but
# for a map without mass, which counts as the uniform distribution.
Distribution = tuple[float, float, float]


def probability(values: np.ndarray, read_as: Distribution) -> np.ndarray:
    low, mass, uniform = read_as
    probabilities = values - low
    probabilities /= mass
    probabilities += uniform
    return np.asarray(probabilities)


def extent(values: np.ndarray) -> tuple[float, float, float]:
    """Smallest value, largest, sum; the sum is finite only if all the values are."""
    with np.errstate(over="ignore", invalid="ignore"):
        return float(values.min()), float(values.max()), float(values.sum())


def above(values: np.ndarray, low: float) -> float:
    """Sum of the values' distances from the lowest of them."""
    return float(sum((block - low).sum() for (block,) in blocks(values)))


def squares(values: np.ndarray, mean: float) -> float:
    """Sum of the squared deviations from the mean."""
    deviations = (block - mean for (block,) in blocks(values))
    return float(sum(np.vdot(d, d) for d in deviations))


def products(one: np.ndarray, other: np.ndarray, mean: float, other_mean: float) -> tuple[float, float, float]:
    """Sums over both maps' deviations from their means: of the products, and of the squares of each."""
    sums = np.zeros(3)
    for a, b in blocks(one, other):
        a, b = a - mean, b - other_mean
        sums += np.vdot(a, b), np.vdot(a, a), np.vdot(b, b)
    total, squared, other_squared = sums.tolist()
    return total, squared, other_squared


def smaller(one: np.ndarray, other: np.ndarray, one_as: Distribution, other_as: Distribution) -> float:
    """Sum of the smaller of two probabilities at each pixel."""
    shared = (np.minimum(probability(a, one_as), probability(b, other_as)) for a, b in blocks(one, other))
    return float(sum(block.sum() for block in shared))


def divergence(prediction: np.ndarray, truth: np.ndarray, prediction_as: Distribution, truth_as: Distribution) -> float:
    """Sum of q log(q / (p + eps) + eps), p the predicted probability, q the true one."""
    eps = np.finfo(np.float64).eps
    total = 0.0
    for a, b in blocks(prediction, truth):
        ratio, observed = probability(a, prediction_as), probability(b, truth_as)
        ratio += eps
        np.divide(observed, ratio, out=ratio)
        ratio += eps
        total += np.vdot(observed, np.log(ratio, out=ratio))
    return float(total)


def blocks(*maps: np.ndarray) -> Iterator[tuple[np.ndarray, ...]]:
    """The same pixels of each of the flat maps, a block at a time."""
    for start in range(0, maps[0].size, BLOCK):
        yield tuple(values[start : start + BLOCK] for values in maps)
