"""The page that predicts in the browser alone, built and served to a headless Chromium."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from web import build
from wepsam.pages.browser import NAMES

PATIENCE = 120  # seconds, on a busy machine
# As strict as a host may be. Playwright's own scripts are not bound by it.
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; worker-src 'self'; frame-ancestors 'none'"
)


class Strict(SimpleHTTPRequestHandler):
    """It logs nothing, and sends the policy with every file, the worker's too."""

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *args: object) -> None:
        pass


Strict.extensions_map = {**Strict.extensions_map, ".mjs": "text/javascript", ".wasm": "application/wasm"}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of the page, built into a folder some levels below the root of a server."""
    if not build.RUNTIME.is_dir():
        pytest.skip("no onnxruntime-web: make browser")
    root = tmp_path_factory.mktemp("host")
    build.build(root / "some" / "place")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Strict, directory=str(root)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/some/place/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")  # its event loop must have ended before other tests begin
def chromium() -> Iterator[Any]:
    """A browser of Playwright."""
    playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright")
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("no Chromium: apt install chromium")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=program, chromium_sandbox=False)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Any, address: str) -> Iterator[Any]:
    """The page, opened and ready, whose every request outside of its folder and every error fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    wrong: list[str] = []
    context.on("request", lambda request: wrong.append(request.url) if _is_outside(request.url, address) else None)
    context.set_default_timeout(1000 * PATIENCE)
    opened = context.new_page()
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    opened.goto(address)
    opened.locator("#status", has_text="Ready").wait_for()
    yield opened
    context.close()
    assert not wrong


def _is_outside(url: str, address: str) -> bool:
    return not url.startswith((address, f"blob:{address.partition('/some')[0]}", "data:"))
