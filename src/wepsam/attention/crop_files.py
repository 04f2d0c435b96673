"""Write a crop as a picture file of the same format: the depth of its pixels, alpha, EXIF and color profile are kept.

Other reading in this package ends in 8-bit RGB. A crop is a picture that people go on using, so nothing is converted
here that the format can hold.
"""

import io
import math
import re
from contextlib import nullcontext
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

import numpy as np
from PIL import ExifTags, Image, JpegImagePlugin

from wepsam import _picture_costs, _picture_files
from wepsam.attention.cropping import Pixels
from wepsam.images import MAX_PIXELS, ImageError, one_line, source_name

QUALITY = 92  # of JPEG and WebP
SPARE = 2  # a JPEG that is made smaller is decoded at no less than so many times the size that is written
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip
DEEP = ("I", "I;16", "I;16B", "I;16L", "I;16N")  # modes of integers of more than 8 bits
# The tags of a TIFF that say something about the picture; the others say where its pixels are in the file.
SAID = (
    ExifTags.Base.ImageDescription, ExifTags.Base.Make, ExifTags.Base.Model, ExifTags.Base.Software,
    ExifTags.Base.DateTime, ExifTags.Base.Artist, ExifTags.Base.Copyright, ExifTags.Base.ExifOffset,
    ExifTags.Base.GPSInfo,
)  # fmt: skip
BYTES = "application/octet-stream"
LOSSLESS_TIFF = ("raw", "packbits", "tiff_lzw", "tiff_adobe_deflate")
LONGEST_IN_JPEG = 65_500  # bytes of EXIF or XMP
TURNED = re.compile(rb"""\stiff:Orientation=(["']).*?\1|<tiff:Orientation>.*?</tiff:Orientation>""")  # in XMP
LONGEST_HEAD = 1 << 16  # bytes in which a WebP says whether it is lossless


@dataclass
class Encoded:
    """A crop as a file.

    Attributes:
        data: the file's bytes.
        media_type: such as image/jpeg.
        size: (width, height) of the picture in it.
        remarks: what could not be kept.
    """

    data: bytes
    media_type: str
    size: tuple[int, int]
    remarks: list[str] = field(default_factory=list)


def encode(
    source: str | PathLike[str] | bytes,
    box: Pixels,
    full: tuple[int, int],
    size: tuple[int, int] | None = None,
    *,
    exif: bool = True,
    max_pixels: int = MAX_PIXELS,
) -> Encoded:
    """Crop a picture file, in its own format.

    The result is upright: its EXIF has no orientation, so that no viewer turns it again. It has no embedded preview,
    which would show what was cut off. Of an animation or several pages it has the first.

    Args:
        source: the picture, as a path or as the bytes of its file.
        box: (x0, y0, x1, y1) in pixels of the upright picture.
        full: (height, width) of the upright picture.
        size: (width, height) to resize the crop to; None leaves its pixels as they are.
        exif: keep EXIF, XMP and comments: they may say where and with which camera the picture was taken.
        max_pixels: larger pictures are refused.

    Raises:
        ImageError: the picture cannot be read, or its kind cannot be written.
    """
    with one_line(source_name(source), "its crop cannot be written"):
        wanted = size or (box[2] - box[0], box[3] - box[1])
        with (
            _picture_files.open_picture(source, max_pixels, _smallest(full, box, wanted)) as (picture, own),
            _picture_costs.turn(_picture_costs.bytes_to_decode(picture, own[::-1])),
        ):
            if hasattr(picture, "predictor"):
                raise ImageError("a TIFF with colors as 32-bit floats, which cannot be written; save it with 16 bits")
            remarks = _remarks(picture)
            pixels = picture.width * picture.height
            with _picture_files.pillow_limit(pixels) if picture.format == "TIFF" else nullcontext():
                picture.load()
            cropped = _cropped(picture, own, box, wanted)
            options = _options(picture, cropped, exif, remarks)
            if picture.format == "WEBP":
                options["lossless"] = _is_lossless(source)
            file = io.BytesIO()
            kind = "JPEG" if picture.format == "MPO" else str(picture.format)
            cropped.save(file, kind, **options)
            return Encoded(file.getvalue(), Image.MIME.get(kind, BYTES), cropped.size, remarks)


def _smallest(full: tuple[int, int], box: Pixels, wanted: tuple[int, int]) -> int | None:
    """The shorter side at which a JPEG may be decoded; None for all of it."""
    scale = max(wanted[0] / (box[2] - box[0]), wanted[1] / (box[3] - box[1]))
    return None if scale * SPARE >= 1 else int(np.ceil(SPARE * scale * min(full)))


def _remarks(picture: Image.Image) -> list[str]:
    """What of an opened picture a crop cannot hold."""
    remarks = []
    if picture.format != "MPO" and getattr(picture, "is_animated", False):
        what = "several pages" if picture.format == "TIFF" else "an animation"
        remarks.append(f"{what}: the crop is of the first")
    if picture.mode in ("RGB", "RGBA", "LA") and ";16" in str(getattr(picture, "tile", "")):
        remarks.append("16 bits a channel: the crop has 8")
    return remarks


