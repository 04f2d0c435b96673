"""A page as a PDF, by WeasyPrint or a browser, whichever is on the machine."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from wepsam.files import replacing

Printer = Callable[[Path, Path], None]

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
PATIENCE = 120  # seconds that a browser may take


def printer() -> Printer:
    """What prints an HTML file into a PDF file; ImportError if there is neither WeasyPrint nor a browser."""
    try:
        import weasyprint  # noqa: F401
    except (ImportError, OSError):  # OSError: its C libraries are missing
        browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
        if browser is None:
            raise ImportError(
                "a PDF needs WeasyPrint or Chromium: pip install weasyprint, or print report.html from your browser"
            ) from None
        return lambda page, out: _by_browser(browser, page, out)
    return _by_weasyprint


def _by_weasyprint(page: Path, out: Path) -> None:
    import weasyprint

    with replacing(out) as temporary:
        weasyprint.HTML(filename=str(page)).write_pdf(str(temporary))


def _by_browser(browser: str, page: Path, out: Path) -> None:
    with replacing(out) as temporary, tempfile.TemporaryDirectory(prefix="wepsam-") as profile:
        call = [
            browser, "--headless", "--disable-gpu", "--no-sandbox", "--no-first-run", "--disable-extensions",
            f"--user-data-dir={profile}", "--no-pdf-header-footer", f"--print-to-pdf={temporary.resolve()}",
            page.resolve().as_uri(),
        ]  # fmt: skip
        try:
            done = subprocess.run(call, capture_output=True, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            raise OSError(f"{browser} did not print {page} within {PATIENCE} s; print it from your browser") from None
        if done.returncode or not temporary.exists():
            raise OSError(f"{browser} could not print {page} (exit code {done.returncode}); print it from your browser")
