"""The page as people use it: in a Chromium that is on this machine."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

import wepsam
from helpers import ROOT, Paint, Write
from video_samples import make, spot
from wepsam.drawing.examples import redesigned, start_page
from wepsam.pages import browser

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
SECONDS = 60  # for anything to happen, on a busy machine
WIDTHS = {"wide": (1400, 900, "light"), "tablet": (820, 1100, "light"), "phone": (390, 844, "dark")}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where `wepsam app` shows its page. It writes nothing to a disk, whatever is dropped there."""
    pytest.importorskip("playwright", reason="no Playwright: pip install 'wepsam[page]'")
    if not any(map(shutil.which, browser.NAMES)):
        pytest.skip("no Chromium: apt install chromium")
    call = [sys.executable, "-m", "wepsam", "app", "--port", "0", "--no-browser", "--max-megabytes", "1"]
    folder = tmp_path_factory.mktemp("temporary")
    environment = os.environ | {name: str(folder) for name in ("TMPDIR", "TEMP", "TMP")}
    with subprocess.Popen(call, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        found = re.match(r"(http://127\.0\.0\.1:\d+) is the page", first)
        assert found, first
        yield found[1]
        assert list(folder.rglob("*")) == []
        process.terminate()
        assert "Traceback" not in process.stderr.read()


@asynccontextmanager
async def opened(address: str, width: str = "wide") -> AsyncIterator[Any]:
    """The page, ready; at the end, it has asked nobody but its own program, and its scripts had no errors."""
    across, down, scheme = WIDTHS[width]
    async with browser.opened(None, has_sandbox=False) as chromium:
        context = await chromium.new_context(viewport={"width": across, "height": down}, color_scheme=scheme)
        context.set_default_timeout(1000 * SECONDS)
        page = await context.new_page()
        asked, faults = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: faults.append(f"dialog {dialog.message}"))
        await page.goto(address)
        await page.wait_for_selector("body.ready")
        yield page
        assert [url for url in asked if not url.startswith((address, f"blob:{address}"))] == []
        assert faults == []


def using(address: str, work: Callable[[Any], Awaitable[Any]], width: str = "wide") -> Any:
    async def use() -> Any:
        async with opened(address, width) as page:
            return await work(page)

    return asyncio.run(use())


async def until(page: Any, script: str) -> None:
    """Wait until a script says true: the page lets no texts become scripts, as Playwright's own waiting does."""
    for _ in range(20 * SECONDS):
        if await page.evaluate(script):
            return
        await page.wait_for_timeout(50)
    raise AssertionError(f"never true: {script}")


async def upload(page: Any, *paths: Path) -> None:
    before = await page.locator("#pictures li").count()
    await page.set_input_files("#files", paths)
    await page.locator("#pictures li").nth(before + len(paths) - 1).wait_for()
    await until(
        page, "!document.body.classList.contains('busy') && document.querySelector('#drawing').naturalWidth > 0"
    )


async def box_of(page: Any, left: float, top: float, right: float, bottom: float) -> None:
    """Draw an area on the picture with the mouse, in shares of its sides."""
    await page.locator("#stage").scroll_into_view_if_needed()
    place = await page.locator("#stage").bounding_box()
    points = [
        (place["x"] + x * place["width"], place["y"] + y * place["height"])
        for x, y in ((left, top), ((left + right) / 2, (top + bottom) / 2), (right, bottom))
    ]
    await page.mouse.move(*points[0])
    await page.mouse.down()
    for point in points[1:]:
        await page.mouse.move(*point)
    await page.mouse.up()


async def taken(page: Any, button: str, path: Path) -> Path:
    """What a button puts among the downloads."""
    async with page.expect_download() as waiting:
        await page.click(button)
    await (await waiting.value).save_as(path)
    return path


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """Both start pages of the examples as files."""
    paths = tmp_path / "old.png", tmp_path / "new.png"
    for path, draw in zip(paths, (start_page, redesigned), strict=True):
        draw().save(path)
    return paths


