"""The gold standard: how well all others predict where one more person looks. What a model can hope for."""

import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

import numpy as np

from wepsam import maps
from wepsam.classical.center_bias import CenterBias
from wepsam.datasets import FixationDataset, Sample

MOST = 100  # pictures that the fit looks at, evenly spaced over the dataset
STEPS = 12  # of each search; the last bracket is far narrower than anybody could measure
FLOOR = 1e-3  # least share of the center bias and of the uniform: nowhere is it impossible that the next one looks
GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True)
class GoldStandard:
    """A mixture of the others' fixations, each a Gaussian, with the center bias and the uniform distribution.

    Attributes:
        sigma: pixels; of the Gaussians.
        kde: share of the Gaussians.
        center_bias: share of the mean density of all other pictures.
        uniform: share that is the same everywhere.
        info_gain: bit per fixation over the center bias, leave-one-observer-out, that these gave.
        pictures: how many the fit looked at.
    """

    sigma: float
    kde: float
    center_bias: float
    uniform: float
    info_gain: float
    pictures: int

    def density(self, others: Sample, bias: np.ndarray) -> np.ndarray:
        """(H, W) float64, sums to 1: where the next person looks, after those whose fixations `others` has."""
        assert others.fixations is not None
        gaussians = maps.density(others.fixations, others.size, self.sigma)
        return self.kde * gaussians + self.center_bias * maps.to_density(bias) + self.uniform / gaussians.size

    def record(self) -> dict[str, float]:
        """For the JSON of an evaluation."""
        return asdict(self)


def fit(dataset: FixationDataset, bias: CenterBias) -> GoldStandard:
    """The bandwidth and the shares with which observers predict each other best, by information gain.

    Each observer's fixations are predicted from all others' on the same picture. Fixations of a picture count alike,
    and so do pictures. For a bandwidth the best shares are found by expectation maximization (the likelihood is
    concave in them), the bandwidth by a grid and a golden-section search.

    Raises:
        ValueError: no picture with two observers.

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
        likelihoods = [_others(s, *p, math.exp(log_sigma)) for s, p in zip(chosen, places, strict=True)]
        parts = np.stack([np.concatenate(likelihoods), center, uniform])
        shares = _shares(parts, weight)
        return float(weight @ np.log2(shares @ parts / center)), shares

    diagonal = float(np.median([math.hypot(*s.size) for s in chosen]))
    # From less than a degree of visual angle to a picture's third.
    grid = np.linspace(math.log(0.004 * diagonal), math.log(0.33 * diagonal), STEPS)
    best = int(np.argmax([gain(x)[0] for x in grid]))
    log_sigma = _golden(lambda x: gain(x)[0], grid[max(best - 1, 0)], grid[min(best + 1, STEPS - 1)])
    bits, (kde, share, rest) = gain(log_sigma)
    return GoldStandard(math.exp(log_sigma), float(kde), float(share), float(rest), bits, len(chosen))


def gold_standard(
    dataset: FixationDataset, bias: CenterBias
) -> Callable[[Sample], Iterable[tuple[np.ndarray, Sample]]]:
    """A reference as in `wepsam.evaluation.references`: each observer in turn is predicted by all the others."""
    return LeaveOneOut(fit(dataset, bias), bias)


class LeaveOneOut:
    """For a sample the gold standard's predictions, one per observer, each with this observer's own fixations."""

    def __init__(self, fitted: GoldStandard, bias: CenterBias) -> None:
        self.fitted, self.bias = fitted, bias
        self.record = {"gold_standard": fitted.record()}

    def __call__(self, sample: Sample) -> Iterable[tuple[np.ndarray, Sample]]:
        assert sample.observer is not None
        everyone = np.unique(sample.observer)
        if len(everyone) < 2:  # one observer has nobody to be predicted by
            return
        without = self.bias.without(sample)
        for one in everyone:
            yield self.fitted.density(sample.observed_by(everyone[everyone != one]), without), sample.observed_by(one)


def _others(sample: Sample, rows: np.ndarray, columns: np.ndarray, sigma: float) -> np.ndarray:
    """(N,) density, at each fixation, of the other observers' fixations; as `maps.density`, without making maps."""
    assert sample.observer is not None
    vertical, horizontal = (np.exp(-0.5 * (np.subtract.outer(where, where) / sigma) ** 2) for where in (rows, columns))
    other = sample.observer[:, None] != sample.observer
    # What falls outside the picture is lost, so each Gaussian weighs what it has inside.
    inside = [
        np.exp(-0.5 * (np.subtract.outer(where, np.arange(size)) / sigma) ** 2).sum(axis=1)
        for where, size in zip((rows, columns), sample.size, strict=True)
    ]
    return (vertical * horizontal * other).sum(axis=1) / (other @ (inside[0] * inside[1]))


def _shares(parts: np.ndarray, weight: np.ndarray, rounds: int = 60) -> np.ndarray:
    """(K,) shares, sum 1, of the K densities in `parts` (K, N) that make N weighted points likeliest.

    All but the first get `FLOOR` at least.
    """
    shares = np.full(len(parts), 1 / len(parts))
    for _ in range(rounds):
        owned = shares[:, None] * parts
        shares = (owned / owned.sum(axis=0)) @ weight
    return (1 - FLOOR * (len(parts) - 1)) * shares / shares.sum() + np.r_[0, np.full(len(parts) - 1, FLOOR)]


def _golden(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a function with one maximum between `low` and `high` has it (Kiefer 1953)."""
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
