"""Areas under the ROC curve. They share the positives, the fixated pixels, and differ in the negatives.

`auc_judd`      every other pixel of the picture
`auc_borji`     pixels drawn uniformly from the picture
`auc_shuffled`  fixations of other pictures, which takes the center bias out of the score
`auc_density`   every pixel; the positives are weighted by a density, for datasets without points
"""

import numpy as np

from wepsam.metrics._inputs import as_map, at_fixations, is_mit, map_pair
from wepsam.metrics._map import Map


def auc_judd(saliency_map: np.ndarray | Map, fixations: np.ndarray, *, protocol: str = "mit") -> float:
    """Area under the ROC curve against the pixels of the picture.

    Higher is better, chance is 0.5. Only the ranks of the map matter.

    Args:
        saliency_map: (H, W) prediction, any scale, finite. Give `mit` float maps: where fixated pixels share
            their value with others, as in maps of 8 bits, its score is too low (with ties everywhere even
            below 0).
        fixations: (N, 2) points as (x, y) pixels of this map.
        protocol: `mit` counts a fixated pixel once, its negatives are the pixels that are not fixated, and of
            pixels that tie the negatives come first; in `tuebingen` every fixation counts, all pixels are
            negatives, the fixated ones too, and ties count half: the chance that a fixation outranks a pixel.

    Returns:
        The score; 0.5 for a constant map, NaN for a picture without fixations or, in `mit`, with every pixel
        fixated.

    Raises:
        ValueError: the map is not finite, a fixation lies outside it, or there is no such protocol.

    References:
        Judd et al., "Learning to predict where humans look", ICCV 2009.
    """
    mit = is_mit(protocol)
    prediction = as_map(saliency_map)
    positives = np.sort(at_fixations(prediction, fixations, once=mit))[::-1]
    count, negatives = positives.size, prediction.size - positives.size
    if count == 0:
        return np.nan
    if prediction.is_constant:
        return 0.5
    if not mit:
        at_or_above, above = np.split(prediction.at_least(np.concatenate([positives, _next(positives)])), 2)
        return float(1 - np.mean(at_or_above + above) / 2 / prediction.size)
    if negatives == 0:
        return np.nan
    # The board adds noise of 1e-7 against ties and so answers differently each time; this is the same code
    # without the noise. Among pixels that tie, hits included, all count as false positives before the first
    # one counts as found.
    found = np.arange(1, count + 1)
    return _area((prediction.at_least(positives) - found) / negatives, found / count)


