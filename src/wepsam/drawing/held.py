"""Which places hold a share of the density: those of the highest density that add up to it."""

import numpy as np


def share_above(values: np.ndarray, density: np.ndarray) -> np.ndarray:
    """For each of some values of a density, the share that lies in places of higher density.

    Args:
        values: of any shape, in the unit of the density.
        density: (h, w) >= 0, its sum above 0.

    Returns:
        As `values`, float64 from 0 to 1: 0 at the highest density and above, near 1 at the lowest. Between the values
        that occur it is interpolated.
    """
    levels, counts = np.unique(density, return_counts=True)
    mass = levels * counts
    above = np.cumsum(mass[::-1])[::-1] - mass
    return np.interp(values, levels, above / mass.sum())


def level(values: np.ndarray, share: float) -> float:
    """The density that the places of highest density which hold a share of the whole reach at least.

    Args:
        values: (h, w) >= 0, its sum above 0.
        share: between 0 and 1.
    """
    falling = np.sort(values, axis=None)[::-1]
    sums = np.cumsum(falling)
    return float(np.interp(share * sums[-1], sums, falling))
