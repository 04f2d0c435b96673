"""One picture, one pass of the network, and all that is said about it."""

import json
import logging
from dataclasses import dataclass
from functools import cached_property
from os import PathLike, fspath
from typing import Any

import numpy as np

from wepsam import kinds, resolve
from wepsam.attention import intervals, scores, shares
from wepsam.attention import reference as references
from wepsam.attention.areas import Area
from wepsam.attention.clutter import clutter
from wepsam.attention.intervals import Group
from wepsam.attention.reading import Given, read_areas
from wepsam.attention.reference import Reference
from wepsam.attention.scores import Scores
from wepsam.attention.shares import AreaScore
from wepsam.calibration import Calibration
from wepsam.calibration.presets import NONE, Named, Which
from wepsam.images import MAX_PIXELS, Source, read_sized, source_name
from wepsam.prediction import predictor
from wepsam.prediction.calibrated import Calibrated, small_density
from wepsam.prediction.predictor import DEFAULT, QUALITIES, Predictor

log = logging.getLogger("wepsam")

DIGITS = 6  # of a number in JSON


@dataclass(frozen=True, eq=False)
class Attention:
    """Where people will look in a picture, and what that means for its areas.

    Attributes:
        picture: its file name, or <array> and the like.
        size: (height, width) in pixels.
        density: (h, w) float64 at the model's own resolution, sums to 1; all numbers are made of it.
        areas: a score for each area, in the order in which they were given.
        elsewhere: the share of what is outside of all areas; 1 without areas.
        shapes: the areas themselves.
        warnings: lines that say what to doubt. Empty: nothing is known.
        model: the name of the model.
        calibration: the name of its calibration.
        group: whose shares the intervals are about.
        fixations: how many independent ones `AreaScore.seen` assumes.
        reference: the pictures that percentiles are among; None: by what the picture looks like.
        stimulus: (H, W, 3) uint8 RGB, the picture as it was decoded, large ones smaller.
        alone: (h, w) the density of the center alone.
    """

    picture: str
    size: tuple[int, int]
    density: np.ndarray
    areas: tuple[AreaScore, ...]
    elsewhere: float
    shapes: tuple[Area, ...]
    warnings: tuple[str, ...]
    model: str
    calibration: str
    group: Group
    fixations: float
    reference: Reference | None
    stimulus: np.ndarray
    alone: np.ndarray

    @cached_property
    def scores(self) -> Scores:
        """The scores of the picture as a whole. They are computed when they are first asked for: clutter takes time."""
        values = {
            "focus_50": scores.focus(self.density, 0.5),
            "focus_80": scores.focus(self.density, 0.8),
            "places": scores.places(self.density, self.size),
            "centeredness": scores.centeredness(self.density, self.alone),
            "clutter": clutter(self.stimulus),
        }
        among = self.reference or references.of_kind(kinds.kind(self.stimulus))
        return Scores(**values, percentiles=among.percentiles(values), reference=among.name)

    @cached_property
    def map(self) -> np.ndarray:
        """(H, W) float32 at the picture's size, its largest value 1, as the model itself gives it."""
        return predictor.saliency_map(self.density, self.size)

    def as_dict(self) -> dict[str, Any]:
        """Everything but the map, for JSON; shapes are in shares of the sides."""
        areas = [score.as_dict() | shape.as_dict() for score, shape in zip(self.areas, self.shapes, strict=True)]
        return {
            "picture": self.picture,
            "width": self.size[1],
            "height": self.size[0],
            "model": self.model,
            "calibration": self.calibration,
            "viewers": self.group.viewers,
            "seconds": self.group.seconds,
            "fixations": self.fixations,
            "areas": rounded(areas),
            "elsewhere": rounded(self.elsewhere),
            "scores": rounded(self.scores.as_dict()),
            "warnings": list(self.warnings),
        }

    def to_json(self) -> str:
        """`as_dict` as a text."""
        return json.dumps(self.as_dict(), indent=1, ensure_ascii=False)


