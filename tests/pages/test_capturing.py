"""Pages in a real headless Chromium: boxes are where the pixels are, and a page can do no harm."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wepsam.attention.areas import AreaError
from wepsam.pages import Page, PageError, capture, capturing
from wepsam.pages.capturing import labeled

Site = tuple[Path, str]

LAYOUT = """<!doctype html><style>body { margin: 0 } div { position: absolute }</style>
<div id="hero" style="width: 100%; height: 100vh; background: rgb(0, 0, 200)"></div>
<div id="bar" style="position: fixed; top: 0; left: 0; width: 100%; height: 20px; background: rgb(0, 200, 0)"></div>
<div class="box" style="left: 31px; top: 57px; width: 101px; height: 43px; background: rgb(200, 0, 0)"></div>
<div class="box" style="left: 250px; top: 3990px; width: 70px; height: 25px; background: rgb(200, 100, 0)"></div>
<div style="top: 4200px; height: 1px; width: 1px"></div>"""


@pytest.mark.parametrize("scale", [1, 2])
def test_boxes_agree_with_the_pixels(site: Site, scale: int) -> None:
    folder, address = site
    (folder / "page.html").write_text(LAYOUT)
    page = capture(f"{address}/page.html", (640, 400), ["box=.box", "#bar", "#hero"], scale=scale)
    assert page.size == (640, 4201)
    assert page.picture.shape == (4201 * scale, 640 * scale, 3)
    colors = {"box 1": (200, 0, 0), "box 2": (200, 100, 0), "#bar": (0, 200, 0)}
    assert [area.label for area in page.areas] == [*colors, "#hero"]
    for area in page.areas[:3]:
        rows, columns = np.nonzero((page.picture == colors[area.label]).all(axis=2))
        assert area.box is not None
        box = np.array(area.box) * [640, 4201, 640, 4201] * scale
        assert box == pytest.approx([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
    assert np.array(page.areas[3].box) * 4201 == pytest.approx([0, 0, 4201, 400])  # 100vh is still the window's height


SELECTED = """<!doctype html><body style="margin: 0"><p class=a>one</p><p class=a style="display: none">two</p>
<p class=a style="visibility: hidden">three</p><p id=far style="position: absolute; left: -900px">far</p>
<input name=q><div style="opacity: 0"><b>clear</b></div><i id=js></i>
<script>alert("hello"); document.getElementById("js").textContent = "x"; prompt("name")</script>"""


def test_what_selectors_find(site: Site) -> None:
    folder, address = site
    (folder / "page.html").write_text(SELECTED)
    selectors = [".a", "none=.none", "clear=b", "#far", "input[name=q]", "#js"]
    page = capture(f"{address}/page.html", (300, 200), selectors, screen=True)
    assert page.picture.shape == (200, 300, 3)
    assert [area.label for area in page.areas] == [".a", "input[name=q]", "#js"]
    assert [line for line in page.warnings if "root" not in line] == [
        ".a: 2 of 3 invisible, empty or outside; left out",
        "none: nothing found; no area",
        "clear: 1 found, all invisible, empty or outside the picture; no area",
        "#far: 1 found, all invisible, empty or outside the picture; no area",
    ]
    silent = capture(
        f"{address}/page.html", (300, 200), {"script": "#js", "first": ".a"}, javascript=False, screen=True
    )
    assert [area.label for area in silent.areas] == ["first"]
    with pytest.raises(AreaError, match="no CSS selector"):
        capture(f"{address}/page.html", selectors=["#a["], screen=True)


def test_a_local_page_shows_its_pictures_and_no_other_pages(site: Site) -> None:
    folder, _ = site
    Image.new("RGB", (50, 50), (9, 99, 199)).save(folder / "own.png")
    (folder / "other.html").write_text("<body style='background: rgb(250, 0, 250)'>")
    (folder / "a page, ünquoted.html").write_text(
        "<body style='margin: 0'><img src=own.png><iframe src=other.html></iframe>"
        f"<iframe src='{(folder / 'other.html').as_uri()}'></iframe>"
    )
    page = capture(folder / "a page, ünquoted.html", (900, 300), ["img"], screen=True)
    assert (page.picture == (9, 99, 199)).all(axis=2).sum() == 2500
    assert not (page.picture == (250, 0, 250)).all(axis=2).any()
    assert len(page.areas) == 1


def test_pages_that_fail_are_one_line(site: Site) -> None:
    folder, address = site
    (folder / "data.bin").write_bytes(bytes(100))
    (folder / "liar.html").write_text("<p>x</p><script>Array.from = () => ['x']</script>")
    (folder / "busy.html").write_text("<p>x</p><script>setTimeout(() => { while (true) {} }, 200)</script>")
    for name, word in [
        ("nowhere.html", "404"),
        ("data.bin", "download"),
        ("busy.html", "more than 4 s"),
        ("liar.html", "capturing it fails"),
    ]:
        with pytest.raises(PageError, match=word) as caught:
            capture(
                f"{address.replace('//', '//user:secret@')}/{name}",
                selectors=["p"],
                seconds=4 if name == "busy.html" else 60,
            )
        assert len(str(caught.value).splitlines()) == 1
        assert "secret" not in str(caught.value)
    with pytest.raises(PageError, match="no program of a browser"):
        capture(f"{address}/page.html", program=folder / "none")


def test_the_end_of_a_page(site: Site) -> None:
    folder, address = site
    (folder / "long.html").write_text("<body style='margin: 0'><div style='height: 30000px'></div><p>end</p>")
    page = capture(f"{address}/long.html", (60, 100), ["p", "div"])
    assert page.picture.shape == (20_000, 60, 3)
    assert "30,0" in page.warnings[0]
    assert "p: 1 found, all invisible, empty or outside the picture; no area" in page.warnings
    assert page.areas[0].outside == pytest.approx(1 / 3)


def test_a_page_that_lies_about_its_elements_is_one_line() -> None:
    pytest.importorskip("playwright", reason="no Playwright: pip install 'wepsam[page]'")

    async def lie() -> Page:
        capturing._areas([("a", "#a")], "x", [[["x"]]], (10, 10))
        raise AssertionError

    with pytest.raises(PageError, match="page fails: its scripts"):
        asyncio.run(capturing._within(lie(), 5, "page"))


def test_labels_of_selectors() -> None:
    assert labeled("#buy") == ("#buy", "#buy")
    assert labeled("buy now = #buy") == ("buy now", "#buy")
    assert labeled('a[href="x=y"]') == ('a[href="x=y"]', 'a[href="x=y"]')
    assert labeled("link=a[href]") == ("link", "a[href]")
    with pytest.raises(AreaError):
        labeled("x" * 300)


def test_mistakes_need_no_browser(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p>")
    for viewport in ((0, 100), (1280.0, 800), (100,), (100, 10**6)):
        with pytest.raises(ValueError, match="viewport"):
            capture(page, viewport)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="scale"):
        capture(page, scale=float("nan"))
    with pytest.raises(ValueError, match="seconds"):
        capture(page, seconds=0)
