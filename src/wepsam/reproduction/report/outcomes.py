"""What the runs of a study came to, read back from the files of results, and from nothing else."""

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wepsam.evaluation.results import interval

METRICS = ("cc", "nss", "kl")
LEFT = 0.95  # of the mean map's loss: what loses less has left the plateau


@dataclass(frozen=True)
class Outcome:
    """One run.

    Attributes:
        log: column -> (validations,) float64, as the training loop wrote it.
        scores: metric -> (pictures,) of pictures that chose nothing.
        about: job.json.
    """

    log: dict[str, np.ndarray]
    scores: dict[str, np.ndarray]
    about: dict[str, Any]

    @property
    def seed(self) -> int:
        return self.about["job"]["settings"]["seed"]

    @property
    def seen(self) -> np.ndarray:
        """(validations,) pictures seen so far."""
        return self.log["step"] * self.batch

    @property
    def batch(self) -> int:
        return min(self.about["job"]["settings"]["batch_size"], self.about["training"][-1])

    @property
    def left(self) -> int | None:
        """The step at which it left the plateau: the first of two validations in a row below LEFT. None if it did not.

        At a constant rate the loss is noisy: one validation below it says little.
        """
        below = self.log["validation_loss"] < LEFT * self.about["mean_map_loss"]
        places = np.flatnonzero(below[:-1] & below[1:])
        return int(self.log["step"][places[0]]) if len(places) else None

    @property
    def steps(self) -> int:
        """How many it took in all."""
        return int(self.log["step"][-1])


@dataclass(frozen=True)
class Arm:
    """The runs of an arm, a seed each."""

    runs: tuple[Outcome, ...]

    @property
    def learnt(self) -> int:
        """How many pictures there were to learn from."""
        return self.runs[0].about["training"][-1]

    @property
    def judged(self) -> int:
        """How many pictures chose nothing and are scored."""
        return len(self.runs[0].scores["cc"])

    def scores(self, metric: str) -> np.ndarray:
        """(seeds, pictures)."""
        return np.stack([run.scores[metric] for run in self.runs])

    def curve(self, column: str) -> tuple[np.ndarray, np.ndarray]:
        """(validations,) pictures seen, (seeds, validations) values; as long as the shortest run."""
        length = min(len(r.seen) for r in self.runs)
        return self.runs[0].seen[:length], np.stack([r.log[column][:length] for r in self.runs])


def read_study(results: Path, study: str) -> dict[str, Arm]:
    """All runs of a study by arm, in the order in which they were written about.

    Raises:
        FileNotFoundError: there are none; a line.
    """
    arms: dict[str, list[Outcome]] = {}
    for path in sorted((results / study).glob("*/job.json")):
        outcome = _read(path.parent)
        arms.setdefault(outcome.about["job"]["arm"].partition("/")[2], []).append(outcome)
    if not arms:
        raise FileNotFoundError(f"{results / study} has no results; run: wepsam reproduce --study {study}")
    return {arm: Arm(tuple(sorted(runs, key=lambda run: run.seed))) for arm, runs in arms.items()}


def _read(folder: Path) -> Outcome:
    with (folder / "log.csv").open(newline="") as file:
        log = list(csv.DictReader(file))
    with (folder / "scores.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return Outcome(
        {column: np.array([float(row[column]) for row in log]) for column in log[0]},
        {metric: np.array([float(row[metric]) for row in rows]) for metric in METRICS},
        json.loads((folder / "job.json").read_text()),
    )


def over_seeds(values: np.ndarray, confidence: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Mean over the first axis, and half of its interval by Student's t; 0 for one seed."""
    from scipy.stats import t

    count = len(values)
    if count < 2:
        return values.mean(0), np.zeros(values.shape[1:])
    quantile = t.ppf((1 + confidence) / 2, count - 1)
    return values.mean(0), quantile * values.std(0, ddof=1) / count**0.5


def difference(arm: Arm, base: Arm, metric: str) -> "Difference":
    """Of two arms on the same pictures, from the same seeds."""
    count = min(len(arm.runs), len(base.runs))
    paired = arm.scores(metric)[:count] - base.scores(metric)[:count]
    return Difference(*interval(paired.mean(0)), paired.mean(1).min(), paired.mean(1).max())


@dataclass(frozen=True)
class Difference:
    """Mean of the paired differences; bootstrap interval over pictures; smallest and largest of the seeds' means."""

    mean: float
    low: float
    high: float
    least: float
    most: float

    def __str__(self) -> str:
        return f"{self.mean:+.3f} [{self.low:+.3f}, {self.high:+.3f}]; seeds {self.least:+.3f} to {self.most:+.3f}"


def by_share(arms: dict[str, Arm], start: str) -> dict[float, Arm]:
    """The arms of the study of labels that have this start, by their share of the labels, rising."""
    named = (name.rpartition("-") for name in arms)
    return {
        share: arms[f"{start}-{share:g}"] for share in sorted(float(last) for first, _, last in named if first == start)
    }


def pupils(arms: dict[str, Arm]) -> list[tuple[Arm, Arm]]:
    """Of the study of labels: the pupils of the better teacher, each with GBVS' of the same training, labels rising."""
    return [
        (arm, arms[f"{weak}-{share:g}"])
        for weak, better in (("weak", "ensemble"), ("weak-as-long", "ensemble-as-long"))
        for share, arm in by_share(arms, better).items()
    ]


def labels_needed(shares: Iterable[float], scores: Iterable[float], wanted: float) -> float:
    """The share of labels with which a rising curve reaches a score: on straight lines over the logarithm of the share.

    Returns:
        The share; the smallest there is if it reaches the score already, and inf if the curve never does.
    """
    x, y = np.log(list(shares)), np.array(list(scores))
    if y[0] >= wanted:
        return float(np.exp(x[0]))
    for i in range(1, len(x)):
        if y[i] >= wanted:
            return float(np.exp(x[i - 1] + (wanted - y[i - 1]) / (y[i] - y[i - 1]) * (x[i] - x[i - 1])))
    return float("inf")
