"""Tables for pages, papers and programs."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from helpers import made_up
from wepsam.evaluation import Evaluation
from wepsam.evaluation.comparison import Comparison, differences, score_table
from wepsam.evaluation.table import as_csv, as_html, as_latex, as_markdown


def cells(table: str) -> dict[str, list[str]]:
    rows = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("|")]
    return {row[0].strip(): [cell.strip() for cell in row[1:]] for row in rows}


def test_the_best_is_bold_and_low_kl_is_best() -> None:
    table = cells(
        as_markdown(
            score_table(
                [
                    made_up("half-of-observers", nss=[9, 9], kl_div=[0, 0]),
                    made_up("wepsam", nss=[2, 2], kl_div=[0.5, 0.5]),
                    made_up("center-bias", nss=[1, 1], kl_div=[0.25, 0.25]),
                ]
            )
        )
    )
    assert table == {
        "": ["NSS", "KL ↓"],
        "---": ["---", "---"],
        "center bias (fitted)": ["1.000 ± 0.000", "**0.250** ± 0.000"],
        "**wepsam**": ["**2.000** ± 0.000", "0.500 ± 0.000"],
        "half of the observers": ["9.000 ± 0.000", "0.000 ± 0.000"],  # people are no model
    }
    assert list(table)[2:] == ["center bias (fitted)", "**wepsam**", "half of the observers"]


def test_a_score_that_no_picture_has() -> None:
    nothing = [float("nan")] * 2
    both = [made_up("a", nss=[1, 2], cc=nothing), made_up("b", nss=nothing, cc=nothing)]
    table = cells(as_markdown(score_table(both)))
    assert table["**a**"][0].startswith("**1.500** ± ")
    assert table["**a**"][1] == "n/a"
    assert table["**b**"] == ["n/a", "n/a"]


NASTY = "a_b & 50% <i>|{x}#$~^\\"


def nasty() -> list[Evaluation]:
    return [made_up(NASTY, nss=[1, 2], kl_div=[1, 1]), made_up("center-bias", nss=[0, 1], kl_div=[0.5, 0.5])]


class Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data.strip("\n")


def test_html_is_escaped_and_says_the_same() -> None:
    page = Cells()
    page.feed(as_html(score_table(nasty())))
    assert set(page.tags) == {"table", "caption", "tr", "th", "td", "strong"}
    assert page.rows == [
        ["", "NSS", "KL ↓"],
        ["center bias (fitted)", "0.500 ± 0.500", "0.500 ± 0.000"],
        [NASTY, "1.500 ± 0.500", "1.000 ± 0.000"],
    ]
    assert page.tags.count("strong") == 2


def test_latex_is_escaped_and_has_its_columns() -> None:
    text = as_latex(score_table(nasty()))
    assert (
        r"a\_b \& 50\% <i>|\{x\}\#\$\textasciitilde{}\textasciicircum{}\textbackslash{} & \textbf{1.500} $\pm$" in text
    )
    body = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert [line.replace(r"\&", "").count("&") for line in body] == [2, 2, 2]
    assert r"KL $\downarrow$" in text
    assert text.splitlines()[0].startswith("% 2 pictures of toy")


def test_csv_has_a_row_per_model_and_metric() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(score_table(nasty())))))
    assert [(r["model"], r["metric"], r["best"]) for r in rows] == [
        ("center-bias", "nss", "0"),
        ("center-bias", "kl_div", "1"),
        (NASTY, "nss", "1"),
        (NASTY, "kl_div", "0"),
    ]
    assert float(rows[2]["mean"]) == 1.5
    assert next(csv.DictReader(io.StringIO(as_csv(differences(nasty(), NASTY)))))["excludes_0"] == "1"


HOSTILE = [
    "=HYPERLINK(1)", "<script>alert(1)</script>", "a|b", "two\nlines\r\n\nand more", "<!-- /table -->",
    "[x](javascript:1)",
    "**bold**", "`code`", "\\input{x}", "\\", "* item", "[name", "# head", "&lt;", "_a_", "%x", "\u2028|\x85", "'=1",
]  # fmt: skip


def hostile(name: str) -> list[Evaluation]:
    """A model, dataset, part and metric of this name."""
    made = [made_up(model, **{"nss": [1, 2], name: [1, 2]}) for model in (name, "gbvs")]
    return [replace(e, about=e.about | {"dataset": name, "split": name, "protocol": name}) for e in made]


def tables(name: str) -> list[Comparison]:
    made = hostile(name)
    return [score_table(made), differences(made, name), differences(made, "gbvs")]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_do_nothing_in_markdown(name: str) -> None:
    for table in tables(name):
        text = as_markdown(table)
        head, line, *rows, empty, note = text.split("\n")
        assert (empty, line) == ("", "|---|---|---|")
        for row in (head, *rows, note):
            bars = len(re.findall(r"(?<!\\)(?:\\\\)*\|", row))
            assert bars == (0 if row == note else 4)
            assert "<" not in row
        for own in ("bold**", "](java", "`code"):
            assert own not in text.replace(f"\\{own}", "").replace("bold\\*", "")
        assert len(text.splitlines()) == len(rows) + 4


@pytest.mark.parametrize("name", HOSTILE)
def test_names_do_nothing_in_html_latex_and_csv(name: str) -> None:
    for table in tables(name):
        page = Cells()
        page.feed(as_html(table))
        assert set(page.tags) <= {"table", "caption", "tr", "th", "td", "strong"}
        comment, *latex = as_latex(table).splitlines()
        assert comment.startswith("% ")
        assert latex[0] == "\\begin{tabular}{lrr}"
        assert len(latex) == 6 + len(table.rows)
        for row in latex[2:-2]:
            assert not row.startswith(("[", "*"))
            assert row.replace("\\&", "").count("&") in (0, 2)
            assert "\\input" not in row
        for row in csv.reader(io.StringIO(as_csv(table))):
            assert not any(cell.startswith(("=", "+", "@")) for cell in row)
            assert not row[0].startswith("-")


def test_names_without_markup_stay_as_they_are() -> None:
    made = [replace(e, about=e.about | {"dataset": "dut_omron"}) for e in (made_up("wepsam-lite_2.0", nss=[1, 2]),)]
    assert "| **wepsam-lite_2.0** |" in as_markdown(score_table(made))
    assert "2 pictures of dut_omron (all), protocol `mit`" in as_markdown(score_table(made))
