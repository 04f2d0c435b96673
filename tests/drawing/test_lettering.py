"""Text has room or is left out; letters that a font lacks become others."""

from __future__ import annotations

import pytest

from wepsam.drawing import lettering
from wepsam.drawing.lettering import Room


def test_the_first_free_place_is_taken() -> None:
    room = Room((100, 200))
    places = [(50.0, 50.0), (150.0, 50.0)]
    assert room.find((60, 20), places) == (50, 50)
    assert room.find((60, 20), places) == (150, 50)
    assert room.find((60, 20), places) is None
    assert room.find((60, 20), [(0.0, 99.0)]) == (30, 90)  # moved into the picture
    assert room.find((201, 20), [(100.0, 10.0)]) is None


def test_text_that_fits() -> None:
    assert lettering.fitted("buy", 20, 400) == "buy"
    cut = lettering.fitted("a very long label of an area", 20, 120)
    assert cut.endswith("…")
    assert lettering.width(cut, 20) <= 121
    assert lettering.fitted("label", 20, 0) == "…"


@pytest.mark.parametrize("text", ["buy 12% (8-17%)", "Öl für ñandú", "\U0010fffe", "a\U0010fffeb"])
def test_every_text_can_be_drawn(text: str) -> None:
    written = lettering.writable(text, 20)
    assert len(written) == len(text)
    assert "\U0010fffe" not in written
    if text.isascii():
        assert written == text


def test_captions_are_as_wide_as_their_picture() -> None:
    for width in (1, 30, 200, 2000):
        strip = lettering.caption("Places that people most likely look at. They are not a path.", width, 12)
        assert strip.shape[1] == width
        assert (strip.min() < 100) == (width > 20)
