"""Figures of a comparison: two models picture by picture, and the pictures on which a model does worst and best."""

import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from wepsam.datasets import FixationDataset, Sample, open_dataset
from wepsam.evaluation import fingerprints
from wepsam.evaluation.comparison import (
    FIRST,
    LAST,
    NAMES,
    TITLES,
    differences,
    higher_is_better,
    read_tables,
    select,
)
from wepsam.evaluation.people import PEOPLE
from wepsam.evaluation.results import Evaluation
from wepsam.evaluation.subject import from_record
from wepsam.files import below, replacing
from wepsam.images import save_image
from wepsam.overlays import colorize, contact_sheet

Folders = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
"""One or several folders of results."""
Datasets = FixationDataset | str | Sequence[FixationDataset | str]
"""A dataset or "NAME=FOLDER", one or several."""
MapOf = Callable[[Sample], np.ndarray]  # a model's map of a sample
HEIGHT = 150  # pixels of a picture on a sheet
SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)  # of the pictures that score worse than those on a sheet of the whole range
COLOR = "#7a3b8f"
log = logging.getLogger("wepsam")


def plot(
    results: Folders,
    out: str | os.PathLike[str],
    *,
    models: Sequence[str] = (),
    paired: str = "gbvs",
    datasets: Datasets = (),
    metric: str | None = None,
    pictures: int = 6,
) -> list[Path]:
    """Draw each model's scores over those of another, and the pictures with its worst and best scores.

    Args:
        results: one or several folders that `evaluate` wrote.
        out: folder for the figures, OUT/DATASET-SPLIT/METRIC-MODEL-vs-BASE.png, -worst.png and -best.png.
        models: whose figures to draw; by default all models but the simplest (center, GBVS), people and `paired`.
        paired: the base, which the other models are drawn over; without results of it there are no such figures.
        datasets: the datasets of the results, as `evaluate` took them: `FixationDataset` or "NAME=FOLDER". The worst
            and best pictures are drawn for those that are given.
        metric: by which pictures are chosen; by default NSS, or what stands in for it.
        pictures: number of pictures on a sheet.

    Returns:
        The PNG files. A model whose maps cannot be made again is left out of the sheets; the log says why.

    Raises:
        ValueError: a folder without results, no results of one of the models, or no such metric.
    """
    paths = []
    for folder, evaluations in read_tables(results).items():
        known = {e.about["model"]: e for e in evaluations}
        base = known.get(paired)
        about = evaluations[0].about
        to = below(out, f"{about['dataset']}-{about['split']}")
        which = _metric(evaluations[0], metric)
        chosen = [e for e in select(evaluations, models, folder) if e.about["model"] != paired]
        if not models:
            chosen = [e for e in chosen if e.about["model"] not in (*FIRST, *LAST)] or [
                e for e in chosen if e.about["model"] not in LAST
            ]
        if base is not None:
            paths += [scatter(one, base, which, to) for one in chosen]
        part = _evaluated(about, datasets)
        if part is not None:
            for one in chosen:
                maps = _maps([one] if base is None else [one, base], part)
                paths += sheets(one, maps, part, which, to, most=pictures)
    return paths


def plot_sheet(
    results: Folders,
    path: str | os.PathLike[str],
    *,
    models: Sequence[str],
    datasets: Datasets,
    metric: str | None = None,
) -> Path:
    """Draw the pictures at 10, 30, 50, 70 and 90 % of the first model's scores, with the maps of all models.

    Args:
        results: one or several folders that `evaluate` wrote, of the same pictures.
        path: the picture to write.
        models: whose maps to show; the first chooses the pictures.
        datasets: the dataset of the results, alone or among others, as `evaluate` took it.
        metric: by which pictures are chosen; by default NSS, or what stands in for it.

    Returns:
        `path`.

    Raises:
        ValueError: no model, results of several sets of pictures, none of a model, or not the dataset of the results.
    """
    tables = read_tables(results)
    if len(tables) != 1:
        raise ValueError(
            f"a sheet shows one set of pictures, these folders have {len(tables)}: {', '.join(map(str, tables))}"
        )
    if not models:
        raise ValueError("a sheet needs the names of its models; the first chooses the pictures")
    ((folder, evaluations),) = tables.items()
    chosen = select(evaluations, models, folder)
    about = chosen[0].about
    part = _evaluated(about, datasets)
    if part is None:
        raise ValueError(f"a sheet needs the pictures: the dataset {about['dataset']}, as NAME=FOLDER")
    range_sheet(chosen[0], _maps(chosen, part), part, _metric(chosen[0], metric), Path(path))
    return Path(path)