def _cropped(picture: Image.Image, own: tuple[int, int], box: Pixels, wanted: tuple[int, int]) -> Image.Image:
    """The upright crop at the size that is wanted.

    Args:
        picture: as decoded: as stored, or a JPEG at a fraction of its size.
        own: (height, width) as stored.
        box: in pixels of the upright picture.
        wanted: (width, height).
    """
    turn = 1 if picture.format == "TIFF" else _picture_files.orientation(picture)  # Pillow has turned a TIFF itself
    height, width = own
    stored = _as_stored(box, turn, own if turn < 5 else own[::-1])
    size = wanted if turn < 5 else wanted[::-1]
    if picture.size == (width, height) and size == (stored[2] - stored[0], stored[3] - stored[1]):
        found = picture.crop(stored)
    else:
        across, down = picture.width / width, picture.height / height
        found = _resized(picture, size, (stored[0] * across, stored[1] * down, stored[2] * across, stored[3] * down))
    return found.transpose(TURNS[turn]) if turn in TURNS else found


def _as_stored(box: Pixels, turn: int, size: tuple[int, int]) -> Pixels:
    """The box in the stored picture: (x0, y0, x1, y1) of the upright one, whose (height, width) is the size."""
    x0, y0, x1, y1 = box
    if turn in (2, 3, 6, 7):
        x0, x1 = size[1] - x1, size[1] - x0
    if turn in (3, 4, 7, 8):
        y0, y1 = size[0] - y1, size[0] - y0
    return (x0, y0, x1, y1) if turn < 5 else (y0, x0, y1, x1)


def _resized(picture: Image.Image, size: tuple[int, int], box: tuple[float, float, float, float]) -> Image.Image:
    """A part of a picture at another size, antialiased; in the mode that has room for the colors between its own."""
    if picture.mode in DEEP:
        # Pillow clips 16 bits to 8 here, or lets the filter overshoot the range.
        values = np.asarray(picture)
        small = Image.fromarray(values.astype(np.float32)).resize(size, Image.Resampling.LANCZOS, box)
        made = np.clip(np.rint(np.asarray(small)), values.min(), values.max())
        found = Image.fromarray(made.astype(values.dtype.newbyteorder("=")))
        found.info = {key: value for key, value in picture.info.items() if key != "transparency"}
        return found
    if picture.mode in ("P", "PA") or "transparency" in picture.info:
        gray = picture.mode in ("1", "L")
        picture = picture.convert(("LA" if gray else "RGBA") if picture.has_transparency_data else "RGB")
    elif picture.mode == "1":
        picture = picture.convert("L")
    return picture.resize(size, Image.Resampling.LANCZOS, box)


def _options(picture: Image.Image, cropped: Image.Image, exif: bool, remarks: list[str]) -> dict[str, Any]:
    """Pillow's options for writing the crop as the picture was. What is not to be kept leaves the crop's `info`."""
    kind, info = picture.format, picture.info
    options: dict[str, Any] = {key: info[key] for key in ("icc_profile", "dpi") if info.get(key)}
    if kind in ("JPEG", "MPO"):
        options["quality"] = QUALITY
        if cropped.mode == "RGB" and (sampling := JpegImagePlugin.get_sampling(picture)) >= 0:
            options["subsampling"] = sampling
    elif kind in ("WEBP", "AVIF"):
        options["quality"] = QUALITY
    elif kind == "TIFF":
        own = info.get("compression")
        options["compression"] = own if own in LOSSLESS_TIFF else "tiff_lzw"
    for key in ("exif", "xmp") if exif else ("exif", "xmp", "comment"):
        cropped.info.pop(key, None)
    if not exif:
        return options
    most = LONGEST_IN_JPEG if kind in ("JPEG", "MPO") else math.inf
    xmp = info.get("xmp")
    if isinstance(xmp, bytes) and len(xmp) <= most and b"Thumbnails" not in xmp:  # previews show what was cut off
        options["xmp"] = TURNED.sub(b"", xmp)
    try:
        tags = _exif(picture, cropped)
        if kind != "TIFF" and tags and len(tags.tobytes()) > most:
            raise ValueError("too long")
    except Exception:  # Pillow raises almost anything over damaged EXIF
        remarks.append("its EXIF cannot be written and is left out")
        return options
    return options | ({"exif": tags} if tags else {})


def _exif(picture: Image.Image, cropped: Image.Image) -> Image.Exif | None:
    """The EXIF of a picture for its crop: upright, of its size, without preview; None if there is none."""
    with _picture_files.pillow_limit(None):
        tags = Image.Image.getexif(picture)
        tags.pop(ExifTags.Base.Orientation, None)
        if picture.format == "TIFF":
            for tag in {*tags} - {*SAID}:
                del tags[tag]
        details = tags.get_ifd(ExifTags.IFD.Exif)
        sides = ExifTags.Base.ExifImageWidth, ExifTags.Base.ExifImageHeight
        details.update((tag, side) for tag, side in zip(sides, cropped.size, strict=True) if tag in details)
        return tags if len(tags) else None


def _is_lossless(source: str | PathLike[str] | bytes) -> bool:
    """Whether a WebP is stored without loss."""
    if isinstance(source, bytes):
        return b"VP8L" in source[:LONGEST_HEAD]
    with open(source, "rb") as file:
        return b"VP8L" in file.read(LONGEST_HEAD)
