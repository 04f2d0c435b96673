"""Step 1 of the paper: give unannotated photographs the map of a teacher.

A part is a pure function of (a slice of the sorted picture list, the settings). Any worker can make it, in any order,
again, with the same content; resuming is making the parts that are missing.
"""

import hashlib
import io
import os
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor
from pathlib import Path

import numpy as np
from PIL import Image

import wepsam
from wepsam import maps
from wepsam.classical.gbvs import gbvs, gbvs_batch
from wepsam.images import ImageError, find_images, image_size, read_image, resize
from wepsam.weak.selection import entropy, reject
from wepsam.weak.store import (
    HISTOGRAM,
    MAP_SIZE,
    SHEET,
    STIMULUS_SIZE,
    LabelSettings,
    Manifest,
    StoreError,
    finish,
    part_path,
    read_manifest,
    write_part,
)

JPEG_QUALITY = 95
BATCH = 50  # pictures whose maps are computed together


def label(
    photos: str | os.PathLike | Sequence[str | os.PathLike],
    out: str | os.PathLike,
    *,
    teacher: str = "gbvs",
    size: int | None = 128,
    workers: int = -1,
    part_size: int = 500,
    progress: Callable[[int, int], object] | None = None,
) -> Counter:
    """Label photographs with a teacher's saliency maps, into a folder of Parquet parts.

    Stopped anywhere and called again, it makes what is missing.

    Args:
        photos: pictures, folders (searched recursively) and list files (.txt: one path a line).
        out: the weak-label folder. What `inspect` draws into it is never taken for a photograph.
        teacher: "gbvs".
        size: pixels of the square the teacher sees (128 in the paper); None shows it the picture as it is.
        workers: processes; -1 for one per core.
        part_size: pictures a part.
        progress: called with (pictures done, pictures in all) after each part.

    Returns:
        How many pictures were "kept", "rejected" and "failed".

    Raises:
        StoreError: `out` was made from other photographs or with other settings; the message gives both.
        ImageError: a path in `photos` does not exist, or there is no picture at all.
        ChildProcessError: a worker was ended from outside.
    """
    from joblib import Parallel, delayed

    if teacher not in TEACHERS:
        raise ValueError(f"teachers are {', '.join(TEACHERS)}, not {teacher!r}")
    folder = Path(out)
    # Absolute: the same parts, whatever folder the command is run from.
    drawn = {os.path.abspath(folder / name) for name in (HISTOGRAM, SHEET)}
    found = [path for path in map(os.path.abspath, find_images(photos)) if path not in drawn]
    if not found:
        given = [photos] if isinstance(photos, str | os.PathLike) else photos
        raise ImageError(f"no pictures in {', '.join(map(str, given))}")
    folder.mkdir(parents=True, exist_ok=True)
    ids, paths = map(list, zip(*sorted(zip(_ids(found), found, strict=True)), strict=True))
    settings = LabelSettings(teacher, size, part_size)
    fingerprint = hashlib.sha256("\n".join(ids).encode()).hexdigest()
    manifest = _claim(folder, Manifest(settings, len(paths), fingerprint, wepsam.__version__))

    def slice_of(part: int) -> slice:
        return slice(part * part_size, min((part + 1) * part_size, len(paths)))

    missing = [part for part in range(manifest.parts) if not part_path(folder, part).exists()]
    done = len(paths) - sum(len(paths[slice_of(part)]) for part in missing)
    if progress:
        progress(done, len(paths))
    jobs = (
        delayed(_make_part)(part_path(folder, part), paths[slice_of(part)], ids[slice_of(part)], settings)
        for part in missing
    )
    # "unordered": a part is counted when it is there, not when its turn comes.
    try:
        for count in Parallel(n_jobs=workers, return_as="generator_unordered")(jobs):
            done += count
            if progress:
                progress(done, len(paths))
    except BrokenExecutor:
        raise ChildProcessError(
            "a worker was ended from outside, perhaps for want of memory; the same call goes on, with fewer workers"
        ) from None
    return finish(folder, manifest)


