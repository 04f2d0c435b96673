"""What a fitted calibration means, in sentences for people.

A number is mentioned if it differs from the default's by more than its threshold, and if its 95 % interval leaves the
default out. The words say something about people only where the maps agree: a higher center weight means "closer to the
center" only if the maps moved there, because a lower power moves them away.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit

from wepsam.calibration.definition import LIMITS, Calibration
from wepsam.calibration.fitting import Observation, at_width
from wepsam.calibration.presets import TYPICAL, Named
from wepsam.evaluation.change import Change
from wepsam.evaluation.comparison import TITLES

CONFIDENCE = 0.95
LIKELIHOOD = TITLES["log_likelihood"]  # has a sentence of its own
LEAST_MOVE = 0.003  # of the mean distance from the center, in half diagonals: less is no move
LEAST_GROWTH = 0.02  # of the area that the maps cover, relative


@dataclass(frozen=True)
class Word:
    """How one number is spoken about.

    Attributes:
        name: the field of `Calibration`.
        threshold: the least difference that is worth a word, on the scale.
        scale: "ratio": differences are those of logarithms; "difference".
        shown: the number in words.
        more: said of a higher number.
        less: said of a lower number.
        plain: said of a higher and a lower number if the maps do not agree; None: they need not.
        effect: the measure of the maps that has to move in the same direction, or ("-") in the other one.
    """

    name: str
    threshold: float
    scale: str
    shown: Callable[[float], str]
    more: str
    less: str
    plain: tuple[str, str] | None = None
    effect: str = ""


WORDS = (
    Word(
        "center_weight", 0.25, "difference", lambda v: f"weight {v:.1f}",
        "your viewers look closer to the center", "your viewers keep less to the center",
        ("the center counts more", "the center counts less"), "-from_center",
    ),
    Word(
        "power", float(np.log(1.15)), "ratio", lambda v: f"power {v:.2f}",
        "their maps are more pointed", "their maps are broader",
        ("the content of the picture counts more", "the content of the picture counts less"), "-area",
    ),
    Word("blur", 0.01, "difference", lambda v: f"blur {v:.1%} of the sides", "the peaks of their maps are softer",
        "the peaks of their maps are finer"),
    Word(
        "floor", 0.03, "difference", lambda v: f"{v:.0%}", "more of their glances fall anywhere",
        "fewer of their glances fall anywhere",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Number:
    """A number of a calibration, compared with the default's.

    Attributes:
        name: the field of `Calibration`; center weights are those at a width of 0.4.
        value: fitted to all pictures.
        low: end of the 95 % interval.
        high: end of the 95 % interval.
        before: of the default.
        says: the words for a difference, or "" if there is none worth a word.
        shown: the value in words.
        shown_before: the default's value in words.
    """

    name: str
    value: float
    low: float
    high: float
    before: float
    says: str
    shown: str
    shown_before: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {name: value for name, value in asdict(self).items() if not name.startswith("shown")}


def effects(calibration: Calibration, observed: Sequence[Observation]) -> dict[str, float]:
    """What a calibration does to the maps of some pictures.

    Returns:
        "area": the share of the picture that an even density of the same entropy covers, 0 to 1; "from_center": the
        mean distance from the center of the picture, 0 in the center and 1 in the corners. Means over the pictures.
    """
    area, distance = [], []
    for one in observed:
        density = calibration(one.density)
        area.append(np.exp(-(density * np.log(np.maximum(density, 1e-30))).sum()) / density.size)
        distance.append(_from_center(density))
    return {"area": float(np.mean(area)), "from_center": float(np.mean(distance))}


def seen_from_center(observed: Sequence[Observation]) -> float:
    """The mean distance of people's fixations from the center, as in `effects`."""
    return float(np.mean([_from_center(one.seen) for one in observed]))


def numbers(
    fitted: Calibration, folds: Sequence[Calibration], before: Calibration, moved: dict[str, float]
) -> list[Number]:
    """Each number with its interval and its words.

    Args:
        fitted: to all pictures.
        folds: fitted to all pictures but those of a fold. The interval is that of the delete-a-group jackknife.
        before: the default.
        moved: the change of each of `effects`; "area" is relative.
    """
    fitted, before, folds = at_width(fitted), at_width(before), [at_width(one) for one in folds]
    return [_number(word, fitted, folds, before, moved) for word in WORDS]


