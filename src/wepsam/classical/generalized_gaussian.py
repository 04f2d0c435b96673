"""Generalized Gaussians p(x) ~ exp(-(|x| / scale)^shape), fitted by their moments.

A shape of 2 is a Gaussian, 1 a Laplacian; smaller shapes are sparser. With G the gamma function, the moments are
E |x|^k = scale^k G((k + 1) / shape) / G(1 / shape). A ratio of two moments depends on the shape alone, so it gives the
shape; one moment then gives the scale.
"""

from functools import cache
from math import lgamma

import numpy as np

from wepsam.classical._frame import scipy


def fit(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scale and shape for each column of values, by the moments E|x| and E x².

    Args:
        values: (N, n), mean about 0.

    Returns:
        Two (n,) arrays: scales, and shapes between .2 and 4.
    """
    shapes = np.linspace(0.2, 4, 1000)
    first, second, third = _log_gamma(shapes, (1, 2, 3))
    squares = np.mean(np.square(values), axis=0, dtype=np.float64)
    ratio = np.log(squares / np.mean(np.abs(values), axis=0, dtype=np.float64) ** 2)
    expected = first + third - 2 * second  # of log E x² / (E|x|)²; falls with the shape
    fitted = np.interp(-ratio, -expected, shapes)
    spread = np.array([lgamma(1 / shape) - lgamma(3 / shape) for shape in fitted])
    return np.sqrt(squares * np.exp(spread)), fitted


def from_moments(second: np.ndarray, fourth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scales and shapes by arrays of the moments E x² and E x⁴.

    The kurtosis E x⁴ / (E x²)² gives the shape, between .3 and 8: it is 3 for a Gaussian, 6 for a Laplacian.
    """
    kurtoses, shapes, gains = _by_kurtosis()
    shape = np.interp(fourth / second**2, kurtoses, shapes)
    return np.sqrt(second) * np.interp(shape, shapes[::-1], gains[::-1]), shape


def kl(p: tuple[np.ndarray, np.ndarray], q: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """KL(p || q) in nats of two generalized Gaussians (scale, shape), in closed form."""
    gammaln = scipy("special").gammaln
    (scale, shape), (scale_q, shape_q) = p, q
    constant = np.log(shape * scale_q / (shape_q * scale)) + gammaln(1 / shape_q) - gammaln(1 / shape)
    power = (scale / scale_q) ** shape_q * np.exp(gammaln((shape_q + 1) / shape) - gammaln(1 / shape))
    return constant + power - 1 / shape


@cache
def _by_kurtosis() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rising kurtoses; the shapes that have them, falling from 8 to .3; the scale over the standard deviation there."""
    shapes = np.geomspace(8, 0.3, 400)
    first, third, fifth = _log_gamma(shapes, (1, 3, 5))
    return np.exp(first + fifth - 2 * third), shapes, np.exp((first - third) / 2)


def _log_gamma(shapes: np.ndarray, factors: tuple[int, ...]) -> list[np.ndarray]:
    """log G(factor / shape) for all shapes, an array for each factor."""
    return [np.array([lgamma(factor / shape) for shape in shapes]) for factor in factors]