def test_from_a_picture_to_a_report(address: str, two: tuple[Path, Path], tmp_path: Path) -> None:
    async def work(page: Any) -> dict[str, str]:
        await upload(page, *two)
        assert await page.text_content("#look-title") == "old.png"
        assert "looks like a web page" in await page.text_content("#doubts")
        await page.click("#pictures li:nth-child(2) .picture")
        await until(page, "document.querySelector('#drawing').alt === 'Heat map of new.png'")
        await box_of(page, 0.05, 0.53, 0.23, 0.62)
        name = page.get_by_label("Name of the area")
        await name.fill("Book")
        await name.press("Enter")
        await page.click("summary:text('Edges')")
        edges = page.locator("#areas input[type=number]")
        for place, value in enumerate((5, 53, 23, 62)):
            await edges.nth(place).fill(str(value))
            await edges.nth(place).press("Tab")
        await until(page, "/^Area Book, [0-9.]+%/.test(document.querySelector('.area')?.getAttribute('aria-label'))")
        await page.click("#spread")
        row = page.locator("#verdicts tbody tr")
        await row.wait_for()
        await until(page, "document.querySelectorAll('#verdicts td')[1].textContent === "
                          "document.querySelector('#areas .share').textContent")  # fmt: skip
        said = {
            "share": await page.text_content("#areas .share"), "row": await row.text_content(),
            "sides": await page.locator("#sides img").count(),
        }  # fmt: skip
        await taken(page, "#save-report", tmp_path / "report.html")
        await taken(page, "#save-json", tmp_path / "report.json")
        await taken(page, "#save-view", tmp_path / "view.png")
        await taken(page, "#cropped li:first-child button", tmp_path / "crop.png")
        report = await page.context.new_page()
        await report.goto((tmp_path / "report.html").as_uri())
        assert "new.png" in await report.text_content("main")
        assert await report.locator("tr[data-label=Book]").count() == 3
        return said

    said = using(address, work)
    box = [{"label": "Book", "box": [0.05, 0.53, 0.23, 0.62]}]
    model = wepsam.load(threads=1, warn=False)
    found = wepsam.compare_pictures(*two, areas=box, model=model)
    assert said["share"] == f"{found.b.areas[0].share:.1%}"
    assert found.changes[0].verdict in said["row"]
    numbers = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert numbers["pictures"][1]["areas"][0]["share"] == pytest.approx(found.b.areas[0].share, rel=1e-4)
    assert numbers["comparisons"][0]["changes"][0]["change"] == pytest.approx(found.changes[0].change, rel=1e-3)
    heat = found.b.draw("heat")
    np.testing.assert_array_equal(np.array(Image.open(tmp_path / "view.png")), heat)
    assert np.array(Image.open(tmp_path / "crop.png")).shape[:2] == (800, 800)


def test_what_cannot_be_read_is_said_in_one_sentence(address: str, tmp_path: Path, paint: Paint, write: Write) -> None:
    good = write(tmp_path / "<img src=x onerror=alert(1)>.png", paint(1))
    broken, large = tmp_path / "broken.png", tmp_path / "large.png"
    broken.write_bytes(b"nothing")
    large.write_bytes(b"1" * (2 << 20))

    async def work(page: Any) -> None:
        await page.set_input_files("#files", [broken, good, large])
        await until(page, "!document.querySelector('#error').hidden")
        text = await page.text_content("#error")
        assert "broken.png: " in text
        assert "not a picture" in text
        assert "large.png: it has more than 1 MB" in text
        assert await page.text_content("#look-title") == good.name
        assert await page.locator("#pictures li").count() == 1
        await page.fill("#aspect", "wide")
        await page.press("#aspect", "Enter")
        await until(page, "document.querySelector('#error').textContent.startsWith('the aspect is')")
        await page.click("#pictures .gone")
        await until(page, "document.querySelector('#work').hidden")

    using(address, work)


def test_without_a_mouse(address: str) -> None:
    async def work(page: Any) -> None:
        await page.focus("#examples button")
        await page.keyboard.press("Enter")
        await until(page, "document.querySelector('#drawing').naturalWidth > 0")
        await page.focus("#add")
        await page.keyboard.press("Enter")
        for key in ("ArrowLeft", "ArrowLeft", "ArrowDown", "Shift+ArrowRight", "Shift+ArrowUp"):
            await page.keyboard.press(key)
        values = await page.evaluate("[...document.querySelectorAll('#areas input[type=number]')].map((i) => i.value)")
        assert values == ["33.0", "36.0", "64.0", "65.0"]
        await page.keyboard.press("Delete")
        await until(page, "!document.querySelector('.area') && document.activeElement.id === 'add'")
        await page.focus("#views input:checked")
        await page.keyboard.press("ArrowRight")
        await until(page, "document.querySelector('#drawing').alt.startsWith('Fog of')")

    using(address, work, "phone")


