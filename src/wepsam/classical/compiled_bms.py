"""The inner loops of Boolean map saliency, compiled by numba. Imported when used: numba takes a while."""

# mypy: disable-error-code="no-untyped-def"
import numpy as np
from numba import njit


@njit(cache=True)
def attention(channels, step, reach):  # pragma: no cover - compiled
    """What all Boolean maps say together: each channel (n, h, w) uint8 above each threshold, and the complement.

    Of each map the regions count that do not touch the border (8 neighbors), dilated by `reach` pixels to each side and
    divided by their L2 norm. They are what a flood from the border leaves dry, which runs along equal values: so one
    flood serves a map and its complement. (h, w) float64.
    """
    n, h, w = channels.shape
    total = np.zeros((h, w))
    above = np.zeros((h + 2, w + 2), np.uint8)
    wet = np.ones((h + 2, w + 2), np.uint8)  # a frame of wet pixels around the picture: the flood never leaves it
    flat_above, flat_wet = above.reshape(-1), wet.reshape(-1)
    width = w + 2
    neighbors = np.array([-width - 1, -width, -width + 1, -1, 1, width - 1, width, width + 1])
    stack = np.empty(h * w, np.int64)
    regions = np.zeros((2, h, w), np.uint8)  # dry and false, dry and true; dilated along the rows
    grown = np.zeros((h, w), np.uint8)  # and along the columns
    for c in range(n):
        channel = channels[c]
        for threshold in range(int(channel.min()), int(channel.max()), step):
            for y in range(h):
                above[y + 1, 1 : w + 1] = channel[y] > threshold
                wet[y + 1, 1 : w + 1] = 0
            top = 0
            for y in range(1, h + 1):
                for x in range(1, w + 1, 1 if y in (1, h) else max(1, w - 1)):
                    wet[y, x] = 1
                    stack[top] = y * width + x
                    top += 1
            while top:
                top -= 1
                place = stack[top]
                for k in range(8):
                    near = place + neighbors[k]
                    if not flat_wet[near] and flat_above[near] == flat_above[place]:
                        flat_wet[near] = 1
                        stack[top] = near
                        top += 1
            first, last = h, 0  # rows with anything in `regions`
            for y in range(1, h - 1):
                for x in range(1, w - 1):
                    if not wet[y + 1, x + 1]:
                        for near in range(max(0, x - reach), min(w, x + reach + 1)):
                            regions[above[y + 1, x + 1], y, near] = 1
                        first, last = min(first, y), max(last, y + 1)
            low, high = max(0, first - reach), min(h, last + reach)
            for kind in range(2):
                count = 0
                for y in range(low, high):
                    grown[y] = 0
                    for near in range(max(first, y - reach), min(last, y + reach + 1)):
                        for x in range(w):
                            grown[y, x] |= regions[kind, near, x]
                    for x in range(w):
                        count += grown[y, x]
                if count:
                    share = 1 / np.sqrt(count)
                    for y in range(low, high):
                        for x in range(w):
                            total[y, x] += grown[y, x] * share
                    regions[kind, first:last] = 0
    return total


@njit(cache=True)
def median(channel, radius):  # pragma: no cover - compiled
    """The median of (2 radius + 1)² pixels around each of an (h, w) uint8 channel, mirrored at the border.

    Huang's way: the window's histogram moves along a row, and the median with it.
    """
    h, w = channel.shape
    rows, columns = _mirrored(h, radius), _mirrored(w, radius)
    size = 2 * radius + 1
    half = size * size // 2
    out = np.empty_like(channel)
    for y in range(h):
        histogram = np.zeros(256, np.int64)
        middle, below = 0, 0  # how many pixels are less than the middle
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
    """Which pixel of a side stands at each of -radius to side + radius - 1."""
    places = np.empty(side + 2 * radius, np.int64)
    for k in range(places.size):
        place = (k - radius) % (2 * side)
        places[k] = min(place, 2 * side - 1 - place)
    return places
