"""Metrics that read the map at the fixated pixels: NSS and information gain."""

import numpy as np

from wepsam.metrics._inputs import EPS, is_mit, prepared, prepared_pair, values_at
from wepsam.metrics._prepared import MapLike, PreparedMap


def nss(saliency_map: MapLike, fixations: np.ndarray, *, protocol: str = "mit") -> float:
    """Normalized scanpath saliency: mean z-score of the map at the fixated pixels.

    Higher is better, chance is 0.

    Args:
        saliency_map: (H, W) prediction, any scale, finite.
        fixations: (N, 2) points as (x, y) pixels of this map.
        protocol: `mit` counts a fixated pixel once and divides by MATLAB's standard deviation (n - 1); `tuebingen`
            counts every fixation and divides by NumPy's (n), like pysaliency.

    Returns:
        The score, in standard deviations; 0.0 for a constant map, NaN for a picture without fixations.

    Raises:
        ValueError: the map is not finite, a fixation lies outside it, or there is no such protocol.

    Examples:
        >>> import numpy as np
        >>> round(nss(np.array([[0, 2], [0, 2]]), np.array([[1, 0]])), 3)  # mean 1, standard deviation sqrt(4 / 3)
        0.866

    References:
        Peters et al., "Components of bottom-up gaze allocation in natural images", Vision Research 2005.
    """
    mit = is_mit(protocol)
    prediction = prepared(saliency_map)
    fixated = values_at(prediction, fixations, once=mit)
    return float(_z_scores(prediction, fixated, mit).mean()) if fixated.size else np.nan


def nss_density(saliency_map: MapLike, density: MapLike, *, protocol: str = "mit") -> float:
    """Expected NSS of fixations drawn from the density: the sum of density times z-score.

    For datasets that publish densities without fixations. Do not compare it with `nss`: the density is blurred, which
    makes high scores lower. Higher is better, chance is 0.

    Args:
        saliency_map: (H, W) prediction, any scale, finite.
        density: (H, W) density of the fixations, >= 0, any scale.
        protocol: chooses the standard deviation, as in `nss`.

    Returns:
        The score; 0.0 for a constant map, NaN for an all-zero density.

    Raises:
        ValueError: the maps differ in size or are not finite, the density has negative values, or there is no such
            protocol.

    Examples:
        >>> import numpy as np
        >>> round(nss_density(np.array([[0, 2], [0, 2]]), np.array([[0, 3], [0, 1]])), 3)
        0.866
    """
    mit = is_mit(protocol)
    prediction, truth = prepared_pair(saliency_map, density)
    if truth.is_zero:
        return np.nan
    return float(np.vdot(truth.probability(truth.values), _z_scores(prediction, prediction.values, mit)))


def info_gain(
    saliency_map: MapLike,
    fixations: np.ndarray,
    baseline: MapLike,
    *,
    protocol: str = "mit",
) -> float:
    """Information gain over a baseline, in bits per fixation.

    How much more likely the fixated pixels are under the prediction than under the baseline, both read as
    distributions. Higher is better, 0 = no better than the baseline.

    Args:
        saliency_map: (H, W) prediction, finite; any scale in `mit`, >= 0 in `tuebingen`.
        fixations: (N, 2) points as (x, y) pixels of this map.
        baseline: (H, W) map to beat, usually the center bias; scale as for the prediction.
        protocol: `mit` stretches both maps to [0, 1] before it normalizes them, counts a fixated pixel once and keeps
            the logarithms finite; `tuebingen` is the definition: the mean difference of the log densities over all
            fixations.

    Returns:
        The score; a constant map counts as the uniform distribution, NaN for a picture without fixations. In
        `tuebingen`, -inf if the prediction is 0 at a fixation, so maps should be > 0.

    Raises:
        ValueError: the maps differ in size or are not finite, a fixation lies outside, there is no such protocol, or in
            `tuebingen` a map has negative values or the baseline is 0 at a fixation.

    Examples:
        >>> import numpy as np
        >>> info_gain(np.array([[1, 3]]), np.array([[1, 0]]), np.array([[5, 3]]), protocol="tuebingen")  # 3/4 over 3/8
        1.0

    References:
        Kümmerer et al., "Information-theoretic model comparison unifies saliency metrics", PNAS 2015.
    """
    mit = is_mit(protocol)
    prediction, reference = prepared_pair(saliency_map, baseline, "baseline")
    predicted, expected = (values_at(values, fixations, once=mit) for values in (prediction, reference))
    if not predicted.size:
        return np.nan
    if mit:
        # Stretching gives each map's darkest pixel the probability 0; a fixation there costs up to log2(1 / eps) = 52
        # bits.
        predicted, expected = (
            values.probability(at, stretched=True) for values, at in ((prediction, predicted), (reference, expected))
        )
        return float(np.mean(np.log2(EPS + predicted) - np.log2(EPS + expected)))
    predicted, expected = prediction.probability(predicted), reference.probability(expected)
    if not expected.all():
        raise ValueError(
            f"the baseline is 0 at {(expected == 0).sum()} of {expected.size} fixations; "
            "it has to be > 0 wherever people may look"
        )
    with np.errstate(divide="ignore"):
        return float(np.mean(np.log2(predicted) - np.log2(expected)))


def _z_scores(prediction: PreparedMap, values: np.ndarray, mit: bool) -> np.ndarray:
    """Values as standard deviations from the map's mean; zeros if the map is constant."""
    if prediction.is_constant:
        return np.zeros_like(values)
    deviation = prediction.spread / np.sqrt(prediction.size - 1 if mit else prediction.size)
    return np.asarray((values - prediction.mean) / deviation)
