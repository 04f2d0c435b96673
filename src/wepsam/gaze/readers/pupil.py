"""Exports of Pupil Labs: fixations on a surface (Pupil Core, Marker Mapper) or on a reference image (Neon, Invisible).

Pupil Core counts in shares of the surface, y up; Pupil Cloud counts from the upper left corner. Fixations in the scene
camera's picture are refused: nobody knows where the picture was in it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wepsam.files import as_seen
from wepsam.gaze import tables
from wepsam.gaze.pictures import Pictures
from wepsam.gaze.tables import Table
from wepsam.gaze.trials import timed
from wepsam.gaze.viewing import Frame, GazeError, Given, Screen, Tally, Viewing
from wepsam.images import image_size
from wepsam.sources import SUFFIXES

CORE = ("norm_pos_x", "norm_pos_y")
CORE_GAZE = ("x_norm", "y_norm")
CONFIDENT = 0.6  # from which Pupil Player itself counts gaze
SURFACE = ("fixation x [normalized]", "fixation y [normalized]")
PIXELS = ("fixation x [px]", "fixation y [px]")
# Gaze as the same enrichments have it, by the names of its columns.
SURFACE_GAZE = tuple(f"gaze position on surface {axis} [normalized]" for axis in "xy")
PIXELS_GAZE = tuple(f"gaze position in reference image {axis} [px]" for axis in "xy")
ON = (
    *("on_surf", "on_srf", "fixation detected on surface", "fixation detected in reference image"),
    *("gaze detected on surface", "gaze detected in reference image"),
)


def is_pupil(head: str) -> bool:
    """Whether a table has the columns of a Pupil Labs export."""
    first = head.partition("\n")[0]
    return any(word in first for word in ("norm_pos_x", "fixation x [", "gaze x [px]", "gaze position ", "x_norm"))


def is_mapped(path: Path) -> bool:
    """Whether a file has fixations on a surface or a reference image, by its name and what lies beside it."""
    named = path.name.startswith("fixations_on_surface") and path.suffix == ".csv"
    return named or (path.name == "fixations.csv" and path.with_name("sections.csv").is_file())


def read(path: Path, pictures: Pictures, given: Given, tally: Tally, observer: str) -> list[Viewing]:
    """The viewings in an export of fixations.

    Args:
        path: fixations.csv of an enrichment, or fixations_on_surface_NAME.csv.
        pictures: that the surface, the enrichment or `given` may name.
        given: image, table of times, screen.
        tally: for what is assumed.
        observer: who looked, if the file does not say it.

    Raises:
        GazeError: the fixations are those of the scene camera, or it is not known which picture they are on.
    """
    table = tables.read(path)
    if "start timestamp [ns]" in table:
        return _cloud(table, path, pictures, given, tally, observer)
    if SURFACE_GAZE[0] in table or PIXELS_GAZE[0] in table:
        return _cloud(_fixations(table), path, pictures, given, tally, observer)
    if CORE_GAZE[0] in table and "gaze_timestamp" in table:
        return _core_gaze(table, path, pictures, given, tally, observer)
    if "timestamp [ns]" in table:
        raise _scene(path)
    if "fixation_id" not in table and "id" not in table:
        raise GazeError(f"{path} has gaze, not fixations; export fixations_on_surface_NAME.csv from Pupil Player")
    if not any(name in table for name in ON):
        raise _scene(path)
    return _core(table, path, pictures, given, tally, observer)


def _scene(path: Path) -> GazeError:
    return GazeError(
        f"{path} has fixations in the scene camera's picture; export those on the surface or the reference image "
        "(fixations_on_surface_NAME.csv, or fixations.csv of a Reference Image Mapper or Marker Mapper)"
    )


def _core(table: Table, path: Path, pictures: Pictures, given: Given, tally: Tally, observer: str) -> list[Viewing]:
    """Pupil Core writes a row for each frame of a fixation: its point is the median of those on the surface."""
    ids = table.text("fixation_id" if "fixation_id" in table else "id")
    begin = table.numbers("start_timestamp") if "start_timestamp" in table else table.numbers("world_timestamp")
    duration = table.numbers("duration")
    duration = duration / 1000 if np.nanmedian(duration) > 10 else duration  # Pupil Player before 1.0 wrote seconds
    x, y = (table.numbers(name) for name in CORE)
    on = _on(table)
    rows = {one: np.flatnonzero(np.array(ids) == one) for one in dict.fromkeys(ids)}
    places = []
    for each in rows.values():
        seen = each[on[each] & np.isfinite(x[each] + y[each])]
        point = (np.median(x[seen]), np.median(y[seen])) if len(seen) else (np.nan, np.nan)
        places.append((begin[each[0]], duration[each[0]], *point))
    values = np.array(places, dtype=np.float64).reshape(-1, 4)
    off = int(np.isnan(values[:, 2]).sum())
    if off:
        tally.assume("fixations that are never on the surface count as without a position")
    frame = _core_frame(given)
    viewings, taken = [], np.zeros(len(values), bool)
    for start, end, image in _core_spans(values[:, 0], path, pictures, given, tally, observer):
        within = (values[:, 0] >= start) & (values[:, 0] < end)
        taken |= within
        mine = values[within]
        viewings.append(Viewing(observer, image, frame, mine[:, 2:4], mine[:, 0] - start, mine[:, 1], source=str(path)))
    tally.counts["read"] += int((~taken).sum())
    tally.counts["before or after the picture"] += int((~taken).sum())
    return viewings


def _core_frame(given: Given) -> Frame:
    of = "screen" if given.screen or given.picture or given.scale else "picture"
    return Frame(of, "shares", "bottom-left", "up")


def _core_spans(
    times: np.ndarray, path: Path, pictures: Pictures, given: Given, tally: Tally, observer: str
) -> list[tuple[float, float, str]]:
    """(start, end, picture) of what a surface showed, in seconds."""
    if spans := timed(given.trials, observer):
        return spans
    surface = as_seen(path.name).removesuffix(".csv").partition("on_surface")[2].strip("_ ")
    name = given.image or (surface if pictures.find(surface) else None) or _only(pictures)
    if name is None:
        raise GazeError(
            f"{path} does not say which picture its surface {surface!r} showed: name it (--image NAME), or give a "
            "table with start, end and image (--trials)"
        )
    tally.assume("onsets are counted from the first fixation on the surface")
    return [(float(np.nanmin(times)) if len(times) else 0.0, np.inf, name)]


def _core_gaze(
    table: Table, path: Path, pictures: Pictures, given: Given, tally: Tally, observer: str
) -> list[Viewing]:
    """Pupil Core's gaze on a surface: samples, of which those that Pupil Player doubts count as lost."""
    time = table.numbers("gaze_timestamp")
    points = np.column_stack([table.numbers(name) for name in CORE_GAZE])
    doubted = table.numbers("confidence") < CONFIDENT if "confidence" in table else np.zeros(table.length, bool)
    points[doubted | ~_on(table)] = np.nan
    order = np.argsort(time, kind="stable")
    samples = np.column_stack([time, points])[order]
    return [
        Viewing(observer, image, _core_frame(given), source=str(path),
                samples=samples[(samples[:, 0] >= start) & (samples[:, 0] < end)] - (start, 0, 0))
        for start, end, image in _core_spans(time, path, pictures, given, tally, observer)
    ]  # fmt: skip


