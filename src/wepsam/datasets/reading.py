"""What all readers share: look for the folders, read a .mat file, keep the fixations that lie in their picture."""

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from wepsam.datasets.base import DatasetError, FixationDataset, Sample, load_mat
from wepsam.images import image_size
from wepsam.sources import find_images

Folder = str | Path


def sample(
    id: str, path: Path, fixations: np.ndarray, observer: np.ndarray | None, sigma: float, *, scale: float = 1.0
) -> Sample:
    """A sample with the fixations that lie in its picture: trackers also report glances beside the screen.

    Args:
        id: unique within the dataset.
        path: the picture; its header is read.
        fixations: (N, 2) points as (x, y), 0-based.
        observer: (N,) integers, or None if nobody knows.
        sigma: of the density, in pixels of the picture.
        scale: what the coordinates are multiplied by to be pixels of the picture.
    """
    height, width = image_size(path)
    fixations = np.asarray(fixations, dtype=np.float64).reshape(-1, 2) * scale
    x, y = fixations.T
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    owner = None if observer is None else np.asarray(observer)[inside]
    return Sample(id, path, (height, width), fixations[inside], owner, sigma, outside=int((~inside).sum()))


def of_observers(points: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The fixations of one picture and whose they are, from the (N, 2) points of each observer in turn."""
    arrays = [np.asarray(p, dtype=np.float64).reshape(-1, 2) for p in points]
    owner = np.repeat(np.arange(len(arrays)), [len(p) for p in arrays])
    return np.concatenate([np.empty((0, 2)), *arrays]), owner


def dataset(
    name: str,
    samples: list[Sample],
    folder: Folder,
    *,
    sigma: float,
    pixels_per_degree: float | None = None,
    note: str = "",
) -> FixationDataset:
    """The samples, sorted by id.

    Raises:
        DatasetError: there are none, or two have the same id.
    """
    if not samples:
        raise DatasetError(f"no pictures of {name} in {folder}")
    samples = sorted(samples, key=lambda s: s.id)
    for one, next_one in pairwise(samples):
        if one.id == next_one.id:
            raise DatasetError(f"{name}: {one.path} and {next_one.path} differ in their suffix only; remove one")
    return FixationDataset(name, tuple(samples), sigma, pixels_per_degree, note)


def expect(name: str, folder: Folder, *needed: Path) -> None:
    """Raise DatasetError unless all the files and folders are there."""
    missing = [str(path) for path in needed if not path.exists()]
    if missing:
        raise absent(name, folder, " and ".join(missing))


def absent(name: str, folder: Folder, expected: str) -> DatasetError:
    """The error of a folder without the dataset."""
    return DatasetError(f"no {name} at {folder}: expected {expected}; docs/datasets.md says where to get it")


def first_of(*candidates: Path) -> Path | None:
    """The first path that exists."""
    return next((path for path in candidates if path.exists()), None)


def choose(name: str, argument: str, value: str, allowed: tuple[str, ...]) -> None:
    """Raise DatasetError unless the value is one of those allowed."""
    if value not in allowed:
        raise DatasetError(f"the {argument} of {name} is {' or '.join(allowed)}, not {value!r}")


def pictures(folder: Path) -> list[Path]:
    """The pictures of a folder, recursively; without what CAT2000 keeps in its Output folders."""
    return [p for p in find_images([folder]) if "output" not in map(str.lower, p.relative_to(folder).parts[:-1])]


def by_stem(folder: Path, suffixes: tuple[str, ...] = ()) -> dict[str, Path]:
    """Relative stem -> file: pictures, or files with one of the suffixes (".mat")."""
    found = (
        [p for p in sorted(folder.rglob("*")) if p.suffix.lower() in suffixes and not p.name.startswith(".")]
        if suffixes
        else pictures(folder)
    )
    return {path.relative_to(folder).with_suffix("").as_posix(): path for path in found}


def pair(name: str, picture: Path, stem: str, found: dict[str, Path], where: Path, suffix: str = ".*") -> Path:
    """The file that belongs to a picture, by its relative stem.

    Raises:
        DatasetError: there is none.
    """
    if stem not in found:
        raise DatasetError(f"{name}: {picture} has no map {where / stem}{suffix}")
    return found[stem]


def points_of_map(path: Path, marks: Any, size: tuple[int, int]) -> np.ndarray:
    """(N, 2) fixations of a map that marks the fixated pixels, row by row; repeats are lost in such maps.

    Args:
        path: the map's file, for the error.
        marks: (H, W), not zero at a fixated pixel.
        size: (height, width) of the picture.

    Raises:
        DatasetError: the map is not as large as its picture.
    """
    marks = np.asarray(marks)
    if marks.shape != size:
        shape = "x".join(map(str, marks.shape[::-1]))
        raise DatasetError(f"{path} is {shape}, its picture {size[1]}x{size[0]}; expected a map of the picture's size")
    rows, columns = np.nonzero(marks)
    return np.column_stack([columns, rows]).astype(np.float64)


def struct(path: Path, variable: str, fields: tuple[str, ...]) -> list[Any]:
    """The elements of a struct array (or of a cell array of structs) in a .mat file, as objects with these fields.

    Raises:
        DatasetError: the file cannot be read, or lacks the variable or a field.
    """
    elements = list(np.atleast_1d(load_mat(path, variable)))
    for element in elements[:1]:
        if missing := [field for field in fields if not hasattr(element, field)]:
            raise DatasetError(f"{path}: {variable} has no field {', '.join(missing)}; expected {', '.join(fields)}")
    return elements


def one_based(xy: Any) -> np.ndarray:
    """(N, 2) points as (x, y) from a MATLAB array of points: MATLAB counts pixels from 1. One point may be flat."""
    points = np.asarray(xy, dtype=np.float64)
    return points.reshape(-1, points.shape[-1] if points.size and points.ndim else 2)[:, :2] - 1
