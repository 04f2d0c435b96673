"""In which shape a network sees a picture. Apart, for predicting needs it without torch and training with it."""

import math

STRIDE = 32  # the light network's input has sides that are multiples of it
AREA = 288 * 384  # pixels of its input, about
LEAST_AREA = 192 * 256  # smaller pictures are enlarged to this
ENLARGED = 1.5  # times its sides is as large as any other picture is made: beyond, maps get worse (docs/log.md)


def input_shape(height: int, width: int, area: int = AREA) -> tuple[int, int]:
    """(H, W), multiples of 32, for a picture of this size: about its aspect (at most 4 to 1), and about the area.

    A picture that is small for the area gets a smaller one.
    """
    area = min(area, max(LEAST_AREA, round(ENLARGED**2 * height * width)))
    aspect = min(max(width / height, 1 / 4), 4)
    rows, columns = (area / aspect) ** 0.5 / STRIDE, (area * aspect) ** 0.5 / STRIDE

    def unlike(shape: tuple[int, int]) -> float:
        # A picture stretched by a tenth is as bad as one a third larger or smaller.
        stretched, larger = shape[1] / shape[0] / aspect, shape[0] * shape[1] * STRIDE**2 / area
        return abs(math.log(stretched)) + 0.3 * abs(math.log(larger))

    near = [(int(rows) + i, int(columns) + j) for i in (0, 1) for j in (0, 1) if int(rows) + i and int(columns) + j]
    best = min(near, key=unlike)
    return best[0] * STRIDE, best[1] * STRIDE
