"""Whether y was read the wrong way around, where the file does not say it: a model knows what people look at.

Mirrored fixations lie inside the pictures as the right ones do, so their places alone do not show it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wepsam import maps, metrics
from wepsam.gaze.pictures import Pictures
from wepsam.gaze.plausible import Piece
from wepsam.gaze.viewing import GazeError, Given

MOST, LEAST = 20, 5  # pictures that are looked at
ENOUGH = 5  # fixations on each
BETTER, SURE = 0.3, 3.0  # NSS, and standard errors, by which the mirrored ones have to fit better


def check(named: Sequence[tuple[str, Piece]], pictures: Pictures, said: Given) -> None:
    """Compare the fixations as they were read, and upside down, with what the light model expects.

    Args:
        named: the fixations of each viewing with the name of its picture.
        pictures: the stimuli.
        said: by the caller; nothing is done if it says where y grows.

    Raises:
        GazeError: upside down they fit far better.
    """
    points: dict[str, list[np.ndarray]] = {}
    for name, piece in named:
        if piece.frame.y is None and said.y is None:
            points.setdefault(name, []).append(piece.pixels)
    together = {name: np.concatenate(every) for name, every in points.items()}
    chosen = [name for name, every in together.items() if len(every) >= ENOUGH]
    if len(chosen) < LEAST:
        return
    chosen = [chosen[place] for place in np.unique(np.linspace(0, len(chosen) - 1, MOST).round().astype(int))]
    from wepsam.prediction.loading import load

    model = load(quality="fast")
    scores = []
    for name in chosen:
        density = model.low_resolution(model.read(pictures.paths[name])[0])
        scores.append([_nss(density, together[name] / pictures.size(name), mirrored) for mirrored in (False, True)])
    found = np.array([row for row in scores if np.isfinite(row).all()])
    if len(found) < LEAST:
        return
    gain = found[:, 1] - found[:, 0]
    error = float(gain.std(ddof=1)) / len(gain) ** 0.5
    if gain.mean() > BETTER and gain.mean() > SURE * error:
        frame = said.over(named[0][1].frame)
        mend = "--origin bottom-left" if frame.of != "picture" and frame.origin in (None, "top-left") else "--y up"
        mend = "--y down" if frame.origin in ("center", "bottom-left") or frame.unit in ("norm", "height") else mend
        raise GazeError(
            f"{named[0][1].source}: y seems to point the other way: upside down, the fixations fit far better what "
            f"people look at in these pictures (NSS {found[:, 1].mean():.2f} instead of {found[:, 0].mean():.2f} on "
            f"{len(found)} pictures); use {mend}, or say --y as it was read ({'up' if mend == '--y down' else 'down'})"
        )


def _nss(density: np.ndarray, shares: np.ndarray, mirrored: bool) -> float:
    """NSS of a density at places in shares of the sides; those outside are left out."""
    places = shares if not mirrored else np.column_stack([shares[:, 0], 1 - shares[:, 1]])
    places = places[((places >= 0) & (places < 1)).all(axis=1)]
    if not len(places):
        return float("nan")
    return metrics.nss(density, maps.moved(places, (1, 1), density.shape), protocol="tuebingen")
