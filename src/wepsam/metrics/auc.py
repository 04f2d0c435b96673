"""Areas under the ROC curve. They share the positives, the fixated pixels, and differ in the negatives.

`auc_judd`      every other pixel of the picture
`auc_borji`     pixels drawn uniformly from the picture
`auc_shuffled`  fixations of other pictures, which takes the center bias out of the score
`auc_density`   every pixel; the positives are weighted by a density, for datasets without points
"""

import numpy as np

from wepsam.maps import to_density, to_unit
from wepsam.metrics._inputs import at_fixated_pixels, finite_map, is_constant, map_pair


def auc_judd(saliency_map: np.ndarray, fixations: np.ndarray) -> float:
    """Area under the ROC curve with a threshold at each fixated value (protocol `mit`).

    Higher is better, chance is 0.5. Only the ranks of the map matter. Give it float maps: where fixated
    pixels share their value with others, as in maps of 8 bits, the score is too low (with ties everywhere
    even below 0).

    Args:
        saliency_map: (H, W) prediction, any scale, finite.
        fixations: (N, 2) points as (x, y) pixels of this map. One count per fixated pixel.

    Returns:
        The score; 0.5 for a constant map, NaN for a picture without fixations or with every pixel fixated.

    Raises:
        ValueError: the map is not finite, or a fixation lies outside it.

    References:
        Judd et al., "Learning to predict where humans look", ICCV 2009.
    """
    saliency_map = finite_map(saliency_map)
    positives = np.sort(at_fixated_pixels(saliency_map, fixations))[::-1]
    count, negatives = positives.size, saliency_map.size - positives.size
    if count == 0:
        return np.nan
    if is_constant(saliency_map):
        return 0.5
    if negatives == 0:
        return np.nan
    # The board adds noise of 1e-7 against ties and so answers differently each time; this is the same code
    # without the noise. Among pixels that tie, hits included, all count as false positives before the first
    # one counts as found.
    found = np.arange(1, count + 1)
    at_or_above = saliency_map.size - np.searchsorted(np.sort(saliency_map, axis=None), positives)
    return _area((at_or_above - found) / negatives, found / count)


def auc_borji(
    saliency_map: np.ndarray,
    fixations: np.ndarray,
    *,
    step: float = 0.1,
    rng: np.random.Generator | None = None,
    splits: int = 100,
) -> float:
    """Area under the ROC curve against uniformly drawn pixels, thresholds on a grid (protocol `mit`).

    Higher is better, chance is 0.5. The board's step of 0.1 sees only ten levels of the map and punishes
    peaky ones.

    Args:
        saliency_map: (H, W) prediction, any scale, finite.
        fixations: (N, 2) points as (x, y) pixels of this map. One count per fixated pixel.
        step: distance of the thresholds after the map is stretched to [0, 1].
        rng: None = the exact expectation over all draws; a generator = the board's sampling.
        splits: with a generator, how often as many negatives as positives are drawn.

    Returns:
        The score; 0.5 for a constant map, NaN for a picture without fixations.

    Raises:
        ValueError: the map is not finite, a fixation lies outside it, or the step is not in (0, 1].

    References:
        Borji et al., "Analysis of scores, datasets, and models in visual saliency prediction", ICCV 2013.
    """
    saliency_map = to_unit(finite_map(saliency_map))
    # The board gives NaN for a single fixated pixel too; nothing in the definition asks for two.
    positives = at_fixated_pixels(saliency_map, fixations)
    negatives = saliency_map.ravel()
    if rng is not None:
        negatives = rng.choice(negatives, splits * positives.size)
    return _area_on_grid(positives, negatives, step)


