"""Fixations in simulated gaze whose truth is known: our two rules, and pymovements' I-VT and I-DT.

    python -m benchmarks.detection --python /path/to/venv/bin/python --into docs/how-to/eye-tracking.md

pymovements' environment is large, so it stays in a virtual environment of its own, whose Python is given. Without it
the table has our rules alone.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from wepsam import markdown
from wepsam.datasets import find_fixations
from wepsam.datasets.gaze import Scanpath
from wepsam.gaze.detection import detect

DEGREE = 36.0  # pixels per degree
RATES = (30, 60, 120, 250, 500, 1000)
NOISE = (0.02, 0.1, 0.3, 0.6)  # degrees, standard deviation of a sample
RECORDINGS, SECONDS = 4, 8.0
HALF = 0.5  # of the union of two fixations that they have to share to be the same
RULES = ("wepsam", "MIT1003's", "I-VT", "I-VT, smoothed", "I-DT")
# What runs in the other environment: the same arrays in, fixations as first and last sample out.
OTHER = """
import json, sys
import numpy as np
from pymovements.events import idt, ivt
from pymovements.transforms.numpy import pos2vel
data = np.load(sys.argv[1])
found = {}
for name in data.files:
    gaze, rate = data[name], float(name.split("|")[0])
    plain = pos2vel(gaze, sampling_rate=rate, method="smooth")
    window = max(3, 2 * round(0.02 * rate) + 1)
    smooth = pos2vel(gaze, sampling_rate=rate, method="savitzky_golay", window_length=window, polyorder=2)
    shortest = max(2, round(0.06 * rate))
    for rule, events in (
        ("I-VT", ivt(plain, minimum_duration=shortest, velocity_threshold=30.0)),
        ("I-VT, smoothed", ivt(smooth, minimum_duration=shortest, velocity_threshold=30.0)),
        ("I-DT", idt(gaze, minimum_duration=shortest, dispersion_threshold=1.5)),
    ):
        frame = events.frame
        found[f"{rule}|{name}"] = [[int(a), int(b)] for a, b in zip(frame["onset"], frame["offset"])]
