"""One picture, one pass of the network, and all that is said about it."""

import dataclasses
import json
import logging
from dataclasses import asdict, dataclass
from functools import cached_property
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

import numpy as np

from wepsam import extras, kinds, resolve
from wepsam.attention import intervals, scores, screens, shares
from wepsam.attention import reference as references
from wepsam.attention.areas import Area
from wepsam.attention.clutter import clutter
from wepsam.attention.hot_spots import HotSpot, hot_spots
from wepsam.attention.intervals import Group
from wepsam.attention.reading import Given, read_areas
from wepsam.attention.reference import Reference
from wepsam.attention.scores import Scores
from wepsam.attention.screens import Viewport
from wepsam.attention.shares import AreaScore
from wepsam.calibration import Calibration
from wepsam.calibration.presets import NONE, Named, Which
from wepsam.images import MAX_PIXELS, Source, read_sized, source_name
from wepsam.prediction import predictor
from wepsam.prediction.calibrated import Calibrated, small_density
from wepsam.prediction.predictor import DEFAULT, QUALITIES, Predictor

if TYPE_CHECKING:
    from wepsam.drawing import Style
    from wepsam.reporting.writing import Reported

log = logging.getLogger("wepsam")

Screen = str | tuple[int, int] | Viewport | None
"""As "1280x800", (width, height) in pixels, or a `Viewport`; None: the picture is seen at once."""

