"""Figures from results: which pictures they choose, whose maps they show, and what they refuse."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers import Run
from wepsam.classical import center_gaussian
from wepsam.datasets import FixationDataset, Sample, open_dataset
from wepsam.evaluation import Evaluation, evaluate
from wepsam.evaluation import figures as drawn


@pytest.fixture
def own(own_dataset: Path) -> FixationDataset:
    return open_dataset(f"csv={own_dataset}")


def test_worst_and_best_by_the_metric(own: FixationDataset, tmp_path: Path) -> None:
    """Low NSS and high KL are bad; a picture without a score is on no sheet."""
    rows = tuple(
        {"id": sample.id, "nss": float("nan") if k == 3 else float(k), "kl_div": float(k)}
        for k, sample in enumerate(own)
    )
    made = Evaluation(rows, {"model": "m", "dataset": own.name, "split": "all", "pictures": 12, "protocol": "mit"})
    asked: list[str] = []

    def answer(sample: Sample) -> np.ndarray:
        asked.append(sample.id)
        return center_gaussian(np.zeros((*sample.size, 3)))

    worst, best = drawn.sheets(made, [(made, answer)], own, "nss", tmp_path, most=4)
    assert asked == ["000", "001", "002", "004", "011", "010", "009", "008"]
    assert (worst.name, best.name) == ("nss-m-worst.png", "nss-m-best.png")
    asked.clear()
    drawn.sheets(made, [(made, answer)], own, "kl_div", tmp_path, most=1)
    assert asked == ["011", "000"]
    with Image.open(worst) as picture:
        assert picture.width > 3 * 150 * 60 / 40
    with pytest.raises(ValueError, match="m was evaluated on other pictures than these 11"):
        drawn.sheets(made, [], own[1:], "nss", tmp_path)
    with pytest.raises(ValueError, match="m was evaluated on other pictures"):
        drawn.sheets(replace(made, about=made.about | {"dataset_sha256": "other"}), [], own, "nss", tmp_path)


def test_a_sheet_of_the_whole_range_chooses_by_a_rule(own: FixationDataset, tmp_path: Path) -> None:
    """Of 11 pictures with a score the one at 10 % is the second from below, at 90 % the last but one."""
    rows = tuple({"id": sample.id, "cc": float("nan") if k == 3 else -float(k)} for k, sample in enumerate(own))
    made = Evaluation(rows, {"model": "m", "dataset": own.name, "split": "all", "pictures": 12, "protocol": "mit"})
    asked: list[str] = []

    def answer(sample: Sample) -> np.ndarray:
        asked.append(sample.id)
        return center_gaussian(np.zeros((*sample.size, 3)))

    drawn.range_sheet(made, [(made, answer), (made, answer)], own, "cc", tmp_path / "new" / "sheet.jpg")
    assert asked[::2] == asked[1::2] == ["010", "008", "006", "004", "001"]
    with Image.open(tmp_path / "new" / "sheet.jpg") as picture:
        assert picture.height > 5 * 150


def test_scatter_is_drawn_and_odd_names_are_no_formulas(own: FixationDataset, tmp_path: Path) -> None:
    one, two = evaluate(center_gaussian, own, name="cost_$a$b^"), evaluate("center-bias", own)
    path = drawn.scatter(one, two, "nss", tmp_path / "new")
    assert path.name == "nss-cost_$a$b^-vs-center-bias.png"
    with Image.open(path) as picture:
        assert picture.size == (750, 750)
        assert len(np.unique(np.asarray(picture.convert("L")))) > 10
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    with pytest.raises(ValueError, match="have no cc of one picture"):
        drawn.scatter(one, evaluate("gold-standard", own), "cc", tmp_path)


def test_figures_from_the_command_line(own_dataset: Path, tmp_path: Path, wepsam_command: Run) -> None:
    spec, maps = f"csv={own_dataset}", tmp_path / "theirs"
    maps.mkdir()
    for sample in open_dataset(spec):
        np.save(maps / f"{sample.id}.npy", sample.density())
    for model in ("center-bias", "one-observer", maps):
        wepsam_command("evaluate", model, "-d", spec, "--split", "all", "-o", tmp_path)
    command = ("compare", tmp_path / "pictures_with_csv-all", "--paired", "center-bias", "--figures", tmp_path / "f")
    code, out, err = wepsam_command(*command, "-d", spec, "--pictures", 2, "--metric", "cc")
    assert code == 0
    folder = tmp_path / "f" / "pictures_with_csv-all"
    made = ["cc-theirs-vs-center-bias.png", "cc-theirs-worst.png", "cc-theirs-best.png"]
    assert err.splitlines()[-3:] == [f"{folder}/{name}" for name in made]
    with Image.open(folder / made[1]) as with_maps:
        width = with_maps.width
    np.save(maps / "000.npy", np.ones((40, 60)))
    code, out, err = wepsam_command(*command, "-d", spec, "--pictures", 2, "--metric", "cc")
    assert code == 0
    assert "no maps of theirs on the sheets: it has changed since it was evaluated" in err
    with Image.open(folder / made[1]) as without:
        assert without.width < width
    assert wepsam_command(*command)[1] == out  # the tables
    assert "worst" not in wepsam_command(*command)[2]  # no dataset, no sheets
    code, _, err = wepsam_command(*command, "--metric", "emd")
    assert code == 2
    assert "not 'emd'" in err


def test_a_sheet_of_models_by_name_from_the_command_line(
    own_dataset: Path, tmp_path: Path, wepsam_command: Run
) -> None:
    spec, results, sheet = f"csv={own_dataset}", tmp_path / "pictures_with_csv-all", tmp_path / "sheet.png"
    for model in ("center-bias", "gbvs-128", "one-observer"):
        wepsam_command("evaluate", model, "-d", spec, "--split", "all", "-o", tmp_path)
    widths = []
    for models in (["gbvs-128"], ["gbvs-128", "one-observer"], ["gbvs-128", "center-bias"]):
        code, _, err = wepsam_command("compare", results, *models, "--sheet", sheet, "-d", spec)
        assert code == 0
        assert err == f"{sheet}\n"
        with Image.open(sheet) as picture:
            widths.append(picture.width)
    assert widths[0] == widths[1] < widths[2]  # of people there is no map but their density
    for arguments, told in (
        ((results, "--sheet", sheet, "-d", spec), "models that are named"),
        ((results, "gbvs-128", "--sheet", sheet), "NAME=FOLDER of pictures_with_csv"),
    ):
        code, _, err = wepsam_command("compare", *arguments)
        assert code == 2
        assert told in " ".join(err.replace("│", " ").split())
