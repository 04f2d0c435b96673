"""One reader per dataset, from the folder as people have it. Readers never download and never write."""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from wepsam.datasets.base import DatasetError, FixationDataset, Sample
from wepsam.images import image_size
from wepsam.sources import find_images

Folder = str | Path


def osie(folder: Folder) -> FixationDataset:
    """OSIE: 700 pictures of 800x600, 15 observers, free viewing for 3 s.

    Xu, Jiang, Wang, Kankanhalli, Zhao, "Predicting human gaze beyond pixels", Journal of Vision 2014. MIT license.

    Args:
        folder: with `data/stimuli/*.jpg` and `data/eye/fixations.mat`, or these two folders directly.

    Raises:
        DatasetError: something is missing.
        ImportError: .mat files need scipy, `pip install 'wepsam[classical]'`.
    """
    root = Path(folder)
    if (root / "data").is_dir():
        root = root / "data"
    _expect("OSIE", folder, root / "stimuli", root / "eye" / "fixations.mat")
    samples = []
    for picture in np.atleast_1d(_load_mat(root / "eye" / "fixations.mat", "fixations")):
        name, subjects = str(picture.img), np.atleast_1d(picture.subjects)
        path = root / "stimuli" / name
        if not path.is_file():
            continue  # a subset of the pictures is a dataset too
        # MATLAB counts pixels from 1.
        points = [np.c_[np.atleast_1d(s.fix_x), np.atleast_1d(s.fix_y)].astype(float) - 1 for s in subjects]
        owner = np.repeat(np.arange(len(points)), [len(p) for p in points])
        samples.append(_sample(path.stem, path, np.concatenate(points), owner, 24.0))
    return _dataset("osie", samples, folder, sigma=24.0, pixels_per_degree=24.0)


def dut_omron(folder: Folder) -> FixationDataset:
    """DUT-OMRON: pictures with published densities (5 observers, 2 s); no points.

    Yang, Zhang, Lu, Ruan, Yang, "Saliency detection via graph-based manifold ranking", CVPR 2013.

    Args:
        folder: with `images/` and `maps/` of the same stems, subfolders allowed (`images/train/0001.jpg`,
            `maps/train/0001.png`).
    """
    return pictures_with_maps(Path(folder) / "images", Path(folder) / "maps", name="dut_omron")


def eyecrowd(folder: Folder) -> FixationDataset:
    """EyeCrowd: 500 pictures of crowds, 16 observers, free viewing for 5 s.

    Jiang, Xu, Zhao, "Saliency in crowd", ECCV 2014. MIT license.

    Args:
        folder: with `stimuli/*.jpg` and `fixations.csv`. The densities' sigma, which the set does not state, is
            taken as 3 % of the width.
    """
    return pictures_with_csv(folder, name="eyecrowd")


def scene(folder: Folder) -> FixationDataset:
    """Scene: 500 SUN scenes, 10 to 12 observers each; noisy. Layout and sigma as for EyeCrowd."""
    return pictures_with_csv(folder, name="scene")


def pictures_with_maps(
    pictures: Folder, densities: Folder, *, name: str = "pictures_with_maps", sigma: float = 0.0
) -> FixationDataset:
    """Any folder of pictures with a folder of density maps (8 bit or more) of the same relative stems.

    Args:
        pictures: searched recursively.
        densities: the maps, of any size and largest value.
        name: of the dataset, and of its split file if there is one.
        sigma: of the densities in pixels, if known; 0 if not.

    Raises:
        DatasetError: a folder is missing, or a picture has no map.
    """
    pictures, densities = Path(pictures), Path(densities)
    _expect(name, pictures.parent, pictures, densities)
    found = {path.relative_to(densities).with_suffix(""): path for path in find_images([densities])}
    samples = []
    for path in find_images([pictures]):
        stem = path.relative_to(pictures).with_suffix("")
        if stem not in found:
            raise DatasetError(f"{name}: {path} has no map {densities / stem}.*")
        samples.append(Sample(stem.as_posix(), path, image_size(path), sigma=sigma, density_path=found[stem]))
    return _dataset(name, samples, pictures.parent, sigma=sigma)


