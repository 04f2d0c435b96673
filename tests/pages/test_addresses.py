"""What may be opened as a page."""

from __future__ import annotations

from pathlib import Path

import pytest

from wepsam.pages.addresses import address, named


def test_files_and_addresses(tmp_path: Path) -> None:
    page = tmp_path / "my page #1.html"
    page.write_text("<p>")
    assert address(page) == page.as_uri()
    assert address(str(page)) == address(page.as_uri()) == page.as_uri()
    assert address("https://example.org/a?b=c#d") == "https://example.org/a?b=c#d"
    assert named(page.as_uri()) == str(page)
    assert named("https://me:secret@example.org:8000/a?token=1") == "https://example.org:8000/a"


@pytest.mark.parametrize(
    "wrong",
    [
        "ftp://example.org/a",
        "javascript:alert(1)",
        "data:text/html,x",
        "chrome://version",
        "http://",
        "https:///a",
        "http://[",
    ],
)
def test_nothing_else(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"expected|no host") as caught:
        address(wrong)
    assert not isinstance(caught.value, OSError)


def test_only_pages(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(ValueError, match="no page"):
        address(tmp_path / "notes.txt")
    for missing in (tmp_path / "none.html", tmp_path):
        with pytest.raises(OSError, match=r"No such file|Is a directory"):
            address(missing)
