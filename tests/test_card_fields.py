"""What a card may say: one impossible value in an otherwise good card is one line that names the card and the field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wepsam import card_fields, cards

VIEWS = {"best": {"scales": [1.0, 1.5], "mirror": True}, "fast": {"scales": [1.0], "mirror": False}}
COMMON = {"name": "own", "sha256": "0" * 64, "blur": 0, "floor": 0.0, "sharpness": 1.2}
SQUARE = COMMON | {"input_size": 128, "mirror": True}
ASPECT = COMMON | {"input_area": 49152, "stride": 32, "views": VIEWS}
# Values that JSON can hold and no field of a card may have.
NEVER: list[Any] = [float("nan"), float("inf"), -1, 1e308, 10**400, "110592", [], {}, [[[[]]]], None, [1]]


def told(card: Any) -> str:
    with pytest.raises(ValueError, match=r"expected|lacks") as error:
        card_fields.check(card)
    assert len(str(error.value).splitlines()) == 1
    assert len(str(error.value)) < 250
    return str(error.value)


@pytest.mark.parametrize("card", [SQUARE, ASPECT, *(cards.load(path) for path in cards.SHIPPED.glob("*.json"))])
def test_good_cards_pass(card: cards.Card) -> None:
    card_fields.check(card)


def test_a_card_names_the_parts_that_were_learned() -> None:
    card_fields.check(SQUARE | {"learned_from": {"osie": "train", "own | data": "all"}})
    for wrong in ([], "osie", {"osie": "test"}, {"osie": None}, {"osie": ["train"]}, {"x" * 999: 1}, None, 7):
        assert "learned_from" in told(SQUARE | {"learned_from": wrong})


@pytest.mark.parametrize("field", ["blur", "floor", "sharpness", "input_area", "stride", "views"])
@pytest.mark.parametrize("value", NEVER, ids=repr)
def test_impossible_values_are_named(field: str, value: Any) -> None:
    assert field in told(ASPECT | {field: value})


@pytest.mark.parametrize(
    ("base", "change", "words"),
    [
        (ASPECT, {"input_area": 0}, "input_area is 0 (int), expected a whole number of pixels from 1,024 to 4,194,304"),
        (ASPECT, {"input_area": 49152.5}, "input_area is 49152.5"),
        (ASPECT, {"input_area": True}, "input_area is True (bool)"),
        (ASPECT, {"blur": True}, "blur is True (bool)"),
        (SQUARE, {"input_size": 0}, "input_size is 0"),
        (SQUARE, {"input_size": 1e9}, "input_size is 1000000000.0"),
        (SQUARE, {"mirror": "yes"}, "mirror is 'yes'"),
        (SQUARE, {"sharpness": 0}, "sharpness is 0"),
        (SQUARE, {"sha256": "0" * 63}, "sha256 is "),
        (SQUARE, {"sha256": 7}, "sha256 is 7"),
        (SQUARE, {"sha256": "A" * 64}, "sha256 is "),
        (SQUARE, {"name": ""}, "name is ''"),
        (SQUARE, {"name": "../../elsewhere"}, "name is '../../elsewhere'"),
        (SQUARE, {"name": "a\nb"}, r"name is 'a\nb'"),
        (SQUARE, {"name": ["own"]}, "name is a list"),
        (SQUARE, {"name": "x" * 9999}, "name is 'xxx"),
    ],
)
def test_each_field_has_its_limits(base: cards.Card, change: dict[str, Any], words: str) -> None:
    assert words in told(base | change)


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ({"scales": [1.0] * 2000, "mirror": True}, "views.best.scales is a list of 2000, expected a list of 1 to 16"),
        ({"scales": [], "mirror": True}, "views.best.scales is a list of 0"),
        ({"scales": "12", "mirror": True}, "views.best.scales is '12'"),
        ({"scales": [1, 0], "mirror": True}, "views.best.scales is 0"),
        ({"scales": [-1.0], "mirror": True}, "views.best.scales is -1.0"),
        ({"scales": [float("nan")], "mirror": True}, "views.best.scales is nan"),
        ({"scales": [[1]], "mirror": True}, "views.best.scales is a list of 1"),
        ({"scales": [9.9], "mirror": True}, "pixels, expected at most 4,194,304"),  # small area, large view
        ({"scales": [1.0], "mirror": 1}, "views.best.mirror is 1"),
        ({"scales": [1.0]}, "lacks the views of quality 'best'"),
        ([1.0], "lacks the views of quality 'best'"),
        ({}, "lacks the views of quality 'best'"),
    ],
)
def test_views_have_limits_too(view: Any, words: str) -> None:
    assert words in told(ASPECT | {"views": VIEWS | {"best": view}})


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"[" * 100_000, "nested too deep"),
        (b'{"name": ' * 50_000 + b"1" + b"}" * 50_000, "nested too deep"),
        (b"\xff\xfe{}", "no JSON"),
        (b"", "no JSON"),
        (b"[1, 2]", "it is a list"),
        (b"7", "it is a int"),
        (b'{"input_area": ' + b"9" * 5000 + b"}", "no JSON"),
    ],
)
def test_whatever_lies_in_the_file_it_is_one_line(tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / "own.onnx").write_bytes(b"weights")
    (tmp_path / "own.json").write_bytes(data)
    with pytest.raises(cards.WeightsError, match=r"own\.json is not a card of weights: ") as error:
        cards.read(tmp_path / "own.onnx")
    assert words in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_folders_in_the_place_of_files_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "own.json").mkdir()
    with pytest.raises(cards.WeightsError, match=r"own\.json cannot be read: Is a directory"):
        cards.read(tmp_path / "own.onnx")
    (tmp_path / "own.json").rmdir()
    (tmp_path / "own.json").write_text(json.dumps(SQUARE))
    (tmp_path / "own.onnx").mkdir()
    with pytest.raises(cards.WeightsError, match=r"own\.onnx cannot be read: Is a directory"):
        cards.read(tmp_path / "own.onnx")
