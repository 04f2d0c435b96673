"""Areas under the ROC curve. The positives are always the fixated pixels; the functions differ in the negatives.

`auc_judd`      all other pixels of the picture
`auc_borji`     pixels drawn uniformly from the picture
`auc_shuffled`  fixations of other pictures, which removes the center bias from the score
`auc_density`   all pixels; the positives are weighted by a density, for datasets without points
"""

import numpy as np

from wepsam.metrics._inputs import is_mit, prepared, prepared_pair, ranked, values_at
from wepsam.metrics._prepared import MapLike, PreparedMap

TIES = ("expected", "negatives-first")  # of `auc_judd`


def auc_judd(saliency_map: MapLike, fixations: np.ndarray, *, protocol: str = "mit", ties: str = TIES[0]) -> float:
    """Area under the ROC curve against the pixels of the picture.

    In [0, 1], higher is better, chance is 0.5. Only the ranks of the map matter.

    Args:
        saliency_map: (H, W) prediction, any scale, finite.
        fixations: (N, 2) points as (x, y) pixels of this map.
        protocol: in `mit`, a fixated pixel counts once, and the negatives are the pixels without fixations. In
            `tuebingen`, every fixation counts, all pixels are negatives including the fixated ones, and ties count
            half: the score is the chance that a fixation outranks a pixel.
        ties: "expected": the exact expectation over all orders of equal values; the code of the MIT board orders them
            at random. "negatives-first" (`mit` only): that code without its noise. Equal values, the fixated ones
            included, then count as false positives before the first of them counts as a hit. The score is too low
            where fixated pixels share their value with other pixels, and can be below 0.

    Returns:
        The score; 0.5 for a constant map, NaN for a picture without fixations or, in `mit`, with fixations on every
        pixel.

    Raises:
        ValueError: the map is not finite, a fixation lies outside it, there is no such protocol, or the protocol has
            no such ties.

    Examples:
        >>> import numpy as np
        >>> auc_judd(np.array([[3, 2], [1, 0]]), np.array([[0, 0], [0, 1]]))  # fixated values 3 and 1
        0.875
        >>> auc_judd(np.array([[1, 1, 0, 0, 0]]), np.array([[0, 0]]))  # one other is before it in half of the orders
        0.9375

    References:
        Judd et al., "Learning to predict where humans look", ICCV 2009.
    """
    mit = is_mit(protocol)
    if ties not in TIES[: 1 + mit]:
        raise ValueError(f"in the protocol {protocol!r}, ties are {' or '.join(TIES[: 1 + mit])}, not {ties!r}")
    prediction = ranked(saliency_map)
    positives = np.sort(values_at(prediction, fixations, once=mit))[::-1]
    count, negatives = positives.size, prediction.size - positives.size
    if count == 0:
        return np.nan
    if prediction.is_constant:
        return 0.5
    if not mit:
        at_or_above, above = _reached(prediction, positives)
        return float(1 - np.mean(at_or_above + above) / 2 / prediction.size)
    if negatives == 0:
        return np.nan
    hits = np.arange(1, count + 1)
    others = _others_before(prediction, positives) if ties == TIES[0] else prediction.at_least(positives) - hits
    return _area(others / negatives, hits / count)


