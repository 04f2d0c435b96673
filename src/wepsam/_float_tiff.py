"""TIFFs with colors as 32-bit floats, which Pillow cannot open: seen as gray ones of three times the width, it can.

A row of such a picture is a row of numbers: red, green, blue, red, ... The file gets another directory of tags, which
says that each number is a pixel; nothing is copied. A predictor, which knows of the three, is undone here.
"""

from __future__ import annotations

import io
from typing import Any, BinaryIO, Literal

import numpy as np
from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import ImageFileDirectory_v2

CHANNELS = 3
WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, ORIENTATION, SAMPLES = 256, 257, 258, 259, 262, 274, 277
ROWS, PLANAR, PREDICTOR, TILE_WIDTH, TILE_HEIGHT, SAMPLE_FORMAT = 278, 284, 317, 322, 323, 339
PLACES = (273, 279, 324, 325)  # of strips and tiles, and their lengths
NONE, HORIZONTAL, FLOATING = 1, 2, 3  # predictors
NEEDED = {SAMPLES: CHANNELS, BITS: (32,) * CHANNELS, SAMPLE_FORMAT: (3,) * CHANNELS, PHOTOMETRIC: 2}
USUAL = {PLANAR: 1, ORIENTATION: 1, 266: 1}  # what else the file may say


class ColorFloats(ImageFile):
    """For types only: what `opened` adds to a picture.

    Attributes:
        predictor: how the rows are stored.
        swapped: whether the decoder has swapped the bytes of each number.
    """

    predictor: int
    swapped: bool


def opened(file: BinaryIO) -> ColorFloats | None:
    """The picture in a file, three times as wide and of mode F, not yet decoded; None if it is another kind of file.

    Raises:
        Exception: of any kind, for a damaged file.
    """
    file.seek(0)
    head = file.read(8)
    if head[:4] not in (b"II*\0", b"MM\0*"):
        return None
    tags = ImageFileDirectory_v2(head)
    file.seek(tags.next)
    tags.load(file)
    predictor = tags.get(PREDICTOR, NONE)
    fits = all(tags.get(tag) == value for tag, value in NEEDED.items())
    usual = all(tags.get(tag, value) == value for tag, value in USUAL.items())
    if tags.get(COMPRESSION, 1) == 1:
        predictor = NONE  # what is not compressed is not predicted either, whatever the tag says
    if not (fits and usual) or predictor not in (NONE, HORIZONTAL, FLOATING):
        return None
    if TILE_WIDTH in tags and predictor != NONE:
        return None
    end = file.seek(0, io.SEEK_END) + 1 & ~1
    copied = {tag: tags[tag] for tag in (HEIGHT, COMPRESSION, ROWS, TILE_HEIGHT, *PLACES) if tag in tags}
    widened = {tag: CHANNELS * tags[tag] for tag in (WIDTH, TILE_WIDTH) if tag in tags}
    order: Literal["little", "big"] = "little" if head[:2] == b"II" else "big"
    directory = _directory(copied | widened | {BITS: 32, SAMPLE_FORMAT: 3, PHOTOMETRIC: 1, SAMPLES: 1}, end, order)
    patched: Any = _Patched(file, head[:4] + end.to_bytes(4, order), end, directory)
    picture: Any = Image.open(patched, formats=["TIFF"])
    picture.predictor, picture.swapped = predictor, order == "big"
    return picture


def _directory(tags: dict[int, int | tuple[int, ...]], place: int, order: Literal["little", "big"]) -> bytes:
    """A TIFF directory that begins at this place of its file."""
    entries, lists = len(tags).to_bytes(2, order), b""
    behind = place + 2 + 12 * len(tags) + 4
    for tag, numbers in sorted(tags.items()):
        several = numbers if isinstance(numbers, tuple) else (numbers,)
        packed = b"".join(number.to_bytes(4, order) for number in several)
        if len(several) > 1:
            packed, lists = (behind + len(lists)).to_bytes(4, order), lists + packed
        entries += b"".join([tag.to_bytes(2, order), (4).to_bytes(2, order), len(several).to_bytes(4, order), packed])
    return entries + bytes(4) + lists  # 4: 32-bit integers


def colors(rows: np.ndarray, predictor: int, swapped: bool) -> np.ndarray:
    """Decoded rows as colors, without the predictor.

    Args:
        rows: (h, 3 W) float32.
        predictor: how they are stored.
        swapped: whether the decoder has swapped the bytes of each number.

    Returns:
        (h, W, 3) float32.
    """
    shape = len(rows), rows.shape[1] // CHANNELS, CHANNELS
    if predictor == HORIZONTAL:  # differences of the numbers, taken as integers
        rows = np.cumsum(rows.view(np.uint32).reshape(shape), axis=1, dtype=np.uint32).view(np.float32)
    elif predictor == FLOATING:  # differences of bytes: first the highest byte of all numbers of a row, then the next
        stored = rows.view(np.uint8).reshape(len(rows), -1, 4)[..., :: -1 if swapped else 1]
        sums = np.cumsum(stored.reshape(len(rows), -1, CHANNELS), axis=1, dtype=np.uint8)
        rows = np.ascontiguousarray(sums.reshape(len(rows), 4, -1).swapaxes(1, 2)).view(">f4").astype(np.float32)
    return rows.reshape(shape)


class _Patched(io.RawIOBase):
    """A file with another beginning, and with more behind its end."""

    def __init__(self, file: BinaryIO, head: bytes, end: int, tail: bytes) -> None:
        self._file, self._head, self._end, self._tail, self._place = file, head, end, tail, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._end + len(self._tail)}[whence]
        self._place = max(0, start + offset)
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: Any) -> int:
        place, most = self._place, len(buffer)
        if place < len(self._head):
            data = self._head[place : place + most]
        elif place >= self._end:
            data = self._tail[place - self._end :][:most]
        else:
            self._file.seek(place)
            data = self._file.read(min(most, self._end - place)) or b"\0"  # the end is even
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)
