"""Files of many runs or models, gathered into a few: a table with one more column, or one JSON object, by their names.

Values are kept as they are written, digit by digit. Names are in alphabetical order. What was gathered before under the
same name is replaced, everything else stays: the same files give the same result, however often and in whichever parts
they are gathered.
"""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wepsam.files import replacing, write_json
from wepsam.spreadsheets import inert, original

Row = dict[str, str]


def gather_tables(tables: Mapping[str, Path], into: Path, column: str) -> None:
    """Put CSV files into one.

    Args:
        tables: the CSV files by name, all with the same columns.
        into: the CSV file to write or to add to.
        column: title of the first column, which has the names.

    Raises:
        ValueError: a file has other columns.
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
    """The rows of each table that `gather_tables` put into a file, without the column of names."""
    tables: dict[str, list[Row]] = {}
    for row in _read_rows(path):
        tables.setdefault(original(row.pop(column)), []).append(row)
    return tables


def gather_json(files: Mapping[str, Path], into: Path) -> None:
    """Put JSON files into one object.

    Args:
        files: the JSON files by name.
        into: the JSON file to write or to add to.
    """
    if not files:
        return
    values = read_json(into) if into.exists() else {}
    values |= {name: json.loads(path.read_text(encoding="utf-8")) for name, path in files.items()}
    into.parent.mkdir(parents=True, exist_ok=True)
    write_json(into, {name: values[name] for name in sorted(values)})


def read_json(path: Path) -> dict[str, Any]:
    """The values that `gather_json` put into a file, by name."""
    values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return values


def _read_rows(path: Path) -> list[Row]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
