"""From trackers' files to a folder that is a dataset: `wepsam gaze import`."""

from __future__ import annotations

import csv
import io
import logging
import os
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import wepsam
from wepsam import progress
from wepsam.files import alike, below, foreign, not_ours, replacing, write_json, write_text
from wepsam.gaze import detection, placement, plausible, reading, upside_down
from wepsam.gaze.pictures import Pictures
from wepsam.gaze.readers import frames
from wepsam.gaze.trials import read_trials
from wepsam.gaze.viewing import Frame, GazeError, Given, Screen, Tally, Viewing
from wepsam.spreadsheets import inert

FORMAT, VERSION = "wepsam-gaze", 1
FIXATIONS, VIEWINGS, ABOUT, STIMULI = "fixations.csv", "viewings.csv", "import.json", "stimuli"
COLUMNS = ("image", "observer", "x", "y", "duration", "onset", "trial", "eye", "group")
OF_VIEWING = ("image", "observer", "trial", "eye", "group", "fixations", "beside", "lost", "source")
WIDE = 40.0  # degrees that a screen spans, where nothing is known: 53 cm seen from 72 cm
FARTHEST = 1e15  # of what is written: seconds or pixels
KEPT, BESIDE, UNPLACED, UNNAMED = "kept", "beside the picture", "without a position", "without a picture"

log = logging.getLogger("wepsam")


@dataclass(frozen=True)
class Imported:
    """What `import_gaze` has done.

    Attributes:
        folder: the dataset.
        about: what import.json holds.
        failed: a line for each file that could not be read.
        doubts: lines that say what to doubt.
    """

    folder: Path
    about: dict[str, Any]
    failed: tuple[str, ...]
    doubts: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Placed:
    """A viewing whose fixations are in pixels of the picture.

    Attributes:
        name: of the picture, below the folder of stimuli.
        viewing: as it was read, without samples; fixations without a position are left out.
        pixels: (N, 2) in pixels of the picture.
        inside: (N,) bool.
        frame: how they were read.
    """

    name: str
    viewing: Viewing
    pixels: np.ndarray
    inside: np.ndarray
    frame: Frame


# Long by its parameters and their documentation.
def import_gaze(
    files: str | os.PathLike[str] | Sequence[Any],
    stimuli: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    screen: str | Screen | None = None,
    picture: str | None = None,
    scale: str | None = None,
    unit: str | None = None,
    origin: str | None = None,
    y: str | None = None,
    eye: str = "best",
    columns: dict[str, str] | None = None,
    image: str | None = None,
    observer: str | None = None,
    trials: str | os.PathLike[str] | None = None,
    time: str | None = None,
    detect: bool = False,
    pixels_per_degree: float | None = None,
) -> Imported:
    """Make a dataset of people's own eye tracking: pictures, and where each observer looked in their pixels.

    OUT gets fixations.csv (image, observer, x, y, duration and onset in seconds, trial, eye, group), the pictures in
    stimuli/, viewings.csv (a row for each time that somebody saw a picture) and import.json, which says what was read,
    assumed and dropped. What a file says itself need not be given; what is given counts more.

    Args:
        files: trackers' files, or folders of them: EyeLink ASC, Tobii Pro Lab TSV, Pupil Labs exports, BIDS, jsPsych,
            or any table with a row for each fixation or sample. Also data frames and pymovements' Gaze objects.
        stimuli: the folder with the pictures that people saw.
        out: the folder to write; one of an earlier import is replaced.
        screen: (width, height) in pixels, or "1920x1080".
        picture: where it stood: "center", "top-left", "fill", or "X,Y" of its upper left corner on the screen.
        scale: how large it was shown; see `placement.shown_size`.
        unit: of x and y: "pixels", "shares" (0 to 1), "norm" (-1 to 1) or "height" (PsychoPy).
        origin: where x and y are 0: "top-left", "bottom-left" or "center" of the screen, or "picture": the upper left
            corner of the picture.
        y: "down" or "up".
        eye: "left", "right", or "best": the one that was seen for longer.
        columns: of a table, by what they hold: x, y, image, observer, onset, duration, time, trial, eye, group.
        image: the picture that all files are about, if they do not say it.
        observer: the name, if all files are of one.
        trials: a CSV with the columns trial and image, and observer where they differ; or start, end and image.
        time: unit of times in tables: "s", "ms", "us" or "ns".
        detect: find fixations in the samples, although the file has fixations.
        pixels_per_degree: of the screen, to find fixations in samples; where nothing is known, a screen spans 40
            degrees.

    Returns:
        How much was read, assumed and dropped, as import.json says it.

    Raises:
        GazeError: no file can be read, something has to be said, or the fixations cannot be right as they were read.
    """
    said = Given(
        placement.screen_size(screen) if isinstance(screen, str) else screen, picture, scale, unit, origin, y, eye,
        tuple((columns or {}).items()), image, observer, read_trials(Path(trials)) if trials else (), time, detect,
        pixels_per_degree,
    )  # fmt: skip
    folder, found = Path(out), Pictures(Path(stimuli))
    if name := not_ours(folder, (FIXATIONS, VIEWINGS, ABOUT), ABOUT, FORMAT):
        raise GazeError(f"{folder / name} is there and was not written by wepsam gaze import; choose another --out")
    tally, failed, doubts = Tally(), list[str](), list[str]()
    errors: list[GazeError] = []
    placed: list[Placed] = []
    sources: list[dict[str, str]] = []
    for source, kind, viewings in _read(files, found, said, tally, errors):
        try:
            with foreign(Path(source), kind=GazeError):
                mine = [one for viewing in viewings if (one := _placed(viewing, found, said, tally)) is not None]
                pieces = [
                    plausible.Piece(one.viewing.points, one.pixels, one.viewing.frame, found.size(one.name), source)
                    for one in mine
                ]
                doubts += plausible.check(pieces, said)
                upside_down.check([*zip((one.name for one in mine), pieces, strict=True)], found, said)
        except GazeError as error:
            errors.append(error)
            continue
        placed += mine
        sources.append({"file": source, "format": kind})
    failed = [str(error) for error in errors]
    if not placed:
        raise (
            errors[0]
            if errors
            else GazeError(f"{', '.join(one['file'] for one in sources)[:300]}: no fixation on a picture of {stimuli}")
        )
    _check_stems(placed)
    about = _about(placed, tally, said, sources, failed, doubts)
    _write(folder, placed, found, about)
    return Imported(folder, about, tuple(failed), tuple(doubts))