def test_the_picture_stays_beside_its_facts_and_covers_nothing(address: str) -> None:
    async def work(page: Any) -> None:
        await page.click("#examples button")
        for number in range(1, 5):
            await page.click("#add")
            await page.locator("#areas > li").nth(number - 1).wait_for()
        await until(page, "document.querySelector('#cropped img')")
        down = await page.evaluate("document.documentElement.scrollHeight")
        for above in range(0, down, 100):
            await page.evaluate(f"scrollTo(0, {above})")
            assert await page.evaluate(
                "document.querySelector('#add').getBoundingClientRect().bottom"
                " <= document.querySelector('#crops').getBoundingClientRect().top"
            )

    using(address, work)


def test_pictures_come_back_where_the_program_forgot_them(address: str) -> None:
    async def work(page: Any) -> None:
        await page.click("#examples button")
        await until(page, "document.querySelector('#drawing').naturalWidth > 0")
        await page.evaluate(
            "import('/asking.js').then(({ state }) => fetch(`/api/visits/${state.visit}/end`, {method: 'POST'}))"
        )
        await page.click("#add")
        await until(page, "/%$/.test(document.querySelector('#areas .share')?.textContent)")

    using(address, work)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Two seconds with sound: a scene with a square at the left, then one with a square at the right."""
    left, right = spot((50, 20), (120, 160)), 255 - spot((50, 120), (120, 160))
    return make(tmp_path / "film.mkv", [left] * 10 + [right] * 10, codec="mpeg4", sound="pcm_s16le")


TIME = "document.querySelector('#playing').currentTime"


async def watched(page: Any, *paths: Path) -> None:
    before = await page.locator("#pictures li").count()
    await page.set_input_files("#files", paths)
    await page.locator("#pictures li").nth(before + len(paths) - 1).wait_for()
    await until(page, "!document.body.classList.contains('busy') && document.querySelector('#playing').readyState > 1")


@pytest.mark.parametrize(("width", "plays"), [("wide", "mp4"), ("phone", "webm")])
def test_from_a_clip_to_a_report(address: str, film: Path, tmp_path: Path, width: str, plays: str) -> None:
    async def work(page: Any) -> None:
        if plays == "webm":
            await page.evaluate("import('/asking.js').then(({ state }) => { state.video = 'webm'; })")
        await watched(page, film)
        assert await page.text_content("#look-title") == "film.mkv"
        assert not await page.locator("#crops").is_visible()
        size = await page.evaluate(
            "(v => [v.videoWidth, v.videoHeight, v.duration])(document.querySelector('#playing'))"
        )
        assert size == [160, 120, pytest.approx(2, abs=0.1)]
        assert await page.locator("#scenes tbody tr").count() == 2
        assert "has 2 scenes" in await page.text_content("#said")

        await page.focus("#play")  # without a mouse
        await page.keyboard.press("Enter")
        await until(page, f"{TIME} > 0.3 && document.querySelector('#play').textContent === 'Pause'")
        await page.keyboard.press("Enter")
        await until(page, "document.querySelector('#play').textContent === 'Play'")
        await page.focus("#time")
        await page.keyboard.press("Home")
        await page.keyboard.press("ArrowRight")
        await until(page, f"Math.abs({TIME} - 0.1) < 0.01")
        assert await page.get_attribute("#time", "aria-valuetext") == "0:00.1 of 0:02"
        await page.get_by_label("Go to scene 2").click()
        await until(page, f"Math.abs({TIME} - 1) < 0.01 && document.querySelector('#now').style.left === '50%'")

        for place, edges in enumerate(((0, 0, 50, 100), (50, 0, 100, 100))):
            await page.click("#add")
            card = page.locator("#areas > li").nth(place)
            await card.locator("summary").click()
            for edge in (0, 1, 2, 3):
                await card.locator("input[type=number]").nth(edge).fill(str(edges[edge]))
                await card.locator("input[type=number]").nth(edge).press("Tab")
        await until(page, "document.querySelector('#elsewhere').textContent.includes(' 0.0%')")
        await until(page, "document.querySelectorAll('#shares polyline').length === 2")
        cells = await page.locator("#scenes tbody td").all_text_contents()
        first, second = cells[2:4], cells[6:8]
        assert float(first[0].rstrip("%")) > float(second[0].rstrip("%"))
        assert float(first[1].rstrip("%")) < float(second[1].rstrip("%"))
        now = await page.locator("#legend b").all_text_contents()
        assert float(now[1].strip(" %")) > float(now[0].strip(" %"))
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "wider than its window"

        await taken(page, "#clip-html", tmp_path / "report.html")
        await taken(page, "#clip-json", tmp_path / "numbers.json")
        await taken(page, "#clip-video", tmp_path / f"overlay.{plays}")
        await taken(page, "#clip-npz", tmp_path / "maps.npz")
        await page.click("#pictures .gone")
        await until(page, "document.querySelector('#work').hidden")

    using(address, work, width)
    numbers = json.loads((tmp_path / "numbers.json").read_text(encoding="utf-8"))
    assert [area["label"] for area in numbers["areas"]] == ["Area 1", "Area 2"]
    assert "film.mkv" in (tmp_path / "report.html").read_text(encoding="utf-8")
    with np.load(tmp_path / "maps.npz") as saved:
        assert saved["maps"].shape == (20, 72, 96)
    with av.open(str(tmp_path / f"overlay.{plays}")) as file:
        names = [stream.codec_context.name for stream in file.streams]
    assert names == {"mp4": ["h264", "aac"], "webm": ["vp9", "opus"]}[plays]


def test_a_clip_beside_pictures(address: str, film: Path, two: tuple[Path, Path], tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"nothing")
    long = make(tmp_path / "long.mp4", [spot((4, 4))] * 900)

    async def work(page: Any) -> None:
        await page.set_input_files("#files", [two[0], broken, film])
        await page.locator("#pictures li").nth(1).wait_for()
        await until(page, "!document.body.classList.contains('busy')")
        assert (await page.text_content("#error")).startswith("broken.mp4: broken or no clip: ")
        assert await page.text_content("#look-title") == "old.png"
        assert await page.locator("#alone").is_visible()  # a clip is nothing to compare a picture with
        await page.click("#pictures li:nth-child(2) .picture")
        await until(page, "document.querySelector('#playing').readyState > 1")
        assert not await page.locator("#drawing").is_visible()
        await page.select_option("#calibration", "osie")  # the clip is watched again
        await until(page, "document.querySelector('#watching').hidden && !document.body.classList.contains('busy')")
        await page.click("#pictures li:nth-child(1) .picture")
        await until(page, "document.querySelector('#drawing').alt === 'Heat map of old.png'")
        assert not await page.locator("#playing").is_visible()

        await page.set_input_files("#files", long)  # nobody waits for a minute and a half
        await until(
            page, "document.querySelector('#watching-text').textContent.startsWith('long.mp4 is being watched, ')"
        )
        await page.click("#stop")
        await until(page, "document.querySelector('#watching').hidden && !document.body.classList.contains('busy')")
        assert await page.locator("#pictures li").count() == 2
        await page.evaluate(
            "import('/asking.js').then(({ state }) => fetch(`/api/visits/${state.visit}/end`, {method: 'POST'}))"
        )
        await page.click("#pictures li:nth-child(2) .picture")
        await page.click("#add")  # the program forgot it: it is brought and watched again
        await until(page, "/%$/.test(document.querySelector('#areas .share')?.textContent)")

    using(address, work)


@pytest.mark.parametrize("width", WIDTHS)
def test_no_serious_fault_of_accessibility(address: str, film: Path, width: str) -> None:
    if not AXE.is_file():
        pytest.skip("no axe-core: `make browser` installs it with npm")

    async def work(page: Any) -> list[str]:
        found = await faults(page)
        for number in (1, 2):
            await page.click(f"#examples li:nth-child({number}) button")
            await page.locator("#pictures li").nth(number - 1).wait_for()
        await page.click("#add")
        await page.click("#spread")
        await page.locator("#verdicts tbody tr").wait_for()
        across = await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert across, "the page is wider than its window"
        found += await faults(page)
        await watched(page, film)
        await page.click("#pictures li:nth-child(3) .picture")
        await page.click("#add")
        return found + await faults(page)

    assert using(address, work, width) == []


async def faults(page: Any) -> list[str]:
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = await page.evaluate("axe.run()")
    assert found["passes"]
    return [f"{one['impact']}: {one['id']}: {one['nodes'][0]['html'][:200]}" for one in found["violations"]]
