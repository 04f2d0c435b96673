"""Any table with a row for each fixation or each sample: PsychoPy, OpenSesame, jsPsych, webcams, our own CSV."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from wepsam.gaze import tables
from wepsam.gaze.pictures import Pictures
from wepsam.gaze.tables import Table
from wepsam.gaze.trials import of_trial
from wepsam.gaze.viewing import Frame, GazeError, Given, Tally, Viewing

ROLES = ("x", "y", "image", "observer", "onset", "duration", "time", "trial", "eye", "group")
# What programs call these columns; the first that is there counts.
NAMES: dict[str, tuple[str, ...]] = {
    "x": ("x", "gaze_x", "fix_x", "fixation_x", "x_px", "x_pixels", "CURRENT_FIX_X", "pos_x", "gazeX", "X"),
    "y": ("y", "gaze_y", "fix_y", "fixation_y", "y_px", "y_pixels", "CURRENT_FIX_Y", "pos_y", "gazeY", "Y"),
    "image": ("image", "stimulus", "picture", "image_file", "stim_file", "img", "imagefile", "filename", "stimuli"),
    "observer": (
        *("observer", "participant", "subject", "subject_nr", "participant_id", "subj", "RECORDING_SESSION_LABEL"),
        *("Participant name", "sub", "user", "worker_id"),
    ),
    "onset": ("onset", "start", "start_time", "fix_start", "CURRENT_FIX_START", "start_time_ms", "t_start"),
    "duration": ("duration", "dur", "fix_duration", "CURRENT_FIX_DURATION", "duration_ms", "fixation_duration"),
    "time": ("time", "timestamp", "t", "time_ms", "gaze_time"),
    "trial": ("trial", "trial_index", "trial_nr", "TRIAL_INDEX", "trial_id", "trial_number"),
    "eye": ("eye", "EYE_USED"),
    "group": ("group", "condition_group"),
}
UNIT = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}


def roles(titles: Sequence[str], given: Given) -> dict[str, str]:
    """Which column holds what: the caller's word first, then the usual names.

    Raises:
        GazeError: the caller names an unknown role, or a column that is not there.
    """
    found: dict[str, str] = {}
    for role, title in given.columns:
        if role not in ROLES:
            raise GazeError(f"--columns has {role!r}; expected {', '.join(ROLES)}, as in x=gaze_x,y=gaze_y")
        if title not in titles:
            raise GazeError(f"there is no column {title!r}; there are {', '.join(titles)[:300]}")
        found[role] = title
    for role, names in NAMES.items():
        lower = {title.lower(): title for title in reversed(titles)}
        first = next((lower[name.lower()] for name in names if name.lower() in lower), None)
        if role not in found and first is not None and first not in found.values():
            found[role] = first
    return found


def read(path: Path, pictures: Pictures, given: Given, tally: Tally, observer: str) -> list[Viewing]:
    """The viewings in a table with a row for each fixation, or for each sample.

    Args:
        path: of the table.
        pictures: that may be named.
        given: names of columns, what they count.
        tally: for what is assumed.
        observer: who looked, if there is no column of observers.

    Raises:
        GazeError: a column is missing or holds something else.
    """
    return of_table(tables.read(path), given, tally, observer)


def of_table(table: Table, given: Given, tally: Tally, observer: str) -> list[Viewing]:
    """The same of a table in memory."""
    titles = [*table.columns]
    role = roles(titles, given)
    if missing := [name for name in ("x", "y") if name not in role]:
        raise GazeError(
            f"{table.path} has no column for {' and '.join(missing)}; name them, such as --columns x=gaze_x,y=gaze_y; "
            f"there are {', '.join(titles)[:300]}"
        )
    if "image" not in role and given.image is None and not (given.trials and "trial" in role):
        raise GazeError(
            f"{table.path} does not say which picture was seen: name the column (--columns image=NAME), or the picture "
            "that the file is about (--image NAME)"
        )
    points = np.column_stack([table.numbers(role["x"]), table.numbers(role["y"])])
    sampled = given.detect or ("duration" not in role and "time" in role and "onset" not in role)
    fixed = {"observer": given.observer or observer, "image": given.image or "", "trial": "", "eye": "", "group": ""}
    keys = {
        name: table.text(role[name]) if name in role and not (name == "image" and given.image) else
        [value] * table.length
        for name, value in fixed.items()
    }  # fmt: skip
    own = {"image", "observer", "x", "y"} <= set(titles) and not given.columns
    frame = Frame("picture" if own and given.screen is None and given.origin is None else None)
    moments = table.numbers(role["time" if sampled else "onset"]) if ("time" if sampled else "onset") in role else None
    lengths = table.numbers(role["duration"]) if "duration" in role and not sampled else None
    factor = factor_of(moments, lengths, given, tally, str(table.path))
    if not sampled and lengths is None and "time" in role:
        raise GazeError(f"{table.path} has fixations without a duration and samples without a rate; name the columns")
    viewings = []
    for key, rows in _grouped(keys).items():
        image, eye = key[1], {"l": "left", "r": "right"}.get(key[3].strip().lower()[:1], "")
        if given.trials:
            image = of_trial(given.trials, (key[2],), key[0]) or image
        if not image.strip():
            tally.counts["read"] += len(rows)
            tally.counts["without a picture"] += len(rows)
            continue
        start = np.full(len(rows), np.nan) if moments is None else moments[rows] * factor
        long = np.full(len(rows), np.nan) if lengths is None else lengths[rows] * factor
        viewing = Viewing(key[0], image, frame, eye=eye, trial=key[2], group=key[4], source=str(table.path))
        if sampled:
            order = np.argsort(start, kind="stable")
            samples = np.column_stack([start - np.nanmin(start), points[rows]])[order]
            viewings.append(replace(viewing, samples=samples))
        else:
            viewings.append(replace(viewing, points=points[rows], onset=start, duration=long))
    return one_eye(viewings, given, tally)


def _grouped(keys: dict[str, list[str]]) -> dict[tuple[str, ...], np.ndarray]:
    """The rows of each observer, picture, trial, eye and group, in the order of the file."""
    found: dict[tuple[str, ...], list[int]] = {}
    for row, key in enumerate(zip(*keys.values(), strict=True)):
        found.setdefault(key, []).append(row)
    return {key: np.array(rows) for key, rows in found.items()}


def factor_of(moments: np.ndarray | None, lengths: np.ndarray | None, given: Given, tally: Tally, source: str) -> float:
    """Seconds in a unit of the file's times: said, or seen from the length of fixations or the step of samples."""
    if given.time is not None:
        return UNIT[given.time]
    if lengths is not None and np.isfinite(lengths).any():
        typical = float(np.nanmedian(lengths))
    elif moments is not None and np.isfinite(moments).sum() > 1:
        steps = np.abs(np.diff(moments[np.isfinite(moments)]))
        typical = float(np.median(steps[steps > 0])) * 10 if (steps > 0).any() else 0.1
    else:
        return 1.0
    name = "s" if typical < 10 else "ms" if typical < 1e4 else "us" if typical < 1e7 else "ns"
    tally.assume(f"times are in {name} (--time)")
    return UNIT[name]


def one_eye(viewings: list[Viewing], given: Given, tally: Tally) -> list[Viewing]:
    """Of two eyes in one file, the one that is asked for, or was seen more often."""
    eyes = {viewing.eye for viewing in viewings} - {""}
    if len(eyes) < 2:
        return viewings
    tally.assume(f"of two eyes the {'better' if given.eye == 'best' else given.eye} one counts")
    chosen: dict[str, str] = {}
    for observer in {viewing.observer for viewing in viewings}:
        seen = {eye: sum(_seen(one) for one in viewings if one.eye == eye and one.observer == observer) for eye in eyes}
        chosen[observer] = given.eye if given.eye != "best" else max(seen, key=lambda eye: (seen[eye], eye == "right"))
    return [viewing for viewing in viewings if viewing.eye in ("", chosen[viewing.observer])]


def _seen(viewing: Viewing) -> float:
    values = viewing.points if viewing.samples is None else viewing.samples[:, 1:]
    known = np.isfinite(values).all(axis=1)
    return float(known.sum() if viewing.samples is not None else np.nansum(np.where(known, viewing.duration, 0)))
