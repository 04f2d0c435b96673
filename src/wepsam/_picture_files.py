"""Open picture files safely: only known formats, bounds on pixels, memory and time before decoding, one-line errors."""

from __future__ import annotations

import ctypes
import logging
import math
import os
import re
import struct
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import cache
from importlib.util import find_spec
from io import BufferedReader, BytesIO, FileIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError, _imaging, features
from PIL.ImageFile import ImageFile

from wepsam import _float_tiff, _picture_costs, extras
from wepsam._picture_costs import MAX_MAP_PIXELS, MAX_PIXELS
from wepsam.files import LONGEST_CAUSE, cause, check_regular, shown

# Only these formats are opened, by content and not by name. Pillow knows about thirty more, which strangers' files
# should not reach: EPS starts Ghostscript; HDF5, GRIB and WMF call any registered handler; TGA has no signature, so
# arbitrary bytes become a picture; JPEG 2000 returns half a file as a whole picture.
KNOWN = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF", "BMP", "PPM")
# Before 11.3, Pillow has no reader of AVIF, and raises a KeyError for a format that it does not know.
FORMATS = tuple(name for name in KNOWN if name != "AVIF" or find_spec("PIL.AvifImagePlugin"))
# What stands at the fifth byte of a HEIC picture, which pillow-heif reads (extra [heif]); mif1 may also be an AVIF.
HEIC = tuple(b"ftyp" + brand for brand in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"))
MAX_READS = 300_000  # of a header: the largest of photographs take some hundred
# EXIF orientation -> a view of the upright array whose rows and columns are those of the stored picture.
AS_STORED: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: lambda upright: upright.swapaxes(0, 1)[::-1],
    7: lambda upright: upright.swapaxes(0, 1)[::-1, ::-1],
    8: lambda upright: upright.swapaxes(0, 1)[:, ::-1],
}


class ImageError(ValueError):
    """A picture that cannot be read, found or written. One line that names it and the cause."""


@contextmanager
def one_line(name: str, failure: str = "broken picture") -> Iterator[None]:
    """Turn any error inside into an ImageError of one line: Pillow raises almost anything.

    Args:
        name: of the picture or file, the beginning of the message.
        failure: what failed, for errors that do not say it themselves.
    """
    try:
        yield
    except Exception as error:
        own = isinstance(error, ImageError | MemoryError) or getattr(error, "strerror", None)
        text = f"{shown(name)}: {'' if own else f'{failure}: '}{cause(error):.{LONGEST_CAUSE}}"
        raise ImageError(text) from (None if isinstance(error, ImageError) else error)


# ---- opening


@contextmanager
def open_picture(
    source: Any, max_pixels: int, smallest: int | None = None
) -> Iterator[tuple[Image.Image, tuple[int, int]]]:
    """The picture behind a path, bytes or PIL picture: its header is read and its pixels bounded, not yet decoded.

    Args:
        source: path, encoded bytes or PIL picture.
        max_pixels: refuse more.
        smallest: a JPEG may be decoded at a fraction of its size whose shorter side still has this many pixels.

    Returns:
        The picture and its (height, width) as stored. The picture's own size is smaller if it will be decoded at a
        fraction.
    """
    if isinstance(source, Image.Image):
        _check_size(source.size, max_pixels)
        _check_cost(source, source.size, max_pixels)
        yield source, (source.height, source.width)  # it belongs to the caller: neither drafted nor closed
        return
    with _binary_file(source) as file:
        # Opening a JPEG allocates nothing, and 1/8 of it may be small enough. Opening a GIF can allocate its canvas.
        limit = None if file.read(2) == b"\xff\xd8" else max_pixels
        try:
            with pillow_limit(limit), _few_reads(file):
                # Not the path: Pillow would map the file into memory, and a file that shrinks would end the process.
                picture = Image.open(file, formats=FORMATS)
        except UnidentifiedImageError:
            picture = _heic(file, max_pixels) or _color_floats(file)
        except Image.DecompressionBombError:
            raise ImageError(_too_large(max_pixels)) from None
        with picture:
            size = picture.size[0] // _channels(picture), picture.size[1]
            if smallest is not None and picture.format != "HEIF":  # that would take a preview from the file
                picture.draft(None, (smallest, smallest))
            # A progressive JPEG keeps the coefficients of all its pixels in memory, even for a small draft.
            whole = picture.info.get("progressive") or _channels(picture) > 1
            _check_size(size if whole else picture.size, max_pixels)
            _check_cost(picture, size, max_pixels)
            yield picture, size[::-1]


