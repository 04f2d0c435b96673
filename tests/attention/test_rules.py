"""Rules: each way to write one, each mistake in one line, and what they say of a picture."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wepsam
from helpers import Paint, tiny_weights
from wepsam.attention import rules
from wepsam.attention.answers import Attention
from wepsam.attention.comparing import compared
from wepsam.attention.rules import Rule, RuleError, judge, parse

AREAS = [
    {"label": "buy", "box": [0.1, 0.1, 0.4, 0.5]}, {"label": 'the ".cta" > a', "box": [0.5, 0.5, 1, 1]},
]  # fmt: skip


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> Attention:
    path = tmp_path_factory.mktemp("weights") / "tiny.onnx"
    tiny_weights(path, aspect=True)
    picture = np.random.default_rng(0).integers(0, 256, (60, 90, 3), np.uint8)
    return wepsam.attend(picture, AREAS, model=wepsam.load(path, threads=1, warn=False))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("buy.share>=0.05", Rule("buy", "share", ">=", 0.05)),
        ("  buy . share  >=  5 % ", Rule("buy", "share", ">=", 0.05)),
        ("#buy.rank==1", Rule("#buy", "rank", "==", 1)),
        ("buy-2.lift > +1.5e0", Rule("buy-2", "lift", ">", 1.5)),
        ('"buy now".seen<.5', Rule("buy now", "seen", "<", 0.5)),
        (r'"the \".cta\" > a".change_low >= -1%', Rule('the ".cta" > a', "change_low", ">=", -0.01)),
        ("購入.share_high <= 1", Rule("購入", "share_high", "<=", 1)),
        ("clutter < 6", Rule(None, "clutter", "<", 6)),
        ("focus_50<=20%", Rule(None, "focus_50", "<=", 0.2)),
        ("elsewhere < 1.", Rule(None, "elsewhere", "<", 1)),
    ],
)
def test_ways_to_write_a_rule(text: str, rule: Rule) -> None:
    assert parse(text) == rule
    assert parse(str(rule)) == rule


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "expected a number"),
        ("buy.share", "expected a number"),
        ("buy.share=5", "expected a number"),
        ("buy.share != 5", "expected a number"),
        ("buy.share >= cta.share", "expected a number"),
        ("buy.share >= 0.1 and clutter < 3", "expected a number"),
        ("__import__('os').system('true') > 0", "expected a number"),
        ("buy now.share > 0", "expected a number"),
        ("buy.shares > 0", "share, share_low"),
        ("share > 0", "LABEL.share"),
        ("buy.clutter > 1", "an area has"),
        ("buy.share > 1e999", "too large"),
        ("buy.share > nan", "expected a number"),
        ('"a\x1b".share > 0', "control characters"),
        ('"' + "a" * 201 + '".share > 0', "expected 1 to 200"),
        ("a" * 10**6, "1,000,000 characters"),
    ],
)
def test_mistakes_are_one_line(text: str, word: str) -> None:
    with pytest.raises(RuleError, match=word) as caught:
        parse(text)
    assert len(str(caught.value).splitlines()) == 1
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500


@given(st.text(max_size=60))
def test_any_text_is_a_rule_or_a_mistake(text: str) -> None:
    with suppress(RuleError):
        assert parse(str(parse(text))) == parse(text)


@given(st.text(min_size=1, max_size=40))
def test_any_label_can_be_written(text: str) -> None:
    try:
        label = wepsam.Area(text, box=(0, 0, 1, 1)).label
    except ValueError:
        return
    assert parse(str(Rule(label, "share", ">", 0))).label == label


def test_what_rules_say(answer: Attention) -> None:
    buy, cta = answer.areas
    for text, value, ends in [
        ("buy.share >= 0", buy.share, (buy.share_low, buy.share_high)),
        ("buy.lift >= 0", buy.lift, (buy.share_low / buy.surface, buy.share_high / buy.surface)),
        ("buy.center_lift >= 0", buy.center_lift, None),
        (
            "buy.seen >= 0",
            buy.seen,
            tuple(1 - (1 - end) ** answer.fixations for end in (buy.share_low, buy.share_high)),
        ),
        (r'"the \".cta\" > a".surface >= 0', cta.surface, (None, None)),
        ("clutter >= 0", answer.scores.clutter, (None, None)),
        ("elsewhere >= 0", answer.elsewhere, (None, None)),
    ]:
        found = judge(parse(text), answer)
        assert found.holds
        assert found.value == pytest.approx(value)
        if ends is not None:
            assert (found.low, found.high) == (pytest.approx(ends) if ends[0] is not None else ends)
        if found.low is not None and found.high is not None:
            assert found.low <= found.value <= found.high
    for name in rules.OF_AREA:
        assert judge(Rule("buy", name, ">", -1), answer).holds
    with pytest.raises(RuleError, match="did you mean 'buy'"):
        judge(parse("by.share > 0"), answer)
    with pytest.raises(RuleError, match="the picture has 'buy', "):
        judge(parse("footer.share > 0"), answer)


def test_operators_at_the_limit(answer: Attention) -> None:
    rank = answer.areas[0].rank
    held = {sign: judge(Rule("buy", "rank", sign, rank), answer).holds for sign in rules.OPERATORS}
    assert held == {">=": True, "<=": True, "==": True, ">": False, "<": False}


def test_how_sure(answer: Attention) -> None:
    buy = answer.areas[0]
    inside, below = (buy.share_low + buy.share_high) / 2, buy.share_low / 2
    assert judge(Rule("buy", "share", ">", inside), answer).sure is False
    assert judge(Rule("buy", "share", ">", below), answer).sure is True
    assert judge(Rule("buy", "surface", ">", below), answer).sure is None


def test_changes(answer: Attention, paint: Paint) -> None:
    other = replace(answer, areas=(replace(answer.areas[0], share=0.0, share_low=0.0, share_high=0.0),))
    comparison = compared(other, answer)
    found = judge(parse("buy.change > 0"), answer, comparison)
    assert found.value == pytest.approx(answer.areas[0].share)
    assert (found.low, found.high) == pytest.approx((answer.areas[0].share_low, answer.areas[0].share_high))
    assert judge(parse("buy.change_low >= 0"), answer, comparison).holds
    assert judge(parse("moved == 0"), answer, comparison).holds
    with pytest.raises(RuleError, match="both pictures have 'buy'"):
        judge(parse(r'"the \".cta\" > a".change > 0'), answer, comparison)


def test_a_file_of_rules(tmp_path: Path) -> None:
    path = tmp_path / "rules.txt"
    path.write_bytes("\ufeff# what we promise\n\n#buy.share > 5%\r\n  clutter < 6\n#\n".encode())
    assert rules.read(path) == ["#buy.share > 5%", "clutter < 6"]
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RuleError, match="has no rules"):
        rules.read(path)
    with pytest.raises(RuleError, match="0 rules"):
        rules.parse_all([])
