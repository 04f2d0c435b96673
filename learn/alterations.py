"""What happens to pictures on their way: compressed, resized, cropped, framed. For `learn.kinds`."""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image

Alter = Callable[[np.ndarray, np.random.Generator], np.ndarray]  # (H, W, 3) uint8 and random numbers -> the same kind


def as_it_is(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return picture


def compressed(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As a JPEG of quality 50 to 95."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=int(rng.integers(50, 96)))
    return np.asarray(Image.open(buffer))


def at(longest: int) -> Alter:
    """Resized to so many pixels on the longer side, and compressed."""

    def resized(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        factor = longest / max(picture.shape[:2])
        size = round(picture.shape[1] * factor), round(picture.shape[0] * factor)
        return compressed(np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC)), rng)

    return resized


def cropped(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Two thirds of each side, at a random place."""
    height, width = (2 * side // 3 for side in picture.shape[:2])
    row, column = rng.integers(0, picture.shape[0] - height + 1), rng.integers(0, picture.shape[1] - width + 1)
    return picture[row : row + height, column : column + width]


def inverted(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Dark for light, the simplest dark mode."""
    return 255 - picture


def stacked(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Twice, one below the other, as on a long page."""
    return np.concatenate([picture, picture])


def in_gray(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(Image.fromarray(picture).convert("L").convert("RGB"))


def framed(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Between bars above and below, beside it, or in a frame; black, white or any other color."""
    rows, columns = (int(rng.uniform(0.03, 0.25) * side) for side in picture.shape[:2])
    form = rng.integers(3)
    edges = (rows * (form != 1),) * 2, (columns * (form != 0),) * 2, (0, 0)
    framed = np.pad(picture, edges)
    outside = np.pad(np.zeros(picture.shape[:2], bool), edges[:2], constant_values=True)
    framed[outside] = [(0, 0, 0), (255, 255, 255), rng.integers(0, 256, 3)][rng.integers(3)]
    return compressed(framed, rng)


def recolored(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Darker or lighter, with more contrast or less: some values are clipped."""
    values = (picture - 128.0) * rng.uniform(0.7, 1.4) + 128 + rng.uniform(-30, 30)
    return np.clip(values, 0, 255).astype(np.uint8)


PAGES: dict[str, Alter] = {
    "as JPEG": compressed, "at 512 pixels": at(512), "at 256 pixels": at(256), "cropped": cropped, "inverted": inverted,
    "twice as long": stacked,
}  # fmt: skip
PHOTOGRAPHS: dict[str, Alter] = {
    "as JPEG": compressed, "at 600 pixels": at(600), "cropped": cropped, "in gray": in_gray, "framed": framed,
    "recolored": recolored,
}  # fmt: skip