def scatter(model: Evaluation, base: Evaluation, metric: str, folder: Path) -> Path:
    """Draw a point for each picture: the base's score on x, the model's on y; the three largest differences have ids.

    Returns:
        The PNG, FOLDER/METRIC-MODEL-vs-BASE.png.

    Raises:
        ValueError: other pictures or protocols, or no picture with a score of both.
    """
    from matplotlib.figure import Figure  # not pyplot: no window, no global state

    names = [e.about["model"] for e in (model, base)]
    table = differences([model, base], names[1])
    cell = table.rows[names[0]][table.metrics.index(metric)]
    y, x = model.scores(metric), base.scores(metric)
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if not len(known):
        raise ValueError(f"{names[0]} and {names[1]} have no picture with a {metric} of both")
    better = (y > x)[known] if higher_is_better(metric) else (y < x)[known]
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    low, high = min(x[known].min(), y[known].min()), max(x[known].max(), y[known].max())
    margin = 0.04 * (high - low) or 1.0
    limits = (low - margin, high + margin)
    axes.plot(limits, limits, color="0.75", linewidth=1, zorder=0)
    axes.scatter(x[known], y[known], s=14, color=COLOR, alpha=0.6, linewidths=0)
    for k in known[np.argsort(-np.abs(y - x)[known], kind="stable")[:3]]:
        left = x[k] > (low + high) / 2  # toward the middle, so that no id leaves the axes
        axes.annotate(
            str(model.rows[k]["id"]), (x[k], y[k]), xytext=(-5 if left else 5, 0), textcoords="offset points",
            ha="right" if left else "left", va="center", fontsize=7, color="0.35", parse_math=False,
        )  # fmt: skip
    title = TITLES.get(metric, metric)
    axes.set(xlim=limits, ylim=limits, aspect="equal")
    axes.set_xlabel(f"{title}: {NAMES.get(names[1], names[1])}", parse_math=False)
    axes.set_ylabel(f"{title}: {NAMES.get(names[0], names[0])}", parse_math=False)
    axes.set_title(
        f"{names[0]} is better on {int(better.sum())} of {len(known)} pictures\n"
        f"mean difference {cell.mean:+.3f} [{cell.low:+.3f}, {cell.high:+.3f}]",
        fontsize=9,
        parse_math=False,
    )
    axes.spines[["top", "right"]].set_visible(False)
    path = below(folder, f"{metric}-{names[0]}-vs-{names[1]}.png")
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=150)
    return path


def sheets(
    model: Evaluation,
    shown: list[tuple[Evaluation, MapOf]],
    dataset: FixationDataset,
    metric: str,
    folder: Path,
    *,
    most: int = 6,
) -> list[Path]:
    """Draw the pictures with a model's worst and best scores: stimulus, maps of the models with scores, human density.

    Args:
        model: its scores choose the pictures; pictures without a score are left out.
        shown: the models whose maps to show, with their scores of the same pictures.
        dataset: the pictures that were evaluated.
        metric: one of the model's.
        folder: for METRIC-MODEL-worst.png and -best.png.
        most: number of pictures on a sheet.

    Raises:
        ValueError: another dataset or part, or no scores.
    """
    worst_first = _worst_first(model, dataset, metric)
    name = model.about["model"]
    paths = []
    for kind, chosen in (("worst", worst_first[:most]), ("best", worst_first[::-1][:most])):
        captions = [f"{dataset[k].id}: {_score(model, metric, k)}" for k in chosen]
        paths.append(below(folder, f"{metric}-{name}-{kind}.png"))
        paths[-1].parent.mkdir(parents=True, exist_ok=True)
        _draw(paths[-1], f"{kind} of {name}", list(zip(chosen, captions, strict=True)), shown, dataset, metric)
    return paths


