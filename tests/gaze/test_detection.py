"""Fixations in samples: known ones come back, noisy or not; pieces are joined; what is lost ends them."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.detection import DEGREE, ours, recording, scored
from wepsam.gaze.detection import detect


@pytest.mark.parametrize(("rate", "noise"), [(30, 0.3), (60, 0.3), (120, 0.3), (250, 0.6), (500, 0.6), (1000, 0.6)])
def test_noise_does_not_split_fixations(rate: float, noise: float) -> None:
    found = []
    for seed in range(3):
        gaze, truth, points = recording(rate, noise, seed)
        path = ours(gaze, rate)
        spans = np.column_stack([path.start, path.start + path.duration])
        found.append(scored(spans, path.fixations / DEGREE, truth, points))
    f1, ratio, error = np.mean(found, axis=0)
    assert f1 > 0.85
    assert 0.9 < ratio < 1.15
    assert error < 0.25


def test_by_hand() -> None:
    """200 ms at one place, 300 ms at another, 40 ms lost in the second, then a glance of 30 ms."""
    time = np.arange(0, 0.58, 0.002)
    places = np.where(time[:, None] < 0.2, (100.0, 100.0), (400.0, 100.0))
    places[time >= 0.55] = 700, 400
    places[(time >= 0.3) & (time < 0.34)] = np.nan
    path = detect(np.column_stack([time, places]), 40)
    np.testing.assert_allclose(path.fixations, [(100, 100), (400, 100)])
    np.testing.assert_allclose(path.start, [0, 0.2], atol=0.022)
    np.testing.assert_allclose(path.duration, [0.2, 0.35], atol=0.045)  # a jump takes no time; saccades do


def test_nothing_and_lost_samples() -> None:
    time = np.arange(0, 1, 0.002)
    for samples in (np.empty((0, 3)), np.column_stack([time, np.full((len(time), 2), np.nan)]), np.zeros((1, 3))):
        assert len(detect(samples, 40).fixations) == 0
