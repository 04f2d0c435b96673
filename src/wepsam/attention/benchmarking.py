"""Your own pictures as the reference that percentiles are taken in: `wepsam benchmark`."""

import os
import warnings
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from wepsam import kinds, progress, resolve
from wepsam.attention import reference
from wepsam.attention.answers import attend
from wepsam.attention.reference import Reference
from wepsam.calibration.presets import Which
from wepsam.images import ImageError
from wepsam.prediction.predictor import DEFAULT, QUALITIES, Predictor
from wepsam.prediction.targets import Images, found

MOST_NAME = 200  # characters


@dataclass(frozen=True)
class Benchmarked:
    """What `benchmark` has done.

    Attributes:
        reference: of the pictures that could be read.
        failed: a line for each of the others.
    """

    reference: Reference
    failed: tuple[str, ...]


def benchmark(
    pictures: Images,
    out: str | PathLike[str],
    *,
    name: str | None = None,
    model: resolve.Model = DEFAULT,
    quality: str = QUALITIES[0],
    calibration: Which = None,
    max_pixels: int | None = None,
) -> Benchmarked:
    """Make a reference of your own pictures: the percentiles of `wepsam scores` are then among them.

    Args:
        pictures: a folder, or pictures; at least 10 of them have to be readable.
        out: the JSON file to write.
        name: what percentiles say that they are among; by default the name of the folder.
        model: as `attend` takes it.
        quality: as `attend` takes it.
        calibration: as `attend` takes it.
        max_pixels: as `attend` takes it.

    Returns:
        The reference, and the pictures that could not be read.

    Raises:
        ImageError: there are no pictures.
        ValueError: fewer than 10 can be read; no such model, quality or calibration.
    """
    paths = found(pictures)
    first = pictures if isinstance(pictures, str | PathLike) else next(iter(pictures))
    named = Path(os.path.abspath(first)).name if name is None else name
    if not named.isprintable() or not 0 < len(named) <= MOST_NAME:
        raise ValueError(f"the name is {named!r}; expected up to {MOST_NAME} characters on one line")
    predict = resolve.predictor(model, quality=quality, calibration=calibration)
    rows, failed = [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", kinds.PictureWarning)
        for path in progress.track(paths, "scores"):
            try:
                rows.append(attend(path, model=predict, max_pixels=max_pixels).scores.values())
            except ImageError as error:
                failed.append(str(error))
    made = reference.of_scores(named, rows, predict.card["sha256"] if isinstance(predict, Predictor) else "")
    reference.write(out, made)
    return Benchmarked(made, tuple(failed))
