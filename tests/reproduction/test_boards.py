"""Our scores beside the public ones: the quoted tables agree with each other, leads and ranks by hand, the command."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.stats import spearmanr

from helpers import ROOT, Run, made_up
from wepsam.classical import CLASSICAL
from wepsam.evaluation import Evaluation
from wepsam.evaluation.comparison import read_tables, score_table
from wepsam.markdown import insert
from wepsam.reproduction.boards.mit300 import MIT300, ROWS, quoted
from wepsam.reproduction.boards.public import beside, markdown, spearman
from wepsam.reproduction.boards.public_figure import scatter
from wepsam.reproduction.boards.table1 import BOARD, COLUMNS, PAPER


def test_the_paper_quotes_the_board() -> None:
    """Ten rows are the same to the last digit, RARE2012's that of the raw model; of its own, KL and NSS are .01 off."""
    for name, scores in PAPER.items():
        board = tuple(MIT300[name][metric] for metric in COLUMNS)
        if name == "WEPSAM":
            assert board[:4] == scores[:4]
            np.testing.assert_allclose(board, scores, atol=0.0101)
        else:
            assert board == scores, name
    assert not set(BOARD) & set(PAPER)


def test_names_of_ours_lead_to_rows() -> None:
    assert set(ROWS.values()) <= set(MIT300)
    assert len(set(ROWS.values())) == len(ROWS)
    assert set(ROWS) - set(CLASSICAL) <= {"judd", "edn", "mr_cnn", "one-observer", "wepsam-paper"}
    assert quoted("spectral_residual") is None
    assert ROWS["rare2012-raw"] in PAPER  # the paper has the raw model
    assert ROWS["rare2012"] in BOARD


def at(model: str, **scores: float) -> Evaluation:
    return made_up(model, **{metric: [score - 0.25, score + 0.25] for metric, score in scores.items()})


def test_leads_by_hand() -> None:
    """GBVS and BMS are .48 and .55 in CC on the board, .87 and .81 in KL."""
    first = [at("gbvs", cc=0.40, kl_div=1.0), at("bms", cc=0.50, kl_div=0.8), at("gao", cc=0.3, kl_div=1.0)]
    second = [at("gbvs", cc=0.60, kl_div=0.5), at("bms", cc=0.0, kl_div=9.0), at("judd", cc=0.59, kl_div=0.75)]
    for one in second:
        one.about["split"] = "validation"
    rows = beside([first, second])
    assert list(rows) == ["bms", "gbvs", "judd"]  # the board's order by CC; no gao there, and one bms
    assert rows["bms"].apart == pytest.approx({"cc": 0.10 - 0.07, "kl_div": 0.20 - 0.06})  # + is better, of KL too
    assert rows["judd"].apart == pytest.approx({"cc": -0.01 + 0.01, "kl_div": -0.25 + 0.25})
    assert rows["gbvs"].apart == {"cc": 0, "kl_div": 0}
    assert list(beside([first, second], "kl_div")) == ["bms", "gbvs", "judd"]
    text = markdown([first, second])
    assert "| bms | 0.50 (0.55) | 0.80 (0.81) |" in text
    assert "| judd † | 0.59 (0.47) | 0.75 (1.12) |" in text
    assert "†: on 2 pictures of toy (validation)." in text
    assert "Without a public row: gao." in text
    assert "| *rank correlation* | *1.00* | *1.00* |" in text
    with pytest.raises(ValueError, match="no results of gbvs on 2 pictures of toy"):
        beside([first[1:]])
    with pytest.raises(ValueError, match="not info_gain"):
        beside([first], "info_gain")


def test_what_stands_out_is_bold() -> None:
    """Differences of .02, .02, .03 and .2: the last is more than twice the median; rounding alone is not bold."""
    apart = {"bms": 0.02, "fes": -0.02, "sun": 0.03, "aim": 0.2}
    board = {name: (quoted(name) or {})["cc"] - MIT300["GBVS"]["cc"] for name in apart}
    made = [at("gbvs", cc=0.5), *(at(name, cc=0.5 + board[name] + far) for name, far in apart.items())]
    assert re.findall(r"\| (\w+) \| \*\*", markdown([made])) == ["aim"]
    assert "more than once" not in markdown([made])
    small = [at("gbvs", cc=0.5), *(at(name, cc=0.5 + board[name] + far / 25) for name, far in apart.items())]
    assert "**+" not in markdown([small])
    board = {name: (quoted(name) or {})["kl_div"] - MIT300["GBVS"]["kl_div"] for name in apart}
    kl = {"gbvs": 5.0} | {name: 5 + board[name] - 9 * far for name, far in apart.items()}
    both = [at(name, cc=e.mean()["cc"], kl_div=kl[name]) for e in made if (name := e.about["model"])]
    assert "; more than once: aim (2) of 2." in markdown([both])


def test_of_emd_only_the_order_counts() -> None:
    text = markdown([[at("gbvs", cc=0.5, emd=1.0), at("bms", cc=0.5, emd=0.9), at("sun", cc=0.3, emd=2.0)]])
    assert "| bms | 0.50 (0.55) | 0.90 (3.35) |" in text
    assert "| bms | -0.07 |  |" in text
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
    code, out, err = wepsam_command("compare", models, "--public")
    assert (code, err) == (0, "")
    into = ("compare", models, "--public", "--into", page)
    assert wepsam_command(*into, "--check")[0] == 1
    code, _, err = wepsam_command(*into, "--figures", tmp_path / "figures")
    assert (code, err) == (0, f"{tmp_path / 'figures' / 'public.png'}\n")
    assert wepsam_command(*into, "--check") == (0, "", "")
    assert out in page.read_text()

    code, out, _ = wepsam_command("compare", nets, models, "--all")
    assert code == 0
    assert "| WEPSAM | *0.80* / 0.60 ± 0.25 | *0.51* / 0.60 ± 0.25 |" in out
    assert "| MKL | *0.78* / — | *0.42* / — |" in out
    for wrong in (("--all", "--public"), ("gbvs", "--all"), ("--all", "--into", page)):
        assert wepsam_command("compare", models, *wrong)[0] == 2


def test_the_figure_has_a_panel_for_each_metric(tmp_path: Path) -> None:
    made = [at(name, cc=k / 10, auc_judd=0.5 + k / 100) for k, name in enumerate(["gbvs", "bms", "fes", "sun", "cas"])]
    path = scatter([made], tmp_path / "new")
    assert path == tmp_path / "new" / "public.png"
    with Image.open(path) as picture:
        both = picture.size
    with Image.open(scatter([made], tmp_path, ["cc"])) as picture:
        assert picture.width == both[0] // 2


def test_the_page_is_that_of_the_results() -> None:
    folders = [ROOT / "results" / "classical" / name for name in ("osie-all", "osie-validation")]
    tables = read_tables(folder for folder in folders if folder.is_dir())
    assert insert(ROOT / "docs" / "classical.md", "public", markdown(list(tables.values())), write=False)
