"""Published scores beside ours: the paper quotes the board, leads and ranks by hand, Table 1, the command."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.stats import spearmanr

from helpers import ROOT, Run, made_up
from wepsam import evaluate, markdown
from wepsam.classical import CLASSICAL
from wepsam.datasets import open_dataset
from wepsam.evaluation import Evaluation
from wepsam.evaluation.comparison import read_tables, score_table
from wepsam.reproduction.boards.leads import leads, leads_markdown, spearman
from wepsam.reproduction.boards.leads_figure import draw_leads
from wepsam.reproduction.boards.mit300 import MIT300, ROWS, quoted
from wepsam.reproduction.boards.paper_table import (
    ALL_ROWS,
    BETWEEN,
    BOARD_ROWS,
    COLUMNS,
    INTRODUCTION,
    MODELS,
    PAPER,
    table1_markdown,
)

# Table 1 as the paper prints it, on MIT300: AUC-Judd, AUC-Borji, CC, SIM, KL, NSS.
PRINTED = {
    "WEPSAM": (0.80, 0.78, 0.51, 0.45, 1.01, 1.35),
    "MR-CNN": (0.79, 0.75, 0.48, 0.48, 1.08, 1.37),
    "CNN-VLM": (0.79, 0.79, 0.44, 0.43, 1.06, 1.18),
    "MKL": (0.78, 0.78, 0.42, 0.42, 1.10, 1.08),
    "RARE2012": (0.77, 0.75, 0.42, 0.46, 1.01, 1.15),
    "CAS": (0.74, 0.73, 0.36, 0.43, 1.06, 0.95),
    "LGS": (0.76, 0.76, 0.39, 0.42, 1.11, 1.02),
    "GNMS": (0.74, 0.67, 0.34, 0.42, 1.21, 0.97),
    "NARFI": (0.73, 0.61, 0.31, 0.38, 5.17, 0.83),
    "STC": (0.79, 0.78, 0.40, 0.39, 1.23, 0.97),
    "CIW": (0.70, 0.69, 0.27, 0.38, 1.23, 0.73),
}


def test_the_paper_quotes_the_board() -> None:
    """Its rows are those of the board to the last digit, except that two of its own scores differ by .01."""
    assert list(PAPER) == list(PRINTED)
    for name, scores in PRINTED.items():
        assert tuple(PAPER[name][metric] for metric in COLUMNS) == scores, name
        board = tuple(MIT300[name][metric] for metric in COLUMNS)
        assert board == pytest.approx(scores, abs=0.0101 if name == "WEPSAM" else 0)
    assert not set(BOARD_ROWS) & set(PAPER)


def test_names_from_results_are_shown_and_do_nothing_else(tmp_path: Path) -> None:
    """A model, dataset and split with markup in their names; the tables have no more cells, and figures no formulas."""
    evil, scores = "<b>|x](y) *bold* $^$ https://evil.example", {"cc": [0.2, 0.4], "auc_judd": [0.6, 0.8]}
    for number, name in enumerate(("gbvs", "bms", evil)):
        made = made_up(name.replace("/", ""), **{m: [s + number / 9 for s in v] for m, v in scores.items()})
        about = made.about | {"dataset": evil, "split": evil, "weights": "0" * 64 if number == 2 else ""}
        Evaluation(made.rows, about).save(tmp_path / "results")
    tables = list(read_tables([tmp_path / "results"]).values())
    for text in (leads_markdown(tables), table1_markdown([tmp_path / "results"])):
        assert "<b>" not in text
        assert "](" not in re.sub(r"\\.", "", text)
        assert " *bold* " not in text
        assert "https://" not in text
        assert "&lt;b&gt;" in text
        for block in text.split("\n\n"):
            rows = [re.sub(r"\\.", "", line) for line in block.splitlines() if line.startswith("|")]
            assert len({row.count("|") for row in rows}) <= 1
    assert draw_leads(tables, tmp_path).exists()


def test_names_of_ours_lead_to_rows() -> None:
    assert set(ROWS.values()) <= set(MIT300)
    assert len(set(ROWS.values())) == len(ROWS)
    assert set(ROWS) - set(CLASSICAL) <= {"cnn_vlm-lite0-none", "mr_cnn", "one-observer", "wepsam-paper"}
    assert set(INTRODUCTION.values()) <= set(CLASSICAL)
    assert quoted("spectral_residual") is None
    assert ROWS["rare2012-raw"] in PAPER  # the paper has the raw model
    assert ROWS["rare2012"] in BOARD_ROWS


def at(model: str, **scores: float) -> Evaluation:
    return made_up(model, **{metric: [score - 0.25, score + 0.25] for metric, score in scores.items()})


def test_leads_by_hand() -> None:
    """GBVS and BMS are .48 and .55 in CC on the board, .87 and .81 in KL."""
    first = [at("gbvs", cc=0.40, kl_div=1.0), at("bms", cc=0.50, kl_div=0.8), at("gao", cc=0.3, kl_div=1.0)]
    second = [at("gbvs", cc=0.60, kl_div=0.5), at("bms", cc=0.0, kl_div=9.0), at("judd", cc=0.59, kl_div=0.75)]
    for one in second:
        one.about["split"] = "validation"
    rows = leads([first, second])
    assert list(rows) == ["bms", "gbvs", "judd"]  # the board's order by CC; no gao there, and one bms
    assert rows["bms"].change == pytest.approx({"cc": 0.10 - 0.07, "kl_div": 0.20 - 0.06})  # + is better, of KL too
    assert rows["judd"].change == pytest.approx({"cc": -0.01 + 0.01, "kl_div": -0.25 + 0.25})
    assert rows["gbvs"].change == {"cc": 0, "kl_div": 0}
    assert list(leads([first, second], "kl_div")) == ["bms", "gbvs", "judd"]
    text = leads_markdown([first, second])
    assert "| bms | 0.50 (0.55) | 0.80 (0.81) |" in text
    assert "| judd † | 0.59 (0.47) | 0.75 (1.12) |" in text
    assert "†: on 2 pictures of toy (validation)." in text
    assert "Without a public score: gao." in text
    assert "| *rank correlation* | *1.00* | *1.00* |" in text
    with pytest.raises(ValueError, match="no results of gbvs on 2 pictures of toy"):
        leads([first[1:]])
    with pytest.raises(ValueError, match="no metric info_gain"):
        leads([first], "info_gain")


def test_what_stands_out_is_bold() -> None:
    """Differences of .02, .02, .03 and .2: the last is more than twice the median; rounding alone is not bold."""
    change = {"bms": 0.02, "fes": -0.02, "sun": 0.03, "aim": 0.2}
    board = {name: (quoted(name) or {})["cc"] - MIT300["GBVS"]["cc"] for name in change}
    made = [at("gbvs", cc=0.5), *(at(name, cc=0.5 + board[name] + far) for name, far in change.items())]
    assert re.findall(r"\| (\w+) \| \*\*", leads_markdown([made])) == ["aim"]
    assert "several columns" not in leads_markdown([made])
    small = [at("gbvs", cc=0.5), *(at(name, cc=0.5 + board[name] + far / 25) for name, far in change.items())]
    assert "**+" not in leads_markdown([small])
    board = {name: (quoted(name) or {})["kl_div"] - MIT300["GBVS"]["kl_div"] for name in change}
    kl = {"gbvs": 5.0} | {name: 5 + board[name] - 9 * far for name, far in change.items()}
    both = [at(name, cc=e.mean()["cc"], kl_div=kl[name]) for e in made if (name := e.about["model"])]
    assert "; in several columns: aim (2) of 2." in leads_markdown([both])


def test_of_emd_only_the_order_counts() -> None:
    text = leads_markdown([[at("gbvs", cc=0.5, emd=1.0), at("bms", cc=0.5, emd=0.9), at("sun", cc=0.3, emd=2.0)]])
    assert "| bms | 0.50 (0.55) | 0.90 (3.35) |" in text
    assert "| bms | -0.07 | |" in text
    assert "| *rank correlation* | *0.87* | *1.00* |" in text
    assert "only its order compares" in text


def test_rank_correlation_is_scipys() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        one, other = rng.integers(0, 6, (2, 12))
        assert spearman(one, other) == pytest.approx(spearmanr(one, other).statistic)
    assert np.isnan(spearman([1, 1, 1], [1, 2, 3]))


def test_folders_of_the_same_pictures_make_one_table(tmp_path: Path) -> None:
    """One of them has a metric more; a model that both have is the first one's. Others stay for themselves."""
    for folder, made in {
        "a": [made_up("gbvs", cc=[1, 2]), made_up("net", cc=[3, 4])],
        "b": [made_up("gbvs", cc=[1, 3], emd=[1, 1]), made_up("cas", cc=[0, 1], emd=[2, 2])],
        "c": [made_up("gbvs", cc=[1, 2, 3])],
        "d": [made_up("gbvs", "tuebingen", cc=[1, 2])],
    }.items():
        for one in made:
            one.save(tmp_path / folder)
    tables = read_tables([tmp_path / name for name in "abcd"])
    assert [(folder.name, [e.about["model"] for e in found]) for folder, found in tables.items()] == [
        ("a", ["gbvs", "net", "cas"]), ("c", ["gbvs"]), ("d", ["gbvs"])
    ]  # fmt: skip
    assert list(tables[tmp_path / "a"][0].scores("cc")) == [1, 2]
    table = score_table(tables[tmp_path / "a"])
    assert table.metrics == ("cc",)
    assert table.note.endswith(" Not scored for all models: EMD.")
    with pytest.raises(ValueError, match="no folder"):
        read_tables([tmp_path / "nowhere"])


