"""What decoding a picture costs, in bytes and seconds: known from its header, and refused if it is too much.

The number of pixels says little: a WebP file of 182 bytes can take 18 bytes of memory for each of 160 million pixels,
and a JPEG can draw the same pixels a thousand times.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, BinaryIO

from PIL import Image

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

MAX_PIXELS = 160_000_000
"""Pixels of a picture: those with more are refused, unless the caller allows more."""
MAX_MAP_PIXELS = 1 << 26  # of a map or density, which is computed with as float64; the largest photographs have fewer
# Memory to decode a picture, unless the caller allows more pixels. RGB takes 4 bytes a pixel in Pillow and 3 here: the
# largest camera sensors (151 megapixels) pass, and the process stays below 1.2 GB.
MAX_BYTES = 1_060_000_000
PIXEL_BYTES = 7  # bytes that are allowed for each pixel of a caller who allows more than usual
LARGE = 256 << 20  # bytes from which pictures are decoded one at a time
PATIENCE = 60  # seconds that a large picture waits for its turn, at most

MODE_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}  # a pixel; other modes take 4
# Bytes a pixel that Pillow's decoders take beside the picture, measured: canvases and frames of an animation, planes of
# up to 12 bits, lists of numbers.
DECODER_BYTES = {"WEBP": 14, "AVIF": 12, "HEIF": 8}
IN_PYTHON = {"ppm", "ppm_plain", "bmp_rle"}  # Pillow's decoders that are Python loops: half a microsecond a sample
SAMPLES_IN_PYTHON = 12_000_000

MAX_SCANS = 1000  # of a JPEG
MAX_MARKERS = 200_000  # of a JPEG: a second to find them
PASSES = 16  # how often a JPEG's scans may go over MAX_PIXELS pixels; encoders write up to 12 scans


def too_costly(picture: Image.Image, stored: tuple[int, int], max_pixels: int) -> str | None:
    """Why a picture that is not yet decoded is refused; None if it is not.

    Args:
        picture: opened; its size is that at which it will be decoded.
        stored: the (width, height) in the file.
        max_pixels: that are allowed, and with them `allowed_bytes`.
    """
    needed, allowed = bytes_to_decode(picture, stored), allowed_bytes(max_pixels)
    size = f"{stored[0]}x{stored[1]} pixels of {picture.format}"
    if needed > allowed:
        return (
            f"{size} take {needed / 1e6:,.0f} MB to decode, the limit is {allowed / 1e6:,.0f} MB; "
            "save it as PNG or baseline JPEG or, if you trust it, raise max_pixels (--max-pixels) to "
            f"{pixels_that_allow(needed)}"
        )
    samples = stored[0] * stored[1] * len(picture.getbands())
    if _decoder(picture) in IN_PYTHON and samples > SAMPLES_IN_PYTHON:
        return f"{size} in a form that is slow to decode; save it as PNG"
    file = getattr(picture, "fp", None)
    if file is not None and picture.format in ("JPEG", "MPO"):
        most = max(1, min(MAX_SCANS, PASSES * max(max_pixels, MAX_PIXELS) // (stored[0] * stored[1])))
        if sum(1 for _ in islice(_scans(file), most + 1)) > most:
            return f"{size} in more than {most} scans; save it anew"
    return None


def allowed_bytes(max_pixels: int) -> int:
    """The memory that a picture may take: more only for a caller who allows more pixels than usual."""
    return PIXEL_BYTES * max_pixels if max_pixels > MAX_PIXELS else MAX_BYTES


def pixels_that_allow(needed: int) -> int:
    """The `max_pixels` that allows so many bytes."""
    return max(MAX_PIXELS + 1, -(-needed // PIXEL_BYTES))


def bytes_to_decode(picture: Image.Image, stored: tuple[int, int]) -> int:
    """The most memory that decoding the picture and turning it into RGB takes."""
    pixels = picture.width * picture.height
    decoded = MODE_BYTES.get(picture.mode, 4) * pixels
    decoder = 0
    if getattr(picture, "fp", None) is not None:  # otherwise it is decoded already
        decoder = DECODER_BYTES.get(picture.format or "", 0) * pixels
        if _decoder(picture) == "libtiff":
            decoder = _block_bytes(picture)
        elif picture.format in ("JPEG", "MPO") and _keeps_coefficients(picture):
            decoder = _coefficient_bytes(picture, stored)
    return decoded + max(decoder, 3 * pixels)


def _decoder(picture: Any) -> str | None:
    """The name of Pillow's decoder for the picture's first tile."""
    tiles = getattr(picture, "tile", None)
    return tiles[0][0] if tiles else None


def _block_bytes(picture: Any) -> int:
    """The size of a TIFF's strip or tile, of which one at a time is decompressed."""
    tags = picture.tag_v2
    bits = tags.get(258, (1,))
    sample = (max(bits) if isinstance(bits, tuple) else bits) / 8 * tags.get(277, 1)
    if 322 in tags:
        return int(tags[322] * tags.get(323, 1) * max(sample, 4))
    return int(picture.width * min(tags.get(278, picture.height), picture.height) * sample)


