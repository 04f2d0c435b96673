"""Models and people compared, metric by metric on the same pictures: means, and paired differences."""

import logging
import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from wepsam.evaluation.one_table import refuse_others, same_ids
from wepsam.evaluation.people import ALWAYS, PEOPLE
from wepsam.evaluation.results import Evaluation, interval, read
from wepsam.metrics import ON_REQUEST, PROTOCOLS

log = logging.getLogger("wepsam")
# The titles of columns, in their order; a table shows those that its results have.
TITLES = {
    "auc_judd": "AUC-Judd", "auc_borji": "AUC-Borji", "auc_shuffled": "sAUC", "auc_density": "AUC (density)",
    "auc_or_density": "AUC-Judd or AUC of the density", "nss": "NSS", "nss_density": "NSS (density)",
    "nss_or_density": "NSS or NSS of the density", "cc": "CC", "sim": "SIM", "kl_div": "KL", "info_gain": "IG (bit)",
    "emd": "EMD", "log_likelihood": "LL (nat)",
}  # fmt: skip
# Columns that datasets with fixations and datasets with densities share in a mean over both.
MERGED = {"auc_or_density": ("auc_judd", "auc_density"), "nss_or_density": ("nss", "nss_density")}
# The titles of rows; a model without one is called by its name.
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
    "wepsam-lite-first": "wepsam-lite as first shipped",
    "wepsam-lite-still": "wepsam-lite, frame by frame",
    "wepsam-lite-fast-still": "wepsam-lite, fast, frame by frame",
    "motion": "motion (differences of frames)",
    "one-observer": "one observer",
    "half-of-observers": "half of the observers",
    "gold-standard": "gold standard (all others)",
}
# The order of rows: the floor and the teacher first, then the models by name, people last.
FIRST = ["center-gaussian", "center-bias", "motion", "gbvs-128", "gbvs-256", "gbvs-512", "gbvs"]
LAST = list(PEOPLE)


@dataclass(frozen=True)
class Cell:
    """A mean over pictures with its 95 % interval; all NaN where no picture has a score.

    Attributes:
        pictures: how many have a score.
        marked: of a score, that this model is the best of its column; of a difference, that its interval excludes 0.
        worst: of a mean over datasets, the worst of them and its mean.
        mean: over the pictures.
        low: lower end of the interval.
        high: upper end.
    """

    mean: float
    low: float
    high: float
    pictures: int
    marked: bool = False
    worst: tuple[str, float] | None = None


@dataclass(frozen=True)
class Comparison:
    """A table of models and metrics.

    Attributes:
        metrics: the columns.
        rows: for each model a cell for each of `metrics`.
        note: which pictures, which protocol, what the marks mean.
        base: the model that all others are compared with, if the cells are differences.
        name: of the table, for pages: the folder's name, of differences with -minus-BASE; "" if not from a folder.
        names: that the note quotes from results, longest first: whoever writes the note in a markup escapes them.
        seen: the rows whose model has learned from the pictures, or from some of them; they get a dagger.
        datasets: of a mean over datasets, their names.
    """

    metrics: tuple[str, ...]
    rows: dict[str, tuple[Cell, ...]]
    note: str
    base: str | None = None
    name: str = ""
    names: tuple[str, ...] = ()
    seen: frozenset[str] = frozenset()
    datasets: tuple[str, ...] = ()


def compare(
    results: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    models: Sequence[str] = (),
    paired: str | None = None,
) -> list[Comparison]:
    """Tables of evaluations, with 95 % intervals; made from the results files only.

    Args:
        results: one or several folders that `evaluate` wrote, such as results/osie-validation. Folders of the same
            pictures make one table, named after the first of them.
        models: the models to show; by default all.
        paired: a model. Also compare all others with it, picture by picture.

    Returns:
        For each set of pictures the table of scores, and after it, with `paired`, the table of differences. Behind
        those of several datasets the mean over datasets; see `wepsam.evaluation.mean_over_datasets`.
        `wepsam.evaluation.table.FORMATS` writes them as Markdown, HTML, LaTeX or CSV.

    Raises:
        ValueError: a folder without results, no results of one of the models, or models that were scored on other
            fixations. A file that is no result is left out, with a warning.
    """
    from wepsam.evaluation.over_datasets import cannot, mean_over_datasets  # here: it builds on this module

    tables, sets = [], []
    for folder, evaluations in read_tables(results).items():
        name = folder.resolve().name
        evaluations = select(evaluations, models, folder, also=paired)
        sets.append(evaluations)
        tables.append(score_table(evaluations, name=name))
        if paired is not None:
            tables.append(differences(evaluations, paired, name=f"{name}-minus-{paired}"))
    if len(sets) > 1 and (reason := cannot(sets, paired)):
        log.info("no mean over datasets: %s", reason)
    elif len(sets) > 1:
        tables += mean_over_datasets(sets, paired=paired)
    return tables


