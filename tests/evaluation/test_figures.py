"""Figures of results: which pictures they choose, whose maps they show, what they refuse."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from wepsam.classical import center_gaussian
from wepsam.datasets import FixationDataset, Sample
from wepsam.evaluation import Evaluation, evaluate, figures, plot, plot_sheet


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

    worst, best = figures.sheets(made, [(made, answer)], own, "nss", tmp_path, most=4)
    assert asked == ["000", "001", "002", "004", "011", "010", "009", "008"]
    assert (worst.name, best.name) == ("nss-m-worst.png", "nss-m-best.png")
    asked.clear()
    figures.sheets(made, [(made, answer)], own, "kl_div", tmp_path, most=1)
    assert asked == ["011", "000"]
    with Image.open(worst) as picture:
        assert picture.width > 3 * 150 * 60 / 40
    with pytest.raises(ValueError, match="m was evaluated on other pictures than these 11"):
        figures.sheets(made, [], own[1:], "nss", tmp_path)
    with pytest.raises(ValueError, match="m was evaluated on other pictures"):
        figures.sheets(replace(made, about=made.about | {"dataset_sha256": "other"}), [], own, "nss", tmp_path)


def test_a_sheet_of_the_whole_range_chooses_by_a_rule(own: FixationDataset, tmp_path: Path) -> None:
    """Of 11 pictures with a score the one at 10 % is the second from below, at 90 % the last but one."""
    rows = tuple({"id": sample.id, "cc": float("nan") if k == 3 else -float(k)} for k, sample in enumerate(own))
    made = Evaluation(rows, {"model": "m", "dataset": own.name, "split": "all", "pictures": 12, "protocol": "mit"})
    asked: list[str] = []

    def answer(sample: Sample) -> np.ndarray:
        asked.append(sample.id)
        return center_gaussian(np.zeros((*sample.size, 3)))

    figures.range_sheet(made, [(made, answer), (made, answer)], own, "cc", tmp_path / "new" / "sheet.jpg")
    assert asked[::2] == asked[1::2] == ["010", "008", "006", "004", "001"]
    with Image.open(tmp_path / "new" / "sheet.jpg") as picture:
        assert picture.height > 5 * 150


def test_scatter_is_drawn_and_odd_names_are_no_formulas(own: FixationDataset, tmp_path: Path) -> None:
    one, two = evaluate(center_gaussian, own, name="cost_$a$b^"), evaluate("center-bias", own)
    path = figures.scatter(one, two, "nss", tmp_path / "new")
    assert path.name == "nss-cost_$a$b^-vs-center-bias.png"
    with Image.open(path) as picture:
        assert picture.size == (750, 750)
        assert len(np.unique(np.asarray(picture.convert("L")))) > 10
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    with pytest.raises(ValueError, match="have no picture with a cc of both"):
        figures.scatter(one, evaluate("gold-standard", own), "cc", tmp_path)


@pytest.fixture
def theirs(own: FixationDataset, tmp_path: Path) -> Path:
    """The densities as maps of another tool, evaluated beside the center bias and people into tmp_path."""
    maps = tmp_path / "theirs"
    maps.mkdir()
    for sample in own:
        np.save(maps / f"{sample.id}.npy", sample.density())
    for model in ("center-bias", "one-observer", maps):
        evaluate(model, own, out=tmp_path)
    return maps


def test_plot_draws_each_model_over_the_base_and_its_pictures(
    own: FixationDataset, own_dataset: Path, theirs: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    results, out = tmp_path / "own-all", tmp_path / "figures"
    options: Any = {"paired": "center-bias", "metric": "cc", "pictures": 2}
    paths = plot(results, out, datasets=f"csv={own_dataset}", **options)
    names = ["cc-theirs-vs-center-bias.png", "cc-theirs-worst.png", "cc-theirs-best.png"]
    assert paths == [out / "own-all" / name for name in names]
    with Image.open(paths[1]) as with_maps:
        width = with_maps.width
    assert plot([results], str(out), datasets=[own], **options) == paths
    assert plot(results, out, **options) == paths[:1]  # without the dataset, no pictures
    assert plot(results, out, models=["one-observer"], **options)[0].name == "cc-one-observer-vs-center-bias.png"
    assert plot(results, out, paired="nobody") == []
    assert not caplog.records

    np.save(theirs / "000.npy", np.ones((40, 60)))
    assert plot(results, out, datasets=own, **options) == paths
    assert "no maps of theirs on the sheets: it has changed since it was evaluated" in caplog.text
    with Image.open(paths[1]) as without:
        assert without.width < width


def test_what_cannot_be_plotted(own: FixationDataset, tmp_path: Path) -> None:
    evaluate("center-gaussian", own, out=tmp_path)
    results = tmp_path / "own-all"
    with pytest.raises(ValueError, match=r"metrics of these results are .*, not 'emd'"):
        plot(results, tmp_path, metric="emd")
    with pytest.raises(ValueError, match="no results of nobody"):
        plot(results, tmp_path, models=["nobody"])
    with pytest.raises(ValueError, match=r"no folder .*nowhere"):
        plot(tmp_path / "nowhere", tmp_path)


def test_a_sheet_of_models_by_name(own: FixationDataset, theirs: Path, tmp_path: Path) -> None:
    results, sheet = tmp_path / "own-all", tmp_path / "sheet.png"
    widths = []
    for models in (["theirs"], ["theirs", "one-observer"], ["theirs", "center-bias"]):
        assert plot_sheet(results, sheet, models=models, datasets=own) == sheet
        with Image.open(sheet) as picture:
            widths.append(picture.width)
    assert widths[0] == widths[1] < widths[2]  # people have no map but their density
    with pytest.raises(ValueError, match="a sheet needs the names of its models"):
        plot_sheet(results, sheet, models=[], datasets=own)
    with pytest.raises(ValueError, match="the dataset own, as NAME=FOLDER"):
        plot_sheet(results, sheet, models=["theirs"], datasets=())
    evaluate("center-bias", own[1:], out=tmp_path / "other")
    with pytest.raises(ValueError, match="a sheet shows one set of pictures, these folders have 2"):
        plot_sheet([results, tmp_path / "other" / "own-all"], sheet, models=["theirs"], datasets=own)
