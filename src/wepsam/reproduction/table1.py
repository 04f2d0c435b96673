"""Table 1 of the paper as it stands there, and beside it what was measured here, on other pictures."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from wepsam.evaluation.comparison import FIRST, LAST, NAMES, TITLES, Cell, compared, differences, higher_is_better
from wepsam.evaluation.results import Evaluation, read

COLUMNS = ("auc_judd", "auc_borji", "cc", "sim", "kl_div", "nss")
# MIT300, in the order of the columns.
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
# What the paper leaves out, from the board's public table: its architecture's source, its teacher, the floor, people.
BOARD = {
    "JuntingNet": (0.80, 0.79, 0.54, 0.46, 0.96, 1.43),
    "GBVS": (0.81, 0.80, 0.48, 0.48, 0.87, 1.24),
    "center Gaussian": (0.78, 0.77, 0.38, 0.45, 1.24, 0.92),
    "one human": (0.80, 0.66, 0.52, 0.38, 6.19, 1.65),
}
# People who are scored as the board scores one human; the other references have no place in this table.
MEASURED_PEOPLE = "one-observer"


def table1(folders: Sequence[Path]) -> str:
    """Scores, quoted and measured; then what is comparable at all: how far each network is from GBVS on its pictures.

    Args:
        folders: that `wepsam evaluate` wrote, with a row for gbvs each.

    Raises:
        ValueError: a folder has no results, or none of GBVS.
    """
    titles = " | ".join(TITLES[name] + ("" if higher_is_better(name) else " ↓") for name in COLUMNS)
    lines = [f"| | pictures | {titles} |", "|---" * (2 + len(COLUMNS)) + "|"]
    leads = [f"| | pictures | {titles} |", lines[1]]
    for source, quoted in (("quoted from the paper", PAPER), ("quoted from the board", BOARD)):
        lines += [_row(f"*{name}*", f"*MIT300, {source}*", map(_quoted, row)) for name, row in quoted.items()]
    lead = np.subtract(PAPER["WEPSAM"], BOARD["GBVS"])
    leads.append(_row("*WEPSAM*", "*MIT300, quoted*", (f"*{change:+.2f}*" for change in lead)))
    for folder in folders:
        evaluations = read(folder)
        if not evaluations:
            raise ValueError(f"no results in {folder}")
        pictures = f"{len(evaluations[0].rows):,} of {evaluations[0].about['dataset']}, measured"
        for model, cells in _scores(evaluations).items():
            lines.append(_row(NAMES.get(model, f"**{model}**"), pictures, (_measured(cells.get(m)) for m in COLUMNS)))
        table = differences(evaluations, "gbvs")
        for model, row in table.rows.items():
            if model not in (*FIRST, *LAST):
                changes = dict(zip(table.metrics, row, strict=True))
                leads.append(_row(NAMES.get(model, f"**{model}**"), pictures, (_lead(changes.get(m)) for m in COLUMNS)))
    return "\n".join(
        [
            *lines,
            "\nItalics: quoted, on the 300 pictures of MIT300, whose fixations are not public, so nothing can be "
            "measured on them here. Measured: mean ± half of the 95 % bootstrap interval over pictures, protocol "
            "`mit`. Rows on different pictures are not comparable; a gap: the set has densities and no fixations.",
            "\n**Minus GBVS on the same pictures**\n",
            *leads,
            "\nQuoted: of rounded numbers. Measured: mean and 95 % bootstrap interval of the paired differences.",
        ]
    )


def _scores(evaluations: list[Evaluation]) -> dict[str, dict[str, Cell]]:
    """Model -> metric -> cell, in the usual order."""
    table = compared(evaluations)
    return {
        model: dict(zip(table.metrics, cells, strict=True))
        for model, cells in table.rows.items()
        if model not in LAST or model == MEASURED_PEOPLE
    }


def _row(name: str, pictures: str, cells: Iterable[str]) -> str:
    return f"| {name} | {pictures} | " + " | ".join(cells) + " |"


def _quoted(score: float) -> str:
    return f"*{score:.2f}*"


def _measured(cell: Cell | None) -> str:
    return "" if cell is None or np.isnan(cell.mean) else f"{cell.mean:.2f} ± {(cell.high - cell.low) / 2:.2f}"


def _lead(cell: Cell | None) -> str:
    return "" if cell is None or np.isnan(cell.mean) else f"{cell.mean:+.2f} [{cell.low:+.2f}, {cell.high:+.2f}]"
