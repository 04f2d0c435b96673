"""Fixations from raw gaze: recordings whose fixations are known, on paper or because the test put them there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wepsam.datasets import find_fixations
from wepsam.datasets.gaze import SaccadeRule, Scanpath

RATE, DEGREE = 240.0, 34.0


def find(gaze: np.ndarray) -> Scanpath:
    return find_fixations(gaze, rate=RATE, pixels_per_degree=DEGREE)


def jumps(*rests: tuple[float, float, int]) -> np.ndarray:
    """Gaze that rests at x, y for a number of samples, and is at the next place with the next sample."""
    return np.concatenate([np.tile([(x, y)], (count, 1)) for x, y, count in rests]).astype(float)


def looked(found: Scanpath) -> list[tuple[float, float, int, int]]:
    """x, y, first sample and number of samples of each fixation."""
    first, count = np.rint(found.start * RATE).astype(int), np.rint(found.duration * RATE).astype(int)
    return [(*map(float, xy), int(f), int(c)) for xy, f, c in zip(found.fixations, first, count, strict=True)]


# ---- on paper


def test_a_jump_by_hand() -> None:
    """300 pixels with sample 100: the mean of the last four steps is 75 from sample 100 to 103, else 0.

    Five samples ahead it is larger by 75 for 95 to 98, smaller for 100 to 103; the saccade is 95 to 103.
    """
    assert looked(find(jumps((100, 80, 100), (400, 80, 100)))) == [(100, 80, 0, 95), (400, 80, 104, 96)]


@pytest.mark.parametrize("rate", [240, 480])
@pytest.mark.parametrize(("pixels", "fixations"), [(13.5, 1), (13.7, 2)])
def test_the_smallest_saccade(pixels: float, fixations: int, rate: float) -> None:
    """24 degrees/s, as the mean over four samples: a path of 4 x 24 / 240 = 0.4 degrees = 13.6 pixels."""
    gaze = jumps((100, 80, 100), (100, 80 + pixels, 100))
    assert len(find_fixations(gaze, rate=rate, pixels_per_degree=DEGREE).fixations) == fixations


@pytest.mark.parametrize(("samples", "lasts"), [(20, []), (21, [12]), (22, [13])])
def test_the_shortest_fixation_lasts_50_ms(samples: int, lasts: list[int]) -> None:
    """Nine samples of the rest between two jumps count as saccade: five before the second, four after the first."""
    found = looked(find(jumps((100, 80, 100), (200, 80, samples), (300, 80, 100))))
    assert [count for x, _, _, count in found if x == 200] == lasts
    assert [x for x, *_ in found if x != 200] == [100, 300]


@pytest.mark.parametrize(("samples", "lasts"), [(16, []), (17, [13])])
def test_the_last_fixation_lasts_longer(samples: int, lasts: list[int]) -> None:
    found = looked(find(jumps((100, 80, 100), (200, 80, samples))))
    assert [count for x, _, _, count in found if x == 200] == lasts


@pytest.mark.parametrize(("samples", "fixations"), [(25, 2), (26, 1)])
def test_fast_for_long_is_no_saccade(samples: int, fixations: int) -> None:
    """100 degrees/s, which must end within 25 samples to be a saccade."""
    x = 100 + np.cumsum(np.repeat([0, 100 * DEGREE / RATE, 0], [100, samples, 100]))
    assert len(find(np.column_stack([x, np.full(len(x), 80.0)])).fixations) == fixations


@pytest.mark.parametrize(("onset", "fixations"), [(4, 2), (5, 1)])
def test_a_shorter_rise_is_noise(onset: int, fixations: int) -> None:
    """A jump makes the speed rise for four samples."""
    rule, gaze = SaccadeRule(onset=onset / RATE), jumps((100, 80, 100), (400, 80, 100))
    assert len(find_fixations(gaze, rate=RATE, pixels_per_degree=DEGREE, rule=rule).fixations) == fixations


# ---- recordings as an eye makes them


def recording(
    rng: np.random.Generator, rests: list[tuple[float, float, float]], rate: float, noise: float
) -> np.ndarray:
    """Gaze with rests at x, y for some seconds, and saccades of the usual durations and profiles between them."""
    path = []
    for (x, y, seconds), (x2, y2, _) in zip(rests, [*rests[1:], rests[-1]], strict=True):
        path += [(x, y)] * round(seconds * rate)
        degrees = np.hypot(x2 - x, y2 - y) / DEGREE
        # 2.2 ms a degree and 21 ms (Carpenter 1988); the speed rises and falls like a bell.
        phase = np.linspace(0, np.pi, round((0.021 + 0.0022 * degrees) * rate))[1:-1] if degrees else []
        path += [(x + (x2 - x) * share, y + (y2 - y) * share) for share in (1 - np.cos(phase)) / 2]
    return np.array(path) + rng.normal(0, noise, (len(path), 2))


@pytest.mark.parametrize("rate", [120.0, 240.0, 500.0, 1000.0])
def test_fixations_with_jitter(rate: float) -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        rests = [(512.0, 384.0, 0.3)]
        while len(rests) < 9:
            x, y = rng.uniform((0, 0), (1024, 768))
            if np.hypot(x - rests[-1][0], y - rests[-1][1]) > DEGREE:  # saccades of a degree at least
                rests.append((x, y, rng.uniform(0.12, 0.5)))
        noise = 0.02 * DEGREE * min(1, (RATE / rate) ** 0.5)
        found = find_fixations(recording(rng, rests, rate, noise), rate=rate, pixels_per_degree=DEGREE)
        assert len(found.fixations) == len(rests)
        np.testing.assert_allclose(found.fixations, [rest[:2] for rest in rests], atol=1)
        np.testing.assert_allclose(found.duration, [rest[2] for rest in rests], atol=0.04)
        assert (np.diff(found.start) > found.duration[:-1]).all()


def test_noise_and_drift_are_no_saccades() -> None:
    """Samples that scatter by 0.03 degrees, on a drift of 5 degrees/s: one fixation, in the middle of the drift."""
    for seed in range(50):
        gaze = np.random.default_rng(seed).normal(300, 0.03 * DEGREE, (720, 2))
        gaze[:, 0] += np.linspace(0, 15 * DEGREE, 720)
        ((x, y, first, count),) = looked(find(gaze))
        assert (first, count) == (0, 720)
        assert x == pytest.approx(300 + 7.5 * DEGREE, abs=2)
        assert y == pytest.approx(300, abs=0.5)


# ---- laws

GAZE = st.lists(  # rests, jumps, drifts and noise, in any order
    st.tuples(
        st.floats(-20, 20), st.floats(-300, 300), st.floats(-300, 300), st.integers(1, 60), st.sampled_from([0, 1, 3])
    ),
    min_size=1,
    max_size=12,
).map(
    lambda parts: np.concatenate(
        [
            np.column_stack([x + drift * np.arange(count), np.full(count, y)])
            + np.random.default_rng(count).normal(0, noise, (count, 2))
            for drift, x, y, count, noise in parts
        ]
    )
)


def slow(gaze: np.ndarray) -> list[tuple[float, float, int, int]]:
    """The rule as it is told, sample by sample, for 240 Hz and 34 pixels: 24 degrees/s are 3.4 pixels a sample."""
    count = len(gaze)

    def speed(t: int) -> float:
        return sum(float(np.hypot(*(gaze[i] - gaze[i - 1]))) for i in range(max(1, t - 3), t + 1)) / 4

    change = [speed(t + 5) - speed(t) if 1 <= t < count - 5 else 0.0 for t in range(count)] + [0.0]
    resting, t = [True] * count, 0
    while t < count:
        end = t
        while change[end] > 3.4:
            end += 1
        if end - t >= 3:
            for stop in range(end + 1, min(end + 25, count) + 1):
                if change[stop - 1] < -3.4 and change[stop] >= -3.4:
                    resting[t:stop] = [False] * (stop - t)
                    break
        t = max(end, t + 1)
    found, first = [], 0
    for t in range(count + 1):
        if t == count or not resting[t]:
            if t - first >= 12 and (t < count or t - first > 12):
                found.append((*map(float, np.median(gaze[first:t], axis=0)), first, t - first))
            first = t + 1
    return found


@given(GAZE)
def test_as_the_slow_version(gaze: np.ndarray) -> None:
    assert looked(find(gaze)) == slow(gaze)


@given(GAZE)
def test_moved_gaze_moves_the_fixations(gaze: np.ndarray) -> None:
    gaze, way = np.round(gaze), np.array([1000, -50])  # whole pixels: no rounding at the threshold
    one, other = find(gaze), find(gaze + way)
    np.testing.assert_array_equal(one.fixations + way, other.fixations)
    np.testing.assert_array_equal(one.start, other.start)
    np.testing.assert_array_equal(one.duration, other.duration)


@given(GAZE)
def test_only_degrees_count(gaze: np.ndarray) -> None:
    one, other = find(gaze), find_fixations(2 * gaze, rate=RATE, pixels_per_degree=2 * DEGREE)
    np.testing.assert_array_equal(2 * one.fixations, other.fixations)
    np.testing.assert_array_equal(one.start, other.start)


@pytest.mark.parametrize("samples", [12, 13, 720])
def test_a_still_eye_has_one_fixation(samples: int) -> None:
    assert looked(find(jumps((7, 8, samples)))) == [(7, 8, 0, samples)] * (samples > 12)


# ---- lost samples


@pytest.mark.parametrize("samples", [0, 1, 5, 720])
def test_nothing_but_lost_samples(samples: int) -> None:
    found = find(np.full((samples, 2), np.nan))
    assert [len(part) for part in found] == [0, 0, 0]
    assert found.fixations.shape == (0, 2)


def test_a_blink_ends_a_fixation() -> None:
    """Where the eye looks elsewhere after a blink there are two places, and none in the middle."""
    gaze = jumps((100, 80, 50), (100, 80, 30), (300, 90, 50), (5, 5, 30))
    gaze[50:80] = np.nan
    gaze[130:160, 1] = np.inf  # one coordinate is lost: the sample is
    assert looked(find(gaze)) == [(100, 80, 0, 50), (300, 90, 80, 50)]
    gaze[10:12] = np.nan  # 10 samples before it, which are too few, and 38 after
    assert looked(find(gaze)) == [(100, 80, 12, 38), (300, 90, 80, 50)]


def test_a_third_column_is_not_looked_at() -> None:
    gaze = jumps((100, 80, 100), (400, 80, 100))
    assert looked(find(np.column_stack([gaze, np.full(200, np.nan)]))) == looked(find(gaze))


@pytest.mark.parametrize(
    ("gaze", "rate", "degree", "words"),
    [
        (np.zeros((9, 1)), 240, 34, r"\(9, 1\), expected \(N, 2\)"),
        (np.zeros(9), 240, 34, r"\(9,\), expected"),
        (np.zeros((9, 2)), 0, 34, "have to be positive, not 0 and 34"),
        (np.zeros((9, 2)), 240, -1, "have to be positive, not 240 and -1"),
    ],
)
def test_mistakes(gaze: np.ndarray, rate: float, degree: float, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        find_fixations(gaze, rate=rate, pixels_per_degree=degree)
