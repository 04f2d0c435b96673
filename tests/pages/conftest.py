"""A server for pages, and whether there is a browser that can show them."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from wepsam.pages import browser


class Quiet(SimpleHTTPRequestHandler):
    """It logs nothing, and sends .bin files as downloads."""

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder that a server shows, and its address."""
    pytest.importorskip("playwright", reason="no Playwright: pip install 'wepsam[page]'")
    if not any(map(shutil.which, browser.NAMES)):
        pytest.skip("no Chromium: apt install chromium")
    folder = tmp_path / "site"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()
