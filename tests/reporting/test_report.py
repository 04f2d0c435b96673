"""The page that `wepsam report` writes: its numbers, its safety, what it refuses, and how a browser sees it."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from PIL import Image

import wepsam
from helpers import Paint, tiny_weights
from wepsam.images import save_image
from wepsam.pages.browser import NAMES
from wepsam.reporting import content, page

AREAS = [{"label": "buy", "box": [0.1, 0.2, 0.5, 0.6]}, {"label": "=cmd|' /C calc'!A0", "box": [0.6, 0.6, 0.9, 0.9]}]
SCHEMA = json.loads(files("wepsam.reporting").joinpath("report.schema.json").read_text(encoding="utf-8"))
HOSTILE = "<img src=x onerror=alert(1)> \"&'.png"


class Elements(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> wepsam.Predictor:
    path = tmp_path_factory.mktemp("weights") / "tiny.onnx"
    tiny_weights(path, aspect=True)
    return wepsam.load(path, threads=1)


@pytest.fixture
def pictures(tmp_path: Path, paint: Paint) -> Path:
    folder = tmp_path / "pictures"
    (folder / "more").mkdir(parents=True)
    save_image(folder / "a.png", paint(1))
    save_image(folder / "more" / HOSTILE, paint(2))
    (folder / "broken.jpg").write_bytes(b"nothing")
    return folder


def test_page_json_and_table_say_the_same(model: wepsam.Predictor, pictures: Path, tmp_path: Path) -> None:
    done = wepsam.report(pictures, tmp_path / "out", AREAS, model=model, viewers=20)
    report = json.loads(done.numbers.read_text(encoding="utf-8"))
    jsonschema.validate(report, SCHEMA)
    assert [one["picture"] for one in report["pictures"]] == ["a.png", f"more/{HOSTILE}"]
    answer = wepsam.attend(pictures / "a.png", AREAS, model=model, viewers=20)
    area = report["pictures"][0]["areas"][0]
    assert area["share"] == pytest.approx(answer.areas[0].share, rel=1e-5)
    rows = list(csv.DictReader(done.table.read_text(encoding="utf-8").splitlines()))
    assert float(rows[0]["share"]) == area["share"]
    assert len(rows) == 4
    text = Elements(done.page.read_text(encoding="utf-8")).text
    for one in report["pictures"]:
        for found in one["areas"]:
            assert page.percent(found["share"]) in text
    assert page.percent(area["share_low"]) + " to " + page.percent(area["share_high"]) in text


def test_a_comparison(model: wepsam.Predictor, pictures: Path, tmp_path: Path) -> None:
    done = wepsam.report(pictures, tmp_path / "out", AREAS, compare=True, model=model)
    report = json.loads(done.numbers.read_text(encoding="utf-8"))
    jsonschema.validate(report, SCHEMA)
    (found,) = report["comparisons"]
    first, second = report["pictures"]
    change = found["changes"][0]
    assert (found["a"], found["b"]) == (first["picture"], second["picture"])
    assert change["change"] == pytest.approx(second["areas"][0]["share"] - first["areas"][0]["share"], abs=1e-5)
    text = Elements(done.page.read_text(encoding="utf-8")).text
    assert page.points(change["change_low"]) + " to " + page.points(change["change_high"]) in text
    assert change["verdict"] in text


def test_a_long_page(model: wepsam.Predictor, paint: Paint, tmp_path: Path) -> None:
    save_image(tmp_path / "long.png", paint(1, 600, 120))
    done = wepsam.report(tmp_path / "long.png", tmp_path / "out", AREAS, viewport="120x100", model=model)
    report = json.loads(done.numbers.read_text(encoding="utf-8"))
    jsonschema.validate(report, SCHEMA)
    (one,) = report["pictures"]
    assert (report["viewport"], one["screens"], report["seconds"], one["seconds"]) == ([120, 100], 6, 3, 18)
    assert "3 seconds at each screen of 120" in Elements(done.page.read_text(encoding="utf-8")).text


def test_the_page_asks_for_nothing_and_hostile_names_are_text(
    model: wepsam.Predictor, pictures: Path, tmp_path: Path
) -> None:
    done = wepsam.report(pictures, tmp_path / "out", AREAS, model=model, title="<b>&</b>")
    parsed = Elements(done.page.read_text(encoding="utf-8"))
    assert not {"script", "b", "iframe", "object", "link"} & {tag for tag, _ in parsed.found}
    for _, attributes in parsed.found:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href"):
            assert (attributes.get(name) or "#").startswith(("data:image/jpeg;base64,", "#"))
    assert HOSTILE in parsed.text
    assert "url(" not in done.page.read_text(encoding="utf-8")
    assert str(tmp_path) not in done.page.read_text(encoding="utf-8") + done.numbers.read_text(encoding="utf-8")
    labels = [row["label"] for row in csv.DictReader(done.table.read_text(encoding="utf-8").splitlines())]
    assert labels[1].startswith("'=")


def test_an_unreadable_picture_is_named_and_the_others_are_done(
    model: wepsam.Predictor, pictures: Path, tmp_path: Path
) -> None:
    done = wepsam.report(pictures, tmp_path / "out", model=model)
    assert [line.split(":")[0] for line in done.failed] == ["broken.jpg"]
    assert "broken.jpg: not a picture" in Elements(done.page.read_text(encoding="utf-8")).text
    with pytest.raises(wepsam.ImageError, match="not a picture"):
        wepsam.report(pictures / "broken.jpg", tmp_path / "none", model=model)
    assert not (tmp_path / "none").exists()


def test_pictures_of_one_name_are_told_apart(model: wepsam.Predictor, tmp_path: Path, paint: Paint) -> None:
    for place in ("old", "new"):
        (tmp_path / place).mkdir()
        save_image(tmp_path / place / "page.png", paint(1))
    done = wepsam.report([tmp_path / "old" / "page.png", tmp_path / "new" / "page.png"], tmp_path / "out", model=model)
    names = [one["picture"] for one in json.loads(done.numbers.read_text(encoding="utf-8"))["pictures"]]
    assert [name[-12:] for name in names] == ["old/page.png", "new/page.png"]
    assert content.names(["a.png", "b.png", "a.png"]) == ["a.png (1)", "b.png", "a.png (2)"]


def test_names_that_are_no_text(model: wepsam.Predictor, tmp_path: Path, paint: Paint) -> None:
    folder = tmp_path / "names"
    folder.mkdir()
    save_image(tmp_path / "a.png", paint(1))
    try:
        for name in (b"caf\xe9.png", b"two\nlines.png", "left\u202egnp.png".encode()):
            (folder / os.fsdecode(name)).write_bytes((tmp_path / "a.png").read_bytes())
        (folder / os.fsdecode(b"broken\xe9.png")).write_bytes(b"nothing")
    except OSError:
        pytest.skip("this disk takes names in UTF-8 only")
    done = wepsam.report(folder, tmp_path / "out", AREAS, model=model)
    said = json.loads(done.numbers.read_text(encoding="utf-8"))
    assert sorted(one["picture"] for one in said["pictures"]) == ["caf\xe9.png", "left?gnp.png", "two?lines.png"]
    assert said["failed"][0]["picture"] == "broken\xe9.png"
    assert said["failed"][0]["error"].startswith("not a picture")
    assert "caf\xe9.png" in done.page.read_text(encoding="utf-8")
    assert "caf\xe9.png" in done.table.read_text(encoding="utf-8")


@pytest.mark.parametrize("size", [(1, 1), (1, 3), (5, 2), (1, 900), (900, 1)])
def test_tiny_and_thin_pictures(model: wepsam.Predictor, tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("RGB", size).save(tmp_path / "a.png")
    said = json.loads(wepsam.report(tmp_path / "a.png", tmp_path / "out", AREAS, model=model).numbers.read_text())
    assert (said["pictures"][0]["width"], said["pictures"][0]["height"]) == size


def test_a_wrong_title_is_refused_before_any_work(tmp_path: Path, pictures: Path) -> None:
    def never(stimulus: np.ndarray) -> np.ndarray:
        raise AssertionError(stimulus.shape)

    with pytest.raises(ValueError, match="the title is"):
        wepsam.report(pictures / "a.png", tmp_path / "out", model=never, title="two\nlines")


def test_files_of_others_stay_and_an_earlier_report_is_replaced(
    model: wepsam.Predictor, pictures: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    wepsam.report(pictures / "a.png", out, model=model)
    wepsam.report(pictures / "a.png", out, model=model, title="second")
    assert "<title>second</title>" in (out / "report.html").read_text(encoding="utf-8")
    (out / "report.pdf").write_bytes(b"of the first")
    done = wepsam.report(pictures / "a.png", out, model=model)
    assert "report.pdf in this folder is of an earlier report; --pdf makes it again" in done.warnings
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "areas.csv").write_text("my own", encoding="utf-8")
    with pytest.raises(ValueError, match=r"areas\.csv is there and was not written by wepsam report"):
        wepsam.report(pictures / "a.png", mine, model=model)
    assert [path.name for path in mine.iterdir()] == ["areas.csv"]


def test_an_answer_reports_itself(model: wepsam.Predictor, pictures: Path, tmp_path: Path) -> None:
    wepsam.attend(pictures / "a.png", AREAS, model=model).report(tmp_path / "one", title="same")
    wepsam.report(pictures / "a.png", tmp_path / "other", AREAS, model=model, title="same")
    for name in ("report.html", "report.json", "areas.csv"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_a_web_page_is_doubted(tmp_path: Path, model: wepsam.Predictor, paint: Paint) -> None:
    """Remarks stand with the picture, without the folders of this machine."""
    save_image(tmp_path / "a.png", paint(1))
    done = wepsam.report(tmp_path / "a.png", tmp_path / "out", AREAS, model=model)
    (remark, *_) = done.warnings
    assert remark.startswith("a.png: the intervals are those of wepsam-lite")
    assert remark.removeprefix("a.png: ") in Elements(done.page.read_text(encoding="utf-8")).text


@pytest.mark.parametrize(
    ("peak", "words"),
    [((0.5, 0.5), "center"), ((0.1, 0.1), "upper left"), ((0.9, 0.5), "right"), ((0.5, 1.0), "lower middle")],
)
def test_places_in_words(peak: tuple[float, float], words: str) -> None:
    assert page.place(peak) == words


def test_numbers_to_read() -> None:
    assert [page.percent(v) for v in (0, 0.0412, 0.0994, 0.0996, 0.5)] == ["0.0%", "4.1%", "9.9%", "10%", "50%"]
    assert [page.times(v) for v in (0.04, 2.34, 9.96, 31)] == ["0.0x", "2.3x", "10x", "31x"]


BROWSER = next((found for name in NAMES if (found := shutil.which(name))), None)


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_a_browser_shows_the_numbers(model: wepsam.Predictor, pictures: Path, tmp_path: Path) -> None:
    """At the width of a phone: what is laid out, not what stands in the file."""
    done = wepsam.report(pictures, tmp_path / "out", AREAS, model=model)
    assert BROWSER is not None
    call = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    call += ["--window-size=390,800", "--dump-dom", done.page.resolve().as_uri()]
    shown = subprocess.run(call, capture_output=True, timeout=120, check=True).stdout.decode()
    report = json.loads(done.numbers.read_text(encoding="utf-8"))
    rows = re.findall(r'<tr data-label="buy">.*?<td class="share">(.*?)</td>', shown)
    assert rows == [page.percent(one["areas"][0]["share"]) for one in report["pictures"]]
    assert shown.count("data:image/jpeg") == shown.count("<img")


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_a_pdf(model: wepsam.Predictor, pictures: Path, tmp_path: Path) -> None:
    done = wepsam.report(pictures / "a.png", tmp_path / "out", model=model, as_pdf=True)
    assert done.pdf is not None
    assert done.pdf.read_bytes().startswith(b"%PDF")
