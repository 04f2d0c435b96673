"""What an adaptation changed, to look at: picture, map before, map after, and where people looked."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from wepsam import maps, overlays
from wepsam.adaptation.calibrating import CrossValidated, Seen
from wepsam.calibration.definition import Calibration
from wepsam.evaluation.change import Change
from wepsam.images import resize, save_image

HEIGHT = 220  # pixels of each picture
DARK = 0.6  # of the gray below a map
COLUMNS = ("picture", "before", "after", "people")


def draw(path: Path, seen: Sequence[Seen], result: CrossValidated, default: Calibration, change: Change) -> None:
    """Draw the pictures with the best, the median and the worst change of the log likelihood.

    The map "after" is that of the calibration that was not fitted to the picture. In a row, all maps have one scale.
    """
    order = np.argsort(result.gains, kind="stable")
    rows, captions = [], []
    for what, place in (("best", order[-1]), ("median", order[len(order) // 2]), ("worst", order[0])):
        one = seen[place]
        shape = HEIGHT, max(1, round(HEIGHT * one.sample.size[1] / one.sample.size[0]))
        small = resize(one.sample.stimulus(), shape)
        densities = default(one.density), result.of(place)(one.density), one.sample.density()
        drawn = [maps.to_density(maps.enlarge(density, shape)) for density in densities]
        limits = 0.0, max(float(density.max()) for density in drawn)
        rows.append([small, *(overlays.overlay(_faded(small), density, limits=limits) for density in drawn)])
        before, after = (row.rows[place] for row in (change.before, change.after))
        captions.append([f"{what} change: {one.sample.id}", _scores(before), _scores(after), ""])
    save_image(path, overlays.contact_sheet(rows, labels=COLUMNS, captions=captions, height=HEIGHT), drawn=True)


def _faded(picture: np.ndarray) -> np.ndarray:
    """In dark gray, so that the colors are those of the map."""
    gray = picture.mean(axis=2, keepdims=True) * DARK
    return np.repeat(np.rint(gray).astype(np.uint8), 3, axis=2)


def _scores(row: dict[str, float]) -> str:
    return f"LL {row['log_likelihood']:.2f} nat, CC {row['cc']:.2f}"
