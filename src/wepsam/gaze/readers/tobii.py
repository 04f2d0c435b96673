"""Tobii Pro Lab's data export: a row for each sample, with the fixation that it belongs to.

Names of columns have changed with the versions: "Fixation point X (MCSnorm)" is "Fixation point X [MCS norm]" now, and
units may stand behind any name. MCS counts in the picture (media), DACS and RCS on the screen.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from wepsam.gaze import tables
from wepsam.gaze.pictures import Pictures
from wepsam.gaze.tables import Table
from wepsam.gaze.trials import of_trial, timed
from wepsam.gaze.viewing import Frame, GazeError, Given, Tally, Viewing

# Systems of coordinates as they stand behind a name, without spaces and brackets; the first that has numbers counts.
MEDIA_PIXELS, MEDIA_SHARES, SCREEN = ("mcspx",), ("mcsnorm",), ("dacspx", "rcspx", "")
SECONDS = {"": 1e-3, "ms": 1e-3, "\u03bcs": 1e-6, "\u00b5s": 1e-6, "us": 1e-6, "s": 1.0}
FIXATION = {"fixation", "fixering", "fijaci\u00f3n"}


def is_tobii(head: str) -> bool:
    """Whether a table has Tobii's columns."""
    first = head.partition("\n")[0]
    return "Recording timestamp" in first and bool(re.search(r"(Fixation|Gaze) point X", first))


def read(path: Path, pictures: Pictures, given: Given, tally: Tally, observer: str) -> list[Viewing]:
    """The viewings in an export of Tobii Pro Lab.

    Args:
        path: TSV or CSV, in UTF-8 or UTF-16, with a point or a comma.
        pictures: that may be named.
        given: table of trials, whether to detect fixations anew.
        tally: for what is assumed.
        observer: who looked, if there is no participant.

    Raises:
        GazeError: a column is missing.
    """
    return of_table(tables.read(path), pictures, given, tally, observer)


def of_table(table: Table, pictures: Pictures, given: Given, tally: Tally, observer: str) -> list[Viewing]:
    """The same of a table in memory."""
    known = Columns(table)
    time = known.seconds("Recording timestamp")
    kinds = [value.strip().lower() for value in known.text("Eye movement type")]
    fixating = np.array([kind in FIXATION for kind in kinds], dtype=bool)
    sampled = given.detect or not fixating.any()
    x, y, frame = _coordinates(known, "Gaze point" if sampled else "Fixation point")
    media = _media(known, time, pictures, given)
    people, recordings = known.text("Participant name"), known.text("Recording name")
    duration = known.seconds("Gaze event duration", "Eye movement event duration", "Event duration")
    index = known.numbers("Eye movement type index", "Eye movement event index")
    sides = ("position X", "position Y", "width", "height")
    boxes = [known.numbers(f"Presented Media {what}") for what in sides]
    grids = [known.numbers(f"Original Media {what}") for what in ("width", "height")]
    screens = [known.numbers(f"Recording resolution {what}") for what in ("width", "height")]
    group = known.text("Participant group", "Group")
    viewings = []
    for (person, recording, image, showing), rows in _viewings(people, recordings, media).items():
        shown = _frame(frame, rows, boxes, grids, screens)
        start = time[rows[0]]
        name = person.strip() or recording.strip() or observer
        trial = f"{recording.strip()} {showing}".strip()
        common: dict[str, Any] = {"observer": given.observer or name, "image": image, "frame": shown, "trial": trial,
                  "group": _first(group, rows), "source": str(table.path)}  # fmt: skip
        if sampled:
            mine = rows[np.isfinite(time[rows])]
            values = np.column_stack([time[mine] - start, x[mine], y[mine]])
            values = values[np.concatenate([[True], np.diff(values[:, 0]) > 0])]  # rows of events repeat a time
            viewings.append(Viewing(**common, samples=values))
            continue
        firsts = _firsts(rows[fixating[rows]], index, x, y)
        # A fixation that had begun before the picture appeared is on what was there before.
        earlier = np.array([_began(first, index, fixating, rows) for first in firsts], dtype=bool)
        tally.counts["read"] += int(earlier.sum())
        tally.counts["before or after the picture"] += int(earlier.sum())
        keep = np.array(firsts, dtype=int)[~earlier]
        sampling = rows[np.array([bool(kinds[row]) for row in rows])]
        lost = np.array([kinds[row] == "eyesnotfound" for row in sampling])
        viewings.append(
            Viewing(
                **common,
                points=np.column_stack([x[keep], y[keep]]),
                onset=time[keep] - start,
                duration=duration[keep],
                lost=float(lost.mean()) if len(lost) else None,
            )
        )
    if not viewings:
        raise GazeError(f"{table.path} names no picture in Presented Stimulus name or Presented Media name")
    return viewings


