"""What commands print: JSON and tables on stdout, remarks on stderr."""

import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import typer

from wepsam import markdown


def print_json(value: Any) -> None:
    """Print a value as JSON; paths become text."""
    print(json.dumps(value, indent=1, default=str))


def to_stderr(line: str) -> None:
    """Print a line that is not part of the result to stderr."""
    with suppress(OSError, ValueError):  # closed, or nobody reads it: the exit code remains
        print(printable(line), file=sys.stderr)


def printable(line: str) -> str:
    """A line without what would steer a terminal or break it: names of files and what is in them can hold anything."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


def aligned(rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """Rows of cells as lines with aligned columns: so many to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if place < left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def names(texts: list[str] | None) -> list[str]:
    """The names of a repeatable option, each of which may hold several with commas between them."""
    return [name.strip() for text in texts or () for name in text.split(",") if name.strip()]


def put_table(table: str, name: str, into: Path | None, check: bool) -> None:
    """Print a table, or put it into its place in a page.

    With `check` nothing is written: if the page has another table, a line says so and the exit code is 1.
    """
    if into is None:
        print(table)
    elif not markdown.insert(into, name, table, write=not check) and check:
        to_stderr(f"{into}: the table {name} is out of date; run the same command without --check")
        raise typer.Exit(1)
