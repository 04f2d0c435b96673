"""Files of many runs or models, gathered into a few: a table with one more column, or one JSON object, by their names.

Values are kept as they are written, digit by digit. Names are in alphabetical order. What was gathered before under the
same name is replaced, everything else stays: the same files give the same result, however often and in whichever parts
they are gathered.
"""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wepsam import files
from wepsam.files import check_regular, foreign, replacing, write_json
from wepsam.spreadsheets import inert, original

Row = dict[str, str]


def gather_tables(tables: Mapping[str, Path], into: Path, column: str) -> None:
    """Put CSV files into one.

    Args:
        tables: the CSV files by name, all with the same columns.
        into: the CSV file to write or to add to.
        column: title of the first column, which has the names.

    Raises:
        ValueError: a file has other columns, or is no table.
    """
    if not tables:
        return
    rows = read_tables(into, column) if into.exists() else {}
    rows |= {name: _read_rows(path) for name, path in tables.items()}
    heads = {name: list(table[0]) for name, table in rows.items() if table}
    columns = next(iter(heads.values()), [])
    for name, head in heads.items():
        if head != columns:
            raise ValueError(
                f"{name} has the columns {', '.join(head)}, {into} has {', '.join(columns)}; gather it elsewhere"
            )
    into.parent.mkdir(parents=True, exist_ok=True)
    with replacing(into) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [column, *columns])
        writer.writeheader()
        for name in sorted(rows):
            writer.writerows({column: inert(name)} | row for row in rows[name])


def read_tables(path: Path, column: str) -> dict[str, list[Row]]:
    """The rows of each table that `gather_tables` put into a file, without the column of names.

    Raises:
        ForeignFileError: the file is no such table.
        OSError: it cannot be read.
    """
    tables: dict[str, list[Row]] = {}
    for row in _read_rows(path, column):
        tables.setdefault(original(row.pop(column)), []).append(row)
    return tables


def gather_json(sources: Mapping[str, Path], into: Path) -> None:
    """Put JSON files into one object.

    Args:
        sources: the JSON files by name.
        into: the JSON file to write or to add to.

    Raises:
        ForeignFileError: a file holds no JSON object.
    """
    if not sources:
        return
    values = read_json(into) if into.exists() else {}
    values |= {name: _read_object(path) for name, path in sources.items()}
    into.parent.mkdir(parents=True, exist_ok=True)
    write_json(into, {name: values[name] for name in sorted(values)})


def read_json(path: Path) -> dict[str, dict[str, Any]]:
    """The objects that `gather_json` put into a file, by name.

    Raises:
        ForeignFileError: the file holds something else.
        OSError: it cannot be read.
    """
    values = _read_object(path)
    with foreign(path, "is not gathered by wepsam"):
        for name, value in values.items():
            if not isinstance(value, dict):
                raise ValueError(f"its {name!r:.60} is a {type(value).__name__}, not an object")
    return values


def _read_object(path: Path) -> dict[str, Any]:
    check_regular(path)  # what is no file says so itself
    with foreign(path):
        value = files.read_json(path)
        if not isinstance(value, dict):
            raise ValueError(f"it is a {type(value).__name__}, not an object")
    return value


def _read_rows(path: Path, *columns: str) -> list[Row]:
    """The rows of a table that has these columns, among others."""
    check_regular(path)
    with foreign(path, "is not a table"), path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
        if lacking := set(columns).difference(reader.fieldnames or ()):
            raise ValueError(f"it has no column {', '.join(sorted(lacking))}")
        for number, row in enumerate(rows, 1):
            if None in row or None in row.values():
                raise ValueError(f"row {number} has more or fewer cells than the head")
    return rows
