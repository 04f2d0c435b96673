"""Areas in a mask picture: each gray value, color or index of a palette but 0 is an area."""

from pathlib import Path
from typing import Any

import numpy as np

from wepsam import maps
from wepsam._picture_files import open_map
from wepsam.attention.areas import MOST_MASK_PIXELS, Area, AreaError, Mask

SUFFIXES = (".png", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".jpg", ".jpeg")
FORMATS = ("PNG", "GIF", "BMP", "TIFF", "WEBP")  # a JPEG blurs values at the borders of areas
MOST_VALUES = 256  # more are a picture rather than areas


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
        if picture.width * picture.height > MOST_MASK_PIXELS:
            raise AreaError(f"{picture.width}x{picture.height}, expected at most {MOST_MASK_PIXELS:,} pixels")
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
    # A mask is a whole number of pixels on each side, so its proportions are only about those of the picture.
    if abs(np.log(height * size[1] / (width * size[0]))) > 0.02 + 1 / min(height, width):
        turned = "; is it transposed?" if maps.is_transposed((height, width), size) else ""
        raise AreaError(
            f"the mask is {width}x{height}, the picture {size[1]}x{size[0]}, which are other proportions{turned}"
        )
    found = [int(value) for value in np.unique(values) if value]
    if not found:
        raise AreaError("the mask is 0 everywhere; expected a value above 0 for each area")
    if len(found) > MOST_VALUES:
        raise AreaError(
            f"the mask has {len(found):,} values, expected one for each of up to {MOST_VALUES} areas; was it smoothed?"
        )
    labels = [only] if len(found) == 1 and only else [name.format(value) for value in found]
    return [Area(label, mask=Mask.of(values == value)) for label, value in zip(labels, found, strict=True)]


def _values(picture: Any) -> tuple[np.ndarray, str]:
    """The (H, W) values of a mask picture, and what to call them."""
    if picture.mode == "P":
        return np.asarray(picture), "index {}"
    if picture.mode in ("1", "L", "I;16", "I;16B", "I"):
        values = np.asarray(picture)
        return values.astype(np.int64) if values.dtype.kind != "b" else values, "gray {}"
    if picture.mode == "LA":
        return np.asarray(picture.getchannel(0)), "gray {}"
    if picture.mode not in ("RGB", "RGBA"):
        raise AreaError(f"the mask has pixels of the kind {picture.mode}; expected gray values or colors")
    channels = [np.asarray(picture.getchannel(band), dtype=np.int32) for band in "RGB"]
    if all(np.array_equal(channels[0], other) for other in channels[1:]):
        return channels[0], "gray {}"
    return channels[0] << 16 | channels[1] << 8 | channels[2], "#{:06x}"
