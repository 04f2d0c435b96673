"""A median filter, compiled by numba. Load it by `_frame.loops`, when it is needed."""

# mypy: disable-error-code="no-untyped-def"
import numpy as np
from numba import njit


@njit(cache=True)
def median(channel, radius):  # pragma: no cover - compiled
    """The median of (2 radius + 1)² pixels around each of an (h, w) uint8 channel, mirrored at the border.

    Huang's algorithm: the window's histogram moves along a row, and the median moves with it.
    """
    h, w = channel.shape
    rows, columns = _mirrored(h, radius), _mirrored(w, radius)
    size = 2 * radius + 1
    half = size * size // 2
    out = np.empty_like(channel)
    for y in range(h):
        histogram = np.zeros(256, np.int64)
        middle, below = 0, 0  # number of pixels less than the middle
        for x in range(-size + 1, w):
            for v in range(size):
                row = rows[y + v]
                new = channel[row, columns[x + size - 1]]
                histogram[new] += 1
                below += new < middle
                if x > 0:
                    old = channel[row, columns[x - 1]]
                    histogram[old] -= 1
                    below -= old < middle
            if x >= 0:
                while below > half:
                    middle -= 1
                    below -= histogram[middle]
                while below + histogram[middle] <= half:
                    below += histogram[middle]
                    middle += 1
                out[y, x] = middle
    return out


@njit(cache=True)
def _mirrored(side, radius):  # pragma: no cover - compiled
    """The pixel at each place from -radius to side + radius - 1 of a mirrored side."""
    places = np.empty(side + 2 * radius, np.int64)
    for k in range(places.size):
        place = (k - radius) % (2 * side)
        places[k] = min(place, 2 * side - 1 - place)
    return places