def test_the_command(tmp_path: Path, wepsam_command: Run) -> None:
    scores = {"gbvs": 0.4, "bms": 0.5, "itti": 0.3, "wepsam-paper": 0.6}
    for name, score in scores.items():
        at(name, cc=score, auc_judd=score).save(tmp_path / ("nets" if "-" in name else "models"))
    nets, models, page = tmp_path / "nets", tmp_path / "models", tmp_path / "page.md"
    page.write_text("<!-- table:public -->\n<!-- /table -->\n")
    code, out, err = wepsam_command("table1", models, "--public")
    assert (code, err) == (0, "")
    into = ("table1", models, "--public", "--into", page)
    assert wepsam_command(*into, "--check")[0] == 1
    code, _, err = wepsam_command(*into, "--figures", tmp_path / "figures")
    assert (code, err) == (0, f"{tmp_path / 'figures' / 'public.png'}\n")
    assert wepsam_command(*into, "--check") == (0, "", "")
    assert out.split() == page.read_text().split()[3:-3]  # the same words; a page has shorter lines

    code, out, _ = wepsam_command("table1", nets, models)
    assert code == 0
    assert "| WEPSAM | *0.80* / 0.60 ± 0.25 | *0.51* / 0.60 ± 0.25 |" in out
    assert "| MKL | *0.78* / — | *0.42* / — |" in out
    for wrong in (("--figures", tmp_path), ("--check",), ("--public", "--metric", "info_gain")):
        assert wepsam_command("table1", models, *wrong)[0] == 2


