"""Rules such as buy.share >= 0.05: how they are written, what they say of a picture. Nothing is evaluated as code."""

import difflib
import math
import operator
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from wepsam import files
from wepsam.attention import scores
from wepsam.attention.answers import Attention
from wepsam.attention.areas import LONGEST_LABEL, AreaError, checked_label, shown
from wepsam.attention.comparing import Comparison

LONGEST, MOST = 2 * LONGEST_LABEL + 100, 1000  # characters of a rule; rules
MOST_BYTES = 1 << 20  # of a file of rules
OPERATORS = {">=": operator.ge, "<=": operator.le, "==": operator.eq, ">": operator.gt, "<": operator.lt}
OF_AREA = (
    "share", "share_low", "share_high", "surface", "lift", "center_share", "center_lift", "seen", "peak_level", "rank",
)  # fmt: skip
OF_CHANGE = ("change", "change_low", "change_high")  # of an area, against another picture
OF_PICTURE = (*scores.NAMES, "elsewhere")
OF_COMPARISON = ("moved",)  # of the picture, against another one

_RULE = re.compile(
    r"""(?:(?P<label>"(?:[^"\\]|\\.)*"|[^\s".<>=!]+)\s*\.\s*)?(?P<number>[a-z_0-9]+)\s*"""
    r"""(?P<operator>>=|<=|==|>|<)\s*(?P<limit>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(?P<percent>%?)"""
)
EXPECTED = (
    'expected a number, an operator (>=, >, <=, <, ==) and a limit, such as buy.share >= 0.05 or "buy now".seen > 0.5'
)


class RuleError(ValueError):
    """A rule that cannot be read, or that asks for what is not there. One line."""


@dataclass(frozen=True)
class Rule:
    """A number of a picture or of one of its areas, and what it has to be.

    Attributes:
        label: of the area; None for a number of the picture.
        number: its name, one of OF_AREA and OF_CHANGE, or of OF_PICTURE and OF_COMPARISON.
        operator: one of OPERATORS.
        limit: finite.
    """

    label: str | None
    number: str
    operator: str
    limit: float

    @property
    def needs_another(self) -> bool:
        """Whether it is about the change against another picture."""
        return self.number in (*OF_CHANGE, *OF_COMPARISON)

    def __str__(self) -> str:
        return f"{self.subject} {self.operator} {self.limit:g}"

    @property
    def subject(self) -> str:
        """What it is about, as it is written."""
        if self.label is None:
            return self.number
        plain = re.fullmatch(r'[^\s".<>=!]+', self.label)
        label = self.label if plain else '"' + re.sub(r'(["\\])', r"\\\1", self.label) + '"'
        return f"{label}.{self.number}"


@dataclass(frozen=True)
class Verdict:
    """What a rule says of a picture.

    Attributes:
        rule: the rule.
        value: the number that it asks for.
        low: the lower end of its 90 % interval; None for numbers without one.
        high: its upper end.
        holds: whether the value is as the rule wants it.
    """

    rule: Rule
    value: float
    low: float | None
    high: float | None
    holds: bool

    @property
    def sure(self) -> bool | None:
        """Whether the whole interval is on one side of the limit; None without an interval."""
        if self.low is None or self.high is None:
            return None
        return not self.low < self.rule.limit < self.high