def label_rows(paths: Sequence[str], ids: Sequence[str], settings: LabelSettings) -> list[dict]:
    """The rows of a part: for every picture its label, or the reason why it has none."""
    rows = []
    for start in range(0, len(paths), BATCH):
        rows += _label_batch(paths[start : start + BATCH], ids[start : start + BATCH], settings)
    return rows


def _gbvs_maps(pictures: list[np.ndarray]) -> np.ndarray:
    """(B, 32, 32) maps; pictures of one size together, others on their own lattice first."""
    if len({p.shape for p in pictures}) == 1 and pictures[0].shape[0] == pictures[0].shape[1]:
        return gbvs_batch(np.stack(pictures))
    return np.stack([maps.enlarge(gbvs(p, full_size=False), (MAP_SIZE, MAP_SIZE)) for p in pictures])


# A teacher: equally or differently large (H, W, 3) uint8 pictures -> (B, 32, 32) maps in [0, 1].
TEACHERS: dict[str, Callable[[list[np.ndarray]], np.ndarray]] = {"gbvs": _gbvs_maps}


def _make_part(target: Path, paths: Sequence[str], ids: Sequence[str], settings: LabelSettings) -> int:
    """A worker's whole job; answers how many pictures it read."""
    write_part(target, label_rows(paths, ids, settings))
    return len(paths)


def _label_batch(paths: Sequence[str], ids: Sequence[str], settings: LabelSettings) -> list[dict]:
    rows: list[dict] = [{"id": id, "path": _text(path)} for id, path in zip(ids, paths, strict=True)]
    readable, seen_by_teacher, stimuli = [], [], []
    for row, path in zip(rows, paths, strict=True):
        try:
            row["height"], row["width"] = image_size(path)
            smallest = None if settings.size is None else max(settings.size, STIMULUS_SIZE)
            picture = read_image(path, smallest=smallest)
        except ImageError as error:
            # The cause without the path, so that equal causes can be counted.
            cause = str(error).removeprefix(f"{path}: ").removeprefix(f"{path!a}: ")
            row |= {"status": "failed", "reason": cause}
            continue
        stimulus = resize(picture, (STIMULUS_SIZE, STIMULUS_SIZE))
        if settings.size == STIMULUS_SIZE:
            picture = stimulus
        elif settings.size is not None:
            picture = resize(picture, (settings.size, settings.size))
        readable.append(row)
        seen_by_teacher.append(picture)
        stimuli.append(stimulus)
    if not readable:
        return rows
    teacher_maps = TEACHERS[settings.teacher](seen_by_teacher)
    for row, stimulus, teacher_map in zip(readable, stimuli, np.rint(teacher_maps * 255).astype(np.uint8), strict=True):
        reason = reject(stimulus, teacher_map)
        row |= {"status": "rejected" if reason else "kept", "reason": reason, "entropy": entropy(teacher_map)}
        if reason is None:
            row |= {"stimulus": _jpeg(stimulus), "map": teacher_map.tobytes()}
    return rows


def _jpeg(stimulus: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(stimulus).save(buffer, "JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()


def _ids(paths: list[str]) -> list[str]:
    """Absolute paths below their common folder, so that the same photographs have the same ids on any machine."""
    root = os.path.dirname(paths[0]) if len(paths) == 1 else os.path.commonpath(paths)
    return [_text(Path(os.path.relpath(path, root)).as_posix()) for path in paths]


def _text(path: str) -> str:
    """A path as Parquet can store it: names of files are bytes, and not all are UTF-8."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _claim(folder: Path, wanted: Manifest) -> Manifest:
    """Start the folder, or make sure that it was started for the same photographs and settings."""
    if not (folder / "manifest.json").exists():
        wanted.write(folder)
        return wanted
    found = read_manifest(folder)
    if found.settings != wanted.settings:
        raise StoreError(
            f"{folder} was labelled with {found.settings}, this run asks for {wanted.settings}; "
            "choose another folder or the same settings"
        )
    if found.fingerprint != wanted.fingerprint:
        raise StoreError(
            f"{folder} was labelled from another list of {found.pictures} photographs "
            f"({found.fingerprint[:8]}), this run has {wanted.pictures} ({wanted.fingerprint[:8]}); "
            "choose another folder or the same photographs"
        )
    return found
