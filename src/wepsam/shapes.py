"""The shape in which a network sees a picture, which prediction needs without torch; and sizes as people write them."""

import math
import re
from collections.abc import Iterable

import numpy as np

Shape = tuple[int, int]
"""(height, width) in pixels."""

SIDE_STEP = 32  # pixels: the sides of the light network's input are multiples of it
CELL = 4  # pixels: the side of the square of a network's input that one cell of its map stands for
AREA = 288 * 384  # pixels: about the area of the light network's input
LEAST_AREA = 192 * 256  # pixels: smaller pictures are enlarged to this area
LONGEST = 100_000  # pixels of a screen
MAX_ENLARGEMENT = 1.5  # of a side; larger pictures are not enlarged further: maps get worse (docs/explanation/log.md)


def sides(given: object, what: str, example: str, longest: int = LONGEST) -> tuple[int, int]:
    """A size as people write it.

    Args:
        given: "1280x800", or (width, height) as integers.
        what: is of this size, for the message.
        example: for the message.
        longest: pixels that a side may have.

    Returns:
        (width, height) in pixels.

    Raises:
        ValueError: it is no size, or a side has no pixels or too many.
    """
    values: list[object] = []
    if isinstance(given, str):
        found = re.fullmatch(r"\s*(\d{1,9})\s*[x*\u00d7]\s*(\d{1,9})\s*", given.lower(), re.ASCII)
        values = [int(side) for side in found.groups()] if found else []
    elif isinstance(given, Iterable):
        values = [*given]
    numbers = [int(one) for one in values if isinstance(one, int | np.integer) and not isinstance(one, bool)]
    if not (len(values) == len(numbers) == 2 and all(0 < one <= longest for one in numbers)):
        raise ValueError(
            f"{what} is {given!r:.50}; expected WIDTHxHEIGHT of 1 to {longest:,} pixels a side, such as {example}"
        )
    return numbers[0], numbers[1]


def map_shape(shape: Shape) -> Shape:
    """(height, width) of the map of a network's input of this shape."""
    return shape[0] // CELL, shape[1] // CELL


def within(height: int, width: int, most: int) -> Shape:
    """(height, width) of at most `most` cells a side, at least 1, in about this aspect; smaller shapes stay."""
    return grid(height, width, min(most, max(height, width)))


def grid(height: int, width: int, longer: int) -> Shape:
    """(height, width) with so many cells on the longer side, at least 1 on the other, in about this aspect."""
    share = longer / max(height, width)
    return max(1, round(height * share)), max(1, round(width * share))


def input_shape(height: int, width: int, area: int = AREA) -> Shape:
    """Choose the light network's input shape for a picture.

    The shape keeps about the picture's aspect (at most 4 to 1) and has about the given area. A picture that is small
    for the area gets a smaller shape.

    Args:
        height: of the picture, in pixels.
        width: of the picture, in pixels.
        area: of the input, in pixels.

    Returns:
        (height, width) of the input, both multiples of SIDE_STEP.
    """
    area = min(area, max(LEAST_AREA, round(MAX_ENLARGEMENT**2 * height * width)))
    aspect = min(max(width / height, 1 / 4), 4)
    rows, columns = (area / aspect) ** 0.5 / SIDE_STEP, (area * aspect) ** 0.5 / SIDE_STEP

    def cost(shape: Shape) -> float:
        # Stretching a picture by a tenth is as bad as making it a third larger or smaller.
        stretch, growth = shape[1] / shape[0] / aspect, shape[0] * shape[1] * SIDE_STEP**2 / area
        return abs(math.log(stretch)) + 0.3 * abs(math.log(growth))

    near = [(int(rows) + i, int(columns) + j) for i in (0, 1) for j in (0, 1) if int(rows) + i and int(columns) + j]
    best = min(near, key=cost)
    return best[0] * SIDE_STEP, best[1] * SIDE_STEP


def training_shape(height: int, width: int, area: int = AREA) -> Shape:
    """Choose the light network's input shape for a picture of the training set.

    Unlike `input_shape`, it never enlarges a picture beyond LEAST_AREA: training on enlarged pictures takes longer,
    and the network handles enlarged pictures without it (docs/explanation/log.md).
    """
    return input_shape(height, width, min(area, max(LEAST_AREA, height * width)))
