"""Figures of a comparison: two models picture by picture, and the pictures on which a model does worst and best."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from wepsam.datasets import FixationDataset, Sample
from wepsam.evaluation.comparison import NAMES, TITLES, differences, higher_is_better
from wepsam.evaluation.results import Evaluation, fingerprint
from wepsam.files import replacing
from wepsam.images import save_image
from wepsam.overlays import colorize, contact_sheet

Answer = Callable[[Sample], np.ndarray]  # a model's map of a sample
HEIGHT = 150  # pixels of a picture on a sheet
SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)  # of the pictures that score worse than those on a sheet of the whole range
COLOR = "#7a3b8f"


def scatter(model: Evaluation, base: Evaluation, metric: str, folder: Path) -> Path:
    """A point per picture, the base's score to the right, the model's up; the three that differ most have their ids.

    Returns:
        The PNG, METRIC-MODEL-vs-BASE.png.

    Raises:
        ValueError: other pictures or protocols, or no picture that both have a score of.
    """
    from matplotlib.figure import Figure  # not pyplot: no window, no global state

    names = [e.about["model"] for e in (model, base)]
    table = differences([model, base], names[1])
    cell = table.rows[names[0]][table.metrics.index(metric)]
    y, x = model.scores(metric), base.scores(metric)
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if not len(known):
        raise ValueError(f"{names[0]} and {names[1]} have no {metric} of one picture")
    better = (y > x)[known] if higher_is_better(metric) else (y < x)[known]
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    low, high = min(x[known].min(), y[known].min()), max(x[known].max(), y[known].max())
    margin = 0.04 * (high - low) or 1.0
    limits = (low - margin, high + margin)
    axes.plot(limits, limits, color="0.75", linewidth=1, zorder=0)
    axes.scatter(x[known], y[known], s=14, color=COLOR, alpha=0.6, linewidths=0)
    for k in known[np.argsort(-np.abs(y - x)[known], kind="stable")[:3]]:
        left = x[k] > (low + high) / 2  # so that no id leaves the axes
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
    path = folder / f"{metric}-{names[0]}-vs-{names[1]}.png"
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=150)
    return path


def sheets(
    model: Evaluation,
    shown: list[tuple[Evaluation, Answer]],
    dataset: FixationDataset,
    metric: str,
    folder: Path,
    *,
    most: int = 6,
) -> list[Path]:
    """The pictures with the model's worst and best scores: picture, models' maps, human density; with the scores.

    Args:
        model: by whose scores pictures are chosen; where no score is, there is no picture.
        shown: whose maps to show, with their scores of the same pictures.
        dataset: that was evaluated.
        metric: one of the model's.
        folder: for METRIC-MODEL-worst.png and -best.png.
        most: pictures a sheet.

    Raises:
        ValueError: another dataset or part, or no scores.
    """
    worst_first = _in_order(model, dataset, metric)
    name = model.about["model"]
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for kind, chosen in (("worst", worst_first[:most]), ("best", worst_first[::-1][:most])):
        captions = [f"{dataset[k].id}: {_said(model, metric, k)}" for k in chosen]
        paths.append(folder / f"{metric}-{name}-{kind}.png")
        _draw(paths[-1], f"{kind} of {name}", list(zip(chosen, captions, strict=True)), shown, dataset, metric)
    return paths


def range_sheet(
    model: Evaluation, shown: list[tuple[Evaluation, Answer]], dataset: FixationDataset, metric: str, path: Path
) -> None:
    """Pictures chosen by a rule and not by hand: those at 10, 30, 50, 70 and 90 % of all, from the worst score up.

    Args:
        model: by whose scores pictures are chosen.
        shown: whose maps to show, with their scores of the same pictures.
        dataset: that was evaluated.
        metric: one of the model's.
        path: of the picture.

    Raises:
        ValueError: another dataset or part, or no scores.
    """
    worst_first = _in_order(model, dataset, metric)
    chosen = [(worst_first[round(share * (len(worst_first) - 1))], share) for share in SHARES]
    captions = [(place, f"{dataset[place].id}, at {share:.0%}") for place, share in chosen]
    path.parent.mkdir(parents=True, exist_ok=True)
    _draw(path, f"by {TITLES.get(metric, metric)} of {model.about['model']}", captions, shown, dataset, metric)


def _in_order(model: Evaluation, dataset: FixationDataset, metric: str) -> list[int]:
    """Places in the dataset, the model's worst score first; those without a score left out."""
    name = model.about["model"]
    if [row["id"] for row in model.rows] != [sample.id for sample in dataset] or (
        model.about.get("dataset_sha256", fingerprint(dataset)) != fingerprint(dataset)
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
    shown: list[tuple[Evaluation, Answer]],
    dataset: FixationDataset,
    metric: str,
) -> None:
    """A row for each chosen picture, by place and caption: the picture, the models' maps, the human density."""
    rows, captions = [], []
    for place, caption in chosen:
        sample = dataset[place]
        density = colorize(sample.density()) if sample.has_density else None
        rows.append([sample.stimulus(), *(colorize(answer(sample)) for _, answer in shown), density])
        captions.append([caption, *(_said(e, metric, place) for e, _ in shown), ""])
    labels = [title, *(NAMES.get(e.about["model"], e.about["model"]) for e, _ in shown), "people"]
    save_image(path, contact_sheet(rows, labels=labels, captions=captions, height=HEIGHT))


def _said(evaluation: Evaluation, metric: str, place: int) -> str:
    return f"{TITLES.get(metric, metric)} {evaluation.scores(metric)[place]:.2f}"
