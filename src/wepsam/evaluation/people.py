"""References that every table needs beside the models: the center bias, and people.

The gold standard is how well all other observers predict where one more observer looks: what a model can hope for.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

import numpy as np

from wepsam import maps
from wepsam.classical.center_bias import CenterBias
from wepsam.datasets import FixationDataset, Sample

Reference = Callable[[Sample], Iterable[tuple[np.ndarray, Sample]]]
"""For a sample: predictions, each with the sample that it is scored against."""


def center_bias(dataset: FixationDataset, bias: CenterBias) -> Reference:
    """The mean density of all other pictures."""
    return lambda sample: [(bias.without(sample), sample)]


def one_observer(dataset: FixationDataset, bias: CenterBias) -> Reference:
    """Each observer in turn predicts the others, by the density of this observer's fixations."""
    _expect_observers(dataset)

    def predict(sample: Sample) -> Iterable[tuple[np.ndarray, Sample]]:
        everyone = np.unique(_observers(sample))
        for one in everyone:
            yield _density(sample.observed_by(one)), sample.observed_by(everyone[everyone != one])

    return predict


def half_of_observers(dataset: FixationDataset, bias: CenterBias, splits: int = 5) -> Reference:
    """Half of the observers predict the other half; `splits` random halves with a fixed seed.

    A lower bound of the human ceiling: with more people both the prediction and the truth would be smoother.
    """
    _expect_observers(dataset)

    def predict(sample: Sample) -> Iterable[tuple[np.ndarray, Sample]]:
        rng = np.random.default_rng(0)
        for _ in range(splits):
            order = rng.permutation(np.unique(_observers(sample)))
            half = len(order) // 2
            if half:  # a single observer has nobody to predict
                yield _density(sample.observed_by(order[:half])), sample.observed_by(order[half:])

    return predict


def gold_standard(dataset: FixationDataset, bias: CenterBias) -> Reference:
    """All observers but one predict this one, each in turn, by a mixture that is fitted to the dataset."""
    _expect_observers(dataset)
    return LeaveOneOut(fit_gold_standard(dataset, bias), bias)


REFERENCES: dict[str, Callable[[FixationDataset, CenterBias], Reference]] = {
    "center-bias": center_bias,
    "one-observer": one_observer,
    "half-of-observers": half_of_observers,
    "gold-standard": gold_standard,
}
"""What models are compared with, by name: the center bias, and people who predict other people."""
# The few fixations of one observer make a density that nobody could have predicted. CC, SIM and KL against it are far
# from what models get against everybody's density, so they are left out. Scores at fixations stay comparable.
AT_FIXATIONS_ONLY = {"gold-standard"}
PEOPLE = ("one-observer", "half-of-observers", "gold-standard")
# The rows that a comparison always shows beside the models: the floor, the teacher, people.
ALWAYS = ("center-bias", "gbvs", "one-observer", "gold-standard")


def _density(sample: Sample) -> np.ndarray:
    assert sample.fixations is not None
    return maps.density(sample.fixations, sample.size, sample.sigma)


def _observers(sample: Sample) -> np.ndarray:
    assert sample.observer is not None
    return sample.observer


def _expect_observers(dataset: FixationDataset) -> None:
    if any(sample.observer is None for sample in dataset):
        raise ValueError(f"{dataset.name} does not say which observer looked where, so people cannot be scored on it")


# ---- the gold standard

MOST = 100  # pictures that the fit uses, evenly spaced over the dataset
STEPS = 12  # of each search; the last bracket is far narrower than anybody could measure
FLOOR = 1e-3  # least share of the center bias and of the uniform distribution: no place is impossible
GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True)
class GoldStandard:
    """A mixture of the other observers' fixations, each a Gaussian, with the center bias and a uniform distribution.

    Attributes:
        sigma: standard deviation of the Gaussians, in pixels.
        kde: share of the Gaussians.
        center_bias: share of the mean density of all other pictures.
        uniform: share of the uniform distribution.
        info_gain: what the fit reached, in bit per fixation over the center bias, leave-one-observer-out.
        pictures: how many pictures the fit used.
    """

    sigma: float
    kde: float
    center_bias: float
    uniform: float
    info_gain: float
    pictures: int

    def density(self, others: Sample, bias: np.ndarray) -> np.ndarray:
        """(H, W) float64, sums to 1: where the next observer looks, after those whose fixations `others` has."""
        assert others.fixations is not None
        return self.mixture(maps.density(others.fixations, others.size, self.sigma), maps.to_density(bias))

    def mixture(self, gaussians: np.ndarray, bias: np.ndarray) -> np.ndarray:
        """The same of the density of the Gaussians, and of the bias as a density."""
        return self.kde * gaussians + self.center_bias * bias + self.uniform / gaussians.size


