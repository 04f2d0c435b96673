"""Metrics that compare two maps pixel by pixel: CC, SIM and the KL divergence."""

import numpy as np

from wepsam.metrics._inputs import is_mit, map_pair
from wepsam.metrics._map import Map


def cc(saliency_map: np.ndarray | Map, density: np.ndarray | Map) -> float:
    """Pearson's linear correlation coefficient of prediction and density (the same in both protocols).

    Higher is better, in [-1, 1], chance is 0. The scale and offset of either map do not matter.

    Args:
        saliency_map: (H, W) prediction, any scale, finite.
        density: (H, W) density of the fixations, any scale, finite.

    Returns:
        The score; 0.0 for a constant prediction, NaN for a constant density (there is nothing to explain).

    Raises:
        ValueError: the maps differ in size or are not finite.
    """
    prediction, truth = map_pair(saliency_map, density)
    if truth.is_constant:
        return np.nan
    if prediction.is_constant:
        return 0.0
    shared, squares, true_squares = truth.passes.products(prediction.flat, truth.flat, prediction.mean, truth.mean)
    return float(shared / np.sqrt(squares) / np.sqrt(true_squares))


def sim(saliency_map: np.ndarray | Map, density: np.ndarray | Map, *, protocol: str = "mit") -> float:
    """Similarity, or histogram intersection: the mass that the two distributions share.

    Higher is better, in [0, 1].

    Args:
        saliency_map: (H, W) prediction, finite; any scale in `mit`, >= 0 in `tuebingen`.
        density: (H, W) density of the fixations; scale as of the prediction.
        protocol: `mit` stretches both maps to [0, 1] before it divides them by their sums, so that adding a
            constant to a map buys nothing; `tuebingen` only divides by the sums.

    Returns:
        The score; a constant map counts as the uniform distribution, NaN for an all-zero density.

    Raises:
        ValueError: the maps differ in size or are not finite, there is no such protocol, or in `tuebingen` a
            map is negative somewhere.

    References:
        Judd et al., "A benchmark of computational models of saliency to predict human fixations", MIT 2012.
    """
    mit = is_mit(protocol)
    prediction, truth = map_pair(saliency_map, density)
    if truth.is_zero:
        return np.nan
    p, q = (m.distribution(stretched=mit) for m in (prediction, truth))
    return truth.passes.smaller(prediction.flat, truth.flat, p, q)


def kl_div(saliency_map: np.ndarray | Map, density: np.ndarray | Map) -> float:
    """Kullback-Leibler divergence of the density from the prediction, in nats (the same in both protocols).

    Lower is better, 0 = the same distribution (up to about 1e-10: the regularization can push a perfect map
    just below 0). Pixels that are looked at but predicted as 0 dominate it.

    Args:
        saliency_map: (H, W) prediction >= 0, any scale, finite.
        density: (H, W) density of the fixations, >= 0, any scale.

    Returns:
        The score; a constant map counts as the uniform distribution, NaN for an all-zero density.

    Raises:
        ValueError: the maps differ in size, are not finite, or are negative somewhere.
    """
    prediction, truth = map_pair(saliency_map, density)
    if truth.is_zero:
        return np.nan
    # No stretching to [0, 1] here, unlike `sim` and `info_gain` in `mit`, and the same eps in both protocols: the
    # Tuebingen board calls pysaliency with the MIT code's. That code leaves an all-zero prediction zero and
    # answers 30 or so; to us, and to pysaliency, it is the same constant map as any other.
    return truth.passes.divergence(prediction.flat, truth.flat, prediction.distribution(), truth.distribution())
