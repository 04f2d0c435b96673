"""docs/comparison.md has the numbers of the results, and a source for what it says of others."""

from __future__ import annotations

import re

import pytest

from recipes import comparison_page
from wepsam import markdown

TEXT = comparison_page.PAGE.read_text(encoding="utf-8")


def section(title: str) -> str:
    return TEXT.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_the_tables_are_those_of_the_results() -> None:
    for name, table in comparison_page.tables().items():
        assert markdown.insert(comparison_page.PAGE, name, table, write=False), "run: python recipes/comparison_page.py"


@pytest.mark.parametrize("title", ["Networks with published weights", "Commercial services", "Measured, not predicted"])
def test_what_is_said_of_others_has_a_source(title: str) -> None:
    rows = [line for line in section(title).splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 3
    for row in rows:
        assert "](http" in row or row.startswith("| wepsam"), row


def test_commercial_services_are_dated() -> None:
    rows = [line for line in section("Commercial services").splitlines() if line.startswith("| ")][1:]
    for row in rows:
        assert re.search(r"\d{4}-\d\d-\d\d|date unknown", row), row


def test_scores_of_other_pictures_are_not_set_against_each_other() -> None:
    """Each row of the boards says which pictures and which protocol."""
    table = section("Boards").split("<!-- table:boards -->")[1].split("<!-- /table -->")[0]
    rows = [line.split("|")[2] for line in table.splitlines() if line.startswith("| ")][1:]
    assert all("MIT300, the board" in where or "OSIE, our protocol" in where for where in rows)
    assert len(set(rows)) == 3