def _read(
    files: Any, pictures: Pictures, said: Given, tally: Tally, errors: list[GazeError]
) -> list[tuple[str, str, list[Viewing]]]:
    """The viewings of each file; what cannot be read becomes an error."""
    given = [files] if isinstance(files, str | os.PathLike) or not isinstance(files, Sequence) else [*files]
    paths = reading.find_files([Path(one) for one in given if isinstance(one, str | os.PathLike)]) if any(
        isinstance(one, str | os.PathLike) for one in given
    ) else []  # fmt: skip
    read: list[tuple[str, str, list[Viewing]]] = []
    for number, one in enumerate(one for one in given if not isinstance(one, str | os.PathLike)):
        name = f"frame {number + 1}"
        read.append((name, type(one).__name__, frames.read(one, name, said, tally)))
    names = reading.observers(paths)
    for path, observer in progress.track([*zip(paths, names, strict=True)], "reading"):
        try:
            with foreign(path, kind=GazeError):  # a damaged one may be anything, and the others go on
                kind = reading.kind_of(path)
                viewings = reading.read(path, kind, pictures, said, tally, said.observer or observer)
            read.append((str(path), kind, viewings))
        except GazeError as error:
            errors.append(error)
    return read


def _placed(viewing: Viewing, pictures: Pictures, said: Given, tally: Tally) -> Placed | None:
    """A viewing in pixels of its picture; None for a picture that is not there."""
    name = pictures.find(said.image or viewing.image)
    size = pictures.size(name) if name else (1, 1)
    if name is None:
        count = len(viewing.points) if viewing.samples is None else 0
        tally.counts["read"] += count
        tally.counts[UNNAMED] += count
        tally.assume(f"{viewing.image} is not among the stimuli: what was seen on it is left out")
        return None
    frame, assumed = placement.complete(viewing.frame, said, size, viewing.source)
    for line in assumed:
        tally.assume(line)
    if viewing.samples is not None:
        viewing = _detected(viewing, frame, size, tally)
    known = np.isfinite(viewing.points).all(axis=1)
    tally.counts["read"] += len(known)
    tally.counts[UNPLACED] += int((~known).sum())
    viewing = replace(
        viewing, points=viewing.points[known], onset=viewing.onset[known], duration=viewing.duration[known]
    )
    pixels = placement.to_picture(placement.to_screen(viewing.points, frame, size), frame, size)
    within = plausible.inside(pixels, size)
    tally.counts[KEPT] += int(within.sum())
    tally.counts[BESIDE] += int((~within).sum())
    return Placed(name, viewing, pixels, within, frame)


