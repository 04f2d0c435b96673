"""What a comparison says: models and people, metric by metric, on the same pictures; and how far they differ."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wepsam.evaluation.references import ALWAYS, PEOPLE
from wepsam.evaluation.results import Evaluation, interval, read
from wepsam.metrics import ON_REQUEST, PROTOCOLS

# Columns in the usual order; those that a dataset has are shown.
TITLES = {
    "auc_judd": "AUC-Judd", "auc_borji": "AUC-Borji", "auc_shuffled": "sAUC", "auc_density": "AUC (density)",
    "nss": "NSS", "nss_density": "NSS (density)", "cc": "CC", "sim": "SIM", "kl_div": "KL", "info_gain": "IG (bit)",
    "emd": "EMD",
}  # fmt: skip
# Rows that are not models: the floor first, people last.
NAMES = {
    "center-bias": "center bias (fitted)",
    "center-gaussian": "center Gaussian",
    "gbvs-128": "GBVS, 128 px (the paper's teacher)",
    "gbvs-256": "GBVS, 256 px",
    "gbvs-512": "GBVS, 512 px",
    "gbvs": "GBVS, full size",
    "random-start": "wepsam-paper, no weak pre-training",
    "wepsam-paper-first": "wepsam-paper as first shipped",
    "wepsam-lite-fast": "wepsam-lite, fast",
    "one-observer": "one observer",
    "half-of-observers": "half of the observers",
    "gold-standard": "gold standard (all others)",
}
FIRST = ["center-gaussian", "center-bias", "gbvs-128", "gbvs-256", "gbvs-512", "gbvs"]
LAST = list(PEOPLE)


@dataclass(frozen=True)
class Cell:
    """A mean over pictures with its 95 % interval; all NaN where no picture has a score.

    `marked`: the best model of its column; of a difference, that its interval excludes 0.
    """

    mean: float
    low: float
    high: float
    pictures: int
    marked: bool = False


@dataclass(frozen=True)
class Comparison:
    """A table: `rows` has, for each model, a cell for each of `metrics`; `base` is what differences are taken from."""

    metrics: tuple[str, ...]
    rows: dict[str, tuple[Cell, ...]]
    note: str
    base: str | None = None


def compared(evaluations: list[Evaluation]) -> Comparison:
    """Models in the usual order with their scores; the best model of each column is marked, people are no model.

    Raises:
        ValueError: evaluations of different datasets, parts, pictures or protocols.
    """
    evaluations = _comparable(evaluations)
    metrics = _columns(evaluations)
    best = {name: _best(name, evaluations) for name in metrics}
    rows = {
        e.about["model"]: tuple(_cell(e.scores(name), best[name] == e.about["model"]) for name in metrics)
        for e in evaluations
    }
    note = (
        f"{_of(evaluations[0])}, mean ± half of the 95 % bootstrap interval over pictures. "
        f"Bold: the best model; people are no model.{_left_out(evaluations, metrics)}"
    )
    return Comparison(metrics, rows, note)


def differences(evaluations: list[Evaluation], base: str) -> Comparison:
    """Model minus `base`, picture by picture: the mean, its 95 % interval, and whether that excludes 0.

    Pictures that are hard for all models widen each model's own interval, but not that of the difference. A picture
    where one of the two has no score does not count.

    Raises:
        ValueError: no such base, or evaluations that cannot be compared.
    """
    evaluations = _comparable(evaluations)
    known = {e.about["model"]: e for e in evaluations}
    if base not in known:
        raise ValueError(f"no results of {base} to compare with; there are {', '.join(known)}")
    metrics = _columns(evaluations)
    rows = {}
    for model, evaluation in known.items():
        if model != base:
            both = ((evaluation.scores(name), known[base].scores(name)) for name in metrics)
            cells = (_cell(np.subtract(*_known(*pair))) for pair in both)
            rows[model] = tuple(Cell(c.mean, c.low, c.high, c.pictures, c.low > 0 or c.high < 0) for c in cells)
    note = (
        f"{_of(evaluations[0])}: model minus {base} on the same pictures, mean and 95 % bootstrap interval. "
        f"*: the interval excludes 0.{_left_out(evaluations, metrics)}"
    )
    return Comparison(metrics, rows, note, base)


def missing(evaluations: list[Evaluation]) -> list[str]:
    """The rows that every comparison should have and this one lacks; people only where points are known."""
    points = "nss" in evaluations[0].metrics
    known = {e.about["model"] for e in evaluations}
    return [name for name in ALWAYS if name not in known and (points or name not in LAST)]


def higher_is_better(metric: str) -> bool:
    tables = (*PROTOCOLS.values(), ON_REQUEST)
    return all(table[metric].higher_is_better for table in tables if metric in table)


def same_pictures(one: Evaluation, other: Evaluation) -> bool:
    """Whether two evaluations are of the same pictures with the same fixations, as far as they tell."""
    known = {e.about["dataset_sha256"] for e in (one, other) if "dataset_sha256" in e.about}  # the oldest have none
    # Ids are unique within a dataset only.
    ids, others = ([e.about["dataset"], *(row["id"] for row in e.rows)] for e in (one, other))
    return len(known) < 2 and ids == others


def together(folders: Iterable[Path]) -> dict[Path, list[Evaluation]]:
    """What folders hold, for a table each: those of the same pictures under one protocol are put together.

    Args:
        folders: that `wepsam evaluate` wrote.

    Returns:
        The evaluations by the first folder of a table. A model that several folders have counts once, as the first
        has it.

    Raises:
        ValueError: a folder has no results.
    """
    tables: dict[Path, list[Evaluation]] = {}
    for folder in folders:
        found = read(folder)
        if not found:
            raise ValueError(f"no results in {folder}")
        for table in tables.values():
            if table[0].about["protocol"] == found[0].about["protocol"] and same_pictures(table[0], found[0]):
                known = {e.about["model"] for e in table}
                table += [e for e in found if e.about["model"] not in known]
                break
        else:
            tables[folder] = found
    return tables


def place(evaluation: Evaluation) -> tuple[int, str]:
    """By this the rows are sorted."""
    model = evaluation.about["model"]
    if model in FIRST:
        return FIRST.index(model), model
    return len(FIRST) + (LAST.index(model) + 1 if model in LAST else 0), model


def _comparable(evaluations: list[Evaluation]) -> list[Evaluation]:
    """The evaluations in the usual order; ValueError if they are not of the same pictures under one protocol."""
    evaluations = sorted(evaluations, key=place)
    first = evaluations[0]
    for other in evaluations[1:]:
        if not same_pictures(other, first):
            raise ValueError(
                f"{other.about['model']} and {first.about['model']} were evaluated on different pictures "
                f"({_described(other)}; {_described(first)}); a table compares on the same ones"
            )
        if other.about["protocol"] != first.about["protocol"]:
            raise ValueError(
                f"{other.about['model']} was scored with other metrics than {first.about['model']} (protocols "
                f"{other.about['protocol']} and {first.about['protocol']}); a table has one protocol"
            )
    return evaluations


def _columns(evaluations: list[Evaluation]) -> tuple[str, ...]:
    """The metrics that all have, in the usual order: some may have been asked for of a few models only."""
    common = [name for name in evaluations[0].metrics if all(name in e.metrics for e in evaluations)]
    return (*(name for name in TITLES if name in common), *(name for name in common if name not in TITLES))


def _left_out(evaluations: list[Evaluation], metrics: tuple[str, ...]) -> str:
    names = dict.fromkeys(name for e in evaluations for name in e.metrics if name not in metrics)
    return f" Not of all models: {', '.join(TITLES.get(name, name) for name in names)}." if names else ""


def _known(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    both = ~np.isnan(one) & ~np.isnan(other) & ~(np.isinf(one) & np.isinf(other))
    return one[both], other[both]


def _cell(scores: np.ndarray, marked: bool = False) -> Cell:
    return Cell(*interval(scores), int((~np.isnan(scores)).sum()), marked)


def _best(name: str, evaluations: list[Evaluation]) -> str | None:
    models = [e for e in evaluations if e.about["model"] not in LAST]
    sign = 1 if higher_is_better(name) else -1
    known = [(sign * interval(e.scores(name))[0], e.about["model"]) for e in models]
    return max((k for k in known if not np.isnan(k[0])), default=(0, None))[1]


def _described(evaluation: Evaluation) -> str:
    return f"{len(evaluation.rows)} of {evaluation.about['dataset']} ({evaluation.about['split']})"


def _of(evaluation: Evaluation) -> str:
    about = evaluation.about
    return f"{about['pictures']} pictures of {about['dataset']} ({about['split']}), protocol `{about['protocol']}`"