def range_sheet(
    model: Evaluation, shown: list[tuple[Evaluation, MapOf]], dataset: FixationDataset, metric: str, path: Path
) -> None:
    """Draw pictures that a rule chooses, not a hand: those at 10, 30, 50, 70 and 90 % of a model's sorted scores.

    Args:
        model: its scores choose the pictures.
        shown: the models whose maps to show, with their scores of the same pictures.
        dataset: the pictures that were evaluated.
        metric: one of the model's.
        path: the picture to write.

    Raises:
        ValueError: another dataset or part, or no scores.
    """
    worst_first = _worst_first(model, dataset, metric)
    chosen = [(worst_first[round(share * (len(worst_first) - 1))], share) for share in SHARES]
    captions = [(place, f"{dataset[place].id}, at {share:.0%}") for place, share in chosen]
    path.parent.mkdir(parents=True, exist_ok=True)
    _draw(path, f"by {TITLES.get(metric, metric)} of {model.about['model']}", captions, shown, dataset, metric)


def _worst_first(model: Evaluation, dataset: FixationDataset, metric: str) -> list[int]:
    """Places in the dataset, the worst score first; pictures without a score are left out."""
    name = model.about["model"]
    if [row["id"] for row in model.rows] != [sample.id for sample in dataset] or (
        any(model.about.get(key, value) != value for key, value in fingerprints.of_data(dataset).items())
    ):
        raise ValueError(f"{name} was evaluated on other pictures than these {len(dataset)} of {dataset.name}")
    scores = model.scores(metric)
    known = np.flatnonzero(np.isfinite(scores))
    if not len(known):
        raise ValueError(f"{name} has no {metric} of any picture")
    order = np.argsort(scores[known] if higher_is_better(metric) else -scores[known], kind="stable")
    return [int(place) for place in known[order]]


def _draw(
    path: Path,
    title: str,
    chosen: list[tuple[int, str]],
    shown: list[tuple[Evaluation, MapOf]],
    dataset: FixationDataset,
    metric: str,
) -> None:
    """Draw a row for each (place, caption) in `chosen`: the picture, the models' maps, the human density."""
    rows, captions = [], []
    for place, caption in chosen:
        sample = dataset[place]
        density = colorize(sample.density()) if sample.has_density else None
        rows.append([sample.stimulus(), *(colorize(map_of(sample)) for _, map_of in shown), density])
        captions.append([caption, *(_score(e, metric, place) for e, _ in shown), ""])
    labels = [title, *(NAMES.get(e.about["model"], e.about["model"]) for e, _ in shown), "people"]
    save_image(path, contact_sheet(rows, labels=labels, captions=captions, height=HEIGHT))


def _score(evaluation: Evaluation, metric: str, place: int) -> str:
    return f"{TITLES.get(metric, metric)} {evaluation.scores(metric)[place]:.2f}"


def _maps(evaluations: list[Evaluation], dataset: FixationDataset) -> list[tuple[Evaluation, MapOf]]:
    """The models whose maps can be made again, each with a function that makes them; people have no map."""
    maps: list[tuple[Evaluation, MapOf]] = []
    for evaluation in evaluations:
        about = evaluation.about
        if about.get("source", about["model"]) in PEOPLE:
            continue
        try:
            maps.append((evaluation, from_record(about, dataset).map))
        except ValueError as error:
            log.warning("no maps of %s on the sheets: %s", about["model"], error)
    return maps


def _metric(evaluation: Evaluation, metric: str | None) -> str:
    """The metric that figures show."""
    if not metric:
        return next(name for name in ("nss", "nss_density", *evaluation.metrics) if name in evaluation.metrics)
    if metric not in evaluation.metrics:
        raise ValueError(f"metrics of these results are {', '.join(evaluation.metrics)}, not {metric!r}")
    return metric


def _evaluated(about: dict[str, str], datasets: Datasets) -> FixationDataset | None:
    """The part of a dataset that was evaluated, if it is among those given."""
    for dataset in [datasets] if isinstance(datasets, FixationDataset | str) else datasets:
        part = open_dataset(dataset).split(about["split"]) if isinstance(dataset, str) else dataset
        if part.name == about["dataset"]:
            return part
    return None
