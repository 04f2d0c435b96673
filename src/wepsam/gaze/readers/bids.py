"""BIDS eye tracking: `_physio.tsv.gz` without a head, its JSON, and which picture was shown when.

That is in `_events.tsv` or, where this names no picture, in the tracker's messages in `_physioevents.tsv.gz`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from wepsam.files import foreign, read_json
from wepsam.gaze import tables
from wepsam.gaze.pictures import Pictures
from wepsam.gaze.readers import eyelink
from wepsam.gaze.readers.columns import one_eye
from wepsam.gaze.trials import of_trial
from wepsam.gaze.viewing import Box, Frame, GazeError, Given, Screen, Tally, Viewing

NAME = re.compile(r"^(?P<entities>.*?)_(physio|eyetrack|physioevents)\.tsv(\.gz)?$")
Shown = tuple[float, float, str, str, Box | None]  # onset and duration in seconds, picture, trial, place on the screen
SCREENED = ("", "gaze-on-screen", "screen")
PIXELS, SHARES = ("pixel", "px"), ("ratio", "normalized", "a.u", "fraction")
LENGTHS = {"mm": 1e-3, "cm": 1e-2, "m": 1.0}
TIMES = {"s": 1.0, "sec": 1.0, "second": 1.0, "ms": 1e-3, "millisecond": 1e-3, "us": 1e-6, "\u03bcs": 1e-6, "ns": 1e-9}
PICTURE_COLUMNS = ("stim_file", "stimulus", "image", "stim", "picture", "trial_type")


def is_physio(path: Path) -> bool:
    """Whether a file's name is that of a BIDS recording."""
    return NAME.match(path.name) is not None and "_physioevents." not in path.name


def read(path: Path, pictures: Pictures, given: Given, tally: Tally, observer: str) -> list[Viewing]:
    """The viewings in a BIDS recording of one eye, or of both eyes in one file.

    Args:
        path: of the recording; its JSON and its events lie beside it or above.
        pictures: that events may name.
        given: table of trials, eye.
        tally: for what is assumed.
        observer: who looked, if the name has no sub-.

    Raises:
        GazeError: the JSON or the events are missing, or the gaze is not on the screen.
    """
    about = sidecar(path)
    kind = str(about.get("PhysioType", "eyetrack")).lower()
    if kind != "eyetrack":
        raise GazeError(f"{path} is of PhysioType {kind}, expected eyetrack")
    system = str(about.get("SampleCoordinateSystem", "")).lower()
    if system not in SCREENED:
        raise GazeError(f"{path}: its SampleCoordinateSystem is {system}; expected gaze-on-screen")
    columns = about.get("Columns")
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise GazeError(f"the JSON of {path} has no Columns; expected the names of its columns")
    other = _other_eye(path, about, given)
    if other is not None:
        tally.assume(f"of two eyes the {'better' if given.eye == 'best' else given.eye} one counts")
        if other:
            return []
    events = _events(path)
    table = tables.read(path, names=columns)
    clock = _clock(about, columns, table, path)
    time = clock.seconds(table.numbers(clock.column) if clock.column else np.arange(1.0, table.length + 1))
    found = re.search(r"(?:^|_)sub-([^_]+)", path.name)
    person = f"sub-{found[1]}" if found else observer
    extra = events[1].get("StimulusPresentation", {}) if isinstance(events[1], dict) else {}
    viewings = []
    shown = _shown(events[0], pictures, given, person, path)
    for eye, x, y in _axes(columns, about):
        frame, values = _frame({**about, **_screen_only(extra)}, x, table, path)
        points = np.column_stack([table.numbers(x), table.numbers(y)]) * values
        told = shown or _told(path, clock, float(np.nanmax(time, initial=0)), frame, pictures, given, person)
        for onset, length, image, trial, box in told:
            within = (time >= onset) & (time < onset + length)
            samples = np.column_stack([time[within] - onset, points[within]])
            viewings.append(
                Viewing(
                    given.observer or person,
                    image,
                    frame if box is None else replace(frame, box=box),
                    samples=samples,
                    eye=eye,
                    trial=trial,
                    source=str(path),
                )
            )
    if not viewings:
        raise GazeError(
            f"the events of {path} name no picture; expected a column stim_file in _events.tsv, messages that name one "
            "in _physioevents.tsv.gz, or --trials"
        )
    return one_eye(viewings, given, tally)


