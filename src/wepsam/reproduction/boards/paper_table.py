"""Table 1 of the paper as printed, beside scores measured here on other pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike

import numpy as np

from wepsam import markdown
from wepsam.evaluation.comparison import (
    NAMES,
    Cell,
    Comparison,
    column_title,
    differences,
    read_tables,
    row_order,
    score_table,
)
from wepsam.evaluation.results import Evaluation
from wepsam.reproduction.boards.mit300 import MIT300, ROWS, Score

COLUMNS = ("auc_judd", "auc_borji", "cc", "sim", "kl_div", "nss")
# The systems of the paper's table. It quotes the board, except for two of its own scores, which differ by .01.
PAPER_ROWS = ("WEPSAM", "MR-CNN", "CNN-VLM", "MKL", "RARE2012", "CAS", "LGS", "GNMS", "NARFI", "STC", "CIW")
PAPER: dict[str, Score] = {name: MIT300[name] for name in PAPER_ROWS}
PAPER["WEPSAM"] = MIT300["WEPSAM"] | {"kl_div": 1.01, "nss": 1.35}
# Rows of the board that the paper leaves out: the better RARE2012 (the paper has the raw model), the model that the
# paper's architecture comes from, its teacher, the center, people.
BOARD_ROWS = ("RARE2012, improved", "JuntingNet", "GBVS", "center Gaussian", "one human")
MODELS = {row: model for model, row in ROWS.items()}  # row of the board -> our name of the model
MEASURED_ONLY = ("center-bias", "gbvs-128")  # rows without a quoted score; so are our networks
NO_LEAD = ("gbvs", "gbvs-128", "center-gaussian", "center-bias", "one-observer")  # not in the table of leads


@dataclass(frozen=True)
class Row:
    """A row of the table: its name, its quoted scores (may be empty), and our name of the model if it was measured."""

    name: str
    quoted: Score
    model: str | None


def table1_markdown(folders: Sequence[str | PathLike[str]]) -> str:
    """The Markdown tables: quoted and measured scores, then each model's lead over GBVS on the same pictures.

    Only the leads can be compared: the quoted scores and ours are of different pictures.

    Args:
        folders: that `wepsam evaluate` wrote, with results of gbvs. Folders of the same pictures share their tables.

    Raises:
        ValueError: a folder has no results, or some pictures have no results of gbvs.
    """
    return "\n\n".join(
        [
            *(_tables(evaluations) for evaluations in read_tables(folders).values()),
            "*Italics*: quoted, on the 300 pictures of MIT300. Their fixations are not public, so nothing can be "
            "measured on them here. The systems of the paper's table are quoted from the paper, the others from the "
            "board. After the slash: measured, mean ± half of the 95 % bootstrap interval over pictures. Minus GBVS: "
            "of the paired differences (quoted: of rounded numbers). —: not available.",
        ]
    )


def _tables(evaluations: list[Evaluation]) -> str:
    """The two tables of one set of pictures."""
    scores, leads = score_table(evaluations), differences(evaluations, "gbvs")
    columns = [name for name in COLUMNS if name in scores.metrics]
    rows = _rows(sorted(evaluations, key=row_order))
    gbvs = MIT300["GBVS"]
    leading = [
        Row(row.name, {name: row.quoted[name] - gbvs[name] for name in row.quoted}, row.model)
        for row in rows
        if row.model in leads.rows and row.model not in NO_LEAD
    ]
    about = evaluations[0].about
    pictures = f"{about['pictures']:,} pictures of {about['dataset']} ({about['split']})"
    return "\n\n".join(
        [
            f"**MIT300, quoted, and {markdown.escape(pictures)}, measured**",
            _markdown(rows, scores, columns, ""),
            "**Minus GBVS on the same pictures**",
            _markdown(leading, leads, columns, "+"),
        ]
    )


def _rows(evaluations: list[Evaluation]) -> list[Row]:
    """The rows of the paper, those of the board, then what was measured only: floors, the paper's teacher, networks."""
    is_network = {e.about["model"]: bool(e.about.get("weights")) for e in evaluations}
    rows = []
    for name, quoted in (PAPER | {name: MIT300[name] for name in BOARD_ROWS}).items():
        model = MODELS.get(name)
        model = model if model in is_network else None
        title = f"{name} ({markdown.escape(model)})" if model and is_network[model] else name
        rows.append(Row(title, quoted, model))
    for name, network in is_network.items():
        if (network or name in MEASURED_ONLY) and name not in ROWS:
            rows.append(Row(NAMES.get(name, f"**{markdown.escape(name)}**"), {}, name))
    return rows


def _markdown(rows: list[Row], measured: Comparison, columns: list[str], sign: str) -> str:
    head = ["", *map(column_title, columns)]
    return markdown.table(head, ([row.name, *_cells(row, measured, columns, sign)] for row in rows))


def _cells(row: Row, measured: Comparison, columns: list[str], sign: str) -> list[str]:
    cells: Mapping[str, Cell] = {}
    if row.model:
        cells = dict(zip(measured.metrics, measured.rows[row.model], strict=True))
    texts = []
    for name in columns:
        quoted = f"*{row.quoted[name]:{sign}.2f}*" if row.quoted else "—"
        texts.append(f"{quoted} / {_measured(cells.get(name), sign)}")
    return texts


def _measured(cell: Cell | None, sign: str) -> str:
    if cell is None or np.isnan(cell.mean):
        return "—"
    return f"{cell.mean:{sign}.2f} ± {(cell.high - cell.low) / 2:.2f}"
