"""The files of many training runs, gathered into a few: a table with a column `run`, or one JSON object by run.

RUNS/NAME/log.csv     -> INTO/logs.csv      run, then the columns of log.csv
RUNS/NAME/scores.csv  -> INTO/scores.csv    run, then the columns of scores.csv
RUNS/NAME/job.json    -> INTO/jobs.json     {NAME: what job.json holds}

Values are kept as they are written, digit by digit. Runs are in the order of their names.
"""

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from wepsam.files import replacing, write_json

Row = dict[str, str]
RUN = "run"  # the first column of a gathered table


@dataclass(frozen=True)
class RunFiles:
    """What is kept of one run.

    Attributes:
        log: a row for each validation, as the training loop wrote it.
        scores: a row for each test picture.
        job: what was trained, how it ended, and under which versions.
    """

    log: list[Row]
    scores: list[Row]
    job: dict[str, Any]


def gather(runs: Iterable[str | PathLike[str]], into: str | PathLike[str]) -> None:
    """Gather the files of finished runs.

    Runs that were gathered before are replaced, the others stay: the same runs give the same files, however often and
    in whichever parts they are gathered.

    Args:
        runs: folders with log.csv, scores.csv and job.json; a folder's name becomes the run's.
        into: folder for logs.csv, scores.csv and jobs.json.
    """
    folders = [Path(folder) for folder in runs]
    gather_tables(folders, "log.csv", Path(into) / "logs.csv")
    gather_tables(folders, "scores.csv", Path(into) / "scores.csv")
    gather_json(folders, "job.json", Path(into) / "jobs.json")


def gather_tables(folders: Iterable[Path], name: str, path: Path) -> None:
    """Put the table `name` of each folder into one table at `path`.

    Raises:
        ValueError: tables with different columns.
    """
    tables = _read_by_run(path) if path.exists() else {}
    tables |= {folder.name: _read_table(folder / name) for folder in folders}
    heads = {run: tuple(rows[0]) for run, rows in tables.items() if rows}
    columns = next(iter(heads.values()), ())
    for run, head in heads.items():
        if head != columns:
            raise ValueError(
                f"{name} of {run} has the columns {', '.join(head)}, expected {', '.join(columns)}; gather it elsewhere"
            )
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [RUN, *columns])
        writer.writeheader()
        for run in sorted(tables):
            writer.writerows({RUN: run} | row for row in tables[run])


def gather_json(folders: Iterable[Path], name: str, path: Path) -> None:
    """Put the JSON file `name` of each folder into one JSON object at `path`, by the folder's name."""
    values = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    values |= {folder.name: json.loads((folder / name).read_text(encoding="utf-8")) for folder in folders}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, {run: values[run] for run in sorted(values)})


def read(folder: str | PathLike[str]) -> dict[str, RunFiles]:
    """What `gather` wrote into a folder, by run.

    Raises:
        FileNotFoundError: a file is missing.
        ValueError: a run is not in all three files.
    """
    folder = Path(folder)
    logs, scores = (_read_by_run(folder / name) for name in ("logs.csv", "scores.csv"))
    jobs: Mapping[str, Any] = json.loads((folder / "jobs.json").read_text(encoding="utf-8"))
    if partial := (set(logs) ^ set(scores)) | (set(logs) ^ set(jobs)):
        raise ValueError(f"{folder}: {', '.join(sorted(partial))} must be in all three files; gather the runs again")
    return {run: RunFiles(logs[run], scores[run], jobs[run]) for run in jobs}


def _read_table(path: Path) -> list[Row]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _read_by_run(path: Path) -> dict[str, list[Row]]:
    tables: dict[str, list[Row]] = {}
    for row in _read_table(path):
        tables.setdefault(row.pop(RUN), []).append(row)
    return tables
