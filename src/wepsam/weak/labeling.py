"""Step 1 of the paper: give unannotated photographs the saliency maps of a teacher.

A part is a pure function of a slice of the sorted picture list and of the settings. Any worker can make it, in any
order, again, with the same content; to resume is to make the parts that are missing.
"""

import hashlib
import logging
import os
import random
from collections import Counter
from collections.abc import Sequence

from threadpoolctl import threadpool_limits

import wepsam
from wepsam import cards, files, progress, resolve
from wepsam.files import PathOrUrl
from wepsam.hub import names
from wepsam.prediction.loading import weights_file
from wepsam.weak import engines, part_rows, store
from wepsam.weak.manifest import HISTOGRAM, MAP_SIZE, SHEET, STIMULUS_SIZE, LabelSettings, Manifest, StoreError, claim
from wepsam.weak.picture_list import Picture, PictureList, absolute_path, find_pictures

logger = logging.getLogger(__name__)


# Long by its parameters and their documentation.
def label(
    photos: PictureList | PathOrUrl | Sequence[PathOrUrl],
    out: PathOrUrl,
    *,
    teacher: str | os.PathLike[str] = "gbvs",
    size: int | None = 128,
    keep_aspect: bool = False,
    workers: int = -1,
    part_size: int = 500,
    stimulus_size: int = STIMULUS_SIZE,
    map_size: int = MAP_SIZE,
    engine: str = "processes",
    scheduler: str | None = None,
) -> Counter[str]:
    """Label photographs with the saliency maps of a teacher and store them as a folder of Parquet parts.

    The same call resumes a job that was stopped: it makes the parts that are missing. Several calls at once, on one
    machine or on many that share the folder, divide the work among themselves.

    Args:
        photos: pictures, folders (searched recursively), list files (.txt: one path a line), tar archives, or URLs of
            any of these; or the list that `find_pictures` returned. What `predict` and `inspect` drew is left out.
        out: the weak-label folder, or its URL. The images that `inspect` draws there are never taken as photographs.
        teacher: a name in `wepsam.classical.CLASSICAL`, the name of shipped weights, or an .onnx file; or several of
            them with commas between: the mean of their densities.
        size: side of the square that the teacher sees, in pixels (128 in the paper); None shows it the whole picture.
        keep_aspect: keep the picture's aspect instead of squares. The teacher then sees a picture with a shorter side
            of `size`; the stored stimulus has a shorter side of `stimulus_size`, the map a longer side of `map_size`.
        workers: number of parts made at a time; -1 for one per core.
        part_size: pictures per part.
        stimulus_size: side of the stored picture, in pixels; the paper's network sees 128.
        map_size: side of the stored map, in cells; 32 in the paper.
        engine: "processes" on this machine, or a "ray" or "dask" cluster.
        scheduler: address of the cluster, see `engines.run`; None starts one on this machine.

    Returns:
        Number of pictures that were "kept", "rejected" and "failed".

    Raises:
        StoreError: `out` is a file, or was made from other photographs or with other settings; the message gives both.
            Also if the teacher's file or photographs were replaced since, as far as SHA-256, sizes and times tell.
        ValueError: there is no such teacher.
        ImageError: a path in `photos` does not exist, or there are no pictures.
        EngineError: there is no such engine, or the cluster cannot be reached.
        ChildProcessError: a worker was killed from outside.
        OSError: the folder cannot be written to, or a server cannot be reached.
    """
    if not files.is_url(out) and os.path.isfile(out):  # "label *.jpg" without the folder
        raise StoreError(f"{os.fspath(out)} is a file; the last argument is the weak-label folder")
    for name, least in (("part_size", part_size), ("stimulus_size", stimulus_size), ("map_size", map_size)):
        if least < 1:
            raise ValueError(f"{name} is {least}; expected 1 or more")
    # A worker may have another working directory.
    several = part_rows.teachers(os.fspath(teacher))
    teacher = ",".join(map(_everywhere, several))
    part_rows.teacher_predictor(teacher)  # an unknown teacher is an error before any work
    pictures = photos if isinstance(photos, PictureList) else find_pictures(photos, leave_out=inspection_images(out))
    if pictures.repeated:
        logger.warning("%d paths are named more than once; each is labeled once", pictures.repeated)
    settings = LabelSettings(teacher, size, keep_aspect, part_size, stimulus_size, map_size)
    folder = absolute_path(os.fspath(out))
    wanted = Manifest(
        settings, len(pictures), pictures.fingerprint(), wepsam.__version__,
        teacher_sha256=_teacher_sha256(teacher), photographs=pictures.state(),
    )  # fmt: skip
    manifest = claim(folder, wanted)
    _make_missing_parts(folder, pictures, manifest, engine=engine, workers=workers, scheduler=scheduler)
    return store.finish(folder, manifest)


def _everywhere(teacher: str) -> str:
    """A teacher's name that means the same in any folder and at any time."""
    if names.is_name(teacher):
        from wepsam.hub import fetching

        return fetching.pinned(teacher)
    return os.path.abspath(teacher) if teacher.endswith(".onnx") else teacher


def _teacher_sha256(teacher: str) -> str | None:
    """SHA-256 of the file that the teacher is loaded from, if it is one; of several, those of all together."""
    sums = [cards.sha256(weights_file(one)) for one in part_rows.teachers(teacher) if resolve.is_weights(one)]
    return hashlib.sha256("".join(sums).encode()).hexdigest() if sums[1:] else next(iter(sums), None)


def inspection_images(out: PathOrUrl) -> list[str]:
    """Absolute paths of the images that `inspect` draws into a weak-label folder."""
    return [absolute_path(files.join(out, name)) for name in (HISTOGRAM, SHEET)]


def _make_missing_parts(
    folder: str, pictures: PictureList, manifest: Manifest, *, engine: str, workers: int, scheduler: str | None
) -> None:
    settings, size = manifest.settings, manifest.settings.part_size
    missing = _missing_parts(folder, manifest)
    done = len(pictures) - sum(map(manifest.size_of, missing))
    calls = ((folder, part, pictures[part * size : (part + 1) * size], settings) for part in missing)
    with progress.bar(len(pictures), "labeling") as bar:
        bar.update(done)
        if missing:
            engines.run(
                make_part, calls, engine=engine, workers=workers, scheduler=scheduler,
                report=lambda parts: bar.update(min(done + parts * size, len(pictures))),
            )  # fmt: skip


def _missing_parts(folder: str, manifest: Manifest) -> list[int]:
    """The parts to make, in the order in which to make them."""
    names = files.names(folder)
    missing = [part for part in range(manifest.parts) if store.part_name(part) not in names]
    if len(missing) < manifest.parts:
        # Another job may be at work: begin elsewhere, so that both meet late.
        turn = random.randrange(len(missing) or 1)
        missing = missing[turn:] + missing[:turn]
    return missing


def make_part(folder: str, part: int, pictures: Sequence[Picture], settings: LabelSettings) -> None:
    """A worker's whole job: make one part, unless another job has made it meanwhile."""
    if files.exists(files.join(folder, store.part_name(part))):
        return
    with threadpool_limits(1):  # the other workers use the other cores
        store.write_part(folder, part, part_rows.label_rows(pictures, settings))