def _detected(viewing: Viewing, frame: Frame, size: Screen, tally: Tally) -> Viewing:
    """A viewing with fixations in the place of its samples."""
    assert viewing.samples is not None
    extent = frame.screen or (frame.box[2:] if frame.box else size)
    degree = frame.pixels_per_degree
    if degree is None:
        degree = max(extent) / WIDE
        tally.assume(
            f"fixations are found with {degree:.3g} pixels per degree: the screen spans {WIDE:g} degrees "
            "(--pixels-per-degree)"
        )
    samples = viewing.samples
    moved = np.column_stack([samples[:, 0], placement.to_screen(samples[:, 1:], frame, size)])
    path = detection.detect(moved, degree)
    tally.assume("fixations are found in the samples by wepsam's own rule (docs/how-to/eye-tracking.md)")
    lost = float(1 - np.isfinite(samples[:, 1:]).all(axis=1).mean()) if len(samples) else None
    return replace(
        viewing,
        points=placement.from_screen(path.fixations, frame, size),
        onset=path.start,
        duration=path.duration,
        samples=None,
        lost=lost if viewing.lost is None else viewing.lost,
    )


# ---- what is written


def _check_stems(placed: Sequence[Placed]) -> None:
    """GazeError for two pictures that differ in their suffix or case only: a dataset cannot hold both."""
    if pair := alike(one.name for one in placed):
        raise GazeError(f"{pair[0]} and {pair[1]} differ in their suffix or case only; rename one of them")


def _about(
    placed: Sequence[Placed], tally: Tally, said: Given, sources: Sequence[dict[str, str]], failed: Sequence[str],
    doubts: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    frames_seen = Counter(_shown(one.frame) for one in placed)
    names = ("screen", "picture", "scale", "unit", "origin", "y", "eye", "image", "time", "detect")
    told = {name: getattr(said, name) for name in names} | {"pixels_per_degree": said.pixels_per_degree}
    degrees = [one.frame.pixels_per_degree for one in placed if one.frame.pixels_per_degree]
    return {
        "format": FORMAT,
        "version": VERSION,
        "wepsam": wepsam.__version__,
        "pictures": len({one.name for one in placed}),
        "observers": len({one.viewing.observer for one in placed}),
        "viewings": len(placed),
        "fixations": dict(tally.counts),
        "files": list(sources),
        "failed": list(failed),
        "said": {name: value for name, value in told.items() if value not in (None, False)} | {
            "columns": dict(said.columns), "trials": len(said.trials)},
        "assumed": tally.assumed,
        "doubts": list(doubts),
        "coordinates": [{"what": what, "viewings": count} for what, count in frames_seen.most_common(20)],
        "screen_pixels_per_degree": float(np.median(degrees)) if degrees else None,
    }  # fmt: skip


def _shown(frame: Frame) -> str:
    """How coordinates were read, in words."""
    text = f"{frame.unit} of the {frame.of}, from its {frame.origin}, y {frame.y}"
    if frame.of == "screen" and frame.screen:
        text += f"; screen {frame.screen[0]:g}x{frame.screen[1]:g}"
    if frame.of == "screen" and frame.box:
        left, top, width, height = (round(value, 2) for value in frame.box)
        text += f"; picture {width:g}x{height:g} at {left:g},{top:g}"
    return text


def _write(folder: Path, placed: Sequence[Placed], pictures: Pictures, about: dict[str, Any]) -> None:
    (folder / STIMULI).mkdir(parents=True, exist_ok=True)
    write_json(folder / ABOUT, about)  # first: it says whose folder this is
    for name in sorted({one.name for one in placed}):
        target = below(folder / STIMULI, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not (target.exists() and target.samefile(pictures.paths[name])):
            with replacing(target) as temporary:
                shutil.copyfile(pictures.paths[name], temporary)
    rows, seen = [], []
    for one in sorted(placed, key=lambda one: (one.name, one.viewing.observer)):
        viewing = one.viewing
        key = {"image": one.name, "observer": inert(viewing.observer), "trial": inert(viewing.trial)}
        key |= {"eye": viewing.eye, "group": inert(viewing.group)}
        for place in np.flatnonzero(one.inside):
            x, y = one.pixels[place]
            rows.append(key | {
                "x": _number(x, 3), "y": _number(y, 3),
                "duration": _number(viewing.duration[place], 4), "onset": _number(viewing.onset[place], 4),
            })  # fmt: skip
        counts = {"fixations": int(one.inside.sum()), "beside": int((~one.inside).sum())}
        lost = "" if viewing.lost is None else _number(viewing.lost, 4)
        seen.append(key | counts | {"lost": lost, "source": inert(Path(viewing.source).name)})
    write_text(folder / FIXATIONS, _csv(COLUMNS, rows))
    write_text(folder / VIEWINGS, _csv(OF_VIEWING, seen))


def _csv(columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _number(value: float, digits: int) -> str:
    """A number for a table; "" for NaN, and from FARTHEST on. Rounding never moves a point out of the picture: it is cut."""
    if not abs(value) < FARTHEST:
        return ""
    return f"{np.floor(value * 10**digits) / 10**digits:.{digits}f}"
