"""Two pictures beside each other: which areas gained, which lost, and whether one can be sure of it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from os import PathLike
from typing import Any

import numpy as np

from wepsam import resolve
from wepsam.attention import coverage, intervals
from wepsam.attention.answers import Attention, Screen, attend, rounded
from wepsam.attention.reading import Given
from wepsam.attention.reference import Reference
from wepsam.attention.shares import AreaScore
from wepsam.calibration.presets import Which
from wepsam.images import Source
from wepsam.prediction.predictor import DEFAULT, QUALITIES

A_MORE, B_MORE, UNDECIDED = "A gets more", "B gets more", "undecided"
NAMED = 5  # labels without a partner that a remark names


@dataclass(frozen=True)
class Change:
    """How the share of an area differs between two pictures.

    Attributes:
        label: of the area in both.
        share_a: its share in the first picture.
        share_b: its share in the second.
        change: share_b - share_a.
        change_low: the lower end of the 90 % interval of the change that two groups of viewers would show, one for each
            picture.
        change_high: its upper end.
        verdict: A_MORE or B_MORE if the interval excludes 0, otherwise UNDECIDED.
    """

    label: str
    share_a: float
    share_b: float
    change: float
    change_low: float
    change_high: float
    verdict: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two pictures and what differs between them.

    Attributes:
        a: the first picture.
        b: the second.
        changes: of the areas that both have, in the order of the first.
        only_a: labels that the second picture does not have.
        only_b: labels that the first does not have.
        warnings: lines that say what to doubt, with the names of the pictures; those of the answers are among them.
    """

    a: Attention
    b: Attention
    changes: tuple[Change, ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    warnings: tuple[str, ...]

    @cached_property
    def difference(self) -> np.ndarray:
        """(h, w) float64 the density of the second picture minus that of the first, in shares of each cell.

        It sums to 0, on the finer of the two grids, in shares of the sides: the middle of a wide picture lies on the
        middle of a narrow one.
        """
        (rows, columns), (other_rows, other_columns) = self.a.density.shape, self.b.density.shape
        shape = max(rows, other_rows), max(columns, other_columns)
        return coverage.regrid(self.b.density, shape) - coverage.regrid(self.a.density, shape)

    def draw(self) -> np.ndarray:
        """Both maps on one scale, and their difference: (H, W, 3) uint8; see `wepsam.drawing.difference.sheet`."""
        from wepsam.drawing import difference

        a, b = self.a, self.b
        return difference.sheet((a.stimulus, b.stimulus), (a.density, b.density), self.difference)

    @property
    def moved(self) -> float:
        """The share of the attention that lies elsewhere in the second picture, from 0 to 1."""
        return float(np.abs(self.difference).sum() / 2)

    def as_dict(self) -> dict[str, Any]:
        """Everything but the maps, for JSON."""
        return {
            "a": self.a.as_dict(),
            "b": self.b.as_dict(),
            "changes": rounded([change.as_dict() for change in self.changes]),
            "only_a": list(self.only_a),
            "only_b": list(self.only_b),
            "moved": rounded(self.moved),
            "warnings": list(self.warnings),
        }

    def to_json(self) -> str:
        """`as_dict` as a text."""
        return json.dumps(self.as_dict(), indent=1, ensure_ascii=False)


def compare_pictures(
    a: Source,
    b: Source,
    areas: Given = None,
    areas_b: Given = None,
    *,
    model: resolve.Model = DEFAULT,
    unit: str | None = None,
    viewers: int = 15,
    seconds: float = 3.0,
    quality: str = QUALITIES[0],
    calibration: Which = None,
    reference: Reference | str | PathLike[str] | None = None,
    max_pixels: int | None = None,
    viewport: Screen = None,
) -> Comparison:
    """Say which areas of two pictures gain or lose attention, with a verdict only where one can be sure.

        found = wepsam.compare_pictures("old.png", "new.png", areas="areas.json")
        found.changes[0].change, found.changes[0].verdict, found.difference

    Args:
        a: a picture, as `wepsam.attend` takes it.
        b: another one. Of different sizes, they are compared in shares of the sides.
        areas: of both pictures, as `wepsam.attend` takes them; in pixels or percent, of each picture's own.
        areas_b: of the second picture, if they lie elsewhere in it; areas belong together by their label.
        model: a `Predictor` (fastest for many pictures), or as `wepsam.predict` takes it.
        unit: of the areas; see `wepsam.attend`.
        viewers: people in each of two groups, one for each picture, whose shares the intervals are about.
        seconds: that each of them looks at the picture.
        quality: "best" or "fast", if the model is given by name.
        calibration: if the model is given by name; see `wepsam.Predictor`.
        reference: the pictures that the percentiles of scores are among; see `wepsam.attend`.
        max_pixels: larger pictures are refused before they are decoded; None: the limit of `wepsam.read_image`.
        viewport: of long pages, both read through the same screen; see `wepsam.attend`.

    Returns:
        The changes of the areas with their intervals and verdicts, both answers, and where the maps differ.

    Raises:
        ImageError: a picture cannot be read.
        AreaError: something is no area; one line.
        ValueError: as `wepsam.attend`.

    Examples:
        >>> import numpy as np, wepsam
        >>> picture = np.full((120, 160, 3), 128, np.uint8)
        >>> picture[40:80, 90:130] = 220, 40, 30  # a red square on gray
        >>> half = {"label": "right half", "box": [0.5, 0, 1, 1]}
        >>> found = wepsam.compare_pictures(picture, picture[:, ::-1], [half])
        >>> found.changes[0].label, found.changes[0].verdict
        ('right half', 'A gets more')
    """
    predict = resolve.predictor(model, quality=quality, calibration=calibration)
    areas = list(areas) if isinstance(areas, Iterator) else areas  # they are read twice
    first, second = (
        attend(
            picture, given, model=predict, unit=unit, viewers=viewers, seconds=seconds, reference=reference,
            max_pixels=max_pixels, viewport=viewport,
        )
        for picture, given in ((a, areas), (b, areas if areas_b is None else areas_b))
    )  # fmt: skip
    return compared(first, second)


def compared(a: Attention, b: Attention) -> Comparison:
    """What differs between two answers of one model."""
    ours, theirs = {area.label: area for area in a.areas}, {area.label: area for area in b.areas}
    both = [label for label in ours if label in theirs]
    only_a = tuple(label for label in ours if label not in theirs)
    only_b = tuple(label for label in theirs if label not in ours)
    changes = _changes([ours[label] for label in both], [theirs[label] for label in both])
    return Comparison(a, b, tuple(changes), only_a, only_b, tuple(_warnings(a, b, only_a, only_b)))


def _changes(ours: Sequence[AreaScore], theirs: Sequence[AreaScore]) -> list[Change]:
    if not ours:
        return []
    low, high = intervals.of_difference(_ends(ours), _ends(theirs))
    changes = []
    for one, other, least, most in zip(ours, theirs, low.tolist(), high.tolist(), strict=True):
        verdict = B_MORE if least > 0 else A_MORE if most < 0 else UNDECIDED
        changes.append(Change(one.label, one.share, other.share, other.share - one.share, least, most, verdict))
    return changes


def _ends(scores: Sequence[AreaScore]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    shares, low, high = np.array([(area.share, area.share_low, area.share_high) for area in scores]).T
    return shares, low, high


def _warnings(a: Attention, b: Attention, only_a: Sequence[str], only_b: Sequence[str]) -> list[str]:
    """What to doubt: the remarks on each picture, once if both have them, and what does not fit together."""
    lines = [line for line in a.warnings if line in b.warnings]
    lines += [_of(letter, answer, line) for letter, answer in (("A", a), ("B", b)) for line in answer.warnings
              if line not in lines]  # fmt: skip
    if a.size != b.size:
        (height, width), (other_height, other_width) = a.size, b.size
        lines.append(
            f"A is {width}x{height}, B {other_width}x{other_height}: places are compared in shares of the sides"
        )
    for labels, letter in ((only_a, "A"), (only_b, "B")):
        if labels:
            more = f" and {len(labels) - NAMED} more" if len(labels) > NAMED else ""
            lines.append(f"in {letter} only, so without a verdict: {', '.join(labels[:NAMED])}{more}")
    return lines


def _of(letter: str, answer: Attention, line: str) -> str:
    """A remark with the letter of its picture."""
    return f"{letter}: {line.removeprefix(f'{answer.picture}: ')}"
