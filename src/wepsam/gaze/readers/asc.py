"""The lines of an EyeLink ASC file, as edf2asc writes them: trials, recordings, messages, fixations and samples."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from wepsam.gaze import tables

SIDES = {"L": "left", "R": "right", "LEFT": "left", "RIGHT": "right"}


@dataclass
class Block:
    """From START to END.

    Attributes:
        start: ms.
        end: ms; infinite while it is read.
        eyes: in the order of the samples' columns.
        fixations: rows of (eye, start, duration, x, y), in ms.
        samples: rows of time and x, y of each eye.
    """

    start: float
    end: float = np.inf
    eyes: tuple[str, ...] = ()
    fixations: list[tuple[str, float, float, float, float]] = field(default_factory=list)
    samples: list[tuple[float, ...]] = field(default_factory=list)
    resolution: list[float] = field(default_factory=list)


@dataclass
class Trial:
    """From one TRIALID to the next.

    Attributes:
        name: what follows TRIALID; "" without one.
        named: whether there was a TRIALID.
        messages: (time in ms, text).
        blocks: recordings.
    """

    name: str = ""
    named: bool = False
    messages: list[tuple[float, str]] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)


@dataclass
class Recording:
    """What a file holds.

    Attributes:
        trials: in order.
        display: left, upper, right and lower pixel of the screen as the experiment counts; None if not said.
        gaze: the same as the tracker counts.
        events: GAZE or HREF.
    """

    trials: list[Trial] = field(default_factory=list)
    display: tuple[float, ...] | None = None
    gaze: tuple[float, ...] | None = None
    events: str = "GAZE"
    samples: str = "GAZE"


def is_asc(head: str) -> bool:
    """Whether a text file begins as edf2asc writes it, or has its lines."""
    return head.startswith("** CONVERTED FROM") or bool(
        re.search(r"^(START\s+\d|EFIX [LR]\s|MSG\s+\d+(\.\d+)?\s|PRESCALER\s)", head, re.MULTILINE)
    )


def parse(path: Path) -> Recording:
    """Read an ASC file into trials and recordings."""
    found, trial, block = Recording([Trial()]), None, None
    trial = found.trials[0]
    between: list[tuple[float, str]] = []  # messages since the last END
    for line in tables.lines(path):
        first = line[:1]
        if first.isdigit():
            if block is not None:
                _sample(line, block)
            continue
        if not first.isalpha():
            continue
        words = line.split()
        kind = words[0]
        if kind == "MSG":
            message = _message(line)
            if message is None:
                continue
            text = message[1]
            _screen(text, found)
            if text.startswith("TRIALID"):
                trial = Trial(text[len("TRIALID") :].strip(" :\t"), True)
                found.trials.append(trial)
                between = []
            trial.messages.append(message)
            between.append(message)
        elif kind == "START" and len(words) > 1:
            if not trial.named and trial.blocks:  # a file without TRIALID: a recording is a trial
                moved = [one for one in between if "TRIAL_VAR" not in one[1]]
                trial.messages = [one for one in trial.messages if one not in moved]
                trial = Trial(messages=moved)
                found.trials.append(trial)
            block = Block(_time(words[1]), eyes=tuple(SIDES[word] for word in words[2:] if word in SIDES))
            trial.blocks.append(block)
            between = []
        elif kind == "END" and block is not None and len(words) > 1:
            block.end = _time(words[1])
            block, between = None, []
        elif kind in ("EVENTS", "SAMPLES") and len(words) > 1 and words[1] in ("GAZE", "HREF", "PUPIL"):
            setattr(found, kind.lower(), words[1])
            eyes = tuple(SIDES[word] for word in words[2:] if word in ("LEFT", "RIGHT"))
            if block is not None and eyes and kind == "SAMPLES":
                block.eyes = eyes
        elif kind == "EFIX" and len(words) >= 7 and words[1] in SIDES:
            home = block or (trial.blocks[-1] if trial.blocks else None)  # the last may come after END
            if home is not None:
                start, _, duration, x, y = (number(word) for word in words[2:7])
                home.fixations.append((SIDES[words[1]], start, duration, x, y))
                if len(words) >= 10:
                    home.resolution += [number(word) for word in words[8:10]]
    for one in (block for trial in found.trials for block in trial.blocks if not np.isfinite(block.end)):
        times = [sample[0] for sample in one.samples[-1:]] + [f[1] + f[2] for f in one.fixations[-1:]]
        one.end = max(times, default=one.start)
    return found


def _sample(line: str, block: Block) -> None:
    words = line.split(None, 6 if len(block.eyes) > 1 else 4)
    try:
        values = [number(word) for word in words[: 6 if len(block.eyes) > 1 else 3]]
    except ValueError:
        return
    if len(block.eyes) > 1 and len(values) == 6:
        block.samples.append((values[0], values[1], values[2], values[4], values[5]))
    elif len(values) >= 3:
        block.samples.append((values[0], values[1], values[2]))


def _message(line: str) -> tuple[float, str] | None:
    """The time and text of a message. A number before the text is the delay in ms after which it was sent."""
    parts = line.split(None, 2)
    if len(parts) < 3:
        return None
    try:
        time = _time(parts[1])
    except ValueError:
        return None
    text = " ".join(parts[2].split("\n")).strip()
    delayed = re.match(r"([+-]?\d+)\s+(?=[^\d\s+-])(.*)", text)
    return (time - float(delayed[1]), delayed[2]) if delayed else (time, text)


def _screen(text: str, found: Recording) -> None:
    """Take the size of the screen from a message, if it says it."""
    for word, name in (("DISPLAY_COORDS", "display"), ("GAZE_COORDS", "gaze")):
        if word in text:
            numbers = [number(one) for one in re.findall(r"-?\d+(?:[.,]\d+)?", text.partition(word)[2])]
            if len(numbers) >= 4:
                setattr(found, name, tuple(numbers[:4]))


def _time(word: str) -> float:
    return float(word.replace(",", "."))


def number(word: str) -> float:
    if word == ".":
        return float("nan")
    return float(word.replace(",", ".") if "," in word else word)
