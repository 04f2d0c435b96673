"""What a dataset is: a plain, frozen value that reads its files only when asked."""

import importlib.resources
import operator
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, overload

import numpy as np

from wepsam import extras, maps
from wepsam.datasets.density_files import read_map
from wepsam.datasets.errors import DatasetError
from wepsam.images import read_image

if TYPE_CHECKING:
    from wepsam.datasets.as_tensors import TensorDataset

# The first folder of the ids of a dataset that comes in parts of its own.
TRAIN, VALIDATION = {"train", "training"}, {"val", "validation"}


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
        density_colors: name of the color map in which that picture is drawn; "" for gray.
        outside: number of fixations that lay outside the picture and were left out.
    """

    id: str
    path: Path
    size: tuple[int, int]
    fixations: np.ndarray | None = None
    observer: np.ndarray | None = None
    sigma: float = 0.0
    density_path: Path | None = None
    density_colors: str = ""
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
            DatasetError: the published density is none, or is transposed.
        """
        if self.density_path is not None:
            published = read_map(self.density_path, self.density_colors)
            if maps.is_transposed(published.shape, self.size):
                raise DatasetError(
                    f"{self.density_path} is {published.shape[1]}x{published.shape[0]}, its picture "
                    f"{self.size[1]}x{self.size[0]}: it looks transposed; write it with rows and columns exchanged"
                )
            return maps.to_density(maps.enlarge(published, self.size).astype(np.float64))
        if self.fixations is None:
            raise ValueError(f"{self.id} has neither fixations nor a density")
        return maps.density(self.fixations, self.size, self.sigma)

    def observed_by(self, observers: np.ndarray) -> "Sample":
        """The same picture with only the fixations of some observers.

        Args:
            observers: numbers as in `observer`.

        Returns:
            The sample with fewer fixations.

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
        sigma: standard deviation of the densities, in pixels; where it differs between pictures, the median.
        pixels_per_degree: of visual angle; None if the publication does not state it.
        note: a line about how the fixations were obtained, if they are not as published; otherwise empty.
        own: whether these are pictures of your own, which are scored whole unless a split is asked for.
        folder: that it was read from; None for a dataset that was made by hand.
        whole: number of pictures of the dataset of which this is a split or slice; 0 if it is none.
        part: "train" or "validation" if it is that split, or a slice of it; otherwise "all".
    """

    name: str
    samples: tuple[Sample, ...]
    sigma: float
    pixels_per_degree: float | None = None
    note: str = ""
    own: bool = False
    folder: Path | None = None
    whole: int = 0
    part: str = "all"

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
            return self._part(self.samples[index])
        return self.samples[index]

    @cached_property
    def has_fixations(self) -> bool:
        """Whether every sample has points, not only a density."""
        return all(sample.fixations is not None for sample in self.samples)

    def torch(self, size: tuple[int, int] | None = None) -> "TensorDataset":
        """The dataset for a torch `DataLoader`: pictures, densities and fixations as tensors.

            data = wepsam.datasets.osie("data/OSIE").split("train").torch(size=(192, 256))
            loader = torch.utils.data.DataLoader(data, batch_size=8, collate_fn=data.collate)

        Pictures of which it is not known where people looked are left out.

        Args:
            size: (height, width) in pixels to which each picture and its truth are resized; None = as they are.

        Returns:
            A torch dataset; its items are dicts, and `collate` makes batches of them.

        Raises:
            ValueError: a side is not a positive integer.
            ImportError: torch is not installed.
        """
        if size is not None:
            size = _sides(size)
        try:
            from wepsam.datasets.as_tensors import TensorDataset
        except ModuleNotFoundError as error:
            raise extras.missing(error, "a dataset for torch") from None
        return TensorDataset(tuple(sample for sample in self.samples if sample.has_density), size)

    def split(self, part: str) -> "FixationDataset":
        """The pictures to train on, or those to validate on, which are never trained on.

        The validation pictures of the datasets that we use are listed in `datasets/splits/`. A dataset with parts of
        its own (ids like train/..., val/...) keeps them. In any other dataset, one picture in ten is for validation,
        chosen by a checksum of its id, so that the choice never depends on the other pictures.

        Args:
            part: "train", "validation" or "all".

        Returns:
            The part as a dataset of its own; this one for "all".

        Raises:
            ValueError: unknown part.
        """
        if part == "all":
            return self
        if part not in ("train", "validation"):
            raise ValueError(f'the parts of a dataset are "train", "validation" and "all", not {part!r}')
        is_wanted = part == "validation"
        pairs = zip(self.samples, self._held_out(), strict=True)
        chosen = self._part(tuple(sample for sample, held_out in pairs if held_out == is_wanted))
        return replace(chosen, part=part) if self.part == "all" and len(chosen) < len(self) else chosen

    @property
    def total(self) -> int:
        """The number of pictures before any split or slice."""
        return self.whole or len(self)

    def _part(self, samples: tuple[Sample, ...]) -> "FixationDataset":
        return replace(self, samples=samples, whole=self.total)

    def _held_out(self) -> list[bool]:
        """For each sample, whether it is for validation."""
        listed = held_out_ids(self.name)
        if listed is not None:
            return [sample.id in listed for sample in self.samples]
        folders = [sample.id.partition("/")[0] for sample in self.samples]
        if set(folders) & TRAIN and set(folders) & VALIDATION:
            return [folder in VALIDATION for folder in folders]
        checksums = [zlib.crc32(sample.id.encode()) for sample in self.samples]
        held_out = [checksum % 10 == 0 for checksum in checksums]
        if len(checksums) > 1 and not any(held_out):  # of a few pictures, at least one
            held_out = [checksum == min(checksums) for checksum in checksums]
        return held_out


def _sides(size: tuple[int, int]) -> tuple[int, int]:
    """(height, width) as plain integers; ValueError for anything else."""
    try:
        height, width = (operator.index(side) for side in size)
    except (TypeError, ValueError):
        raise ValueError(f"size is {size!r}, expected (height, width) in pixels") from None
    if min(height, width) < 1:
        raise ValueError(f"size is {size!r}, expected (height, width) of at least 1 pixel")
    return height, width


@cache
def held_out_ids(name: str) -> frozenset[str] | None:
    """The ids in `datasets/splits/NAME.txt`: the validation pictures of a dataset; None if it has no list."""
    split_file = importlib.resources.files("wepsam.datasets").joinpath("splits", f"{name}.txt")
    if not split_file.is_file():
        return None
    return frozenset(
        line for line in split_file.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
    )
