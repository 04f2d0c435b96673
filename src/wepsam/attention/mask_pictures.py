"""Areas in a mask picture: each gray value, color or index of a palette but 0 is an area."""

from pathlib import Path
from typing import Any

import numpy as np

from wepsam import maps
from wepsam._picture_files import open_map
from wepsam.attention.areas import MOST_MASKS, Area, AreaError, Mask, check_size

SUFFIXES = (".png", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".jpg", ".jpeg")
FORMATS = ("PNG", "GIF", "BMP", "TIFF", "WEBP")  # a JPEG blurs values at the borders of areas


def read(path: Path, size: tuple[int, int]) -> list[Area]:
    """The areas of a mask in a picture file.

    They are labeled "gray 128", "#ff0000" or "index 3"; a mask of one value has the name of its file.

    Args:
        path: PNG, GIF, BMP, TIFF or lossless WebP; it may have another size than the picture, in the same proportions.
        size: (height, width) of the picture.

    Raises:
        AreaError: it holds no areas, or its proportions are others than those of the picture.
    """
    if path.suffix.lower() in (".jpg", ".jpeg"):
        raise AreaError("a JPEG blurs the values of a mask; save it as PNG")
    with open_map(path, FORMATS) as picture:
        check_size(picture.height, picture.width)
        values, name = _values(picture)
    return of_values(values, size, name, path.stem)


def of_values(values: np.ndarray, size: tuple[int, int], name: str = "value {}", only: str = "") -> list[Area]:
    """The areas of an (H, W) array of whole numbers, or of yes and no.

    Args:
        values: 0 is outside of all areas.
        size: (height, width) of the picture.
        name: of an area, with {} for its value.
        only: the name if there is only one value; by default as the others.
    """
    if values.ndim != 2 or values.dtype.kind not in "bui" or not values.size:
        raise AreaError(f"the mask is {values.dtype} of the shape {values.shape}, expected (H, W) whole numbers")
    height, width = values.shape
    check_size(height, width)
    # A mask is a whole number of pixels on each side, so its proportions are only about those of the picture.
    if abs(np.log(height * size[1] / (width * size[0]))) > 0.02 + 1 / min(height, width):
        turned = "; is it transposed?" if maps.is_transposed((height, width), size) else ""
        raise AreaError(
            f"the mask is {width}x{height}, the picture {size[1]}x{size[0]}, which are other proportions{turned}"
        )
    count = len(np.unique(values[values != 0]))
    if count == 0:
        raise AreaError("the mask is 0 everywhere; expected a value above 0 for each area")
    if count > MOST_MASKS:
        raise AreaError(f"the mask has {count:,} values, expected one for each of {MOST_MASKS} areas; was it smoothed?")
    masks = Mask.of_values(values)
    return [Area(only if count == 1 and only else name.format(value), mask=mask) for value, mask in masks.items()]


def _values(picture: Any) -> tuple[np.ndarray, str]:
    """The (H, W) values of a mask picture, and what to call them."""
    if picture.mode == "P":
        return np.asarray(picture), "index {}"
    if picture.mode in ("1", "L", "I;16", "I;16B", "I"):
        return np.asarray(picture), "gray {}"
    if picture.mode == "LA":
        return np.asarray(picture.getchannel(0)), "gray {}"
    if picture.mode not in ("RGB", "RGBA"):
        raise AreaError(f"the mask has pixels of the kind {picture.mode}; expected gray values or colors")
    red, green, blue = (np.asarray(picture.getchannel(band)) for band in "RGB")
    if np.array_equal(red, green) and np.array_equal(red, blue):
        return red, "gray {}"
    return np.int32(1 << 16) * red + np.int32(1 << 8) * green + blue, "#{:06x}"
