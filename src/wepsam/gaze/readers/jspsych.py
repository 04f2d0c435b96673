"""jsPsych's data with its webgazer extension: samples of a webcam in a cell, and where the picture stood."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from wepsam.files import parse_json
from wepsam.gaze import tables
from wepsam.gaze.pictures import Pictures
from wepsam.gaze.viewing import Box, Frame, GazeError, Given, Tally, Viewing

GAZE, TARGETS = "webgazer_data", "webgazer_targets"
PEOPLE = ("subject", "subject_id", "participant", "participant_id", "PROLIFIC_PID", "workerId", "run_id", "observer")


def is_jspsych(head: str) -> bool:
    """Whether a table has the column of the webgazer extension."""
    return GAZE in head.partition("\n")[0]


def read(path: Path, pictures: Pictures, given: Given, tally: Tally, observer: str) -> list[Viewing]:
    """The viewings in a CSV of jsPsych.

    Args:
        path: of the table.
        pictures: that the column stimulus names.
        given: name of the picture, screen.
        tally: for what is assumed.
        observer: who looked, if there is no column of participants.

    Raises:
        GazeError: no row has gaze on a picture.
    """
    table = tables.read(path)
    named = dict(given.columns)
    stimulus = named.get("image", "stimulus")
    people = named.get("observer") or next((name for name in PEOPLE if name in table), None)
    viewings = []
    for row, cell in enumerate(table.text(GAZE)):
        image = given.image or (_image(table.text(stimulus)[row]) if stimulus in table else "")
        if cell.strip().lower() in ("", "null", "[]") or not image:
            continue
        samples = _samples(cell, f"{path} row {row + 2}")
        if not len(samples):
            continue
        box = _box(table.text(TARGETS)[row]) if TARGETS in table else None
        trial = table.text("trial_index")[row] if "trial_index" in table else str(row + 1)
        who = given.observer or (table.text(people)[row].strip() if people else "") or observer
        viewings.append(
            Viewing(
                who,
                image,
                Frame("screen", "pixels", "top-left", "down", box=box),
                samples=samples,
                trial=trial,
                source=str(path),
            )
        )
    if not viewings:
        raise GazeError(f"{path} has no gaze of a trial with a picture; expected {GAZE} and {stimulus} in one row")
    return viewings


def _image(cell: str) -> str:
    """The picture of a stimulus: a path, a list of paths, or HTML with an <img>."""
    found = re.search(r"<img[^>]*src=[\"']([^\"']+)", cell)
    text = found[1] if found else cell.strip().strip("[]\"' ").split('","')[0]
    return text.partition("?")[0]


def _parsed(cell: str, where: str) -> Any:
    try:
        return parse_json(cell.encode())
    except ValueError as error:
        raise GazeError(f"{where}: {GAZE} or {TARGETS} is {error}") from None


def _samples(cell: str, where: str) -> np.ndarray:
    """(M, 3) seconds, x, y."""
    value = _parsed(cell, where)
    rows = value if isinstance(value, list) else []
    try:
        numbers = [(one["t"] / 1000, one["x"], one["y"]) for one in rows if one]
        return np.array(numbers, dtype=np.float64).reshape(-1, 3)
    except (TypeError, KeyError, ValueError):
        raise GazeError(f"{where}: {GAZE} is a list of something else than x, y and t") from None


def _box(cell: str) -> Box | None:
    """Where the picture stood in the window: the target that is named like an image, or the only one."""
    if cell.strip().lower() in ("", "null"):
        return None
    targets = _parsed(cell, TARGETS)
    if not isinstance(targets, dict) or not targets:
        return None
    name = next((key for key in targets if "image" in key or "img" in key or "stimulus" in key), next(iter(targets)))
    box = targets[name]
    try:
        left, top = float(box.get("left", box.get("x"))), float(box.get("top", box.get("y")))
        return left, top, float(box["width"]), float(box["height"])
    except (TypeError, KeyError, ValueError, AttributeError):
        return None
