"""A model on a dataset: one row of scores per picture, written as CSV, with a JSON that says how they came about."""

import csv
import json
import platform
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import wepsam
from wepsam.classical.center_bias import CenterBias
from wepsam.datasets import FixationDataset, Sample
from wepsam.evaluation.references import REFERENCES
from wepsam.files import replacing
from wepsam.metrics import METRICS, score
from wepsam.progress import track

Predict = Callable[[np.ndarray], np.ndarray]
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
    model: Predict | str, dataset: FixationDataset, *, name: str | None = None, split: str = "all"
) -> Evaluation:
    """Score a model on every picture of a dataset, under the protocol `mit`.

    Point metrics need fixations; where a dataset publishes only densities, `nss_density` and `auc_density` say what
    NSS and AUC would be if fixations were drawn from them (not comparable with the point versions).

    Args:
        model: a predictor, (H, W, 3) uint8 -> (H, W) map; or one of the names in `REFERENCES`: "center-bias"
            (fitted on all other pictures), "one-observer" and "half-of-observers" (against the remaining ones).
        dataset: the pictures.
        name: of the model, for files and tables.
        split: of the dataset that is meant, for the record.

    Raises:
        ValueError: no pictures, a reference that this dataset cannot give, or a map of another size than its picture.
    """
    if not len(dataset):
        raise ValueError(f"{dataset.name} has no pictures to score on")
    if isinstance(model, str) and model not in REFERENCES:
        raise ValueError(
            f"a model by name is one of {', '.join(REFERENCES)}, not {model!r}; give any other as a function"
        )
    name = name or (model if isinstance(model, str) else getattr(model, "name", "model"))
    bias = CenterBias(dataset)
    truths = _Truths(dataset, bias)
    if isinstance(model, str):
        reference = REFERENCES[model](dataset, bias)
    else:
        predict = model

        def reference(sample: Sample) -> Iterable[tuple[np.ndarray, Sample]]:
            saliency_map = predict(sample.stimulus())
            if saliency_map.shape != sample.size:
                raise ValueError(f"{name} answers {saliency_map.shape} for {sample.id}, which is {sample.size}")
            return [(saliency_map, sample)]

    metrics = [m for m, metric in METRICS.items() if truths.offers(m, metric.needs)]
    rows = []
    for sample in track(dataset, f"{name} on {dataset.name}"):
        # A human reference has several predictions a picture, each against its own truth: their mean counts.
        scored = [_score(saliency_map, truths.of(truth), metrics) for saliency_map, truth in reference(sample)]
        rows.append({"id": sample.id} | {m: _mean([s[m] for s in scored]) for m in metrics})
    about = {
        "model": name, "dataset": dataset.name, "split": split, "pictures": len(dataset), "protocol": "mit",
        "auc_borji": "exact expectation, step 0.1",
        "auc_shuffled": "exact expectation over all other pictures, step 0.1",
        "info_gain": "bit over the center bias of all other pictures", "sigma": dataset.sigma,
        "weights": getattr(model, "card", {}).get("sha256"),
        "versions": {"wepsam": wepsam.__version__, "numpy": version("numpy"), "python": platform.python_version()},
    }  # fmt: skip
    return Evaluation(tuple(rows), about)


def read(folder: str | Path) -> list[Evaluation]:
    """All evaluations that were saved into a folder.

    Raises:
        ValueError: a .json in it is none.
    """
    return [_read(path) for path in sorted(Path(folder).glob("*.json"))]


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


def _score(saliency_map: np.ndarray, truth: dict[str, np.ndarray | None], metrics: Sequence[str]) -> dict[str, float]:
    # Without a truth there is no score but NaN; it is left out of the means and counted.
    return score(
        saliency_map, fixations=truth["fixations"], density=truth["density"],
        other_fixations=truth["other_fixations"], baseline=truth["baseline"], metrics=metrics,
    )  # fmt: skip


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
