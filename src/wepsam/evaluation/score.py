"""A model on a dataset: one row of scores per picture, and how they came about."""

import math
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import wepsam
from wepsam.classical.center_bias import CenterBias
from wepsam.datasets import FixationDataset, Sample
from wepsam.evaluation.map_folder import MapFolder
from wepsam.evaluation.parallel import in_order
from wepsam.evaluation.partial import Partial
from wepsam.evaluation.references import AT_FIXATIONS_ONLY, REFERENCES, Reference
from wepsam.evaluation.results import Evaluation, fingerprint, interval, read, saved
from wepsam.metrics import ON_REQUEST, PROTOCOLS, score
from wepsam.progress import bar

__all__ = ["PROTOCOLS", "Evaluation", "evaluate", "fingerprint", "interval", "read", "saved"]

Predict = Callable[[np.ndarray], np.ndarray]
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


def evaluate(
    model: Predict | MapFolder | str,
    dataset: FixationDataset,
    *,
    name: str | None = None,
    split: str = "all",
    protocol: str = "mit",
    also: Sequence[str] = (),
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
        also: metrics beyond the protocol's, of `metrics.ON_REQUEST`: "emd".
        workers: processes to divide the pictures among; -1 for one per core. Needs joblib, and a model that can be
            pickled; without them it is one.
        partial: file for the rows as they come. An evaluation that was interrupted goes on from there, if nothing
            that scores depend on has changed (of a function only its name is known); it is removed at the end.

    Raises:
        ValueError: no pictures, a reference that this dataset cannot give, a map that is missing or of another size
            than its picture, or no such protocol or metric.
    """
    if not len(dataset):
        raise ValueError(f"{dataset.name} has no pictures to score on")
    if isinstance(model, str) and model not in REFERENCES:
        raise ValueError(
            f"a model by name is one of {', '.join(REFERENCES)}, not {model!r}; give any other as a function"
        )
    if protocol not in PROTOCOLS:
        raise ValueError(f"protocols are {', '.join(PROTOCOLS)}, not {protocol!r}")
    if unknown := set(also) - set(ON_REQUEST):
        raise ValueError(f"metrics on request are {', '.join(ON_REQUEST)}, not {', '.join(sorted(unknown))}")
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
    table = PROTOCOLS[protocol] | {m: ON_REQUEST[m] for m in dict.fromkeys(also)}
    metrics = [m for m, metric in table.items() if truths.offers(m, metric.needs)]
    about = {
        "model": name, "dataset": dataset.name, "split": split, "pictures": len(dataset), "protocol": protocol,
        **NOTES.get(protocol, {}), "sigma": dataset.sigma, **({"note": dataset.note} if dataset.note else {}),
        "weights": getattr(model, "card", {}).get("sha256"), **made, "dataset_sha256": fingerprint(dataset),
        "versions": {"wepsam": wepsam.__version__, "numpy": version("numpy"), "python": platform.python_version()},
    }  # fmt: skip
    densities = not (isinstance(model, str) and model in AT_FIXATIONS_ONLY)
    work = _Work(dataset, reference, truths, metrics, protocol, densities)
    kept = Partial(partial, about | {"metrics": metrics}, len(metrics))
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
    rows = tuple({"id": s.id} | dict(zip(metrics, kept.rows[k], strict=True)) for k, s in enumerate(dataset))
    kept.remove()
    return Evaluation(rows, about)


class _Truths:
    """What the metrics need to know about a sample, each made once."""

    def __init__(self, dataset: FixationDataset, bias: CenterBias) -> None:
        self.dataset, self.bias = dataset, bias
        self._last: tuple[str, tuple[np.ndarray | None, np.ndarray]] | None = None
        # Positions as shares of the picture, so that fixations travel between pictures of different sizes.
        self.relative = {
            s.id: s.fixations / (s.size[1], s.size[0]) for s in dataset if s.fixations is not None and len(s.fixations)
        }

    def offers(self, metric: str, needs: Sequence[str]) -> bool:
        if "fixations" in needs:
            return self.dataset.has_fixations
        # The stand-ins for point metrics are for datasets without points only.
        return not (metric.endswith("_density") and self.dataset.has_fixations)

    def of(self, sample: Sample, *, densities: bool = True) -> dict[str, np.ndarray | None]:
        others, baseline = self._elsewhere(sample)
        return {
            "fixations": sample.fixations,
            "density": sample.density() if densities and sample.has_density else None,
            "other_fixations": others,
            "baseline": baseline,
        }

    def _elsewhere(self, sample: Sample) -> tuple[np.ndarray | None, np.ndarray]:
        """What people did on other pictures; the same for all observers of this one, who come one after another."""
        if self._last is None or self._last[0] != sample.id:
            others = [points for id, points in self.relative.items() if id != sample.id]
            scaled = np.concatenate(others) * (sample.size[1], sample.size[0]) if others else None
            self._last = sample.id, (scaled, self.bias.without(sample))
        return self._last[1]


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
    metrics: Sequence[str]
    protocol: str
    densities: bool = True  # whether metrics that compare with a density mean anything

    def __call__(self, place: int) -> list[float]:
        # A human reference has several predictions a picture, each against its own truth: their mean counts.
        scored = []
        for saliency_map, against in self.reference(self.dataset[place]):
            truth = self.truths.of(against, densities=self.densities)
            scored.append(_score(saliency_map, truth, self.metrics, self.protocol))
        return [_mean([scores[name] for scores in scored]) for name in self.metrics]


def _score(
    saliency_map: np.ndarray, truth: dict[str, np.ndarray | None], metrics: Sequence[str], protocol: str
) -> dict[str, float]:
    """Without a truth there is no score, NaN; it is left out of the means and counted."""
    return score(
        saliency_map,
        fixations=truth["fixations"],
        density=truth["density"],
        other_fixations=truth["other_fixations"],
        baseline=truth["baseline"],
        metrics=metrics,
        protocol=protocol,
    )


def _mean(scores: list[float]) -> float:
    known = [s for s in scores if not np.isnan(s)]
    return float(np.mean(known)) if known else float("nan")
