"""Saliency maps made by another tool, as a model: values are never stretched, names and sizes never guessed."""

import hashlib
from collections.abc import Iterable
from os import PathLike
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from PIL import Image

from wepsam import maps
from wepsam.datasets import DatasetError, Sample
from wepsam.datasets.mat_files import load_variables
from wepsam.files import as_seen
from wepsam.sources import SUFFIXES as PICTURE_SUFFIXES

PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
SUFFIXES = (*PICTURES, ".npy", ".mat")
GRAY = ("1", "L", "I", "F", "I;16", "I;16B", "I;16L")  # Pillow's modes with one number per pixel


class MapFolder:
    """A folder with a map for each stimulus, named after the stimulus: by its id or by the stem of its file.

    Pictures are gray with 8, 16 or 32 bit; color is accepted where all channels are equal. A .npy file holds one
    (H, W) array, a .mat file one two-dimensional variable. Values are used as they are, in any range >= 0.

    Attributes:
        folder: its path.
        name: of the model: the folder's name.
        resize: whether a map of another size is resized to its stimulus (bilinear); otherwise that is an error.
    """

    def __init__(self, folder: str | PathLike[str], *, resize: bool = False) -> None:
        """List the folder and those below it.

        Raises:
            ValueError: no maps in it, or two files with the same stem, such as 1.png and 1.npy.
        """
        self.folder, self.resize = Path(folder), resize
        self.name = self.folder.resolve().name
        self._files: dict[str, Path] = {}
        for path in sorted(p for p in self.folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file()):
            key = as_seen(path.relative_to(self.folder).with_suffix("").as_posix())
            if key in self._files:
                raise ValueError(
                    f"{self.folder} has both {self._files[key].name} and {path.name}; which one is the map?"
                )
            self._files[key] = path
        if not self._files:
            raise ValueError(
                f"no maps in {self.folder}: expected files with the names of the stimuli and {_suffixes()}"
            )

    def __call__(self, sample: Sample) -> np.ndarray:
        """The (H, W) float map of a sample, finite and >= 0, at the size of its stimulus.

        Raises:
            ValueError: the map is missing, damaged or of another size.
        """
        path = self._path(sample)
        if path is None:
            raise ValueError(f"{self.folder} has no map for {sample.id}: expected {sample.id} with {_suffixes()}")
        saliency_map = read_map(path)
        if saliency_map.shape == sample.size:
            return saliency_map
        if not self.resize:
            raise ValueError(self._wrong_size(sample, saliency_map.shape))
        return maps.enlarge(saliency_map, sample.size)

    def check(self, samples: Iterable[Sample]) -> dict[str, Any]:
        """Look for the maps of all samples before any work begins, without decoding pixels.

        Returns:
            For the record: the number of "files", how many of them are "resized", and the "sha256" of their names and
            bytes.

        Raises:
            ValueError: maps that are missing, of another size, or named after two samples; says how many and the first.
        """
        paths = [(sample, self._path(sample)) for sample in samples]
        missing = [sample for sample, path in paths if path is None]
        if missing:
            raise ValueError(
                f"{self.folder} has no map for {len(missing)} of {len(paths)} pictures, the first {missing[0].id}: "
                f"expected {missing[0].id} with {_suffixes()}"
            )
        owners: dict[Path, Sample] = {}
        digest, wrong = hashlib.sha256(), []
        for sample, path in paths:
            assert path is not None
            if path in owners:
                raise ValueError(f"{path} would be the map of both {owners[path].id} and {sample.id}; name maps by ids")
            owners[path] = sample
            data = path.read_bytes()
            digest.update(f"{sample.id}\n{path.suffix.lower()}\n{len(data)}\n".encode() + data)
            if (shape := map_size(path)) != sample.size:
                wrong.append((sample, shape))
        if wrong and not self.resize:
            others = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
            raise ValueError(self._wrong_size(*wrong[0]) + others)
        return {"files": len(paths), "resized": len(wrong), "sha256": digest.hexdigest()}

    def _path(self, sample: Sample) -> Path | None:
        # An id may be a path, with or without suffix (Action/001.jpg); maps may be in the same folders or in one.
        id = PurePosixPath(sample.id)
        bare = id.with_suffix("").as_posix() if id.suffix.lower() in PICTURE_SUFFIXES else sample.id  # not v1 of img.v1
        names = map(as_seen, (sample.id, bare, sample.path.stem))
        return next((self._files[name] for name in names if name in self._files), None)

    def _wrong_size(self, sample: Sample, shape: tuple[int, ...]) -> str:
        return (
            f"the map of {sample.id} in {self.folder} is {shape[1]}x{shape[0]}, its picture "
            f"{sample.size[1]}x{sample.size[0]}; resize the maps, or evaluate with resize"
        )


