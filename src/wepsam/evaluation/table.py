"""A comparison as text: Markdown, HTML, LaTeX or CSV."""

import csv
import html as web
import io
import re
from collections.abc import Callable

import numpy as np

from wepsam import markdown
from wepsam.evaluation.comparison import NAMES, TITLES, Cell, Comparison, column_title
from wepsam.spreadsheets import inert


def as_markdown(table: Comparison) -> str:
    """A Markdown table with its note; the best of each column in bold."""
    rows = [
        [
            NAMES.get(model, f"**{markdown.escape(model)}**") + _dagger(model, table),
            *(_text(cell, table, "**{}**", markdown.escape) for cell in cells),
        ]
        for model, cells in table.rows.items()
    ]
    titles = [title if title in TITLES.values() else markdown.escape(title) for title in _titles(table)]
    names = "|".join(re.escape(name) for name in table.names if name)
    note = re.sub(names, lambda match: markdown.escape(match[0]), table.note) if names else table.note
    return f"{markdown.table(['', *titles], rows)}\n\n{note}"


def as_html(table: Comparison) -> str:
    """A table element with the note as its caption; no style sheet or script."""
    lines = ["<table>", f"<caption>{web.escape(table.note)}</caption>"]
    lines.append("<tr><th></th>" + "".join(f"<th>{web.escape(title)}</th>" for title in _titles(table)) + "</tr>")
    for model, cells in table.rows.items():
        shown = "".join(f"<td>{_text(cell, table, '<strong>{}</strong>', web.escape)}</td>" for cell in cells)
        lines.append(f"<tr><th>{web.escape(NAMES.get(model, model))}{_dagger(model, table)}</th>{shown}</tr>")
    return "\n".join([*lines, "</table>"])


def as_latex(table: Comparison) -> str:
    """A tabular, with the note as a comment above."""
    lines = [f"% {_line(table.note)}", f"\\begin{{tabular}}{{l{'r' * len(table.metrics)}}}", "\\hline"]
    titles = [_latex(title).replace("↓", "$\\downarrow$") for title in _titles(table)]
    lines += [" & ".join(["", *titles]) + " \\\\", "\\hline"]
    for model, cells in table.rows.items():
        shown = [_text(cell, table, "\\textbf{{{}}}", _latex).replace("±", "$\\pm$") for cell in cells]
        name = _latex(NAMES.get(model, model)) + _dagger(model, table).replace("†", "$\\dagger$")
        lines.append(" & ".join([name, *shown]) + " \\\\")
    return "\n".join([*lines, "\\hline", "\\end{tabular}"])


def as_csv(table: Comparison) -> str:
    """A row per model and metric: mean, both ends of the interval, number of pictures; names inert in a spreadsheet.

    Where it applies: whether the model has seen the pictures; of a mean over datasets, the worst of them and its mean.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    head = ["model", "metric", "mean", "low", "high", "pictures", "excludes_0" if table.base else "best"]
    head += ["seen"] * bool(table.seen or table.datasets) + ["worst", "worst_mean"] * bool(table.datasets)
    writer.writerow(head)
    for model, cells in table.rows.items():
        for metric, cell in zip(table.metrics, cells, strict=True):
            values = (f"{value:.6g}" for value in (cell.mean, cell.low, cell.high))
            name, mean = cell.worst or ("", float("nan"))
            row = [inert(model), inert(metric), *values, cell.pictures, int(cell.marked)]
            writer.writerow([*row, int(model in table.seen), inert(name), f"{mean:.6g}"][: len(head)])
    return file.getvalue().rstrip("\n")


# What a user may ask for by name.
FORMATS = {"markdown": as_markdown, "html": as_html, "latex": as_latex, "csv": as_csv}


def _titles(table: Comparison) -> list[str]:
    return [column_title(name) for name in table.metrics]


def _dagger(model: str, table: Comparison) -> str:
    return " †" if model in table.seen else ""


def _text(cell: Cell, table: Comparison, bold: str, escape: Callable[[str], str]) -> str:
    if not np.isfinite(cell.mean):
        return "n/a" if np.isnan(cell.mean) else f"{cell.mean:.0f}"  # inf, -inf
    worst = ""
    if cell.worst is not None:
        name, value = cell.worst
        worst = f" ({escape(name)} {value:{'.3f' if table.base is None else '+.3f'}})"
    if table.base is not None:
        return f"{cell.mean:+.3f} [{cell.low:+.3f}, {cell.high:+.3f}]" + (" *" if cell.marked else "") + worst
    mean = f"{cell.mean:.3f}"
    return f"{bold.format(mean) if cell.marked else mean} ± {(cell.high - cell.low) / 2:.3f}{worst}"


def _line(text: str) -> str:
    """Text without line breaks, which would end a comment or begin a paragraph."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _latex(text: str) -> str:
    text = _line(text)
    guard = "{}" if text.startswith(("[", "*")) else ""  # behind the \\ of the row before, these would be its options
    special = {"\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}"}
    return guard + "".join(special.get(c, f"\\{c}" if c in "&%$#_{}" else c) for c in text)
