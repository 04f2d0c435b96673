"""What the readers share: find folders, pair pictures with their files, keep the fixations inside their picture."""

import os
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from wepsam.datasets.base import FixationDataset, Sample
from wepsam.datasets.errors import DatasetError
from wepsam.datasets.mat_files import load_mat
from wepsam.files import as_seen
from wepsam.images import image_size
from wepsam.sources import find_images

Folder = str | os.PathLike[str]
"""The path of a folder of a dataset."""


# ---- samples and datasets


def make_sample(id: str, path: Path, fixations: np.ndarray, observer: np.ndarray | None, sigma: float) -> Sample:
    """A sample with the fixations that lie inside its picture: trackers also report glances beside the screen.

    Args:
        id: unique within the dataset.
        path: the picture; only its header is read.
        fixations: (N, 2) points as (x, y) pixels, counted from 0.
        observer: (N,) integers, or None if unknown.
        sigma: standard deviation of the density, in pixels of the picture.
    """
    height, width = image_size(path)
    fixations = np.asarray(fixations, dtype=np.float64).reshape(-1, 2)
    x, y = fixations.T
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    observer = None if observer is None else np.asarray(observer)[inside]
    return Sample(id, path, (height, width), fixations[inside], observer, sigma, outside=int((~inside).sum()))


