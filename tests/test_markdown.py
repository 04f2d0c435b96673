"""Markdown tables, and their places in pages."""

from pathlib import Path

import pytest

from wepsam.markdown import insert, table

PAGE = "# Résults\n<!-- table:one -->\nold\n<!-- /table -->\nbetween\n<!-- table:two -->\n<!-- /table -->\nafter\n"


def test_table() -> None:
    assert table(["", "CC"], [["m", "1"], ["n", ""]]) == "| | CC |\n|---|---|\n| m | 1 |\n| n | |"
    with pytest.raises(ValueError, match="a row has 1 cells, the head has 2"):
        table(["", "CC"], [["m"]])


def test_lines_of_text_are_wrapped_and_rows_of_tables_are_not(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text(PAGE, encoding="utf-8")
    row, words = "| " + 60 * "ab " + "|", " ".join(["word"] * 50)
    insert(page, "one", f"{row}\n\n- {words}\n{words}")
    first, *lines = page.read_text(encoding="utf-8").partition("one -->\n")[2].partition("\n<!-- /")[0].split("\n")
    assert first == row
    assert max(map(len, lines)) <= 100
    assert " ".join(" ".join(lines).split()) == f"- {words} {words}"
    assert [line[:6] for line in lines] == ["", "- word", "  word", "  word", *["word w"] * 3]


@pytest.mark.parametrize("mark", ["+", "-", "*", "1.", "12)", "#", ">", "%"])
def test_no_wrapped_line_begins_with_a_mark_of_a_list(tmp_path: Path, mark: str) -> None:
    page = tmp_path / "README.md"
    for length in range(90, 105):
        page.write_text(PAGE, encoding="utf-8")
        insert(page, "one", f"{'x' * length} word {mark} more words " + 100 * "y")
        assert f"\n{mark} " not in page.read_text(encoding="utf-8")


def test_insert(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text(PAGE, encoding="utf-8")
    assert not insert(page, "two", "| ± |", write=False)
    assert page.read_text(encoding="utf-8") == PAGE
    assert not insert(page, "two", "| ± |")
    expected = PAGE.replace("two -->\n", "two -->\n| ± |\n")
    assert page.read_text(encoding="utf-8") == expected
    assert insert(page, "two", "| ± |")
    assert insert(page, "one", "old")
    assert page.read_text(encoding="utf-8") == expected
    for name in ("three", "tw"):
        with pytest.raises(
            ValueError, match=f"README.md has no place for the table {name}: expected <!-- table:{name} -->"
        ):
            insert(page, name, "x")
    page.write_text(PAGE.replace("<!-- /table -->\nafter", ""), encoding="utf-8")
    with pytest.raises(ValueError, match="no place"):
        insert(page, "two", "x")
