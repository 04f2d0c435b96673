"""What a dataset is: a plain, frozen value that reads its files only when asked."""

import importlib.resources
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, overload

import numpy as np
from PIL import Image

from wepsam import extras, maps
from wepsam.images import read_image

# The first folder of the ids of a dataset that comes in parts of its own.
TRAIN, VALIDATION = {"train", "training"}, {"val", "validation"}


class DatasetError(ValueError):
    """A dataset's folder is not as expected. One line: what is missing, where, and what was expected."""


@dataclass(frozen=True, eq=False)
class Sample:
    """One picture and where people looked in it.

    Attributes:
        id: unique within the dataset, and the same on every machine.
        path: the picture's file.
        size: (height, width) in pixels, after EXIF orientation.
        fixations: (N, 2) points as (x, y) pixels of the picture; None if the dataset publishes densities only.
        observer: (N,) integers, the observer of each fixation; None if unknown.
        sigma: standard deviation in pixels of the Gaussian that turns fixations into a density.
        density_path: file of the published density, if there is one: a picture, or a .mat file with the variable `I`.
        outside: number of fixations that lay outside the picture and were left out.
    """

    id: str
    path: Path
    size: tuple[int, int]
    fixations: np.ndarray | None = None
    observer: np.ndarray | None = None
    sigma: float = 0.0
    density_path: Path | None = None
    outside: int = 0

    def stimulus(self) -> np.ndarray:
        """(H, W, 3) uint8 RGB."""
        return read_image(self.path)

    @property
    def has_density(self) -> bool:
        """Whether it is known where people looked: there are fixations or a published density."""
        return self.density_path is not None or (self.fixations is not None and len(self.fixations) > 0)

    def density(self) -> np.ndarray:
        """(H, W) float64 density of the fixations, sums to 1.

        A published density is enlarged bilinearly to the picture's size.

        Raises:
            ValueError: the picture has neither fixations nor a density.
        """
        if self.density_path is not None:
            published = read_map(self.density_path)
            return maps.to_density(maps.enlarge(published, self.size).astype(np.float64))
        if self.fixations is None:
            raise ValueError(f"{self.id} has neither fixations nor a density")
        return maps.density(self.fixations, self.size, self.sigma)

    def observed_by(self, observers: np.ndarray) -> "Sample":
        """The same picture with only the fixations of some observers.

        Args:
            observers: numbers as in `observer`.

        Raises:
            ValueError: the observers of the fixations are unknown.
        """
        if self.fixations is None or self.observer is None:
            raise ValueError(f"{self.id} does not say which observer made which fixation")
        mask = np.isin(self.observer, observers)
        return replace(self, fixations=self.fixations[mask], observer=self.observer[mask])


@dataclass(frozen=True, eq=False)
class FixationDataset:
    """A named sequence of samples. An index gives a sample, a slice gives a dataset.

    Attributes:
        name: as in DATASETS.
        samples: sorted by id.
        sigma: standard deviation of the densities, in pixels.
        pixels_per_degree: of visual angle; None if the publication does not state it.
        note: a line about how the fixations were obtained, if they are not as published; otherwise empty.
    """

    name: str
    samples: tuple[Sample, ...]
    sigma: float
    pixels_per_degree: float | None = None
    note: str = ""

    def __len__(self) -> int:
        return len(self.samples)

    def __iter__(self) -> Iterator[Sample]:
        return iter(self.samples)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> "FixationDataset": ...
    def __getitem__(self, index: int | slice) -> "Sample | FixationDataset":
        if isinstance(index, slice):
            return replace(self, samples=self.samples[index])
        return self.samples[index]

    @cached_property
    def has_fixations(self) -> bool:
        """Whether every sample has points, not only a density."""
        return all(sample.fixations is not None for sample in self.samples)

    def split(self, part: str) -> "FixationDataset":
        """The pictures to train on, or those to validate on, which are never trained on.

        The validation pictures of the datasets that we use are listed in `datasets/splits/`. A dataset with parts of
        its own (ids like train/..., val/...) keeps them. In any other dataset, one picture in ten is for validation,
        chosen by a checksum of its id, so that the choice never depends on the other pictures.

        Args:
            part: "train", "validation" or "all".

        Raises:
            ValueError: unknown part.
        """
        if part == "all":
            return self
        if part not in ("train", "validation"):
            raise ValueError(f'the parts of a dataset are "train", "validation" and "all", not {part!r}')
        is_wanted = part == "validation"
        pairs = zip(self.samples, self._held_out(), strict=True)
        return replace(self, samples=tuple(sample for sample, held_out in pairs if held_out == is_wanted))

    def _held_out(self) -> list[bool]:
        """For each sample, whether it is for validation."""
        split_file = importlib.resources.files("wepsam.datasets").joinpath("splits", f"{self.name}.txt")
        if split_file.is_file():
            lines = {line for line in split_file.read_text().splitlines() if line and not line.startswith("#")}
            return [sample.id in lines for sample in self.samples]
        folders = [sample.id.partition("/")[0] for sample in self.samples]
        if set(folders) & TRAIN and set(folders) & VALIDATION:
            return [folder in VALIDATION for folder in folders]
        checksums = [zlib.crc32(sample.id.encode()) for sample in self.samples]
        held_out = [checksum % 10 == 0 for checksum in checksums]
        if len(checksums) > 1 and not any(held_out):  # of a few pictures, at least one
            held_out = [checksum == min(checksums) for checksum in checksums]
        return held_out


def read_map(path: Path) -> np.ndarray:
    """(H, W) float64: a published map, from a picture (8 bit or more) or a .mat file with the variable `I`.

    Raises:
        DatasetError: a .mat file cannot be read, or its `I` is not a map.
        OSError: a picture cannot be read.
    """
    if path.suffix.lower() == ".mat":
        values = np.asarray(load_mat(path, "I"))
        if values.ndim != 2 or values.dtype.kind not in "biuf":
            raise DatasetError(f"{path}: I has the shape {values.shape}, expected a map (H, W)")
        return values.astype(np.float64)
    with Image.open(path, formats=["PNG", "JPEG", "BMP", "TIFF"]) as picture:
        return np.asarray(picture.convert("F"), dtype=np.float64)


def load_mat(path: Path, variable: str | None) -> Any:
    """A variable of a .mat file (None: the only one): structs as objects, arrays without sides of length 1.

    Raises:
        DatasetError: the file is missing, damaged, of version 7.3, or has no such variable.
        ImportError: scipy is not installed.
    """
    try:
        from scipy.io import loadmat
    except ModuleNotFoundError as error:
        raise extras.missing(error, f"reading {path.name}") from None
    try:
        variables = loadmat(path, squeeze_me=True, struct_as_record=False, variable_names=variable)
    except NotImplementedError:
        raise DatasetError(
            f"{path} is a MATLAB 7.3 (HDF5) file, which scipy cannot read; "
            f"in MATLAB or Octave, load it and save it again with -v7"
        ) from None
    except Exception as error:  # scipy raises almost anything for a broken file
        raise DatasetError(f"{path} cannot be read: {' '.join(str(error).split())}") from None
    if variable is None:
        names = [name for name in variables if not name.startswith("__")]
        if len(names) != 1:
            raise DatasetError(f"{path} has {len(names)} variables, expected one")
        return variables[names[0]]
    if variable not in variables:
        raise DatasetError(f"{path} has no variable {variable!r}")
    return variables[variable]
