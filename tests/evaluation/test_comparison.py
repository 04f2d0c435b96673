"""Paired differences against a slow version, tables for pages, papers and programs, and the whole command."""

from __future__ import annotations

import csv
import io
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from helpers import Run, Write, made_up
from wepsam.evaluation import Evaluation
from wepsam.evaluation.comparison import compared, differences, missing
from wepsam.evaluation.results import RESAMPLES
from wepsam.evaluation.table import as_csv, as_html, as_latex, as_markdown


def pair() -> tuple[Evaluation, Evaluation]:
    """Pictures differ much more than the models do."""
    rng = np.random.default_rng(0)
    easy = rng.normal(1, 1, 60)
    base, better = easy + rng.normal(0, 0.05, 60), easy + 0.1 + rng.normal(0, 0.05, 60)
    return made_up("base", nss=list(base)), made_up("better", nss=list(better))


def test_paired_intervals_are_those_of_a_slow_bootstrap() -> None:
    base, better = pair()
    (cell,) = differences([base, better], "base").rows["better"]
    one, other = better.scores("nss"), base.scores("nss")
    rng = np.random.default_rng(0)
    draws = rng.integers(0, 60, (RESAMPLES, 60))
    slow = sorted(sum(one[i] for i in draw) / 60 - sum(other[i] for i in draw) / 60 for draw in draws)
    assert cell.mean == pytest.approx(one.mean() - other.mean())
    assert cell.low == pytest.approx(np.quantile(slow, 0.025))
    assert cell.high == pytest.approx(np.quantile(slow, 0.975))
    own = compared([base, better]).rows["better"][0]
    assert cell.high - cell.low < (own.high - own.low) / 5  # what pairing is for
    assert cell.marked


def test_a_difference_by_hand() -> None:
    nan = float("nan")
    base = made_up("base", nss=[1, 2, nan, 4], kl_div=[nan] * 4)
    same = made_up("same", nss=[1, 2, 3, nan], kl_div=[1, 1, 1, 1])
    more = made_up("more", nss=[2, 3, 9, 5], kl_div=[1, 1, 1, 1])
    table = differences([base, same, more], "base")
    assert list(table.rows) == ["more", "same"]
    cell, nothing = table.rows["same"]
    assert (cell.mean, cell.low, cell.high, cell.pictures, cell.marked) == (0, 0, 0, 2, False)
    assert (nothing.pictures, nothing.marked) == (0, False)
    cell, _ = table.rows["more"]
    assert (cell.mean, cell.low, cell.high, cell.pictures, cell.marked) == (1, 1, 1, 3, True)
    text = as_markdown(table)
    assert "| **more** | +1.000 [+1.000, +1.000] * | n/a |" in text
    assert "| **same** | +0.000 [+0.000, +0.000] | n/a |" in text
    assert "model minus base on the same pictures" in text


def test_differences_that_are_chance_are_marked_as_seldom_as_they_should() -> None:
    rng = np.random.default_rng(2)
    marked = []
    for _ in range(100):
        both = [made_up(name, nss=list(rng.normal(0, 1, 50))) for name in "ab"]
        marked.append(differences(both, "a").rows["b"][0].marked)
    assert sum(marked) < 14  # 5 in the mean; more than 13 once in 2000 times


def test_what_cannot_be_compared() -> None:
    one = made_up("one", nss=[1, 2])
    with pytest.raises(ValueError, match="no results of two to compare with; there are one"):
        differences([one], "two")
    with pytest.raises(ValueError, match="protocols tuebingen and mit"):
        compared([one, made_up("two", "tuebingen", nss=[1, 2])])
    with pytest.raises(ValueError, match="different pictures"):
        differences([one, made_up("two", nss=[1, 2, 3])], "one")


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
    page.feed(as_html(compared(nasty())))
    assert set(page.tags) == {"table", "caption", "tr", "th", "td", "strong"}
    assert page.rows == [
        ["", "NSS", "KL ↓"],
        ["center bias (fitted)", "0.500 ± 0.500", "0.500 ± 0.000"],
        [NASTY, "1.500 ± 0.500", "1.000 ± 0.000"],
    ]
    assert page.tags.count("strong") == 2


def test_latex_is_escaped_and_has_its_columns() -> None:
    text = as_latex(compared(nasty()))
    assert (
        r"a\_b \& 50\% <i>|\{x\}\#\$\textasciitilde{}\textasciicircum{}\textbackslash{} & \textbf{1.500} $\pm$" in text
    )
    body = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert [line.replace(r"\&", "").count("&") for line in body] == [2, 2, 2]
    assert r"KL $\downarrow$" in text
    assert text.splitlines()[0].startswith("% 2 pictures of toy")


