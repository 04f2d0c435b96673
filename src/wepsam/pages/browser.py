"""A headless Chromium that is on this machine, driven by Playwright. Nothing is downloaded."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from wepsam.files import shown

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
CHANNELS = ("chrome", "msedge")  # where Playwright looks for them on Windows and macOS
START, END = 60.0, 3.0  # seconds that a browser has to start, and to end


class PageError(OSError):
    """A page that cannot be shown, or a browser that cannot show it. One line."""


NONE = (
    "no Chromium on this machine: apt install chromium (Debian, Ubuntu), install Chrome, or run `playwright install "
    "chromium`; or name its program with --browser"
)


@asynccontextmanager
async def opened(program: str | os.PathLike[str] | None, has_sandbox: bool) -> AsyncIterator[Any]:
    """A browser of Playwright's asynchronous interface.

    Args:
        program: of a Chromium; None: Playwright's own if it was installed, or the one that the system has.
        has_sandbox: whether the pages' processes are kept from the rest of the machine.

    Raises:
        PageError: there is none, or it does not start.
        ModuleNotFoundError: Playwright is not installed.
    """
    from playwright.async_api import Error, async_playwright

    if program is not None and not os.path.isfile(program):
        raise PageError(f"{shown(program)}: no program of a browser")
    async with async_playwright() as playwright:
        browser = None
        for choice in _choices(program):
            try:
                browser = await playwright.chromium.launch(
                    headless=True, chromium_sandbox=has_sandbox, timeout=1000 * START, **choice
                )
                break
            except Error as error:
                if not _is_absent(error):
                    hint = "; where the machine allows no sandbox, add --no-sandbox" if has_sandbox else ""
                    raise PageError(f"the browser does not start ({first_line(error)}){hint}") from error
        if browser is None:
            raise PageError(NONE)
        try:
            yield browser
        finally:
            with suppress(Error, TimeoutError):  # one that hangs ends with Playwright's own process
                await asyncio.wait_for(browser.close(), END)


def _choices(program: str | os.PathLike[str] | None) -> list[dict[str, Any]]:
    """Ways to start a browser, the best first."""
    if program is not None:
        return [{"executable_path": program}]
    found = [path for path in map(shutil.which, NAMES) if path]
    return [{}, *({"executable_path": path} for path in found[:1]), *({"channel": name} for name in CHANNELS)]


def _is_absent(error: Exception) -> bool:
    text = str(error)
    return "Executable doesn't exist" in text or "distribution '" in text or "is not found at" in text


def first_line(error: Exception) -> str:
    """What an error of Playwright says, without its call log."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:300] if lines else type(error).__name__
