"""SALICON: people uncovered each picture with the mouse, which stands in for the eye. There are two editions."""

import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np

from wepsam.datasets.base import FixationDataset, Sample
from wepsam.datasets.errors import DatasetError
from wepsam.datasets.reading import (
    Folder,
    check_choice,
    file_for,
    files_by_stem,
    first_existing,
    from_matlab,
    join_observers,
    list_pictures,
    load_structs,
    make_dataset,
    make_sample,
    not_found,
)
from wepsam.images import image_size

SIGMA = 19.0  # pixels, as in the dataset's own code
SOURCES = ("fixations", "mouse", "densities")
PARTS = ("train", "val")  # those with ground truth
Read = Callable[[str, Path], Sample]  # id and picture -> sample


def salicon(folder: Folder, *, edition: str, source: str, part: str = "all") -> FixationDataset:
    """SALICON: 10,000 + 5,000 + 5,000 pictures of MS COCO (640x480), each with the mouse paths of about 50 workers.

    The two editions have the same pictures and file formats but different fixations: 2017 detected them in the mouse
    paths by another method. No file states its edition, so the caller has to.

    Args:
        folder: with `images/` (or `stimuli/`), and `fixations/` or `maps/` (or `saliency/`), each with or without
            the subfolders train/, val/, test/. `fixations/` has a .mat file per picture. The 2015 edition also comes
            as `fixations_train2014.json` and `fixations_val2014.json`, in `folder` or in `annotations/`.
        edition: "2015" or "2017".
        source: "fixations", "mouse" (all samples of the paths) or "densities" (the published maps, 8 bit).
        part: "train", "val", "all" (both), or "test" (pictures only). Without subfolders, COCO's file names give the
            part.

    Returns:
        Samples with ids like train/COCO_train2014_000000000009. Observers are numbered within each picture; in the
        JSON, which identifies the workers, across pictures.

    Raises:
        DatasetError: something is missing, or the folder has no such source.

    References:
        Jiang, Huang, Duan, Zhao, "SALICON: Saliency in Context", CVPR 2015.
    """
    for argument, value, allowed in (("edition", edition, ("2015", "2017")), ("source", source, SOURCES)):
        check_choice("SALICON", argument, value, allowed)
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
    return make_dataset(f"salicon-{edition}-{source}", samples, folder, sigma=SIGMA)


def _reader(root: Path, edition: str, source: str, part: str) -> Read:
    """The function that reads a sample from the files that the folder has."""
    if source == "densities":
        maps = first_existing(root / "maps", root / "saliency")
        if maps is None:
            raise not_found("SALICON's densities", root, "maps/train/ (or saliency/)")
        return _density_reader(maps)
    mats = files_by_stem(root / "fixations", (".mat",)) if (root / "fixations").is_dir() else {}
    if mats:
        return _mat_reader(root / "fixations", mats, "location" if source == "mouse" else "fixations")
    names = [f"fixations_{p}2014.json" for p in PARTS if part in (p, "all")]
    tables = [path for name in names if (path := first_existing(root / name, root / "annotations" / name))]
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
        gaze = load_structs(file, "gaze", (field,))
        return make_sample(id, path, *join_observers(from_matlab(getattr(worker, field)) for worker in gaze), SIGMA)

    return read


def _json_reader(tables: list[Path]) -> Read:
    """Reads the older JSON, COCO-like: images and annotations; fixations as (row, column), counted from 1."""
    points: dict[str, list[np.ndarray]] = defaultdict(list)
    workers: dict[str, list[int]] = defaultdict(list)
    numbers: dict[object, int] = {}  # worker -> observer
    for table in tables:
        try:
            content = json.loads(table.read_bytes())
            stems = {image["id"]: Path(image["file_name"]).stem for image in content["images"]}
            for note in content["annotations"]:
                stem = stems[note["image_id"]]
                row_column = np.array(note["fixations"], dtype=np.float64).reshape(-1, 2)
                points[stem].append(row_column[:, ::-1] - 1)
                worker = numbers.setdefault(note.get("worker_id", f"annotation {note['id']}"), len(numbers))
                workers[stem] += [worker] * len(row_column)
        except (KeyError, TypeError, ValueError) as error:
            raise DatasetError(f"{table} is not SALICON's JSON: expected images and annotations, {error!r}") from None

    def read(id: str, path: Path) -> Sample:
        if path.stem not in points:
            raise DatasetError(f"SALICON: {path} has no annotations in {' and '.join(map(str, tables))}")
        return make_sample(id, path, np.concatenate(points[path.stem]), np.array(workers[path.stem], dtype=int), SIGMA)

    return read
