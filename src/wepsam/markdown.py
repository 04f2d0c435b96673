"""Markdown tables, and their places in pages: a table stands between `<!-- table:NAME -->` and `<!-- /table -->`."""

import re
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

from wepsam.files import write_text

WIDTH = 100  # characters of a line of text; rows of tables are longer
# The space before "%", or before what would begin a list, a heading or a quotation if a line began with it. GLUE
# replaces this space while lines are wrapped, so that no line begins there.
MARKER = re.compile(r" (?=(?:[-+*>#=|%]+|\d+[.)])(?: |$))")
GLUE = "\0"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table.

    Args:
        head: the title of each column.
        rows: the cells of each row, as many as there are titles.

    Raises:
        ValueError: a row with more or fewer cells.
    """
    lines = [_line(head), "|" + "---|" * len(head)]
    for cells in rows:
        if len(cells) != len(head):
            raise ValueError(f"a row has {len(cells)} cells, the head has {len(head)}")
        lines.append(_line(cells))
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "|" + "|".join(f" {' '.join(cell.splitlines())} " if cell else " " for cell in cells) + "|"


def escape(text: str) -> str:
    """A name as Markdown that shows it and does nothing else: no markup, no HTML, no link, no new cell or line.

    An underscore between letters is left as it is, as in dut_omron.
    """
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"[\\`*\[\]|~$#!@]|(?<![^\W_])_|_(?![^\W_])|:(?=//)|(?<=www)\.", r"\\\g<0>", text)


def insert(path: Path, name: str, text: str, *, write: bool = True) -> bool:
    """Put a table into its place in a page. Lines of text beside the table are wrapped.

    Args:
        path: the Markdown file.
        name: of the place.
        text: the table, with its notes.
        write: False only compares.

    Returns:
        Whether the page already had this very table.

    Raises:
        ValueError: the page has no such place.
    """
    page = path.read_text(encoding="utf-8")
    begin, end = _marks(name)
    if not has_place(path, name):
        raise ValueError(f"{path} has no place for the table {name}: expected {begin} and {end}")
    before, rest = page.split(begin, 1)
    new = f"{before}{begin}\n{_wrapped(text)}\n{end}{rest.split(end, 1)[1]}"
    if write and new != page:
        write_text(path, new)
    return new == page


def has_place(path: Path, name: str) -> bool:
    """Whether a page has a place for the table of this name."""
    begin, end = _marks(name)
    return end in path.read_text(encoding="utf-8").partition(begin)[2]


def _marks(name: str) -> tuple[str, str]:
    return f"<!-- table:{name} -->", "<!-- /table -->"


def _wrapped(text: str) -> str:
    """The text with lines of at most WIDTH characters, except for rows of tables."""
    return "\n".join(line if line.startswith("|") else _wrapped_line(line) for line in text.split("\n"))


def _wrapped_line(line: str) -> str:
    """A paragraph or an item of a list, which shows as the single line would."""
    indent = "  " if line.startswith("- ") else ""
    glued = MARKER.sub(GLUE, line)
    lines = textwrap.wrap(glued, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines).replace(GLUE, " ")