def join_observers(points: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """(N, 2) fixations and (N,) observers of one picture, from the points of each observer in turn."""
    arrays = [np.asarray(p, dtype=np.float64).reshape(-1, 2) for p in points]
    observer = np.repeat(np.arange(len(arrays)), [len(p) for p in arrays])
    return np.concatenate([np.empty((0, 2)), *arrays]), observer


def make_dataset(
    name: str,
    samples: list[Sample],
    folder: Folder,
    *,
    sigma: float | None = None,
    pixels_per_degree: float | None = None,
    note: str = "",
) -> FixationDataset:
    """The dataset of these samples, sorted by id.

    Args:
        name: of the dataset.
        samples: in any order.
        folder: that they come from.
        sigma: of the densities, in pixels; None takes the median of the samples'.
        pixels_per_degree: of visual angle; None if unknown.
        note: about the fixations.

    Raises:
        DatasetError: there are no samples, or two have the same id.
    """
    if not samples:
        raise DatasetError(f"no pictures of {name} in {folder}")
    samples = sorted(samples, key=lambda s: s.id)
    for one, next_one in pairwise(samples):
        if one.id == next_one.id:
            raise DatasetError(f"{name}: {one.path} and {next_one.path} differ in their suffix only; remove one")
    if sigma is None:
        sigma = float(np.median([sample.sigma for sample in samples]))
    return FixationDataset(name, tuple(samples), sigma, pixels_per_degree, note, folder=Path(folder))


# ---- arguments and folders


def check_choice(name: str, argument: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise DatasetError unless the value is one of the choices."""
    if value not in choices:
        raise DatasetError(f"the {argument} of {name} is {' or '.join(choices)}, not {value!r}")


def require(name: str, folder: Folder, *paths: Path) -> None:
    """Raise DatasetError unless all these files and folders exist."""
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise not_found(name, folder, " and ".join(missing))


def not_found(name: str, folder: Folder, expected: str) -> DatasetError:
    """The error for a folder without the dataset."""
    return DatasetError(f"no {name} at {folder}: expected {expected}; docs/reference/datasets.md says where to get it")


def usual_sigma(size: tuple[int, int]) -> float:
    """The sigma of a picture of which nothing is known: 3 % of its longer side, about one degree at usual distances."""
    return 0.03 * max(size)


def first_existing(*candidates: Path) -> Path | None:
    return next((path for path in candidates if path.exists()), None)


# ---- files


def list_pictures(folder: Path) -> list[Path]:
    """The pictures below a folder, without those in folders named Output, which CAT2000 has."""
    return [p for p in find_images([folder]) if "output" not in map(str.lower, p.relative_to(folder).parts[:-1])]


def files_by_stem(folder: Path, suffixes: tuple[str, ...] = ()) -> dict[str, Path]:
    """Relative stem -> file below a folder: pictures, or files with one of the suffixes (".mat")."""
    if suffixes:
        paths = [p for p in sorted(folder.rglob("*")) if p.suffix.lower() in suffixes and not p.name.startswith(".")]
    else:
        paths = list_pictures(folder)
    return {stem_below(path, folder): path for path in paths}


def stem_below(path: Path, folder: Path) -> str:
    """The path of a file below a folder, without its suffix, as people see it."""
    return as_seen(path.relative_to(folder).with_suffix("").as_posix())


def file_for(name: str, picture: Path, stem: str, files: dict[str, Path], folder: Path, suffix: str = ".*") -> Path:
    """The file that belongs to a picture.

    Args:
        name: of the dataset, for the error.
        picture: for the error.
        stem: the picture's stem, as in `files`.
        files: from `files_by_stem`.
        folder: of the files, for the error.
        suffix: expected suffix, for the error.

    Raises:
        DatasetError: there is none.
    """
    if as_seen(stem) not in files:
        raise DatasetError(f"{name}: {picture} has no map {folder / stem}{suffix}")
    return files[as_seen(stem)]


# ---- contents


def resolution(value: Any) -> tuple[int, int] | None:
    """(height, width) of the picture that the observers saw, from a field of the file; None if it does not say it."""
    sides = np.ravel(value) if isinstance(value, np.ndarray | tuple | list) else np.empty(0)
    if len(sides) != 2 or sides.dtype.kind not in "iuf" or not (np.isfinite(sides).all() and (sides >= 1).all()):
        return None
    return int(sides[0]), int(sides[1])


def scaled(points: np.ndarray, grid: tuple[int, int], size: tuple[int, int]) -> np.ndarray:
    """(N, 2) fixations in pixels of a picture, from those on another grid, such as that of the original picture.

    Args:
        points: (N, 2) as (x, y), counted from 0.
        grid: (height, width) on which they were recorded; some files exchange the two.
        size: (height, width) of the picture.
    """
    if sorted(grid) == sorted(size):
        return points
    return np.asarray(points) * (size[1] / grid[1], size[0] / grid[0])


def marked_pixels(path: Path, marks: Any, size: tuple[int, int]) -> np.ndarray:
    """(N, 2) fixations from a map that marks the fixated pixels, row by row; repeated fixations are lost in such maps.

    Args:
        path: the map's file, for the error.
        marks: (H, W), not zero at a fixated pixel.
        size: (height, width) of the picture.

    Raises:
        DatasetError: the map and its picture differ in size.
    """
    marks = np.asarray(marks)
    if marks.shape != size:
        shape = "x".join(map(str, marks.shape[::-1]))
        raise DatasetError(f"{path} is {shape}, its picture {size[1]}x{size[0]}; expected a map of the picture's size")
    rows, columns = np.nonzero(marks)
    return np.column_stack([columns, rows]).astype(np.float64)


def load_structs(path: Path, variable: str, fields: tuple[str, ...]) -> list[Any]:
    """The elements of a struct array (or of a cell array of structs) in a .mat file, as objects with these fields.

    Raises:
        DatasetError: the file cannot be read, or lacks the variable or a field.
    """
    return structs_of(path, {variable: load_mat(path, variable)}, variable, fields)


def structs_of(path: Path, variables: dict[str, Any], variable: str, fields: tuple[str, ...]) -> list[Any]:
    """The same from the variables of a file that was read."""
    if variable not in variables:
        raise DatasetError(f"{path} has no variable {variable!r}")
    elements = list(np.atleast_1d(variables[variable]))
    for element in elements[:1]:
        if missing := [field for field in fields if not hasattr(element, field)]:
            raise DatasetError(f"{path}: {variable} has no field {', '.join(missing)}; expected {', '.join(fields)}")
    return elements


def from_matlab(xy: Any) -> np.ndarray:
    """(N, 2) points as (x, y) from a MATLAB array of points, which counts pixels from 1. One point may be flat."""
    points = np.asarray(xy, dtype=np.float64)
    return points.reshape(-1, points.shape[-1] if points.size and points.ndim else 2)[:, :2] - 1
