"""The pages of the site: links lead to the places that pages have there, and to nothing that is not there."""

from __future__ import annotations

import pytest

from recipes.site import PAGES, ROOT, gather, moved


@pytest.mark.parametrize(
    ("text", "source", "page", "expected"),
    [
        ("[a](docs/how-to/app.md#limits)", "README.md", "index.md", "[a](how-to/app.md#limits)"),
        ("![a](docs/images/example.png)", "README.md", "index.md", "![a](images/example.png)"),
        ("[a](../../README.md)", "docs/how-to/app.md", "how-to/app.md", "[a](../index.md)"),
        ("[a](../../results/README.md)", "docs/how-to/app.md", "how-to/app.md", "[a](../reference/result-files.md)"),
        ("[recipe](../../Makefile)", "docs/how-to/app.md", "how-to/app.md", "recipe (`Makefile`)"),
        ("[Makefile](Makefile)", "README.md", "index.md", "Makefile"),
        ("[a](https://example.org/b.md)", "README.md", "index.md", "[a](https://example.org/b.md)"),
        ("[a](#below)", "README.md", "index.md", "[a](#below)"),
    ],
)
def test_links_lead_to_the_places_of_the_site(text: str, source: str, page: str, expected: str) -> None:
    assert moved(text, source, page) == expected


def test_every_page_is_gathered_and_in_the_navigation(tmp_path) -> None:
    """A page that stands in no menu is found by nobody."""
    gather(tmp_path / "docs")
    pages = {path.relative_to(tmp_path / "docs").as_posix() for path in (tmp_path / "docs").rglob("*.md")}
    assert set(PAGES.values()) < pages
    navigation = (ROOT / "zensical.toml").read_text(encoding="utf-8")
    assert not [page for page in sorted(pages) if f'"{page}"' not in navigation]