@contextmanager
def open_map(path: Path, formats: tuple[str, ...] = FORMATS) -> Iterator[Image.Image]:
    """The picture of a map or density, within bounds, not yet decoded. What goes wrong is said without the path.

    Raises:
        UnidentifiedImageError: it is no picture in these formats.
        ImageError: it has more than MAX_MAP_PIXELS, or takes too much to decode.
        OSError: it cannot be read, or is no file.
    """
    check_regular(path)
    with _File(path) as file:
        try:
            with pillow_limit(MAX_MAP_PIXELS), _few_reads(file):
                picture = Image.open(file, formats=formats)
        except Image.DecompressionBombError:
            raise ImageError(f"more than {MAX_MAP_PIXELS:,} pixels, which no map has") from None
        with picture:
            _check_cost(picture, picture.size, MAX_PIXELS)
            # Pillow's TIFF reader checks the global limit again while it decodes.
            with pillow_limit(MAX_MAP_PIXELS) if picture.format == "TIFF" else nullcontext():
                yield picture


class _Counting:
    """A file that says when it was read from too often.

    Pillow reads headers in Python, some of them byte by byte: a comment of 50 MB takes a quarter of a minute.
    """

    reads_left = math.inf

    def read(self, size: int | None = -1) -> bytes:
        self.reads_left -= 1
        if self.reads_left < 0:
            raise ImageError(f"it takes more than {MAX_READS:,} steps to read its header; save it anew")
        return super().read(size)  # type: ignore[misc]


class _File(_Counting, BufferedReader):
    def __init__(self, path: Path) -> None:
        super().__init__(FileIO(path))


class _Bytes(_Counting, BytesIO):
    pass


@contextmanager
def _few_reads(file: _Counting) -> Iterator[None]:
    """Bound the time that Pillow takes to read a header."""
    file.reads_left = MAX_READS
    yield
    file.reads_left = math.inf


def _binary_file(source: Any) -> _File | _Bytes:
    if isinstance(source, bytes):
        return _Bytes(source)
    if not isinstance(source, str | os.PathLike):
        raise ImageError("expected a path, bytes, a PIL picture or an array")
    path = Path(source)
    if path.is_dir():
        raise ImageError("a folder, not a picture")
    if path.exists() and not path.is_file():
        raise ImageError("not a regular file")  # reading a pipe or a device may never end
    return _File(path)


def _heic(file: BinaryIO, max_pixels: int) -> ImageFile | None:
    """The picture in a HEIC file, upright; None if it is none. Nothing is registered in Pillow."""
    file.seek(0)
    if file.read(16)[4:12] not in HEIC:
        return None
    try:
        from pillow_heif import HeifImageFile
    except ModuleNotFoundError as error:
        raise ImageError(f"{extras.missing(error, 'a HEIC picture')}, or save it as JPEG or PNG") from None
    if (size := file.seek(0, os.SEEK_END)) > _picture_costs.allowed_bytes(max_pixels):
        raise ImageError(f"a HEIC picture of {size:,} bytes, which are read at once; save it as JPEG or PNG")
    file.seek(0)
    try:
        return HeifImageFile(file)
    except Exception as error:
        raise ImageError(f"a damaged HEIC picture ({cause(error)[:LONGEST_CAUSE]})") from None


def _color_floats(file: BinaryIO) -> ImageFile:
    """The picture in a file that Pillow does not know, if it is a TIFF of floats; otherwise an ImageError."""
    try:
        with pillow_limit(None):
            picture = _float_tiff.opened(file)
    except Exception:
        picture = None
    if picture is None:
        raise ImageError(_not_a_picture(file))
    return picture


def _channels(picture: Image.Image) -> int:
    """How many pixels of the opened picture are one of the stored."""
    return _float_tiff.CHANNELS if hasattr(picture, "predictor") else 1


