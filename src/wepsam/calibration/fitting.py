"""Fit a calibration to where people looked: maximum likelihood, each laboratory one vote.

A fixation counts as known to about a degree: where it may have been is the Gaussian that makes a density of it. The
mean log likelihood is then, up to a constant, minus the KL divergence from the measured density, which scores report as
well. (A fit to the bare points makes maps too sharp: docs/explanation/log.md.)

Of a picture only the network's density at low resolution is needed, and where the fixations fell. So the network runs
once per picture, and a fit of some hundred pictures takes seconds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize

from wepsam import maps
from wepsam.calibration.definition import Calibration
from wepsam.datasets import FixationDataset, Sample
from wepsam.progress import track
from wepsam.shapes import within

MOST_CELLS = 64  # of the longer side of an observation
WIDTH = 0.4  # center_width of every fit: only weight / width**2 matters, and with one width the weights can be compared
STARTS = ((1.0, 0.5, 0.01, 0.02), (0.7, 1.5, 0.03, 0.1), (1.2, 0.0, 0.003, 0.005))  # power, weight, blur, floor
# A fit of few pictures is drawn to `prior`: a deviation of each number that is as likely as not.
SPREAD = (0.3, 0.6, 1.0, 1.0)  # of log power, center weight, log blur, log odds of the floor
# Below these, log blur and log odds of a prior's floor mean nothing: a cell is 1.6 % of a side.
UNSEEN = (-np.inf, -np.inf, float(np.log(0.005)), float(np.log(0.002)))


@dataclass(frozen=True)
class Observation:
    """A picture as a fit sees it.

    Attributes:
        density: (h, w) float64, as the model gives it without a calibration; sums to 1.
        seen: (h, w) float64, the measured density; sums to 1.
    """

    density: np.ndarray
    seen: np.ndarray


@dataclass(frozen=True)
class Fitted:
    """The result of a fit.

    Attributes:
        calibration: the numbers.
        log_likelihood: of the fixations, in nats per fixation above a uniform density; the mean over the laboratories.
        before: the same of the density as it was.
    """

    calibration: Calibration
    log_likelihood: float
    before: float


def observe(density_of: Callable[[np.ndarray], np.ndarray], dataset: FixationDataset) -> list[Observation]:
    """Ask a model once about each picture of a dataset.

    Args:
        density_of: (H, W, 3) uint8 -> (h, w) density or map >= 0 without a calibration.
        dataset: pictures without fixations are left out.
    """
    samples = [sample for sample in dataset if sample.has_density]
    return [observation(density_of(s.stimulus()), s) for s in track(samples, f"looking at {dataset.name}")]


def observation(density: np.ndarray, sample: Sample) -> Observation:
    """A picture's predicted and measured density on one grid of at most MOST_CELLS cells a side.

    Args:
        density: (h, w) >= 0, of any size.
        sample: the picture.
    """
    height, width = density.shape
    grid = within(height, width, MOST_CELLS)
    small = maps.to_density(maps.enlarge(np.asarray(density, dtype=np.float32), grid).astype(np.float64))
    return Observation(small, maps.to_density(maps.enlarge(sample.density(), grid).astype(np.float64)))


def log_likelihood(calibration: Calibration, observed: Sequence[Observation]) -> float:
    """Mean log likelihood of the fixations, in nats per fixation above a uniform density; each picture counts once."""
    return _of_stacks(calibration, _stacks(observed))


def fit(
    laboratories: Sequence[Sequence[Observation]],
    prior: Calibration | None = None,
    start: Calibration | None = None,
    strength: float = 1.0,
) -> Fitted:
    """The power, center weight, blur and floor of the highest likelihood, from several starts.

    The optimizer works on the logarithms of power and blur, on the log odds of the floor, and on the center weight.

    Args:
        laboratories: the pictures of each; each laboratory counts once.
        prior: what to expect without pictures; None: nothing.
        start: where to begin, if it is known about where the best is; None: at several places.
        strength: how many pictures' worth of evidence the prior counts.

    Raises:
        ValueError: a laboratory has no pictures.
    """
    if not laboratories or not all(laboratories):
        raise ValueError("a calibration cannot be fitted to no pictures")
    stacks = [_stacks(observed) for observed in laboratories]
    expected = None if prior is None else np.maximum(_numbers(prior), UNSEEN)
    count = sum(map(len, laboratories))

    def likelihood(calibration: Calibration) -> float:
        return float(np.mean([_of_stacks(calibration, stack) for stack in stacks]))

    def loss(numbers: np.ndarray) -> float:
        apart = 0.0 if expected is None else float((((numbers - expected) / SPREAD) ** 2).sum()) / (2 * count)
        return strength * apart - likelihood(_calibration(numbers))

    starts = [start] if start else [Calibration(p, w, WIDTH, b, f) for p, w, b, f in STARTS]
    answers = [
        minimize(loss, _numbers(at), method="L-BFGS-B", bounds=LIMITS, options={"eps": 1e-3, "ftol": 1e-7})
        for at in starts
    ]
    calibration = _rounded(_calibration(min(answers, key=lambda answer: answer.fun).x))
    return Fitted(calibration, likelihood(calibration), likelihood(Calibration()))


Stack = tuple[np.ndarray, np.ndarray]  # (N, h, w) densities, and where people looked


def _stacks(observed: Sequence[Observation]) -> list[Stack]:
    """The pictures of each shape together."""
    groups: dict[tuple[int, ...], list[Observation]] = {}
    for one in observed:
        groups.setdefault(one.density.shape, []).append(one)
    return [(np.stack([o.density for o in group]), np.stack([o.seen for o in group])) for group in groups.values()]


def _of_stacks(calibration: Calibration, stacks: Sequence[Stack]) -> float:
    total = 0.0
    for density, seen in stacks:
        gain = np.log(np.maximum(calibration(density), 1e-12) * density[0].size)
        total += float((seen * gain).sum())
    return total / sum(len(density) for density, _ in stacks)


# Of log power, center weight, log blur, log odds of the floor. A blur of e**-7 of the sides is none.
LIMITS = ((-3.0, 2.0), (-10.0, 10.0), (-7.0, -1.0), (-12.0, 2.0))


def at_width(calibration: Calibration) -> Calibration:
    """The same calibration with the center width of every fit, so that its weight can be compared with theirs."""
    if calibration.bias or not calibration.center_weight:
        return calibration
    weight = calibration.center_weight * (WIDTH / calibration.center_width) ** 2
    return replace(calibration, center_weight=float(np.clip(weight, -100, 100)), center_width=WIDTH)


def _calibration(numbers: np.ndarray) -> Calibration:
    power, weight, blur, floor = np.clip(numbers, *np.transpose(LIMITS))
    return Calibration(float(np.exp(power)), float(weight), WIDTH, float(np.exp(blur)), float(1 / (1 + np.exp(-floor))))


def _numbers(calibration: Calibration) -> np.ndarray:
    weight = at_width(calibration).center_weight
    floor = np.clip(calibration.floor, 1e-5, 0.9)
    numbers = np.log(calibration.power), weight, np.log(max(calibration.blur, 1e-3)), np.log(floor / (1 - floor))
    return np.clip(numbers, *np.transpose(LIMITS))


def _rounded(calibration: Calibration) -> Calibration:
    """To three digits, for people to read; a blur of less than a fifth of a cell is none, and so is a tiny floor."""
    least = {"power": 0.0, "center_weight": 0.0, "blur": 0.2 / MOST_CELLS, "floor": 1e-5}
    values = {name: getattr(calibration, name) for name in least}
    numbers = {name: float(f"{v:.3g}") if abs(v) > least[name] else 0.0 for name, v in values.items()}
    return Calibration.from_dict(calibration.as_dict() | numbers)
