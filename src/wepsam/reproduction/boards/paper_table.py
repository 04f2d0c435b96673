"""Table 1 of the paper as printed, beside scores measured here on other pictures."""

from collections.abc import Collection, Mapping, Sequence
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
# The systems that the paper's introduction names and its table leaves out, by their names on the board, and ours. Gao's
# was not on the board.
INTRODUCTION = {
    "Itti-Koch, SaliencyToolbox": "itti-1998",
    "Itti-Koch, Harel's variant": "itti",
    "Gao": "gao",
    "AIM": "aim",
    "SDSR": "sdsr",
    "Judd": "judd",
    "eDN": "edn",
}
# Rows of the board that the paper leaves out: the better RARE2012 (the paper has the raw model), the model that the
# paper's architecture comes from, its teacher, the center, people.
BOARD_ROWS = ("RARE2012, improved", "JuntingNet", "GBVS", "center Gaussian", "one human")
ALL_ROWS = (*PAPER_ROWS, *INTRODUCTION, *BOARD_ROWS)
MODELS = {row: model for model, row in ROWS.items()} | INTRODUCTION  # row -> our name of the model
MEASURED_ONLY = ("center-bias", "gbvs-128")  # rows without a quoted score; so are our networks
# What makes a measured row another one than the quoted, besides the pictures. The heads of the models' files say more.
BETWEEN = {
    "WEPSAM": "the paper's layers under another recipe; other photographs; other fixations than iSUN's and SALICON's",
    "MR-CNN": "the published network, in coarser steps at two of its three resolutions; other training pictures",
    "CNN-VLM": "the published method on features of EfficientNet-lite0; VGG-19's weights come in no package",
    "MKL": "the published method; classes of an ImageNet encoder replace ObjectBank, whose detectors come in no "
    "package; kernels, solver and training pictures",
    "RARE2012": "from the publication; the program is closed, so sizes, bands and the weights of the fusion are ours",
    "CAS": "from the publication; patches at every fourth pixel; no face detector",
    "LGS": "from the publication; dictionaries learned from other photographs; another solver",
    "GNMS": "only in the spirit of the publication, whose abstract was at hand",
    "NARFI": "only in the spirit of the publication, which was not at hand",
    "STC": "only in the spirit of the publication, which was not at hand",
    "CIW": "from the publication, with the program's constants; nearly the program's maps",
    "Itti-Koch, SaliencyToolbox": "the model of 1998; the toolbox replaces its normalization by an iteration",
    "Itti-Koch, Harel's variant": "nothing: the toolbox's maps",
    "Gao": "from the publication; no program is public, so bands, windows and a prior are ours",
    "AIM": "from the publication; the basis is learned from other photographs; pictures of half the size",
    "SDSR": "from the publication; nearly the program's maps",
    "Judd": "no detectors of horizon, faces, people and cars; other training pictures",
    "eDN": "nothing: the published networks and readout, and golden decisions",
    "RARE2012, improved": "as RARE2012; the low-pass and the centered Gaussian are ours",
    "JuntingNet": "weights: `--recipe juntingnet` trains it, none are shipped",
    "GBVS": "nothing: the toolbox's maps",
    "center Gaussian": "the width of the Gaussian",
    "one human": "other people",
}
NO_LEAD = ("gbvs", "gbvs-128", "center-gaussian", "center-bias", "one-observer")  # not in the table of leads


@dataclass(frozen=True)
class Row:
    """A row of the table: its name, its quoted scores (may be empty), and our name of the model if it was measured."""

    name: str
    quoted: Score
    model: str | None


def table1_markdown(folders: Sequence[str | PathLike[str]]) -> str:
    """The Markdown tables: quoted and measured scores; each model's lead over GBVS on the same pictures; what differs.

    Only the leads can be compared: the quoted scores and ours are of different pictures.

    Args:
        folders: that `wepsam evaluate` wrote, with results of gbvs. Folders of the same pictures share their tables.

    Raises:
        ValueError: a folder has no results, or some pictures have no results of gbvs.
    """
    tables = read_tables(folders)
    measured = {e.about["model"] for evaluations in tables.values() for e in evaluations}
    return "\n\n".join(
        [
            *(_tables(evaluations) for evaluations in tables.values()),
            "**What stands between a quoted and a measured row, besides the pictures**",
            _between(measured),
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
    """The rows of the paper and its introduction, those of the board, then what was measured only."""
    is_network = {e.about["model"]: bool(e.about.get("weights")) for e in evaluations}
    rows = []
    for name in ALL_ROWS:
        quoted, model = PAPER.get(name, MIT300.get(name, {})), MODELS.get(name)
        model = model if model in is_network else None
        title = f"{name} ({markdown.escape(model)})" if model and is_network[model] else name
        rows.append(Row(title, quoted, model))
    for name, network in is_network.items():
        if (network or name in MEASURED_ONLY) and name not in MODELS.values():
            rows.append(Row(NAMES.get(name, f"**{markdown.escape(name)}**"), {}, name))
    return rows


def _between(measured: Collection[str]) -> str:
    """The table of `BETWEEN`: system, our name of what was measured, what is different."""
    names = {row: f"`{model}`" for row, model in MODELS.items() if model in measured}
    lines = ([row, names.get(row, "—"), BETWEEN[row]] for row in ALL_ROWS)
    return markdown.table(["", "measured", "difference"], lines)


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