class Columns:
    """The columns of an export by their names without units."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.titles: dict[tuple[str, str], str] = {}
        for title in table.columns:
            found = re.fullmatch(r"(.*?)\s*[\[(]([^\])]*)[\])]", title)
            name, unit = (found[1], found[2]) if found else (title, "")
            self.titles.setdefault((name.lower(), re.sub(r"[\s.]", "", unit).lower()), title)

    def find(self, *names: str, unit: tuple[str, ...] | None = None) -> tuple[str, str] | None:
        """The title and unit of the first column of one of these names, with one of these units."""
        for name in names:
            for (known, its), title in self.titles.items():
                if known == name.lower() and (unit is None or its in unit):
                    return title, its
        return None

    def text(self, *names: str) -> list[str]:
        """A column; empty texts if there is none."""
        found = self.find(*names)
        return [""] * self.table.length if found is None else self.table.text(found[0])

    def numbers(self, *names: str, unit: tuple[str, ...] | None = None) -> np.ndarray:
        """(N,) a column as numbers; NaN if there is none."""
        found = self.find(*names, unit=unit)
        return np.full(self.table.length, np.nan) if found is None else self.table.numbers(found[0])

    def seconds(self, *names: str) -> np.ndarray:
        """(N,) a column of times in seconds; Tobii counts ms where it does not say so."""
        found = self.find(*names)
        if found is None:
            return np.full(self.table.length, np.nan)
        return self.table.numbers(found[0]) * SECONDS.get(found[1], 1e-3)


def _coordinates(known: Columns, name: str) -> tuple[np.ndarray, np.ndarray, Frame]:
    """x, y and what they count, of the most direct columns that have numbers."""
    choices = [
        (MEDIA_PIXELS, Frame("picture", "pixels", "top-left", "down")),
        (MEDIA_SHARES, Frame("picture", "shares", "top-left", "down")),
        (SCREEN, Frame("screen", "pixels", "top-left", "down")),
    ]
    for units, frame in choices:
        if known.find(f"{name} X", unit=units) and known.find(f"{name} Y", unit=units):
            x, y = (known.numbers(f"{name} {axis}", unit=units) for axis in "XY")
            if np.isfinite(x + y).any():
                return x, y, frame
    raise GazeError(
        f"{known.table.path} has no numbers in {name} X and Y; export them from Tobii Pro Lab, with Eye movement type, "
        "Presented Media and Recording resolution"
    )


def _media(known: Columns, time: np.ndarray, pictures: Pictures, given: Given) -> list[str]:
    """The picture that was shown at each row, "" for none: the media is the file, the stimulus what it is called."""
    if spans := timed(given.trials, ""):
        return [
            next((image for start, end, image in spans if start <= one * 1000 < end), "") for one in time.tolist()
        ]  # fmt: skip
    files, called = known.text("Presented Media name"), known.text("Presented Stimulus name")
    found: dict[tuple[str, str], str] = {}
    for pair in set(zip(files, called, strict=True)):
        listed = [of_trial(given.trials, (name,), "") for name in pair if name.strip()]
        named = [name for name in pair if name.strip() and pictures.find(re.sub(r"\s*\(\d+\)$", "", name))]
        known_name = next((name for name in [*listed, *named] if name), "")
        # A stimulus that is no picture, such as a calibration cross, is kept to be counted.
        found[pair] = re.sub(r"\s*\(\d+\)$", "", known_name) or next((name for name in pair if name.strip()), "")
    return [found[pair] for pair in zip(files, called, strict=True)]


def _viewings(
    people: list[str], recordings: list[str], media: list[str]
) -> dict[tuple[str, str, str, int], np.ndarray]:
    """The rows of each stretch in which one person saw one picture."""
    found: dict[tuple[str, str, str, int], list[int]] = {}
    stretch, last = 0, None
    for row, key in enumerate(zip(people, recordings, media, strict=True)):
        if key != last:
            stretch, last = stretch + 1, key
        if key[2]:
            found.setdefault((*key, stretch), []).append(row)
    return {key: np.array(rows) for key, rows in found.items()}


def _firsts(rows: np.ndarray, index: np.ndarray, x: np.ndarray, y: np.ndarray) -> list[int]:
    """The first row of each fixation: by its index, or where the point changes."""
    firsts: list[int] = []
    last: tuple[float, ...] | None = None
    for row in rows.tolist():
        key = (index[row],) if np.isfinite(index[row]) else (x[row], y[row])
        if key != last and not (last is not None and len(key) == 2 and not np.isfinite(key).all()):
            firsts.append(row)
        last = key
    return firsts


def _began(first: int, index: np.ndarray, fixating: np.ndarray, rows: np.ndarray) -> bool:
    """Whether a fixation has rows before the picture's."""
    if first != rows[fixating[rows]][0]:
        return False
    before = int(rows[0]) - 1
    while before >= 0 and not fixating[before] and np.isnan(index[before]):
        before -= 1  # rows of events
    return before >= 0 and bool(fixating[before]) and bool(index[before] == index[first])


def _frame(
    frame: Frame, rows: np.ndarray, boxes: list[np.ndarray], grids: list[np.ndarray], screens: list[np.ndarray]
) -> Frame:
    """The frame of one viewing."""
    box, grid, screen = ([_value(column, rows) for column in columns] for columns in (boxes, grids, screens))
    if frame.of == "picture":
        return replace(frame, grid=tuple(grid) if np.isfinite(grid).all() and frame.unit == "pixels" else None)  # type: ignore[arg-type]
    return replace(
        frame,
        screen=tuple(screen) if np.isfinite(screen).all() else None,  # type: ignore[arg-type]
        box=tuple(box) if np.isfinite(box).all() else None,  # type: ignore[arg-type]
    )


def _value(column: np.ndarray, rows: np.ndarray) -> float:
    values = column[rows]
    values = values[np.isfinite(values)]
    return float(values[0]) if len(values) else float("nan")


def _first(column: list[str], rows: np.ndarray) -> str:
    return next((column[row].strip() for row in rows.tolist() if column[row].strip()), "")