def auc_borji(
    saliency_map: np.ndarray | Map,
    fixations: np.ndarray,
    *,
    step: float = 0.1,
    rng: np.random.Generator | None = None,
    splits: int = 100,
) -> float:
    """Area under the ROC curve against uniformly drawn pixels, thresholds on a grid (protocol `mit` only).

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
    thresholds = _grid(step)
    prediction = as_map(saliency_map)
    # The board gives NaN for a single fixated pixel too; nothing in the definition asks for two.
    positives = prediction.stretched(at_fixations(prediction, fixations, once=True))
    if not positives.size:
        return np.nan
    if prediction.is_constant:
        return 0.5
    if rng is None:
        false_positives = prediction.at_least(thresholds[::-1], stretched=True) / prediction.size
    else:
        drawn = rng.choice(prediction.values.ravel(), splits * positives.size)
        false_positives = _rates(prediction.stretched(drawn), thresholds)
    return _area(false_positives, _rates(positives, thresholds))


def auc_shuffled(
    saliency_map: np.ndarray | Map,
    fixations: np.ndarray,
    other_fixations: np.ndarray,
    *,
    protocol: str = "mit",
    step: float = 0.1,
    rng: np.random.Generator | None = None,
    splits: int = 100,
) -> float:
    """Area under the ROC curve against fixations of other pictures.

    Higher is better, chance is 0.5, which is what the center bias alone reaches too.

    Args:
        saliency_map: (H, W) prediction, any scale, finite.
        fixations: (N, 2) points as (x, y) pixels of this map.
        other_fixations: (M, 2) points of other pictures, scaled to this picture's size.
        protocol: `mit` counts a fixated pixel once, here and in the others (the board takes ten pictures), and
            has its thresholds on a grid; in `tuebingen` every fixation counts (the board takes all other
            pictures), there is no grid, and ties count half: the chance that a fixation outranks another one.
        step: in `mit` the distance of the thresholds after the map is stretched to [0, 1].
        rng: None = the exact expectation over all draws; a generator = the MIT board's sampling.
        splits: with a generator, how often as many negatives as positives (at most M) are drawn, without
            replacement within a split.

    Returns:
        The score; 0.5 for a constant map, NaN if there are no fixations or no other fixations.

    Raises:
        ValueError: the map is not finite, a fixation lies outside it, the step is not in (0, 1], there is no
            such protocol, or a generator for `tuebingen`, which draws nothing.

    References:
        Zhang et al., "SUN: A Bayesian framework for saliency using natural statistics", J. of Vision 2008.
    """
    mit = is_mit(protocol)
    thresholds = _grid(step)
    prediction = as_map(saliency_map)
    positives = at_fixations(prediction, fixations, once=mit)
    negatives = at_fixations(prediction, other_fixations, once=mit)
    if not mit and rng is not None:
        raise ValueError("the protocol 'tuebingen' draws nothing; leave the generator out")
    if not positives.size or not negatives.size:
        return np.nan
    if not mit:
        negatives.sort()
        below, up_to = (np.searchsorted(negatives, positives, side=side) for side in ("left", "right"))
        return float(np.mean(below + up_to) / 2 / negatives.size)
    if rng is not None:
        drawn = min(positives.size, negatives.size)
        negatives = np.ravel([rng.choice(negatives, drawn, replace=False) for _ in range(splits)])
    positives, negatives = prediction.stretched(positives), prediction.stretched(negatives)
    return _area(_rates(negatives, thresholds), _rates(positives, thresholds))


def auc_density(saliency_map: np.ndarray | Map, density: np.ndarray | Map) -> float:
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
    prediction, truth = map_pair(saliency_map, density)
    if truth.is_zero:
        return np.nan
    order = np.argsort(prediction.values, axis=None)
    ranked = prediction.values.ravel()[order]
    first = np.flatnonzero(np.diff(ranked, prepend=-np.inf))  # where each group of equal values begins
    sizes = np.diff(first, append=ranked.size)
    mass = np.add.reduceat(truth.probability(truth.values).ravel()[order], first)
    return float(mass @ (first + sizes / 2)) / ranked.size


def _grid(step: float) -> np.ndarray:
    """Thresholds 0, step, 2 step, ... up to 1, ascending.

    The board computes the area under them for each split and takes the mean. The thresholds and the positives
    are the same in each split, so the area is linear in the false positive rates, and the mean over splits is
    the area of the mean rates: of all draws pooled or, in expectation, of all the values one could draw.
    """
    if not 0 < step <= 1:
        raise ValueError(f"the step between thresholds is {step:g}, expected a number in (0, 1]")
    # Multiples of the step, rounding included (3 * 0.1 > 0.3), as Octave's 0:step:1 has them: maps with few
    # levels are scored at the ties. The board's grid ends at the largest value at hand, beyond which both
    # rates are 0 anyway.
    return np.minimum(step * np.arange(int(1 / step + 1e-9) + 1), 1.0)


def _next(values: np.ndarray) -> np.ndarray:
    """The next larger numbers: what is at least as large as these is larger than the values."""
    return np.asarray(np.nextafter(values, np.inf))


def _rates(values: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """The share of values at or above each of the ascending thresholds, the highest threshold first."""
    levels = np.bincount(np.searchsorted(thresholds, values, side="right"), minlength=thresholds.size + 1)
    return np.asarray(np.cumsum(levels[:0:-1]) / values.size)


def _area(false_positives: np.ndarray, true_positives: np.ndarray) -> float:
    """Trapezoids under the ROC curve through the given points, from (0, 0) to (1, 1)."""
    x = np.concatenate([[0.0], false_positives, [1.0]])
    y = np.concatenate([[0.0], true_positives, [1.0]])
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1])) / 2)