DIGITS = 6  # of a number in JSON
MOST_PARTS = 24  # screens of a page whose clutter is measured


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
        weights: their SHA-256; "" for a model without weights.
        calibration: the name of its calibration.
        group: whose shares the intervals are about.
        fixations: how many independent ones `AreaScore.seen` assumes.
        reference: the pictures that percentiles are among; None: by what the picture looks like.
        stimulus: (H, W, 3) uint8 RGB, the picture as it was decoded, large ones smaller.
        alone: (h, w) the density of the center alone.
        viewport: the screen through which a page was read; None: the picture was seen at once.
        doubted: what the picture looks like, such as "web page", if that is not what the model has learned from.
    """

    picture: str
    size: tuple[int, int]
    density: np.ndarray
    areas: tuple[AreaScore, ...]
    elsewhere: float
    shapes: tuple[Area, ...]
    warnings: tuple[str, ...]
    model: str
    weights: str
    calibration: str
    group: Group
    fixations: float
    reference: Reference | None
    stimulus: np.ndarray
    alone: np.ndarray
    viewport: Viewport | None = None
    doubted: str | None = None

    @cached_property
    def scores(self) -> Scores:
        """The scores of the picture as a whole. They are computed when they are first asked for: clutter takes time."""
        values = {
            "focus_50": scores.focus(self.density, 0.5),
            "focus_80": scores.focus(self.density, 0.8),
            "places": scores.places(self.density, self.size, self.screens),
            "centeredness": scores.centeredness(self.density, self.alone),
            "clutter": float(np.mean([*map(clutter, screens.parts(self.stimulus, self.screens, MOST_PARTS))])),
        }
        among = self.reference or references.of_kind(kinds.kind(self.stimulus))
        return Scores(**values, percentiles=among.percentiles(values), reference=among.name)

    @property
    def screens(self) -> float:
        """How many screens long the picture is; 1 unless it was read screen by screen."""
        return 1.0 if self.viewport is None else self.viewport.screens(self.size)

    @cached_property
    def hot_spots(self) -> list[HotSpot]:
        """The few places that people most likely look at, the largest share first."""
        return hot_spots(self.density)

    @cached_property
    def map(self) -> np.ndarray:
        """(H, W) float32 at the picture's size, its largest value 1, as the model itself gives it."""
        return predictor.saliency_map(self.density, self.size)

    def with_areas(self, areas: Given, unit: str | None = None) -> "Attention":
        """The answer about other areas of the picture; the network does not run again.

        Args:
            areas: as `attend` takes them.
            unit: of the areas; as `attend` takes it.

        Returns:
            Another answer, with these areas in place of its own.

        Raises:
            AreaError: something is no area; one line.
        """
        return _about(self, read_areas(areas, self.size, self.picture, unit))

    def draw(self, kind: str, style: "Style | None" = None) -> np.ndarray:
        """A drawing of the picture; see `wepsam.drawing.draw`.

        Args:
            kind: one of `wepsam.drawing.KINDS`, such as "heat" or "fog".
            style: colors and sizes; None: the usual ones.

        Returns:
            (H, W, 3) uint8 RGB.

        Raises:
            ValueError: no such kind, or there are no areas to draw.
        """
        from wepsam import drawing

        return drawing.draw(self, kind, style or drawing.Style())

    def as_dict(self) -> dict[str, Any]:
        """Everything but the map, for JSON; shapes are in shares of the sides."""
        areas = [score.as_dict() | shape.as_dict() for score, shape in zip(self.areas, self.shapes, strict=True)]
        return {
            "picture": self.picture,
            "width": self.size[1],
            "height": self.size[0],
            "model": self.model,
            "weights": self.weights,
            "calibration": self.calibration,
            "viewers": self.group.viewers,
            "seconds": self.group.seconds,
            "viewport": None if self.viewport is None else [self.viewport.width, self.viewport.height],
            "screens": rounded(self.screens),
            "fixations": rounded(self.fixations),
            "areas": rounded(areas),
            "elsewhere": rounded(self.elsewhere),
            "hot_spots": rounded([asdict(spot) for spot in self.hot_spots]),
            "scores": rounded(self.scores.as_dict()),
            "warnings": list(self.warnings),
        }

    def to_json(self) -> str:
        """`as_dict` as a text."""
        return json.dumps(self.as_dict(), indent=1, ensure_ascii=False)

    def report(self, out: str | PathLike[str], *, title: str | None = None, as_pdf: bool = False) -> "Reported":
        """Write report.html, report.json and areas.csv about this picture into a folder; see `wepsam.report`.

        The picture is not read again, and the network does not run again.

        Args:
            out: folder for the files; those of an earlier report are replaced.
            title: of the page; None: the name of the picture.
            as_pdf: also write report.pdf.

        Returns:
            The paths of the files, and what they say.

        Raises:
            ImportError: Jinja2 is missing.
            ValueError: a file with one of our names is not ours.
        """
        try:
            from wepsam.reporting.writing import of_answer
        except ModuleNotFoundError as error:
            raise extras.missing(error, "a report") from error
        return of_answer(self, out, title, as_pdf)


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
    viewport: Screen = None,
    name: str | None = None,
) -> Attention:
    """Say what a picture gets people to look at: one pass of the network for all of it.

        answer = wepsam.attend("page.png", areas=[{"label": "buy", "box": [0.7, 0.1, 0.9, 0.2]}])
        answer.areas[0].share, answer.areas[0].share_low, answer.warnings

    Args:
        picture: a path, bytes, PIL picture or array; see `wepsam.read_image`.
        areas: a file with areas, the content of such a JSON file, or `wepsam.Area`s;
            docs/how-to/attention.md shows the forms.
        model: a `Predictor` (fastest for many pictures), or as `wepsam.predict` takes it.
        unit: of the areas: "shares", "pixels" or "percent"; None: what the file says, or as the numbers look.
        viewers: people in the group whose shares the intervals are about.
        seconds: that each of them looks at the picture; with a viewport, at each screen of it.
        fixations: n of the chance to be seen, 1 - (1 - share)**n; None: those of a viewer that count as independent.
        quality: "best" or "fast", if the model is given by name.
        calibration: if the model is given by name; see `wepsam.Predictor`.
        reference: the pictures that the percentiles of scores are among: a file that `wepsam benchmark` wrote,
            "photographs" or "web pages"; None: by what the picture looks like.
        max_pixels: larger pictures are refused before they are decoded; None: the limit of `wepsam.read_image`.
        viewport: (width, height) of the screen, if the picture is a page that people scroll, as wide as the screen: it
            is read screen by screen; see `wepsam.attention.screens`. None: the picture is seen at once.
        name: what the picture is called in remarks and in a file with the areas of several pictures; None: as its file.

    Returns:
        All that is said of the picture: `areas` with their shares and intervals, `scores`, `hot_spots`, `map`,
        `warnings`.

    Raises:
        ImageError: the picture cannot be read.
        AreaError: something is no area; one line.
        ValueError: no such model, quality or calibration, a group without people, or no viewport for this picture.

    Examples:
        >>> import numpy as np, wepsam
        >>> picture = np.full((120, 160, 3), 128, np.uint8)
        >>> picture[40:80, 90:130] = 220, 40, 30  # a red square on gray
        >>> square = {"label": "square", "box": [90, 40, 130, 80]}
        >>> (score,) = wepsam.attend(picture, [square], unit="pixels").areas
        >>> score.label, score.share_low < score.share < score.share_high, score.lift > 4
        ('square', True, True)
    """
    group, seen_through = Group(viewers, seconds), screens.viewport(viewport)
    if fixations is not None and not 0 < fixations < np.inf:
        raise ValueError(f"fixations is {fixations!r}; expected a number above 0")
    predict = resolve.predictor(model, quality=quality, calibration=calibration)
    stimulus, size = _read(predict, picture, max_pixels or MAX_PIXELS)
    name = source_name(picture) if name is None else name
    shapes = read_areas(areas, size, name, unit)
    whole = group if seen_through is None else Group(viewers, seconds * seen_through.screens(size))
    density, alone = densities(predict, stimulus, seen_through)
    doubted = _doubted(predict, stimulus)
    if doubted and (not isinstance(model, Predictor) or model.warn):
        kinds.warn(kinds.message(doubted, name))
    answer = Attention(
        name, size, density, (), 1.0, (), (),
        _name(predict, model), _weights(predict), _calibration(predict).name,
        whole, whole.independent if fixations is None else fixations,
        reference_of(reference, predict), stimulus, alone, seen_through, doubted,
    )  # fmt: skip
    return _about(answer, shapes)