def test_the_figure_has_a_panel_for_each_metric(tmp_path: Path) -> None:
    made = [at(name, cc=k / 10, auc_judd=0.5 + k / 100) for k, name in enumerate(["gbvs", "bms", "fes", "sun", "cas"])]
    path = draw_leads([made], tmp_path / "new")
    assert path == tmp_path / "new" / "public.png"
    with Image.open(path) as picture:
        both = picture.size
    with Image.open(draw_leads([made], tmp_path, ["cc"])) as picture:
        assert picture.width == both[0] // 2


def test_the_page_is_that_of_the_results() -> None:
    folders = [ROOT / "results" / "classical" / name for name in ("osie-all", "osie-validation")]
    tables = read_tables(folder for folder in folders if folder.is_dir())
    assert markdown.insert(
        ROOT / "docs" / "reference" / "classical.md", "public", leads_markdown(list(tables.values())), write=False
    )


def test_table_1_quotes_and_measures(own_dataset: Path, tmp_path: Path) -> None:
    """Measured cells are means; leads are over GBVS, quoted and measured; systems that we lack are not measured."""
    data = open_dataset(f"csv={own_dataset}")
    made = {name: evaluate(CLASSICAL[name], data, name=name) for name in ("gbvs", "gbvs-128")}
    made["center-bias"] = evaluate("center-bias", data)
    for name in ("own", "cas"):
        made[name] = evaluate(CLASSICAL["gbvs-128"], data, name=name)
    made["own"].about["weights"] = "abc"  # which networks have
    for one in made.values():
        one.save(tmp_path)
    above, below = table1_markdown([tmp_path]).split("**What stands")[0].split("**Minus GBVS on the same pictures**")
    rows, leads = (
        {line.split(" | ")[0]: line.split(" | ")[1:] for line in part.splitlines()} for part in (above, below)
    )
    assert "**MIT300, quoted, and 12 pictures of own (all), measured**" in above
    assert "| MKL | *0.78* / — | *0.78* / — | *0.42* / — | *0.42* / — | *1.10* / — | *1.08* / — |" in above.splitlines()
    own, gbvs = made["own"].mean(), made["gbvs"].mean()
    assert rows["| **own**"][2].startswith(f"— / {own['cc']:.2f} ± ")
    assert rows["| GBVS"][2].startswith(f"*0.48* / {gbvs['cc']:.2f} ± ")
    assert rows["| CAS"][2].startswith(f"*0.36* / {made['cas'].mean()['cc']:.2f} ± ")
    assert leads["| CAS"][2].startswith(f"*-0.12* / {made['cas'].mean()['cc'] - gbvs['cc']:+.2f} ± ")  # .36 - .48
    assert leads["| **own**"][2].startswith(f"— / {own['cc'] - gbvs['cc']:+.2f} ± ")
    assert not any("center" in name or "128" in name or "MKL" in name for name in leads)


