"""One picture, one pass: all answers are of one density, and say what to doubt."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest

import wepsam
from helpers import Paint, tiny_weights
from wepsam.attention.clutter import clutter
from wepsam.attention.reading import read_areas
from wepsam.attention.scores import focus

AREAS = [{"label": "left", "box": [0, 0, 0.5, 1]}, {"label": "right", "box": [0.5, 0, 1, 1]}]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> wepsam.Predictor:
    path = tmp_path_factory.mktemp("weights") / "tiny.onnx"
    tiny_weights(path, aspect=True)
    return wepsam.load(path, threads=1)


def test_an_answer(model: wepsam.Predictor, paint: Paint, tmp_path: Path) -> None:
    picture = paint(1)
    answer = wepsam.attend(picture, AREAS, model=model, viewers=20, fixations=5)
    np.testing.assert_array_equal(answer.map, model(picture))
    np.testing.assert_array_equal(answer.density, model.low_resolution(picture))
    left, right = answer.areas
    assert left.share == pytest.approx(answer.density[:, : answer.density.shape[1] // 2].sum())
    assert left.share + right.share == pytest.approx(1)
    assert answer.elsewhere == pytest.approx(0, abs=1e-9)
    assert left.seen == pytest.approx(1 - (1 - left.share) ** 5)
    saved = json.loads(answer.to_json())
    assert (saved["width"], saved["height"], saved["viewers"], saved["fixations"]) == (120, 90, 20, 5)
    assert [area.label for area in read_areas(saved, (90, 120))] == ["left", "right"]
    assert saved["areas"][0]["share"] == pytest.approx(left.share, rel=1e-5)
    wider = wepsam.attend(picture, AREAS, model=model, viewers=2)
    assert wider.areas[0].share_high - wider.areas[0].share_low > left.share_high - left.share_low
    assert wepsam.attend(picture, model=model).areas == ()


def test_one_pass_of_the_network(model: wepsam.Predictor, paint: Paint, monkeypatch: pytest.MonkeyPatch) -> None:
    passes = []
    once = type(model).low_resolution
    monkeypatch.setattr(type(model), "low_resolution", lambda *a: passes.append(1) or once(*a))  # type: ignore[func-returns-value]
    answer = wepsam.attend(paint(2), AREAS, model=model)
    assert answer.map.shape == (90, 120)
    assert answer.to_json()
    assert passes == [1]


def test_what_to_doubt(model: wepsam.Predictor, paint: Paint) -> None:
    """Numbers that were fitted to other weights, another calibration, another group, other pictures."""
    answer = wepsam.attend(paint(1), AREAS, model=model, viewers=1000)
    assert [line.split(":")[0].split(" are")[0] for line in answer.warnings] == [
        "the intervals", "intervals for 1000 viewers and 3 s",
    ]  # fmt: skip
    lite = wepsam.load(threads=1, quality="fast")
    assert wepsam.attend(paint(1), AREAS, model=lite).warnings == ()
    osie = wepsam.load(threads=1, quality="fast", calibration="osie")
    assert "calibration typical, not of osie" in wepsam.attend(paint(1), AREAS, model=osie).warnings[0]
    page = np.full((300, 400, 3), 255, np.uint8)
    for row in range(20, 280, 12):
        page[row : row + 6, 30:370:9] = page[row : row + 6, 31:370:9] = 0
    page[100:140, 40:200] = (20, 90, 200)
    with pytest.warns(wepsam.PictureWarning):
        answer = wepsam.attend(page, AREAS, model=lite)
    assert "this looks like a" in answer.warnings[0]
    assert "photographs only" in answer.warnings[1]
    quiet = wepsam.load(threads=1, quality="fast", warn=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "this looks like a" in wepsam.attend(page, AREAS, model=quiet).warnings[0]


def test_other_models(paint: Paint) -> None:
    answer = wepsam.attend(paint(1), AREAS, model="center-gaussian")
    assert answer.areas[0].share == pytest.approx(0.5, abs=0.01)
    assert "intervals are those of wepsam-lite" in answer.warnings[0]
    answer = wepsam.attend(paint(1), AREAS, model=lambda stimulus: np.ones(stimulus.shape[:2]))
    assert answer.areas[0].lift == pytest.approx(1)
    plain = wepsam.load(threads=1, quality="fast", center_bias=False)
    assert wepsam.attend(paint(1), AREAS, model=plain).areas[0].center_share == pytest.approx(0.5)
    for wrong in ({"viewers": 0}, {"fixations": 0}, {"fixations": float("nan")}, {"unit": "inch"}, {"model": "none"}):
        with pytest.raises(ValueError, match="expected"):
            wepsam.attend(paint(1), AREAS, **wrong)  # type: ignore[arg-type]


def test_scores_are_among_pictures_of_the_kind(model: wepsam.Predictor, paint: Paint, tmp_path: Path) -> None:
    answer = wepsam.attend(paint(1), model=model)
    assert answer.scores.reference == "photographs"
    assert answer.scores.focus_50 == pytest.approx(focus(answer.density, 0.5))
    assert answer.scores.clutter == pytest.approx(clutter(paint(1)))
    assert set(answer.scores.percentiles) == set(answer.scores.values())
    assert json.loads(answer.to_json())["scores"]["reference"] == "photographs"
    assert wepsam.attend(paint(1), model=model, reference="web pages").scores.reference == "web pages"
    (tmp_path / "ours").mkdir()
    for number in range(10):
        wepsam.save_map(tmp_path / "ours" / f"{number}.png", paint(number)[..., 0])
    made = wepsam.benchmark(tmp_path / "ours", tmp_path / "ours.json", model=model)
    assert made.failed == ()
    assert wepsam.attend(paint(1), model=model, reference=tmp_path / "ours.json").scores.reference == "ours"
    assert wepsam.attend(paint(1), model=model, reference=made.reference).scores.reference == "ours"
    with pytest.raises(ValueError, match="expected photographs, web pages"):
        wepsam.attend(paint(1), model=model, reference="paintings")
