"""Which places hold a share of the density: those of the highest density that add up to it."""

from collections.abc import Callable

import numpy as np


def share_above(density: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """How much of a density lies in places of higher density than a value.

    Args:
        density: (h, w) >= 0, its sum above 0.

    Returns:
        A function of values in the unit of the density, in an array of any shape: the shares, float64 from 0, at the
        highest density and above, to 1. Between the values that occur it is interpolated.
    """
    levels, counts = np.unique(density, return_counts=True)
    mass = levels * counts
    above = (np.cumsum(mass[::-1])[::-1] - mass) / mass.sum()
    return lambda values: np.interp(values, levels, above)


def level(values: np.ndarray, share: float) -> float:
    """The density that the places of highest density which hold a share of the whole reach at least.

    Args:
        values: (h, w) >= 0, its sum above 0.
        share: between 0 and 1.
    """
    falling = np.sort(values, axis=None)[::-1]
    sums = np.cumsum(falling)
    return float(np.interp(share * sums[-1], sums, falling))
