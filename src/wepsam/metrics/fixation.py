"""Metrics that read the map at the fixated pixels: NSS and information gain."""

import numpy as np

from wepsam.maps import to_density, to_unit
from wepsam.metrics._inputs import EPS, at_fixated_pixels, finite_map, is_constant, map_pair


def nss(saliency_map: np.ndarray, fixations: np.ndarray) -> float:
    """Normalized scanpath saliency: mean z-score of the map at the fixated pixels (protocol `mit`).

    Higher is better, chance is 0.

    Args:
        saliency_map: (H, W) prediction, any scale, finite.
        fixations: (N, 2) points as (x, y) pixels of this map. One count per fixated pixel.

    Returns:
        The score; 0.0 for a constant map, NaN for a picture without fixations.

    Raises:
        ValueError: the map is not finite, or a fixation lies outside it.

    References:
        Peters et al., "Components of bottom-up gaze allocation in natural images", Vision Research 2005.
    """
    saliency_map = finite_map(saliency_map)
    fixated = at_fixated_pixels(saliency_map, fixations)
    return float(_z_scores(saliency_map, fixated).mean()) if fixated.size else np.nan


def nss_density(saliency_map: np.ndarray, density: np.ndarray) -> float:
    """The expected NSS if fixations were drawn from the density: the sum of density times z-score.

    For datasets that publish densities and no fixations. Not comparable with `nss`: the density is blurred,
    which takes the peaks off the score. Higher is better, chance is 0.

    Args:
        saliency_map: (H, W) prediction, any scale, finite.
        density: (H, W) density of the fixations, >= 0, any scale.

    Returns:
        The score; 0.0 for a constant map, NaN for an all-zero density.

    Raises:
        ValueError: the maps differ in size, are not finite, or the density is negative somewhere.
    """
    saliency_map, density = map_pair(saliency_map, density)
    if not density.any():
        return np.nan
    return float(np.vdot(to_density(density), _z_scores(saliency_map, saliency_map)))


def info_gain(saliency_map: np.ndarray, fixations: np.ndarray, baseline: np.ndarray) -> float:
    """Information gain over a baseline, in bits per fixated pixel (protocol `mit`).

    How much likelier the prediction makes the fixated pixels than the baseline does, both read as
    distributions. Higher is better, 0 = no better than the baseline.

    Args:
        saliency_map: (H, W) prediction, any scale, finite.
        fixations: (N, 2) points as (x, y) pixels of this map. One count per fixated pixel.
        baseline: (H, W) map to beat, usually the center bias, any scale, finite.

    Returns:
        The score; a constant map counts as the uniform distribution, NaN for a picture without fixations.

    Raises:
        ValueError: the maps differ in size or are not finite, or a fixation lies outside.

    References:
        Kümmerer et al., "Information-theoretic model comparison unifies saliency metrics", PNAS 2015.
    """
    saliency_map, baseline = map_pair(saliency_map, baseline, "baseline")
    # The MIT code stretches both maps to [0, 1] before it normalizes them, so their darkest pixel gets
    # probability 0 and a fixation there costs up to log2(1 / eps) = 52 bits. The paper's own definition does
    # no such thing.
    predicted = at_fixated_pixels(to_density(to_unit(saliency_map)), fixations)
    expected = at_fixated_pixels(to_density(to_unit(baseline)), fixations)
    return float(np.mean(np.log2(EPS + predicted) - np.log2(EPS + expected))) if predicted.size else np.nan


def _z_scores(saliency_map: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values in standard deviations from the map's mean; 0 where the map is constant."""
    if is_constant(saliency_map):
        return np.zeros_like(values)
    # n - 1, MATLAB's std; numpy's default is n.
    return np.asarray((values - saliency_map.mean()) / saliency_map.std(ddof=1))
