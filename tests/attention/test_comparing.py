"""Two pictures: what is the same does not change, what gains in one loses in the other, and doubt is said."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import wepsam
from helpers import Paint, tiny_weights
from wepsam.attention import comparing
from wepsam.attention.areas import Area
from wepsam.attention.comparing import A_MORE, B_MORE, UNDECIDED, compare_pictures, compared

AREAS = [{"label": "left", "box": [0, 0, 0.5, 1]}, {"label": "right", "box": [0.5, 0, 1, 1]}]


def bright(left: int, right: int, height: int = 64, width: int = 96) -> np.ndarray:
    """A picture of two halves. The map of the tiny model is its brightness."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[:, : width // 2], picture[:, width // 2 :] = left, right
    return picture


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> wepsam.Predictor:
    path = tmp_path_factory.mktemp("weights") / "tiny.onnx"
    tiny_weights(path, aspect=True)
    return wepsam.load(path, threads=1, warn=False)


def test_a_picture_and_itself(model: wepsam.Predictor, paint: Paint) -> None:
    found = compare_pictures(paint(1), paint(1), AREAS, model=model)
    assert found.moved == 0
    assert not found.difference.any()
    for change in found.changes:
        assert (change.change, change.verdict) == (0, UNDECIDED)
        assert change.change_low == pytest.approx(-change.change_high)


def test_to_change_places_changes_signs(model: wepsam.Predictor, paint: Paint) -> None:
    one = compare_pictures(paint(1), paint(2), AREAS, model=model)
    other = compare_pictures(paint(2), paint(1), AREAS, model=model)
    np.testing.assert_allclose(one.difference, -other.difference)
    opposite = {A_MORE: B_MORE, B_MORE: A_MORE, UNDECIDED: UNDECIDED}
    for here, there in zip(one.changes, other.changes, strict=True):
        assert here.change == pytest.approx(-there.change)
        assert (here.change_low, here.change_high) == pytest.approx((-there.change_high, -there.change_low))
        assert here.verdict == opposite[there.verdict]
    assert one.difference.sum() == pytest.approx(0, abs=1e-9)


def test_a_verdict_where_one_can_be_sure(model: wepsam.Predictor) -> None:
    found = compare_pictures(bright(250, 5), bright(5, 250), AREAS, model=model)
    assert [change.verdict for change in found.changes] == [A_MORE, B_MORE]
    left, _ = found.changes
    assert left.change == pytest.approx(left.share_b - left.share_a)
    assert left.change_low < left.change < left.change_high < 0
    assert found.moved == pytest.approx(-left.change, abs=1e-6)
    close = compare_pictures(bright(120, 130), bright(130, 120), AREAS, model=model)
    assert [change.verdict for change in close.changes] == [UNDECIDED] * 2
    surer = compare_pictures(bright(120, 130), bright(130, 120), AREAS, model=model, viewers=30)
    assert surer.changes[0].change_high < close.changes[0].change_high


def test_areas_belong_together_by_their_label(model: wepsam.Predictor) -> None:
    theirs = [{"label": "new", "box": [0, 0, 0.1, 0.1]}, {"label": "left", "box": [0.5, 0, 1, 1]}]
    found = compare_pictures(bright(200, 100), bright(100, 200), AREAS, theirs, model=model)
    assert [change.label for change in found.changes] == ["left"]
    assert found.changes[0].change == pytest.approx(0, abs=1e-6)
    assert (found.only_a, found.only_b) == (("right",), ("new",))
    assert [line for line in found.warnings if " only" in line] == [
        "in A only, so without a verdict: right", "in B only, so without a verdict: new",
    ]  # fmt: skip
    none = compare_pictures(bright(200, 100), bright(100, 200), model=model)
    assert none.changes == ()
    once = (Area(area["label"], box=tuple(area["box"])) for area in AREAS)  # type: ignore[arg-type]
    assert len(compare_pictures(bright(9, 8), bright(8, 9), once, model=model).changes) == 2


def test_pictures_of_two_sizes(model: wepsam.Predictor) -> None:
    found = compare_pictures(bright(200, 100), bright(200, 100, 300, 40), AREAS, model=model)
    assert "A is 96x64, B 40x300: places are compared in shares of the sides" in found.warnings
    assert found.difference.shape == tuple(np.maximum(found.a.density.shape, found.b.density.shape))
    assert found.difference.sum() == pytest.approx(0, abs=1e-9)


def test_remarks_are_said_once(model: wepsam.Predictor, paint: Paint) -> None:
    answer = wepsam.attend(paint(1), AREAS, model=model)
    one = replace(answer, picture="a.png", warnings=("a.png: this looks like a chart", "of both"))
    other = replace(answer, picture="b.png", warnings=("of both", "b.png: this looks like a chart"))
    assert compared(one, other).warnings == (
        "of both", "A: this looks like a chart", "B: this looks like a chart",
    )  # fmt: skip


def test_as_json(model: wepsam.Predictor, paint: Paint, tmp_path: Path) -> None:
    found = compare_pictures(paint(1), paint(2), AREAS, model=model)
    saved = json.loads(found.to_json())
    assert [change["label"] for change in saved["changes"]] == ["left", "right"]
    assert saved["changes"][0]["change"] == pytest.approx(found.changes[0].change, rel=1e-5)
    assert saved["a"]["areas"][0]["share"] == pytest.approx(saved["changes"][0]["share_a"])
    many = tuple(f"area {number}" for number in range(9))
    assert comparing._warnings(found.a, found.b, many, ())[-1].endswith("area 4 and 4 more")
