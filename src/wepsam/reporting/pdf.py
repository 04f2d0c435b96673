"""A page as a PDF, by WeasyPrint or a browser, whichever is on the machine."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from wepsam.files import replacing
from wepsam.pages import browser

Printer = Callable[[Path, Path], None]

PATIENCE = 120  # seconds that a browser may take


def printer() -> Printer:
    """What prints an HTML file into a PDF file; ImportError if there is neither WeasyPrint nor a browser."""
    try:
        import weasyprint  # noqa: F401
    except (ImportError, OSError):  # OSError: its C libraries are missing
        program = next((found for name in browser.NAMES if (found := shutil.which(name))), None)
        if program is None:
            raise ImportError(
                "a PDF needs WeasyPrint or Chromium: pip install weasyprint, or print report.html from your browser"
            ) from None
        return lambda page, out: _by_browser(program, page, out)
    return _by_weasyprint


def _by_weasyprint(page: Path, out: Path) -> None:
    import weasyprint

    with replacing(out) as temporary:
        weasyprint.HTML(filename=str(page)).write_pdf(str(temporary))


def _by_browser(program: str, page: Path, out: Path) -> None:
    with replacing(out) as temporary, tempfile.TemporaryDirectory(prefix="wepsam-") as profile:
        call = [
            program, "--headless", "--disable-gpu", "--no-sandbox", "--no-first-run", "--disable-extensions",
            f"--user-data-dir={profile}", "--no-pdf-header-footer", f"--print-to-pdf={temporary.resolve()}",
            page.resolve().as_uri(),
        ]  # fmt: skip
        try:
            done = subprocess.run(call, capture_output=True, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            raise OSError(f"{program} did not print {page} within {PATIENCE} s; print it from your browser") from None
        if done.returncode or not temporary.exists():
            raise OSError(f"{program} could not print {page} (exit code {done.returncode}); print it from your browser")
