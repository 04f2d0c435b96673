"""Saliency maps made by another tool, as a model: values are never stretched, names and sizes never guessed."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path, PurePath, PurePosixPath
from typing import Any

import numpy as np
from PIL import Image

from wepsam import maps
from wepsam._picture_costs import MAX_MAP_PIXELS
from wepsam._picture_files import open_map
from wepsam.datasets import Sample
from wepsam.datasets.mat_files import MAX_MAP_BYTES, load_variables
from wepsam.files import as_seen, check_regular, foreign
from wepsam.sources import SUFFIXES as PICTURE_SUFFIXES

PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
SUFFIXES = (*PICTURES, ".npy", ".mat")
FORMATS = ("PNG", "JPEG", "MPO", "TIFF")
GRAY = ("1", "L", "I", "F", "I;16", "I;16B", "I;16L")  # Pillow's modes with one number per pixel
ASPECT = 0.03  # the share by which the sides of a map that is resized may be longer than its picture's, one to another


class MapFolder:
    """A folder with a map for each stimulus, named after the stimulus: by its id or by the stem of its file.

    Pictures are gray with 8, 16 or 32 bit; color is accepted where all channels are equal. A .npy file holds one
    (H, W) array, a .mat file one two-dimensional variable. Values are used as they are, in any range >= 0.

    Attributes:
        folder: its path.
        name: of the model: the folder's name.
        resize: whether a map of another size is resized to its stimulus (bilinear); otherwise that is an error. So is
            a map of another aspect, which is transposed, cropped or of another picture.
    """

    folder: Path
    name: str
    resize: bool

    def __init__(self, folder: str | PathLike[str], *, resize: bool = False) -> None:
        """List the folder and those below it.

        Args:
            folder: searched recursively.
            resize: whether maps of another size are resized to their stimuli.

        Raises:
            ValueError: no maps in it, or two files with the same stem, such as 1.png and 1.npy.
        """
        self.folder, self.resize = Path(folder), resize
        self.name = as_seen(self.folder.resolve().name)
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
        if complaint := self._complaint(sample, saliency_map.shape):
            raise ValueError(complaint)
        return saliency_map if saliency_map.shape == sample.size else maps.enlarge(saliency_map, sample.size)

    def check(self, samples: Iterable[Sample]) -> dict[str, Any]:
        """Look for the maps of all samples before any work begins, without decoding pixels.

        Args:
            samples: those that will be asked for.

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
        digest, complaints, resized = hashlib.sha256(), list[str](), 0
        for sample, path in paths:
            assert path is not None
            if path in owners:
                raise ValueError(f"{path} would be the map of both {owners[path].id} and {sample.id}; name maps by ids")
            owners[path] = sample
            shape = map_size(path)
            head = f"{sample.id}\n{path.suffix.lower()}\n{path.stat().st_size}\n"
            digest.update(head.encode(errors="surrogateescape"))
            with path.open("rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
            resized += shape != sample.size
            if complaint := self._complaint(sample, shape):
                complaints.append(complaint)
        if complaints:
            others = f" (and {len(complaints) - 1} more)" if len(complaints) > 1 else ""
            raise ValueError(complaints[0] + others)
        return {"files": len(paths), "resized": resized, "sha256": digest.hexdigest()}

    def _path(self, sample: Sample) -> Path | None:
        # An id may be a path, with or without suffix (Action/001.jpg); maps may be in the same folders or in one.
        # The suffix is that of a picture: the .v1 of img.v1 is part of its name, and so is the .png of img.png.jpg.
        id, stem = PurePosixPath(sample.id), PurePath(_bare(sample.path)).name
        bare = sample.id if id.name == stem else _bare(id)
        names = map(as_seen, (sample.id, bare, stem))
        return next((self._files[name] for name in names if name in self._files), None)

    def _complaint(self, sample: Sample, shape: tuple[int, int]) -> str:
        """Why a map of this shape is not one of the sample, or ""."""
        if shape == sample.size:
            return ""
        sizes = (
            f"the map of {sample.id} in {self.folder} is {shape[1]}x{shape[0]}, its picture "
            f"{sample.size[1]}x{sample.size[0]}"
        )
        if not _same_aspect(shape, sample.size):
            if _same_aspect(shape[::-1], sample.size):
                return f"{sizes}: it looks transposed; write it with the height first, as [row, column]"
            if self.resize:
                return (
                    f"{sizes}: of another picture, cropped or squeezed? Only a map of its picture's aspect is resized"
                )
        return "" if self.resize else f"{sizes}; resize the maps, or evaluate with resize"


def _bare(path: PurePath) -> str:
    """A path without the suffix of a picture, if it has one."""
    return (path.with_suffix("") if path.suffix.lower() in PICTURE_SUFFIXES else path).as_posix()


def _same_aspect(shape: tuple[int, int], size: tuple[int, int]) -> bool:
    """Whether a map could be its picture, larger or smaller: sides may be rounded to pixels."""
    (h, w), (height, width) = shape, size
    apart = abs(h * width - w * height)
    return apart <= max(ASPECT * min(h * width, w * height), height, width)


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
    values = np.asarray(_matlab(path) if path.suffix.lower() == ".mat" else _read(path))
    if values.dtype.kind not in "buif":
        raise ValueError(f"{path} holds {values.dtype}, expected numbers")
    values = values.reshape(_height_width(values.shape, path)).astype(np.float64, copy=False)
    if not np.isfinite(values).all():
        raise ValueError(f"{path}: {(~np.isfinite(values)).sum()} of {values.size} values are NaN or infinite")
    if values.min() < 0 and not negative:
        raise ValueError(f"{path}: the smallest value is {values.min():g}, a map is >= 0 (write exp of log-densities)")
    return values


def map_size(path: Path) -> tuple[int, int]:
    """(height, width) of a map, from the header of its file; raises ValueError as `read_map` does."""
    suffix = path.suffix.lower()
    if suffix not in (*PICTURES, ".npy"):
        height, width = read_map(path).shape
        return height, width
    with foreign(path):
        if suffix == ".npy":
            shape = _array(path, decoded=False).shape
        else:
            with _picture(path) as picture:
                shape = picture.height, picture.width
    return _height_width(shape, path)


def _read(path: Path) -> np.ndarray:
    with foreign(path):
        if path.suffix.lower() == ".npy":
            return _array(path)
        with _picture(path) as picture:
            if picture.mode in GRAY:
                return np.asarray(picture)
            if any("16" in str(tile[3]) for tile in getattr(picture, "tile", ())):  # Pillow would cut it to 8 bit
                raise ValueError("a color picture with 16 bit; write it as gray")
            pixels = np.asarray(picture.convert("RGBA"))
        if not (pixels[..., 3] == 255).all() or not (pixels[..., :1] == pixels[..., 1:3]).all():
            raise ValueError("a colored or transparent picture, expected a gray map")
        return pixels[..., 0]


@contextmanager
def _picture(path: Path) -> Iterator[Image.Image]:
    """The picture in a file, not decoded yet."""
    with open_map(path) as picture:
        if picture.format not in FORMATS:
            raise ValueError(f"a {picture.format} picture, expected {_suffixes()}")
        yield picture


def _array(path: Path, *, decoded: bool = True) -> np.ndarray:
    """The array of an .npy file; without `decoded`, only its header is read."""
    check_regular(path)
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)  # a pickle could run anything
    except ValueError:  # of objects it says that they cannot be mapped; the better reason comes here
        values = np.load(path, allow_pickle=False)
    if not isinstance(values, np.ndarray):
        values.close()
        raise ValueError("an archive of arrays (.npz), expected one array")
    if values.size > MAX_MAP_PIXELS or values.nbytes > MAX_MAP_BYTES:
        raise ValueError(f"{values.size:,} values of {values.dtype}, expected at most {MAX_MAP_PIXELS:,} numbers")
    return np.load(path, allow_pickle=False) if decoded else values


def _matlab(path: Path) -> np.ndarray:
    found = load_variables(path, squeeze=False, most=MAX_MAP_BYTES)
    variables = {name: np.asarray(value) for name, value in found.items()}
    names = [k for k, v in variables.items() if v.dtype.kind in "buif" and v.ndim == 2 and v.size > 1]
    if len(names) != 1:
        raise ValueError(f"{path}: expected one two-dimensional variable, has {', '.join(names) or 'none'}")
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
