"""SALICON: people uncovered each picture with the mouse, which stands in for the eye. There are two editions."""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np

from wepsam.datasets.base import FixationDataset, Sample
from wepsam.datasets.density_files import read_marks
from wepsam.datasets.errors import DatasetError
from wepsam.datasets.mat_files import load_variables
from wepsam.datasets.reading import (
    Folder,
    check_choice,
    file_for,
    files_by_stem,
    first_existing,
    from_matlab,
    join_observers,
    list_pictures,
    make_dataset,
    make_sample,
    marked_pixels,
    not_found,
    resolution,
    scaled,
    structs_of,
)
from wepsam.files import check_regular, foreign, parse_json
from wepsam.images import image_size
from wepsam.maps import is_transposed

SIGMA = 19.0  # pixels, as in the dataset's own code
MARKS = ("fixations", "fixLocs")  # in .mat files that mark the fixated pixels instead of listing them
SOURCES = ("fixations", "mouse", "densities")
PARTS = ("train", "val")  # those with ground truth
Read = Callable[[str, Path], Sample]  # id and picture -> sample


def salicon(folder: Folder, *, edition: str | None, source: str, part: str = "all") -> FixationDataset:
    """SALICON: 10,000 + 5,000 + 5,000 pictures of MS COCO (640x480), each with the mouse paths of about 50 workers.

    The two editions have the same pictures and file formats but different fixations: 2017 detected them in the mouse
    paths by another method. No file states its edition, so the caller has to.

    Args:
        folder: with `images/` (or `stimuli/`), and `fixations/` or `maps/` (or `saliency/`), each with or without
            the subfolders train/, val/, test/. `fixations/` has a .mat file per picture, or a PNG that marks the
            fixated pixels (fixations of all workers together). The 2015 edition also comes as
            `fixations_train2014.json` and `fixations_val2014.json`, in `folder` or in `annotations/`.
        edition: "2015" or "2017"; None for densities of which nobody knows it.
        source: "fixations", "mouse" (all samples of the paths) or "densities" (the published maps, 8 bit).
        part: "train", "val", "all" (both), or "test" (pictures only). Without subfolders, COCO's file names give the
            part.

    Returns:
        Samples with ids like train/COCO_train2014_000000000009. Observers are numbered within each picture; in the
        JSON, which identifies the workers, across pictures. Where a picture has another size than its fixations were
        recorded at, they are scaled to it, and so is sigma.

    Raises:
        DatasetError: something is missing, or the folder has no such source.

    References:
        Jiang, Huang, Duan, Zhao, "SALICON: Saliency in Context", CVPR 2015.
    """
    check_choice("SALICON", "source", source, SOURCES)
    if edition is not None or source != "densities":
        check_choice("SALICON", "edition", edition or "None", ("2015", "2017"))
    check_choice("SALICON", "part", part, (*PARTS, "all", "test"))
    root = Path(folder)
    images = first_existing(root / "images", root / "stimuli")
    if images is None:
        raise not_found("SALICON", folder, "images/train/ (or stimuli/), fixations/train/")
    read = _pictures_only if part == "test" else _reader(root, edition, source, part)
    parts = PARTS if part == "all" else (part,)
    pairs = [(_part(path, images), path) for path in list_pictures(images)]
    samples = [read(f"{own_part}/{path.stem}", path) for own_part, path in pairs if own_part in parts]
    if not samples:
        raise not_found("SALICON", folder, " or ".join(f"pictures in {images / p}" for p in parts))
    name = "-".join(word for word in ("salicon", edition, source) if word)
    return make_dataset(name, samples, folder, sigma=SIGMA)


def _reader(root: Path, edition: str | None, source: str, part: str) -> Read:
    """The function that reads a sample from the files that the folder has."""
    if source == "densities":
        maps = first_existing(root / "maps", root / "saliency")
        if maps is None:
            raise not_found("SALICON's densities", root, "maps/train/ (or saliency/)")
        return _density_reader(maps)
    fixations = root / "fixations"
    mats, marks = ({}, {}) if not fixations.is_dir() else (files_by_stem(fixations, (s,)) for s in (".mat", ".png"))
    if mats:
        return _mat_reader(fixations, mats, "location" if source == "mouse" else "fixations")
    names = [f"fixations_{p}2014.json" for p in PARTS if part in (p, "all")]
    tables = [path for name in names if (path := first_existing(root / name, root / "annotations" / name))]
    if marks and source == "fixations" and (edition == "2017" or not tables):
        return _marks_reader(fixations, marks)
    if not tables:
        raise not_found(f"SALICON's {source}", root, f"fixations/train/*.mat or {' or '.join(names)}")
    if source == "mouse":
        raise DatasetError(f"{tables[0]} has no mouse paths, fixations only; expected fixations/train/*.mat")
    if edition == "2017":
        raise DatasetError(f"{tables[0]} is from the 2015 edition; the 2017 edition has a .mat file per picture")
    return _json_reader(tables)


