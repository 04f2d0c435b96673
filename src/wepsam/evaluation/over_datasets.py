"""Models compared over several datasets: each dataset counts once, however many pictures it has.

A laboratory's pictures, display and people make its scores differ from those of others. The mean over datasets says
what to expect of one that is not among them, as far as they are typical; the worst dataset says how bad it may be.

The intervals are bootstrap intervals: 2000 times, each dataset's pictures are drawn anew with replacement, and the mean
over datasets is taken of the means. They say how well these datasets' mean is known. Other datasets differ by more.
"""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wepsam.evaluation.comparison import (
    MERGED,
    TITLES,
    Cell,
    Comparison,
    column_title,
    columns,
    comparable,
    higher_is_better,
    in_both,
    left_out,
    people_note,
    seen_by,
    with_best,
    without_zero,
)  # fmt: skip
from wepsam.evaluation.results import Evaluation, resampled_means

NAME, UNSEEN = "over-datasets", "over-unseen-datasets"  # of the tables, for pages
Tables = Mapping[str, Mapping[str, Evaluation]]  # dataset -> model -> evaluation


def mean_over_datasets(evaluations: Sequence[Sequence[Evaluation]], *, paired: str | None = None) -> list[Comparison]:
    """The mean over datasets of each metric that all of them offer, with 95 % intervals and the worst dataset.

    NSS of fixations, and where a dataset publishes densities only, the NSS that is expected of fixations drawn from
    them, share a column; so do AUC-Judd and the AUC of the density. Models without results on one of the datasets are
    left out, and the note names them: all rows are means over the same datasets.

    Args:
        evaluations: for each dataset those of its pictures.
        paired: a model. Also compare all others with it, picture by picture.

    Returns:
        The table of all datasets. If a model has learned from the pictures of some, also the table of those from which
        none has. After each, with `paired`, the table of differences.

    Raises:
        ValueError: fewer than two datasets, one of them twice, different protocols, or no model that all have.
    """
    if reason := cannot(evaluations, paired):
        raise ValueError(f"no mean over datasets: {reason}")
    tables = {
        group[0].about["dataset"]: {e.about["model"]: e for e in comparable(list(group))} for group in evaluations
    }
    models = [model for model in next(iter(tables.values())) if all(model in table for table in tables.values())]
    chosen = {NAME: tables}
    unseen = {name: table for name, table in tables.items() if not seen_by(table[model] for model in models)}
    if 1 < len(unseen) < len(tables):
        chosen[UNSEEN] = unseen
    found = []
    for name, some in chosen.items():
        found.append(_score_table(some, models, name, len(tables)))
        if paired is not None:
            found.append(_differences(some, models, paired, f"{name}-minus-{paired}", len(tables)))
    return found


def cannot(evaluations: Sequence[Sequence[Evaluation]], paired: str | None = None) -> str:
    """Why these tables have no mean over datasets, in words; "" if they have."""
    names = [group[0].about["dataset"] for group in evaluations]
    protocols = sorted({group[0].about["protocol"] for group in evaluations})
    if len(names) < 2:
        return "it takes two datasets or more"
    if twice := [name for place, name in enumerate(names) if name in names[:place]]:
        return f"there are two sets of pictures of {twice[0]}, and each dataset counts once"
    if len(protocols) > 1:
        return f"they were scored with other metrics (protocols {' and '.join(protocols)})"
    everywhere = set.intersection(*({e.about["model"] for e in group} for group in evaluations))
    if not everywhere:
        return f"no model has results on all of {', '.join(names)}"
    return f"{paired} has no results on all of {', '.join(names)}" if paired not in (None, *everywhere) else ""


def summary(table: Comparison) -> dict[str, Any]:
    """A table of means over datasets as JSON: by model and metric the mean, its interval and the worst dataset."""
    models = {
        model: {
            "seen": model in table.seen,
            "scores": {metric: _json(cell) for metric, cell in zip(table.metrics, cells, strict=True)},
        }
        for model, cells in table.rows.items()
    }
    return {"table": table.name, "datasets": list(table.datasets), "note": table.note, "models": models}


def _json(cell: Cell) -> dict[str, Any]:
    values = {"mean": cell.mean, "low": cell.low, "high": cell.high}  # JSON has neither NaN nor infinity
    found: dict[str, Any] = {key: value if np.isfinite(value) else None for key, value in values.items()}
    worst = {} if cell.worst is None else {"worst": {"dataset": cell.worst[0], "mean": cell.worst[1]}}
    return found | {"pictures": cell.pictures} | worst


def _score_table(tables: Tables, models: Sequence[str], name: str, of: int) -> Comparison:
    metrics, seen = _metrics(tables, models), _seen(tables, models)
    rows = {
        model: tuple(
            _cell({one: _scores(table[model], metric) for one, table in tables.items()}, metric) for metric in metrics
        )
        for model in models
    }
    note = (
        f"{_described(tables, of)}; mean ± half of the 95 % bootstrap interval over the pictures within each dataset. "
        f"In brackets the worst dataset and its mean. Bold: best model per metric.{people_note(rows)}"
        f"{_dagger(tables, seen)}{_shared(tables, metrics)}{_missing(tables, models, metrics)}"
    )
    names = _quoted(tables, models)
    rows = with_best(rows, metrics, seen)
    return Comparison(metrics, rows, note, name=name, names=names, seen=seen, datasets=tuple(tables))


