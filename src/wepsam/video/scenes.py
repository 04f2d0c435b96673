"""Where a clip changes from one scene to the next: hard cuts, found in small frames."""

from collections import deque

import numpy as np

from wepsam.images import resize

SHAPE = (18, 32)  # (height, width) of the frames that are compared
LEAST = 0.09  # mean difference of the values from 0 to 1 that a cut makes at least
LEAST_UNKNOWN = 0.2  # the same where it is not known yet how much the frames of a scene differ
TIMES = 3.0  # a cut differs so many times as much as the frames around it on average
RECENT = 5  # frames that tell what is usual


class Cuts:
    """Says of each frame, in order, whether a scene begins with it."""

    def __init__(self) -> None:
        self._last: np.ndarray | None = None
        self._usual: deque[float] = deque(maxlen=RECENT)

    def begins(self, pixels: np.ndarray) -> bool:
        """Whether this frame, (H, W, 3) uint8, shows another scene than the one before; so does the first."""
        small = resize(pixels, SHAPE).astype(np.float32) / 255
        if self._last is None:
            self._last = small
            return True
        change = float(np.abs(small - self._last).mean())
        self._last = small
        known = len(self._usual) > 1
        if change > (max(LEAST, TIMES * float(np.median(self._usual))) if known else LEAST_UNKNOWN):
            self._usual.clear()
            return True
        self._usual.append(change)
        return False