def read_tables(
    results: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
) -> dict[Path, list[Evaluation]]:
    """The evaluations in one or several folders, those of the same pictures under one protocol together.

    Args:
        results: folders that `evaluate` wrote.

    Returns:
        The evaluations of each table, by its first folder. A model that several folders have counts once, as the first
        of them has it.

    Raises:
        ValueError: a folder that does not exist or has no results; or two folders have results of the same pictures
            against other fixations. A file that is no result is left out, with a warning; another warning says which
            results have another variant of a metric, as those of an older wepsam may.
    """
    tables: dict[Path, list[Evaluation]] = {}
    for folder in map(Path, [results] if isinstance(results, str | os.PathLike) else results):
        damaged: list[str] = []
        evaluations = read(folder, damaged)
        if not evaluations and damaged:
            raise ValueError(damaged[0])
        for line in damaged:
            log.warning("left out: %s", line)
        if not evaluations:
            what = "no results in" if folder.is_dir() else "no folder"
            raise ValueError(
                f"{what} {folder}; expected one that wepsam evaluate wrote, such as results/osie-validation"
            )
        for table in tables.values():
            same_protocol = table[0].about["protocol"] == evaluations[0].about["protocol"]
            if same_protocol and same_ids(table[0], evaluations[0]):
                comparable([*table, *evaluations])
                known = {e.about["model"] for e in table}
                table += [e for e in evaluations if e.about["model"] not in known]
                break
        else:
            tables[folder] = evaluations
    for table in tables.values():
        _warn_of_variants(table)
    return tables


def select(
    evaluations: list[Evaluation], models: Sequence[str], folder: Path, *, also: str | None = None
) -> list[Evaluation]:
    """The evaluations of some models, in the order of `models`; of all models if it is empty.

    Args:
        evaluations: of one table.
        models: names.
        folder: for the message.
        also: one more model, where there are results of it.

    Raises:
        ValueError: no results of one of the models.
    """
    if not models:
        return evaluations
    known = {e.about["model"]: e for e in evaluations}
    if unknown := [name for name in models if name not in known]:
        raise ValueError(f"no results of {unknown[0]} in {folder}; there are {', '.join(known)}")
    return [known[name] for name in dict.fromkeys([*models, *([also] if also in known else [])])]


def score_table(evaluations: list[Evaluation], *, name: str = "") -> Comparison:
    """Models in the usual order with their mean scores; the best model of each column is marked.

    People are never the best, nor is a model that has learned from the pictures.

    Args:
        evaluations: of the same pictures.
        name: of the table.

    Raises:
        ValueError: evaluations of different datasets, parts, pictures or protocols.
    """
    evaluations = comparable(evaluations)
    metrics = columns(evaluations)
    rows = {e.about["model"]: tuple(_cell(e.scores(metric)) for metric in metrics) for e in evaluations}
    seen = seen_by(evaluations)
    unit = evaluations[0].about.get("unit", "pictures")
    note = (
        f"{_described(evaluations[0])}; mean ± half of the 95 % bootstrap interval over {unit}. "
        f"Bold: best model per metric.{people_note(rows)}{_dagger(seen)}{left_out(evaluations, metrics)}"
    )
    names = _quoted(evaluations, metrics)
    return Comparison(metrics, with_best(rows, metrics, seen), note, name=name, names=names, seen=seen)


def differences(evaluations: list[Evaluation], base: str, *, name: str = "") -> Comparison:
    """Each model minus `base`, picture by picture: the mean, its 95 % interval, and whether that excludes 0.

    Pictures that are hard for all models widen the interval of each model's score, but not that of the difference.
    Pictures where one of the two has no score do not count.

    Args:
        evaluations: of the same pictures.
        base: the model to compare with.
        name: of the table.

    Raises:
        ValueError: no results of `base`, or evaluations that cannot be compared.
    """
    evaluations = comparable(evaluations)
    known = {e.about["model"]: e for e in evaluations}
    if base not in known:
        raise ValueError(f"no results of {base} to compare with; there are {', '.join(known)}")
    metrics, seen = columns(evaluations), seen_by(evaluations)
    rows = {}
    for model, evaluation in known.items():
        if model != base:
            both = ((evaluation.scores(metric), known[base].scores(metric)) for metric in metrics)
            rows[model] = tuple(without_zero(_cell(np.subtract(*in_both(*pair)))) for pair in both)
    note = (
        f"{_described(evaluations[0])}: model minus {base} on the same pictures, mean and 95 % bootstrap interval. "
        f"*: the interval excludes 0.{_dagger(seen, base)}{left_out(evaluations, metrics)}"
    )
    return Comparison(metrics, rows, note, base, name, _quoted(evaluations, metrics, base), seen - {base})


def missing_rows(table: Comparison) -> list[str]:
    """The rows that every comparison should have and this one lacks; people only where points are known."""
    if table.datasets or "motion" in table.rows:
        return []  # the table of each dataset says it; clips have references of their own
    points = "nss" in table.metrics
    return [name for name in ALWAYS if name not in (*table.rows, table.base) and (points or name not in LAST)]