def pictures_with_csv(
    folder: Folder, *, name: str = "pictures_with_csv", sigma: float | None = None
) -> FixationDataset:
    """Any folder with `stimuli/` and a `fixations.csv` with the columns image, observer, x, y (others are ignored).

    Args:
        folder: image is a path below `stimuli/`; x and y are pixels of these pictures, 0-based. Pictures without a row
            are left out.
        name: of the dataset, and of its split file if there is one.
        sigma: of the densities in pixels; by default 3 % of the first picture's longer side (about one degree at
            the usual viewing distances).

    Raises:
        DatasetError: a file, picture or column is missing, or a number cannot be read.
    """
    root = Path(folder)
    table = root / "fixations.csv"
    _expect(name, folder, root / "stimuli", table)
    points: dict[str, list[tuple[float, float]]] = defaultdict(list)
    owners: dict[str, list[str]] = defaultdict(list)
    for number, row in _rows(table, ("image", "observer", "x", "y")):
        image = row["image"].replace("\\", "/")
        owners[image].append(row["observer"])
        try:
            points[image].append((float(row["x"]), float(row["y"])))
        except ValueError:
            raise DatasetError(f"{table} line {number}: x and y are not two numbers") from None
    samples = []
    for image in sorted(points):
        path = root / "stimuli" / image
        if not path.is_file():
            raise DatasetError(f"{name}: {table} names {image}, which is not in {path.parent}")
        if sigma is None:
            sigma = 0.03 * max(image_size(path))
        _, owner = np.unique(owners[image], return_inverse=True)
        id = Path(image).with_suffix("").as_posix()
        samples.append(_sample(id, path, np.array(points[image]), owner, sigma))
    return _dataset(name, samples, folder, sigma=sigma or 0.0)


DATASETS: dict[str, Callable[[Folder], FixationDataset]] = {
    "osie": osie,
    "dut_omron": dut_omron,
    "eyecrowd": eyecrowd,
    "scene": scene,
    "csv": pictures_with_csv,
    "maps": lambda folder: pictures_with_maps(Path(folder) / "images", Path(folder) / "maps"),
}


def open_dataset(spec: str) -> FixationDataset:
    """The dataset that "NAME=FOLDER" means, as on the command line.

    Raises:
        DatasetError: not of this form, or an unknown name.
    """
    name, separator, folder = spec.partition("=")
    if not separator or name not in DATASETS:
        raise DatasetError(f"{spec!r} is not NAME=FOLDER with a NAME among {', '.join(DATASETS)}")
    return DATASETS[name](Path(folder).expanduser())  # behind a "=" the shell leaves a ~ as it is


def _sample(id: str, path: Path, fixations: np.ndarray, observer: np.ndarray, sigma: float) -> Sample:
    """A sample with the fixations that lie in its picture: trackers also report glances beside the screen."""
    height, width = image_size(path)
    x, y = fixations.T
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    return Sample(id, path, (height, width), fixations[inside], observer[inside], sigma)


def _dataset(
    name: str, samples: list[Sample], folder: Folder, *, sigma: float, pixels_per_degree: float | None = None
) -> FixationDataset:
    if not samples:
        raise DatasetError(f"no pictures of {name} in {folder}")
    samples = sorted(samples, key=lambda s: s.id)
    for one, next_one in pairwise(samples):
        if one.id == next_one.id:
            raise DatasetError(f"{name}: {one.path} and {next_one.path} differ in their suffix only; remove one")
    return FixationDataset(name, tuple(samples), sigma, pixels_per_degree)


def _expect(name: str, folder: Folder, *needed: Path) -> None:
    missing = [str(path) for path in needed if not path.exists()]
    if missing:
        raise DatasetError(f"no {name} at {folder}: expected {' and '.join(missing)}")


def _rows(table: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and content of each row of a CSV that must have these columns."""
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:  # -sig: Excel begins with a byte order mark
            rows = csv.DictReader(file, skipinitialspace=True)
            found = rows.fieldnames or ()
            if missing := [column for column in columns if column not in found]:
                raise DatasetError(
                    f"{table} has no column {', '.join(missing)}: expected {', '.join(columns)}, "
                    f"separated by commas, found {', '.join(found) or 'nothing'}"
                )
            for row in rows:
                if any(row[column] is None for column in columns):
                    raise DatasetError(f"{table} line {rows.line_num} has fewer fields than the first line")
                yield rows.line_num, row
    except (UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{table} cannot be read: {error}; expected a CSV in UTF-8") from None


def _load_mat(path: Path, variable: str) -> Any:
    """A variable of a .mat file: structs as objects, arrays without sides of length 1."""
    try:
        from scipy.io import loadmat
    except ImportError:
        raise ImportError(f"reading {path.name} needs scipy: pip install 'wepsam[classical]'") from None
    try:
        return loadmat(path, squeeze_me=True, struct_as_record=False)[variable]
    except KeyError:
        raise DatasetError(f"{path} has no variable {variable!r}") from None
    except Exception as error:  # scipy raises almost anything for a broken file
        raise DatasetError(f"{path} cannot be read: {' '.join(str(error).split())}") from None
