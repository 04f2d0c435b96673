"""Scores of a model on a dataset, saved as a CSV (a row per picture) and a JSON (means, settings, versions)."""

import csv
import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import wepsam
from wepsam import gathered
from wepsam.datasets import FixationDataset
from wepsam.files import below, replacing, write_json

RESAMPLES = 2000  # of the bootstrap
GATHERED = ("all-scores.csv", "all-models.json")  # the evaluations of many models in two files; see `gather`
MODEL = "model"  # the column of names in the first


@dataclass(frozen=True)
class Evaluation:
    """Scores of a model on a dataset.

    Attributes:
        rows: for each picture its "id" and its score by metric; NaN where a metric has no answer.
        about: how the scores were made: "model", "dataset", "split", "pictures", "protocol", "sigma", "weights"
            (SHA-256), "dataset_sha256", "versions", and what else the model's record says ("source", "quality",
            "maps", ...; see `wepsam.evaluation.subject.Subject`).
    """

    rows: tuple[dict[str, Any], ...]
    about: dict[str, Any]

    @property
    def metrics(self) -> list[str]:
        """The names of the metrics, in order."""
        return [name for name in self.rows[0] if name != "id"]

    def scores(self, metric: str) -> np.ndarray:
        """(N,) of one metric, in the order of the rows."""
        return np.array([row[metric] for row in self.rows], dtype=float)

    def mean(self) -> dict[str, float]:
        """The mean of each metric over the pictures, without NaNs."""
        return {name: interval(self.scores(name))[0] for name in self.metrics}

    def summary(self) -> dict[str, Any]:
        """The content of MODEL.json: `about`, and "scores": mean, interval and number of pictures of each metric."""
        summary = {}
        for name in self.metrics:
            scores = self.scores(name)
            # JSON has neither NaN nor infinity: null where no picture has a score, or where one score is infinite.
            mean, low, high = (value if np.isfinite(value) else None for value in interval(scores))
            summary[name] = {"mean": mean, "low": low, "high": high, "pictures": int((~np.isnan(scores)).sum())}
            if infinite := int(np.isinf(scores).sum()):
                summary[name]["infinite"] = infinite
        return self.about | {"scores": summary}

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Write MODEL.csv and MODEL.json into a folder.

        Returns:
            The path of the CSV.

        Raises:
            ValueError: as `file_of`.
        """
        path = file_of(folder, self.about["model"])
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["id", *self.metrics])
            for row in self.rows:
                writer.writerow([row["id"], *(f"{row[m]:.6g}" for m in self.metrics)])
        write_json(path.with_suffix(".json"), self.summary())
        return path


def file_of(folder: str | os.PathLike[str], model: str) -> Path:
    """The path of MODEL.csv in a folder of evaluations.

    Raises:
        ValueError: the model's name cannot be the name of a file in there.
    """
    path = below(folder, f"{model}.csv")
    if "/" in model:  # `read` would not find it
        raise ValueError(f"{model!r} cannot be the name of a model: it has a slash; choose another name")
    return path


def read(folder: str | os.PathLike[str]) -> list[Evaluation]:
    """All evaluations in a folder, sorted by file name; an empty list if there are none.

    An evaluation in files of its own takes precedence over a gathered one of the same model.

    Raises:
        ValueError: a .json in it is not an evaluation.
    """
    folder = Path(folder)
    evaluations = _read_gathered(folder) | {path.stem: _read(path) for path in _own_files(folder)}
    return [evaluations[name] for name in sorted(evaluations, key="{}.json".format)]


def gather(folder: str | os.PathLike[str]) -> None:
    """Gather the MODEL.csv and MODEL.json of a folder into all-scores.csv and all-models.json, and remove them.

    `read` gives the same evaluations as before. Two files are easier to keep than two for each of many models.

    Raises:
        ValueError: a .json is not an evaluation, or the models have different metrics.
    """
    folder = Path(folder)
    read(folder)  # refuses what is not an evaluation
    scores, models = (folder / name for name in GATHERED)
    own = {path.stem: path for path in _own_files(folder)}
    gathered.gather_tables({name: path.with_suffix(".csv") for name, path in own.items()}, scores, MODEL)
    gathered.gather_json(own, models)
    for path in own.values():
        path.unlink()
        path.with_suffix(".csv").unlink()


def read_current(
    folder: Path, name: str, dataset: FixationDataset, split: str, protocol: str, also: Sequence[str] = ()
) -> Evaluation | None:
    """The saved evaluation of a model, if it need not be made again.

    It must be of these pictures, this protocol and this version of wepsam, and have the metrics in `also`.
    """
    path = file_of(folder, name).with_suffix(".json")
    saved = _read(path) if path.exists() else _read_gathered(folder).get(name)
    if saved is None:
        return None
    about = saved.about
    same = (
        about.get("dataset_sha256") == fingerprint(dataset)
        and about.get("sigma") == dataset.sigma
        and about.get("split") == split
        and about.get("protocol") == protocol
        and about.get("versions", {}).get("wepsam") == wepsam.__version__
    )
    return saved if same and set(also) <= set(saved.metrics) else None


def interval(scores: np.ndarray, confidence: float = 0.95) -> tuple[float, float, float]:
    """The mean over pictures and its bootstrap interval, with a fixed seed.

    A picture with an infinite score makes the mean infinite: a map that is 0 where somebody looked has an information
    gain of -inf under `tuebingen`, and leaving it out would flatter the model.

    Args:
        scores: (N,) scores; NaNs are left out.
        confidence: of the interval.

    Returns:
        (mean, low, high); all NaN without any score.
    """
    scores = scores[~np.isnan(scores)]
    if len(scores) == 0 or np.isinf(scores).any():
        mean = float(scores.sum()) if len(scores) else float("nan")
        return mean, mean, mean
    draws = np.random.default_rng(0).integers(0, len(scores), (RESAMPLES, len(scores)))
    low, high = np.quantile(scores[draws].mean(axis=1), [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(scores.mean()), float(low), float(high)


def fingerprint(dataset: FixationDataset) -> str:
    """SHA-256 of each picture's id, size and number of fixations; equal if two people have the same pictures."""
    lines = ([s.id, *map(int, s.size), None if s.fixations is None else len(s.fixations)] for s in dataset)
    return hashlib.sha256(json.dumps(list(lines)).encode()).hexdigest()