# ---- JPEG

_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")  # not a stuffed zero, not a restart between the coded blocks
_SOS, _EOI, _WITHOUT_LENGTH = 0xDA, 0xD9, (0x01, 0xD8)
_BLOCK = 1 << 16  # bytes read at a time


def _keeps_coefficients(picture: Any) -> bool:
    """Whether libjpeg keeps the coefficients of all pixels: it does if a later scan may add to them."""
    if picture.info.get("progressive"):
        return True
    in_first = next(_scans(picture.fp), None)
    return in_first is not None and in_first < len(getattr(picture, "layer", ()))


def _coefficient_bytes(picture: Any, stored: tuple[int, int]) -> int:
    """Two bytes for each coefficient; chroma usually has a quarter of them."""
    factors = [(layer[1], layer[2]) for layer in getattr(picture, "layer", ())] or [(1, 1)] * 3
    whole = max(h for h, _ in factors) * max(v for _, v in factors)
    return 2 * stored[0] * stored[1] * sum(h * v for h, v in factors) // max(whole, 1)


def _scans(file: BinaryIO) -> Iterator[int]:
    """For each scan of the JPEG in the file, the number of its components. The position in the file stays."""
    before, markers = file.tell(), 0
    try:
        place = 2
        while True:
            file.seek(place)
            block, inside = file.read(_BLOCK), 0
            while (found := _MARKER.search(block, inside)) and found.end() + 3 <= len(block):
                marker, inside = found[1][0], found.end()
                if marker == _EOI:
                    return
                if marker == _SOS:
                    yield block[inside + 2]
                if (markers := markers + 1) > MAX_MARKERS:
                    raise ValueError(f"a JPEG with more than {MAX_MARKERS:,} markers; save it anew")
                if marker not in _WITHOUT_LENGTH:
                    inside += max(2, int.from_bytes(block[inside : inside + 2], "big"))
            if len(block) < _BLOCK:
                return
            place += found.start() if found else max(inside, len(block) - 1)
    finally:
        file.seek(before)


# ---- turns


@contextmanager
def turn(needed: int) -> Iterator[None]:
    """Wait until no other thread or process of this machine decodes a large picture; small ones do not wait.

    Without it, a worker per core would need a gigabyte per core. The lock lies on this module's file, so nothing is
    written, and it ends with its process. If it cannot be had, the picture is decoded nevertheless.
    """
    if needed <= LARGE or fcntl is None:
        yield
        return
    try:
        file = open(__file__, "rb")  # noqa: SIM115
    except OSError:  # the package lies in an archive
        yield
        return
    with file:
        deadline = time.monotonic() + PATIENCE
        while not _locked(file) and time.monotonic() < deadline:
            time.sleep(0.02)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)  # a process that was forked meanwhile holds the file open


def _locked(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True
