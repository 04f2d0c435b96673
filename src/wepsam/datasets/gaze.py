"""Fixations from raw gaze: the eye rests between saccades, which its changes of speed reveal."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


@dataclass(frozen=True)
class SaccadeRule:
    """What counts as a saccade; the rest of the path is fixation.

    The defaults are the values with which MIT1003's authors found its fixations, at 240 samples per second. At another
    rate the times become the nearest whole number of samples, at least one. Much below 120 samples per second, that is
    no longer the same rule.

    Attributes:
        window: seconds over which the speed is averaged.
        ahead: seconds: the speed is compared with the speed this much later.
        change: degrees/s: smallest rise of the speed when a saccade begins, and fall when it ends.
        onset: seconds of the shortest rise; a shorter one is noise.
        brake: seconds after the rise within which the speed must fall, or it was no saccade.
        shortest: seconds of the shortest fixation; a shorter one belongs to the saccades around it.
    """

    window: float = 4 / 240
    ahead: float = 5 / 240
    change: float = 24.0
    onset: float = 3 / 240
    brake: float = 25 / 240
    shortest: float = 12 / 240


RULE = SaccadeRule()


class Scanpath(NamedTuple):
    """The fixations of one recording, in order.

    Attributes:
        fixations: (N, 2) points as (x, y), in the units of the gaze.
        start: (N,) in seconds since the first sample.
        duration: (N,) in seconds.
    """

    fixations: np.ndarray
    start: np.ndarray
    duration: np.ndarray


def find_fixations(gaze: np.ndarray, *, rate: float, pixels_per_degree: float, rule: SaccadeRule = RULE) -> Scanpath:
    """Find the fixations in the raw gaze of one observer on one picture.

    A saccade begins where the speed of the eye rises by 24 degrees/s within 21 ms, and ends after the next fall by the
    same amount. A stretch between saccades is a fixation if it lasts 50 ms; its point is the median of x and of y. The
    rule compares speeds and has no threshold on the speed itself, so drift and smooth pursuit count as fixation.

    Args:
        gaze: (N, 2 or more) samples at equal intervals; the first two columns are x and y in pixels. Lost samples
            (blinks) are NaN and end a fixation. Negative numbers, which some trackers write for lost samples, can stay
            if fixations outside the picture are left out afterwards.
        rate: samples per second.
        pixels_per_degree: pixels per degree of visual angle.
        rule: the thresholds.

    Returns:
        The fixations; none if no samples are left. Fixations that the start or end of the recording cuts off are
        included, with the recorded part of their duration.

    Raises:
        ValueError: gaze has another shape, or rate or pixels_per_degree is not positive.

    References:
        The rule is that of `checkFixations.m` by Barbara Hidalgo-Sotelo, in the database code of Judd, Ehinger, Durand,
        Torralba, "Learning to predict where humans look", ICCV 2009; reimplemented from its behavior.

    Examples:
        >>> import numpy as np
        >>> from wepsam.datasets import find_fixations
        >>> gaze = np.repeat([[100.0, 100.0], [400.0, 300.0]], 60, axis=0)  # two places, a quarter of a second each
        >>> find_fixations(gaze, rate=240, pixels_per_degree=35).fixations.tolist()
        [[100.0, 100.0], [400.0, 300.0]]
    """
    gaze = np.asarray(gaze, dtype=np.float64)
    if gaze.ndim != 2 or gaze.shape[1] < 2:
        raise ValueError(f"gaze has the shape {gaze.shape}, expected (N, 2): one row per sample with x and y")
    if not (rate > 0 and pixels_per_degree > 0):
        raise ValueError(f"rate and pixels_per_degree have to be positive, not {rate} and {pixels_per_degree}")
    gaze = gaze[:, :2]
    shortest = _samples(rule.shortest, rate)
    spans = [
        (first + start, first + stop)
        for first, end in _runs(np.isfinite(gaze).all(axis=1))
        for start, stop in _runs(~_in_saccade(gaze[first:end], rate, pixels_per_degree, rule))
        # As in the original, a fixation cut off by the end of the recording must be longer than the shortest.
        if stop - start >= shortest + (first + stop == end)
    ]
    points = [np.median(gaze[start:stop], axis=0) for start, stop in spans]
    begin, end = np.array(spans, dtype=np.float64).reshape(-1, 2).T / rate
    return Scanpath(np.array(points).reshape(-1, 2), begin, end - begin)


def _in_saccade(gaze: np.ndarray, rate: float, pixels_per_degree: float, rule: SaccadeRule) -> np.ndarray:
    """(N,) bool: which samples of a recording (N, 2) without gaps belong to a saccade."""
    count = len(gaze)
    window, ahead, onset, brake = (_samples(s, rate) for s in (rule.window, rule.ahead, rule.onset, rule.brake))
    step = np.zeros(count)  # speed since the previous sample, in degrees/s; the first sample has none
    step[1:] = np.hypot(*np.diff(gaze, axis=0).T) * rate / pixels_per_degree
    speed = np.convolve(step, np.full(window, 1 / window))[:count]  # mean of the last steps
    change = np.zeros(count)
    end = max(1, count - ahead)
    change[1:end] = speed[1 + ahead :] - speed[1:end]
    falls = np.array([stop for _, stop in _runs(change < -rule.change)], dtype=int)
    in_saccade = np.zeros(count, dtype=bool)
    for start, stop in _runs(change > rule.change):
        fall = np.searchsorted(falls, stop, side="right")  # the first fall that ends later than the rise
        if stop - start >= onset and fall < len(falls) and falls[fall] - stop <= brake:
            in_saccade[start : falls[fall]] = True
    return in_saccade


def _samples(seconds: float, rate: float) -> int:
    return max(1, round(seconds * rate))


def _runs(mask: np.ndarray) -> np.ndarray:
    """(N, 2) integers: start and stop of each run of True."""
    edges = np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8))
    return np.flatnonzero(edges).reshape(-1, 2)