def attend(
    picture: Source,
    areas: Given = None,
    *,
    model: resolve.Model = DEFAULT,
    unit: str | None = None,
    viewers: int = 15,
    seconds: float = 3.0,
    fixations: float | None = None,
    quality: str = QUALITIES[0],
    calibration: Which = None,
    reference: Reference | str | PathLike[str] | None = None,
    max_pixels: int | None = None,
) -> Attention:
    """Say what a picture gets people to look at: one pass of the network for all of it.

        answer = wepsam.attend("page.png", areas=[{"label": "buy", "box": [0.7, 0.1, 0.9, 0.2]}])
        answer.areas[0].share, answer.areas[0].share_low, answer.warnings

    Args:
        picture: a path, bytes, PIL picture or array; see `wepsam.read_image`.
        areas: a file with areas, the content of such a JSON file, or `wepsam.Area`s; docs/attention.md shows the forms.
        model: a `Predictor` (fastest for many pictures), or as `wepsam.predict` takes it.
        unit: of the areas: "shares", "pixels" or "percent"; None: what the file says, or as the numbers look.
        viewers: people in the group whose shares the intervals are about.
        seconds: that each of them looks at the picture.
        fixations: n of the chance to be seen, 1 - (1 - share)**n; None: those of a viewer that count as independent.
        quality: "best" or "fast", if the model is given by name.
        calibration: if the model is given by name; see `wepsam.Predictor`.
        reference: the pictures that the percentiles of scores are among: a file that `wepsam benchmark` wrote,
            "photographs" or "web pages"; None: by what the picture looks like.
        max_pixels: larger pictures are refused before they are decoded; None: the limit of `wepsam.read_image`.

    Raises:
        ImageError: the picture cannot be read.
        AreaError: something is no area; one line.
        ValueError: no such model, quality or calibration, or a group without people.
    """
    group = Group(viewers, seconds)
    if fixations is not None and not 0 < fixations < np.inf:
        raise ValueError(f"fixations is {fixations!r}; expected a number above 0")
    predict = resolve.predictor(model, quality=quality, calibration=calibration)
    stimulus, size = _read(predict, picture, max_pixels or MAX_PIXELS)
    name = source_name(picture)
    shapes = read_areas(areas, size, name, unit)
    density = predict.low_resolution(stimulus) if isinstance(predict, Predictor) else small_density(predict(stimulus))
    alone, doubted = center(predict, density.shape), _doubted(predict, stimulus)
    measured, elsewhere = shares.measure(density, alone, shapes, group, fixations)
    warnings = [kinds.message(doubted, picture)] if doubted else []
    if doubted and (not isinstance(model, Predictor) or model.warn):
        kinds.warn(warnings[0])
    if shapes:
        warnings += ["the intervals were checked on photographs only"] if doubted else []
        warnings += [*_remarks(predict), *intervals.remarks(group), *shares.remarks(shapes, measured, density.shape)]
    return Attention(
        name, size, density, tuple(measured), elsewhere, shapes, tuple(warnings), _name(predict, model),
        _calibration(predict).name, group, group.independent if fixations is None else fixations,
        reference_of(reference, predict), stimulus, alone,
    )  # fmt: skip


def center(predict: resolve.Predict, shape: tuple[int, int]) -> np.ndarray:
    """(height, width) the density of the center alone, under the calibration and the center bias of a model."""
    calibration = _calibration(predict).calibration
    if isinstance(predict, Predictor) and predict.center_bias is not True:
        own = None if predict.center_bias is False else np.asarray(predict.center_bias, dtype=np.float32)
        return calibration.without_center()(np.ones(shape), own)
    return shares.center(shape, calibration)


def rounded(value: Any) -> Any:
    """Numbers to DIGITS significant digits, in lists and objects too."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    return [rounded(one) for one in value] if isinstance(value, list | tuple) else value


def _read(predict: resolve.Predict, picture: Source, max_pixels: int) -> tuple[np.ndarray, tuple[int, int]]:
    """The picture, and its own (height, width)."""
    if isinstance(predict, Predictor):
        return predict.read(picture, max_pixels)
    return read_sized(picture, max_pixels=max_pixels)


def _doubted(predict: resolve.Predict, stimulus: np.ndarray) -> str | None:
    """What the picture looks like, if that is not what the model has learned from."""
    return predict.doubt(stimulus) if isinstance(predict, Predictor) else None


def reference_of(given: Reference | str | PathLike[str] | None, predict: resolve.Predict) -> Reference | None:
    """The reference of a name or a file, as `attend` takes it. A log line says if its maps are of other weights."""
    if given is None or isinstance(given, Reference):
        return given
    found = references.read(given) if fspath(given).endswith(".json") else references.shipped(fspath(given))
    if isinstance(predict, Predictor) and found.model not in ("", predict.card.get("sha256")):
        log.warning("the reference %s was made with other weights than those of %s", found.name, predict.name)
    return found


def _calibration(predict: resolve.Predict) -> Named:
    return predict.calibration if isinstance(predict, Predictor | Calibrated) else Named(NONE, Calibration())


def _name(predict: resolve.Predict, model: resolve.Model) -> str:
    return str(getattr(predict, "name", model if isinstance(model, str) else "model"))


def _remarks(predict: resolve.Predict) -> list[str]:
    """What to say if the intervals were fitted to the errors of something else."""
    fitted, own = intervals.card()["fitted"], _calibration(predict).name
    if not isinstance(predict, Predictor) or predict.card.get("sha256") != fitted["weights"]:
        return [f"the intervals are those of {fitted['model']}: those of this model may be wider"]
    if own != fitted["calibration"]:
        return [f"the intervals are those of the calibration {fitted['calibration']}, not of {own}"]
    return []
