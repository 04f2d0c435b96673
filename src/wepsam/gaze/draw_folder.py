"""`wepsam gaze draw`: a study in, drawings of its pictures out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path

import numpy as np

from wepsam import progress
from wepsam.drawing.styles import Style
from wepsam.files import alike, below, naming, remove_leftovers
from wepsam.gaze import drawing
from wepsam.gaze.groups import Difference, compare
from wepsam.gaze.study import Seen, Study, read_study
from wepsam.gaze.viewing import GazeError
from wepsam.images import check_drawing, save_image

KINDS = ("heat", "fixations", "scanpaths", "difference")
DEFAULT = Style()


@dataclass
class Drawn:
    """The outcome of `draw`.

    Attributes:
        written: the drawings.
        failed: one line for each picture that could not be read or written.
        differences: for each picture how the two groups differ; empty unless that was asked for.
        p: the chance that random groups differ as much on any picture; None unless that was asked for.
    """

    written: list[Path] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    differences: dict[str, Difference] = field(default_factory=dict)
    p: float | None = None


# Long by its parameters and their documentation.
def draw(
    study: str | PathLike[str] | Study,
    out: str | PathLike[str],
    *,
    kinds: str | Iterable[str] = "heat",
    pictures: Sequence[str] = (),
    observers: Sequence[str] = (),
    each: bool = False,
    groups: str | PathLike[str] | None = None,
    group: str | None = None,
    compare_groups: str | Sequence[str] | None = None,
    first: float | Sequence[float] | None = None,
    sigma: float | None = None,
    style: Style = DEFAULT,
) -> Drawn:
    """Draw what people did with each picture of a study.

    Args:
        study: a folder that `import_gaze` wrote, or any with stimuli/ and fixations.csv.
        out: folder for OUT/STEM_people-heat.png and so on, with the observer, group and seconds in the name.
        kinds: of KINDS, as a sequence or comma-separated: "heat", "fixations" (their areas are the durations),
            "scanpaths" (with the order), "difference" (of two groups).
        pictures: of the study, to draw; all by default.
        observers: whose fixations to draw; all by default.
        each: a drawing for each observer, in place of one of all.
        groups: a table with the columns observer and group, in place of the column group of the study.
        group: whose fixations to draw.
        compare_groups: the two groups that differ, as "young,old"; by default the study's, if it has two.
        first: draw the fixations that began in the first so many seconds; several give a drawing each.
        sigma: standard deviation of the heat maps in pixels; by default 3 % of a picture's longer side.
        style: colors, opacity, sizes.

    Returns:
        The files that were written, and the differences of groups with their intervals.

    Raises:
        GazeError: another argument that is not as described. Nothing has been written then.
    """
    wanted = _wanted(kinds)
    known = study if isinstance(study, Study) else read_study(study, groups, sigma=sigma)
    chosen = _pictures(known, pictures)
    people = _people(known, observers, group)
    windows: list[float | None] = [None] if first is None else [*np.atleast_1d(np.asarray(first, dtype=float)).tolist()]
    folder, done = Path(out), Drawn()
    if (known.folder / "stimuli").resolve() in (folder.resolve(), *folder.resolve().parents):
        raise GazeError(f"{folder} is among the stimuli; drawings need another folder")
    if pair := alike(chosen):
        raise GazeError(f"drawings of {pair[0]} and {pair[1]} are one file on some disks; rename one of the pictures")
    folder.mkdir(parents=True, exist_ok=True)
    alone = [kind for kind in wanted if kind != "difference"]
    for name, seen in progress.track([*chosen.items()], "drawing"):
        try:
            for target, pixels in _drawings(name, seen, known, alone, people, each, group, windows, style):
                _save(folder, target, pixels, style, done)
        except (ValueError, OSError, MemoryError) as error:
            done.failed.append(naming(seen.sample.path, str(error) or "not enough memory"))
    if "difference" in wanted:
        _differences(known, chosen, _two(known, compare_groups), windows, folder, style, done)
    for place in {one.parent for one in done.written}:
        remove_leftovers(place)
    return done


def _wanted(kinds: str | Iterable[str]) -> list[str]:
    names = kinds.split(",") if isinstance(kinds, str) else kinds
    wanted = [*dict.fromkeys(stripped for name in names if (stripped := name.strip()))]
    unknown = [kind for kind in wanted if kind not in KINDS]
    if unknown or not wanted:
        raise GazeError(f"drawings of people are {', '.join(KINDS)}, not {', '.join(unknown)!r}")
    return wanted


def _pictures(study: Study, wanted: Sequence[str]) -> dict[str, Seen]:
    if not wanted:
        return study.seen
    found = {}
    for name in wanted:
        seen = study.find(name)
        if seen is None:
            raise GazeError(f"{study.folder} has no picture {name}; it has {', '.join([*study.seen][:5])} and so on")
        found[next(key for key, value in study.seen.items() if value is seen)] = seen
    return found


def _people(study: Study, observers: Sequence[str], group: str | None) -> list[str]:
    everyone = study.observers if group is None else study.group(group)
    if unknown := [one for one in observers if one not in everyone]:
        raise GazeError(f"there is no observer {unknown[0]!r}; there are {', '.join(everyone[:20])}")
    return [*observers] or everyone


def _two(study: Study, given: str | Sequence[str] | None) -> tuple[str, str]:
    """The names of the two groups to compare."""
    names = sorted(set(study.groups.values())) if given is None else (
        [one.strip() for one in given.split(",")] if isinstance(given, str) else [*given])  # fmt: skip
    if len(names) != 2:
        there = ", ".join(names) or "none"
        raise GazeError(
            f"a difference is that of two groups; they are {there}: give observers groups by a table (--groups FILE, "
            "with observer and group), and name two (--compare A,B)"
        )
    return names[0], names[1]


def _drawings(
    name: str, seen: Seen, study: Study, kinds: Sequence[str], people: Sequence[str], each: bool, group: str | None,
    windows: Sequence[float | None], style: Style,
) -> Iterator[tuple[str, np.ndarray]]:  # fmt: skip
    """The name and pixels of each drawing of a picture."""
    stem = Path(name).with_suffix("").as_posix()
    parts = [(one, seen.by([one])) for one in people if one in seen.viewers] if each else [("", seen.by(people))]
    for who, mine in parts:
        for window in windows:
            shown = mine if window is None else mine.until(window)
            said = f"first {window:g} s" if window is not None else ""
            said = ", ".join(text for text in (who or (group and f"group {group}") or "", said) if text)
            tail = "".join(f"_{_safe(text)}" for text in (who or group or "", f"{window:g}s" if window else "") if text)
            for kind in kinds:
                if kind == "heat":
                    pixels = drawing.heat(shown, style, said)
                else:
                    function = drawing.fixations if kind == "fixations" else drawing.scanpaths
                    pixels = function(shown, style, said, {} if each else study.groups)
                yield f"{stem}_people-{kind}{tail}.png", pixels


def _differences(
    study: Study, chosen: dict[str, Seen], names: tuple[str, str], windows: Sequence[float | None], folder: Path,
    style: Style, done: Drawn,
) -> None:  # fmt: skip
    for window in windows:
        seen = [one if window is None else one.until(window) for one in chosen.values()]
        found, done.p = compare(seen, study.group(names[0]), study.group(names[1]))
        tail = f"_{window:g}s" if window else ""
        for name, one, difference in zip(chosen, seen, found, strict=True):
            done.differences[name + tail] = difference
            try:
                stem = Path(name).with_suffix("").as_posix()
                pixels = drawing.groups(one, difference, names, style)
                _save(folder, f"{stem}_people-difference{tail}.png", pixels, style, done)
            except (ValueError, OSError, MemoryError) as error:
                done.failed.append(naming(one.sample.path, str(error) or "not enough memory"))


def _save(folder: Path, name: str, pixels: np.ndarray, style: Style, done: Drawn) -> None:
    target = below(folder, name)
    check_drawing(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    save_image(target, pixels, drawn=True, dpi=style.dpi)
    done.written.append(target)


def _safe(text: str) -> str:
    """A name of an observer or group as part of a file's name."""
    return re.sub(r"[^\w.-]+", "-", text).strip(".-")[:60] or "x"
