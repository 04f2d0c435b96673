"""The outcomes of a study's runs, read from the gathered files, and how two arms of a study compare."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from wepsam.evaluation.results import interval
from wepsam.files import foreign, shown
from wepsam.reproduction import run_files

METRICS = ("cc", "nss", "kl")
PLATEAU = 0.95  # share of the mean map's loss; a run with less has left the plateau


@dataclass(frozen=True)
class Outcome:
    """The outcome of one run.

    Attributes:
        log: column -> (validations,) float64, from the training loop.
        scores: metric -> (pictures,) float64, on the test pictures.
        about: what job.json says.
    """

    log: dict[str, np.ndarray]
    scores: dict[str, np.ndarray]
    about: dict[str, Any]

    @property
    def seed(self) -> int:
        """The seed of the run, in which the runs of an arm differ."""
        return self.about["job"]["settings"]["seed"]

    @property
    def batch_size(self) -> int:
        """Pictures per batch; fewer than the settings say if there are fewer training pictures."""
        return min(self.about["job"]["settings"]["batch_size"], self.about["training"][-1])

    @property
    def pictures_seen(self) -> np.ndarray:
        """(validations,) training pictures seen before each validation."""
        return self.log["step"] * self.batch_size

    @property
    def steps(self) -> int:
        """Steps until the last validation."""
        return int(self.log["step"][-1])

    @property
    def left_plateau(self) -> int | None:
        """The step at which the run left the plateau of the mean map; None if it did not."""
        return plateau_left(self.log["step"], self.log["validation_loss"], self.about["mean_map_loss"])


@dataclass(frozen=True)
class Arm:
    """The runs of an arm; they differ in their seed only."""

    runs: tuple[Outcome, ...]

    @property
    def training_pictures(self) -> int:
        """How many pictures the runs learn from."""
        return self.runs[0].about["training"][-1]

    @property
    def test_pictures(self) -> int:
        """How many pictures the runs are scored on."""
        return len(self.runs[0].scores["cc"])

    def first(self, count: int) -> "Arm":
        """The runs of the first seeds."""
        return Arm(self.runs[:count])

    def scores(self, metric: str) -> np.ndarray:
        """(seeds, pictures) float64."""
        return np.stack([run.scores[metric] for run in self.runs])

    def mean(self, metric: str) -> float:
        """Mean over seeds and pictures."""
        return float(self.scores(metric).mean())

    def curve(self, column: str) -> tuple[np.ndarray, np.ndarray]:
        """A column of the log, cut to the shortest run: (validations,) pictures seen, (seeds, validations) values."""
        length = min(len(run.pictures_seen) for run in self.runs)
        return self.runs[0].pictures_seen[:length], np.stack([run.log[column][:length] for run in self.runs])


Arms = dict[str, Arm]  # by name, without the name of the study


def read_study(results: str | PathLike[str], study: str) -> Arms:
    """Read the arms of a study, in the order of their names; the runs of an arm in the order of their seeds.

    Args:
        results: the folder that `reproduce` gathered results into.
        study: a name in STUDIES, or "pre" for the pre-trainings that runs start from.

    Raises:
        FileNotFoundError: the study has no results.
        ForeignFileError: the results are not those of a study.
    """
    folder = Path(results) / study
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} has no results; run: wepsam reproduce --study {study}")
    runs: dict[str, list[Outcome]] = {}
    for name, files in run_files.read(folder).items():
        with foreign(folder, f"has a run that wepsam reproduce did not write, {shown(name):.200}: {{}}"):
            runs.setdefault(files.job["job"]["arm"].partition("/")[2], []).append(_outcome(files))
    return {arm: Arm(tuple(sorted(seeds, key=lambda run: run.seed))) for arm, seeds in runs.items()}


def _outcome(files: run_files.RunFiles) -> Outcome:
    """A run as it was read; ValueError, TypeError or KeyError if it cannot be one."""
    columns = set(files.log[0]) | {"step", "epoch", "validation_loss", "validation_cc"}
    outcome = Outcome(
        {column: np.array([float(row[column]) for row in files.log]) for column in columns},
        {metric: np.array([float(row[metric]) for row in files.scores]) for metric in METRICS},
        files.job,
    )
    numbers = (outcome.seed, outcome.about["training"][-1], outcome.about["job"]["settings"]["batch_size"])
    if not all(isinstance(number, int) and 0 <= number < 1 << 31 for number in numbers):
        raise ValueError(f"its seed, pictures and batch size are {numbers!r:.60}, expected whole numbers")
    if not isinstance(ended := outcome.about["ended"], str):
        raise ValueError(f"its end is {ended!r:.60}, expected a text")
    return outcome


def plateau_left(steps: np.ndarray, losses: np.ndarray, mean_map_loss: float) -> int | None:
    """The step of the first of two consecutive validations with a loss below PLATEAU; None if there are none.

    At a constant rate the loss is noisy, so a single validation below it says little.

    Args:
        steps: (N,) of the validations.
        losses: (N,) at these steps.
        mean_map_loss: of the mean of the training maps.
    """
    below = losses < PLATEAU * mean_map_loss
    places = np.flatnonzero(below[:-1] & below[1:])
    return int(steps[places[0]]) if len(places) else None


def over_seeds(values: np.ndarray, confidence: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Mean over the first axis, and half of its confidence interval by Student's t; 0 for a single seed."""
    from scipy.stats import t

    count = len(values)
    if count < 2:
        return values.mean(0), np.zeros(values.shape[1:])
    quantile = t.ppf((1 + confidence) / 2, count - 1)
    return values.mean(0), quantile * values.std(0, ddof=1) / count**0.5