def _differences(tables: Tables, models: Sequence[str], base: str, name: str, of: int) -> Comparison:
    metrics, seen = _metrics(tables, models), _seen(tables, models)

    def cell(model: str, metric: str) -> Cell:
        both = {
            one: in_both(_scores(table[model], metric), _scores(table[base], metric)) for one, table in tables.items()
        }
        return without_zero(_cell({one: np.subtract(*pair) for one, pair in both.items()}, metric))

    rows = {model: tuple(cell(model, metric) for metric in metrics) for model in models if model != base}
    note = (
        f"{_described(tables, of)}: model minus {base} on the same pictures, mean and 95 % bootstrap interval over the "
        "pictures within each dataset. In brackets the dataset with the worst difference. *: the interval excludes 0."
        f"{_dagger(tables, seen, base)}{_shared(tables, metrics)}{_missing(tables, models, metrics)}"
    )
    names = _quoted(tables, models, base)
    return Comparison(metrics, rows, note, base, name, names, seen - {base}, tuple(tables))


def _cell(scores: Mapping[str, np.ndarray], metric: str) -> Cell:
    """The mean over datasets; NaN where one of them has no score, since the others alone would be another mean."""
    scores = {name: values[~np.isnan(values)] for name, values in scores.items()}
    means = {name: float(values.mean()) if len(values) else float("nan") for name, values in scores.items()}
    pictures, mean = sum(map(len, scores.values())), sum(means.values()) / len(means)
    if not np.isfinite(mean):
        return Cell(mean, mean, mean, pictures)
    # Each dataset has draws of its own, whatever the order and the number of the others.
    drawn = [resampled_means(values, zlib.crc32(name.encode())) for name, values in scores.items()]
    low, high = np.quantile(np.mean(drawn, axis=0), [0.025, 0.975])
    sign = 1 if higher_is_better(metric) else -1
    worst = min(means, key=lambda name: sign * means[name])
    return Cell(mean, float(low), float(high), pictures, worst=(worst, means[worst]))


def _scores(evaluation: Evaluation, metric: str) -> np.ndarray:
    """Of one metric; of a shared column, of that which the dataset has."""
    own = next((name for name in MERGED.get(metric, (metric,)) if name in evaluation.metrics), metric)
    return evaluation.scores(own)


def _metrics(tables: Tables, models: Sequence[str]) -> tuple[str, ...]:
    """The columns: what all models have on all datasets, by its own name or in a shared column."""
    each = [set(columns([table[model] for model in models])) for table in tables.values()]
    plain = set.intersection(*each)
    shared = {
        title for title, names in MERGED.items() if not plain & set(names) and all(have & set(names) for have in each)
    }
    found = plain | shared
    return (*(name for name in TITLES if name in found), *sorted(found - set(TITLES)))


def _described(tables: Tables, of: int) -> str:
    first = _first(next(iter(tables.values())))
    sets = ", ".join(
        f"{name} ({_first(t).about['pictures']}, {_first(t).about['split']})" for name, t in tables.items()
    )
    what = f"Mean over {len(tables)} datasets, each counts once"
    if len(tables) < of:
        what = f"Mean over the {len(tables)} of {of} datasets from whose pictures none of these models has learned"
    return f"{what}: {sets}; protocol `{first.about['protocol']}`"


def _seen(tables: Tables, models: Sequence[str]) -> frozenset[str]:
    """The models that have learned from pictures of one of the datasets."""
    return seen_by(table[model] for table in tables.values() for model in models)


def _dagger(tables: Tables, seen: frozenset[str], base: str | None = None) -> str:
    """The footnote of the dagger: of which datasets the pictures have been learned."""
    if not seen:
        return ""
    sets = [name for name, table in tables.items() if seen_by(table[model] for model in seen)]
    also = f" {base} is one of them." if base in seen else ""
    bold = "" if base else "; never bold"
    return f" †: has learned from these pictures of {', '.join(sets)}, so the mean is optimistic{bold}.{also}"


def _shared(tables: Tables, metrics: Sequence[str]) -> str:
    """What the shared columns hold of which dataset."""
    shared = [column for column in metrics if column in MERGED]
    if not shared:
        return ""
    points = [name for name, table in tables.items() if MERGED[shared[0]][0] in _first(table).metrics]
    others = [name for name in tables if name not in points]
    titles = ", ".join(map(column_title, shared))
    return f" {titles}: at fixations on {', '.join(points)}; of the density on {', '.join(others)}."


def _missing(tables: Tables, models: Sequence[str], metrics: Sequence[str]) -> str:
    """What is not in the table, and why."""
    groups = [[table[model] for model in models] for table in tables.values()]
    have = {*metrics, *(name for title in metrics for name in MERGED.get(title, ()))}
    offered = dict.fromkeys(name for group in groups for name in columns(group) if name not in have)
    text = f" Not offered by all of them: {', '.join(TITLES.get(m, m) for m in offered)}." if offered else ""
    partly = [left_out(group, columns(group)) for group in groups]
    text += next((words for words in partly if words), "")
    lacking = {}
    for table in tables.values():
        for model in table:
            if model not in models:
                lacking[model] = [name for name, other in tables.items() if model not in other]
    absent = "; ".join(f"{model} (not on {', '.join(names)})" for model, names in lacking.items() if names)
    return text + (f" Left out, not scored on all of them: {absent}." if absent else "")


def _quoted(tables: Tables, models: Sequence[str], *more: str) -> tuple[str, ...]:
    """The names in the note that come from files, longest first."""
    quoted = {*tables, *(model for table in tables.values() for model in table), *more}
    for table in tables.values():
        about = _first(table).about
        quoted |= {about["split"], about["protocol"]}
        quoted |= {name for model in models for name in table[model].metrics if name not in TITLES}
    return tuple(sorted(quoted, key=len, reverse=True))


def _first(table: Mapping[str, Evaluation]) -> Evaluation:
    return next(iter(table.values()))