def sidecar(path: Path) -> dict[str, Any]:
    """What the JSON files say of a recording: those of the folders above hold for all below, the nearest counts."""
    matched = NAME.match(path.name)
    assert matched is not None
    entities = set(matched["entities"].split("_"))
    ending = f"_{matched[2]}.json"
    found: list[tuple[int, int, Path]] = []
    for level, folder in enumerate([path.parent, *list(path.resolve().parents)[1:5]]):
        for one in folder.glob("*.json"):
            stem = one.name.removesuffix(ending) if one.name.endswith(ending) else None
            bare = one.name == ending[1:]
            if bare or (stem is not None and set(stem.split("_")) <= entities):
                found.append((-level, 0 if bare else len(stem.split("_")) if stem else 0, one))
    said: dict[str, Any] = {}
    for _, _, one in sorted(found):
        with foreign(one, kind=GazeError):
            value = read_json(one)
            if isinstance(value, dict):
                said |= value
    if not found:
        raise GazeError(f"{path} has no JSON beside it; expected {matched['entities']}{ending}")
    return said


def _events(path: Path) -> tuple[tables.Table | None, dict[str, Any]]:
    """The table of events of a recording, and what its JSON says."""
    matched = NAME.match(path.name)
    assert matched is not None
    parts = [part for part in matched["entities"].split("_") if not part.startswith(("recording-", "eye-"))]
    base = path.parent / ("_".join(parts) + "_events")
    said: dict[str, Any] = {}
    for folder in reversed([path.parent, *list(path.resolve().parents)[1:5]]):
        for one in sorted(folder.glob("*events.json")):
            names = set(one.name.removesuffix("_events.json").split("_")) if one.name != "events.json" else set()
            if names <= set(parts):
                with foreign(one, kind=GazeError):
                    value = read_json(one)
                    said |= value if isinstance(value, dict) else {}
    file = base.with_name(base.name + ".tsv")
    return (tables.read(file) if file.is_file() else None), said


def _shown(events: tables.Table | None, pictures: Pictures, given: Given, observer: str, path: Path) -> list[Shown]:
    """What the experiment's events say: the pictures that they show."""
    if events is None:
        if not _messages_of(path).is_file():
            raise GazeError(f"{path} has no _events.tsv beside it, so nobody knows which picture was seen when")
        return []
    onsets = events.numbers("onset")
    lengths = events.numbers("duration") if "duration" in events else np.full(events.length, np.nan)
    columns = [name for name in PICTURE_COLUMNS if name in events]
    shown: list[tuple[float, float, str, str]] = []
    for row, onset in enumerate(onsets.tolist()):
        names = [events.text(column)[row] for column in columns]
        listed = of_trial(given.trials, (str(row + 1), *names), observer)
        image = listed or next((name for name in names if pictures.find(name)), "")
        if not image and columns and columns[0] == "stim_file" and names[0].lower() not in tables.MISSING:
            image = names[0]  # not among the stimuli, which is said
        if image and np.isfinite(onset):
            shown.append((onset, lengths[row], image, str(row + 1)))
    after = [one for one in onsets.tolist() if np.isfinite(one)]
    return [
        (onset, length if np.isfinite(length) and length > 0
         else min([one for one in after if one > onset], default=np.inf) - onset, image, trial, None)
        for onset, length, image, trial in shown
    ]  # fmt: skip


def _messages_of(path: Path) -> Path:
    """Where the tracker's messages of a recording are."""
    return path.with_name(re.sub(r"_(physio|eyetrack)\.tsv(\.gz)?$", "_physioevents.tsv.gz", path.name))