def _not_a_picture(file: BinaryIO) -> str:
    file.seek(0)
    head = file.read(16)
    if not head:
        return "the file is empty"
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return (
            "a TIFF that is damaged or has pixels of a kind that is not read (color as 32-bit integers or 64-bit "
            "floats, for example); save it as TIFF or PNG with 8 or 16 bits a channel, or give its pixels as an array "
            "in [0, 1]"
        )
    if head[4:12] in (b"ftypavif", b"ftypavis") and not features.check("avif"):
        return "an AVIF picture, which this Pillow does not read: pip install 'Pillow>=11.3'"
    return f"not a picture, damaged, or in none of the formats {', '.join(FORMATS)}; it begins with {head!r}"


@cache
def _silence_libtiff() -> None:
    """Let libtiff print nothing, once for the process: what is wrong comes as an exception too, which is our one line.

    Pillow's own log is not printed either, unless somebody asks for it.

    Its handler of errors is a global of the library that Pillow uses. It cannot be set where Pillow has libtiff inside
    (Windows): there libtiff's own lines stand beside ours.
    """
    logging.getLogger("PIL").addHandler(logging.NullHandler())
    with suppress(OSError, AttributeError):
        set_handler = ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler
        set_handler.argtypes, set_handler.restype = [ctypes.c_void_p], ctypes.c_void_p
        set_handler(None)


def _mend_byte_order(picture: Any) -> None:
    """Let Pillow take what libtiff decodes in this machine's byte order, in which libtiff gives it.

    Of big-endian files with signed integers or floats it would swap the bytes once more: wrong pixels, without a word.
    """
    for number, tile in enumerate(getattr(picture, "tile", ())):
        if tile[0] == "libtiff":
            arguments = re.sub(r"(;\d+)B", r"\1N", tile[3][0]), *tile[3][1:]
            picture.tile[number] = (
                type(tile)(*tile[:3], arguments) if hasattr(tile, "_fields") else (*tile[:3], arguments)
            )


_LOCK = threading.RLock()
if hasattr(os, "register_at_fork"):
    # A process that is forked while another thread is inside would wait for that thread, which it does not have.
    os.register_at_fork(before=_LOCK.acquire, after_in_parent=_LOCK.release, after_in_child=_LOCK.release)


@contextmanager
def pillow_limit(max_pixels: int | None) -> Iterator[None]:
    """Let Pillow open up to `max_pixels` (None: any number) without warnings about odd metadata.

    Pillow's limit and Python's warning filters are global, so threads take turns here, for as long as it takes to read
    a header; only TIFFs are also decoded one at a time.
    """
    with _LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        previous_limit = Image.MAX_IMAGE_PIXELS
        # Pillow warns above its limit and raises above twice that.
        Image.MAX_IMAGE_PIXELS = None if max_pixels is None else (max_pixels + 1) // 2
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = previous_limit


def _check_size(size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise ImageError(f"{width}x{height} pixels, expected at least 1x1")
    if width * height > max_pixels:
        raise ImageError(_too_large(max_pixels))


def _check_cost(picture: Image.Image, stored: tuple[int, int], max_pixels: int) -> None:
    """The last check before a picture is decoded."""
    if picture.format == "TIFF":
        _silence_libtiff()
        _mend_byte_order(picture)
    if reason := _picture_costs.too_costly(picture, stored, max_pixels):
        raise ImageError(reason)


def _too_large(max_pixels: int) -> str:
    return f"more than {max_pixels:,} pixels; if you trust it, raise max_pixels (--max-pixels)"


# ---- orientation


def orientation(picture: Image.Image) -> int:
    """EXIF orientation 1 to 8; 1 if it is missing or invalid, because the picture may be fine."""
    try:
        with pillow_limit(None):
            # The base method: that of a PNG would decode the picture to look for EXIF behind its pixels.
            tag = Image.Image.getexif(picture).get(ExifTags.Base.Orientation)
    except Exception:
        return 1
    return tag if tag in AS_STORED else 1


def metadata_follows(picture: Image.Image) -> bool:
    """Whether a PNG that is not yet decoded has EXIF or text behind its pixels, where ImageMagick writes it."""
    file = getattr(picture, "fp", None)
    if file is None:
        return False
    position = file.tell()
    file.seek(8)
    pixels = metadata = False
    while not metadata and len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        pixels = pixels or kind == b"IDAT"
        metadata = pixels and kind in (b"eXIf", b"tEXt", b"zTXt", b"iTXt")
        file.seek(length + 4, os.SEEK_CUR)
    file.seek(position)
    return metadata
