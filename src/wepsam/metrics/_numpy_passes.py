"""Passes over whole maps in numpy, for small maps and where numba is not installed.

They work on blocks of 256 kB at a time, which stay in the core's cache: twice as fast as on whole maps, which do not.
`_numba_passes` has the same functions, compiled.
"""

from collections.abc import Iterator

import numpy as np

BLOCK = 1 << 15  # pixels

# How a map is read as a distribution, (low, mass, uniform): a value has the probability (value - low) / mass + uniform.
# `uniform` is 0, except for a map without mass, which counts as the uniform distribution.
Distribution = tuple[float, float, float]


def probability(values: np.ndarray, distribution: Distribution) -> np.ndarray:
    low, mass, uniform = distribution
    probabilities = values - low
    probabilities /= mass
    probabilities += uniform
    return np.asarray(probabilities)


def extent(values: np.ndarray) -> tuple[float, float, float]:
    """Smallest value, largest value, sum; the sum is finite only if all values are."""
    with np.errstate(over="ignore", invalid="ignore"):
        return float(values.min()), float(values.max()), float(values.sum())


def sum_above(values: np.ndarray, low: float) -> float:
    """Sum of the values' distances from the lowest of them."""
    return float(sum((block - low).sum() for (block,) in blocks(values)))


def squared_deviations(values: np.ndarray, mean: float) -> float:
    """Sum of the squared deviations from the mean."""
    deviations = (block - mean for (block,) in blocks(values))
    return float(sum(np.vdot(d, d) for d in deviations))


def joint_deviations(one: np.ndarray, other: np.ndarray, mean: float, other_mean: float) -> tuple[float, float, float]:
    """Sums over the deviations of two maps from their means: of the products, and of the squares of each map."""
    sums = np.zeros(3)
    for a, b in blocks(one, other):
        a, b = a - mean, b - other_mean
        sums += np.vdot(a, b), np.vdot(a, a), np.vdot(b, b)
    products, squares, other_squares = sums.tolist()
    return products, squares, other_squares


def overlap(one: np.ndarray, other: np.ndarray, distribution: Distribution, other_distribution: Distribution) -> float:
    """Sum over the pixels of the smaller of the two probabilities."""
    minima = (
        np.minimum(probability(a, distribution), probability(b, other_distribution)) for a, b in blocks(one, other)
    )
    return float(sum(block.sum() for block in minima))


def divergence(
    prediction: np.ndarray, truth: np.ndarray, distribution: Distribution, true_distribution: Distribution
) -> float:
    """Sum of q log(q / (p + eps) + eps), where p is the predicted and q the true probability."""
    eps = np.finfo(np.float64).eps
    total = 0.0
    for a, b in blocks(prediction, truth):
        ratio, observed = probability(a, distribution), probability(b, true_distribution)
        ratio += eps
        np.divide(observed, ratio, out=ratio)
        ratio += eps
        total += np.vdot(observed, np.log(ratio, out=ratio))
    return float(total)


def blocks(*maps: np.ndarray) -> Iterator[tuple[np.ndarray, ...]]:
    """The same pixels of each of the flat maps, a block at a time."""
    for start in range(0, maps[0].size, BLOCK):
        yield tuple(values[start : start + BLOCK] for values in maps)
