"""Metrics that read the map at the fixated pixels: NSS and information gain."""

import numpy as np

from wepsam.metrics._inputs import EPS, as_map, at_fixations, is_mit, map_pair
from wepsam.metrics._map import Map


def nss(saliency_map: np.ndarray | Map, fixations: np.ndarray, *, protocol: str = "mit") -> float:
    """Normalized scanpath saliency: mean z-score of the map at the fixated pixels.

    Higher is better, chance is 0.

    Args:
        saliency_map: (H, W) prediction, any scale, finite.
        fixations: (N, 2) points as (x, y) pixels of this map.
        protocol: `mit` counts a fixated pixel once and divides by MATLAB's standard deviation (n - 1);
            `tuebingen` counts every fixation and divides by NumPy's (n), as pysaliency does.

    Returns:
        The score; 0.0 for a constant map, NaN for a picture without fixations.

    Raises:
        ValueError: the map is not finite, a fixation lies outside it, or there is no such protocol.

    References:
        Peters et al., "Components of bottom-up gaze allocation in natural images", Vision Research 2005.
    """
    mit = is_mit(protocol)
    prediction = as_map(saliency_map)
    fixated = at_fixations(prediction, fixations, once=mit)
    return float(_z_scores(prediction, fixated, mit).mean()) if fixated.size else np.nan


def nss_density(saliency_map: np.ndarray | Map, density: np.ndarray | Map, *, protocol: str = "mit") -> float:
    """The expected NSS if fixations were drawn from the density: the sum of density times z-score.

    For datasets that publish densities and no fixations. Not comparable with `nss`: the density is blurred,
    which takes the peaks off the score. Higher is better, chance is 0.

    Args:
        saliency_map: (H, W) prediction, any scale, finite.
        density: (H, W) density of the fixations, >= 0, any scale.
        protocol: whose standard deviation, as in `nss`.

    Returns:
        The score; 0.0 for a constant map, NaN for an all-zero density.

    Raises:
        ValueError: the maps differ in size, are not finite, the density is negative somewhere, or there is no
            such protocol.
    """
    mit = is_mit(protocol)
    prediction, truth = map_pair(saliency_map, density)
    if truth.is_zero:
        return np.nan
    return float(np.vdot(truth.probability(truth.values), _z_scores(prediction, prediction.values, mit)))


def info_gain(
    saliency_map: np.ndarray | Map, fixations: np.ndarray, baseline: np.ndarray | Map, *, protocol: str = "mit"
) -> float:
    """Information gain over a baseline, in bits per fixation.

    How much likelier the prediction makes the fixated pixels than the baseline does, both read as
    distributions. Higher is better, 0 = no better than the baseline.

    Args:
        saliency_map: (H, W) prediction, finite; any scale in `mit`, >= 0 in `tuebingen`.
        fixations: (N, 2) points as (x, y) pixels of this map.
        baseline: (H, W) map to beat, usually the center bias; scale as of the prediction.
        protocol: `mit` stretches both maps to [0, 1] before it normalizes them, counts a fixated pixel once
            and keeps the logarithms finite; `tuebingen` is the definition: mean difference of the log
            densities over all fixations.

    Returns:
        The score; a constant map counts as the uniform distribution, NaN for a picture without fixations.
        In `tuebingen` -inf where a fixated pixel is predicted to be impossible: give it maps > 0.

    Raises:
        ValueError: the maps differ in size or are not finite, a fixation lies outside, there is no such
            protocol, or in `tuebingen` a map is negative somewhere or the baseline is 0 at a fixation.

    References:
        Kümmerer et al., "Information-theoretic model comparison unifies saliency metrics", PNAS 2015.
    """
    mit = is_mit(protocol)
    prediction, floor = map_pair(saliency_map, baseline, "baseline")
    predicted, expected = (at_fixations(values, fixations, once=mit) for values in (prediction, floor))
    if not predicted.size:
        return np.nan
    if mit:
        # The stretching gives each map's darkest pixel probability 0; a fixation there costs up to
        # log2(1 / eps) = 52 bits.
        predicted, expected = (
            values.probability(at, stretched=True) for values, at in ((prediction, predicted), (floor, expected))
        )
        return float(np.mean(np.log2(EPS + predicted) - np.log2(EPS + expected)))
    predicted, expected = prediction.probability(predicted), floor.probability(expected)
    if not expected.all():
        raise ValueError(
            f"the baseline is 0 at {(expected == 0).sum()} of {expected.size} fixations; "
            "it has to be > 0 wherever people may look"
        )
    with np.errstate(divide="ignore"):
        return float(np.mean(np.log2(predicted) - np.log2(expected)))


def _z_scores(prediction: Map, values: np.ndarray, mit: bool) -> np.ndarray:
    """Values in standard deviations from the map's mean; 0 where the map is constant."""
    if prediction.is_constant:
        return np.zeros_like(values)
    deviation = prediction.spread / np.sqrt(prediction.size - 1 if mit else prediction.size)
    return np.asarray((values - prediction.mean) / deviation)
