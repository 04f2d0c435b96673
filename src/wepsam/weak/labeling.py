"""Step 1 of the paper: give unannotated photographs the map of a teacher.

A part is a pure function of (a slice of the sorted picture list, the settings). Any worker can make it, in any order,
again, with the same content; resuming is making the parts that are missing.
"""

import io
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from itertools import islice
from typing import Any

import numpy as np
from PIL import Image
from threadpoolctl import threadpool_limits

import wepsam
from wepsam import files, maps
from wepsam.classical import CLASSICAL
from wepsam.classical.gbvs import gbvs
from wepsam.classical.toolbox import LONGEST, lattice_shape
from wepsam.files import PathOrUrl
from wepsam.images import ImageError, read_sized, resize
from wepsam.prediction.predictor import load, models
from wepsam.weak import engines, store
from wepsam.weak.pictures import Picture, Pictures, absolute, as_text, find_pictures, read_pictures
from wepsam.weak.selection import entropy, reject
from wepsam.weak.store import HISTOGRAM, MAP_SIZE, SHEET, STIMULUS_SIZE, LabelSettings, Manifest, part_name

JPEG_QUALITY = 95
BATCH = 32  # pictures that take each step together


def label(
    photos: Pictures | PathOrUrl | Sequence[PathOrUrl],
    out: PathOrUrl,
    *,
    teacher: str = "gbvs",
    size: int | None = 128,
    keep_aspect: bool = False,
    workers: int = -1,
    part_size: int = 500,
    stimulus_size: int = STIMULUS_SIZE,
    map_size: int = MAP_SIZE,
    engine: str = "processes",
    scheduler: str | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Counter:
    """Label photographs with a teacher's saliency maps, into a folder of Parquet parts.

    Stopped anywhere and called again, it makes what is missing. Called several times at once, on one machine or on
    many that share the folder, the calls divide the work among themselves.

    Args:
        photos: pictures, folders (searched recursively), list files (.txt: one path a line), tar archives, URLs of
            any of these; or what `find_pictures` made of them.
        out: the weak-label folder, or its URL. What `inspect` draws into it is never taken for a photograph.
        teacher: a name in `wepsam.classical.CLASSICAL`, shipped weights, or an .onnx file.
        size: pixels of the square the teacher sees (128 in the paper); None shows it the picture as it is.
        keep_aspect: the teacher sees the picture in its own aspect, with a shorter side of `size`; the stimulus (a
            shorter side of `stimulus_size`) and the map (a longer one of `map_size`) keep that aspect as well.
        workers: how many at a time; -1 for one per core.
        part_size: pictures a part.
        stimulus_size: pixels of the picture that is stored; 128 is what the paper's network sees.
        map_size: cells of the map that is stored, 32 in the paper.
        engine: who works: "processes" of this machine, or a "ray" or "dask" cluster.
        scheduler: the cluster's address; see `engines.run`.
        progress: called with (pictures done, pictures in all) after each part.

    Returns:
        How many pictures were "kept", "rejected" and "failed".

    Raises:
        StoreError: `out` was made from other photographs or with other settings; the message gives both.
        ImageError: a path in `photos` does not exist, or there is no picture at all.
        EngineError: there is no such engine or no such cluster.
        ChildProcessError: a worker was ended from outside.
        OSError: the folder cannot be written to, or what is behind a URL cannot be reached.
    """
    if teacher.endswith(".onnx"):
        teacher = os.path.abspath(teacher)  # workers may stand elsewhere
    _teacher(teacher)
    pictures = photos if isinstance(photos, Pictures) else find_pictures(photos, leave_out=drawn(out))
    settings = LabelSettings(teacher, size, keep_aspect, part_size, stimulus_size, map_size)
    wanted = Manifest(settings, len(pictures), pictures.fingerprint(), wepsam.__version__)
    folder = absolute(os.fspath(out))  # workers may stand elsewhere
    manifest = store.claim(folder, wanted)
    there = files.names(folder)
    missing = [part for part in range(manifest.parts) if part_name(part) not in there]
    if len(missing) < manifest.parts:
        # Perhaps another job is at work: begin elsewhere, so that both meet late.
        turn = random.randrange(len(missing) or 1)
        missing = missing[turn:] + missing[:turn]
    before = len(pictures) - sum(map(manifest.size_of, missing))

    def done(parts: int) -> None:
        if progress:
            progress(min(before + parts * part_size, len(pictures)), len(pictures))

    done(0)
    calls = ((folder, part, pictures[part * part_size : (part + 1) * part_size], settings) for part in missing)
    if missing:
        engines.run(make_part, calls, engine=engine, workers=workers, scheduler=scheduler, done=done)
    return store.finish(folder, manifest)


def drawn(out: PathOrUrl) -> list[str]:
    """What `inspect` draws into a weak-label folder, as `find_pictures` names it."""
    return [absolute(files.join(out, name)) for name in (HISTOGRAM, SHEET)]


def make_part(folder: str, part: int, pictures: Sequence[Picture], settings: LabelSettings) -> None:
    """A worker's whole job. Nothing, if another job has made the part meanwhile."""
    if files.exists(files.join(folder, part_name(part))):
        return
    with threadpool_limits(1):  # the cores are taken by the other workers
        store.write_part(folder, part, label_rows(pictures, settings))


def label_rows(pictures: Sequence[Picture], settings: LabelSettings) -> list[dict]:
    """The rows of a part: for every picture its label, or the reason why it has none."""
    rows: list[dict] = []
    sources = iter(read_pictures(pictures))
    # Step by step for some pictures, which is a tenth faster than picture by picture: what a step needs stays in the
    # cache. Pictures as they are may be too large for that.
    while batch := list(islice(sources, BATCH if settings.size else 1)):
        seen, mapped = [], []
        for picture, source in batch:
            row: dict = {"id": picture.id, "path": as_text(picture.path)}
            rows.append(row)
            with _failing(row, picture):
                if picture.flaw:
                    raise ImageError(picture.flaw)
                if isinstance(source, OSError):
                    raise source
                seen.append((row, picture, *_look(source, settings, row)))
        for row, picture, stimulus, view in seen:
            with _failing(row, picture):
                mapped.append((row, stimulus, _teacher_map(view, settings, row)))
        for row, stimulus, teacher_map in mapped:
            reason = reject(stimulus, teacher_map)
            row |= {"status": "rejected" if reason else "kept", "reason": reason}
            if reason is None:
                row |= {"stimulus": _jpeg(stimulus), "map": teacher_map.tobytes(), "entropy": entropy(teacher_map)}
                row["map_height"], row["map_width"] = teacher_map.shape
    return rows


@contextmanager
def _failing(row: dict, picture: Picture) -> Iterator[None]:
    """What goes wrong with one picture is noted in its row, and nothing else is lost."""
    try:
        yield
    except (ValueError, OSError, MemoryError) as error:
        row |= {"status": "failed", "reason": _cause(error, picture.path)}


def _look(source: str | bytes, settings: LabelSettings, row: dict) -> tuple[np.ndarray, np.ndarray]:
    """The stimulus and what the teacher sees of a picture; its size goes into the row."""
    stored = settings.stimulus_size
    if settings.size == stored:
        shape = partial(_shape, stored, settings.keep_aspect)
        stimulus, (row["height"], row["width"]) = read_sized(source, smallest=stored, shape=shape)
        return stimulus, stimulus
    smallest = settings.size and max(settings.size, stored)
    view, own = read_sized(source, smallest=smallest)
    row["height"], row["width"] = own
    stimulus = resize(view, _shape(stored, settings.keep_aspect, *own))
    return stimulus, resize(view, _shape(settings.size, settings.keep_aspect, *own)) if settings.size else view


def _teacher_map(view: np.ndarray, settings: LabelSettings, row: dict) -> np.ndarray:
    """(h, w) uint8: what the teacher says, its largest value 255."""
    size = settings.map_size
    shape = lattice_shape(row["height"], row["width"], size) if settings.keep_aspect else (size, size)
    teacher_map = _teacher(settings.teacher)(view)
    if teacher_map.shape != shape:
        teacher_map = maps.enlarge(teacher_map, shape)
    return np.rint(255 * maps.to_unit(teacher_map)).astype(np.uint8)


def _shape(size: int, keep_aspect: bool, height: int, width: int) -> tuple[int, int]:
    """A square of `size`, or the picture's aspect with a shorter side of `size`; a strip stays below LONGEST."""
    if not keep_aspect:
        return size, size
    scale = min(size / min(height, width), LONGEST / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


@cache
def _teacher(name: str) -> Callable[[np.ndarray], np.ndarray]:
    """A predictor; GBVS answers on its lattice, where it need not be enlarged to be reduced again.

    Raises:
        ValueError: there is none of this name.
    """
    if name in models() or name.endswith(".onnx"):
        return load(name, threads=1)
    if name not in CLASSICAL:
        raise ValueError(f"teachers are {', '.join((*CLASSICAL, *models()))} and .onnx files, not {name!r}")
    predictor: Any = CLASSICAL[name]
    return partial(predictor, full_size=False) if getattr(predictor, "func", predictor) is gbvs else predictor


def _jpeg(stimulus: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(stimulus).save(buffer, "JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()


def _cause(error: Exception, path: str) -> str:
    """What went wrong, without the path, so that equal causes can be counted."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    text = str(error) or "not enough memory"
    for name in (path, ascii(path), "<bytes>"):
        text = text.removeprefix(f"{name}: ")
    return text