def test_table_1_is_whole(tmp_path: Path) -> None:
    """Each system of the paper and of its introduction has one row, our name, and a word on the difference."""
    assert list(BETWEEN) == list(ALL_ROWS)
    assert [name for name in ALL_ROWS if name not in MODELS] == ["JuntingNet"]
    for name in ("gbvs", "edn", "gao", "mkl"):
        at(name, cc=0.4, nss=1.0).save(tmp_path)
    measured, differences = table1_markdown([tmp_path]).split("**What stands")
    scores, leads = measured.split("**Minus GBVS")
    for name in (*PRINTED, *INTRODUCTION):
        assert sum(line.startswith(f"| {name} |") for line in scores.splitlines()) == 1, name
        assert sum(line.startswith(f"| {name} |") for line in differences.splitlines()) == 1, name
    assert "| MKL | *0.42* / 0.40 ± 0.25 | *1.08* / 1.00 ± 0.25 |" in scores
    assert "| Gao | — / 0.40 ± 0.25 | — / 1.00 ± 0.25 |" in scores
    assert "| eDN | *0.45* / 0.40 ± 0.25 | *1.14* / 1.00 ± 0.25 |" in scores
    assert "| eDN | *-0.03* / +0.00 ± 0.00 |" in leads
    assert "| eDN | `edn` | " in differences
    assert "| CIW | — | " in differences
    assert "not built" not in differences
