"""Calibrations are found by name, in files, and in cards of earlier versions."""

import json
import logging
from pathlib import Path

import pytest

from wepsam import Calibration
from wepsam.calibration import presets
from wepsam.calibration.presets import Named

CARD = {
    "name": "own", "sha256": "a" * 64, "calibration": "typical",
    "calibrations": {"typical": {"power": 0.8}, "here": {"power": 0.5, "floor": 0.1, "fitted": {"pictures": 12}}},
}  # fmt: skip


def test_names_and_the_default() -> None:
    assert presets.find(None, CARD).calibration == Calibration(power=0.8)
    here = presets.find("here", CARD)
    assert (here.name, here.calibration, here.fitted) == ("here", Calibration(power=0.5, floor=0.1), {"pictures": 12})
    assert presets.find("none", CARD).calibration == Calibration()
    assert presets.find(Calibration(power=2), CARD) == Named("custom", Calibration(power=2))
    with pytest.raises(ValueError, match=r"own has no calibration 'there'; choose one of typical, here, none, or"):
        presets.find("there", CARD)


def test_a_file_is_found_again_and_says_when_it_belongs_to_other_weights(tmp_path: Path, caplog) -> None:
    named = Named("mine", Calibration(power=0.6, center_weight=1.0), {"weights": "a" * 64})
    path = tmp_path / "calibration.json"
    presets.write(path, named)
    with caplog.at_level(logging.WARNING, "wepsam"):
        assert presets.find(path, CARD).calibration == named.calibration
        assert not caplog.records
        presets.find(str(path), CARD | {"sha256": "b" * 64})
    assert "was fitted to other weights than those of own" in caplog.text


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b"\xff", b'{"calibration": 3}', b'{"calibration": {"power": 0}}', b"[" * 100_000,
     b'{"calibration": {"fitted": 3}}', b'{"calibration": {"power": 1e999}}', b" " * (2 << 20)],
)  # fmt: skip
def test_a_file_that_holds_none_is_refused_in_a_line(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"calibration\.json is not a calibration that wepsam adapt wrote \(") as error:
        presets.find(str(path), CARD)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


def test_cards_of_the_first_version_keep_their_densities() -> None:
    card = {"name": "own", "sharpness": 1.25, "blur": 2.0, "floor": 0.25, "output": "maps: (B, 50, 50) float32"}
    name, known = presets.of_card(card)
    calibration = known[name].calibration
    assert name == "own"
    assert (calibration.power, calibration.blur * 50, calibration.floor) == pytest.approx((1.25, 2, 0.2))


@pytest.mark.parametrize(
    "wrong",
    [{"calibration": "gone"}, {"calibration": 3}, {"calibrations": []}, {"calibrations": {"typical": 3}},
     {"calibrations": {"typical": {"power": "x"}}}],
)  # fmt: skip
def test_a_card_whose_calibrations_cannot_be_is_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match=r"calibration|power"):
        presets.of_card(json.loads(json.dumps(CARD | wrong)))
