"""The page that predicts in the browser alone: its maps are Python's, and people can use it. make browser"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import wepsam
from helpers import ROOT
from wepsam import overlays
from wepsam.attention.answers import attend
from wepsam.images import read_image
from wepsam.metrics import cc
from wepsam.prediction.predictor import Predictor

GOLDEN = ROOT / "tests" / "golden" / "predict"
PHOTOGRAPHS = (
    "astronaut.png", "camera.png", "chelsea.png", "coffee.png", "hubble_deep_field.jpg", "ihc.png",
    "motorcycle_left.png", "rocket.jpg",
)  # fmt: skip
LEAST_CC = 0.9999
MOST_DIFFERENCE = 1e-3  # mean over the map, whose largest value is 1

# A picture's bytes through the page's own worker and steps; the map as base64 of float32.
ASK = """async ({ bytes, quality, calibration }) => {
  const { calibrate, mean, saliencyMap } = await import(new URL("wepsam.js", document.baseURI));
  const settings = await (await fetch("settings.json")).json();
  const file = new Blob([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))]);
  globalThis.asked ??= new Worker("worker.js", { type: "module" });
  const answer = await new Promise((resolve) => {
    asked.onmessage = ({ data }) => data.id && resolve(data);
    asked.postMessage({ id: 1, file, quality });
  });
  if (answer.error) throw new Error(answer.error);
  const numbers = settings.calibrations[calibration];
  const map = saliencyMap(calibrate(mean(answer.densities, numbers.scale_weights), numbers), answer.shape);
  const values = new Uint8Array(map.data.buffer);
  let text = "";
  for (let at = 0; at < values.length; at += 8192) text += String.fromCharCode(...values.subarray(at, at + 8192));
  return { shape: answer.shape, values: btoa(text) };
}"""


@pytest.fixture(scope="module")
def model() -> Predictor:
    return wepsam.load(threads=1, warn=False)


def map_of(page: Any, picture: bytes, quality: str = "best", calibration: str = "typical") -> np.ndarray:
    bytes_ = base64.b64encode(picture).decode()
    answer = page.evaluate(ASK, {"bytes": bytes_, "quality": quality, "calibration": calibration})
    return np.frombuffer(base64.b64decode(answer["values"]), np.float32).reshape(answer["shape"])


def check(ours: np.ndarray, expected: np.ndarray, name: str) -> None:
    assert ours.shape == expected.shape
    agreement, difference = cc(ours, expected), float(np.abs(ours - expected).mean())
    print(f"{name}: {ours.shape[1]}x{ours.shape[0]}, CC {agreement:.7f}, mean difference {difference:.1e}")
    assert agreement > LEAST_CC
    assert difference < MOST_DIFFERENCE


def test_photographs_get_the_map_of_python(page: Any, pictures: Path, model: Predictor) -> None:
    for name in PHOTOGRAPHS:
        check(map_of(page, (pictures / name).read_bytes()), model(pictures / name), name)


def test_every_calibration_and_quality_is_that_of_python(page: Any, pictures: Path, model: Predictor) -> None:
    picture = pictures / "coffee.png"
    for quality in ("best", "fast"):
        for calibration in model.card["calibrations"]:
            expected = model.with_settings(quality, calibration)(picture)
            check(map_of(page, picture.read_bytes(), quality, calibration), expected, f"{quality} {calibration}")


def odd_pictures(paint: Any) -> Iterator[tuple[str, bytes]]:
    """Pictures of unusual sizes and kinds as files, with their names."""

    def file(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
        data = BytesIO()
        picture.save(data, kind, **options)
        return data.getvalue()

    for height, width in ((3, 500), (50, 20_000), (20_000, 50), (1600, 300)):
        yield f"{width}x{height}", file(Image.fromarray(paint(3, height, width)))
    picture, turned = Image.fromarray(paint(4, 333, 211)), Image.Exif()
    turned[0x0112] = 6
    yield "turned", file(picture, "JPEG", exif=turned)
    yield "large", file(Image.fromarray(paint(3, 2600, 3100)), "JPEG", quality=90)
    yield "lossless", file(picture, "WEBP", lossless=True)
    yield "palette", file(picture, "GIF")
    yield "gray", file(picture.convert("L"))
    yield "16 bits", file(Image.fromarray(257 * np.asarray(picture.convert("L"), np.uint16)))
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    yield "transparent", file(picture)


def test_odd_pictures_get_the_map_of_python(page: Any, paint: Any, model: Predictor) -> None:
    for name, picture in odd_pictures(paint):
        check(map_of(page, picture), model(picture), name)


def test_golden_pictures_get_their_maps(page: Any) -> None:
    for case in json.loads((GOLDEN / "whole.json").read_bytes())["cases"]:
        ours = map_of(page, (GOLDEN / case["picture"]).read_bytes(), case["quality"], case["calibration"])
        expected = case["map"]
        assert list(ours.shape) == expected["shape"]
        kept = ours[np.ix_(expected["rows"], expected["columns"])]
        np.testing.assert_allclose(kept, expected["values"], atol=2e-3, err_msg=case["picture"])


def shown(page: Any) -> np.ndarray:
    """(H, W, 3) what the canvas shows, after the next frame."""
    url = page.evaluate(
        "() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => "
        "resolve(document.getElementById('canvas').toDataURL()))))"
    )
    return np.array(Image.open(BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGB"))


def drop(page: Any, path: Path) -> None:
    page.set_input_files("#file", path)
    page.locator("#status.error, #status:has-text('pixels')").wait_for()


def test_a_visitor_sees_the_heat_map_the_hot_spots_and_saves_them(page: Any, tmp_path: Path, model: Predictor) -> None:
    path = GOLDEN / "desk.png"
    drop(page, path)
    assert "desk.png, 640" in page.inner_text("#status")
    stimulus = read_image(path)
    expected = overlays.overlay(stimulus, model(path))
    assert np.abs(shown(page).astype(int) - expected).mean() < 0.5  # of 255
    spots = attend(path, model=model).hot_spots
    rows = page.locator("#spots tbody tr").all_inner_texts()
    assert [row.split()[1] for row in rows] == [f"{100 * s.share:.{1 if s.share < 0.0995 else 0}f}" for s in spots]
    with page.expect_download() as download:
        page.click("#download")
    saved = download.value
    assert saved.suggested_filename == "desk-heat.png"
    saved.save_as(tmp_path / "saved.png")
    assert np.array_equal(read_image(tmp_path / "saved.png"), shown(page))


def test_views_and_opacity_change_what_is_shown(page: Any) -> None:
    drop(page, GOLDEN / "desk.png")
    heat, stimulus = shown(page), read_image(GOLDEN / "desk.png")
    page.locator("#opacity").fill("0")
    assert np.abs(shown(page).astype(int) - stimulus).max() <= 1
    page.get_by_text("Map", exact=True).click()
    gray = shown(page)
    assert gray.min() == 0
    assert gray.max() == 255
    assert (gray[..., 0] == gray[..., 2]).all()
    page.get_by_text("Fog", exact=True).click()
    page.locator("#opacity").fill("75")
    fog = shown(page).astype(float)
    cup, corner = (slice(230, 300), slice(410, 490)), (slice(400, 480), slice(0, 100))
    assert np.abs(fog[cup] - stimulus[cup]).mean() < 3
    assert fog[corner].mean() < 0.5 * stimulus[corner].mean()
    page.get_by_text("Picture", exact=True).click()
    assert np.array_equal(shown(page), stimulus)
    assert not np.array_equal(heat, stimulus)


def test_another_calibration_and_quality_change_the_map(page: Any) -> None:
    drop(page, GOLDEN / "desk.png")
    first = shown(page)
    page.select_option("#calibration", "none")
    second = shown(page)
    assert not np.array_equal(first, second)
    page.select_option("#quality", "fast")
    page.locator("#status", has_text="Predicting").wait_for(state="detached")
    assert not np.array_equal(shown(page), second)


def test_areas_are_drawn_moved_by_keys_and_removed(page: Any, model: Predictor) -> None:
    drop(page, GOLDEN / "desk.png")
    box = page.locator("#canvas").bounding_box()

    def at(x: float, y: float) -> tuple[float, float]:
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    page.mouse.move(*at(0.55, 0.4))
    page.mouse.down()
    page.mouse.move(*at(0.85, 0.8), steps=3)
    page.mouse.up()
    row = page.locator("#areas tbody tr").inner_text().split()
    answer = attend(GOLDEN / "desk.png", model=model, areas=[{"label": "cup", "box": [0.55, 0.4, 0.85, 0.8]}])
    (area,) = answer.areas
    assert float(row[2]) == pytest.approx(100 * area.share, abs=2)
    assert float(row[4]) == pytest.approx(area.lift, rel=0.03)
    assert float(row[5]) == pytest.approx(area.center_lift, rel=0.05)
    page.locator(".area").focus()
    for _ in range(20):
        page.keyboard.press("ArrowLeft")
    moved = page.locator("#areas tbody tr").inner_text().split()
    assert float(moved[2]) < float(row[2])
    page.keyboard.press("Delete")
    assert page.locator("#areas").is_hidden()


def test_what_is_no_picture_is_said_in_one_sentence(page: Any, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "cut.png").write_bytes((GOLDEN / "desk.png").read_bytes()[:200])
    for name in ("notes.txt", "cut.png"):
        drop(page, tmp_path / name)
        told = page.inner_text("#status.error")
        assert told.startswith(f"{name} cannot be read")
        assert told.count(".") == 2  # of the name, and of the sentence
    drop(page, GOLDEN / "desk.png")  # and it goes on
    assert page.locator("#status.error").count() == 0


@pytest.mark.parametrize("width", [360, 800, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_phones_tablets_and_desks(page: Any, width: int, scheme: str, tmp_path: Path) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    drop(page, GOLDEN / "desk.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(23, 23, 27)"
    assert dark == (scheme == "dark")


def test_keys_reach_every_control(page: Any) -> None:
    drop(page, GOLDEN / "desk.png")
    reached = set()
    page.locator("body").press("Tab")
    for _ in range(20):
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.name"))
        page.keyboard.press("Tab")
    assert {"file", "example", "view", "opacity", "download", "numbered", "add", "calibration", "quality"} <= reached
