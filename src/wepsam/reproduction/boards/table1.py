"""Table 1 of the paper as it stands there, and beside it what was measured here, on other pictures."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wepsam.evaluation.comparison import (
    NAMES,
    TITLES,
    Cell,
    Comparison,
    differences,
    higher_is_better,
    read_tables,
    row_order,
    score_table,
)
from wepsam.evaluation.results import Evaluation
from wepsam.reproduction.boards.mit300 import MIT300, ROWS, Score

COLUMNS = ("auc_judd", "auc_borji", "cc", "sim", "kl_div", "nss")
# MIT300, in the order of the columns, as the paper prints it: as the board, but for .01 of WEPSAM's own KL and NSS.
PAPER = {
    "WEPSAM": (0.80, 0.78, 0.51, 0.45, 1.01, 1.35),
    "MR-CNN": (0.79, 0.75, 0.48, 0.48, 1.08, 1.37),
    "CNN-VLM": (0.79, 0.79, 0.44, 0.43, 1.06, 1.18),
    "MKL": (0.78, 0.78, 0.42, 0.42, 1.10, 1.08),
    "RARE2012": (0.77, 0.75, 0.42, 0.46, 1.01, 1.15),
    "CAS": (0.74, 0.73, 0.36, 0.43, 1.06, 0.95),
    "LGS": (0.76, 0.76, 0.39, 0.42, 1.11, 1.02),
    "GNMS": (0.74, 0.67, 0.34, 0.42, 1.21, 0.97),
    "NARFI": (0.73, 0.61, 0.31, 0.38, 5.17, 0.83),
    "STC": (0.79, 0.78, 0.40, 0.39, 1.23, 0.97),
    "CIW": (0.70, 0.69, 0.27, 0.38, 1.23, 0.73),
}
# What the paper leaves out, from the board's public table: the better RARE2012 (the paper has the raw model), the
# source of the paper's architecture, its teacher, the floor, people.
BOARD = ("RARE2012, improved", "JuntingNet", "GBVS", "center Gaussian", "one human")
OURS = {row: model for model, row in ROWS.items()}  # whose measured scores stand in a quoted row
MEASURED_ONLY = ("center-bias", "gbvs-128")  # and the networks, which are known by their weights
NO_LEAD = ("gbvs", "gbvs-128", "center-gaussian", "center-bias", "one-observer")


@dataclass(frozen=True)
class Row:
    """A row's name, its quoted scores, and the model of ours that was measured for it; one of the two may lack."""

    name: str
    quoted: Score
    model: str | None


def table1(folders: Sequence[Path]) -> str:
    """Scores, quoted and measured; then what is comparable at all: how far each is from GBVS on its pictures.

    Args:
        folders: that `wepsam evaluate` wrote; those of the same pictures make one table, with a row for gbvs.

    Raises:
        ValueError: a folder has no results, or those of some pictures none of GBVS.
    """
    return "\n\n".join(
        [
            *(_tables(evaluations) for evaluations in read_tables(folders).values()),
            "*Italics*: quoted, on the 300 pictures of MIT300, whose fixations are not public, so nothing can be "
            "measured on them here; the rows that the paper has from the paper, the others from the board. Then, "
            "measured: mean ± half of the 95 % bootstrap interval over pictures; minus GBVS, of the paired differences "
            "(quoted: of rounded numbers). —: not to be had.",
        ]
    )


def _tables(evaluations: list[Evaluation]) -> str:
    """The two tables of one set of pictures."""
    scores, leads = score_table(evaluations), differences(evaluations, "gbvs")
    columns = [name for name in COLUMNS if name in scores.metrics]
    rows = _rows(sorted(evaluations, key=row_order))
    gbvs = MIT300["GBVS"]
    ahead = [
        Row(row.name, {name: row.quoted[name] - gbvs[name] for name in row.quoted}, row.model)
        for row in rows
        if row.model in leads.rows and row.model not in NO_LEAD
    ]
    about = evaluations[0].about
    pictures = f"{about['pictures']:,} pictures of {about['dataset']} ({about['split']})"
    return "\n".join(
        [
            f"**MIT300, quoted, and {pictures}, measured**\n",
            *_markdown(rows, scores, columns, ""),
            "\n**Minus GBVS on the same pictures**\n",
            *_markdown(ahead, leads, columns, "+"),
        ]
    )


def _rows(evaluations: list[Evaluation]) -> list[Row]:
    """The paper's, the board's, and what was measured besides: the paper's teacher, the floor, the networks."""
    measured = {e.about["model"]: bool(e.about.get("weights")) for e in evaluations}  # and whether it is a network
    quoted = {name: dict(zip(COLUMNS, scores, strict=True)) for name, scores in PAPER.items()}
    quoted |= {name: MIT300[name] for name in BOARD}
    rows = []
    for name, scores in quoted.items():
        model = OURS[name] if OURS.get(name) in measured else None
        rows.append(Row(f"{name} ({model})" if model and measured[model] else name, scores, model))
    others = [name for name, network in measured.items() if network or name in MEASURED_ONLY]
    others = [name for name in others if name not in OURS.values()]
    return [*rows, *(Row(NAMES.get(name, f"**{name}**"), {}, name) for name in others)]


def _markdown(rows: list[Row], measured: Comparison, columns: list[str], sign: str) -> Iterator[str]:
    yield "| | " + " | ".join(TITLES[name] + ("" if higher_is_better(name) else " ↓") for name in columns) + " |"
    yield "|---" * (1 + len(columns)) + "|"
    for row in rows:
        cells = dict(zip(measured.metrics, measured.rows[row.model], strict=True)) if row.model else {}
        texts = []
        for name in columns:
            quoted = f"*{row.quoted[name]:{sign}.2f}*" if row.quoted else "—"
            texts.append(f"{quoted} / {_measured(cells.get(name), sign)}")
        yield f"| {row.name} | " + " | ".join(texts) + " |"


def _measured(cell: Cell | None, sign: str) -> str:
    if cell is None or np.isnan(cell.mean):
        return "—"
    return f"{cell.mean:{sign}.2f} ± {(cell.high - cell.low) / 2:.2f}"