def parse(text: str) -> Rule:
    """The rule in a text, such as buy.share >= 5%, or "buy now".share_low > 0.02 for a label with spaces or dots.

    Raises:
        RuleError: there is none.
    """
    if len(text) > LONGEST:
        raise RuleError(f"a rule of {len(text):,} characters, expected at most {LONGEST}: {shown(text)}")
    found = _RULE.fullmatch(text.strip())
    if found is None:
        raise RuleError(f"the rule {shown(text)}: {EXPECTED}")
    label, number = found["label"], found["number"]
    if label is not None:
        label = re.sub(r"\\(.)", r"\1", label[1:-1]) if label.startswith('"') else label
        try:
            label = checked_label(label)
        except AreaError as error:
            raise RuleError(f"the rule {shown(text)}: {error}") from None
    known = (*OF_PICTURE, *OF_COMPARISON) if label is None else (*OF_AREA, *OF_CHANGE)
    if number not in known:
        what = "a picture has" if label is None else "an area has"
        hint = ""
        if label is None and number in (*OF_AREA, *OF_CHANGE):
            hint = f"; of an area, write LABEL.{number}"
        raise RuleError(f"the rule {shown(text)}: no number {shown(number)}; {what} {', '.join(known)}{hint}")
    limit = float(found["limit"]) / (100 if found["percent"] else 1)
    if not math.isfinite(limit):
        raise RuleError(f"the rule {shown(text)}: its limit is too large")
    return Rule(label, number, found["operator"], limit)


def parse_all(texts: Iterable[str | Rule]) -> tuple[Rule, ...]:
    """The rules in some texts; RuleError for none, or too many."""
    rules = tuple(text if isinstance(text, Rule) else parse(text) for text in texts)
    if not 0 < len(rules) <= MOST:
        raise RuleError(f"{len(rules):,} rules, expected 1 to {MOST:,}; {EXPECTED}")
    return rules


def read(path: str | PathLike[str]) -> list[str]:
    """The rules in a text file, one a line. Empty lines do not count, nor do comments: # and a space, or # alone.

    Raises:
        RuleError: it is no text.
        OSError: it cannot be read, is no file, or has more than MOST_BYTES.
    """
    files.check_regular(path, MOST_BYTES)
    with files.foreign(path, "has no rules", RuleError):
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    return [line for line in map(str.strip, lines) if line and not re.match(r"#(\s|$)", line)]


def judge(rule: Rule, answer: Attention, comparison: Comparison | None = None) -> Verdict:
    """What a rule says of a picture.

    Args:
        rule: the rule.
        answer: what is known of the picture.
        comparison: of another picture with this one; rules about a change need it.

    Raises:
        RuleError: the picture, or the other one, has no such area.
    """
    low = high = None
    if rule.label is None:
        value = _of_picture(rule.number, answer, comparison)
    else:
        value, low, high = _of_area(rule, answer, comparison)
    return Verdict(rule, value, low, high, bool(OPERATORS[rule.operator](value, rule.limit)))


def _of_picture(number: str, answer: Attention, comparison: Comparison | None) -> float:
    if number in OF_COMPARISON:
        return float(getattr(comparison, number))
    return answer.elsewhere if number == "elsewhere" else answer.scores.values()[number]


def _of_area(rule: Rule, answer: Attention, comparison: Comparison | None) -> tuple[float, float | None, float | None]:
    """The number of an area, and the ends of its interval if it has one."""
    area = _named(rule, {area.label: area for area in answer.areas}, "the picture has")
    if rule.number in OF_CHANGE:
        assert comparison is not None
        change = _named(rule, {change.label: change for change in comparison.changes}, "both pictures have")
        ends = (change.change_low, change.change_high) if rule.number == "change" else (None, None)
        return getattr(change, rule.number), *ends
    value, low, high = (float(getattr(area, name)) for name in (rule.number, "share_low", "share_high"))
    if rule.number == "seen":
        low, high = (1 - (1 - share) ** answer.fixations for share in (low, high))
        return value, low, high
    unit = {"share": 1.0, "lift": area.surface, "center_lift": area.center_share}.get(rule.number)
    return (value, low / unit, high / unit) if unit else (value, None, None)


def _named(rule: Rule, found: Mapping[str, Any], what: str) -> Any:
    assert rule.label is not None
    if rule.label in found:
        return found[rule.label]
    close = difflib.get_close_matches(rule.label, found, 1)
    hint = f"did you mean {shown(close[0])}?" if close else f"{what} {', '.join(map(shown, [*found][:10])) or 'none'}"
    raise RuleError(f"{rule.subject}: no area {shown(rule.label)}; {hint}")
