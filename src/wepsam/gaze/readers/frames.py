"""Data frames in memory (pandas, polars), and pymovements' Gaze objects. No library is loaded for them."""

from __future__ import annotations

from typing import Any

import numpy as np

from wepsam.gaze.readers import columns
from wepsam.gaze.tables import Table
from wepsam.gaze.viewing import Frame, GazeError, Given, Tally, Viewing

FIXATION = "fixation"


def read(frame: Any, name: str, given: Given, tally: Tally) -> list[Viewing]:
    """The viewings in a data frame with a row for each fixation or sample, or in a Gaze object of pymovements.

    Args:
        frame: has `columns`, and gives a column by its name; or `events` and `samples` (pymovements).
        name: for messages, and of the observer if there is no column.
        given: names of columns, what they count.
        tally: for what is assumed.

    Raises:
        GazeError: it is neither, or a column is missing.
    """
    if hasattr(frame, "events") and (hasattr(frame, "samples") or hasattr(frame, "frame")):
        return _pymovements(frame, name, given, tally)
    if not hasattr(frame, "columns"):
        raise GazeError(f"{name} is a {type(frame).__name__}; expected a path, a data frame or a Gaze of pymovements")
    return columns.of_table(_table(frame, name), given, tally, name)


def _table(frame: Any, name: str) -> Table:
    return Table({str(one): [_text(value) for value in frame[one]] for one in frame.columns}, name)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _pymovements(gaze: Any, name: str, given: Given, tally: Tally) -> list[Viewing]:
    """Fixations among the events, with their places from the column location or from the samples (pixel)."""
    samples = gaze.samples if getattr(gaze, "samples", None) is not None else gaze.frame
    events = getattr(gaze.events, "frame", gaze.events)
    screen: Any = getattr(getattr(gaze, "experiment", None), "screen", None)
    size = (float(screen.width_px), float(screen.height_px)) if getattr(screen, "width_px", None) else None
    origin = {"upper left": "top-left", "lower left": "bottom-left", "center": "center"}.get(
        str(getattr(screen, "origin", "upper left"))
    )
    # pymovements measures from the center without turning y.
    y = {"top-left": "down", "bottom-left": "up", "center": "down"}.get(origin or "")
    frame = Frame("screen", "pixels", origin, y, size)
    trials = [one for one in (getattr(gaze, "trial_columns", None) or []) if one in events.columns]
    role = columns.roles([str(one) for one in events.columns if one not in ("onset", "offset", "duration")], given) if (
        given.columns) else {}  # fmt: skip
    names = (*columns.NAMES["image"], *trials)
    image = role.get("image") or next((one for one in names if one in events.columns), None)
    who = role.get("observer") or next((one for one in columns.NAMES["observer"] if one in events.columns), None)
    if image is None and given.image is None:
        raise GazeError(f"{name} does not say which picture was seen: name the column (columns={{'image': ...}})")
    kinds = [str(one) for one in events["name"]]
    onset, offset = (np.array([float(one) for one in events[side]]) for side in ("onset", "offset"))
    places = _places(events, samples, onset, offset, trials, name)
    of = [_text(one) for one in events[image]] if image else [given.image or ""] * len(kinds)
    people = [_text(one) for one in events[who]] if who else [given.observer or name] * len(kinds)
    keys = ["/".join(_text(events[one][row]) for one in trials) for row in range(len(kinds))]
    tally.assume("times of pymovements are in ms; onsets are counted from the first event of a trial")
    viewings = []
    groups = [*zip(people, of, keys, strict=True)]
    for key in dict.fromkeys(groups):
        rows = np.array([row for row, one in enumerate(groups) if one == key])
        start = float(onset[rows].min())
        mine = np.array([row for row in rows if kinds[row].startswith(FIXATION)], dtype=int)
        viewings.append(
            Viewing(
                key[0],
                key[1],
                frame,
                places[mine],
                (onset[mine] - start) / 1000,
                (offset - onset)[mine] / 1000,
                trial=key[2],
                source=name,
            )
        )
    return viewings


def _places(
    events: Any, samples: Any, onset: np.ndarray, offset: np.ndarray, trials: list[str], name: str
) -> np.ndarray:
    """(N, 2) where each event was."""
    for column in ("location", "pixel", "position"):
        if column in events.columns:
            return _pairs(events[column])
    pairs = [pair for pair in (("location_x", "location_y"), ("x", "y")) if set(pair) <= set(events.columns)]
    if pairs:
        return np.column_stack([np.array([float(one) for one in events[column]]) for column in pairs[0]])
    if "pixel" not in samples.columns:
        raise GazeError(f"{name}: its events have no location and its samples no pixel; compute_event_properties first")
    time = np.array([float(one) for one in samples["time"]])
    pixel = _pairs(samples["pixel"])
    keys = [tuple(_text(samples[one][row]) for one in trials) for row in range(len(time))] if trials else None
    places = np.full((len(onset), 2), np.nan)
    for row in range(len(onset)):
        within = (time >= onset[row]) & (time <= offset[row])
        if keys is not None:
            own = tuple(_text(events[one][row]) for one in trials)
            within &= np.array([key == own for key in keys])
        if np.isfinite(pixel[within]).all(axis=1).any():
            places[row] = np.nanmedian(pixel[within], axis=0)
    return places


def _pairs(values: Any) -> np.ndarray:
    """(N, 2) the first two of each list of numbers; NaN for none."""
    return np.array([[np.nan, np.nan] if one is None else [*one][:2] for one in values], dtype=np.float64)
