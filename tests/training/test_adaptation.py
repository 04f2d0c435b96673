"""Tuning a network to pictures of one's own: a bias that is there is learned; none is claimed where there is none."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import wepsam
from helpers import save_run
from wepsam.datasets import FixationDataset, pictures_with_csv
from wepsam.deploy.to_onnx import export
from wepsam.networks.lite import LiteConfig, LiteNet
from wepsam.networks.paper import PaperConfig, PaperNet
from wepsam.training import adaptation
from wepsam.training.adaptation import as_predictor
from wepsam.training.checkpoint import load_weights

adapt = partial(wepsam.adapt, readout=True)


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    """A run's folder with a light network that knows nothing."""
    network = LiteNet(LiteConfig(width=8, blocks=1, area=64 * 64), torch.Generator().manual_seed(0))
    network.calibrate(torch.rand(8, 3, 64, 64, generator=torch.Generator().manual_seed(1)))
    return save_run(tmp_path_factory.mktemp("model") / "start", network)


def pictures(folder: Path, where: tuple[float, float], count: int = 20) -> FixationDataset:
    """Pictures of noise; six observers look there, as shares of the width, at any height."""
    rng = np.random.default_rng(0)
    lines = ["image,observer,x,y"]
    for i in range(count):
        (folder / "set").mkdir(exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (60, 64, 3), dtype=np.uint8)).save(folder / "set" / f"{i:02}.png")
        for observer in range(6):
            x, y = rng.uniform(64 * where[0], 64 * where[1]), rng.uniform(0, 60)
            lines.append(f"{i:02}.png,{observer},{x:.1f},{y:.1f}")
    (folder / "set.csv").write_text("\n".join(lines) + "\n")
    return pictures_with_csv(folder / "set", table=folder / "set.csv", name="set", sigma=6)


def test_people_who_look_to_the_left_are_learned_from_the_other_pictures(model, tmp_path) -> None:
    tuned = adapt(pictures(tmp_path, (0, 0.3)), tmp_path / "out", model=model, folds=2)
    assert {"NSS", "CC", "KL", "AUC-Judd"} <= set(tuned.gains)
    assert tuned.losses == []
    before, after = load_weights(model)[0], load_weights(tuned.weights)[0]
    changed = {
        name.split(".")[0]
        for (name, a), b in zip(before.named_parameters(), after.parameters(), strict=True)
        if not torch.equal(a, b)
    }
    assert changed <= {"readout", "center_bias", "source_bias", "source_sharpness"}
    assert "center_bias" in changed


def test_no_gain_is_claimed_of_people_who_look_anywhere(model, tmp_path) -> None:
    tuned = adapt(pictures(tmp_path, (0, 1)), tmp_path / "out", model=model, folds=2)
    assert "NSS" not in tuned.gains
    assert "AUC-Judd" not in tuned.gains


def test_what_was_interrupted_comes_to_the_same(model, tmp_path, monkeypatch) -> None:
    data = pictures(tmp_path, (0, 0.3))
    whole = adapt(data, tmp_path / "whole", model=model, folds=2)

    def interrupted(predict, dataset, folder, plain=adaptation._write_maps):
        if folder.exists():  # the first fold's maps are there
            raise KeyboardInterrupt
        plain(predict, dataset, folder)

    with monkeypatch.context() as patch:
        patch.setattr(adaptation, "_write_maps", interrupted)
        with pytest.raises(KeyboardInterrupt):
            adapt(data, tmp_path / "parts", model=model, folds=2)
    assert adapt(data, tmp_path / "parts", model=model, folds=2).after.rows == whole.after.rows


def test_too_few_pictures_are_refused(model, tmp_path) -> None:
    with pytest.raises(ValueError, match="has 6 pictures; adapting needs 10 or more"):
        adapt(pictures(tmp_path, (0, 1), count=6), tmp_path / "out", model=model)


def test_the_papers_network_is_refused(tmp_path) -> None:
    config = PaperConfig(filters=(4, 4, 4), hidden=8)
    paper = save_run(tmp_path / "paper", PaperNet(config))
    with pytest.raises(ValueError, match="holds the paper's network; only the light network can be adapted"):
        adapt(pictures(tmp_path, (0, 1)), tmp_path / "out", model=paper)


def test_a_predictor_answers_at_the_pictures_size(model) -> None:
    saliency_map = as_predictor(load_weights(model)[0])(np.zeros((33, 200, 3), np.uint8))
    assert saliency_map.shape == (33, 200)
    assert saliency_map.max() == 1


@pytest.mark.parametrize("by", ["fixations", "maps"])
def test_a_folder_and_the_file_that_comes_of_it(model, tmp_path, by, caplog) -> None:
    data = pictures(tmp_path, (0, 0.3))
    if by == "maps":
        for sample in data:
            density = sample.density()
            (tmp_path / "maps").mkdir(exist_ok=True)
            Image.fromarray(np.rint(255 * density / density.max()).astype(np.uint8)).save(
                tmp_path / "maps" / f"{sample.id}.png"
            )
    where = {"fixations": {"fixations": tmp_path / "set.csv"}, "maps": {"maps": tmp_path / "maps"}}[by]
    tuned = adapt(tmp_path / "set", tmp_path / "out", **where, model=model, folds=2)
    card = wepsam.load(tuned.model).card
    assert "set has only 20 pictures" in caplog.text
    assert tuned.model == tmp_path / "out" / "adapted.onnx"
    assert card["adapted from"] == str(model)
    assert card["adapted to"] == "20 pictures of set"
    assert card["gains"] == tuned.gains
    assert tuned.summary.startswith("Better in ")


def test_the_calibration_of_the_model_is_kept(model, tmp_path) -> None:
    mine = wepsam.Calibration(0.8, 0.5)
    start = export(model, tmp_path / "start.onnx", calibration=mine)
    tuned = wepsam.load(adapt(pictures(tmp_path, (0, 0.3)), tmp_path / "out", model=start, folds=2).model)
    assert tuned.calibration.calibration == mine


def test_a_tuned_network_does_not_replace_a_calibration(model, tmp_path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "calibration.json").write_text("{}")
    with pytest.raises(ValueError, match="has an adapted calibration; choose another --out"):
        adapt(pictures(tmp_path, (0, 1)), tmp_path / "out", model=model)


def test_a_folder_needs_fixations_or_maps_and_a_dataset_has_its_own(model, tmp_path) -> None:
    data = pictures(tmp_path, (0, 1))
    for where in ({}, {"fixations": "a.csv", "maps": "b"}):
        with pytest.raises(ValueError, match="expected a CSV of fixations"):
            adapt(tmp_path / "set", tmp_path / "out", model=model, **where)
    with pytest.raises(ValueError, match="set has its own fixations"):
        adapt(data, tmp_path / "out", model=model, fixations=tmp_path / "set.csv")
    with pytest.raises(ValueError, match="folds is 1; cross-validation needs 2 or more"):
        adapt(data, tmp_path / "out", model=model, folds=1)


def test_an_id_that_leads_elsewhere_is_refused_before_any_training(model, tmp_path) -> None:
    dataset = pictures(tmp_path, (0.5, 0.5))
    before = set(tmp_path.rglob("*"))
    for id in ("../../victim/photo.jpg", "/victim/photo.jpg"):
        hostile = replace(dataset, samples=(replace(dataset[0], id=id), *dataset.samples[1:]))
        with pytest.raises(ValueError, match=r"victim/photo\.jpg\.npy' cannot be the name of a file"):
            adapt(hostile, tmp_path / "a" / "out", model=model)
    assert set(tmp_path.rglob("*")) == before
