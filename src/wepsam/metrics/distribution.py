"""Metrics that compare two maps pixel by pixel: CC, SIM and the KL divergence."""

import numpy as np

from wepsam.maps import to_density, to_unit
from wepsam.metrics._inputs import EPS, is_constant, map_pair


def cc(saliency_map: np.ndarray, density: np.ndarray) -> float:
    """Pearson's linear correlation coefficient of prediction and density.

    Higher is better, in [-1, 1], chance is 0. The scale and offset of either map do not matter.

    Args:
        saliency_map: (H, W) prediction, any scale, finite.
        density: (H, W) density of the fixations, any scale, finite.

    Returns:
        The score; 0.0 for a constant prediction, NaN for a constant density (there is nothing to explain).

    Raises:
        ValueError: the maps differ in size or are not finite.
    """
    saliency_map, density = map_pair(saliency_map, density)
    if is_constant(density):
        return np.nan
    if is_constant(saliency_map):
        return 0.0
    saliency_map, density = saliency_map - saliency_map.mean(), density - density.mean()
    return float(np.vdot(saliency_map, density) / (np.linalg.norm(saliency_map) * np.linalg.norm(density)))


def sim(saliency_map: np.ndarray, density: np.ndarray) -> float:
    """Similarity, or histogram intersection: the mass that the two distributions share (protocol `mit`).

    Higher is better, in [0, 1].

    Args:
        saliency_map: (H, W) prediction, any scale, finite.
        density: (H, W) density of the fixations, any scale, finite.

    Returns:
        The score; a constant map counts as the uniform distribution, NaN for an all-zero density.

    Raises:
        ValueError: the maps differ in size or are not finite.

    References:
        Judd et al., "A benchmark of computational models of saliency to predict human fixations", MIT 2012.
    """
    saliency_map, density = map_pair(saliency_map, density)
    if not density.any():
        return np.nan
    # The MIT code first stretches both maps to [0, 1], so that adding a constant to a map buys nothing. Other
    # code (pysaliency) only divides by the sum and gives other numbers.
    return float(np.minimum(to_density(to_unit(saliency_map)), to_density(to_unit(density))).sum())


def kl_div(saliency_map: np.ndarray, density: np.ndarray) -> float:
    """Kullback-Leibler divergence of the density from the prediction, in nats (protocol `mit`).

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
    saliency_map, density = map_pair(saliency_map, density)
    if not density.any():
        return np.nan
    # No stretching to [0, 1] here, unlike `sim` and `info_gain`. The MIT code leaves an all-zero prediction
    # zero and answers 30 or so; to us it is the same constant map as any other.
    predicted, observed = to_density(saliency_map), to_density(density)
    return float(np.sum(observed * np.log(EPS + observed / (predicted + EPS))))