def _about(answer: Attention, shapes: tuple[Area, ...]) -> Attention:
    """The answer with these areas in the place of its own, and with what is to be doubted then."""
    measured, elsewhere = shares.measure(answer.density, answer.alone, shapes, answer.group, answer.fixations)
    warnings = [kinds.message(answer.doubted, answer.picture)] if answer.doubted else []
    warnings += screens.remarks(answer.size, answer.viewport)
    if shapes:
        warnings += ["the intervals were checked on photographs only"] if answer.doubted else []
        each = Group(answer.group.viewers, answer.group.seconds / answer.screens)  # of one screen
        warnings += [*_remarks(answer), *intervals.remarks(each)]
        warnings += shares.remarks(shapes, measured, answer.density.shape)
    other = dataclasses.replace(
        answer, areas=tuple(measured), elsewhere=elsewhere, shapes=shapes, warnings=tuple(warnings)
    )
    known = ("scores", "hot_spots", "map")  # they do not depend on areas
    vars(other).update({name: value for name, value in vars(answer).items() if name in known})
    return other


def densities(
    predict: resolve.Predict, stimulus: np.ndarray, viewport: Viewport | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The density of a picture at the model's own resolution, and that of the center alone.

    Args:
        predict: a `Predictor`, or a function (H, W, 3) uint8 -> (H, W) map >= 0.
        stimulus: (H, W, 3) uint8 RGB.
        viewport: the screen through which a page is read; None: it is seen at once.

    Returns:
        Two (h, w) float64 arrays, each sums to 1.
    """

    def look(screen: np.ndarray) -> np.ndarray:
        return predict.low_resolution(screen) if isinstance(predict, Predictor) else small_density(predict(screen))

    if viewport is None:
        density = look(stimulus)
        return density, center(predict, density.shape)
    density, page = screens.read(look, stimulus, viewport)
    alone = center(predict, (page.height, density.shape[1]))
    return density, page.compose(alone for _ in page.tops)


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
    if isinstance(predict, Predictor) and found.model not in ("", _weights(predict)):
        log.warning("the reference %s was made with other weights than those of %s", found.name, predict.name)
    return found


def _calibration(predict: resolve.Predict) -> Named:
    return predict.calibration if isinstance(predict, Predictor | Calibrated) else Named(NONE, Calibration())


def _weights(predict: resolve.Predict) -> str:
    return str(predict.card.get("sha256", "")) if isinstance(predict, Predictor) else ""


def _name(predict: resolve.Predict, model: resolve.Model) -> str:
    return str(getattr(predict, "name", model if isinstance(model, str) else "model"))


def _remarks(answer: Attention) -> list[str]:
    """What to say if the intervals were fitted to the errors of something else."""
    fitted, own = intervals.card()["fitted"], answer.calibration
    if answer.weights != fitted["weights"]:
        return [f"the intervals are those of {fitted['model']}: those of this model may be wider"]
    if own != fitted["calibration"]:
        return [f"the intervals are those of the calibration {fitted['calibration']}, not of {own}"]
    return []