def _told(
    path: Path, clock: Clock, end: float, frame: Frame, pictures: Pictures, given: Given, observer: str
) -> list[Shown]:
    """What the tracker's messages say, as in an ASC file: an EyeLink's are the same there and here."""
    file = _messages_of(path)
    if not file.is_file():
        return []
    about = sidecar(file)
    table = tables.read(file, names=about.get("Columns") or ["onset", "duration", "trial_type", "blink", "message"])
    if "message" not in table:
        return []
    stamped = about.get("ForeignIndexColumn") == clock.column
    onsets = (clock if stamped else clock.rows).seconds(table.numbers("onset"))
    texts = [text.strip().strip('"') for text in table.text("message")]
    words = [
        (time * 1000, text)
        for time, text in zip(onsets.tolist(), texts, strict=True)
        if np.isfinite(time) and text.lower() not in tables.MISSING
    ]
    found = [
        (one.start / 1000, (one.end - one.start) / 1000, one.image, trial, one.box)
        for trial, one in eyelink.told(sorted(words), end * 1000, frame.screen, pictures, given, observer)
    ]
    return [one for one in found if np.isfinite(one[1]) and one[1] > 0]


@dataclass(frozen=True)
class Clock:
    """How a recording counts.

    Attributes:
        column: of the time stamps; "" if there is none, then rows are counted from 1.
        start: seconds of the first sample in the events' time.
        first: its time stamp, or its row.
        factor: seconds in a unit.
        per_row: seconds from one sample to the next.
    """

    column: str
    start: float
    first: float
    factor: float
    per_row: float

    def seconds(self, stamps: np.ndarray) -> np.ndarray:
        """(N,) seconds in the events' time of time stamps."""
        return np.asarray(self.start + (stamps - self.first) * self.factor)

    @property
    def rows(self) -> Clock:
        """The same of numbers of rows, from 1."""
        return Clock("", self.start, 1, self.per_row, self.per_row)


def _clock(about: dict[str, Any], columns: list[str], table: tables.Table, path: Path) -> Clock:
    """How a recording counts: StartTime is that of its first sample."""
    start, rate = about.get("StartTime", 0), about.get("SamplingFrequency")
    start = float(start) if isinstance(start, int | float) else 0.0
    stamp = next((name for name in columns if name.lower() in ("timestamp", "time", "eye_timestamp")), None)
    rate = float(rate) if isinstance(rate, int | float) and rate > 0 else None
    if stamp is not None:
        values = table.numbers(stamp)
        units = str((about.get(stamp) or {}).get("Units", "")).lower() if isinstance(about.get(stamp), dict) else ""
        factor = TIMES.get(units.rstrip("s") if units not in TIMES else units)
        steps = np.diff(values[np.isfinite(values)])
        step = float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.0
        if step and (factor is None or (rate and abs(step * factor * rate - 1) > 0.5)):
            factor = 1 / (step * rate) if rate else 1e-3 if step >= 0.5 else 1.0
        if step and factor is not None:
            first = float(values[np.isfinite(values)][0])
            return Clock(stamp, start, first, factor, 1 / rate if rate else step * factor)
    if rate is None:
        raise GazeError(f"the JSON of {path} has no SamplingFrequency")
    return Clock("", start, 1, 1 / rate, 1 / rate)


