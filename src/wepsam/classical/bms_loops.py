"""The inner loop of Boolean map saliency, compiled by numba. Load it by `_frame.loops`, when it is needed."""

# mypy: disable-error-code="no-untyped-def"
import numpy as np
from numba import njit


@njit(cache=True)
def attention(channels, step, reach):  # pragma: no cover - compiled
    """(h, w) float64 attention map: the sum over all Boolean maps of their surrounded regions.

    A Boolean map is a channel above a threshold, or the complement of that. Its surrounded regions are those that do
    not touch the border (8 neighbors). They are dilated by `reach` pixels to each side and divided by their L2 norm.

    A flood from the border that runs along equal values leaves exactly the surrounded regions dry, those of the map and
    those of its complement. So one flood serves both. The flood, the dilation and the sum are one function, because
    they share their buffers.

    Args:
        channels: (n, h, w) uint8.
        step: levels between two thresholds.
        reach: pixels of the dilation to each side.
    """
    n, h, w = channels.shape
    total = np.zeros((h, w))
    above = np.zeros((h + 2, w + 2), np.uint8)
    wet = np.ones((h + 2, w + 2), np.uint8)  # a frame of wet pixels around the picture: the flood never leaves it
    flat_above, flat_wet = above.reshape(-1), wet.reshape(-1)
    width = w + 2
    neighbors = np.array([-width - 1, -width, -width + 1, -1, 1, width - 1, width, width + 1])
    stack = np.empty(h * w, np.int64)
    regions = np.zeros((2, h, w), np.uint8)  # dry and below, dry and above the threshold; dilated along the rows
    grown = np.zeros((h, w), np.uint8)  # dilated along the columns, too
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
            first, last = h, 0  # the rows that `regions` is not empty in
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
