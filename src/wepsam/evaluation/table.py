"""Tables from results files, and only from them: as Markdown, HTML, LaTeX or CSV."""

import csv
import html as web
import io
from pathlib import Path

import numpy as np

from wepsam.evaluation.comparison import NAMES, TITLES, Cell, Comparison, compared, higher_is_better, place
from wepsam.evaluation.results import Evaluation
from wepsam.files import replacing

__all__ = ["FORMATS", "NAMES", "TITLES", "insert", "markdown", "place"]


def markdown(evaluations: list[Evaluation]) -> str:
    """A Markdown table, a row per model: mean and 95 % interval over pictures; best model of each column in bold.

    Raises:
        ValueError: evaluations of different datasets, parts, pictures or protocols.
    """
    return as_markdown(compared(evaluations))


def as_markdown(table: Comparison) -> str:
    lines = ["| | " + " | ".join(_titles(table)) + " |", "|---|" + "---|" * len(table.metrics)]
    for model, cells in table.rows.items():
        shown = [_text(cell, table, "**{}**") for cell in cells]
        lines.append(f"| {NAMES.get(model, f'**{_barless(model)}**')} | " + " | ".join(shown) + " |")
    return "\n".join([*lines, f"\n{table.note}"])


def as_html(table: Comparison) -> str:
    """A table element with its caption, nothing to load."""
    lines = ["<table>", f"<caption>{web.escape(table.note)}</caption>"]
    lines.append("<tr><th></th>" + "".join(f"<th>{web.escape(title)}</th>" for title in _titles(table)) + "</tr>")
    for model, cells in table.rows.items():
        shown = "".join(f"<td>{_text(cell, table, '<strong>{}</strong>')}</td>" for cell in cells)
        lines.append(f"<tr><th>{web.escape(NAMES.get(model, model))}</th>{shown}</tr>")
    return "\n".join([*lines, "</table>"])


def as_latex(table: Comparison) -> str:
    """A tabular; what it is a table of stands in a comment above."""
    lines = [f"% {table.note}", f"\\begin{{tabular}}{{l{'r' * len(table.metrics)}}}", "\\hline"]
    titles = [_latex(title).replace("↓", "$\\downarrow$") for title in _titles(table)]
    lines += [" & ".join(["", *titles]) + " \\\\", "\\hline"]
    for model, cells in table.rows.items():
        shown = [_text(cell, table, "\\textbf{{{}}}").replace("±", "$\\pm$") for cell in cells]
        lines.append(" & ".join([_latex(NAMES.get(model, model)), *shown]) + " \\\\")
    return "\n".join([*lines, "\\hline", "\\end{tabular}"])


def as_csv(table: Comparison) -> str:
    """A row per model and metric, with the intervals' ends and how many pictures count."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["model", "metric", "mean", "low", "high", "pictures", "excludes_0" if table.base else "best"])
    for model, cells in table.rows.items():
        for metric, cell in zip(table.metrics, cells, strict=True):
            values = (f"{value:.6g}" for value in (cell.mean, cell.low, cell.high))
            writer.writerow([model, metric, *values, cell.pictures, int(cell.marked)])
    return file.getvalue().rstrip("\n")


FORMATS = {"markdown": as_markdown, "html": as_html, "latex": as_latex, "csv": as_csv}


def insert(path: Path, name: str, table: str, *, write: bool = True) -> bool:
    """Put a table between `<!-- table:NAME -->` and `<!-- /table -->` of a Markdown file.

    Returns:
        Whether the file already had this very table.

    Raises:
        ValueError: the file has no such place.
    """
    text = path.read_text(encoding="utf-8")
    begin, end = f"<!-- table:{name} -->", "<!-- /table -->"
    if begin not in text or end not in text.split(begin, 1)[1]:
        raise ValueError(f"{path} has no place for it: expected {begin} and {end}")
    before, rest = text.split(begin, 1)
    new = f"{before}{begin}\n{table}\n{end}{rest.split(end, 1)[1]}"
    if write and new != text:
        with replacing(path) as temporary:
            temporary.write_text(new, encoding="utf-8")
    return new == text


def _titles(table: Comparison) -> list[str]:
    return [TITLES.get(name, name) + (" ↓" if not higher_is_better(name) else "") for name in table.metrics]


def _text(cell: Cell, table: Comparison, bold: str) -> str:
    if not np.isfinite(cell.mean):
        return "n/a" if np.isnan(cell.mean) else f"{cell.mean:.0f}"  # inf, -inf
    if table.base is not None:
        return f"{cell.mean:+.3f} [{cell.low:+.3f}, {cell.high:+.3f}]" + (" *" if cell.marked else "")
    mean = f"{cell.mean:.3f}"
    return f"{bold.format(mean) if cell.marked else mean} ± {(cell.high - cell.low) / 2:.3f}"


def _barless(text: str) -> str:
    return text.replace("|", "\\|")


def _latex(text: str) -> str:
    special = {"\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}"}
    return "".join(special.get(c, f"\\{c}" if c in "&%$#_{}" else c) for c in text)