def read_map(path: Path, *, negative: bool = False) -> np.ndarray:
    """Read a map from a picture, .npy or .mat file.

    Args:
        path: the file.
        negative: whether values may be negative, as in a log-density.

    Returns:
        (H, W) float64, the values as they are in the file.

    Raises:
        ValueError: the file cannot be read, does not hold one map, or has NaN, infinite or negative values. One line.
    """
    try:
        values = np.asarray(_read(path))
    except DatasetError:
        raise
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    except (OSError, EOFError, SyntaxError, NotImplementedError, TypeError) as error:
        raise ValueError(f"{path} cannot be read ({' '.join(str(error).split()) or type(error).__name__})") from None
    if values.dtype.kind not in "buif":
        raise ValueError(f"{path} holds {values.dtype}, expected numbers")
    values = values.astype(np.float64).reshape(_height_width(values.shape, path))
    if not np.isfinite(values).all():
        raise ValueError(f"{path}: {(~np.isfinite(values)).sum()} of {values.size} values are NaN or infinite")
    if values.min() < 0 and not negative:
        raise ValueError(f"{path}: the smallest value is {values.min():g}, a map is >= 0 (write exp of log-densities)")
    return values


def map_size(path: Path) -> tuple[int, int]:
    """(height, width) of a map, from the header of its file; raises ValueError as `read_map` does."""
    try:
        if path.suffix.lower() in PICTURES:
            with Image.open(path, formats=["PNG", "JPEG", "TIFF"]) as picture:
                return picture.height, picture.width
        if path.suffix.lower() == ".npy":
            return _height_width(np.load(path, mmap_mode="r", allow_pickle=False).shape, path)
    except (OSError, EOFError, ValueError, SyntaxError) as error:
        raise ValueError(f"{path} cannot be read ({' '.join(str(error).split()) or type(error).__name__})") from None
    height, width = read_map(path).shape
    return height, width


def _read(path: Path) -> np.ndarray:
    if path.suffix.lower() == ".npy":
        return np.load(path, allow_pickle=False)  # a pickle could run anything
    if path.suffix.lower() == ".mat":
        return _matlab(path)
    with Image.open(path, formats=["PNG", "JPEG", "TIFF"]) as picture:
        if picture.mode in GRAY:
            return np.asarray(picture)
        if any("16" in str(tile[3]) for tile in picture.tile):  # Pillow would cut it to 8 bit
            raise ValueError("a color picture with 16 bit; write it as gray")
        pixels = np.asarray(picture.convert("RGBA"))
    if not (pixels[..., 3] == 255).all() or not (pixels[..., :1] == pixels[..., 1:3]).all():
        raise ValueError("a colored or transparent picture, expected a gray map")
    return pixels[..., 0]


def _matlab(path: Path) -> np.ndarray:
    variables = {name: np.asarray(value) for name, value in load_variables(path, squeeze=False).items()}
    names = [k for k, v in variables.items() if v.dtype.kind in "buif" and v.ndim == 2 and v.size > 1]
    if len(names) != 1:
        raise ValueError(f"expected one two-dimensional variable, has {', '.join(names) or 'none'}")
    return variables[names[0]]


def _height_width(shape: tuple[int, ...], path: Path) -> tuple[int, int]:
    """(H, W) of a map's shape, which may also be (1, H, W) or (H, W, 1)."""
    if len(shape) == 3 and 1 in (shape[0], shape[2]):
        shape = shape[1:] if shape[0] == 1 else shape[:2]
    if len(shape) != 2 or 0 in shape:
        raise ValueError(f"{path} has the shape {shape}, expected (H, W)")
    return shape


def _suffixes() -> str:
    return ", ".join(SUFFIXES[:-1]) + f" or {SUFFIXES[-1]}"
