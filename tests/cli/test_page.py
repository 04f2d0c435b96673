"""wepsam page, as people type it."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from PIL import Image

from helpers import Run, one_line
from wepsam.attention.reading import read_areas
from wepsam.pages import browser

MODEL = ("--model", "center-gaussian")
PAGE = "<body style='margin: 0'><h1>Lamps</h1><a id=buy style='position: absolute; left: 200px; top: 50px'>Buy</a>"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "index.html"
    path.write_text(PAGE)
    return path


def test_a_page(page: Path, tmp_path: Path, wepsam_command: Run) -> None:
    pytest.importorskip("playwright", reason="no Playwright: pip install 'wepsam[page]'")
    if not any(map(shutil.which, browser.NAMES)):
        pytest.skip("no Chromium: apt install chromium")
    out = tmp_path / "shots"
    selected = ("-s", "#buy", "--select", "head=h1", "-s", ".none")
    call = ("page", page, "--viewport", "400x300", "--scale", 2, *selected, "--out", out, *MODEL)
    code, printed, err = wepsam_command(*call, "--json")
    assert code == 0
    assert [area["label"] for area in json.loads(printed)] == ["#buy", "head"]
    assert ".none: nothing found; no area" in err
    with Image.open(out / "page.png") as picture:
        assert picture.size == (800, 600)
    buy, _ = read_areas(out / "areas.json", (600, 800))
    assert buy.box is not None
    assert buy.box[:2] == pytest.approx((200 / 400, 50 / 300))
    code, printed, _ = wepsam_command("areas", out / "page.png", "--areas", out / "areas.json", *MODEL)
    assert code == 0
    table = printed.splitlines()
    code, printed, _ = wepsam_command(*call)  # once more, over its own files
    assert printed.splitlines()[: len(table)] == table
    assert "400x300 CSS pixels" in printed
    pytest.importorskip("jinja2", reason="no Jinja2: pip install 'wepsam[report]'")
    assert wepsam_command(*call, "--report")[0] == 0
    assert "#buy" in (out / "report.html").read_text(encoding="utf-8")


def test_mistakes_are_one_line(
    page: Path, tmp_path: Path, wepsam_command: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    Image.new("RGB", (9, 9)).save(taken / "page.png")
    own = tmp_path / "own"
    own.mkdir()
    (own / "areas.json").write_text("[]")
    out = tmp_path / "out"
    for arguments, code, word in [
        ((page, "--out", out, "--viewport", "wide"), 2, "1280x800"),
        ((page, "--out", out, "--scale", "0"), 2, "scale"),
        ((tmp_path / "none.html", "--out", out), 1, "none.html"),
        (("ftp://example.org/", "--out", out), 2, "https://"),
        ((page, "--out", taken), 2, "has not drawn"),
        ((page, "--out", own), 2, "another folder"),
        ((page, "--out", out, "--select", "x" * 300), 2, "label"),
    ]:
        found, printed, err = wepsam_command("page", *arguments, *MODEL)
        assert (found, printed) == (code, ""), arguments
        one_line(err, word)
    assert not out.exists()
    monkeypatch.setitem(sys.modules, "playwright.async_api", None)
    code, _, err = wepsam_command("page", page, "--out", out, *MODEL)
    assert code == 1
    one_line(err, "needs playwright: pip install 'wepsam[page]'")


def test_no_browser(page: Path, tmp_path: Path, wepsam_command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("playwright", reason="no Playwright: pip install 'wepsam[page]'")
    call = ("page", page, "--out", tmp_path / "out", *MODEL)
    code, _, err = wepsam_command(*call, "--browser", tmp_path / "none")
    assert code == 1
    one_line(err, "no program of a browser")
    monkeypatch.setattr(browser, "_choices", lambda program: [{"channel": "chrome-canary"}])
    code, _, err = wepsam_command(*call)
    assert code == 1
    one_line(err, "apt install chromium")
