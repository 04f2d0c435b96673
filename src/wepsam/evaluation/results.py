"""Scores of a model on a dataset, saved as a CSV with a row per picture and a JSON that says how they came about."""

import csv
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import wepsam
from wepsam.datasets import FixationDataset
from wepsam.files import replacing

RESAMPLES = 2000


@dataclass(frozen=True)
class Evaluation:
    """Scores of a model on a dataset.

    Attributes:
        rows: for each picture its id and its score by metric; NaN where a metric has no answer.
        about: model, dataset, split, protocol, sigma, versions.
    """

    rows: tuple[dict[str, Any], ...]
    about: dict[str, Any]

    @property
    def metrics(self) -> list[str]:
        """Names of the scores, in order."""
        return [name for name in self.rows[0] if name != "id"]

    def scores(self, metric: str) -> np.ndarray:
        """(N,) of one metric, in the order of the rows."""
        return np.array([row[metric] for row in self.rows], dtype=float)

    def mean(self) -> dict[str, float]:
        """Mean of each metric over the pictures; NaNs are left out."""
        return {name: interval(self.scores(name))[0] for name in self.metrics}

    def summary(self) -> dict[str, Any]:
        """What MODEL.json holds: `about`, and "scores" with mean, interval and number of pictures of each metric."""
        summary = {}
        for name in self.metrics:
            scores = self.scores(name)
            # JSON has neither NaN nor infinity: there is null where no picture has a score, or one is infinite.
            mean, low, high = (value if np.isfinite(value) else None for value in interval(scores))
            summary[name] = {"mean": mean, "low": low, "high": high, "pictures": int((~np.isnan(scores)).sum())}
            if infinite := int(np.isinf(scores).sum()):
                summary[name]["infinite"] = infinite
        return self.about | {"scores": summary}

    def save(self, folder: str | Path) -> Path:
        """Write MODEL.csv and MODEL.json; returns the CSV's path."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.about['model']}.csv"
        with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["id", *self.metrics])
            for row in self.rows:
                writer.writerow([row["id"], *(f"{row[m]:.6g}" for m in self.metrics)])
        with replacing(path.with_suffix(".json")) as temporary:
            temporary.write_text(json.dumps(self.summary(), indent=1) + "\n", encoding="utf-8")
        return path


def read(folder: str | Path) -> list[Evaluation]:
    """All evaluations that were saved into a folder.

    Raises:
        ValueError: a .json in it is none.
    """
    return [_read(path) for path in sorted(Path(folder).glob("*.json"))]


def saved(
    folder: Path, name: str, dataset: FixationDataset, split: str, protocol: str, also: Sequence[str] = ()
) -> Evaluation | None:
    """An evaluation that a folder has already, if it is of these pictures, this protocol and this version of wepsam,
    and has what was asked for besides."""
    path = folder / f"{name}.json"
    if not path.exists():
        return None
    found = _read(path)
    wanted = (fingerprint(dataset), dataset.sigma, split, protocol, wepsam.__version__)
    has = [found.about.get(key) for key in ("dataset_sha256", "sigma", "split", "protocol")]
    if set(also) - set(found.metrics):
        return None
    return found if (*has, found.about.get("versions", {}).get("wepsam")) == wanted else None


def interval(scores: np.ndarray, confidence: float = 0.95) -> tuple[float, float, float]:
    """Mean and its bootstrap interval over pictures (seeded); NaNs are left out, and nothing left gives NaN.

    A picture whose score is infinite makes the mean infinite: a map that is 0 where somebody looked has an information
    gain of -inf under `tuebingen`, and to leave it out would flatter the model.
    """
    scores = scores[~np.isnan(scores)]
    if len(scores) == 0 or np.isinf(scores).any():
        mean = float(scores.sum()) if len(scores) else float("nan")
        return mean, mean, mean
    draws = np.random.default_rng(0).integers(0, len(scores), (RESAMPLES, len(scores)))
    low, high = np.quantile(scores[draws].mean(axis=1), [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(scores.mean()), float(low), float(high)


def fingerprint(dataset: FixationDataset) -> str:
    """SHA-256 of the pictures' ids and sizes and of how many fixations each has: whether two people have the same."""
    lines = ([s.id, *map(int, s.size), None if s.fixations is None else len(s.fixations)] for s in dataset)
    return hashlib.sha256(json.dumps(list(lines)).encode()).hexdigest()


def _read(path: Path) -> Evaluation:
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        with path.with_suffix(".csv").open(newline="", encoding="utf-8") as file:
            rows = tuple({k: v if k == "id" else float(v) for k, v in row.items()} for row in csv.DictReader(file))
        del about["scores"]
    except (ValueError, TypeError, KeyError, FileNotFoundError) as error:
        raise ValueError(f"{path} and its .csv are no results of wepsam evaluate ({error})") from None
    return Evaluation(rows, about)
