"""The picture of the page in docs/how-to/app.md: python recipes/app_page.py

It opens `wepsam app` in a headless Chromium, takes the drawn start pages of the examples, and draws two areas. It needs
the extras [app] and [page].
"""

import io
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from wepsam.drawing.examples import redesigned, start_page
from wepsam.pages.browser import NAMES

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "app.jpg"
AREAS = {"Headline": (0.04, 0.18, 0.33, 0.38), "Book a ride": (0.04, 0.53, 0.24, 0.63)}
DONE = "() => !document.body.classList.contains('busy') && document.querySelector('#drawing').naturalWidth > 0"


def main() -> None:
    call = [sys.executable, "-m", "wepsam", "app", "--port", "0", "--no-browser"]
    with subprocess.Popen(call, stderr=subprocess.PIPE, text=True) as process, tempfile.TemporaryDirectory() as folder:
        assert process.stderr is not None
        found = re.match(r"(http://\S+) is the page", process.stderr.readline())
        assert found
        paths = [Path(folder) / name for name in ("start page.png", "start page, new.png")]
        for path, draw in zip(paths, (start_page, redesigned), strict=True):
            draw().save(path)
        data = picture(found[1], paths)
        process.terminate()
    Image.open(io.BytesIO(data)).convert("RGB").save(PICTURE, quality=85, optimize=True)


def picture(address: str, paths: list[Path]) -> bytes:
    """A PNG of the page with these pictures and the areas on the last one."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), chromium_sandbox=False)
        page = browser.new_page(viewport={"width": 1240, "height": 1000})
        page.goto(address)
        page.wait_for_selector("body.ready")
        page.set_input_files("#files", paths)
        page.locator("#pictures li").nth(len(paths) - 1).wait_for()
        page.click(f"#pictures li:nth-child({len(paths)}) .picture")
        for name, box in AREAS.items():
            wait(page)
            draw(page, box)
            label = page.get_by_label("Name of the area").last
            label.fill(name)
            label.press("Enter")
        wait(page)
        page.mouse.move(0, 0)
        page.evaluate("() => { document.activeElement?.blur(); scrollTo(0, 0); }")
        page.wait_for_timeout(1000)
        data: bytes = page.screenshot()
        browser.close()
        return data


def draw(page: Any, box: tuple[float, float, float, float]) -> None:
    """Draw an area with the mouse, in shares of the picture's sides."""
    page.locator("#stage").scroll_into_view_if_needed()
    place = page.locator("#stage").bounding_box()
    (left, top), (right, bottom) = (
        (place["x"] + x * place["width"], place["y"] + y * place["height"]) for x, y in (box[:2], box[2:])
    )
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move((left + right) / 2, (top + bottom) / 2)
    page.mouse.move(right, bottom)
    page.mouse.up()


def wait(page: Any) -> None:
    """Until the page has its answers; it lets no texts become scripts, so it is asked again and again."""
    for _ in range(400):
        if page.evaluate(DONE):
            return
        page.wait_for_timeout(50)
    raise TimeoutError("the page is still busy")


def program() -> str:
    """A Chromium on this machine."""
    return next(found for name in NAMES if (found := shutil.which(name)))


if __name__ == "__main__":
    main()