def _axes(columns: list[str], about: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(eye, column of x, column of y) of each eye in a file."""
    lower = {name.lower(): name for name in columns}
    recorded = str(about.get("RecordedEye", "")).lower()
    pairs = [
        (side, lower[x], lower[x.replace("x_", "y_").replace("_x", "_y") if x != "x" else "y"])
        for side, x in (
            (recorded, "x_coordinate"), ("left", "left_x_coordinate"), ("right", "right_x_coordinate"),
            ("left", "eye1_x_coordinate"), ("right", "eye2_x_coordinate"), (recorded, "gaze_x"), (recorded, "x"),
        )
        if x in lower and (x.replace("x_", "y_").replace("_x", "_y") if x != "x" else "y") in lower
    ]  # fmt: skip
    if not pairs:
        raise GazeError(f"the columns of the recording are {', '.join(columns)}; expected x_coordinate, y_coordinate")
    return [(eye if eye in ("left", "right") else "", x, y) for eye, x, y in pairs]


def _screen_only(said: Any) -> dict[str, Any]:
    names = ("ScreenResolution", "ScreenSize", "ScreenDistance", "ScreenOrigin")
    return {name: said[name] for name in names if name in said} if isinstance(said, dict) else {}


def _pair(value: Any) -> Screen | None:
    if isinstance(value, str):
        value = re.findall(r"[\d.]+", value)
    try:
        width, height = (float(side) for side in value)
    except (TypeError, ValueError):
        return None
    return (width, height) if width > 0 and height > 0 else None


def _frame(about: dict[str, Any], x: str, table: tables.Table, path: Path) -> tuple[Frame, float]:
    """What the columns count, and the factor that makes it pixels or shares."""
    screen, size = _pair(about.get("ScreenResolution")), _pair(about.get("ScreenSize"))
    detail = about.get(x) if isinstance(about.get(x), dict) else {}
    unit = str(about.get("SampleCoordinateUnits", about.get("SampleCoordinateUnit", detail.get("Units", "")))).lower()  # type: ignore[union-attr]
    said = about.get("ScreenOrigin", about.get("EnvironmentCoordinates", ""))
    words = " ".join(map(str, said)).lower() if isinstance(said, list) else str(said).lower()
    places = {"cent": "center", "bottom": "bottom-left", "lower": "bottom-left", "top": "top-left", "upper": "top-left"}
    origin = next((place for word, place in places.items() if word in words), None)
    y = {"top-left": "down", "bottom-left": "up", "center": "up"}.get(origin or "")
    factor, kind = 1.0, None
    if unit.startswith(PIXELS):
        kind = "pixels"
    elif unit.startswith(SHARES):
        kind = "shares"
    elif (length := LENGTHS.get(unit.rstrip("s"))) is not None:
        if screen is None or size is None:
            raise GazeError(f"{path} counts in {unit}; its JSON needs ScreenSize in meters and ScreenResolution")
        factor, kind = length * screen[0] / _meters(size), "pixels"
    elif unit:
        raise GazeError(f"{path}: its SampleCoordinateUnits are {unit}; expected pixel, mm, cm or ratio")
    degree = None
    distance = about.get("ScreenDistance")
    if screen and size and isinstance(distance, int | float) and distance > 0:
        away = distance if distance < 10 else distance / 100 if distance < 300 else distance / 1000
        degree = screen[0] / np.degrees(2 * np.arctan(_meters(size) / 2 / away))
    return replace(Frame(), of="screen", unit=kind, origin=origin, y=y, screen=screen, pixels_per_degree=degree), factor


def _meters(size: Screen) -> float:
    """The width of a screen in meters; some write centimeters or millimeters."""
    width = size[0]
    return width if width < 5 else width / 100 if width < 400 else width / 1000


def _other_eye(path: Path, about: dict[str, Any], given: Given) -> bool | None:
    """Whether the recording of the other eye counts instead of this one; None if there is no other."""
    found = re.search(r"(recording|eye)-([^_]+)", path.name)
    if not found:
        return None
    pattern = path.name.replace(found[0], f"{found[1]}-*")
    others = [one for one in sorted(path.parent.glob(pattern)) if one != path and is_physio(one)]
    others = [one for one in others if re.search(r"eye|left|right|L$|R$", one.name)]
    if not others:
        return None
    loss = {}
    for one in (path, *others):
        said = about if one == path else sidecar(one)
        eye = str(said.get("RecordedEye", "")).lower()
        if given.eye != "best":
            loss[one] = (0.0 if eye == given.eye else 1.0, eye != "right", one.name)
            continue
        table = tables.read(one, names=said.get("Columns") or ["timestamp", "x_coordinate", "y_coordinate"])
        _, x, y = _axes([*table.columns], said)[0]
        known = np.isfinite(table.numbers(x) + table.numbers(y))
        loss[one] = (float(1 - known.mean()) if len(known) else 1.0, eye != "right", one.name)
    return min(loss, key=lambda one: loss[one]) != path
