"""Any kind of pixel as 8-bit RGB: one rule for each mode of Pillow and each type of array."""

import numpy as np
from PIL import Image

from wepsam._picture_files import ImageError


def to_rgb(picture: Image.Image) -> Image.Image:
    """A decoded picture of any mode as 8-bit RGB, with transparency over white."""
    if picture.mode in ("I", "F"):
        whites = (65535,) if picture.mode == "I" else (1, 255, 65535)
        return Image.fromarray(_stretch(np.asarray(picture), whites)).convert("RGB")
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


def _from_16_bits(values: np.ndarray) -> np.ndarray:
    table: np.ndarray = ((np.arange(65536) + 128) // 257).astype(np.uint8)
    pixels: np.ndarray = table[values]
    return pixels


def _stretch(values: np.ndarray, whites: tuple[int, ...]) -> np.ndarray:
    """32-bit gray pixels as uint8, by the rule that `read_image` states."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        raise ImageError("no pixel is a finite number")
    low, high = float(finite.min()), float(finite.max())
    fitting = [white for white in whites if low >= 0 and high <= white]
    black, white = (0.0, fitting[0]) if fitting else (low, high)
    values = np.nan_to_num(values.astype(np.float64), nan=black, posinf=white, neginf=black)
    pixels: np.ndarray = np.rint((values - black) * 255 / (white - black or 1)).astype(np.uint8)
    return pixels


def check_array(array: np.ndarray) -> tuple[int, int]:
    """(height, width) of an array that can be a picture; ImageError for any other."""
    shape, kind = array.shape, array.dtype
    is_pixel_type = kind in (np.uint8, np.uint16, np.bool_) or kind.kind == "f"
    if is_pixel_type and len(shape) in (2, 3) and shape[2:] in ((), (1,), (3,), (4,)) and 0 not in shape:
        return shape[0], shape[1]
    raise ImageError(
        f"got {description(array)}, expected (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) "
        "as uint8, uint16, bool, or float in [0, 1]"
    )


def array_to_rgb(array: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 RGB from any array that `check_array` accepts."""
    check_array(array)
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
    return np.array(to_rgb(Image.fromarray(array[..., 0] if array.shape[2:] == (1,) else array)))


def description(array: np.ndarray) -> str:
    return f"{array.dtype} array of shape {array.shape}"
