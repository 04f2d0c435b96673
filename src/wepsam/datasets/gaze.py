"""Fixations from raw gaze: where the eye rested, between the saccades that its changes of speed give away."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


@dataclass(frozen=True)
class SaccadeRule:
    """What counts as a saccade, and what is left of the path as a fixation.

    The values are those by which MIT1003's authors found its fixations, at 240 samples a second. At another rate the
    times become the nearest whole number of samples, at least one; much below 120 a second that is no longer the rule.
    """

    window: float = 4 / 240  # s, over which the speed is averaged
    ahead: float = 5 / 240  # s, to the later speed with which it is compared
    change: float = 24.0  # degrees/s, by which the speed rises at least when a saccade begins, and falls when it ends
    onset: float = 3 / 240  # s, for which it rises so at least; less is noise
    brake: float = 25 / 240  # s, after the rise, by which it must have fallen; else it was no saccade
    shortest: float = 12 / 240  # s, of a fixation; what is shorter belongs to the saccades around it


RULE = SaccadeRule()


class Scanpath(NamedTuple):
    """The fixations of one recording, in order.

    Attributes:
        fixations: (N, 2) points as (x, y), in the units of the gaze.
        start: (N,) seconds since the first sample.
        duration: (N,) seconds.
    """

    fixations: np.ndarray
    start: np.ndarray
    duration: np.ndarray


def find_fixations(gaze: np.ndarray, *, rate: float, pixels_per_degree: float, rule: SaccadeRule = RULE) -> Scanpath:
    """The fixations in the raw gaze of one observer on one picture.

    A saccade begins where the speed of the eye rises by 24 degrees/s within 21 ms, and ends with the fall by as much
    that follows. All between saccades is fixation, if it lasts 50 ms; it lies at the median of its x and of its y.
    Since it compares speeds, and puts no threshold on the speed itself, drift and smooth pursuit are fixation to it.

    Args:
        gaze: (N, 2 or more) samples at equal intervals, x and y in pixels first. Lost samples (blinks) are NaN: they
            end a fixation. A tracker that writes negative numbers for them may be left so, if fixations beside the
            picture are left out afterwards.
        rate: samples a second.
        pixels_per_degree: of visual angle.
        rule: the thresholds.

    Returns:
        The fixations; none where no sample is left. Those that the recording cuts off, at its start and its end, are
        among them, with the duration that was recorded.

    Raises:
        ValueError: gaze is of another shape, rate or pixels_per_degree are not positive.

    References:
        The rule: `checkFixations.m` by Barbara Hidalgo-Sotelo, in the database code of Judd, Ehinger, Durand,
        Torralba, "Learning to predict where humans look", ICCV 2009; written anew from what it does.
    """
    gaze = np.asarray(gaze, dtype=np.float64)
    if gaze.ndim != 2 or gaze.shape[1] < 2:
        raise ValueError(f"gaze has the shape {gaze.shape}, expected (N, 2): a row for each sample, x and y")
    if not (rate > 0 and pixels_per_degree > 0):
        raise ValueError(f"rate and pixels_per_degree are positive, not {rate} and {pixels_per_degree}")
    gaze = gaze[:, :2]
    shortest = _samples(rule.shortest, rate)
    spans = [
        (first + start, first + stop)
        for first, end in _runs(np.isfinite(gaze).all(axis=1))
        for start, stop in _runs(~_in_saccade(gaze[first:end], rate, pixels_per_degree, rule))
        # As in the original: what the end of the recording cuts off must be longer than the shortest, not just as long.
        if stop - start >= shortest + (first + stop == end)
    ]
    places = [np.median(gaze[start:stop], axis=0) for start, stop in spans]
    begin, end = np.array(spans, dtype=np.float64).reshape(-1, 2).T / rate
    return Scanpath(np.array(places).reshape(-1, 2), begin, end - begin)


def _in_saccade(gaze: np.ndarray, rate: float, pixels_per_degree: float, rule: SaccadeRule) -> np.ndarray:
    """(N,) bool: which samples of an unbroken recording, (N, 2), belong to a saccade."""
    count = len(gaze)
    window, ahead, onset, brake = (_samples(s, rate) for s in (rule.window, rule.ahead, rule.onset, rule.brake))
    step = np.zeros(count)  # from the sample before, in degrees/s; the first has none
    step[1:] = np.hypot(*np.diff(gaze, axis=0).T) * rate / pixels_per_degree
    speed = np.convolve(step, np.full(window, 1 / window))[:count]  # of the last steps
    change = np.zeros(count)
    known = max(1, count - ahead)
    change[1:known] = speed[1 + ahead :] - speed[1:known]
    falls = np.array([stop for _, stop in _runs(change < -rule.change)], dtype=int)
    found = np.zeros(count, dtype=bool)
    for start, stop in _runs(change > rule.change):
        fall = np.searchsorted(falls, stop, side="right")  # the first that ends later than the rise
        if stop - start >= onset and fall < len(falls) and falls[fall] - stop <= brake:
            found[start : falls[fall]] = True
    return found


def _samples(seconds: float, rate: float) -> int:
    return max(1, round(seconds * rate))


def _runs(mask: np.ndarray) -> np.ndarray:
    """(N, 2) integers: start and stop of each stretch of True."""
    edges = np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8))
    return np.flatnonzero(edges).reshape(-1, 2)
