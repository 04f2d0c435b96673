"""The values behind a map that was drawn in the colors of a color map: jet, viridis, hot, ..."""

from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from wepsam import colormaps, extras
from wepsam.datasets.errors import DatasetError

NEAR = 40.0  # levels, over the three channels: how far JPEG moves a color
FEW = 0.02  # share of the pixels that may have other colors
MANY = 20_000  # colors; an exact comparison of more would take long
BATCH = 4096  # colors that are compared with the color map at a time


def levels(path: Path, picture: Image.Image, name: str) -> np.ndarray:
    """The values of a picture that is drawn in a color map's colors.

    Args:
        path: of the picture, for errors.
        picture: opaque, without anything else drawn over or under it.
        name: of the color map.

    Returns:
        (H, W) float64 from 0, the first color, to 255, the last.

    Raises:
        DatasetError: no color map has this name, or the picture has other colors.
        ImportError: matplotlib, which knows the color maps, is not installed.
    """
    pixels = np.asarray(picture.convert("RGBA"))
    if (pixels[..., 3] < 255).any():
        raise DatasetError(f"{path} looks like a map drawn as transparency, not like a density in the colors of {name}")
    packed = pixels[..., :3].astype(np.int32) @ np.array([1 << 16, 1 << 8, 1], np.int32)
    if len(np.unique(packed)) > MANY:
        packed = packed & 0xFCFCFC | 0x020202  # six bits a channel; JPEG has moved the colors further
    unique, place, count = np.unique(packed, return_inverse=True, return_counts=True)
    colors = np.stack([unique >> 16, unique >> 8 & 255, unique & 255], axis=-1).astype(np.float32)
    index, distance = _nearest(colors, ramp(name))
    if (other := count[distance > NEAR].sum() / packed.size) > FEW:
        raise DatasetError(f"{path} is not drawn in the colors of {name}: {other:.0%} of its pixels have others")
    return index[place.reshape(packed.shape)]


def _nearest(colors: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each of the (N, 3) colors the value of the nearest known one, from 0 to 255, and the distance to it."""
    index, distance = np.empty(len(colors)), np.empty(len(colors), np.float32)
    for start in range(0, len(colors), BATCH):
        batch = slice(start, start + BATCH)
        apart = ((colors[batch, None] - known) ** 2).sum(axis=-1)
        first, last = apart.argmin(axis=1), len(known) - 1 - apart[:, ::-1].argmin(axis=1)
        index[batch] = (first + last) / 2  # neighbors may have one color
        distance[batch] = np.sqrt(apart.min(axis=1))
    return index * (255 / (len(known) - 1)), distance


@cache
def ramp(name: str) -> np.ndarray:
    """(N, 3) float32 colors of a color map, from those of low values to those of high ones, in levels.

    Raises:
        DatasetError, ImportError: as `levels`.
    """
    if name.removesuffix(colormaps.REVERSED) == colormaps.DEFAULT:
        return colormaps.colors(name).astype(np.float32)
    try:
        import matplotlib
    except ModuleNotFoundError as error:
        raise extras.missing(error, f"reading maps in the colors of {name}") from None
    if name not in matplotlib.colormaps:
        raise DatasetError(f"no color map {name!r:.60}: expected a name of matplotlib's, such as jet, hot or viridis")
    known: np.ndarray = matplotlib.colormaps[name](np.arange(256), bytes=True)[:, :3].astype(np.float32)
    return known
