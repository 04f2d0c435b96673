"""One reader per dataset, from the folder as people have it. Readers never download and never write."""

import csv
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np

from wepsam.datasets.base import DatasetError, FixationDataset, Sample
from wepsam.images import find_images, image_size

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
    for picture in _load_mat(root / "eye" / "fixations.mat")["fixations"]:
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
    """Scene: 500 SUN scenes, 15 observers; noisy. Layout and sigma as for EyeCrowd."""
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
        folder: x and y are pixels of these pictures, 0-based.
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
    with table.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        missing = {"image", "observer", "x", "y"} - set(rows.fieldnames or ())
        if missing:
            raise DatasetError(f"{table} has no column {', '.join(sorted(missing))}; expected image, observer, x, y")
        for row in rows:
            try:
                points[row["image"]].append((float(row["x"]), float(row["y"])))
            except (TypeError, ValueError):
                raise DatasetError(f"{table} line {rows.line_num}: x and y are not two numbers") from None
            owners[row["image"]].append(row["observer"])
    samples = []
    for image in sorted(points):
        path = root / "stimuli" / image
        if not path.is_file():
            raise DatasetError(f"{name}: {table} names {image}, which is not in {path.parent}")
        if sigma is None:
            sigma = 0.03 * max(image_size(path))
        _, owner = np.unique(owners[image], return_inverse=True)
        samples.append(_sample(path.stem, path, np.array(points[image]), owner, sigma))
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
    return DATASETS[name](folder)


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
    return FixationDataset(name, tuple(sorted(samples, key=lambda s: s.id)), sigma, pixels_per_degree)


def _expect(name: str, folder: Folder, *needed: Path) -> None:
    missing = [str(path) for path in needed if not path.exists()]
    if missing:
        raise DatasetError(f"no {name} at {folder}: expected {' and '.join(missing)}")


def _load_mat(path: Path) -> dict:
    try:
        from scipy.io import loadmat
    except ImportError:
        raise ImportError(f"reading {path.name} needs scipy: pip install 'wepsam[classical]'") from None
    contents: dict = loadmat(path, squeeze_me=True, struct_as_record=False)
    return contents
