"""What the page is told is what Python answers."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

import wepsam
from helpers import Paint
from picture_samples import exif
from wepsam import drawing
from wepsam.app import answering, examples
from wepsam.attention.answers import Attention, attend
from wepsam.attention.comparing import compared
from wepsam.service.forms import Upload

AREAS = [{"label": "left", "box": [0, 0, 0.5, 1]}, {"label": "upper", "box": [0, 0, 1, 0.5]}]


@pytest.fixture(scope="module")
def answer(paint: Paint) -> Attention:
    return attend(paint(1, 90, 120), AREAS, model="center-gaussian")


def read(file: answering.File) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(file[0])))


def test_texts_say_the_numbers(answer: Attention) -> None:
    said = json.loads(json.dumps(answering.said(answer, "a.png"), allow_nan=False))
    assert said["picture"] == "a.png"
    assert said["texts"]["left"]["share"] == "50%"
    low, high = (float(text.rstrip("%")) / 100 for text in said["texts"]["left"]["interval"].split(" to "))
    assert low == pytest.approx(answer.areas[0].share_low, abs=0.006)
    assert high == pytest.approx(answer.areas[0].share_high, abs=0.006)
    assert len(said["score_rows"]) == 5
    assert all(0 <= row["percentile"] <= 100 for row in said["score_rows"])
    assert any("left" in line or "upper" in line for line in said["sentences"])


@pytest.mark.parametrize("kind", [*answering.VIEWS, "areas"])
def test_the_slider_fades_every_drawing(answer: Attention, kind: str) -> None:
    plain, low, high = (read(answering.drawn(answer, *asked)) for asked in (("picture", 0.0), (kind, 0.0), (kind, 1.0)))
    assert low.shape == high.shape == answer.stimulus.shape
    if kind != "fog":  # which still blurs without any opacity
        np.testing.assert_array_equal(low, plain)
    assert np.array_equal(high, plain) == (kind == "picture")


def test_files_have_all_pixels_of_the_picture(paint: Paint) -> None:
    buffer = io.BytesIO()
    Image.fromarray(paint(2, 1300, 1700)).save(buffer, "JPEG")
    upload = Upload("a.jpg", buffer.getvalue())
    found = attend(upload.data, model=wepsam.load(threads=1, warn=False))
    shown = read(answering.drawn(found, "heat", 0.5))
    assert shown.shape[0] * shown.shape[1] <= answering.SHOWN_PIXELS * 1.01
    full = read(answering.drawn_in_full(found, upload, "heat", 0.5, 10**7))
    assert full.shape[1] == 1700
    assert full.shape[0] > 1300  # with the legend


def test_tiny_and_long_pictures(paint: Paint) -> None:
    for shape in ((1, 1), (3, 2000)):
        found = attend(paint(3, *shape), model="center-gaussian")
        assert answering.said(found, "x")["width"] == shape[1]
        for kind in answering.VIEWS:
            assert read(answering.drawn(found, kind, 0.5)).size
        assert answering.crops(found, ["1:1", "21:9"])


def test_drawings_are_those_of_wepsam_draw(answer: Attention) -> None:
    upload = Upload("a.png", b"")
    style = drawing.Style(opacity=0.6)
    np.testing.assert_array_equal(
        read(answering.drawn_in_full(answer, upload, "heat", 0.6, 10**6)), drawing.draw(answer, "heat", style)
    )
    np.testing.assert_array_equal(
        read(answering.drawn_in_full(answer, upload, "contours", 1.0, 10**6)), drawing.draw(answer, "contours")
    )


def test_a_crop_is_a_file_of_the_same_kind(paint: Paint) -> None:
    buffer = io.BytesIO()
    turned = exif(6)
    Image.fromarray(paint(4, 90, 160)).save(buffer, "WEBP", lossless=True, exif=turned)
    upload = Upload("a.webp", buffer.getvalue())
    found = attend(upload.data, model="center-gaussian")
    assert found.size == (160, 90)
    where = answering.crops(found, ["1:1"])[0]
    data, kind = answering.cropped(found, upload, "1:1", 10**6)
    assert kind == "image/webp"
    left, top, right, bottom = where["box"]
    upright = np.rot90(paint(4, 90, 160), -1)
    np.testing.assert_array_equal(read((data, kind)), upright[top:bottom, left:right])


def test_comparisons(answer: Attention, paint: Paint) -> None:
    other = attend(paint(5, 60, 60), AREAS[:1], model="center-gaussian")
    found = compared(answer, other)
    said = json.loads(json.dumps(answering.compared(found, ("a", "b")), allow_nan=False))
    assert [row["label"] for row in said["rows"]] == ["left"]
    assert said["rows"][0]["verdict"] == "undecided"
    assert said["only_a"] == ["upper"]
    for part in (*answering.PARTS, answering.SHEET):
        assert read(answering.comparison_drawn(found, part)).ndim == 3
    with pytest.raises(ValueError, match="no part 'c'"):
        answering.comparison_drawn(found, "c")


def test_reports(answer: Attention) -> None:
    pair = [("<b>.png", answer), ("b.png", answer)]
    page, _ = answering.reported(pair, "html", True)
    assert b"&lt;b&gt;.png" in page
    assert b"of the attention lies elsewhere in B" in page
    numbers = json.loads(answering.reported(pair, "json", False)[0])
    assert [one["picture"] for one in numbers["pictures"]] == ["<b>.png", "b.png"]
    same = json.loads(answering.reported([("a.png", answer), ("a.png", answer)], "json", True)[0])
    assert [one["picture"] for one in same["pictures"]] == ["a.png (1)", "a.png (2)"]
    assert answering.reported(pair, "csv", False)[0].count(b"\n") == 5
    with pytest.raises(ValueError, match="no report as 'pdf'"):
        answering.reported(pair, "pdf", False)


def test_examples_are_always_the_same_pictures() -> None:
    drawn = examples.found()[:3]
    assert [one.upload().data for one in drawn] == [one.upload().data for one in examples.found()[:3]]
    for example in drawn:
        assert Image.open(io.BytesIO(examples.thumbnail(example))).size == examples.THUMBNAIL
    assert Image.open(io.BytesIO(drawn[0].upload().data)).size == (1280, 800)
