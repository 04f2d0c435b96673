"""Read any picture safely as an (H, W, 3) uint8 RGB array; resize; write.

Pillow decodes, converts and resizes. This module adds what pictures from unknown sources need: the orientation that a
viewer shows, one rule for each kind of pixel, bounds on pixels, memory and time before decoding, and one-line errors.
"""

from __future__ import annotations

import logging
import os
import struct
import zlib
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

from wepsam import _picture_costs, _picture_files, _picture_pixels
from wepsam._picture_costs import MAX_PIXELS
from wepsam._picture_costs import allowed_bytes as allowed_bytes
from wepsam._picture_files import ImageError
from wepsam._picture_files import one_line as one_line
from wepsam.files import replacing, shown

__all__ = ["MAX_PIXELS", "ImageError", "Source", "image_size", "read_image", "read_sized", "resize", "save_image"]

log = logging.getLogger("wepsam")

Source = str | os.PathLike[str] | bytes | Image.Image | np.ndarray
"""A path, the bytes of a file, a PIL picture, or an array; see `read_image`."""

WRITABLE: dict[str, tuple[str, dict[str, Any]]] = {  # suffix -> Pillow's format and options
    # A quarter of the default's time for 7 % more bytes: in the differences of a map there are only runs to find.
    ".png": ("PNG", {"compress_level": 1, "compress_type": zlib.Z_RLE}),
    ".jpg": ("JPEG", {"quality": 92}),
    ".jpeg": ("JPEG", {"quality": 92}),
    ".webp": ("WEBP", {"quality": 92}),
    ".tif": ("TIFF", {"compression": "tiff_lzw"}),
    ".tiff": ("TIFF", {"compression": "tiff_lzw"}),
    ".bmp": ("BMP", {}),
}
LONGEST_JPEG = 65_500  # pixels a side
# What a picture says that wepsam drew, near its beginning: a PNG in a chunk of text, a JPEG in a comment, an SVG in an
# attribute.
DRAWN = ("Software", "wepsam")
_NOTE = "\0".join(DRAWN).encode()
SVG_MARK = f'data-{DRAWN[0].lower()}="{DRAWN[1]}"'
_MARKS = {
    b"\x89PNG": b"tEXt" + _NOTE,
    b"\xff\xd8": b"\xff\xfe" + struct.pack(">H", 2 + len(_NOTE)) + _NOTE,
    b"<svg": SVG_MARK.encode(),
}