def _fixations(table: Table) -> Table:
    """Mapped gaze of Pupil Cloud as its fixations: the mean of the gaze that names one, as Pupil Cloud does it."""
    names = SURFACE_GAZE if SURFACE_GAZE[0] in table else PIXELS_GAZE
    if "fixation id" not in table:
        raise GazeError(f"{table.path} does not say which gaze is of which fixation; import fixations.csv beside it")
    keys = [name for name in ("section id", "recording id") if name in table]
    rows: dict[tuple[str, ...], list[int]] = {}
    texts = [table.text(name) for name in (*keys, "fixation id")]
    for row, key in enumerate(zip(*texts, strict=True)):
        if key[-1].strip():
            rows.setdefault(key, []).append(row)
    time = [int(one) for one in table.text("timestamp [ns]")]
    on, places = _on(table), np.column_stack([table.numbers(name) for name in names])
    found: list[list[str]] = []
    for key, mine in rows.items():
        seen = [row for row in mine if on[row] and np.isfinite(places[row]).all()]
        x, y = places[seen].mean(axis=0).tolist() if seen else ("", "")
        length = (time[mine[-1]] - time[mine[0]]) / 1e6
        found.append([*key, str(time[mine[0]]), str(length), str(bool(seen)), str(x), str(y)])
    of = SURFACE if names is SURFACE_GAZE else PIXELS
    titles = [*keys, "fixation id", "start timestamp [ns]", "duration [ms]", "fixation detected on surface", *of]
    columns = [[*column] for column in zip(*found, strict=True)] or [[] for _ in titles]
    return Table(dict(zip(titles, columns, strict=True)), table.path)