json.dump(found, open(sys.argv[2], "w"))
"""

Spans = np.ndarray  # (N, 2) seconds


def recording(rate: float, noise: float, seed: int) -> tuple[np.ndarray, Spans, np.ndarray]:
    """Gaze of known fixations: drift, tremor, saccades of the main sequence, a blink, and the tracker's noise.

    Returns:
        (M, 2) degrees, NaN where lost; (N, 2) start and end of each fixation in seconds; (N, 2) points in degrees.
    """
    rng = np.random.default_rng(seed)
    time = np.arange(0, SECONDS, 1 / rate)
    gaze = np.full((len(time), 2), np.nan)
    spans, points = [], []
    now, place = 0.0, rng.uniform(-8, 8, 2)
    while now < SECONDS:
        long = rng.gamma(6, 0.045) + 0.09
        drift = rng.normal(0, 0.15, 2)  # degrees in a second
        within = (time >= now) & (time < now + long)
        gaze[within] = place + drift * (time[within] - now)[:, None]
        if now + long < SECONDS:
            spans.append((now, now + long))
            points.append(place + drift * long / 2)
        goal = np.clip(place + rng.normal(0, 4, 2), -14, 14)
        while np.hypot(*(goal - place)) < 1.2:
            goal = np.clip(place + rng.normal(0, 4, 2), -14, 14)
        flight = 0.021 + 0.0022 * float(np.hypot(*(goal - place)))  # seconds (Carpenter 1988)
        moving = (time >= now + long) & (time < now + long + flight)
        part = (time[moving] - now - long) / flight
        part = part**3 * (10 - 15 * part + 6 * part**2)
        start = place + drift * long
        gaze[moving] = start + part[:, None] * (goal - start)
        now, place = now + long + flight, goal
    lost = rng.uniform(2, SECONDS - 2)
    gaze += rng.normal(0, noise, gaze.shape)
    gaze[(time >= lost) & (time < lost + 0.03)] = np.nan  # a short loss within whatever it meets
    return gaze, np.array(spans), np.array(points)


def scored(found: Spans, places: np.ndarray, truth: Spans, points: np.ndarray) -> tuple[float, float, float]:
    """F1 of fixations that share half of their union with a true one; found for each true one; median error."""
    if not len(found):
        return 0.0, 0.0, float("nan")
    common = np.minimum(found[:, None, 1], truth[None, :, 1]) - np.maximum(found[:, None, 0], truth[None, :, 0])
    union = np.maximum(found[:, None, 1], truth[None, :, 1]) - np.minimum(found[:, None, 0], truth[None, :, 0])
    same = np.maximum(common, 0) / union >= HALF
    rows, columns = np.nonzero(same)
    hits = len(set(columns.tolist()))
    errors = np.hypot(*(places[rows] - points[columns]).T) if len(rows) else np.array([np.nan])
    return 2 * hits / (len(found) + len(truth)), len(found) / len(truth), float(np.median(errors))


def ours(gaze: np.ndarray, rate: float) -> Scanpath:
    """The rule of `wepsam gaze import`."""
    time = np.arange(len(gaze)) / rate
    return detect(np.column_stack([time, gaze * DEGREE]), DEGREE)


def mit(gaze: np.ndarray, rate: float) -> Scanpath:
    """The rule of MIT1003."""
    return find_fixations(gaze * DEGREE, rate=rate, pixels_per_degree=DEGREE)


def measure(python: str | None) -> dict[str, dict[str, tuple[float, float, float]]]:
    """Mean scores of each rule at each rate and noise."""
    made = {
        f"{rate}|{noise}|{seed}": recording(rate, noise, seed)
        for rate in RATES for noise in NOISE for seed in range(RECORDINGS)
    }  # fmt: skip
    other: dict[str, list[list[int]]] = {}
    if python:
        with tempfile.TemporaryDirectory() as place:
            given, taken = Path(place) / "gaze.npz", Path(place) / "found.json"
            np.savez(given, **{name: gaze for name, (gaze, _, _) in made.items()})  # type: ignore[arg-type]
            subprocess.run([python, "-c", OTHER, str(given), str(taken)], check=True)
            other = json.loads(taken.read_text())
    functions: dict[str, Callable[[np.ndarray, float], Scanpath]] = {"wepsam": ours, "MIT1003's": mit}
    found: dict[str, dict[str, list[tuple[float, float, float]]]] = {}
    for name, (gaze, truth, points) in made.items():
        rate, noise, _ = name.split("|")
        for rule in RULES:
            if rule in functions:
                path = functions[rule](gaze, float(rate))
                spans, places = np.column_stack([path.start, path.start + path.duration]), path.fixations / DEGREE
            elif other:
                ends = np.array(other[f"{rule}|{name}"], dtype=int).reshape(-1, 2)
                spans = np.column_stack([ends[:, 0], ends[:, 1] + 1]) / float(rate)
                places = np.array([np.nanmedian(gaze[a : b + 1], axis=0) for a, b in ends]).reshape(-1, 2)
            else:
                continue
            found.setdefault(f"{rate}|{noise}", {}).setdefault(rule, []).append(scored(spans, places, truth, points))
    return {
        key: {rule: tuple(np.nanmean(np.array(values), axis=0).tolist()) for rule, values in rules.items()}  # type: ignore[misc]
        for key, rules in found.items()
    }


def table(scores: dict[str, dict[str, tuple[float, float, float]]]) -> str:
    """Markdown: F1 and, in brackets, how many are found for each true fixation."""
    rules = [rule for rule in RULES if rule in next(iter(scores.values()))]
    lines = ["| samples per second | noise, degrees | " + " | ".join(rules) + " |", "|---" * (2 + len(rules)) + "|"]
    for key, values in scores.items():
        rate, noise = key.split("|")
        cells = [f"{values[rule][0]:.2f} ({values[rule][1]:.2f})" for rule in rules]
        lines.append(f"| {rate} | {noise} | " + " | ".join(cells) + " |")
    means = [f"{np.mean([one[rule][0] for one in scores.values()]):.2f}" for rule in rules]
    lines.append("| mean | | " + " | ".join(means) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", help="the Python of an environment with pymovements")
    parser.add_argument("--into", type=Path, help="a page with a table named detection")
    given = parser.parse_args()
    text = table(measure(given.python))
    if given.into:
        markdown.insert(given.into, "detection", text, write=True)
    else:
        print(text)


if __name__ == "__main__":
    main()
