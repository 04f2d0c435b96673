"""A model on a dataset: one row of scores per picture, written as CSV, with a JSON that says how they came about."""

import csv
import hashlib
import json
import math
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import wepsam
from wepsam import metrics as measures
from wepsam.classical.center_bias import CenterBias
from wepsam.datasets import FixationDataset, Sample
from wepsam.evaluation.folder import MapFolder
from wepsam.evaluation.parallel import in_order
from wepsam.evaluation.partial import Partial
from wepsam.evaluation.references import AT_FIXATIONS_ONLY, REFERENCES, Reference
from wepsam.files import replacing
from wepsam.metrics import METRICS, Metric
from wepsam.progress import bar

Predict = Callable[[np.ndarray], np.ndarray]
RESAMPLES = 2000
PROTOCOLS: dict[str, dict[str, Metric]] = getattr(measures, "PROTOCOLS", {"mit": METRICS})
# What the record of an evaluation says of the metrics' variants.
NOTES = {
    "mit": {
        "auc_borji": "exact expectation, step 0.1",
        "auc_shuffled": "exact expectation over all other pictures, step 0.1",
        "info_gain": "bit over the center bias of all other pictures",
    },
    "tuebingen": {
        "auc_shuffled": "all fixations of all other pictures",
        "info_gain": "bit over the center bias of all other pictures",
    },
}


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
            # JSON has no NaN: where no picture has a score, there is null.
            mean, low, high = (None if np.isnan(value) else value for value in interval(scores))
            summary[name] = {"mean": mean, "low": low, "high": high, "pictures": int(np.isfinite(scores).sum())}
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


def evaluate(
    model: Predict | MapFolder | str,
    dataset: FixationDataset,
    *,
    name: str | None = None,
    split: str = "all",
    protocol: str = "mit",
    workers: int = 1,
    partial: Path | None = None,
) -> Evaluation:
    """Score a model on every picture of a dataset.

    Point metrics need fixations; where a dataset publishes only densities, `nss_density` and `auc_density` say what
    NSS and AUC would be if fixations were drawn from them (not comparable with the point versions).

    Args:
        model: a predictor, (H, W, 3) uint8 -> (H, W) map; a `MapFolder`, maps that were made elsewhere; or one of the
            names in `REFERENCES`: "center-bias" (fitted on all other pictures), "one-observer" and
            "half-of-observers" (against the remaining ones), "gold-standard" (all others against one; its scores are
            at fixations only).
        dataset: the pictures.
        name: of the model, for files and tables.
        split: of the dataset that is meant, for the record.
        protocol: which conventions the metrics follow, one of `PROTOCOLS`.
        workers: processes to divide the pictures among; -1 for one per core. Needs joblib, and a model that can be
            pickled; without them it is one.
        partial: file for the rows as they come. An evaluation that was interrupted goes on from there, if nothing
            that scores depend on has changed (of a function only its name is known); it is removed at the end.

    Raises:
        ValueError: no pictures, a reference that this dataset cannot give, a map that is missing or of another size
            than its picture, or no such protocol.
    """
    if not len(dataset):
        raise ValueError(f"{dataset.name} has no pictures to score on")
    if isinstance(model, str) and model not in REFERENCES:
        raise ValueError(
            f"a model by name is one of {', '.join(REFERENCES)}, not {model!r}; give any other as a function"
        )
    if protocol not in PROTOCOLS:
        raise ValueError(f"protocols are {', '.join(PROTOCOLS)}, not {protocol!r}")
    name = str(name or (model if isinstance(model, str) else getattr(model, "name", "model")))
    bias = CenterBias(dataset)
    truths = _Truths(dataset, bias)
    made: dict[str, Any] = {}  # what else the record says of the model
    if isinstance(model, str):
        reference = REFERENCES[model](dataset, bias)
        made = getattr(reference, "record", {})
    elif isinstance(model, MapFolder):
        made = {"maps": model.check(dataset)}
        reference = _Once(model)
    else:
        reference = _Once(_Asked(model, name))
    table = {m: metric for m, metric in PROTOCOLS[protocol].items() if truths.offers(m, metric.needs)}
    about = {
        "model": name, "dataset": dataset.name, "split": split, "pictures": len(dataset), "protocol": protocol,
        **NOTES.get(protocol, {}), "sigma": dataset.sigma,
        "weights": getattr(model, "card", {}).get("sha256"), **made, "dataset_sha256": fingerprint(dataset),
        "versions": {"wepsam": wepsam.__version__, "numpy": version("numpy"), "python": platform.python_version()},
    }  # fmt: skip
    work = _Work(
        dataset, reference, truths, table, densities=not (isinstance(model, str) and model in AT_FIXATIONS_ONLY)
    )
    kept = Partial(partial, about | {"metrics": list(table)}, len(table))
    todo = [place for place in range(len(dataset)) if place not in kept.rows]
    # A handful is over before one has read the bar.
    try:
        with bar(len(dataset), f"{name} on {dataset.name}", after=0 if len(dataset) > 3 else math.inf) as shown:
            shown.update(len(kept.rows))
            for place, scores in zip(todo, in_order(work, todo, workers), strict=True):
                kept.add(place, scores)
                shown.update(len(kept.rows))
    finally:
        kept.close()
    rows = tuple({"id": s.id} | dict(zip(table, kept.rows[k], strict=True)) for k, s in enumerate(dataset))
    kept.remove()
    return Evaluation(rows, about)


