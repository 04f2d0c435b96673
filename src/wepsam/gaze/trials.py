"""The table that says which picture was shown in which trial, where a tracker's file does not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from wepsam.gaze import tables
from wepsam.gaze.viewing import GazeError


def read_trials(path: Path) -> list[dict[str, str]]:
    """The rows of a table of trials.

    Args:
        path: a table with the column image and either trial (what the tracker's file calls the trial, or its number
            from 1), or start and end (in the unit of the file's times). A column observer limits rows to one.

    Raises:
        GazeError: a column is missing.
    """
    table = tables.read(path)
    names = {name.lower(): name for name in table.columns}
    timed = "start" in names and "end" in names
    if "image" not in names or not ("trial" in names or timed):
        there = ", ".join(table.columns)
        raise GazeError(f"{path} has the columns {there}; expected image and trial, or start and end")
    wanted = [name for name in ("image", "trial", "observer", "start", "end") if name in names]
    columns = {name: table.text(names[name]) for name in wanted}
    rows = [dict(zip(wanted, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return [{"trial": ""} | row for row in rows]


def of_trial(trials: Sequence[dict[str, str]], names: Sequence[str], observer: str) -> str | None:
    """The picture of a trial that goes by one of these names; None if the table does not say it."""
    for row in trials:
        if row["trial"].strip() and row["trial"].strip() in names and row.get("observer", observer) == observer:
            return row["image"]
    return None


def timed(trials: Sequence[dict[str, str]], observer: str) -> list[tuple[float, float, str]]:
    """(start, end, picture) of the rows that say times, in the unit of the file."""
    mine = [row for row in trials if row.get("start", "").strip() and row.get("observer", observer) == observer]
    return [(tables.number(row["start"]), tables.number(row["end"]), row["image"]) for row in mine]
