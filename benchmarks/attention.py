"""What areas and scores add to a prediction: python -m benchmarks.attention [--areas N]

One picture of 1280x800, one core, processor time. Of the scores, clutter is shown apart: it is computed only when
scores are asked for.
"""

import argparse

import numpy as np

import wepsam
from benchmarks.common import processor_time, timed
from wepsam import kinds
from wepsam.attention import coverage, scores
from wepsam.attention.answers import Attention
from wepsam.attention.clutter import clutter
from wepsam.markdown import table

MOST = 10.0  # ms that areas and scores may add


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--areas", type=int, default=10)
    options = parser.parse_args()
    picture = photograph(np.random.default_rng(0))
    model = wepsam.load(threads=1, quality="fast")
    areas = boxes(options.areas)

    def attend(given: list[wepsam.Area] | None) -> Attention:
        return wepsam.attend(picture, given, model=model)

    answer = attend(areas)
    small = answer.density

    def quick() -> None:
        scores.focus(small, 0.5), scores.focus(small, 0.8), scores.places(small, answer.size)
        scores.centeredness(small, answer.alone)

    predicted = milliseconds(lambda: model(picture))
    shown = milliseconds(lambda: attend(areas).map)
    rows = [
        ("wepsam-lite, fast: picture -> map", predicted),
        (f"attend with {options.areas} areas, and its map", shown),
        ("of this, whether it is a photograph", milliseconds(lambda: kinds.kind(picture))),
        ("focus, places, centeredness", milliseconds(quick)),
        (f"areas and these scores add (at most {MOST:g})", shown - predicted + milliseconds(quick)),
        ("clutter", milliseconds(lambda: clutter(picture))),
    ]
    print(table(["one picture of 1280x800, one core", "ms"], [[name, f"{value:.2f}"] for name, value in rows]))


def photograph(rng: np.random.Generator) -> np.ndarray:
    """(800, 1280, 3) uint8: blurred colors and some noise, which nobody takes for a page."""
    coarse = rng.random((3, 25, 40))
    grid = (coverage.middles(800) * 24, coverage.middles(1280) * 39)
    rows, columns = (np.floor(place).astype(int) for place in grid)
    smooth = coarse[:, rows[:, None], columns] * 120 + rng.normal(60, 12, (3, 800, 1280))
    return np.ascontiguousarray(np.clip(smooth, 0, 255).astype(np.uint8).transpose(1, 2, 0))


def boxes(count: int) -> list[wepsam.Area]:
    """Areas at random; every third is a polygon."""
    rng = np.random.default_rng(1)
    found = []
    for number in range(count):
        x0, y0 = rng.uniform(0, 0.6, 2)
        x1, y1 = np.array([x0, y0]) + rng.uniform(0.1, 0.4, 2)
        corners = np.array([(x0, y0), (x1, y0), (x1, y1), ((x0 + x1) / 2, y1 + 0.02), (x0, y1)])
        shape = {"polygons": (corners,)} if number % 3 == 2 else {"box": (x0, y0, x1, y1)}
        found.append(wepsam.Area(f"area {number}", **shape))
    return found


def milliseconds(work: object) -> float:
    return 1000 * timed(work, 1, clock=processor_time)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
