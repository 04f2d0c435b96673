"""Read published densities, and refuse pictures that are none: colored heat maps, overlays, points."""

import logging
from pathlib import Path

import numpy as np
from PIL import Image

from wepsam._picture_files import open_map
from wepsam._picture_pixels import strips
from wepsam.datasets.color_values import levels
from wepsam.datasets.errors import DamagedError, DatasetError
from wepsam.datasets.mat_files import MAX_MAP_BYTES, load_mat
from wepsam.files import foreign

FORMATS = ("PNG", "JPEG", "BMP", "TIFF")
HEAT = "a heat map in colors"
WHITES = (1.0, 255.0, 65535.0)  # of 32-bit files, which do not say which value is white
BULK = 0.9995  # share of the pixels that tell which value is white
GRAY = 3  # levels by which the channels of a gray picture may differ: JPEG rounds
RAMP = 400  # colors (5 bit a channel): a heat map has fewer, one over a picture and a photograph have more
MARK = 0.25  # of the largest value: a pixel above is marked. JPEG leaves a sixth beside a white dot
FEW = 0.2  # share of marked pixels: a map of points has fewer

log = logging.getLogger("wepsam")


def read_map(path: Path, colors: str = "") -> np.ndarray:
    """A published density, from a gray picture (8 bit or more) or a .mat file with the variable `I`.

    Args:
        path: the file.
        colors: the name of the color map in which pictures are drawn; "" for gray. See `color_values.levels`.

    Returns:
        (H, W) float64, >= 0.

    Raises:
        DatasetError: the file cannot be read, or does not hold a density; the line says what it looks like.
        OSError: it is not a picture, or a broken one.
    """
    if path.suffix.lower() == ".mat":
        values = np.asarray(load_mat(path, "I", most=MAX_MAP_BYTES))
        if values.ndim != 2 or not values.size or values.dtype.kind not in "biuf":
            raise DatasetError(f"{path}: I has the shape {values.shape}, expected a map (H, W)")
        values = values.astype(np.float64, copy=False)
        _check_range(path, values)
    else:
        values = _read_picture(path, colors)
    if looks_like_points(values):
        raise DatasetError(
            f"{path} looks like a map of points (fixated pixels), not like a density; read a folder of such maps as "
            f"NAME:points=FOLDER, or blur them"
        )
    return values


def read_marks(path: Path) -> np.ndarray:
    """(H, W) bool: the pixels that a map of points marks.

    Raises:
        DatasetError: the picture is colored.
        OSError: it is not a picture.
    """
    values = _read_picture(path)
    return values > values.max() / 2 if values.any() else np.zeros(values.shape, bool)


def looks_like_points(values: np.ndarray) -> bool:
    """Whether a map marks single pixels or dots: everything is black or white, or few pixels are bright and alone."""
    top = values.max()
    marked = values > MARK * top
    if top <= 0 or values.size < 64 or not 0 < marked.mean() < FEW:
        return False
    beside = np.zeros(values.shape, bool)
    for axis in (0, 1):
        for step in (-1, 1):
            moved = np.roll(marked, step, axis)
            np.moveaxis(moved, axis, 0)[0 if step == 1 else -1] = False
            beside |= moved
    alone = marked & ~beside
    between = marked & (values < 0.75 * top)
    return bool(alone.sum() > marked.sum() / 2 or between.sum() < 0.02 * marked.sum())


def _read_picture(path: Path, colors: str = "") -> np.ndarray:
    """(H, W) float64 of a gray picture, or of one in the colors of a color map."""
    with foreign(path, "cannot be read", DamagedError), open_map(path, FORMATS) as picture:
        picture.load()
    if picture.mode in ("I", "F") and picture.format == "TIFF" and not colors:
        return _within_white(path, np.asarray(picture), picture.mode)
    width, height = picture.size
    values = np.empty((height, width))
    for rows in strips(height, width):
        strip = picture.crop((0, rows.start, width, rows.stop))
        values[rows] = levels(path, strip, colors) if colors else _gray(path, strip)
    return values


def _gray(path: Path, strip: Image.Image) -> np.ndarray:
    """(h, w) float32 of some rows of a gray picture."""
    if strip.mode not in ("1", "L", "I", "F") and not strip.mode.startswith("I;"):
        _check_gray(path, strip)
    gray = strip.convert("RGB") if strip.mode in ("P", "PA", "RGBA", "CMYK") else strip
    return np.asarray(gray.convert("F"))


def _check_range(path: Path, values: np.ndarray) -> None:
    """Raise DatasetError for values that no density has."""
    if not np.isfinite(values).all():
        raise DatasetError(f"{path}: {(~np.isfinite(values)).sum()} of {values.size} values are NaN or infinite")
    if values.min() < 0:
        raise DatasetError(f"{path}: the smallest value is {values.min():g}, a density is >= 0 (of a log-density, exp)")


def _within_white(path: Path, values: np.ndarray, mode: str) -> np.ndarray:
    """The values of a 32-bit picture, without the few pixels below black or above white that resampling leaves."""
    if not np.isfinite(values).all():
        _check_range(path, values)
    bulk = np.quantile(values, BULK, method="lower")
    white = next((white for white in WHITES if bulk <= white and (mode == "F" or white > 1)), np.inf)
    above, below = np.count_nonzero(values > white), np.count_nonzero(values < 0)
    if below > (1 - BULK) * values.size or (below and values.min() < -0.1 * min(white, values.max())):
        _check_range(path, values)
    if above:
        log.warning("%s: %g is taken for white; %d pixels above it are clipped", path, white, above)
    clipped = values.astype(np.float64)
    return np.clip(clipped, 0, white, out=clipped)


def _check_gray(path: Path, picture: Image.Image) -> None:
    """Raise DatasetError, with what the picture looks like, unless it is gray and opaque."""
    pixels = np.asarray(picture.convert("RGBA")).reshape(-1, 4)
    color, alpha = pixels[:, :3].astype(np.int16), pixels[:, 3]
    looks = None
    if alpha.min() < 255:
        looks = "a map drawn as transparency"
    elif (color.max(axis=1) - color.min(axis=1)).max() > GRAY:
        coarse = color >> 3
        colors = len(np.unique(coarse @ np.array([1024, 32, 1])))
        looks = HEAT if colors <= RAMP else "a heat map over a picture, or a photograph"
    if looks:
        raise DatasetError(
            f"{path} looks like {looks}, not like a density; expected gray, brighter where people looked"
            + (", or say in which colors it is drawn: NAME:maps:jet=FOLDER" if looks == HEAT else "")
        )
