"""The maps of a clip, one for each frame that a model saw: on disk, so that memory does not grow with the clip."""

import io
import tempfile
import zipfile
from array import array
from pathlib import Path
from typing import IO

import numpy as np

from wepsam import maps
from wepsam.files import replacing

GRID = 96  # cells of the longer side of a map
CHUNK = 1 << 22  # bytes that are copied at a time


class MapsInTime:
    """Maps and their times, in order. A temporary file without a name holds the maps; it vanishes with the object.

    Without a folder they are in memory. To be used by one thread at a time.

    Attributes:
        shape: (h, w) of each map.
        times: in seconds, one for each map.
        cuts: for each map whether a scene begins with it.
        largest: the largest value of each map, as a multiple of an even one.
    """

    def __init__(self, shape: tuple[int, int], folder: Path | None) -> None:
        self.shape, self._folder = shape, folder
        self.times, self.cuts, self.largest = array("d"), array("b"), array("f")
        self._file: IO[bytes] = io.BytesIO() if folder is None else tempfile.TemporaryFile(dir=folder)  # noqa: SIM115

    def __len__(self) -> int:
        return len(self.times)

    def __enter__(self) -> "MapsInTime":
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def add(self, time: float, density: np.ndarray, cut: bool) -> None:
        """Append a map.

        Args:
            time: in seconds.
            density: (h, w) >= 0 of any size.
            cut: whether a scene begins here.
        """
        values = maps.to_density(maps.enlarge(density, self.shape)).astype(np.float32)
        try:
            self._file.seek(0, 2)
            self._file.write(values.tobytes())
        except OSError as error:
            raise type(error)(error.errno, error.strerror, str(self._folder)) from error
        self.times.append(time)
        self.cuts.append(cut)
        self.largest.append(float(values.max()) * values.size)

    def __getitem__(self, place: int) -> np.ndarray:
        """The map at a place: (h, w) float32, sums to 1."""
        if not 0 <= place < len(self):
            raise IndexError(place)
        size = 4 * self.shape[0] * self.shape[1]
        self._file.seek(place * size)
        return np.frombuffer(self._file.read(size), np.float32).reshape(self.shape)

    def save(self, path: Path) -> None:
        """Write `maps` (T, h, w) float32 and `times` (T,) float64 as an .npz file, whole or not at all."""
        with replacing(path) as temporary, temporary.open("wb") as file:
            self.write(file)

    def write(self, into: IO[bytes]) -> None:
        """Write what `save` does into an open file."""
        with zipfile.ZipFile(into, "w") as archive:
            with archive.open("maps.npy", "w", force_zip64=True) as file:
                described = {"descr": "<f4", "fortran_order": False, "shape": (len(self), *self.shape)}
                np.lib.format.write_array_header_2_0(file, described)
                self._file.seek(0)
                while chunk := self._file.read(CHUNK):
                    file.write(chunk)
            with archive.open("times.npy", "w") as file:
                np.lib.format.write_array(file, np.array(self.times))


class Between:
    """The map at any time: between two of a scene it is interpolated, before a cut and at the end it is held.

    Args:
        stored: the maps. They must be asked for in the order of time.
    """

    def __init__(self, stored: MapsInTime) -> None:
        self._stored = stored
        self._place = 0
        self._pair = stored[0], stored[min(1, len(stored) - 1)]

    def at(self, time: float) -> np.ndarray:
        """(h, w) float32, sums to 1: the map at this time."""
        stored, before = self._stored, self._place
        while self._place + 1 < len(stored) and stored.times[self._place + 1] <= time + 1e-6:
            self._place += 1
        place, after = self._place, min(self._place + 1, len(stored) - 1)
        if place != before:
            self._pair = stored[place], stored[after]
        first, second = self._pair
        if after == place or stored.cuts[after]:
            return first
        begin, end = stored.times[place], stored.times[after]
        share = np.float32(min(1.0, max(0.0, (time - begin) / (end - begin))))
        return first + share * (second - first)
