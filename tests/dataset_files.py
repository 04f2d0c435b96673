"""Miniature datasets in the true file formats, and what a reader has to make of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import savemat

from wepsam import datasets, maps
from wepsam.datasets import FixationDataset, open_dataset
from wepsam.datasets.about import of_reader


def structs(things: list[dict[str, Any]], column: bool = False) -> np.ndarray:
    """A MATLAB struct array, 1xN or Nx1."""
    array = np.empty((1, len(things)), dtype=[(name, object) for name in things[0]])
    for i, thing in enumerate(things):
        array[0, i] = tuple(thing.values())
    return array.T if column else array


def cell(things: list[Any]) -> np.ndarray:
    """A MATLAB cell array, 1xN."""
    array = np.empty((1, len(things)), object)
    for i, thing in enumerate(things):
        array[0, i] = thing
    return array


def save(path: Path, **variables: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, variables)
    return path


def marks(shape: tuple[int, int], *points: tuple[int, int], value: int = 1) -> np.ndarray:
    """(H, W) uint8 map that marks the (x, y) pixels, counted from 0."""
    found = np.zeros(shape, np.uint8)
    for x, y in points:
        found[y, x] = value
    return found


def peak(density: np.ndarray) -> tuple[int, int]:
    """(x, y) of the largest value."""
    row, column = np.unravel_index(density.argmax(), density.shape)
    return int(column), int(row)


def blob(shape: tuple[int, int], x: int, y: int) -> np.ndarray:
    """(H, W) uint8 density around a pixel."""
    density = maps.density(np.array([(x, y)]), shape, 3.0)
    return np.rint(255 * density / density.max()).astype(np.uint8)


def content(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(p): (p.stat().st_mtime_ns, p.stat().st_size) for p in sorted(folder.rglob("*"))}


def read(spec: str, folder: Path) -> FixationDataset:
    """Open the dataset; see that this left the folder as it was, and that the table of facts says the same."""
    before = content(folder)
    data = open_dataset(f"{spec}={folder}")
    for sample in data:
        assert sample.stimulus().shape == (*sample.size, 3)
    assert content(folder) == before
    about = of_reader(spec)
    assert about is not None
    assert data.name == spec
    assert data.pixels_per_degree == about.pixels_per_degree
    if about.sigma is not None:
        assert data.sigma == about.sigma
    return data


def same(sample: datasets.Sample, points: list[tuple[float, float]], observers: list[int] | None) -> None:
    assert sample.fixations is not None
    np.testing.assert_array_equal(sample.fixations, np.array(points, dtype=float).reshape(-1, 2))
    if observers is None:
        assert sample.observer is None
    else:
        np.testing.assert_array_equal(sample.observer, observers)


HEADER_7_3 = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM"


def save_7_3(path: Path, **variables: Any) -> Path:
    """A file as `save -v7.3` writes it: HDF5 behind a header of 512 bytes; dicts become structs, lists cells."""
    import h5py

    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, value in variables.items():
            _write_7_3(file, file, name, value)
    with path.open("r+b") as raw:
        raw.write(HEADER_7_3)
    return path


def _write_7_3(file: Any, group: Any, name: str, value: Any) -> Any:
    import h5py

    if isinstance(value, dict):
        item = group.create_group(name)
        for field, content in value.items():
            _write_7_3(file, item, field, content)
        kind = "struct"
    elif isinstance(value, list):
        references = file.require_group("#refs#")
        made = [_write_7_3(file, references, f"r{len(references)}", content).ref for content in value]
        item = group.create_dataset(name, data=np.array([made], object), dtype=h5py.ref_dtype)  # N x 1, axes reversed
        kind = "cell"
    elif isinstance(value, str):
        item = group.create_dataset(name, data=np.array([[ord(letter)] for letter in value], np.uint16))
        kind = "char"
    elif np.size(value) == 0:
        item = group.create_dataset(name, data=np.array(np.shape(value), np.uint64))
        item.attrs["MATLAB_empty"] = np.uint8(1)
        kind = "double"
    else:
        item = group.create_dataset(name, data=np.atleast_2d(value).T)
        kind = "double"
    item.attrs["MATLAB_class"] = np.bytes_(kind)
    return item


def version_7_3(path: Path) -> Path:
    """A damaged file of version 7.3: its header of 512 bytes and the signature of HDF5, then zeros."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(HEADER_7_3.ljust(512, b"\0") + b"\x89HDF\r\n\x1a\n" + bytes(512))
    return path
