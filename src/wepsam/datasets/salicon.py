"""SALICON: where people moved a mouse that uncovers the picture, in place of their eyes; in two editions."""

import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np

from wepsam.datasets.base import DatasetError, FixationDataset, Sample
from wepsam.datasets.reading import (
    Folder,
    absent,
    by_stem,
    choose,
    dataset,
    first_of,
    of_observers,
    one_based,
    pair,
    pictures,
    sample,
    struct,
)
from wepsam.images import image_size

SIGMA = 19.0  # pixels, as in the dataset's own API
SOURCES = ("fixations", "mouse", "densities")
PARTS = ("train", "val")  # those with ground truth
Read = Callable[[str, Path, str], Sample]


def salicon(folder: Folder, *, edition: str, source: str, part: str = "all") -> FixationDataset:
    """SALICON: 10,000 + 5,000 + 5,000 pictures of MS COCO (640x480), mouse paths of some 50 workers each.

    The editions have the same pictures and files of the same form, but other fixations: 2017's were found in the
    mouse paths by another method. No file says of which edition it is, so the caller must.

    Args:
        folder: with `images/` (or `stimuli/`), and `fixations/` or `maps/` (or `saliency/`), each with or without
            the subfolders train/, val/, test/. `fixations/` has a .mat file per picture; instead of it the 2015
            edition also comes as `fixations_train2014.json` and `fixations_val2014.json`, in `folder` or in
            `annotations/`.
        edition: "2015" or "2017".
        source: "fixations", "mouse" (all samples of the paths) or "densities" (the published maps, 8 bit).
        part: "train", "val", "all" (both), or "test" (pictures only). Without subfolders COCO's file names tell.

    Returns:
        Samples with ids like train/COCO_train2014_000000000009. Observers are numbered within each picture, except
        in the JSON, which names the workers.

    Raises:
        DatasetError: something is missing, or the folder has no such source.

    References:
        Jiang, Huang, Duan, Zhao, "SALICON: Saliency in Context", CVPR 2015.
    """
    for argument, value, allowed in (("edition", edition, ("2015", "2017")), ("source", source, SOURCES)):
        choose("SALICON", argument, value, allowed)
    choose("SALICON", "part", part, (*PARTS, "all", "test"))
    root = Path(folder)
    images = first_of(root / "images", root / "stimuli")
    if images is None:
        raise absent("SALICON", folder, "images/train/ (or stimuli/), fixations/train/")
    read = _pictures_only if part == "test" else _reader(root, edition, source, part)
    wanted = PARTS if part == "all" else (part,)
    found = [(_part(path, images), path) for path in pictures(images)]
    samples = [read(f"{own}/{path.stem}", path, own) for own, path in found if own in wanted]
    if not samples:
        raise absent("SALICON", folder, " or ".join(f"pictures in {images / p}" for p in wanted))
    return dataset(f"salicon-{edition}-{source}", samples, folder, sigma=SIGMA)


def _reader(root: Path, edition: str, source: str, part: str) -> Read:
    """The function that makes a sample of an id, a picture and its part."""
    if source == "densities":
        maps = first_of(root / "maps", root / "saliency")
        if maps is None:
            raise absent("SALICON's densities", root, "maps/train/ (or saliency/)")
        return _densities(maps)
    mats = by_stem(root / "fixations", (".mat",)) if (root / "fixations").is_dir() else {}
    if mats:
        return _mat_files(root / "fixations", mats, "location" if source == "mouse" else "fixations")
    names = [f"fixations_{p}2014.json" for p in PARTS if part in (p, "all")]
    tables = [path for name in names if (path := first_of(root / name, root / "annotations" / name))]
    if not tables:
        raise absent(f"SALICON's {source}", root, f"fixations/train/*.mat or {' or '.join(names)}")
    if source == "mouse":
        raise DatasetError(f"{tables[0]} has no mouse paths, fixations only; expected fixations/train/*.mat")
    if edition == "2017":
        raise DatasetError(f"{tables[0]} is of the 2015 edition, 2017 was asked for; the latter has a .mat per picture")
    return _json(tables)


def _part(path: Path, images: Path) -> str:
    """train, val or test, from the subfolder (train, train2014) or from COCO's file name."""
    below = path.relative_to(images).parts
    word = below[0] if len(below) > 1 else path.stem.removeprefix("COCO_")
    return next((part for part in (*PARTS, "test") if word.startswith(part)), "")


def _pictures_only(id: str, path: Path, part: str) -> Sample:
    return Sample(id, path, image_size(path), sigma=SIGMA)


def _densities(folder: Path) -> Read:
    found = {Path(stem).name: path for stem, path in by_stem(folder).items()}

    def read(id: str, path: Path, part: str) -> Sample:
        density = pair("SALICON", path, path.stem, found, folder)
        return Sample(id, path, image_size(path), sigma=SIGMA, density_path=density)

    return read


def _mat_files(folder: Path, files: dict[str, Path], field: str) -> Read:
    """From a .mat per picture: gaze(worker).location and .fixations, (N, 2) points as (x, y), counted from 1."""
    found = {Path(stem).name: path for stem, path in files.items()}

    def read(id: str, path: Path, part: str) -> Sample:
        file = pair("SALICON", path, path.stem, found, folder, ".mat")
        gaze = struct(file, "gaze", (field,))
        return sample(id, path, *of_observers(one_based(getattr(worker, field)) for worker in gaze), SIGMA)

    return read


def _json(tables: list[Path]) -> Read:
    """From the older JSON, COCO-like: images and annotations; fixations as (row, column), counted from 1."""
    points: dict[str, list[np.ndarray]] = defaultdict(list)
    workers: dict[str, list[int]] = defaultdict(list)
    known: dict[object, int] = {}
    for table in tables:
        try:
            content = json.loads(table.read_bytes())
            stems = {image["id"]: Path(image["file_name"]).stem for image in content["images"]}
            for note in content["annotations"]:
                stem = stems[note["image_id"]]
                row_column = np.array(note["fixations"], dtype=np.float64).reshape(-1, 2)
                points[stem].append(row_column[:, ::-1] - 1)
                worker = known.setdefault(note.get("worker_id", f"annotation {note['id']}"), len(known))
                workers[stem] += [worker] * len(row_column)
        except (KeyError, TypeError, ValueError) as error:
            raise DatasetError(f"{table} is not SALICON's JSON: expected images and annotations, {error!r}") from None

    def read(id: str, path: Path, part: str) -> Sample:
        if path.stem not in points:
            raise DatasetError(f"SALICON: {path} has no annotations in {' and '.join(map(str, tables))}")
        return sample(id, path, np.concatenate(points[path.stem]), np.array(workers[path.stem], dtype=int), SIGMA)

    return read
