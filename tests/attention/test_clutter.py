"""Feature congestion against the package visual-clutter, and what it has to do with pictures."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from helpers import ROOT, Paint
from wepsam.attention.clutter import LEAST, clutter, congestion

GOLDEN = ROOT / "tests" / "golden" / "clutter"
ANSWERS = json.loads((GOLDEN / "visual_clutter.json").read_text())
TOLERANCE = 0.02

sys.path.insert(0, str(GOLDEN))
import visual_clutter_answers  # noqa: E402

DRAWN = visual_clutter_answers.drawn()


@pytest.mark.parametrize("name", DRAWN)
def test_drawn_pictures(name: str) -> None:
    assert congestion(DRAWN[name]) == pytest.approx(ANSWERS["drawn"][name], rel=TOLERANCE)


def test_photographs_and_web_pages(shared: Path) -> None:
    pictures = visual_clutter_answers.real(shared / "data")
    ours = [congestion(picture) for picture in pictures.values()]
    assert ours == pytest.approx([ANSWERS["real"][name] for name in pictures], rel=TOLERANCE)


def test_the_page_says_what_is_tested() -> None:
    text = " ".join((ROOT / "docs" / "how-to" / "attention.md").read_text(encoding="utf-8").split())
    assert f"within {100 * TOLERANCE:.0f} % of the package `visual-clutter`" in text


def test_a_fuller_picture_is_more_cluttered(paint: Paint) -> None:
    plain = np.full((200, 300, 3), 240, np.uint8)
    few, many = plain.copy(), plain.copy()
    rng = np.random.default_rng(0)
    for number in range(60):
        row, column = rng.integers(0, 190), rng.integers(0, 290)
        color = rng.integers(0, 256, 3)
        many[row : row + 10, column : column + 10] = color
        if number < 5:
            few[row : row + 10, column : column + 10] = color
    assert clutter(plain) < clutter(few) < clutter(many)


def test_laws() -> None:
    picture = DRAWN["cells"]
    assert congestion(picture[:, ::-1].copy()) == pytest.approx(congestion(picture), rel=0.02)
    transposed = picture.swapaxes(0, 1).copy()
    assert congestion(transposed) == pytest.approx(congestion(picture), rel=0.02)
    assert clutter(picture.repeat(8, 0).repeat(8, 1)) < clutter(picture.repeat(4, 0).repeat(4, 1))


@pytest.mark.parametrize("shape", [(1, 1), (3, 900), (LEAST, LEAST), (2000, 33), (700, 1)])
def test_odd_sizes_and_blank_pictures(shape: tuple[int, int]) -> None:
    for value in (0, 255):
        assert 0 <= clutter(np.full((*shape, 3), value, np.uint8)) < 1.5
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3)).astype(np.uint8)
    assert np.isfinite(clutter(noise))
