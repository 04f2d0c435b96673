"""SECURITY.md is true: the constants that it names exist and have the values that it gives."""

from __future__ import annotations

import importlib
import re

from helpers import ROOT
from wepsam import card_fields, cards
from wepsam.attention import areas, reading
from wepsam.images import MAX_PIXELS
from wepsam.networks import build
from wepsam.prediction import onnx_file

PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def test_the_constants_exist() -> None:
    rows = re.findall(r"\| (`[A-Z_`, ]+`) in `(wepsam[.a-z_]+)` \|", PAGE)
    assert len(rows) >= 8
    for names, module in rows:
        for name in re.findall("[A-Z_]+", names):
            assert hasattr(importlib.import_module(module), name), f"{module}.{name}"


def test_the_values_are_those_of_the_code() -> None:
    def row(limit: str) -> str:
        return next(line for line in PAGE.splitlines() if line.startswith(f"| {limit}"))

    assert f"{MAX_PIXELS // 10**6} million" in row("pixels of a picture")
    assert f"{card_fields.MAX_BYTES >> 20} MiB" in row("bytes of a card")
    assert f"{reading.MOST_BYTES >> 20} MiB" in row("bytes of a file of areas")
    counts = f"{areas.MOST_AREAS}, {areas.MOST_POINTS:,}, {areas.MOST_MASKS}, {areas.MOST_RUNS >> 20} million"
    assert counts in row("areas of a picture")
    assert f"{cards.MAX_WEIGHTS >> 30} GiB" in row("bytes of weights")
    assert f"{onnx_file.MAX_PARTS // 10**6} million" in row("parts of an .onnx file")
    assert f"{card_fields.MAX_SIDE} x {card_fields.MAX_SIDE} pixels" in row("input of a network")
    assert f"| {card_fields.MAX_SCALES}, each .1 to {card_fields.SCALE[1]:.0f} times" in row("views")
    assert f"0 to {card_fields.BLUR[1]:.0f}, 0 to {card_fields.FLOOR[1]:.0f}" in row("blur")
    # The largest network that a file may describe: the paper's, 16x16 cells at the end of its convolutions.
    assert 4 * 256 * build.MOST_CONNECTIONS < 1.1e9