def fingerprint(dataset: FixationDataset) -> str:
    """SHA-256 of the pictures' ids and sizes and of how many fixations each has: whether two people have the same."""
    lines = ([s.id, *map(int, s.size), None if s.fixations is None else len(s.fixations)] for s in dataset)
    return hashlib.sha256(json.dumps(list(lines)).encode()).hexdigest()


def read(folder: str | Path) -> list[Evaluation]:
    """All evaluations that were saved into a folder.

    Raises:
        ValueError: a .json in it is none.
    """
    return [_read(path) for path in sorted(Path(folder).glob("*.json"))]


def saved(folder: Path, name: str, dataset: FixationDataset, split: str, protocol: str) -> Evaluation | None:
    """An evaluation that a folder has already, if it is of these pictures, this protocol and this version of wepsam."""
    path = folder / f"{name}.json"
    if not path.exists():
        return None
    found = _read(path)
    wanted = (fingerprint(dataset), dataset.sigma, split, protocol, wepsam.__version__)
    has = (*(found.about.get(key) for key in ("dataset_sha256", "sigma", "split", "protocol")), found.about["versions"])
    return found if (*has[:-1], has[-1].get("wepsam")) == wanted else None


def interval(scores: np.ndarray, confidence: float = 0.95) -> tuple[float, float, float]:
    """Mean and its bootstrap interval over pictures (seeded); NaNs are left out, and nothing left gives NaN."""
    scores = scores[np.isfinite(scores)]
    if len(scores) == 0:
        return float("nan"), float("nan"), float("nan")
    draws = np.random.default_rng(0).integers(0, len(scores), (RESAMPLES, len(scores)))
    low, high = np.quantile(scores[draws].mean(axis=1), [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(scores.mean()), float(low), float(high)


class _Truths:
    """What the metrics need to know about a sample, each made once."""

    def __init__(self, dataset: FixationDataset, bias: CenterBias) -> None:
        self.dataset, self.bias = dataset, bias
        # Positions as shares of the picture, so that fixations travel between pictures of different sizes.
        self.relative = {
            s.id: s.fixations / (s.size[1], s.size[0]) for s in dataset if s.fixations is not None and len(s.fixations)
        }

    def offers(self, metric: str, needs: Sequence[str]) -> bool:
        if "fixations" in needs:
            return self.dataset.has_fixations
        # The stand-ins for point metrics are for datasets without points only.
        return not (metric.endswith("_density") and self.dataset.has_fixations)

    def of(self, sample: Sample) -> dict[str, np.ndarray | None]:
        others = [points for id, points in self.relative.items() if id != sample.id]
        return {
            "fixations": sample.fixations,
            "density": sample.density() if sample.has_density else None,
            "other_fixations": np.concatenate(others) * (sample.size[1], sample.size[0]) if others else None,
            "baseline": self.bias.without(sample),
        }


@dataclass
class _Asked:
    """A predictor's map of a sample."""

    predict: Predict
    name: str

    def __call__(self, sample: Sample) -> np.ndarray:
        saliency_map = self.predict(sample.stimulus())
        if saliency_map.shape != sample.size:
            raise ValueError(f"{self.name} answers {saliency_map.shape} for {sample.id}, which is {sample.size}")
        return saliency_map


@dataclass
class _Once:
    """One map a sample, against all that is known of it."""

    answer: Callable[[Sample], np.ndarray]

    def __call__(self, sample: Sample) -> list[tuple[np.ndarray, Sample]]:
        return [(self.answer(sample), sample)]


@dataclass
class _Work:
    """The scores of one picture, by its place in the dataset; with all that this takes, to be sent elsewhere."""

    dataset: FixationDataset
    reference: Reference
    truths: _Truths
    table: dict[str, Metric]
    densities: bool = True  # whether metrics that compare with a density mean anything

    def __call__(self, place: int) -> list[float]:
        # A human reference has several predictions a picture, each against its own truth: their mean counts.
        scored = []
        for saliency_map, against in self.reference(self.dataset[place]):
            truth = self.truths.of(against)
            if not self.densities:
                truth["density"] = None
            scored.append(_score(saliency_map, truth, self.table))
        return [_mean([scores[name] for scores in scored]) for name in self.table]


def _score(
    saliency_map: np.ndarray, truth: dict[str, np.ndarray | None], metrics: dict[str, Metric]
) -> dict[str, float]:
    scores = {}
    for name, metric in metrics.items():
        arguments = [truth[need] for need in metric.needs]
        # Without a truth there is no score; it is left out of the means and counted.
        known = all(a is not None for a in arguments)
        scores[name] = float(metric.function(saliency_map, *arguments)) if known else float("nan")
    return scores


def _mean(scores: list[float]) -> float:
    known = [s for s in scores if np.isfinite(s)]
    return float(np.mean(known)) if known else float("nan")


def _read(path: Path) -> Evaluation:
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        with path.with_suffix(".csv").open(newline="", encoding="utf-8") as file:
            rows = tuple({k: v if k == "id" else float(v) for k, v in row.items()} for row in csv.DictReader(file))
        del about["scores"]
    except (ValueError, TypeError, KeyError, FileNotFoundError) as error:
        raise ValueError(f"{path} and its .csv are no results of wepsam evaluate ({error})") from None
    return Evaluation(rows, about)
