"""Metrics that compare two maps pixel by pixel: CC, SIM and KL divergence."""

import numpy as np

from wepsam.metrics._inputs import is_mit, prepared_pair
from wepsam.metrics._prepared import MapLike


def cc(saliency_map: MapLike, density: MapLike) -> float:
    """Pearson's linear correlation coefficient of prediction and density (the same in both protocols).

    In [-1, 1], higher is better, chance is 0. The scale and offset of either map do not matter.

    Args:
        saliency_map: (H, W) prediction, any scale, finite.
        density: (H, W) density of the fixations, any scale, finite.

    Returns:
        The score; 0.0 for a constant prediction, NaN for a constant density (there is nothing to explain).

    Raises:
        ValueError: the maps differ in size or are not finite.

    Examples:
        >>> import numpy as np
        >>> round(cc(np.array([[0, 1], [1, 2]]), np.array([[0, 0], [1, 1]])), 3)
        0.707
    """
    prediction, truth = prepared_pair(saliency_map, density)
    if truth.is_constant:
        return np.nan
    if prediction.is_constant:
        return 0.0
    shared, squares, true_squares = truth.passes.joint_deviations(
        prediction.flat, truth.flat, prediction.mean, truth.mean
    )
    return float(shared / np.sqrt(squares) / np.sqrt(true_squares))


def sim(saliency_map: MapLike, density: MapLike, *, protocol: str = "mit") -> float:
    """Similarity, or histogram intersection: the mass that the two distributions share.

    In [0, 1], higher is better, 1 = the same distribution.

    Args:
        saliency_map: (H, W) prediction, finite; any scale in `mit`, >= 0 in `tuebingen`.
        density: (H, W) density of the fixations; scale as for the prediction.
        protocol: `mit` stretches both maps to [0, 1] before it divides them by their sums, so an added constant makes
            no difference; `tuebingen` only divides by the sums.

    Returns:
        The score; a constant map counts as the uniform distribution, NaN for an all-zero density.

    Raises:
        ValueError: the maps differ in size or are not finite, there is no such protocol, or in `tuebingen` a map has
            negative values.

    Examples:
        >>> import numpy as np
        >>> sim(np.array([[0, 1], [1, 2]]), np.array([[0, 0], [1, 1]]))
        0.75

    References:
        Judd et al., "A benchmark of computational models of saliency to predict human fixations", MIT 2012.
    """
    mit = is_mit(protocol)
    prediction, truth = prepared_pair(saliency_map, density)
    if truth.is_zero:
        return np.nan
    p, q = (m.distribution(stretched=mit) for m in (prediction, truth))
    return truth.passes.overlap(prediction.flat, truth.flat, p, q)


def kl_div(saliency_map: MapLike, density: MapLike) -> float:
    """Kullback-Leibler divergence of the density from the prediction, in nats (the same in both protocols).

    Lower is better, 0 = the same distribution (up to about 1e-10: the regularization can push the score of a perfect
    map just below 0). Pixels that people look at but that are predicted as 0 dominate it.

    Args:
        saliency_map: (H, W) prediction >= 0, any scale, finite.
        density: (H, W) density of the fixations, >= 0, any scale.

    Returns:
        The score; a constant map counts as the uniform distribution, NaN for an all-zero density.

    Raises:
        ValueError: the maps differ in size, are not finite, or have negative values.

    Examples:
        >>> import numpy as np
        >>> round(kl_div(np.array([[0, 1], [1, 2]]), np.array([[0, 0], [1, 1]])), 3)  # half of the density, log 2
        0.347
    """
    prediction, truth = prepared_pair(saliency_map, density)
    if truth.is_zero:
        return np.nan
    # Unlike `sim` and `info_gain` in `mit`, there is no stretching to [0, 1]. Both protocols have the same eps, because
    # the Tuebingen board calls pysaliency with the eps of the MIT code. That code leaves an all-zero prediction zero
    # and returns about 30; here, as in pysaliency, it is a constant map like any other.
    return truth.passes.divergence(prediction.flat, truth.flat, prediction.distribution(), truth.distribution())
