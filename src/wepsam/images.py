"""Read any picture safely as an (H, W, 3) uint8 RGB array; resize; write.

Decoding, color models and resizing are Pillow's. This module adds what pictures from anywhere need: the
orientation that a viewer would show, one rule for each kind of pixel, a bound on the pixels before they are
decoded, one line if it fails.
"""

from __future__ import annotations

import os
import struct
import threading
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from wepsam.files import replacing

Source = str | os.PathLike[str] | bytes | Image.Image | np.ndarray

MAX_PIXELS = 160_000_000  # a picture with more is refused; the largest camera sensors (150 megapixels) pass

# Only these are opened, by their content and whatever the name says. Pillow knows some thirty formats more,
# and strangers' files should not reach them: EPS starts Ghostscript; HDF5, GRIB and WMF call whatever handler
# is registered; TGA has no signature, so that arbitrary bytes become a picture; JPEG 2000 passes off half a
# file as a whole picture.
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF", "BMP", "PPM")
WRITABLE: dict[str, tuple[str, dict[str, Any]]] = {
    # A quarter of the time of the default, 7 % more bytes. Of a map's differences runs are all there is to find.
    ".png": ("PNG", {"compress_level": 1, "compress_type": zlib.Z_RLE}),
    ".jpg": ("JPEG", {"quality": 92}),
    ".jpeg": ("JPEG", {"quality": 92}),
    ".webp": ("WEBP", {"quality": 92}),
    ".tif": ("TIFF", {"compression": "tiff_lzw"}),
    ".tiff": ("TIFF", {"compression": "tiff_lzw"}),
    ".bmp": ("BMP", {}),
}
UPRIGHT = {  # EXIF orientation: what turns the stored picture upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class ImageError(ValueError):
    """A picture that cannot be read, found or written: one line that names it and the cause."""


def read_image(
    source: Source, *, smallest: int | None = None, max_pixels: int = MAX_PIXELS, shape: tuple[int, int] | None = None
) -> np.ndarray:
    """Read a picture, upright and in color, whatever its format and kind of pixels.

    The EXIF orientation is applied, transparency shows white, an animation gives its first frame. 16-bit gray
    is divided by 257 and rounded (16-bit color by 256 and cut, by Pillow). 32-bit files do not say what white
    is: here it is the first of 1, 255 and 65535 that no pixel exceeds (integers: 65535), with black at 0; a
    picture that fits none spans its own range. NaN is black.

    Args:
        source: path, encoded bytes, PIL picture, or array of shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4)
            as uint8, uint16, bool, or float in [0, 1].
        smallest: the caller needs no more than this many pixels on the shorter side. A JPEG is then decoded
            at 1/2, 1/4 or 1/8 where that suffices: never below `smallest`, often above. Others stay as is.
        max_pixels: refuse files, bytes and PIL pictures with more, before they are decoded. With `smallest`,
            what counts is the size that is really decoded.
        shape: (height, width) to resize the picture to, as `resize` does.

    Returns:
        (H, W, 3) uint8 RGB; a uint8 RGB array is returned as it came, without a copy.

    Raises:
        ImageError: missing, broken, too large or no picture; one line that names the source and the cause.
    """
    if smallest is not None and smallest < 1:
        raise ValueError(f"smallest={smallest}: expected at least 1 pixel")
    return read_sized(source, smallest=smallest, max_pixels=max_pixels, shape=shape and (lambda *own: shape))[0]


def read_sized(
    source: Source,
    *,
    smallest: int | None = None,
    max_pixels: int = MAX_PIXELS,
    shape: Callable[[int, int], tuple[int, int]] | None = None,
) -> tuple[np.ndarray, tuple[int, int]]:
    """`read_image`, and the picture's own (height, width), upright, from which `shape` may choose another."""
    with one_line(_name(source)):
        if isinstance(source, np.ndarray):
            image = _from_array(source)
            own = image.shape[0], image.shape[1]
            return image if shape is None else resize(image, shape(*own)), own
        with _opened(source, max_pixels, smallest) as (picture, own):
            # Pillow's TIFF reader asks for the global limit once more while it decodes.
            with _pillow_limit(max_pixels) if picture.format == "TIFF" else nullcontext():
                picture.load()
            # EXIF may stand behind the pixels (PNG), and Pillow turns TIFFs itself: so asked only now.
            orientation = _orientation(picture)
            picture = _rgb(picture)
            if orientation in UPRIGHT:
                picture = picture.transpose(UPRIGHT[orientation])
                own = own[::-1] if orientation >= 5 else own
            return np.array(picture if shape is None else _resized(picture, shape(*own))), own


def image_size(source: Source, *, max_pixels: int = MAX_PIXELS) -> tuple[int, int]:
    """(height, width) of what `read_image(source)` returns, without decoding it.

    The exception is a PNG with metadata behind its pixels, where an orientation may hide.

    Raises:
        ImageError: as `read_image`, but damage behind the header goes unnoticed.
    """
    with one_line(_name(source)):
        if isinstance(source, np.ndarray):
            return _check_array(source)
        with _opened(source, max_pixels) as (picture, own):
            if picture.format == "PNG" and _metadata_follows(picture):
                picture.load()
            # Pillow gives the size of a TIFF upright from the start.
            turned = picture.format != "TIFF" and _orientation(picture) >= 5
            return own[::-1] if turned else own


def resize(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """An (H, W) or (H, W, 3) uint8 picture at shape (height, width), uint8; bicubic, antialiased."""
    return np.array(_resized(Image.fromarray(image), shape))


def _resized(picture: Image.Image, shape: tuple[int, int]) -> Image.Image:
    height, width = shape
    # A reducing_gap would be faster, and change the pixels a little.
    return picture.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=None)


def save_image(path: str | os.PathLike[str], image: np.ndarray) -> None:
    """Write an (H, W) or (H, W, 3) uint8 picture in the format of the suffix; nobody ever sees half a file.

    Raises:
        ImageError: a suffix that is not in WRITABLE, another kind of array, or a folder that refuses.
    """
    path = Path(path)
    with one_line(str(path), "cannot be written"):
        if path.suffix.lower() not in WRITABLE:
            raise ImageError(f"cannot write {path.suffix or 'a name without suffix'}; choose {', '.join(WRITABLE)}")
        if image.dtype != np.uint8 or image.ndim not in (2, 3) or image.shape[2:] not in ((), (3,)):
            raise ImageError(f"got {_describe(image)}, expected (H, W) or (H, W, 3) as uint8")
        kind, options = WRITABLE[path.suffix.lower()]
        with replacing(path) as temporary:
            Image.fromarray(image).save(temporary, format=kind, **options)


# ---- opening


@contextmanager
def _opened(source: Any, max_pixels: int, smallest: int | None = None) -> Iterator[tuple[Image.Image, tuple[int, int]]]:
    """The picture behind a path, bytes or PIL picture: header read, pixels bounded and not yet decoded.

    With its (height, width) as stored, which is not that of the picture any more if it will be decoded at a fraction.
    """
    if isinstance(source, Image.Image):
        _check_size(source.size, max_pixels)
        yield source, (source.height, source.width)  # the caller's own: neither drafted nor closed
        return
    with _binary(source) as file:
        # Opening a JPEG allocates nothing, and 1/8 of it may do. Opening a GIF can allocate its whole canvas.
        limit = None if file.read(2) == b"\xff\xd8" else max_pixels
        try:
            with _pillow_limit(limit):
                # Not the path: Pillow would map the file, and one that shrinks meanwhile ends the process.
                picture = Image.open(file, formats=FORMATS)
        except UnidentifiedImageError:
            raise ImageError(_no_picture(file)) from None
        except Image.DecompressionBombError:
            raise ImageError(_too_large(max_pixels)) from None
        with picture:
            size = picture.size
            if smallest is not None:
                picture.draft(None, (smallest, smallest))
            # A progressive JPEG keeps the coefficients of all its pixels in memory, however small the draft.
            _check_size(size if picture.info.get("progressive") else picture.size, max_pixels)
            yield picture, size[::-1]


def _binary(source: Any) -> BinaryIO:
    if isinstance(source, bytes):
        return BytesIO(source)
    if not isinstance(source, str | os.PathLike):
        raise ImageError("expected a path, bytes, a PIL picture or an array")
    path = Path(source)
    if path.is_dir():
        raise ImageError("a folder, not a picture")
    if path.exists() and not path.is_file():
        raise ImageError("not a regular file")  # reading a pipe or a device may never end
    return path.open("rb")


def _no_picture(file: BinaryIO) -> str:
    file.seek(0)
    head = file.read(16)
    if not head:
        return "the file is empty"
    if head[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypmsf1"):
        return "a HEIC picture; save it as JPEG or PNG"
    return f"no picture, a broken one, or none of {', '.join(FORMATS)}; it begins with {head!r}"


_PILLOW = threading.Lock()


@contextmanager
def _pillow_limit(max_pixels: int | None) -> Iterator[None]:
    """Let Pillow open up to `max_pixels` (None: any number) and be silent about odd metadata.

    Its limit and Python's warning filters are global, so threads take turns here, for the time that a header
    takes; only TIFFs are also decoded one at a time.
    """
    with _PILLOW, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = Image.MAX_IMAGE_PIXELS
        # Pillow warns above its limit and raises above twice that.
        Image.MAX_IMAGE_PIXELS = None if max_pixels is None else (max_pixels + 1) // 2
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before


def _check_size(size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise ImageError(f"{width}x{height} pixels, expected at least 1x1")
    if width * height > max_pixels:
        raise ImageError(_too_large(max_pixels))


def _too_large(max_pixels: int) -> str:
    return f"more than {max_pixels:,} pixels; if you trust it, raise max_pixels (--max-pixels)"


def _orientation(picture: Image.Image) -> int:
    """EXIF orientation 1 to 8; 1 if there is none or it cannot be understood, for the picture may be fine."""
    try:
        with _pillow_limit(None):
            # The base method: that of a PNG would decode the picture, to look for EXIF behind its pixels.
            orientation = Image.Image.getexif(picture).get(ExifTags.Base.Orientation)
    except Exception:
        return 1
    return orientation if orientation in UPRIGHT else 1


def _metadata_follows(picture: Image.Image) -> bool:
    """Whether a PNG still to be decoded has EXIF or text behind its pixels; ImageMagick writes them there."""
    file = getattr(picture, "fp", None)
    if file is None:
        return False
    before = file.tell()
    file.seek(8)
    pixels = found = False
    while not found and len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        pixels = pixels or kind == b"IDAT"
        found = pixels and kind in (b"eXIf", b"tEXt", b"zTXt", b"iTXt")
        file.seek(length + 4, os.SEEK_CUR)
    file.seek(before)
    return found


# ---- pixels


def _rgb(picture: Image.Image) -> Image.Image:
    """A decoded picture of any mode as 8-bit RGB, transparency over white."""
    if picture.mode in ("I", "F"):
        whites = (65535,) if picture.mode == "I" else (1, 255, 65535)
        return Image.fromarray(_stretch(np.asarray(picture), whites)).convert("RGB")
    if picture.mode.startswith("I;16"):
        # Pillow clips these at 255 instead of scaling them.
        deep = np.asarray(picture)
        gray = _from_16_bits(deep)
        if isinstance(transparent := picture.info.get("transparency"), int):
            gray[deep == transparent] = 255
        return Image.fromarray(gray).convert("RGB")
    if not picture.has_transparency_data:
        return picture if picture.mode == "RGB" else picture.convert("RGB")
    if picture.mode == "La":
        picture = picture.convert("LA")  # Pillow has no direct way from premultiplied gray to RGBA
    picture = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")


def _from_16_bits(values: np.ndarray) -> np.ndarray:
    table: np.ndarray = ((np.arange(65536) + 128) // 257).astype(np.uint8)
    result: np.ndarray = table[values]
    return result


def _stretch(values: np.ndarray, whites: tuple[int, ...]) -> np.ndarray:
    """32-bit gray pixels as uint8 by the rule that `read_image` states."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        raise ImageError("no pixel is a finite number")
    low, high = float(finite.min()), float(finite.max())
    fitting = [white for white in whites if low >= 0 and high <= white]
    black, white = (0.0, fitting[0]) if fitting else (low, high)
    values = np.nan_to_num(values.astype(np.float64), nan=black, posinf=white, neginf=black)
    pixels: np.ndarray = np.rint((values - black) * 255 / (white - black or 1)).astype(np.uint8)
    return pixels


def _check_array(array: np.ndarray) -> tuple[int, int]:
    """(height, width) of an array that can be a picture."""
    shape, kind = array.shape, array.dtype
    pixels = kind in (np.uint8, np.uint16, np.bool_) or kind.kind == "f"
    if pixels and len(shape) in (2, 3) and shape[2:] in ((), (1,), (3,), (4,)) and 0 not in shape:
        return shape[0], shape[1]
    raise ImageError(
        f"got {_describe(array)}, expected (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) "
        "as uint8, uint16, bool, or float in [0, 1]"
    )


def _from_array(array: np.ndarray) -> np.ndarray:
    _check_array(array)
    if array.dtype == np.uint16:
        array = _from_16_bits(array)
    elif array.dtype == np.bool_:
        array = array.astype(np.uint8) * 255
    elif array.dtype != np.uint8:
        if not (array.min() >= 0 and array.max() <= 1):  # in this form NaN fails too
            raise ImageError(f"got floats from {array.min():g} to {array.max():g}, expected [0, 1]")
        array = np.rint(array.astype(np.float32) * 255).astype(np.uint8)
    if array.shape[2:] == (3,):
        return np.ascontiguousarray(array)
    return np.array(_rgb(Image.fromarray(array[..., 0] if array.shape[2:] == (1,) else array)))


def _describe(array: np.ndarray) -> str:
    return f"{array.dtype} array of shape {array.shape}"


# ---- errors


@contextmanager
def one_line(name: str, failure: str = "broken picture") -> Iterator[None]:
    """Whatever goes wrong inside becomes an ImageError with the name; Pillow raises almost anything."""
    try:
        yield
    except Exception as error:
        if isinstance(error, ImageError):
            cause = str(error)
        elif isinstance(error, MemoryError):
            cause = "not enough memory"
        elif isinstance(error, OSError) and error.strerror:
            cause = error.strerror
        else:
            cause = f"{failure}: {str(error) or type(error).__name__}"
        text = f"{name if name.isprintable() else ascii(name)}: {' '.join(cause.split())}"
        raise ImageError(text) from (None if isinstance(error, ImageError) else error)


def _name(source: object) -> str:
    """What to call a source in an error."""
    if isinstance(source, str | os.PathLike):
        return os.fsdecode(source)
    if isinstance(source, Image.Image):
        return os.fsdecode(getattr(source, "filename", "")) or "<picture>"
    return "<array>" if isinstance(source, np.ndarray) else f"<{type(source).__name__}>"