def _part(path: Path, images: Path) -> str:
    """train, val or test, from the subfolder (train, train2014) or COCO's file name; "" if neither gives it."""
    parts = path.relative_to(images).parts
    word = parts[0] if len(parts) > 1 else path.stem.removeprefix("COCO_")
    return next((part for part in (*PARTS, "test") if word.startswith(part)), "")


def _pictures_only(id: str, path: Path) -> Sample:
    return Sample(id, path, image_size(path), sigma=SIGMA)


def _density_reader(folder: Path) -> Read:
    files = {Path(stem).name: path for stem, path in files_by_stem(folder).items()}

    def read(id: str, path: Path) -> Sample:
        density = file_for("SALICON", path, path.stem, files, folder)
        return Sample(id, path, image_size(path), sigma=SIGMA, density_path=density)

    return read


def _mat_reader(folder: Path, files: dict[str, Path], field: str) -> Read:
    """Reads a .mat file per picture: gaze(worker).location and .fixations, (N, 2) points as (x, y), counted from 1."""
    files = {Path(stem).name: path for stem, path in files.items()}

    def read(id: str, path: Path) -> Sample:
        file = file_for("SALICON", path, path.stem, files, folder, ".mat")
        found = load_variables(file, ("gaze", "resolution", *MARKS))
        marks = next((found[name] for name in MARKS if "gaze" not in found and name in found), None)
        if marks is not None and field == "fixations":
            return _of_marks(id, path, marks)
        gaze = structs_of(file, found, "gaze", (field,))
        points, observer = join_observers(from_matlab(getattr(worker, field)) for worker in gaze)
        return _recorded_at(resolution(found.get("resolution")), id, path, points, observer)

    return read


def _marks_reader(folder: Path, files: dict[str, Path]) -> Read:
    """Reads a PNG per picture that marks the fixated pixels."""
    files = {Path(stem).name: path for stem, path in files.items()}

    def read(id: str, path: Path) -> Sample:
        return _of_marks(id, path, read_marks(file_for("SALICON", path, path.stem, files, folder, ".png")))

    return read


def _of_marks(id: str, path: Path, marks: np.ndarray) -> Sample:
    grid = np.shape(marks)
    if len(grid) != 2 or is_transposed(grid, image_size(path)):
        raise DatasetError(f"the marks of {path} have the shape {grid}, expected (height, width) as of the picture")
    return _recorded_at(grid, id, path, marked_pixels(path, marks, grid), None)


def _recorded_at(
    grid: tuple[int, ...] | None, id: str, path: Path, points: np.ndarray, observer: np.ndarray | None
) -> Sample:
    """The sample of points that were recorded on a picture of (height, width) `grid`; None: of this size."""
    size = image_size(path)
    if grid is None or sorted(grid) == sorted(size):
        return make_sample(id, path, points, observer, SIGMA)
    height, width = grid
    return make_sample(id, path, scaled(points, (height, width), size), observer, SIGMA * max(size) / max(grid))


def _json_reader(tables: list[Path]) -> Read:
    """Reads the older JSON, COCO-like: images and annotations; fixations as (row, column), counted from 1."""
    grids: dict[str, tuple[int, int] | None] = {}
    points: dict[str, list[np.ndarray]] = defaultdict(list)
    workers: dict[str, list[int]] = defaultdict(list)
    numbers: dict[object, int] = {}  # worker -> observer
    for table in tables:
        check_regular(table)
        with foreign(table, "is not SALICON's JSON: expected images and annotations", DatasetError):
            content = parse_json(table.read_bytes())
            stems = {image["id"]: Path(image["file_name"]).stem for image in content["images"]}
            for image in content["images"]:
                grids[stems[image["id"]]] = resolution((image.get("height", 0), image.get("width", 0)))
            for note in content["annotations"]:
                stem = stems[note["image_id"]]
                row_column = np.array(note["fixations"], dtype=np.float64).reshape(-1, 2)
                points[stem].append(row_column[:, ::-1] - 1)
                worker = numbers.setdefault(note.get("worker_id", f"annotation {note['id']}"), len(numbers))
                workers[stem] += [worker] * len(row_column)

    def read(id: str, path: Path) -> Sample:
        if path.stem not in points:
            raise DatasetError(f"SALICON: {path} has no annotations in {' and '.join(map(str, tables))}")
        observer = np.array(workers[path.stem], dtype=int)
        return _recorded_at(grids[path.stem], id, path, np.concatenate(points[path.stem]), observer)

    return read
