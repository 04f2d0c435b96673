"""Our scores beside the public ones of the same models: does each stand to the others as it does on MIT300?

The pictures differ, so the levels may. What should not change much is the order, and how far each model is ahead of
GBVS, our own GBVS being held to the authors' maps; the center Gaussian, which sees no picture, shows how far the
pictures alone move a score.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from wepsam.evaluation.comparison import NAMES, TITLES, higher_is_better
from wepsam.evaluation.people import PEOPLE, REFERENCES
from wepsam.evaluation.results import Evaluation
from wepsam.reproduction.boards.mit300 import METRICS, quoted

BASE = "gbvs"
FAR = 2  # times the usual difference: from there on a model stands out
ORDER_ONLY = ("emd",)  # it grows with the pictures' size, and the board's is of maps with the density's histogram
ROUNDING = 0.01  # of a lead that is the difference of two public scores


@dataclass(frozen=True)
class Beside:
    """A model's means here and its row there, by metric.

    `apart`: by how much its lead over GBVS here exceeds the one there; + is better, of every metric. `elsewhere`: the
    pictures, if not those of the first table.
    """

    ours: dict[str, float]
    public: dict[str, float]
    apart: dict[str, float]
    elsewhere: str = ""


def beside(tables: Sequence[list[Evaluation]], by: str = "cc") -> dict[str, Beside]:
    """The models that the board has too, from its best down.

    Args:
        tables: lists of evaluations, each of the same pictures and with gbvs; models that the first lacks are taken
            from the next that has them.
        by: the metric whose public score sorts.

    Raises:
        ValueError: no such metric on the board, or a table without gbvs.
    """
    if by not in METRICS:
        raise ValueError(f"the board has {', '.join(METRICS)}, not {by}")
    rows: dict[str, Beside] = {}
    there = quoted(BASE) or {}
    for evaluations in tables:
        means = {e.about["model"]: e.mean() for e in evaluations}
        if BASE not in means:
            raise ValueError(
                f"no results of {BASE} on {pictures_of(evaluations)}: what the others' leads are taken from"
            )
        for model, ours in means.items():
            public = quoted(model)
            if public is None or model in PEOPLE or model in rows:
                continue
            apart = {
                name: (1 if higher_is_better(name) else -1)
                * ((ours[name] - means[BASE][name]) - (public[name] - there[name]))
                for name in public
                if name in ours and name in means[BASE]
            }
            rows[model] = Beside(ours, public, apart, "" if evaluations is tables[0] else pictures_of(evaluations))
    return dict(sorted(rows.items(), key=lambda item: item[1].public[by], reverse=higher_is_better(by)))


def markdown(tables: Sequence[list[Evaluation]], by: str = "cc") -> str:
    """Two tables: the scores, and how far the leads over GBVS are apart; with the rank correlations.

    Raises:
        ValueError: as `beside`.
    """
    rows = beside(tables, by)
    metrics = [name for name in TITLES if all(name in row.apart for row in rows.values())]
    same = [row for row in rows.values() if not row.elsewhere]
    compared = [name for name in metrics if name not in ORDER_ONLY]
    titles = " | ".join(TITLES[name] + ("" if higher_is_better(name) else " ↓") for name in metrics)
    head = [f"| | {titles} |", "|---" * (1 + len(metrics)) + "|"]
    rest = [row for model, row in rows.items() if model != BASE]
    usual = {name: float(np.median([abs(row.apart[name]) for row in rest])) if rest else 0.0 for name in compared}
    scores, leads = list(head), list(head)
    for model, row in rows.items():
        name = NAMES.get(model, model) + ("" if not row.elsewhere else " †")
        scores.append(_line(name, (f"{row.ours[m]:.2f} ({row.public[m]:.2f})" for m in metrics)))
        if model != BASE:
            leads.append(_line(name, (_apart(row.apart[m], usual[m]) if m in usual else "" for m in metrics)))
    bold = {model: sum(_far(row.apart[m], usual[m]) for m in compared) for model, row in rows.items()}
    often = [f"{NAMES.get(m, m)} ({n})" for m, n in sorted(bold.items(), key=lambda item: -item[1]) if n > 1]
    order = (spearman([row.ours[m] for row in same], [row.public[m] for row in same]) for m in metrics)
    leads.append(_line("*rank correlation*", (f"*{r:.2f}*" for r in order)))
    others = [name for e in tables[0] if quoted(name := e.about["model"]) is None and name not in REFERENCES]
    elsewhere = sorted({row.elsewhere for row in rows.values() if row.elsewhere})
    return "\n".join(
        [
            *scores,
            f"\nOurs: mean over {pictures_of(tables[0])}. In brackets: the quoted public row on MIT300 (300 pictures), "
            f"by whose {TITLES[by]} the rows are sorted." + "".join(f" †: on {where}." for where in elsewhere)
            + (f" Without a public row: {', '.join(others)}." if others else ""),
            "\n**How much further ahead of GBVS than on MIT300**\n",
            *leads,
            "\nLead over GBVS on our pictures minus lead over GBVS on MIT300; + is better in every column. **Bold**: "
            f"more than {FAR} times the median size in its column (and than the public scores' rounding, 0.01)"
            + (f"; more than once: {', '.join(often)} of {len(compared)}" if often else "") + ". Rank "
            f"correlation (Spearman) of our scores with the public ones, over {len(same)} models."
            + (" EMD grows with the pictures' size: only its order compares." if "emd" in metrics else ""),
        ]
    )  # fmt: skip


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
    about = evaluations[0].about
    return f"{about['pictures']} pictures of {about['dataset']} ({about['split']})"


def _line(name: str, cells: Iterable[str]) -> str:
    return f"| {name} | " + " | ".join(cells) + " |"


def _apart(value: float, usual: float) -> str:
    return f"**{value:+.2f}**" if _far(value, usual) else f"{value:+.2f}"


def _far(value: float, usual: float) -> bool:
    return abs(value) > max(FAR * usual, ROUNDING)