def auc_borji(
    saliency_map: MapLike,
    fixations: np.ndarray,
    *,
    step: float = 0.1,
    rng: np.random.Generator | None = None,
    splits: int = 100,
) -> float:
    """Area under the ROC curve against uniformly drawn pixels, with thresholds on a grid (protocol `mit` only).

    In [0, 1], higher is better, chance is 0.5. The board's step of 0.1 distinguishes only ten levels of the map and
    penalizes peaky maps.

    Args:
        saliency_map: (H, W) prediction, any scale, finite.
        fixations: (N, 2) points as (x, y) pixels of this map. A fixated pixel counts once.
        step: distance of the thresholds after the map is stretched to [0, 1].
        rng: None = the exact expectation over all draws; a generator = the board's sampling.
        splits: with a generator, the number of draws, each of as many negatives as there are positives.

    Returns:
        The score; 0.5 for a constant map, NaN for a picture without fixations.

    Raises:
        ValueError: the map is not finite, a fixation lies outside it, or the step is not in (0, 1].

    Examples:
        >>> import numpy as np
        >>> auc_borji(np.array([[0, 1], [2, 9]]), np.array([[1, 1]]))  # one pixel in four ties: the fixated one
        0.875

    References:
        Borji et al., "Analysis of scores, datasets, and models in visual saliency prediction", ICCV 2013.
    """
    thresholds = _grid(step)
    prediction = prepared(saliency_map)
    # The board returns NaN for a single fixated pixel as well; the definition does not need two.
    positives = prediction.stretched(values_at(prediction, fixations, once=True))
    if not positives.size:
        return np.nan
    if prediction.is_constant:
        return 0.5
    if rng is None:
        false_positives = prediction.at_least(thresholds[::-1], stretched=True) / prediction.size
    else:
        negatives = rng.choice(prediction.values.ravel(), splits * positives.size)
        false_positives = _rates(prediction.stretched(negatives), thresholds)
    return _area(false_positives, _rates(positives, thresholds))


def auc_shuffled(
    saliency_map: MapLike,
    fixations: np.ndarray,
    other_fixations: np.ndarray,
    *,
    protocol: str = "mit",
    step: float = 0.1,
    rng: np.random.Generator | None = None,
    splits: int = 100,
) -> float:
    """Area under the ROC curve against fixations of other pictures.

    In [0, 1], higher is better, chance is 0.5. The center bias alone reaches no more than chance.

    Args:
        saliency_map: (H, W) prediction, any scale, finite.
        fixations: (N, 2) points as (x, y) pixels of this map.
        other_fixations: (M, 2) points of other pictures, scaled to this picture's size.
        protocol: in `mit`, a fixated pixel counts once, both in this picture and in the others (the board takes ten
            pictures), and the thresholds lie on a grid. In `tuebingen`, every fixation counts (the board takes all
            other pictures), there is no grid, and ties count half: the score is the chance that a fixation outranks
            one of another picture.
        step: in `mit`, the distance of the thresholds after the map is stretched to [0, 1].
        rng: None = the exact expectation over all draws; a generator = the MIT board's sampling.
        splits: with a generator, the number of draws, each of as many negatives as there are positives (at most M),
            without replacement.

    Returns:
        The score; 0.5 for a constant map, NaN if there are no fixations or no other fixations.

    Raises:
        ValueError: the map is not finite, a fixation lies outside it, the step is not in (0, 1], there is no such
            protocol, or `rng` is given for `tuebingen`, which draws nothing.

    Examples:
        >>> import numpy as np
        >>> auc_shuffled(np.array([[0, 1], [2, 9]]), np.array([[1, 1]]), np.array([[0, 0], [1, 0]]))
        1.0

    References:
        Zhang et al., "SUN: A Bayesian framework for saliency using natural statistics", J. of Vision 2008.
    """
    mit = is_mit(protocol)
    thresholds = _grid(step)
    prediction = prepared(saliency_map) if mit else ranked(saliency_map)
    positives = values_at(prediction, fixations, once=mit)
    negatives = values_at(prediction, other_fixations, once=mit)
    if not mit and rng is not None:
        raise ValueError("the protocol 'tuebingen' draws nothing; leave the generator out")
    if not positives.size or not negatives.size:
        return np.nan
    if not mit:
        negatives.sort()
        below, up_to = (np.searchsorted(negatives, positives, side=side) for side in ("left", "right"))
        return float(np.mean(below + up_to) / 2 / negatives.size)
    if rng is not None:
        count = min(positives.size, negatives.size)
        negatives = np.ravel([rng.choice(negatives, count, replace=False) for _ in range(splits)])
    positives, negatives = prediction.stretched(positives), prediction.stretched(negatives)
    return _area(_rates(negatives, thresholds), _rates(positives, thresholds))