@dataclass(frozen=True)
class Difference:
    """Mean of paired differences, its bootstrap interval over pictures, the smallest and largest mean of a seed."""

    mean: float
    low: float
    high: float
    least: float
    most: float

    def __str__(self) -> str:
        return f"{self.mean:+.3f} [{self.low:+.3f}, {self.high:+.3f}]; seeds {self.least:+.3f} to {self.most:+.3f}"


def difference(arm: Arm, base: Arm, metric: str) -> Difference:
    """An arm minus its base, paired by picture and seed."""
    return _of(_paired(arm, base, metric))


def more_gain(pair: tuple[Arm, Arm], than: tuple[Arm, Arm], metric: str) -> Difference:
    """How much more an arm differs from its base than another arm from its own, paired by picture and seed."""
    gains, others = (_paired(*arms, metric) for arms in (pair, than))
    count = min(len(gains), len(others))
    return _of(gains[:count] - others[:count])


def _paired(arm: Arm, base: Arm, metric: str) -> np.ndarray:
    """(seeds, pictures) differences."""
    count = min(len(arm.runs), len(base.runs))
    return arm.scores(metric)[:count] - base.scores(metric)[:count]


def _of(paired: np.ndarray) -> Difference:
    return Difference(*interval(paired.mean(0)), paired.mean(1).min(), paired.mean(1).max())


def by_share(arms: Arms, start: str) -> dict[float, Arm]:
    """The arms of the study "labels" that have this start, by their share of the fixation pictures, ascending."""
    names = (name.rpartition("-") for name in arms)
    return {
        share: arms[f"{start}-{share:g}"] for share in sorted(float(last) for first, _, last in names if first == start)
    }


def ensemble_pairs(arms: Arms) -> list[tuple[Arm, Arm]]:
    """The arms of the study "labels" whose teacher is the ensemble, each with the arm of the same training under GBVS.

    Within each way of training, the share of the fixation pictures ascends.
    """
    return [
        (arm, arms[f"{weak}-{share:g}"])
        for weak, ensemble in (("weak", "ensemble"), ("weak-as-long", "ensemble-as-long"))
        for share, arm in by_share(arms, ensemble).items()
    ]


DEEPER = {
    "five-layer": "the paper's five layers",
    "vgg16": "VGG-16 (13 convolutions)",
    "googlenet": "GoogLeNet (57 convolutions)",
}
LIGHT = "EfficientNet-lite0"


def deeper_pairs(arms: Arms) -> dict[tuple[float, str], tuple[Arm, Arm]]:
    """The study "deeper": the pre-trained arm and the random start by share and network.

    The light network's arms are those of the study "encoder", where `arms` has them too.
    """
    pairs = {
        (share, title): (arm, arms[f"{name}-random-{share:g}"])
        for name, title in DEEPER.items()
        for share, arm in by_share(arms, f"{name}-weak").items()
    }
    if "random-weak" in arms:
        pairs[0.1, LIGHT] = arms["random-weak"], arms["random"]
    return dict(sorted(pairs.items(), key=lambda pair: pair[0][0]))


def five_layer(arms: Arms) -> Arms:
    """The study "efficiency": the arms of the paper's network by start and share, with those of the study "deeper"."""
    return {name.removeprefix("five-layer-"): arm for name, arm in arms.items() if name.startswith("five-layer-")}


def share_needed(shares: Iterable[float], scores: Iterable[float], target: float) -> float:
    """The share of the fixation pictures at which a curve of scores reaches a target.

    The curve is linear between the shares, over the logarithm of the share.

    Args:
        shares: ascending.
        scores: at these shares.
        target: the score to reach.

    Returns:
        The share; the smallest share if its score reaches the target already; inf if the curve never does.
    """
    x, y = np.log(list(shares)), np.array(list(scores))
    if y[0] >= target:
        return float(np.exp(x[0]))
    for i in range(1, len(x)):
        if y[i] >= target:
            return float(np.exp(x[i - 1] + (target - y[i - 1]) / (y[i] - y[i - 1]) * (x[i] - x[i - 1])))
    return float("inf")


def needed(random: Mapping[float, Arm], share: float, arm: Arm) -> str:
    """How many times as many pictures with fixations a random start needs to match an arm.

    Empty where the question has no answer: the random start has learned more from fewer pictures, seen more often.
    """
    scores = [other.mean("cc") for other in random.values()]
    if random[share].mean("cc") < max(scores[: list(random).index(share) + 1]):
        return ""
    times = share_needed(random, scores, arm.mean("cc")) / share
    if np.isinf(times):
        return f"more than {max(random) / share:.3g}x as many"
    return f"{'at most ' if scores[0] > arm.mean('cc') else ''}{times:.1f}x as many"
