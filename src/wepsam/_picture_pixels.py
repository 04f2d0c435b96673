"""Any kind of pixel as 8-bit RGB: one rule for each mode of Pillow and each type of array."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from PIL import Image

from wepsam import _float_tiff
from wepsam._gray_levels import WHITES, Levels, find_levels
from wepsam._picture_files import AS_STORED, ImageError

STRIP = 1 << 21  # pixels that are converted at a time, so that a large picture needs no second one in memory


def strips(height: int, width: int) -> Iterator[slice]:
    """The rows of a picture in strips of at most STRIP pixels, but at least one row."""
    rows = max(1, STRIP // width)
    return (slice(top, min(top + rows, height)) for top in range(0, height, rows))


def to_array(picture: Image.Image, orientation: int = 1) -> tuple[np.ndarray, Levels | None]:
    """A decoded picture of any mode as (H, W, 3) uint8 RGB, with transparency over white, turned upright.

    Args:
        picture: of any mode.
        orientation: of EXIF, 1 to 8.

    Returns:
        The pixels; and for 32-bit gray, which values are black and white.
    """
    if hasattr(picture, "predictor"):
        return _from_color_floats(picture)
    width, height = picture.size
    levels = _levels(picture) if picture.mode in ("I", "F") else None
    upright = np.empty((width, height, 3) if orientation >= 5 else (height, width, 3), np.uint8)
    stored = AS_STORED[orientation](upright) if orientation in AS_STORED else upright
    for rows, strip in _crops(picture):
        stored[rows] = np.asarray(_to_rgb(strip, levels))
    return upright, levels


def _from_color_floats(picture: Image.Image) -> tuple[np.ndarray, Levels]:
    """The same of a picture that `_float_tiff.opened` made three times as wide."""

    def values() -> Iterator[tuple[slice, np.ndarray]]:
        for rows, strip in _crops(picture):
            yield rows, _float_tiff.colors(np.asarray(strip), picture.predictor, picture.swapped)  # type: ignore[attr-defined]

    levels = find_levels(lambda: (strip for _, strip in values()), is_float=True)
    if (levels.black, levels.white) not in {(0, white) for white in WHITES}:
        raise ImageError(
            f"a TIFF with colors as floats from {levels.black:g} to {levels.white:g}, so its white is not known; "
            "save it with 8 or 16 bits a channel, or as floats in [0, 1]"
        )
    pixels = np.empty((picture.height, picture.width // _float_tiff.CHANNELS, _float_tiff.CHANNELS), np.uint8)
    for rows, strip in values():
        pixels[rows] = levels.apply(strip)
    return pixels, replace(levels, what="colors as 32-bit floats")


def _crops(picture: Image.Image) -> Iterator[tuple[slice, Image.Image]]:
    width, height = picture.size
    for rows in strips(height, width):
        whole = rows == slice(0, height)
        yield rows, picture if whole else picture.crop((0, rows.start, width, rows.stop))


def _to_rgb(picture: Image.Image, levels: Levels | None = None) -> Image.Image:
    """A picture, or a strip of it, as 8-bit RGB."""
    if levels is not None:
        return Image.fromarray(levels.apply(_values(picture, levels.unsigned))).convert("RGB")
    if picture.mode.startswith("I;16"):
        # Pillow clips these at 255 instead of scaling them.
        values = np.asarray(picture)
        gray = _from_16_bits(values)
        if isinstance(transparent := picture.info.get("transparency"), int):
            gray[values == transparent] = 255
        return Image.fromarray(gray).convert("RGB")
    if not picture.has_transparency_data:
        return picture if picture.mode == "RGB" else picture.convert("RGB")
    if picture.mode == "La":
        picture = picture.convert("LA")  # Pillow has no direct conversion from premultiplied gray to RGBA
    picture = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")


def _levels(picture: Image.Image) -> Levels:
    """The black and white of 32-bit gray."""
    # Pillow's readers of these formats give 16-bit gray in 32 bits, and scale it to 65535.
    if picture.mode == "I" and picture.format in ("PNG", "PPM"):
        return Levels(0, 65535, certain=True)
    tags = getattr(picture, "tag_v2", {})
    # Pillow has signed integers only; unsigned ones (SampleFormat 1) keep their bits.
    unsigned = picture.mode == "I" and picture.format == "TIFF" and tags.get(339, (1,)) == (1,)

    def values() -> Iterator[np.ndarray]:
        return (_values(strip, unsigned) for _, strip in _crops(picture))

    return find_levels(values, picture.mode == "F", unsigned)


def _values(picture: Image.Image, unsigned: bool) -> np.ndarray:
    values = np.asarray(picture)
    return values.view(np.uint32) if unsigned else values


def _from_16_bits(values: np.ndarray) -> np.ndarray:
    table: np.ndarray = ((np.arange(65536) + 128) // 257).astype(np.uint8)
    pixels: np.ndarray = table[values]
    return pixels


def check_array(array: np.ndarray) -> tuple[int, int]:
    """(height, width) of an array that can be a picture; ImageError for any other."""
    shape, kind = array.shape, array.dtype
    if np.ma.is_masked(array):
        raise ImageError(
            f"a masked array with {np.ma.count_masked(array)} of {array.size} values masked, expected all of them; "
            "fill them first: array.filled(value)"
        )
    is_pixel_type = kind.kind in "fb" or (kind.kind == "u" and kind.itemsize <= 2)
    if is_pixel_type and len(shape) in (2, 3) and shape[2:] in ((), (1,), (3,), (4,)) and 0 not in shape:
        return shape[0], shape[1]
    raise ImageError(
        f"got {description(array)}, expected (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) "
        "as uint8, uint16, bool, or float in [0, 1]"
    )


def array_to_rgb(array: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 RGB from any array that `check_array` accepts."""
    height, width = check_array(array)
    array = np.asarray(array)  # without a mask that hides nothing
    if array.dtype.kind == "f" and not (array.min() >= 0 and array.max() <= 1):  # in this form NaN fails too
        raise ImageError(f"got floats from {array.min():g} to {array.max():g}, expected [0, 1]")
    if array.dtype == np.uint8 and array.shape[2:] == (3,):
        return np.ascontiguousarray(array)
    pixels = np.empty((height, width, 3), np.uint8)
    for rows in strips(height, width):
        strip = _to_8_bits(array[rows])
        strip = strip[..., 0] if strip.shape[2:] == (1,) else strip
        pixels[rows] = strip if strip.shape[2:] == (3,) else np.asarray(_to_rgb(Image.fromarray(strip)))
    return pixels


def _to_8_bits(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind == "u":
        return array if array.dtype.itemsize == 1 else _from_16_bits(array)
    if array.dtype.kind == "b":
        return array.astype(np.uint8) * np.uint8(255)
    pixels: np.ndarray = np.rint(array.astype(np.float32) * 255).astype(np.uint8)
    return pixels


def description(array: np.ndarray) -> str:
    return f"{array.dtype} array of shape {array.shape}"
