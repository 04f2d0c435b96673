"""Which reader a file needs, and who its observer is."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from wepsam.files import as_seen
from wepsam.gaze import tables
from wepsam.gaze.pictures import Pictures
from wepsam.gaze.readers import asc, bids, columns, eyelink, jspsych, pupil, tobii
from wepsam.gaze.viewing import GazeError, Given, Tally, Viewing

Reader = Callable[[Path, Pictures, Given, Tally, str], list[Viewing]]

# The formats in the order in which a file's beginning is held against them; the last takes any table.
READERS: dict[str, tuple[Callable[[Path, str], bool], Reader]] = {
    "EyeLink ASC": (lambda path, head: asc.is_asc(head), eyelink.read),
    "BIDS": (lambda path, head: bids.is_physio(path), bids.read),
    "Tobii Pro Lab": (lambda path, head: tobii.is_tobii(head), tobii.read),
    "Pupil Labs": (lambda path, head: pupil.is_pupil(head), pupil.read),
    "jsPsych": (lambda path, head: jspsych.is_jspsych(head), jspsych.read),
    "table": (lambda path, head: True, columns.read),
}
SUFFIXES = (".asc", ".asc.gz", ".tsv", ".tsv.gz", ".csv", ".csv.gz")
BESIDE = ("_events.tsv", "_channels.tsv", "participants.tsv", "_scans.tsv", "_physioevents.tsv.gz", "sections.csv")


def find_files(given: Sequence[Path]) -> list[Path]:
    """The trackers' files that paths stand for; of a folder, all below it that may be one.

    Raises:
        GazeError: a path does not exist, or there are none.
    """
    found: list[Path] = []
    for path in given:
        if not path.exists():
            raise GazeError(f"{path}: no such file or folder")
        if not path.is_dir():
            found.append(path)
            continue
        below = [
            one for one in sorted(path.rglob("*"))
            if one.is_file() and one.name.lower().endswith(SUFFIXES) and not one.name.startswith(".")
            and not one.name.endswith(BESIDE)
        ]  # fmt: skip
        # Beside recordings lie tables of trials, logs and notes.
        asc = [one for one in below if one.name.lower().endswith((".asc", ".asc.gz"))]
        mapped = [one for one in below if pupil.is_mapped(one)]
        found += asc or [one for one in below if "_physio" in one.name] or mapped or below
    if not found:
        raise GazeError(f"no tracker's files in {', '.join(map(str, given))}; expected {', '.join(SUFFIXES)}")
    return found


def kind_of(path: Path) -> str:
    """The name of a file's format, one of READERS."""
    if path.suffix.lower() == ".edf":
        raise GazeError(f"{path} is EyeLink's own form; convert it first with edf2asc, which SR Research gives away")
    head = tables.head(path)
    return next(name for name, (fits, _) in READERS.items() if fits(path, head))


def read(path: Path, kind: str, pictures: Pictures, given: Given, tally: Tally, observer: str) -> list[Viewing]:
    """The viewings in a file of one of the READERS."""
    return READERS[kind][1](path, pictures, given, tally, observer)


def observers(paths: Sequence[Path]) -> list[str]:
    """A name for the observer of each file: its stem or, where several have one, the folder in which they differ.

    The surfaces of a recording of Pupil Core, each with a file of its own, are of one observer.
    """
    keys = [(path.resolve().parts[:-1], _stem(path)) for path in paths]
    recordings = [*dict.fromkeys(keys)]
    names = dict(zip(recordings, _names(recordings), strict=True))
    return [names[key] for key in keys]


def _names(recordings: Sequence[tuple[tuple[str, ...], str]]) -> list[str]:
    parts, stems = [one[0] for one in recordings], [one[1] for one in recordings]
    if len(set(stems)) == len(stems):
        return stems
    for place in range(1, min(map(len, parts)) + 1):
        names = [one[-place] for one in parts]
        if len(set(zip(names, stems, strict=True))) == len(recordings):
            return [as_seen(name) for name in names] if len(set(names)) == len(recordings) else [
                as_seen(f"{name}-{stem}") for name, stem in zip(names, stems, strict=True)
            ]  # fmt: skip
    return [as_seen("/".join([*folder, stem])) for folder, stem in recordings]


def _stem(path: Path) -> str:
    if surface := re.match("(fixations|gaze_positions)_on_surface", path.name):
        return surface[0]
    return as_seen(re.sub(r"(\.(asc|tsv|csv|txt))?(\.gz)?$", "", path.name, flags=re.IGNORECASE))
