"""EyeLink ASC, as edf2asc writes it: events, samples or both, one eye or two, several trials.

Fixations are those of the tracker (EFIX). Which picture was shown when comes from the messages of Data Viewer
(`!V IMGLOAD`), from trial variables, or from any message that names a picture.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from wepsam.gaze.pictures import Pictures
from wepsam.gaze.readers.asc import Block, Recording, Trial, number, parse
from wepsam.gaze.trials import of_trial, timed
from wepsam.gaze.viewing import Box, Frame, GazeError, Given, Screen, Tally, Viewing

TOGETHER = 50.0  # ms between messages of pictures that stand on the screen side by side
LATE = 0.1  # of a recording: a picture named later than this before its end was named afterwards
ONSET = re.compile(r"SYNCTIME|\bONSET|_ONSET|DISPLAY.?ON\b|STIM\w*.?ON\b|IMAGE.?ON\b|PICTURE.?ON\b", re.IGNORECASE)
Spec = tuple[str, list[float]]  # how `!V IMGLOAD` places a picture, and the numbers behind its name
WIDTHS = (640, 800, 1024, 1152, 1280, 1360, 1366, 1400, 1440, 1600, 1680, 1920, 2048, 2560, 3440, 3840)


@dataclass(frozen=True)
class Showing:
    """A picture on the screen from one time to another, in ms; its box if it is said."""

    image: str
    start: float
    end: float
    box: Box | None = None


def read(path: Path, pictures: Pictures, given: Given, tally: Tally, observer: str) -> list[Viewing]:
    """The viewings in an ASC file.

    Args:
        path: the file.
        pictures: that may be named.
        given: eye, table of trials, whether to detect fixations anew.
        tally: counts the fixations that belong to no picture.
        observer: the name of who looked.

    Raises:
        GazeError: the file has no gaze in pixels, or names no picture.
    """
    found = parse(path)
    blocks = [block for trial in found.trials for block in trial.blocks]
    has_events = any(block.fixations for block in blocks) and not given.detect
    if has_events and found.events != "GAZE" and found.samples != "GAZE":
        raise GazeError(
            f"{path}: its events are {found.events}, not GAZE: they are no pixels of the screen; convert the EDF with "
            "gaze positions (edf2asc without -sh and -eh)"
        )
    has_events = has_events and found.events == "GAZE"
    if not has_events and not any(block.samples for block in blocks):
        what = "neither fixations (EFIX) nor samples" if not given.detect else "no samples to detect fixations in"
        raise GazeError(f"{path} has {what}; convert the EDF with edf2asc, events and samples")
    if not has_events and found.samples != "GAZE":
        raise GazeError(f"{path}: its samples are {found.samples}, not GAZE: they are no pixels of the screen")
    eye = _eye(blocks, given.eye, has_events, path)
    _keep_eye(blocks, eye, given, tally)
    tally.assume(f"of each EyeLink recording the {'better' if given.eye == 'best' else given.eye} eye counts")
    frame = _frame(found, tally)
    corner = found.display[:2] if found.display else (0.0, 0.0)

    def place(image: str, spec: Spec) -> Box | None:
        name = pictures.find(image)
        return None if name is None else box_of(spec, frame.screen, pictures.size(name), corner)

    viewings: list[Viewing] = []
    variable = _variable(found.trials, pictures)
    recorded = [trial for trial in found.trials if trial.blocks]
    for order, trial in enumerate(recorded, 1):
        showings = _showings(trial, order, pictures, given, observer, variable, place)
        viewings += _viewings(trial, showings, frame, found, eye, has_events, tally, observer, str(path))
    if not viewings:
        raise GazeError(
            f"{path} names no picture: expected messages with !V IMGLOAD, a trial variable or another message with the "
            "name of a picture, or a table of trials (--trials)"
        )
    return viewings


# ---- screen and eye


def _size(corners: tuple[float, ...]) -> Screen:
    """(width, height) of a screen whose first and last pixels are given; some scripts give the size for the last."""
    left, top, right, bottom = corners
    width, height = right - left, bottom - top
    if width in WIDTHS and width + 1 not in WIDTHS:
        return width, height
    return width + 1, height + 1


def _frame(found: Recording, tally: Tally) -> Frame:
    corners = found.display or found.gaze
    resolution = [value for trial in found.trials for block in trial.blocks for value in block.resolution]
    degree = float(np.nanmedian(resolution)) if resolution and np.isfinite(resolution).any() else None
    if corners is None:
        return Frame("screen", "pixels", "top-left", "down", pixels_per_degree=degree)
    if found.display and found.gaze and np.abs(np.subtract(found.display, found.gaze)).max() > 1.5:
        tally.assume("GAZE_COORDS and DISPLAY_COORDS differ: both span the screen, so gaze is scaled to DISPLAY_COORDS")
    return Frame("screen", "pixels", "top-left", "down", _size(corners), pixels_per_degree=degree)


def _on_display(points: np.ndarray, found: Recording) -> np.ndarray:
    """(N, 2) pixels of the display, counted from 0, from those of the tracker."""
    display, gaze = found.display, found.gaze
    if display and gaze and np.abs(np.subtract(display, gaze)).max() > 1.5:
        factor = np.divide(_size(display), _size(gaze))
        return np.asarray((points - gaze[:2]) * factor)
    return points if display is None else points - np.array(display[:2])


def _keep_eye(blocks: list[Block], eye: str, given: Given, tally: Tally) -> None:
    """Leave in each recording what the eye saw that counts; where only the other one was recorded, that one counts.

    An experiment may go on with one eye after the other is lost, so recordings of one file differ.
    """
    for block in blocks:
        recorded = {*block.eyes, *(row[0] for row in block.fixations)}
        mine = eye if eye in recorded or not recorded or given.eye != "best" else recorded.pop()
        if mine != eye:
            tally.assume(f"where the {eye} eye was not recorded, the {mine} one counts")
        elif recorded and eye not in recorded:
            tally.assume(f"recordings of the other eye alone are left out (--eye {eye})")
        block.fixations = [(eye, *row[1:]) for row in block.fixations if row[0] == mine]
        place = block.eyes.index(mine) if mine in block.eyes else 0
        known = mine in block.eyes or not block.eyes
        values = _array(block)[:, [0, 1 + 2 * place, 2 + 2 * place]] if known else np.empty((0, 3))
        block.samples, block.eyes = [tuple(row) for row in values.tolist()], (eye,)


def _eye(blocks: list[Block], wanted: str, events: bool, path: Path) -> str:
    """The eye that counts: the one asked for, or the one that was seen for longer."""
    seen: dict[str, float] = {}
    for block in blocks:
        if events:
            for eye, _, duration, x, y in block.fixations:
                seen[eye] = seen.get(eye, 0.0) + (duration if np.isfinite(x + y) else 0.0)
        elif block.samples:
            values = _array(block)
            for place, eye in enumerate(block.eyes or ("",)):
                known = np.isfinite(values[:, 1 + 2 * place : 3 + 2 * place]).all(axis=1)
                seen[eye] = seen.get(eye, 0.0) + float(known.sum())
    if wanted != "best":
        if wanted not in seen:
            raise GazeError(f"{path} has no {wanted} eye; it has the {' and '.join(seen) or 'unknown'} one")
        return wanted
    return max(seen, key=lambda eye: (seen[eye], eye == "right"))


def _array(block: Block) -> np.ndarray:
    """(M, 3 or 5) the samples; rows of another length than most are left out."""
    width = 1 + 2 * max(1, len(block.eyes))
    rows = [row for row in block.samples if len(row) == width]
    return np.array(rows, dtype=np.float64).reshape(-1, width)


# ---- which picture was shown when


def _showings(
    trial: Trial,
    order: int,
    pictures: Pictures,
    given: Given,
    observer: str,
    variable: str | None,
    place: Callable[[str, Spec], Box | None],
) -> list[Showing]:
    """The pictures of a trial."""
    start, end = min(block.start for block in trial.blocks), max(block.end for block in trial.blocks)
    began = _onset(trial, start, end)
    if listed := of_trial(given.trials, (trial.name, str(order)), observer):
        return [Showing(listed, began, end)]
    if spans := timed(given.trials, observer):
        return [Showing(image, first, last) for first, last, image in spans if first < end and last > start]
    loads = [(time, *load) for time, text in trial.messages if (load := _load(text))]
    if not loads:
        named = _variable_of(trial, variable) or _in_name(trial, pictures)
        if named:
            return [Showing(named, began, end)]
        loads = [(time, word, None) for time, text in trial.messages if (word := _word(text, pictures))]
    ends = [time for time, text in trial.messages if text.startswith(("TRIAL_RESULT", "TRIAL OK"))]
    clears = [time for time, text in trial.messages if text.startswith("!V CLEAR")]
    groups: list[list[tuple[float, str, Spec | None]]] = []
    for one in loads:
        beside = groups and one[0] - groups[-1][0][0] <= TOGETHER and one[2] and groups[-1][0][2]
        if beside and one[1] not in [other[1] for other in groups[-1]]:
            groups[-1].append(one)
        else:
            groups.append([one])
    begins = [group[0][0] for group in groups]
    if len(groups) == 1 and (begins[0] > end - LATE * (end - start) or begins[0] <= start):
        begins = [began if began > start or begins[0] > start else start]
    showings = []
    for place_of, group in enumerate(groups):
        first = begins[place_of]
        later = [*begins[place_of + 1 :], *(t for t in clears if t > first + TOGETHER), *(t for t in ends if t > first)]
        until = min([end, *later])
        showings += [Showing(image, first, until, spec and place(image, spec)) for _, image, spec in group]
    return showings


def told(
    messages: Sequence[tuple[float, str]], end: float, screen: Screen | None, pictures: Pictures, given: Given,
    observer: str,
) -> list[tuple[str, Showing]]:  # fmt: skip
    """The pictures that a tracker's messages name, wherever they were kept.

    Args:
        messages: (time in ms, text), in the order of time.
        end: of the recording, in ms.
        screen: (width, height); None if it is not known.
        pictures: that may be named.
        given: table of trials.
        observer: who looked.

    Returns:
        For each picture the name of its trial, and from when to when it was shown.
    """
    trials = [Trial()]
    for message in messages:
        if message[1].startswith("TRIALID"):
            trials.append(Trial(message[1][len("TRIALID") :].strip(" :\t"), True))
        trials[-1].messages.append(message)
    trials = [one for one in trials if one.messages]
    begins = [one.messages[0][0] for one in trials]
    for one, begin, until in zip(trials, begins, [*begins[1:], end], strict=True):
        one.blocks.append(Block(begin, max(begin, until)))

    def place(image: str, spec: Spec) -> Box | None:
        name = pictures.find(image)
        return None if name is None else box_of(spec, screen, pictures.size(name), (0.0, 0.0))

    variable, found = _variable(trials, pictures), list[tuple[str, Showing]]()
    for order, one in enumerate(trials, 1):
        found += [(one.name, it) for it in _showings(one, order, pictures, given, observer, variable, place)]
    return found


def _onset(trial: Trial, start: float, end: float) -> float:
    """When the picture of a trial appeared, if a message says it; otherwise when the recording began."""
    said = [time for time, text in trial.messages if start <= time < end and ONSET.search(text)]
    return said[0] if said else start


def _load(text: str) -> tuple[str, Spec | None] | None:
    """The picture of a `!V IMGLOAD`, how it is placed and by which numbers."""
    if not text.startswith("!V IMGLOAD"):
        return None
    words = text.split()[2:]
    place = words.pop(0).upper() if words and words[0].upper() in ("FILL", "CENTER", "TOP_LEFT") else "CENTER"
    numbers: list[float] = []
    while len(words) > 1 and len(numbers) < 4 and re.fullmatch(r"-?\d+([.,]\d+)?", words[-1]):
        numbers.insert(0, number(words.pop()))
    if not words:
        return None
    if len(numbers) % 2:  # a name that ends in a number
        words.append(f"{numbers.pop(0):g}")
    return " ".join(words), (place, numbers)


def box_of(spec: Spec, screen: Screen | None, size: Screen, corner: Sequence[float]) -> Box | None:
    """Where `!V IMGLOAD` places a picture on the screen; None if the screen has to be known and is not.

    Args:
        spec: the place, and the numbers behind the name.
        screen: (width, height).
        size: (width, height) of the picture.
        corner: the upper left pixel of the display.
    """
    place, numbers = spec
    if place == "FILL":
        return None if screen is None else (0.0, 0.0, *screen)
    width, height = numbers[2:4] if len(numbers) == 4 and min(numbers[2:4]) > 0 else size
    if len(numbers) >= 2:
        x, y = numbers[0] - corner[0], numbers[1] - corner[1]
    elif screen is None:
        return None
    else:
        x, y = (screen[0] / 2, screen[1] / 2) if place == "CENTER" else (0.0, 0.0)
    return (x - width / 2, y - height / 2, width, height) if place == "CENTER" else (x, y, width, height)


def _variable(trials: list[Trial], pictures: Pictures) -> str | None:
    """The trial variable that holds the picture's name: the one whose values name pictures most often."""
    named: dict[str, int] = {}
    for trial in trials:
        for name, value in _variables(trial):
            if pictures.find(value):
                named[name] = named.get(name, 0) + 1
    return max(named, key=lambda name: named[name]) if named else None