def sentence(found: Sequence[Number], default: Named) -> str:
    """What is different about these viewers.

    Args:
        found: see `numbers`.
        default: the calibration that was compared with.
    """
    reference = "typical" if default.name == TYPICAL else "before"
    told = [number for number in found if number.says]
    if not told:
        return "Your viewers look as the model expects: no number of its calibration differs clearly."
    clauses = [f"{n.says} ({n.shown}, {reference} {_value(n.shown_before)})" for n in told]
    first = ", ".join(clauses[:-1]) + " and " * bool(clauses[:-1]) + clauses[-1]
    if "your viewers" not in first:
        first = first.replace("their", "your viewers'", 1)
    return first[0].upper() + first[1:] + "."


def summary(told: str, gain: tuple[float, float, float], change: Change) -> str:
    """All that was found, in sentences.

    Args:
        told: see `sentence`; said only if the calibration helps.
        gain: mean, low and high end of the interval of the change of the log likelihood, in nats per fixation.
        change: the scores.
    """
    mean, low, high = gain
    measured = f"{mean:+.3f} nats per fixation [{low:+.3f}, {high:+.3f}]"
    if mean <= 0:
        return (
            "The calibration stays as it was: on pictures that it was not fitted to, a fitted one does not predict "
            f"better where people look ({measured})."
        )
    better = f"The maps predict better where people look, on pictures that they were not fitted to: {measured}"
    better += "." if low > 0 else ", which may be chance."
    return f"{told} {better}" + scores_in_words(change)


def scores_in_words(change: Change) -> str:
    """Which scores became better and which worse: a sentence behind others, or ""."""
    listed = [(word, ", ".join(t for t in titles if t != LIKELIHOOD))
              for word, titles in (("better in", change.gains), ("worse in", change.losses))]  # fmt: skip
    text = "; ".join(f"{word} {titles}" for word, titles in listed if titles)
    return f" {text[0].upper()}{text[1:]}." if text else ""


def _number(
    word: Word, fitted: Calibration, folds: Sequence[Calibration], before: Calibration, moved: dict[str, float]
) -> Number:
    def scaled(calibration: Calibration) -> float:
        value = float(getattr(calibration, word.name))
        return float(np.log(value)) if word.scale == "ratio" else value

    def back(value: float) -> float:
        return float(np.exp(value)) if word.scale == "ratio" else value

    center, old = scaled(fitted), scaled(before)
    parts = np.array([scaled(one) for one in folds])
    count = len(parts)
    error = float(np.sqrt((count - 1) / count * ((parts - parts.mean()) ** 2).sum()))
    half = float(stdtrit(count - 1, 0.5 + CONFIDENCE / 2)) * error
    differs = abs(center - old) > word.threshold and not center - half <= old <= center + half
    lowest, highest, _ = LIMITS[word.name]
    low, high = max(lowest, back(center - half)), min(highest, back(center + half))
    value, reference = (float(getattr(one, word.name)) for one in (fitted, before))
    says = _words(word, center > old, moved) if differs else ""
    rounded = {"low": float(f"{low:.4g}"), "high": float(f"{high:.4g}")}
    return Number(word.name, value, **rounded, before=reference, says=says, shown=word.shown(value),
                  shown_before=word.shown(reference))  # fmt: skip


def _words(word: Word, higher: bool, moved: dict[str, float]) -> str:
    if word.plain is not None:
        change = moved[word.effect.lstrip("-")] * (-1 if word.effect.startswith("-") else 1)
        least = LEAST_MOVE if "center" in word.effect else LEAST_GROWTH
        if (change if higher else -change) < least:
            return word.plain[0 if higher else 1]
    return word.more if higher else word.less


def _from_center(density: np.ndarray) -> float:
    """The mean distance from the center: 1 in the corners."""
    rows, columns = (((np.arange(side) + 0.5) / side * 2 - 1) ** 2 for side in density.shape)
    return float((density * np.sqrt(np.add.outer(rows, columns) / 2)).sum())


def _value(shown: str) -> str:
    """The number alone: "weight 1.3" -> "1.3", "blur 1.0% of the sides" -> "1.0%"."""
    return next(part for part in shown.split() if part[:1].isdigit() or part[:1] == "-")
