"""Scores of a model on a dataset, saved as a CSV (a row per picture) and a JSON (means, settings, versions)."""

import csv
import hashlib
import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import wepsam
from wepsam import files, gathered
from wepsam.datasets import FixationDataset
from wepsam.evaluation import fingerprints
from wepsam.evaluation.fingerprints import fingerprint
from wepsam.files import ForeignFileError, below, foreign, replacing, write_json
from wepsam.spreadsheets import inert, original

RESAMPLES = 2000  # of the bootstrap
GATHERED = ("all-scores.csv", "all-models.json")  # the evaluations of many models in two files; see `gather`
MODEL = "model"  # the column of names in the first
TEXTS = ("model", "dataset", "split", "protocol", *fingerprints.DATA)  # of a record; the checksums may be missing
log = logging.getLogger("wepsam")


@dataclass(frozen=True)
class Evaluation:
    """Scores of a model on a dataset.

    Attributes:
        rows: for each picture its "id" and its score by metric; NaN where a metric has no answer.
        about: how the scores were made: "model", "dataset", "split", "pictures", "protocol", "sigma", "weights"
            (SHA-256), "seen" (whether the model has learned from the pictures: true, "part", false; missing where
            nobody knows), the checksums of the data (`fingerprints.DATA`), "code_sha256", "versions", and what else the
            model's record says ("source", "quality", "maps", ...; see `wepsam.evaluation.subject.Subject`).
    """

    rows: tuple[dict[str, Any], ...]
    about: dict[str, Any]

    @property
    def metrics(self) -> list[str]:
        """The names of the metrics, in order."""
        return [name for name in self.rows[0] if name != "id"]

    def scores(self, metric: str) -> np.ndarray:
        """The scores by one metric.

        Args:
            metric: one of `metrics`.

        Returns:
            (N,) float64 in the order of the rows; NaN where the metric has no answer.
        """
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
        """Write MODEL.csv and MODEL.json into a folder; the ids are inert in a spreadsheet.

        Args:
            folder: made if missing; files of the same model are replaced.

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
                writer.writerow([inert(row["id"]), *(f"{row[m]:.6g}" for m in self.metrics)])
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


def read(folder: str | os.PathLike[str], damaged: list[str] | None = None) -> list[Evaluation]:
    """All evaluations in a folder, sorted by file name.

    An evaluation in files of its own takes precedence over a gathered one of the same model.

    Args:
        folder: that `evaluate` wrote.
        damaged: takes a line for each file that is not an evaluation; without it, the first of them is an error.

    Returns:
        The evaluations; an empty list if there are none.

    Raises:
        ValueError: a .json in it is not an evaluation, and `damaged` is None.
    """
    folder = Path(folder)
    evaluations: dict[str, Evaluation] = {}
    for path in [folder, *_own_files(folder)]:
        try:
            evaluations |= _gathered(folder) if path == folder else {path.stem: _read(path)}
        except ForeignFileError as error:
            if damaged is None:
                raise
            damaged.append(str(error))
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
    """The saved evaluation of a model by name, if it need not be made again; a line in the log says why or why not.

    It must be of the same data (see `fingerprints.DATA`), protocol, code and version of wepsam, and have the metrics
    in `also`.
    """
    path = file_of(folder, name).with_suffix(".json")
    try:
        saved = _read(path) if path.exists() else _gathered(folder).get(name)
    except ValueError as error:
        log.warning("%s is made again: %s", path, error)
        return None
    if saved is None:
        return None
    wanted = {"dataset": dataset.name, "split": split, "protocol": protocol, "sigma": dataset.sigma}
    wanted |= {"weights": None, **fingerprints.of_data(dataset), "code_sha256": fingerprints.code()}
    about = saved.about | {"wepsam": saved.about.get("versions", {}).get("wepsam")}
    changes = fingerprints.changed(about, wanted | {"wepsam": wepsam.__version__})
    changes += ["source"] if about.get("source", name) != name else []  # another model that was given this name
    if lacking := set(also) - set(saved.metrics):
        changes.append(f"metrics (no {', '.join(sorted(lacking))})")
    if changes:
        log.info("%s is made again, these have changed since it was saved: %s", path, ", ".join(changes))
        return None
    log.info("%s is kept: nothing that it depends on has changed", path)
    return saved


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
    low, high = np.quantile(resampled_means(scores), [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(scores.mean()), float(low), float(high)


def resampled_means(scores: np.ndarray, seed: int = 0) -> np.ndarray:
    """(RESAMPLES,) means of a bootstrap: of as many scores, drawn with replacement; (N,) scores without NaN."""
    draws = np.random.default_rng(seed).integers(0, len(scores), (RESAMPLES, len(scores)))
    return np.asarray(scores[draws].mean(axis=1))


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


def _gathered(folder: Path) -> dict[str, Evaluation]:
    """What `gather` wrote, by model; nothing if there is none."""
    scores, models = (folder / name for name in GATHERED)
    if not models.exists():
        return {}
    with foreign(models, f"and {GATHERED[0]} are not gathered results of wepsam evaluate"):
        tables, abouts = gathered.read_tables(scores, MODEL), gathered.read_json(models)
        return {name: _evaluation(about, tables[name]) for name, about in abouts.items()}


def _read(path: Path) -> Evaluation:
    with foreign(path, "and its .csv are not results of wepsam evaluate"):
        about = files.read_json(path)
        files.check_regular(path.with_suffix(".csv"))
        with path.with_suffix(".csv").open(newline="", encoding="utf-8") as file:
            return _evaluation(about, csv.DictReader(file))


def _evaluation(about: Any, rows: Iterable[dict[str, str]]) -> Evaluation:
    """An evaluation as it was read; ValueError, TypeError or KeyError if it cannot be one."""
    if not isinstance(about, dict):
        raise ValueError(f"it is a {type(about).__name__}, not an object")
    for key in TEXTS:
        text = about.get(key, "") if key in fingerprints.DATA else about[key]
        if not isinstance(text, str) or len(text.splitlines()) > 1:
            raise ValueError(f"its {key} is {text!r:.60}, expected a text of one line")
    if not all(isinstance(about.get(key, {}), dict) for key in ("versions", "maps")):
        raise ValueError("its versions or maps are no object")
    if about.get("seen", False) not in (True, False, "part"):
        raise ValueError(f'its seen is {about["seen"]!r:.60}, expected true, "part" or false')
    table = [_scores(row, number) for number, row in enumerate(rows, 1)]
    columns = set(table[0]) if table else set()
    if columns != {"id", *about["scores"]} or len(columns) < 2:
        raise ValueError(f"the table has the columns {', '.join(columns) or 'none'}, expected id and the metrics")
    if len({row["id"] for row in table}) != len(table) or len(table) != about["pictures"]:
        raise ValueError(
            f"the table has {len(table)} rows, expected one for each of {about['pictures']!r:.20} pictures"
        )
    return Evaluation(tuple(table), {key: value for key, value in about.items() if key != "scores"})


def _scores(row: dict[str, str], number: int) -> dict[str, Any]:
    if None in row or None in row.values():
        raise ValueError(f"row {number} has more or fewer cells than the head")
    return {key: original(text) if key == "id" else float(text) for key, text in row.items()}