def _variables(trial: Trial) -> Iterator[tuple[str, str]]:
    for _, text in trial.messages:
        if found := re.match(r"!V TRIAL_VAR\s+(\S+)\s+(.+)", text):
            yield found[1], found[2].strip()


def _variable_of(trial: Trial, name: str | None) -> str | None:
    return next((value for variable, value in _variables(trial) if variable == name), None) if name else None


def _in_name(trial: Trial, pictures: Pictures) -> str | None:
    """The picture that stands behind TRIALID."""
    return next((word for word in (trial.name, *trial.name.split()) if word and pictures.named(word)), None)


def _word(text: str, pictures: Pictures) -> str | None:
    """The picture that a message names, with its suffix."""
    if text.startswith("!V") and not text.startswith("!V TRIAL_VAR"):
        return None
    words = text.split()
    tails = [" ".join(words[start:]) for start in range(len(words))]
    return next((one.strip(":;,\"'") for one in [*tails, *words] if pictures.named(one.strip(":;,\"'"))), None)


# ---- fixations and samples of a showing


def _viewings(
    trial: Trial, showings: list[Showing], frame: Frame, found: Recording, eye: str, events: bool, tally: Tally,
    observer: str, source: str,
) -> list[Viewing]:  # fmt: skip
    rows = [row[1:] for block in trial.blocks for row in block.fixations]
    fixations = np.array(rows, dtype=np.float64).reshape(-1, 4)
    samples = [_array(block) for block in trial.blocks if block.samples]
    every = np.concatenate([np.empty((0, 3)), *samples])
    taken = np.zeros(len(fixations), bool)
    made = []
    for showing in showings:
        within = (fixations[:, 0] >= showing.start) & (fixations[:, 0] < showing.end)
        beside = [one for one in showings if one is not showing and one.start == showing.start and one.box]
        points = _on_display(fixations[:, 2:4], found)
        if showing.box and beside:  # of pictures side by side, each has what lies in it; the first has the rest
            elsewhere = np.any([_in(points, one.box) for one in beside], axis=0)
            within &= _in(points, showing.box) | (~elsewhere if showing is showings[0] else False)
        taken |= within
        shown = every[(every[:, 0] >= showing.start) & (every[:, 0] < showing.end)]
        lost = float(1 - np.isfinite(shown[:, 1:]).all(axis=1).mean()) if len(shown) else None
        spoken = frame if showing.box is None else replace(frame, box=showing.box)
        viewing = Viewing(observer, showing.image, spoken, eye=eye, trial=trial.name, lost=lost, source=source)
        if events:
            onset = (fixations[within, 0] - showing.start) / 1000
            duration = fixations[within, 1] / 1000
            viewing = replace(viewing, points=points[within], onset=onset, duration=duration)
        else:
            moved = np.column_stack([(shown[:, 0] - showing.start) / 1000, _on_display(shown[:, 1:], found)])
            viewing = replace(viewing, samples=moved)
        made.append(viewing)
    if events and made:
        tally.counts["read"] += int((~taken).sum())
        tally.counts["before or after the picture"] += int((~taken).sum())
    return made


def _in(points: np.ndarray, box: Box | None) -> np.ndarray:
    """(N,) bool: which points lie in a box."""
    left, top, width, height = box or (0.0, 0.0, 0.0, 0.0)
    inside = (points >= (left, top)) & (points < (left + width, top + height))
    return np.asarray(inside.all(axis=1))
