"""Cards: what is read, what is refused, what measurements change, and that shipped cards stay as they are on disk."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from wepsam import cards
from wepsam.classical import CLASSICAL, FITTED
from wepsam.evaluation import Evaluation

SQUARE = {"name": "own", "blur": 0, "floor": 0.0, "input_size": 128, "mirror": True}
VIEWS = {"best": {"scales": [1.0, 1.5], "mirror": True}, "fast": {"scales": [1.0], "mirror": False}}
ASPECT = {"name": "own", "blur": 0, "floor": 0.0, "input_area": 49152, "stride": 32, "views": VIEWS}
ROWS: tuple[dict[str, Any], ...] = ({"id": "a", "cc": 0.5}, {"id": "b", "cc": 0.7})
ABOUT = {"model": "own", "dataset": "toy", "split": "all", "pictures": 2, "protocol": "mit", "weights": "abc"}


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    file = tmp_path / "own.onnx"
    file.write_bytes(b"weights")
    return file


def with_card(weights: Path, card: object) -> Path:
    cards.path_of(weights).write_text(json.dumps(card))
    return weights


@pytest.mark.parametrize("card", [SQUARE, ASPECT, ASPECT | {"sharpness": 1.2}])
def test_a_card_is_read_as_it_stands(weights: Path, card: cards.Card) -> None:
    card = card | {"sha256": cards.sha256(weights)}
    assert cards.read(with_card(weights, card)) == card


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        ([], "it is a list"),
        ({"name": "own"}, "it lacks sha256, blur, floor, input_area, stride"),
        (SQUARE, "it lacks sha256"),
        (SQUARE | {"sha256": "abc", "input_size": "large"}, "'large'"),
        (ASPECT | {"sha256": "abc", "blur": None}, "NoneType"),
        (ASPECT | {"sha256": "abc", "stride": 16}, "its stride is 16, expected 32"),
        (ASPECT | {"sha256": "abc", "views": {"best": VIEWS["best"]}}, "it lacks the views of quality 'fast'"),
    ],
)
def test_what_is_no_card_of_weights_is_refused(weights: Path, card: object, reason: str) -> None:
    with pytest.raises(cards.WeightsError, match=r"own\.json is not a card of weights: ") as error:
        cards.read(with_card(weights, card))
    assert reason in str(error.value)
    assert "\n" not in str(error.value)


def test_a_card_belongs_to_one_file(weights: Path) -> None:
    with pytest.raises(cards.WeightsError, match=r"own\.json is missing"):
        cards.read(weights)
    with_card(weights, SQUARE | {"sha256": "0" * 64})
    with pytest.raises(cards.WeightsError, match=r"own\.onnx is damaged: .* its card says 000000000000\.\.\."):
        cards.read(weights)
    weights.unlink()
    with pytest.raises(cards.WeightsError, match=r"own\.onnx is missing"):
        cards.read(weights)


def test_only_objects_are_cards(tmp_path: Path) -> None:
    for text, reason in (("{", "no JSON"), ("[]", "expected a JSON object, not a list")):
        (tmp_path / "card.json").write_text(text)
        with pytest.raises(ValueError, match=reason):
            cards.load(tmp_path / "card.json")


@pytest.mark.parametrize("path", [*cards.SHIPPED.glob("*.json"), cards.CLASSICAL_CARD], ids=lambda path: path.stem)
def test_shipped_cards_are_written_as_they_are(path: Path, tmp_path: Path) -> None:
    cards.write(tmp_path / "again.json", cards.load(path))
    assert (tmp_path / "again.json").read_bytes() == path.read_bytes()


def test_scores_go_into_the_card_of_their_weights_only(tmp_path: Path) -> None:
    card = tmp_path / "own.json"
    card.write_text('{"sha256": "abc", "terms": "none"}')
    better = tuple(row | {"cc": row["cc"] + 0.1} for row in ROWS)
    cards.add_scores(card, "toy-all", [Evaluation(better, ABOUT | {"quality": "best"}), Evaluation(ROWS, ABOUT)])
    written = json.loads(card.read_text())
    assert written["terms"] == "none"
    assert written["scores"]["toy-all (best)"]["cc"]["mean"] == pytest.approx(0.7)
    assert written["scores"]["toy-all"]["cc"]["mean"] == pytest.approx(0.6)
    for other in ('{"sha256": "other"}', "{}"):
        card.write_text(other)
        with pytest.raises(ValueError, match="toy-all is of the weights"):
            cards.add_scores(card, "toy-all", [Evaluation(ROWS, ABOUT), Evaluation(ROWS, ABOUT | {"weights": None})])


def test_scores_on_pictures_that_the_weights_have_learned_do_not_go_into_a_card(tmp_path: Path) -> None:
    card = tmp_path / "own.json"
    card.write_text('{"sha256": "abc"}')
    cards.add_scores(card, "toy-all", [Evaluation(ROWS, ABOUT | {"seen": False})])
    assert "toy-all" in json.loads(card.read_text())["scores"]
    for seen in (True, "part"):
        cards.add_scores(card, "toy-all", [Evaluation(ROWS, ABOUT | {"seen": seen})])
        assert json.loads(card.read_text())["scores"] == {}


def test_the_card_of_classical_models_gets_means_and_times(tmp_path: Path) -> None:
    card = tmp_path / "card.json"
    card.write_text('{"models": {"bms": {"milliseconds": 9.0}}, "speed": "old"}')
    endless = tuple(row | {"kl_div": float("inf")} for row in ROWS)
    cards.add_scores(card, "toy-all", [Evaluation(endless, ABOUT | {"model": name}) for name in ("gbvs", "own")])
    cards.add_classical_speeds(card, {"bms": 1.234567, "itti": 2}, "8 pictures")
    assert json.loads(card.read_text()) == {
        "models": {
            "bms": {"milliseconds": 1.23},
            "gbvs": {"scores": {"toy-all": {"cc": 0.6}}},  # JSON has no infinity
            "itti": {"milliseconds": 2},
        },
        "speed": "8 pictures",
    }


def test_a_time_goes_into_the_card_of_weights(weights: Path) -> None:
    with_card(weights, SQUARE | {"sha256": cards.sha256(weights)})
    cards.add_speed(weights, 4.2345, "one forward, one core", "a machine")
    assert cards.read(weights)["speed"] == {"milliseconds": 4.23, "what": "one forward, one core", "on": "a machine"}


def test_a_description_leaves_out_what_the_card_lacks() -> None:
    own: cards.Card = {"parameters": 3_300_000, "bytes": 6_630_000, "input_area": 49152}
    assert cards.describe(own) == ["3.3 M parameters, 6.6 MB; sees about 49,152 pixels in the picture's aspect"]
    scores = {"osie-validation": {"kl_div": {"mean": 0.41}, "cc": {"mean": 0.8}, "emd": {"mean": 9.0}}}
    speed = {"milliseconds": 4.234, "what": "one forward, one core", "on": "a machine"}
    more = cards.describe(own | {"scores": scores, "speed": speed, "terms": "MIT"})[1:]
    assert more == ["4.2 ms for one forward, one core, a machine", "osie-validation: cc 0.800, kl_div 0.410", "MIT"]


def test_the_table_has_a_line_for_each_classical_model() -> None:
    models = cards.classical()
    assert list(models) == list(CLASSICAL)
    assert {name for name, model in models.items() if model["fitted"]} == set(FITTED)
    for width in (80, 120):
        lines = cards.table(width)
        assert all(len(line) <= width for line in lines)
        names = [line.split()[0].rstrip("*") for line in lines[-len(models) :]]
        assert sorted(names) == sorted(models)


def test_cards_need_no_torch_and_no_classical_model() -> None:
    code = "import sys, wepsam.cards; print({'torch', 'wepsam.classical', 'wepsam.evaluation'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"