def _cloud(table: Table, path: Path, pictures: Pictures, given: Given, tally: Tally, observer: str) -> list[Viewing]:
    """Pupil Cloud and Neon Player write a row for each fixation, of several recordings."""
    names = SURFACE if SURFACE[0] in table else PIXELS
    if not any(name in table for name in ON):
        raise _scene(path)
    if names[0] not in table:
        raise GazeError(f"{path} has no column {PIXELS[0]} or {SURFACE[0]}")
    grid = _reference(path) if names is PIXELS else None
    of = "screen" if given.screen or given.picture or given.scale else "picture"
    frame = Frame(of, "shares" if names is SURFACE else "pixels", "top-left", "down", grid=grid)
    image = given.image or _of_folder(path, pictures)
    if image is None and not timed(given.trials, observer):
        raise GazeError(f"{path} does not say which picture it is about: name it (--image NAME)")
    begin = table.numbers("start timestamp [ns]") / 1e9
    duration = table.numbers("duration [ms]") / 1000
    points = np.column_stack([table.numbers(name) for name in names])
    points[~_on(table)] = np.nan
    section = "section id" if "section id" in table else "recording id" if "recording id" in table else None
    keys = table.text(section) if section else [""] * table.length
    people, starts = _sections(path)
    viewings = []
    for key in dict.fromkeys(keys):
        rows = np.flatnonzero(np.array(keys) == key)
        start = starts.get(key)
        if start is None:
            tally.assume("onsets are counted from the first fixation of a section")
            start = float(np.nanmin(begin[rows]))
        who = given.observer or people.get(key) or (key if len(set(keys)) > 1 else observer)
        spans = [(a / 1e9, b / 1e9, name) for a, b, name in timed(given.trials, who)] or [(start, np.inf, image or "")]
        for first, last, name in spans:
            mine = rows[(begin[rows] >= first - 1e-6) & (begin[rows] < last)]
            onset = np.maximum(begin[mine] - first, 0)
            viewings.append(Viewing(who, name, frame, points[mine], onset, duration[mine], trial=key, source=str(path)))
    return viewings


def _on(table: Table) -> np.ndarray:
    """(N,) bool: which rows are on the surface or the reference image."""
    return tables.truth(table.text(next(name for name in ON if name in table)))


def _only(pictures: Pictures) -> str | None:
    """The picture, if there is but one."""
    return next(iter(pictures.paths)) if len(pictures.paths) == 1 else None


def _of_folder(path: Path, pictures: Pictures) -> str | None:
    """The picture that an enrichment is about: by the folder's name, the reference image's, or as the only one."""
    folder = as_seen(path.resolve().parent.name)
    found = pictures.find(folder)
    if found is None:
        stems = {name.rpartition("/")[2].rpartition(".")[0]: name for name in pictures.paths}
        within = [name for stem, name in stems.items() if len(stem) > 2 and stem.lower() in folder.lower()]
        found = within[0] if len(within) == 1 else None
    return found or pictures.find("reference_image") or _only(pictures)


def _reference(path: Path) -> Screen | None:
    """(width, height) of the reference image beside the file, in whose pixels it counts."""
    for suffix in SUFFIXES:
        if (one := path.with_name(f"reference_image{suffix}")).is_file():
            height, width = image_size(one)
            return width, height
    return None


def _sections(path: Path) -> tuple[dict[str, str], dict[str, float]]:
    """The wearer and the start in seconds of each section and recording, from sections.csv beside the file."""
    file = path.with_name("sections.csv")
    if not file.is_file():
        return {}, {}
    table = tables.read(file)
    people: dict[str, str] = {}
    starts: dict[str, float] = {}
    for column in ("recording id", "section id"):
        if column not in table:
            continue
        for row, key in enumerate(table.text(column)):
            for name in ("wearer name", "recording name"):
                if name in table and table.text(name)[row].strip():
                    people[key] = table.text(name)[row].strip()
                    break
            if "section start time [ns]" in table:
                starts[key] = table.numbers("section start time [ns]")[row] / 1e9
    return people, starts
