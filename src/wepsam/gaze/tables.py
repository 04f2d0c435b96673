"""Tables as trackers and experiment programs write them: any separator, any usual encoding, comma or point."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from wepsam.files import check_regular, foreign
from wepsam.gaze.viewing import GazeError

MOST_BYTES = 4 << 30  # of a file, unpacked
MISSING = {"", ".", "n/a", "na", "nan", "none", "null", "-", "inf", "-inf"}
TRUE = {"true", "1", "yes", "t"}
HEAD = 1 << 16


def encoding(start: bytes) -> str:
    """The encoding of a text file by its first bytes."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if b"\0" in start[:200]:
        return "utf-16-le" if start[1:2] == b"\0" else "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def head(path: Path) -> str:
    """The beginning of a text file, unpacked."""
    check_regular(path)
    with foreign(path, kind=GazeError), _opened(path) as file:
        start = file.read(HEAD)
        return start.decode(encoding(start), errors="replace").lstrip("\ufeff")


def lines(path: Path) -> Iterator[str]:
    """The lines of a text file, unpacked, in its encoding."""
    check_regular(path, MOST_BYTES)
    with foreign(path, kind=GazeError):
        with _opened(path) as file:
            kind = encoding(file.read(HEAD))
        with _opened(path) as file, io.TextIOWrapper(file, kind, errors="replace", newline=None) as text:
            read = 0
            for line in text:
                read += len(line)
                if read > MOST_BYTES:
                    raise ValueError(f"more than {MOST_BYTES:,} characters")
                yield line.replace("\0", "")


def _opened(path: Path) -> Any:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")


class Table:
    """Columns of text by name.

    Args:
        columns: the values of each column, of one length.
        path: for messages.
    """

    def __init__(self, columns: dict[str, list[str]], path: Path | str) -> None:
        self.columns, self.path = columns, path
        self.length = len(next(iter(columns.values()), []))

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def text(self, name: str) -> list[str]:
        """The column of this name; GazeError if there is none."""
        if name not in self.columns:
            there = ", ".join(self.columns)[:300]
            raise GazeError(f"{self.path} has no column {name}; it has {there}")
        return self.columns[name]

    def numbers(self, name: str) -> np.ndarray:
        """(N,) float64 the column as numbers; NaN for what is missing.

        Raises:
            GazeError: there is no such column, or a value is no number.
        """
        return np.array([self._number(value, name, row) for row, value in enumerate(self.text(name), 2)])

    def _number(self, value: str, name: str, row: int) -> float:
        try:
            return number(value)
        except ValueError:
            raise GazeError(f"{self.path} row {row}: {name} is {value[:60]!r}, expected a number") from None


def number(value: str) -> float:
    """A number with a point or a comma; NaN for what is missing, ValueError for what is no number."""
    text = value.strip()
    try:
        return float(text)
    except ValueError:
        if text.lower() in MISSING:
            return float("nan")
        return float(text.replace(",", "."))


def truth(values: Sequence[str]) -> np.ndarray:
    """(N,) bool of a column of yes and no."""
    return np.array([value.strip().lower() in TRUE for value in values], dtype=bool)


@contextmanager
def _long_cells() -> Iterator[None]:
    """Webcam programs put all samples of a trial into one cell. The limit is the process', so it is put back."""
    before = csv.field_size_limit(min(sys.maxsize, 1 << 30))
    try:
        yield
    finally:
        csv.field_size_limit(before)


def read(path: Path, wanted: Sequence[str] | None = None, names: Sequence[str] | None = None) -> Table:
    """A table with a head.

    Args:
        path: tabs, semicolons or commas between the columns; .gz is unpacked.
        wanted: the columns to keep; None: all.
        names: of the columns, if the file has no head (BIDS).

    Raises:
        GazeError: it is no such table.
    """
    with _long_cells(), foreign(path, "is not a table", GazeError):
        text = lines(path)
        first = next(text, "").lstrip("\ufeff")
        while first and not first.strip():
            first = next(text, "")
        separator = "\t" if names else max("\t;,", key=first.count)
        head = next(csv.reader([first], delimiter=separator), []) if names is None else [*names]
        titles = [" ".join(name.split()) for name in head]
        if len(set(titles)) < len(titles):
            titles = [name if titles.index(name) == place else f"{name}.{place}" for place, name in enumerate(titles)]
        keep = [place for place, name in enumerate(titles) if name and (wanted is None or name in wanted)]
        columns: dict[str, list[str]] = {titles[place]: [] for place in keep}
        stores = [(place, columns[titles[place]]) for place in keep]
        rows = csv.reader(_after(first, text) if names else text, delimiter=separator)
        for row in rows:
            if not row or (len(row) == 1 and not row[0].strip()):
                continue
            if len(row) < len(titles):
                row = row + [""] * (len(titles) - len(row))
            for place, store in stores:
                store.append(row[place])
    return Table(columns, path)


def _after(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest
