"""Drawings change what they should, and nothing else."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from helpers import Answer, Paint
from wepsam import colormaps, drawing
from wepsam.drawing import held, tinted
from wepsam.drawing.drawings import OUTLINED
from wepsam.drawing.side_by_side import before_after

BARE = drawing.Style(legend=False)
KINDS = ("heat", "map", "fog", "contours", "hot-spots", "areas")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(90, 120), (150, 200), (1, 1), (1, 40), (300, 20), (20, 900), (600, 800)])
def test_every_kind_on_every_size(kind: str, shape: tuple[int, int], answer: Answer, paint: Paint) -> None:
    found = answer(paint(1, *shape))
    before = found.stimulus.copy()
    bare, whole = found.draw(kind, BARE), found.draw(kind)
    assert (bare.shape, bare.dtype) == ((*shape, 3), np.uint8)
    assert whole.shape[0] >= shape[0]
    assert whole.shape[1] == shape[1]
    np.testing.assert_array_equal(whole[: shape[0]], bare)  # the legend stands below
    np.testing.assert_array_equal(found.stimulus, before)


def test_kinds_are_known_by_name(answer: Answer, paint: Paint) -> None:
    assert drawing.KINDS == KINDS
    with pytest.raises(ValueError, match="no drawing 'gaze': expected one of heat, map, fog"):
        drawing.draw(answer(paint(1)), "gaze")
    with pytest.raises(ValueError, match="no areas to draw"):
        drawing.draw(answer(paint(1), None), "areas")
    for wrong in ({"opacity": 2}, {"colors": "hot"}, {"size": 3}, {"dpi": 1}):
        with pytest.raises(ValueError, match=r"expected|choose"):
            drawing.Style(**wrong)  # type: ignore[arg-type]


def test_fog_leaves_what_people_look_at(answer: Answer, paint: Paint) -> None:
    """The places that hold half of the density are the picture itself; the last tenth is darker, and without edges."""
    picture = paint(2, 240, 320)
    found = answer(picture)
    outside = held.share_above(found.density)(found.density)
    drawn = drawing.draw(found, "fog", BARE)
    clear = tinted.visibility(found.density, (240, 320))
    assert (clear == 255).sum() > 0
    np.testing.assert_array_equal(drawn[clear == 255], picture[clear == 255])
    assert found.density[outside < tinted.CLEAR].sum() == pytest.approx(tinted.CLEAR, abs=0.02)
    fogged = clear == 0
    assert drawn[fogged].mean() < 0.4 * picture[fogged].mean()
    down, before = (np.abs(np.diff(p.astype(int), axis=0))[fogged[1:] & fogged[:-1]].mean() for p in (drawn, picture))
    assert down < 0.2 * before
    assert (drawing.draw(found, "fog", dataclasses.replace(BARE, opacity=1))[fogged] == 0).all()


def test_fog_in_strips_is_fog_at_once(answer: Answer, paint: Paint, monkeypatch: pytest.MonkeyPatch) -> None:
    found = answer(paint(2, 700, 100))
    at_once = drawing.draw(found, "fog", BARE)
    monkeypatch.setattr(tinted, "MOST_PIXELS", 1)  # 256 rows at a time
    difference = np.abs(drawing.draw(found, "fog", BARE).astype(int) - at_once)
    assert difference.max() <= 1


def test_white_stays_white(answer: Answer) -> None:
    """Where few look, heat leaves a white page as it is; lines leave all of it but themselves."""
    white = np.full((200, 300, 3), 255, np.uint8)
    for kind in ("heat", "contours", "hot-spots", "areas"):
        drawn = drawing.draw(answer(white), kind, BARE)
        assert (drawn[:20, 200:] == 255).all()
        assert 0 < (drawn < 255).any(axis=2).mean() < 0.6


def test_the_rainbow_only_on_request(answer: Answer) -> None:
    """Blue and green of jet are in no other drawing: each color of the map alone is one of its ramp."""
    found = answer(np.zeros((60, 80, 3), np.uint8))
    ember, jet = ({*map(tuple, colormaps.colors(name).tolist())} for name in ("ember", "jet"))
    for name, ramp, other in (("ember", ember, jet), ("jet", jet, ember)):
        pixels = {
            *map(tuple, drawing.draw(found, "map", drawing.Style(colors=name, legend=False)).reshape(-1, 3).tolist())
        }
        assert pixels <= ramp
        assert not pixels & other
    default = drawing.draw(found, "heat")
    np.testing.assert_array_equal(default, drawing.draw(found, "heat", drawing.Style(colors="ember")))


def test_sizes_of_picture_and_text(answer: Answer, paint: Paint) -> None:
    """The longer side is as asked; text has 8 points at a resolution, but never covers a tiny picture."""
    style = drawing.Style(size=600, legend=False)
    assert drawing.draw(answer(paint(1)), "areas", style).shape == (450, 600, 3)
    assert drawing.Style(dpi=300).text((2000, 3000)) == round(8 / 72 * 300)
    assert drawing.Style(dpi=2400).text((150, 200)) < 150 / 8
    assert (
        drawing.Style().text((3000, 4000))
        > 2 * drawing.Style().text((800, 1280))
        > 2 * drawing.Style().text((150, 200))
    )
    assert drawing.Style().shape(60_000, 1280)[0] < 60_000
    with pytest.raises(ValueError, match="too large"):
        drawing.Style(size=50_000).shape(3000, 4000)


@pytest.mark.parametrize("kind", OUTLINED)
@pytest.mark.parametrize("shape", [(150, 200), (800, 600), (3000, 4000)])
def test_text_is_inside_and_apart(kind: str, shape: tuple[int, int], answer: Answer) -> None:
    areas = [{"label": f"a long label, the {n}th", "box": [0.11 * n, 0.05, 0.11 * n + 0.1, 0.2]} for n in range(9)]
    areas.append({"label": "W" * 200, "box": [0, 0, 1, 1]})
    stimulus = np.zeros((*shape, 3), np.uint8)
    scene = OUTLINED[kind](answer(stimulus, areas), drawing.Style())
    plates = []
    for text in scene.texts:
        if text.width:
            (x, y), half, high = text.center, text.width / 2, text.height / 2
            plates.append((x - half, y - high, x + half, y + high))
    assert plates
    low, high = np.array(plates)[:, :2], np.array(plates)[:, 2:]
    assert (low >= -0.01).all()
    assert (high <= np.array(shape[::-1]) + 0.01).all()
    sides = np.minimum(high[:, None], high) - np.maximum(low[:, None], low)
    common = np.triu(np.maximum(sides, 0).prod(axis=2), 1)
    assert (common <= 0.1 * (high - low).prod(axis=1)).all()
    assert sum(text.width > 0 for text in scene.texts) >= (5 if kind == "areas" else 2)


def test_hot_spots_say_that_they_are_no_path(answer: Answer, paint: Paint) -> None:
    scene = OUTLINED["hot-spots"](answer(paint(1, 300, 400)), drawing.Style())
    assert "not a path" in scene.caption
    assert [text.text for text in scene.texts if not text.width] == ["1", "2"]
    (x, y), (x2, y2) = (disc.center for disc in scene.discs)
    assert (x / 400, y / 300) == pytest.approx((0.3, 0.35), abs=0.02)
    assert (x2 / 400, y2 / 300) == pytest.approx((0.75, 0.7), abs=0.02)


def test_small_shares_have_a_decimal(answer: Answer) -> None:
    areas = [{"label": "speck", "box": [0.3, 0.35, 0.31, 0.36]}, {"label": "all", "box": [0, 0, 1, 1]}]
    scene = OUTLINED["areas"](answer(np.zeros((300, 400, 3), np.uint8), areas), drawing.Style())
    share = next(text.text for text in scene.texts if text.text.startswith("speck")).split()[1]
    assert 0 < float(share.rstrip("%")) < 1
    assert any(text.text.startswith("all 100% (100-100%)") for text in scene.texts)


def test_a_constant_map_has_no_lines(paint: Paint, answer: Answer) -> None:
    found = dataclasses.replace(answer(paint(1)), density=np.full((9, 12), 1 / 108))
    for kind in ("contours", "hot-spots"):
        scene = OUTLINED[kind](found, BARE)
        assert not scene.lines
        np.testing.assert_array_equal(drawing.draw(found, kind, BARE), found.stimulus)


def test_before_and_after_have_one_scale(answer: Answer) -> None:
    """A density twice as high has the last color; the other one's peak has that of half of the scale."""
    white = np.full((60, 80, 3), 255, np.uint8)
    low = np.ones((60, 80))
    low[20:40, 20:40] = 3
    high = low.copy()
    high[20:40, 20:40] = 12
    one, other = (dataclasses.replace(answer(white), density=each / each.sum()) for each in (low, high))
    drawn = before_after(one, other, BARE)
    assert drawn.shape[1] > 160
    left, right = drawn[-60:, :80].astype(int), drawn[-60:, -80:].astype(int)
    assert np.abs(left[30, 30] - right[30, 30]).sum() > 60
    same = before_after(other, other, BARE)
    np.testing.assert_array_equal(same[-60:, :80], same[-60:, -80:])
    assert np.abs(same[-60:, :80][30, 30].astype(int) - right[30, 30]).max() == 0


def test_before_and_after_of_other_sizes(answer: Answer, paint: Paint) -> None:
    wide, tall = answer(paint(1, 20, 900)), answer(paint(2, 700, 30))
    for pair in ((wide, tall), (tall, wide)):
        drawn = before_after(*pair)
        assert drawn.size < 10_000_000