def test_csv_has_a_row_per_model_and_metric() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(compared(nasty())))))
    assert [(r["model"], r["metric"], r["best"]) for r in rows] == [
        ("center-bias", "nss", "0"),
        ("center-bias", "kl_div", "1"),
        (NASTY, "nss", "1"),
        (NASTY, "kl_div", "0"),
    ]
    assert float(rows[2]["mean"]) == 1.5
    assert next(csv.DictReader(io.StringIO(as_csv(differences(nasty(), NASTY)))))["excludes_0"] == "1"


def test_a_metric_without_a_title_has_its_name() -> None:
    assert compared([made_up("m", nss=[1, 2], new_one=[1, 1])]).metrics == ("nss", "new_one")


def test_missing_rows() -> None:
    model = made_up("m", nss=[1, 2])
    assert missing([model]) == ["center-bias", "gbvs", "one-observer", "gold-standard"]
    assert missing([model, made_up("gbvs", nss=[1, 2])]) == ["center-bias", "one-observer", "gold-standard"]
    assert missing([made_up("m", nss_density=[1, 2])]) == ["center-bias", "gbvs"]  # where no points are known


def test_one_command_makes_the_whole_comparison(own_dataset: Path, tmp_path: Path, wepsam_command: Run) -> None:
    command = ("evaluate", "center-gaussian", "-d", f"csv={own_dataset}", "--split", "all", "-o", tmp_path)
    folder = tmp_path / "pictures_with_csv-all"
    assert wepsam_command(*command)[0] == 0
    code, out, err = wepsam_command("compare", folder)
    assert code == 0
    assert len(err.splitlines()) == 1
    assert f"{folder} lacks center-bias, gbvs, one-observer, gold-standard; to add them: wepsam evaluate" in err

    code, out, _ = wepsam_command(*command, "--references")
    assert code == 0
    names = [line.split("|")[1].strip() for line in out.splitlines() if line.startswith("|")]
    assert names[2:] == [
        *("center Gaussian", "center bias (fitted)", "GBVS, full size"),
        *("one observer", "gold standard (all others)"),
    ]
    code, table, err = wepsam_command("compare", folder)
    assert (code, err) == (0, "")
    assert out.endswith(table)

    # What is there and still true is not computed again.
    lines = (folder / "gbvs.csv").read_text().splitlines()
    lines[1] = "000," + ",".join(["0.125"] * lines[0].count(","))
    (folder / "gbvs.csv").write_text("\n".join(lines) + "\n")
    assert wepsam_command(*command, "--references", "--json")[0] == 0
    assert (folder / "gbvs.csv").read_text().splitlines()[1] == lines[1]
    wepsam_command("evaluate", "gbvs", *command[2:])
    assert (folder / "gbvs.csv").read_text().splitlines()[1] != lines[1]

    chosen = ("compare", folder, "center-gaussian", "gbvs")
    code, out, err = wepsam_command(*chosen, "--paired", "center-bias")
    assert (code, err) == (0, "")
    assert out.count("center Gaussian") == 2
    assert "one observer" not in out
    assert "model minus center-bias" in out
    assert wepsam_command(*chosen, "--format", "latex")[1].startswith("% 12 pictures of pictures_with_csv")
    for wrong, words in (
        (("compare", folder, "nobody"), "no results of nobody in"),
        ((*chosen, "--format", "pdf"), "--format is one of markdown, html, latex, csv, not 'pdf'"),
        ((*chosen, "--paired", "nobody"), "no results of nobody to compare with"),
    ):
        code, _, err = wepsam_command(*wrong)
        assert code == 2
        assert words in " ".join(err.split())


def test_where_only_densities_are_known_people_are_left_out(tmp_path: Path, write: Write, wepsam_command: Run) -> None:
    for seed in range(4):
        density = np.random.default_rng(seed).integers(0, 256, (20, 30), np.uint8)
        write(tmp_path / "images" / f"{seed}.png", np.full((20, 30), 7, np.uint8))
        write(tmp_path / "maps" / f"{seed}.png", density)
    command = ("evaluate", "center-gaussian", "-d", f"maps={tmp_path}", "--split", "all", "-o", tmp_path / "results")
    code, out, err = wepsam_command(*command, "--references")
    assert code == 0
    assert "without gold-standard: pictures_with_maps does not say which observer looked where" in err
    assert "| GBVS, full size |" in out
    assert wepsam_command("compare", tmp_path / "results" / "pictures_with_maps-all")[2] == ""