def higher_is_better(metric: str) -> bool:
    """Whether a larger value of a metric is a better score."""
    tables = (*PROTOCOLS.values(), ON_REQUEST)
    return all(table[metric].higher_is_better for table in tables if metric in table)


def column_title(metric: str) -> str:
    """The title of a metric's column, with an arrow down where a smaller value is a better score."""
    return TITLES.get(metric, metric) + ("" if higher_is_better(metric) else " ↓")


def row_order(evaluation: Evaluation) -> tuple[int, str]:
    """The key by which rows are sorted."""
    model = evaluation.about["model"]
    if model in FIRST:
        return FIRST.index(model), model
    return len(FIRST) + (LAST.index(model) + 1 if model in LAST else 0), model


def _warn_of_variants(evaluations: list[Evaluation]) -> None:
    """Say in the log whose scores are of another variant of a metric, by what the records say about it."""
    for metric in evaluations[0].metrics:
        variants: dict[str, list[str]] = {}
        for evaluation in evaluations:
            if metric in evaluation.metrics:
                variants.setdefault(str(evaluation.about.get(metric)), []).append(evaluation.about["model"])
        if len(variants) > 1:
            fewest = min(variants.values(), key=len)
            message = "%s of %s is another variant than that of the others; evaluate again what an older wepsam scored"
            log.warning(message, TITLES.get(metric, metric), ", ".join(fewest))


def comparable(evaluations: Sequence[Evaluation]) -> list[Evaluation]:
    """The evaluations in the order of rows; ValueError if they are not of the same pictures under one protocol."""
    evaluations = sorted(evaluations, key=row_order)
    refuse_others(evaluations)
    return evaluations


def columns(evaluations: Sequence[Evaluation]) -> tuple[str, ...]:
    """The metrics that all evaluations have, in the order of columns; some were asked for of a few models only."""
    common = [name for name in evaluations[0].metrics if all(name in e.metrics for e in evaluations)]
    return (*(name for name in TITLES if name in common), *(name for name in common if name not in TITLES))


def left_out(evaluations: Sequence[Evaluation], metrics: tuple[str, ...]) -> str:
    """A sentence about the metrics that only some of the evaluations have; "" if there are none."""
    names = dict.fromkeys(name for e in evaluations for name in e.metrics if name not in metrics)
    titles = ", ".join(TITLES.get(name, name) for name in names)
    return f" Not scored for all models: {titles}." if names else ""


def in_both(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The pictures on which both have a score; not those where both are infinite, whose difference means nothing."""
    both = ~np.isnan(one) & ~np.isnan(other) & ~(np.isinf(one) & np.isinf(other))
    return one[both], other[both]


def _cell(scores: np.ndarray) -> Cell:
    return Cell(*interval(scores), int((~np.isnan(scores)).sum()))


def without_zero(cell: Cell) -> Cell:
    """A difference, marked if its interval excludes 0."""
    return replace(cell, marked=cell.low > 0 or cell.high < 0)


def with_best(
    rows: dict[str, tuple[Cell, ...]], metrics: Sequence[str], seen: Collection[str]
) -> dict[str, tuple[Cell, ...]]:
    """The rows with the best model of each column marked; neither people nor those who have seen the pictures count."""
    marked = {model: list(cells) for model, cells in rows.items()}
    for place, metric in enumerate(metrics):
        sign = 1 if higher_is_better(metric) else -1
        models = [model for model in rows if model not in LAST and model not in seen]
        known = [(sign * rows[model][place].mean, model) for model in models]
        if known := [one for one in known if not np.isnan(one[0])]:
            best = max(known)[1]
            marked[best][place] = replace(marked[best][place], marked=True)
    return {model: tuple(cells) for model, cells in marked.items()}


def seen_by(evaluations: Iterable[Evaluation]) -> frozenset[str]:
    """The models that have learned from the pictures, or from some of them, as far as the records say."""
    return frozenset(e.about["model"] for e in evaluations if e.about.get("seen"))


def people_note(rows: Iterable[str]) -> str:
    """A sentence if some rows are of people."""
    return " Human rows excluded." if set(rows) & set(LAST) else ""


def _dagger(seen: Collection[str], base: str | None = None) -> str:
    """The footnote of the dagger."""
    if not seen:
        return ""
    also = f" {base} is one of them." if base in seen else ""
    bold = "" if base else "; never bold"
    return f" †: has learned from these pictures, or from some of them, so the scores are optimistic{bold}.{also}"


def _quoted(evaluations: list[Evaluation], metrics: tuple[str, ...], *more: str) -> tuple[str, ...]:
    """The names in a note that come from files."""
    about = evaluations[0].about
    left_out = {name for e in evaluations for name in e.metrics} - {*metrics, *TITLES}
    return tuple(sorted({about["dataset"], about["split"], about["protocol"], *left_out, *more}, key=len, reverse=True))


def _described(evaluation: Evaluation) -> str:
    about = evaluation.about
    counted = f"{about['pictures']} {about.get('unit', 'pictures')}"
    return f"{counted} of {about['dataset']} ({about['split']}), protocol `{about['protocol']}`"
