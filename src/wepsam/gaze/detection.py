"""Fixations in raw gaze, noisy or not: smooth, find what is slow, join what belongs together.

The rule of MIT1003 (`wepsam.datasets.find_fixations`) compares speeds over 17 ms: noise above a twentieth of a degree
splits its fixations. This one is for people's own recordings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wepsam.datasets.gaze import Scanpath


@dataclass(frozen=True)
class Rule:
    """What counts as a fixation; times in seconds, angles in degrees.

    The defaults are usual ones: 30 degrees/s (Olsen 2012 for Tobii's filter), joined if 75 ms and half a degree apart,
    no shorter than 60 ms.
    """

    speed: float = 30.0  # degrees/s: slower is fixation
    noise: float = 3.0  # times the noise of the speed, where that is more
    gap: float = 0.075  # longest loss that is filled in, and longest time between two parts of one fixation
    apart: float = 0.5  # degrees between the parts
    shortest: float = 0.060
    median: float = 0.020  # width of the median filter, which takes out spikes
    window: float = 0.020  # time over which the speed is measured
    slow: float = 45.0  # samples per second; below it, speeds are too coarse, and dispersion decides
    dispersion: float = 1.5  # degrees, the sum of the extents in x and y
    spread: float = 7.0  # standard deviations of the noise, where that is more


RULE = Rule()


def detect(samples: np.ndarray, pixels_per_degree: float, rule: Rule = RULE) -> Scanpath:
    """The fixations in the gaze of one observer on one picture.

    Args:
        samples: (N, 3) time in seconds, rising, and x, y in pixels; NaN where lost.
        pixels_per_degree: of visual angle.
        rule: the thresholds.

    Returns:
        The fixations; a point is the median of its samples in x and in y. None for fewer than three samples.
    """
    time, gaze = samples[:, 0], np.asarray(samples[:, 1:3], dtype=np.float64)
    steps = np.diff(time)
    steps = steps[steps > 0]
    if len(samples) < 3 or not len(steps):
        return Scanpath(np.empty((0, 2)), np.empty(0), np.empty(0))
    step = float(np.median(steps))
    known = np.asarray(np.isfinite(gaze).all(axis=1))
    if 1 / step < rule.slow:
        spans = _dense(time, gaze, known, pixels_per_degree, rule)
    else:
        spans = _slow(time, gaze, known, step, pixels_per_degree, rule)
    spans = _joined(spans, time, gaze, pixels_per_degree, rule, step)
    spans = [span for span in spans if time[span[1] - 1] - time[span[0]] + step >= rule.shortest - 1e-9]
    points = [np.nanmedian(gaze[first:stop], axis=0) for first, stop in spans]
    start = np.array([time[first] for first, _ in spans])
    end = np.array([time[stop - 1] + step for _, stop in spans])
    return Scanpath(np.array(points).reshape(-1, 2), start.reshape(-1), (end - start).reshape(-1))


def _slow(
    time: np.ndarray, gaze: np.ndarray, known: np.ndarray, step: float, pixels_per_degree: float, rule: Rule
) -> list[tuple[int, int]]:
    """Stretches in which the eye is slower than the threshold (I-VT), which rises with the noise."""
    filled = gaze.copy()
    for axis in range(2):
        if known.sum() >= 2:
            filled[~known, axis] = np.interp(time[~known], time[known], gaze[known, axis])
    lost = _runs(~known)
    gone = np.zeros(len(time), bool)
    for first, stop in lost:
        gone[first:stop] = time[stop - 1] - time[first] + step > rule.gap
    smooth = _median(filled, 2 * int(rule.median / step / 2 + 0.3) + 1)
    half = max(1, round(rule.window / step / 2))
    smooth = _mean(smooth, half)
    speed = np.zeros(len(time))
    ahead, behind = np.minimum(np.arange(len(time)) + half, len(time) - 1), np.maximum(np.arange(len(time)) - half, 0)
    span = np.maximum(time[ahead] - time[behind], step)
    speed = np.hypot(*(smooth[ahead] - smooth[behind]).T) / pixels_per_degree / span
    usable = speed[~gone & np.isfinite(speed)]
    # Most samples are noise around a fixation; saccades are the few fast ones.
    level = float(np.median(usable)) if len(usable) else 0.0
    threshold = max(rule.speed, rule.noise * level)
    return [(int(first), int(stop)) for first, stop in _runs((speed < threshold) & ~gone)]


def _dense(
    time: np.ndarray, gaze: np.ndarray, known: np.ndarray, pixels_per_degree: float, rule: Rule
) -> list[tuple[int, int]]:
    """Stretches of samples that lie close together (I-DT), for rates at which a saccade is shorter than a step."""
    places = np.flatnonzero(known)
    spans, start = [], 0
    steps = np.abs(np.diff(gaze[places], axis=0))
    # Most steps are noise, whose difference has the square root of 2 times its deviation.
    noise = float(np.median(steps)) * 1.4826 / 2**0.5 if len(steps) else 0.0
    most = max(rule.dispersion * pixels_per_degree, rule.spread * noise)

    def extent(first: int, last: int) -> float:
        part = gaze[places[first : last + 1]]
        return float(np.ptp(part, axis=0).sum())

    while start < len(places):
        last = start
        while (
            last + 1 < len(places)
            and time[places[last + 1]] - time[places[last]] <= max(rule.gap, 0.25)
            and extent(start, last + 1) <= most
        ):
            last += 1
        if last > start:
            spans.append((int(places[start]), int(places[last]) + 1))
        start = last + 1
    return spans


def _joined(
    spans: list[tuple[int, int]], time: np.ndarray, gaze: np.ndarray, pixels_per_degree: float, rule: Rule, step: float
) -> list[tuple[int, int]]:
    """Stretches joined that are near to each other in time and place: parts of one fixation that noise has split."""
    joined: list[tuple[int, int]] = []
    for first, stop in spans:
        if not np.isfinite(gaze[first:stop]).all(axis=1).any():
            continue
        if joined:
            start, end = joined[-1]
            near = time[first] - time[end - 1] - step <= rule.gap
            distance = np.hypot(*(np.nanmedian(gaze[first:stop], axis=0) - np.nanmedian(gaze[start:end], axis=0)))
            if near and distance <= rule.apart * pixels_per_degree:
                joined[-1] = start, stop
                continue
        joined.append((first, stop))
    return joined


def _median(values: np.ndarray, width: int) -> np.ndarray:
    """The running median over an odd number of samples, the ends repeated."""
    if width < 3 or len(values) < width:
        return values
    half = width // 2
    padded = np.pad(values, ((half, half), (0, 0)), mode="edge")
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, width, axis=0), axis=-1))


def _mean(values: np.ndarray, half: int) -> np.ndarray:
    """The running mean over 2 * half + 1 samples, fewer at the ends."""
    sums = np.concatenate([np.zeros((1, 2)), np.cumsum(values, axis=0)])
    low = np.maximum(np.arange(len(values)) - half, 0)
    high = np.minimum(np.arange(len(values)) + half + 1, len(values))
    return np.asarray((sums[high] - sums[low]) / (high - low)[:, None])


def _runs(mask: np.ndarray) -> np.ndarray:
    """(N, 2) integers: start and stop of each run of True."""
    edges = np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8))
    return np.flatnonzero(edges).reshape(-1, 2)