class LeaveOneOut:
    """The gold standard's predictions for a sample: one for each observer, scored against this observer's fixations."""

    def __init__(self, fitted: GoldStandard, bias: CenterBias) -> None:
        self.fitted, self.bias = fitted, bias
        self.record = {"gold_standard": asdict(fitted)}

    def __call__(self, sample: Sample) -> Iterable[tuple[np.ndarray, Sample]]:
        observers = _observers(sample)
        everyone = np.unique(observers)
        if len(everyone) < 2:  # a single observer has nobody to be predicted by
            return
        assert sample.fixations is not None
        bias = maps.to_density(self.bias.without(sample))
        others = maps.densities_without(sample.fixations, observers, sample.size, self.fitted.sigma)
        for one, gaussians in zip(everyone, others, strict=True):
            yield self.fitted.mixture(gaussians, bias), sample.observed_by(one)


def fit_gold_standard(dataset: FixationDataset, bias: CenterBias) -> GoldStandard:
    """The bandwidth and the shares with which observers predict each other best, by information gain.

    The fixations of each observer are predicted from those of all others on the same picture. All fixations of a
    picture weigh the same, and so do all pictures. For each bandwidth, expectation maximization finds the best shares
    (the likelihood is concave in them); a grid and a golden-section search find the bandwidth.

    Raises:
        ValueError: no picture has two observers.

    References:
        Kümmerer et al., "Information-theoretic model comparison unifies saliency metrics", PNAS 2015.
    """
    shared = [s for s in dataset if s.observer is not None and len(np.unique(s.observer)) > 1]
    if not shared:
        raise ValueError(f"{dataset.name} has no picture that two observers looked at, so people cannot be compared")
    chosen = [shared[i] for i in np.unique(np.linspace(0, len(shared) - 1, MOST).round().astype(int))]
    weight = np.concatenate([np.full(len(s.observer), 1 / len(s.observer)) for s in chosen if s.observer is not None])
    weight /= weight.sum()
    places = [maps.pixels(s.fixations, s.size) for s in chosen if s.fixations is not None]
    center = np.concatenate(
        [maps.to_density(bias.without(s))[rows, columns] for s, (rows, columns) in zip(chosen, places, strict=True)]
    )
    uniform = np.concatenate(
        [np.full(len(rows), 1 / math.prod(s.size)) for s, (rows, _) in zip(chosen, places, strict=True)]
    )

    def gain(log_sigma: float) -> tuple[float, np.ndarray]:
        likelihoods = [_likelihood(s, *p, math.exp(log_sigma)) for s, p in zip(chosen, places, strict=True)]
        parts = np.stack([np.concatenate(likelihoods), center, uniform])
        shares = best_shares(parts, weight)
        return float(weight @ np.log2(shares @ parts / center)), shares

    diagonal = float(np.median([math.hypot(*s.size) for s in chosen]))
    # From less than a degree of visual angle to a third of the picture.
    grid = np.linspace(math.log(0.004 * diagonal), math.log(0.33 * diagonal), STEPS)
    best = int(np.argmax([gain(x)[0] for x in grid]))
    log_sigma = golden_section(lambda x: gain(x)[0], grid[max(best - 1, 0)], grid[min(best + 1, STEPS - 1)])
    bits, (kde, share, rest) = gain(log_sigma)
    return GoldStandard(math.exp(log_sigma), float(kde), float(share), float(rest), bits, len(chosen))


def _likelihood(sample: Sample, rows: np.ndarray, columns: np.ndarray, sigma: float) -> np.ndarray:
    """(N,) at each fixation, the density of the other observers' fixations: `maps.density` without making maps."""
    observers = _observers(sample)
    vertical, horizontal = (np.exp(-0.5 * (np.subtract.outer(where, where) / sigma) ** 2) for where in (rows, columns))
    other = observers[:, None] != observers
    # What falls outside the picture is lost, so each Gaussian weighs what it has inside.
    inside = [
        np.exp(-0.5 * (np.subtract.outer(where, np.arange(size)) / sigma) ** 2).sum(axis=1)
        for where, size in zip((rows, columns), sample.size, strict=True)
    ]
    return (vertical * horizontal * other).sum(axis=1) / (other @ (inside[0] * inside[1]))


def best_shares(parts: np.ndarray, weight: np.ndarray, rounds: int = 60) -> np.ndarray:
    """(K,) shares, sum 1, of the K densities in `parts` (K, N) that make N weighted points likeliest.

    All but the first density get at least `FLOOR`.
    """
    shares = np.full(len(parts), 1 / len(parts))
    for _ in range(rounds):
        owned = shares[:, None] * parts
        shares = (owned / owned.sum(axis=0)) @ weight
    return (1 - FLOOR * (len(parts) - 1)) * shares / shares.sum() + np.r_[0, np.full(len(parts) - 1, FLOOR)]


def golden_section(function: Callable[[float], float], low: float, high: float) -> float:
    """The place between `low` and `high` where a function with one maximum has it (Kiefer 1953)."""
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = function(left), function(right)
    for _ in range(STEPS):
        if at_left > at_right:
            high, right, at_right = right, left, at_left
            left = high - GOLDEN * (high - low)
            at_left = function(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + GOLDEN * (high - low)
            at_right = function(right)
    return (low + high) / 2