def read_image(
    source: Source, *, smallest: int | None = None, max_pixels: int = MAX_PIXELS, shape: tuple[int, int] | None = None
) -> np.ndarray:
    """Read a picture, upright and in color, whatever its format and kind of pixels.

    The EXIF orientation is applied, transparency shows white, and an animation gives its first frame. 16-bit gray is
    divided by 257 and rounded (16-bit color is divided by 256 and cut, by Pillow). 32-bit gray does not say which value
    is white: it is the first of 1 (floats only), 255 and 65535 that fits nearly all pixels, and black is 0; values
    outside are clipped. A picture that fits none of them is stretched over its own range. NaN is black. TIFFs with
    colors as 32-bit floats are read in the same way, but refused where no white fits. What was assumed is logged.

    Args:
        source: path, encoded bytes, PIL picture, or array of shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4)
            as uint8, uint16, bool, or float in [0, 1].
        smallest: the caller needs no more pixels than this on the shorter side. A JPEG is then decoded at 1/2, 1/4 or
            1/8 of its size if that is enough: never below `smallest`, often above. Other formats ignore it.
        max_pixels: refuse files, bytes and PIL pictures with more pixels before they are decoded. With `smallest`, the
            size that is really decoded counts. What takes more than 1 GB or too much time to decode (large animations,
            JPEGs of many scans) is refused too; a `max_pixels` above the default allows 7 bytes for each of them.
        shape: (height, width) to resize the picture to, as `resize` does.

    Returns:
        (H, W, 3) uint8 RGB; a uint8 RGB array is returned as it is, without a copy.

    Raises:
        ImageError: missing, broken, too large or not a picture; one line that names the source and the cause.
        ValueError: `smallest` is below 1.

    Examples:
        >>> import numpy as np, wepsam
        >>> wepsam.read_image(np.array([[0, 65535]], np.uint16)).tolist()  # 16-bit gray
        [[[0, 0, 0], [255, 255, 255]]]
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
    """As `read_image`, but also return the picture's own (height, width), upright.

    Args:
        source: as in `read_image`.
        smallest: as in `read_image`.
        max_pixels: as in `read_image`.
        shape: function that chooses the (height, width) to resize to from the picture's own height and width.

    Returns:
        (H, W, 3) uint8 RGB, and the picture's own (height, width) before resizing.
    """
    with one_line(source_name(source)):
        if isinstance(source, np.ndarray):
            image = _picture_pixels.array_to_rgb(source)
            own = image.shape[0], image.shape[1]
            return image if shape is None else resize(image, shape(*own)), own
        with (
            _picture_files.open_picture(source, max_pixels, smallest) as (picture, own),
            _picture_costs.turn(_picture_costs.bytes_to_decode(picture, own[::-1])),
        ):
            # Pillow's TIFF reader checks the global limit again while it decodes.
            pixels = picture.width * picture.height
            with _picture_files.pillow_limit(pixels) if picture.format == "TIFF" else nullcontext():
                picture.load()
            # Only now: EXIF may follow the pixels (PNG), and Pillow turns TIFFs itself.
            orientation = _picture_files.orientation(picture)
            image, levels = _picture_pixels.to_array(picture, orientation)
        if levels is not None and not levels.certain:
            log.info("%s: %s", source_name(source), levels)
        own = own[::-1] if orientation >= 5 else own
        return image if shape is None else resize(image, shape(*own)), own


def image_size(source: Source, *, max_pixels: int = MAX_PIXELS) -> tuple[int, int]:
    """The size of what `read_image(source)` returns, without decoding it.

    Only a PNG with metadata behind its pixels is decoded, because the metadata may contain an orientation.

    Args:
        source: as `read_image` takes it.
        max_pixels: larger pictures are refused.

    Returns:
        (height, width) in pixels.

    Raises:
        ImageError: as in `read_image`, but damage behind the header goes unnoticed.

    Examples:
        >>> import numpy as np
        >>> from wepsam.images import image_size
        >>> image_size(np.zeros((60, 80, 3), np.uint8))
        (60, 80)
    """
    with one_line(source_name(source)):
        if isinstance(source, np.ndarray):
            return _picture_pixels.check_array(source)
        with _picture_files.open_picture(source, max_pixels) as (picture, own):
            if picture.format == "PNG" and _picture_files.metadata_follows(picture):
                picture.load()
            # Pillow gives the size of a TIFF upright from the start.
            is_turned = picture.format != "TIFF" and _picture_files.orientation(picture) >= 5
            return own[::-1] if is_turned else own


def pixel_count(source: Source, *, max_pixels: int = MAX_PIXELS) -> int:
    """How many pixels `read_image(source)` returns, by its header; 0 for a picture that cannot be read."""
    try:
        with one_line(source_name(source)):
            if isinstance(source, np.ndarray):
                height, width = _picture_pixels.check_array(source)
            else:
                with _picture_files.open_picture(source, max_pixels) as (_, (height, width)):
                    pass
            return height * width
    except ImageError:
        return 0


def resize(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Resize a picture; bicubic, antialiased.

    Args:
        image: (H, W) or (H, W, 3) uint8.
        shape: (height, width) in pixels.

    Returns:
        (height, width) or (height, width, 3) uint8.

    Examples:
        >>> import numpy as np
        >>> from wepsam.images import resize
        >>> resize(np.zeros((60, 80, 3), np.uint8), (30, 40)).shape
        (30, 40, 3)
    """
    if image.ndim == 3 and image.shape[0] * image.shape[1] > _picture_pixels.STRIP:
        # Pillow's copy of a large picture would take 4 bytes a pixel, that of a band takes 1.
        bands = (np.ascontiguousarray(image[..., band]) for band in range(image.shape[2]))
        return np.stack([np.asarray(_resized(Image.fromarray(band), shape)) for band in bands], axis=-1)
    return np.array(_resized(Image.fromarray(image), shape))


