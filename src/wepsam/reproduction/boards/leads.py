"""Each model's lead over GBVS: on our pictures, beside its lead on MIT300.

The pictures differ, so the levels of the scores may differ. The order of the models should not change much, nor how far
each is ahead of GBVS; our GBVS agrees with the maps of its authors. The center Gaussian, which ignores the picture,
shows how far the pictures alone move a score.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wepsam import markdown
from wepsam.evaluation.comparison import NAMES, TITLES, column_title, higher_is_better
from wepsam.evaluation.people import PEOPLE, REFERENCES
from wepsam.evaluation.results import Evaluation
from wepsam.reproduction.boards.mit300 import METRICS, Score, quoted

BASE = "gbvs"
FAR = 2  # a change of lead beyond so many times the median change stands out
ROUNDING = 0.01  # of a lead on MIT300, which is the difference of two rounded scores
# EMD grows with the size of the pictures, and the board matches the histograms of map and density first.
ORDER_ONLY = ("emd",)


@dataclass(frozen=True)
class Lead:
    """One model, here and on MIT300; all values by metric.

    Attributes:
        ours: its mean on our pictures.
        public: its score on MIT300.
        change: its lead over GBVS on our pictures, minus its lead on MIT300. + is better in every metric.
        pictures: its pictures, if they are not those of the first table; otherwise empty.
    """

    ours: Score
    public: Score
    change: Score
    pictures: str = ""


def leads(tables: Sequence[list[Evaluation]], by: str = "cc") -> dict[str, Lead]:
    """The models that have a row on MIT300, from the best to the worst.

    Args:
        tables: each a list of evaluations on the same pictures, gbvs among them. A model that the first table lacks is
            taken from the next table that has it.
        by: the metric whose score on MIT300 sorts the models.

    Raises:
        ValueError: MIT300 has no such metric, or a table lacks gbvs.
    """
    if by not in METRICS:
        raise ValueError(f"MIT300 has no metric {by}: expected {', '.join(METRICS)}")
    rows: dict[str, Lead] = {}
    for evaluations in tables:
        pictures = pictures_of(evaluations)
        means = {e.about["model"]: e.mean() for e in evaluations}
        if BASE not in means:
            raise ValueError(f"no results of {BASE} on {pictures}, which all leads are over; evaluate it too")
        for model, ours in means.items():
            public = quoted(model)
            if public is None or model in PEOPLE or model in rows:
                continue
            change = _change(ours, means[BASE], public)
            rows[model] = Lead(ours, public, change, "" if evaluations is tables[0] else pictures)
    return dict(sorted(rows.items(), key=lambda item: item[1].public[by], reverse=higher_is_better(by)))


def _change(ours: Score, our_base: Score, public: Score) -> Score:
    public_base = quoted(BASE) or {}
    return {
        name: (1 if higher_is_better(name) else -1)
        * ((ours[name] - our_base[name]) - (public[name] - public_base[name]))
        for name in public
        if name in ours and name in our_base
    }


def leads_markdown(tables: Sequence[list[Evaluation]], by: str = "cc") -> str:
    """Two Markdown tables: the scores; then the changes of the leads, with rank correlations.

    Raises:
        ValueError: as `leads`.
    """
    rows = leads(tables, by)
    metrics = [name for name in TITLES if all(name in row.change for row in rows.values())]
    without = [name for e in tables[0] if quoted(name := e.about["model"]) is None and name not in REFERENCES]
    others = sorted({row.pictures for row in rows.values() if row.pictures})
    return "\n\n".join(
        [
            _score_table(rows, metrics),
            f"Our score is the mean over {markdown.escape(pictures_of(tables[0]))}; in brackets: the public score on "
            f"MIT300 (300 pictures), by whose {TITLES[by]} the rows are sorted."
            + "".join(f" †: on {markdown.escape(pictures)}." for pictures in others)
            + (f" Without a public score: {', '.join(map(markdown.escape, without))}." if without else ""),
            "**How much further ahead of GBVS than on MIT300**",
            _change_table(rows, metrics),
        ]
    )


def _score_table(rows: dict[str, Lead], metrics: list[str]) -> str:
    lines = (
        [_title(name, row), *(f"{row.ours[m]:.2f} ({row.public[m]:.2f})" for m in metrics)]
        for name, row in rows.items()
    )
    return markdown.table(_head(metrics), lines)


def _change_table(rows: dict[str, Lead], metrics: list[str]) -> str:
    """The changes of the leads, the outstanding ones in bold, and the note below the table."""
    compared = [name for name in metrics if name not in ORDER_ONLY]
    changes = {model: row.change for model, row in rows.items() if model != BASE}
    bounds = {m: _bound([change[m] for change in changes.values()]) for m in compared}

    def cell(value: float, bound: float) -> str:
        return f"**{value:+.2f}**" if abs(value) > bound else f"{value:+.2f}"

    lines = [
        [_title(model, rows[model]), *(cell(change[m], bounds[m]) if m in bounds else "" for m in metrics)]
        for model, change in changes.items()
    ]
    same = [row for row in rows.values() if not row.pictures]
    order = (spearman([row.ours[m] for row in same], [row.public[m] for row in same]) for m in metrics)
    lines.append(["*rank correlation*", *(f"*{r:.2f}*" for r in order)])
    bold = {model: sum(abs(change[m]) > bounds[m] for m in compared) for model, change in changes.items()}
    often = [f"{_name(m)} ({n})" for m, n in sorted(bold.items(), key=lambda item: -item[1]) if n > 1]
    return "\n\n".join(
        [
            markdown.table(_head(metrics), lines),
            "Lead over GBVS on our pictures minus lead over GBVS on MIT300; + is better in every column. **Bold**: "
            f"more than {FAR} times the median size in its column, and more than the rounding of public scores, 0.01"
            + (f"; in several columns: {', '.join(often)} of {len(compared)}" if often else "")
            + f". Rank correlation (Spearman) of our scores with the public ones, over {len(same)} models."
            + (" EMD grows with the size of the pictures: only its order compares." if "emd" in metrics else ""),
        ]
    )


def _bound(changes: Sequence[float]) -> float:
    """The size of a change of lead beyond which it stands out."""
    median = float(np.median(np.abs(changes))) if len(changes) else 0.0
    return max(FAR * median, ROUNDING)


def spearman(one: Sequence[float], other: Sequence[float]) -> float:
    """Rank correlation; equal values share their mean rank. NaN where one side is constant."""
    ranks = [_ranks(np.asarray(values, dtype=float)) for values in (one, other)]
    if min(np.ptp(values) for values in ranks) == 0:
        return float("nan")
    return float(np.corrcoef(ranks)[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: np.ndarray = (np.cumsum(counts) - (counts - 1) / 2)[places]
    return ranks


def pictures_of(evaluations: list[Evaluation]) -> str:
    """The pictures in words, such as "100 pictures of osie (validation)"."""
    about = evaluations[0].about
    return f"{about['pictures']} pictures of {about['dataset']} ({about['split']})"


def _head(metrics: list[str]) -> list[str]:
    return ["", *map(column_title, metrics)]


def _title(model: str, row: Lead) -> str:
    return _name(model) + (" †" if row.pictures else "")


def _name(model: str) -> str:
    """The name of a model in Markdown."""
    return NAMES.get(model, markdown.escape(model))
