"""A gate for a build pipeline: do pictures keep the rules that somebody has set?"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wepsam import progress, resolve
from wepsam.attention import rules
from wepsam.attention.answers import Attention, Screen, attend, rounded
from wepsam.attention.comparing import compared
from wepsam.attention.reading import Given
from wepsam.attention.rules import Rule, Verdict
from wepsam.calibration.presets import Which
from wepsam.images import ImageError, Source
from wepsam.prediction import targets
from wepsam.prediction.predictor import DEFAULT, QUALITIES


@dataclass(frozen=True)
class Gated:
    """What the gate says of a picture.

    Attributes:
        picture: its path.
        holds: whether it passes: all rules hold and, of a strict gate, there is nothing to doubt.
        verdicts: one for each rule, in order; none for a picture that cannot be read.
        warnings: lines that say what to doubt.
        failed: why the picture could not be read; "" if it could.
    """

    picture: str
    holds: bool
    verdicts: tuple[Verdict, ...]
    warnings: tuple[str, ...] = ()
    failed: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "picture": self.picture,
            "holds": self.holds,
            "rules": [
                {
                    "rule": str(one.rule), "holds": one.holds, "value": rounded(one.value), "low": rounded(one.low),
                    "high": rounded(one.high), "limit": one.rule.limit, "sure": one.sure,
                }
                for one in self.verdicts
            ],
            "warnings": list(self.warnings),
            "failed": self.failed,
        }  # fmt: skip


def gate(
    pictures: targets.Images,
    require: str | Rule | Iterable[str | Rule],
    areas: Given = None,
    *,
    against: Source | None = None,
    strict: bool = False,
    model: resolve.Model = DEFAULT,
    unit: str | None = None,
    viewers: int = 15,
    seconds: float = 3.0,
    fixations: float | None = None,
    quality: str = QUALITIES[0],
    calibration: Which = None,
    max_pixels: int | None = None,
    viewport: Screen = None,
) -> tuple[Gated, ...]:
    """Say whether pictures keep rules.

        passed = all(one.holds for one in wepsam.gate("page.png", ["buy.share >= 0.05"], areas="areas.json"))

    Args:
        pictures: a picture, folder or list file, or several of them.
        require: a rule or several; docs/how-to/attention.md shows how they are written.
        areas: of each of the pictures; see `wepsam.attend`.
        against: another picture, such as the design of yesterday, for rules about changes. It has the same areas.
        strict: whether a picture of which something is to be doubted fails too.
        model: a `Predictor`, or as `wepsam.predict` takes it.
        unit: of the areas; see `wepsam.attend`.
        viewers: people in the group whose shares the intervals are about.
        seconds: that each of them looks at the picture.
        fixations: n of the chance to be seen; see `wepsam.attend`.
        quality: "best" or "fast", if the model is given by name.
        calibration: if the model is given by name; see `wepsam.Predictor`.
        max_pixels: larger pictures are refused before they are decoded; None: the limit of `wepsam.read_image`.
        viewport: of long pages; see `wepsam.attend`.

    Returns:
        What is said of each picture. One that cannot be read does not pass, and the others are done.

    Raises:
        ValueError: a mistake in the call: a rule that cannot be read (`RuleError`), an area that is not there, what is
            no area, or no picture at all.
        ImageError: `against` cannot be read.
        RuleError: a rule that cannot be read, or that asks for an area that is not there; a ValueError.
    """
    wanted = rules.parse_all([require] if isinstance(require, str | Rule) else require)
    lacking = next((rule for rule in wanted if rule.needs_another), None)
    if against is None and lacking is not None:
        raise rules.RuleError(f"{lacking.subject} is a change against another picture; say which (--against)")
    predict = resolve.predictor(model, quality=quality, calibration=calibration)
    given = list(areas) if isinstance(areas, Iterator) else areas  # they are read for each picture

    def answer(picture: Source) -> Attention:
        return attend(
            picture, given, model=predict, unit=unit, viewers=viewers, seconds=seconds, fixations=fixations,
            max_pixels=max_pixels, viewport=viewport,
        )  # fmt: skip

    before = None if against is None else answer(against)
    paths = targets.found(pictures)
    return tuple(_gated(path, answer, before, wanted, strict) for path in progress.track(paths, "gate"))


def _gated(
    path: Path, answer: Callable[[Source], Attention], before: Attention | None, wanted: Sequence[Rule], strict: bool
) -> Gated:
    try:
        now = answer(path)
    except ImageError as error:
        return Gated(str(path), False, (), failed=str(error))
    comparison = None if before is None else compared(before, now)
    verdicts = tuple(rules.judge(rule, now, comparison) for rule in wanted)
    holds = all(one.holds for one in verdicts) and not (strict and now.warnings)
    return Gated(str(path), holds, verdicts, now.warnings)