def origin(dataset: FixationDataset) -> dict[str, str]:
    """For the record of your own data: a checksum of its folder's path, which tells it from others of its name."""
    if not dataset.own or dataset.folder is None:
        return {}
    return {"dataset_folder": hashlib.sha256(os.fsencode(dataset.folder.resolve())).hexdigest()[:16]}


def refuse_other(folder: Path | None, dataset: FixationDataset) -> None:
    """See that a folder of results, if there is one, is not that of another dataset of the same name.

    The same dataset may have changed: then its folder is the same, or, if that is not recorded, its pictures are.

    Raises:
        ValueError: it is that of another; says what to do.
    """
    ids = [sample.id for sample in dataset]
    for saved in [] if folder is None else _readable(folder):
        places = saved.about.get("dataset_folder"), origin(dataset).get("dataset_folder")
        if saved.about.get("dataset_sha256") == fingerprint(dataset) or (places[0] and places[0] == places[1]):
            continue
        if (places[0] and places[1]) or sorted(row["id"] for row in saved.rows) != ids:
            raise ValueError(
                f"{folder} has results of another dataset named {dataset.name}: {len(saved.rows)} pictures, here "
                f"{len(ids)}; give this one another name (-d NAME=FOLDER), or choose another --out"
            )


def _readable(folder: Path) -> list[Evaluation]:
    """The evaluations in a folder, without files that are none."""
    try:
        return read(folder)
    except ValueError:
        return []


def _own_files(folder: Path) -> list[Path]:
    """The .json of each evaluation that is not gathered."""
    return [path for path in sorted(folder.glob("*.json")) if path.name not in GATHERED]


def _read_gathered(folder: Path) -> dict[str, Evaluation]:
    """What `gather` wrote, by model; nothing if there is none."""
    scores, models = (folder / name for name in GATHERED)
    if not models.exists():
        return {}
    try:
        tables, abouts = gathered.read_tables(scores, MODEL), gathered.read_json(models)
        return {name: _evaluation(about, tables[name]) for name, about in abouts.items()}
    except (ValueError, TypeError, KeyError, AttributeError, FileNotFoundError) as error:
        raise ValueError(f"{models} and {scores.name} are not gathered results of wepsam evaluate ({error})") from None


def _evaluation(about: dict[str, Any], rows: Iterable[dict[str, str]]) -> Evaluation:
    scores = tuple({key: text if key == "id" else float(text) for key, text in row.items()} for row in rows)
    return Evaluation(scores, {key: value for key, value in about.items() if key != "scores"})


def _read(path: Path) -> Evaluation:
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        about["scores"]
        with path.with_suffix(".csv").open(newline="", encoding="utf-8") as file:
            return _evaluation(about, csv.DictReader(file))
    except (ValueError, TypeError, KeyError, FileNotFoundError) as error:
        raise ValueError(f"{path} and its .csv are not results of wepsam evaluate ({error})") from None
