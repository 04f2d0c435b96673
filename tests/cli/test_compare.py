"""wepsam compare, plot and table1, as people type them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from helpers import Run, made_up, one_line
from wepsam.datasets import open_dataset


def test_evaluate_and_compare(own_dataset: Path, tmp_path: Path, wepsam_command: Run) -> None:
    results, spec = tmp_path / "results", f"csv={own_dataset}/"
    for model in ("gbvs", "gbvs-128", "center-gaussian", "center-bias", "one-observer", "gold-standard"):
        code, out, _ = wepsam_command("evaluate", model, "-d", spec, "--split", "all", "-o", results)
        assert code == 0
        path = results / "own-all" / f"{model}.csv"
        assert out.startswith(f"{path}: auc_judd 0.")
        assert len(path.read_text().splitlines()) == 13
    code, out, err = wepsam_command("compare", results / "own-all")
    assert (code, err) == (0, "")
    names = [line.split("|")[1].strip() for line in out.splitlines() if line.startswith("|")]
    assert names[2:] == [
        *("center Gaussian", "center bias (fitted)", "GBVS, 128 px (the paper's teacher)", "GBVS, full size"),
        *("one observer", "gold standard (all others)"),
    ]
    assert "12 pictures of own (all), protocol `mit`" in out

    page = tmp_path / "README.md"
    page.write_text("<!-- table:own-all -->\n<!-- /table -->\n")
    into = ("compare", f"{results}/own-all/", "--into", page)
    code, _, err = wepsam_command(*into, "--check")
    assert code == 1
    assert err.startswith(f"{page}: the table own-all is out of date; run the same command")
    assert wepsam_command(*into)[0] == 0
    assert page.read_text(encoding="utf-8").split()[3:-3] == out.split()  # the same words, in shorter lines
    assert wepsam_command(*into, "--check") == (0, "", "")
    assert wepsam_command(*into) == (0, "", "")

    page.write_text("<!-- table:own-all-minus-gbvs -->\n<!-- /table -->\n")
    models = ("compare", results / "own-all", "--model", "gbvs-128", "--paired", "gbvs")
    assert wepsam_command(*models, "--into", page) == (0, "", "")
    alone = page.read_text(encoding="utf-8").splitlines()[1:-1]
    words = " ".join(alone).split()
    assert wepsam_command(*models)[1].split()[-len(words) :] == words
    assert alone[2].startswith("| GBVS, 128 px (the paper's teacher) | ")
    assert "gbvs on the same pictures" in " ".join(alone)


def test_the_mean_over_datasets_goes_where_a_page_has_a_place(tmp_path: Path, wepsam_command: Run) -> None:
    for name, scores in (("a", [1.0, 2.0]), ("b", [3.0, 5.0])):
        one = made_up("net", cc=scores)
        replace(one, about=one.about | {"dataset": name}).save(tmp_path / f"{name}-all")
    folders = (tmp_path / "a-all", tmp_path / "b-all")
    code, out, _ = wepsam_command("compare", *folders)
    assert code == 0
    assert "| **net** | **2.750** ± " in out
    assert "Mean over 2 datasets, each counts once: a (2, all), b (2, all)" in out
    page = tmp_path / "page.md"
    places = "<!-- table:a-all -->\n<!-- /table -->\n<!-- table:b-all -->\n<!-- /table -->\n"
    page.write_text(places)
    assert wepsam_command("compare", *folders, "--into", page)[0] == 0
    assert "2.750" not in page.read_text()
    page.write_text(f"<!-- table:over-datasets -->\n<!-- /table -->\n{places}")
    assert wepsam_command("compare", *folders, "--into", page, "--check")[0] == 1
    assert wepsam_command("compare", *folders, "--into", page)[0] == 0
    assert "| **net** | **2.750** ± " in page.read_text()
    assert wepsam_command("compare", *folders, "--into", page, "--check") == (0, "", "")


def test_a_page_without_a_place_for_the_table(own_dataset: Path, tmp_path: Path, wepsam_command: Run) -> None:
    wepsam_command("evaluate", "center-gaussian", "-d", f"csv={own_dataset}", "-o", tmp_path)
    (tmp_path / "README.md").write_text("nothing here\n")
    results = tmp_path / "own-all"
    code, _, err = wepsam_command("compare", results, "--into", tmp_path / "nowhere.md")
    assert code == 2
    assert "does not exist" in err
    code, _, err = wepsam_command("compare", results, "--into", tmp_path / "README.md")
    assert code == 2
    one_line(err, "README.md has no place for the table own-all: expected <!-- table:")


def test_mistakes_of_compare_plot_and_table1(own_dataset: Path, tmp_path: Path, wepsam_command: Run) -> None:
    """A folder that is not there is named: it is not taken for a model."""
    wepsam_command("evaluate", "center-gaussian", "-d", f"csv={own_dataset}", "-o", tmp_path)
    results = tmp_path / "own-all"
    (tmp_path / "empty").mkdir()
    for command in (["compare"], ["plot", "--out", tmp_path / "figures"], ["table1"]):
        for folders in ([tmp_path / "nowhere"], [results, tmp_path / "nowhere"], [results, "center-gaussian"]):
            code, out, err = wepsam_command(*command, *folders)
            assert (code, out) == (2, "")
            one_line(err, folders[-1], "wepsam evaluate")
        code, _, err = wepsam_command(*command, tmp_path / "empty")
        assert code == 2
        one_line(err, f"no results in {tmp_path / 'empty'}")
    for wrong, words in {
        ("compare", results, "--model", "center-gaussian,gvbs"): ["no results of gvbs", "center-gaussian"],
        ("compare", results, "--format", "word"): ["markdown, html, latex, csv", "not 'word'"],
        ("compare", results, "--check"): ["--into FILE"],
        ("plot", results): ["--out FOLDER", "--range-sheet FILE"],
        ("plot", results, "--range-sheet", tmp_path / "sheet.png"): ["at least one --model"],
        ("plot", results, "--out", tmp_path / "figures"): ["nothing to draw", "against gbvs", "--paired", "--dataset"],
        ("table1", results, "--figures", tmp_path): ["add --public"],
    }.items():
        code, _, err = wepsam_command(*wrong)
        assert code == 2
        one_line(err, *words)


def test_models_and_differences(own_dataset: Path, tmp_path: Path, wepsam_command: Run) -> None:
    command = ("evaluate", "center-gaussian", "-d", f"csv={own_dataset}", "--split", "all", "-o", tmp_path)
    folder = tmp_path / "own-all"
    assert wepsam_command(*command)[0] == 0
    code, alone, err = wepsam_command("compare", folder)
    assert code == 0
    lacking = "own-all lacks center-bias, gbvs, one-observer, gold-standard; wepsam evaluate MODEL"
    assert err == f"{lacking} --references adds them\n"

    code, out, _ = wepsam_command(*command, "--references")
    assert code == 0
    code, table, err = wepsam_command("compare", folder)
    assert (code, err) == (0, "")
    assert out.endswith(table)
    assert len(table.splitlines()) == len(alone.splitlines()) + 4

    chosen = ("compare", folder, "--model", "center-gaussian", "-m", "gbvs")
    code, out, err = wepsam_command(*chosen, "--paired", "center-bias")
    assert (code, err) == (0, "")
    assert out == wepsam_command("compare", folder, "-m", "center-gaussian,gbvs", "--paired", "center-bias")[1]
    assert out.count("center Gaussian") == 2
    assert "one observer" not in out
    assert "model minus center-bias" in out
    assert wepsam_command(*chosen, "--format", "latex")[1].startswith("% 12 pictures of own")
    code, _, err = wepsam_command(*chosen, "--paired", "nobody")
    assert code == 2
    one_line(err, "no results of nobody")


def test_plot(own_dataset: Path, tmp_path: Path, wepsam_command: Run) -> None:
    spec, maps = f"csv={own_dataset}", tmp_path / "theirs"
    maps.mkdir()
    for sample in open_dataset(spec):
        np.save(maps / f"{sample.id}.npy", sample.density())
    for model in ("center-bias", "one-observer", maps):
        wepsam_command("evaluate", model, "-d", spec, "--split", "all", "-o", tmp_path)
    command = ("plot", tmp_path / "own-all", "--paired", "center-bias", "--out", tmp_path / "f")
    sheets = ("-d", spec, "--pictures", 2, "--metric", "cc")
    code, out, err = wepsam_command(*command, *sheets)
    assert (code, err) == (0, "")
    folder = tmp_path / "f" / "own-all"
    names = ["cc-theirs-vs-center-bias.png", "cc-theirs-worst.png", "cc-theirs-best.png"]
    assert out.splitlines() == [f"{folder}/{name}" for name in names]
    with Image.open(folder / names[1]) as with_maps:
        width = with_maps.width
    np.save(maps / "000.npy", np.ones((40, 60)))
    code, _, err = wepsam_command(*command, *sheets)
    assert code == 0
    assert "it has changed since it was evaluated" in err
    with Image.open(folder / names[1]) as without_maps:
        assert without_maps.width < width
    assert "worst" not in wepsam_command(*command)[1]  # no dataset, no sheets
    code, _, err = wepsam_command(*command, "--metric", "emd")
    assert code == 2
    one_line(err, "'emd'")


def test_plot_a_sheet_of_the_whole_range(own_dataset: Path, tmp_path: Path, wepsam_command: Run) -> None:
    spec, results, sheet = f"csv={own_dataset}", tmp_path / "own-all", tmp_path / "sheet.png"
    for model in ("center-bias", "gbvs-128", "one-observer"):
        wepsam_command("evaluate", model, "-d", spec, "--split", "all", "-o", tmp_path)
    widths = []
    for models in ("gbvs-128", "gbvs-128,one-observer", "gbvs-128,center-bias"):
        assert wepsam_command("plot", results, "-m", models, "--range-sheet", sheet, "-d", spec) == (
            0,
            f"{sheet}\n",
            "",
        )
        with Image.open(sheet) as picture:
            widths.append(picture.width)
    assert widths[0] == widths[1] < widths[2]  # people have no maps, only a density