def auc_shuffled(
    saliency_map: np.ndarray,
    fixations: np.ndarray,
    other_fixations: np.ndarray,
    *,
    step: float = 0.1,
    rng: np.random.Generator | None = None,
    splits: int = 100,
) -> float:
    """Area under the ROC curve against fixations of other pictures, thresholds on a grid (protocol `mit`).

    Higher is better, chance is 0.5, which is what the center bias alone reaches too.

    Args:
        saliency_map: (H, W) prediction, any scale, finite.
        fixations: (N, 2) points as (x, y) pixels of this map. One count per fixated pixel.
        other_fixations: (M, 2) points of other pictures (the board takes ten), scaled to this picture's size.
            One count per fixated pixel here as well.
        step: distance of the thresholds after the map is stretched to [0, 1].
        rng: None = the exact expectation over all draws; a generator = the board's sampling.
        splits: with a generator, how often as many negatives as positives (at most M) are drawn, without
            replacement within a split.

    Returns:
        The score; 0.5 for a constant map, NaN if there are no fixations or no other fixations.

    Raises:
        ValueError: the map is not finite, a fixation lies outside it, or the step is not in (0, 1].

    References:
        Zhang et al., "SUN: A Bayesian framework for saliency using natural statistics", J. of Vision 2008.
    """
    saliency_map = to_unit(finite_map(saliency_map))
    positives = at_fixated_pixels(saliency_map, fixations)
    negatives = at_fixated_pixels(saliency_map, other_fixations)
    if rng is not None:
        drawn = min(positives.size, negatives.size)
        negatives = np.ravel([rng.choice(negatives, drawn, replace=False) for _ in range(splits)])
    return _area_on_grid(positives, negatives, step)


def auc_density(saliency_map: np.ndarray, density: np.ndarray) -> float:
    """The expected AUC if fixations were drawn from the density: all pixels are negatives, ties count half.

    For datasets that publish densities and no fixations. Not comparable with the AUCs of points: the density
    is blurred, so even a perfect map stays well below 1. Higher is better, chance is 0.5.

    Args:
        saliency_map: (H, W) prediction, any scale, finite; only its ranks matter.
        density: (H, W) density of the fixations, >= 0, any scale.

    Returns:
        The score; 0.5 for a constant map, NaN for an all-zero density.

    Raises:
        ValueError: the maps differ in size, are not finite, or the density is negative somewhere.
    """
    saliency_map, density = map_pair(saliency_map, density)
    if not density.any():
        return np.nan
    order = np.argsort(saliency_map, axis=None)
    ranked = saliency_map.ravel()[order]
    first = np.flatnonzero(np.diff(ranked, prepend=-np.inf))  # where each group of equal values begins
    sizes = np.diff(first, append=ranked.size)
    mass = np.add.reduceat(to_density(density).ravel()[order], first)
    return float(mass @ (first + sizes / 2)) / ranked.size


def _area_on_grid(positives: np.ndarray, negatives: np.ndarray, step: float) -> float:
    """Area under the ROC curve of values in [0, 1] with thresholds 0, step, 2 step, ... up to 1.

    The board computes it for each split and takes the mean. The thresholds and the positives are the same in
    each split, so the area is linear in the false positive rates, and the mean over splits is the area of the
    mean rates: of all draws pooled or, in expectation, of all the values one could draw.
    """
    if not 0 < step <= 1:
        raise ValueError(f"the step between thresholds is {step:g}, expected a number in (0, 1]")
    if not positives.size or not negatives.size:
        return np.nan
    # Multiples of the step, rounding included (3 * 0.1 > 0.3), as Octave's 0:step:1 has them: maps with few
    # levels are scored at the ties. The board's grid ends at the largest value at hand, beyond which both
    # rates are 0 anyway.
    thresholds = np.minimum(step * np.arange(int(1 / step + 1e-9) + 1), 1.0)
    return _area(_rates(negatives, thresholds), _rates(positives, thresholds))


def _rates(values: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """The share of values at or above each of the ascending thresholds, the highest threshold first."""
    levels = np.bincount(np.searchsorted(thresholds, values, side="right"), minlength=thresholds.size + 1)
    return np.asarray(np.cumsum(levels[:0:-1]) / values.size)


def _area(false_positives: np.ndarray, true_positives: np.ndarray) -> float:
    """Trapezoids under the ROC curve through the given points, from (0, 0) to (1, 1)."""
    x = np.concatenate([[0.0], false_positives, [1.0]])
    y = np.concatenate([[0.0], true_positives, [1.0]])
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1])) / 2)