def _resized(picture: Image.Image, shape: tuple[int, int]) -> Image.Image:
    height, width = shape
    # A reducing_gap would be faster but would change the pixels a little.
    return picture.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=None)


def save_image(
    path: str | os.PathLike[str], image: np.ndarray, *, drawn: bool = False, dpi: float | None = None
) -> None:
    """Write an (H, W) or (H, W, 3) uint8 picture in the format of the suffix, whole or not at all.

    Args:
        path: the suffix chooses the format.
        image: the picture.
        drawn: note in a PNG or JPEG that wepsam drew it, so that nobody takes it for a photograph; see `is_drawn`.
        dpi: pixels per inch in print, which the file then says; None: it does not. WebP cannot say it.

    Raises:
        ImageError: the suffix is not in WRITABLE, the array has another shape or type, a side is too long for a JPEG,
            or the file cannot be written.
    """
    path = Path(path)
    with one_line(str(path), "cannot be written"):
        if path.suffix.lower() not in WRITABLE:
            raise ImageError(f"cannot write {path.suffix or 'a name without suffix'}; choose {', '.join(WRITABLE)}")
        if image.dtype != np.uint8 or not image.size or image.ndim not in (2, 3) or image.shape[2:] not in ((), (3,)):
            raise ImageError(f"got {_picture_pixels.description(image)}, expected (H, W) or (H, W, 3) as uint8")
        kind, options = WRITABLE[path.suffix.lower()]
        if kind == "JPEG" and max(image.shape) > LONGEST_JPEG:
            raise ImageError(f"a JPEG has at most {LONGEST_JPEG:,} pixels a side, not {max(image.shape):,}; choose PNG")
        if drawn and kind == "JPEG":
            options = options | {"comment": _NOTE}
        elif drawn and kind == "PNG":
            note = PngImagePlugin.PngInfo()
            note.add_text(*DRAWN)
            options = options | {"pnginfo": note}
        if dpi is not None:
            options = options | {"dpi": (dpi, dpi)}
        with replacing(path) as temporary:
            Image.fromarray(image).save(temporary, format=kind, **options)


def is_drawn(path: str | os.PathLike[str]) -> bool:
    """Whether a PNG, JPEG or SVG says that wepsam drew it; False for a file that cannot be read."""
    try:
        if not os.path.isfile(path):
            return False  # reading a pipe may never end
        with open(path, "rb") as file:
            head = file.read(256)
    except OSError:
        return False
    return any(head.startswith(start) and mark in head for start, mark in _MARKS.items())


def check_drawing(path: str | os.PathLike[str]) -> None:
    """ImageError if a drawing may not be written here: a PNG or JPEG, in place of none but a drawing."""
    path = Path(path)
    if path.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise ImageError(f"{shown(path)}: a drawing is a PNG or JPEG; choose a name that ends with .png or .jpg")
    if os.path.lexists(path) and not is_drawn(path):
        raise ImageError(f"{shown(path)}: there is a file that wepsam has not drawn; choose another name")


def source_name(source: object) -> str:
    """What to call a source in a message: its file, or <array>, <picture>, <bytes>."""
    if isinstance(source, str | os.PathLike):
        return os.fsdecode(source)
    if isinstance(source, Image.Image):
        return os.fsdecode(getattr(source, "filename", "")) or "<picture>"
    return "<array>" if isinstance(source, np.ndarray) else f"<{type(source).__name__}>"