def auc_density(saliency_map: MapLike, density: MapLike) -> float:
    """Expected AUC of fixations drawn from the density: all pixels are negatives, ties count half.

    For datasets that publish densities without fixations. Do not compare it with the AUCs of points: the density is
    blurred, so even a perfect map stays well below 1. In [0, 1], higher is better, chance is 0.5.

    Args:
        saliency_map: (H, W) prediction, any scale, finite; only its ranks matter.
        density: (H, W) density of the fixations, >= 0, any scale.

    Returns:
        The score; 0.5 for a constant map, NaN for an all-zero density.

    Raises:
        ValueError: the maps differ in size or are not finite, or the density has negative values.

    Examples:
        >>> import numpy as np
        >>> auc_density(np.array([[0, 1], [1, 2]]), np.array([[0, 0], [1, 1]]))
        0.6875
    """
    prediction = ranked(saliency_map)
    _, truth = prepared_pair(prediction, density)
    if truth.is_zero:
        return np.nan
    values = prediction.values.ravel()
    order = np.argsort(values)
    ascending = values[order]
    first = np.flatnonzero(np.diff(ascending, prepend=-np.inf))  # where each group of equal values begins
    sizes = np.diff(first, append=ascending.size)
    mass = np.add.reduceat(truth.probability(truth.values).ravel()[order], first)
    return float(mass @ (first + sizes / 2)) / values.size


def _grid(step: float) -> np.ndarray:
    """Thresholds 0, step, 2 step, ... up to 1, ascending.

    The board computes an area for each split and takes the mean. The thresholds and the positives are the same in each
    split, so the area is linear in the false positive rates, and the mean over splits is the area for the mean rates:
    the rates of all draws pooled or, in expectation, of all values that can be drawn.
    """
    if not 0 < step <= 1:
        raise ValueError(f"the step between thresholds is {step:g}, expected a number in (0, 1]")
    # Multiples of the step with their rounding (3 * 0.1 > 0.3), as in Octave's 0:step:1: it matters for maps with few
    # levels, whose values tie with thresholds. The board's grid ends at the largest value, beyond which both rates are
    # 0 anyway.
    return np.minimum(step * np.arange(int(1 / step + 1e-9) + 1), 1.0)


def _reached(prediction: PreparedMap, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N,), (N,) how many pixels of the map are at or above each of N values, and how many are above it."""
    with np.errstate(over="ignore"):  # after the largest float comes infinity
        above = np.nextafter(values, np.inf)  # a pixel that reaches the next larger float is larger than the value
    at_or_above, above = np.split(prediction.at_least(np.concatenate([values, above])), 2)
    return at_or_above, above


def _others_before(prediction: PreparedMap, positives: np.ndarray) -> np.ndarray:
    """(N,) how many pixels without fixations one expects before each fixated one, if equal values have a random order.

    The board's code adds noise of up to 1e-7 to the map, which puts equal values into a random order. Of b pixels
    without fixations that tie with m fixated ones, each is as likely in any of the m + 1 gaps between these. So one
    expects k b / (m + 1) of them before the k-th fixated pixel. The true positives do not depend on the order, and the
    area is linear in the false positives: the area for the expected numbers is the expected area. (The noise also
    reorders values that differ by less than 1e-7. That depends on the map's scale and is not meant.)

    Args:
        prediction: the map.
        positives: (N,) its values at the fixated pixels, descending.
    """
    at_or_above, above = _reached(prediction, positives)
    first, last = (np.searchsorted(-positives, -positives, side=side) for side in ("left", "right"))
    fixated = last - first  # m of each group of equal values; before it are `first` fixated pixels
    tied = at_or_above - above - fixated  # b
    return np.asarray(above - first + (np.arange(positives.size) + 1 - first) * tied / (fixated + 1))


def _rates(values: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """The share of values at or above each of the ascending thresholds, for the highest threshold first."""
    levels = np.bincount(np.searchsorted(thresholds, values, side="right"), minlength=thresholds.size + 1)
    return np.asarray(np.cumsum(levels[:0:-1]) / values.size)


def _area(false_positives: np.ndarray, true_positives: np.ndarray) -> float:
    """Area of the trapezoids under the ROC curve through these points, from (0, 0) to (1, 1)."""
    x = np.concatenate([[0.0], false_positives, [1.0]])
    y = np.concatenate([[0.0], true_positives, [1.0]])
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1])) / 2)
