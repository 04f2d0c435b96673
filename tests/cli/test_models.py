"""wepsam models."""

from __future__ import annotations

import json

import pytest

import wepsam
from helpers import Run
from wepsam import cards


def test_models_says_what_is_shipped(wepsam_command: Run) -> None:
    code, out, _ = wepsam_command("models")
    assert code == 0
    for name, card in wepsam.models().items():
        assert name in out
        assert f"{card['bytes'] / 1e6:.1f} MB" in out
        assert f"cc {card['scores']['osie-validation']['cc']['mean']:.3f}" in out
        assert card["terms"] in out
    assert out.startswith("wepsam-lite (the default)\n")
    assert out.index("wepsam-paper\n") < out.index("mr_cnn\n")
    assert json.loads(wepsam_command("models", "--json")[1]) == wepsam.models() | cards.classical()


def test_models_lists_those_without_a_network_in_a_line_each(
    wepsam_command: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for width in (80, 100):
        monkeypatch.setenv("COLUMNS", str(width))
        lines = wepsam_command("models")[1].splitlines()
        for name, model in cards.classical().items():
            (line,) = (line for line in lines if line.split()[:1] == [name + "*" * model["fitted"]])
            assert len(line) <= width
            if "milliseconds" in model:
                assert f" {model['milliseconds']:.1f} " in line
