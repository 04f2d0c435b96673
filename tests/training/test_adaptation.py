"""Tuning a network to pictures of one's own: a bias that is there is learnt; none is claimed where there is none."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from wepsam.datasets import FixationDataset, pictures_with_csv
from wepsam.networks.lite import LiteConfig, LiteNet
from wepsam.networks.paper import PaperConfig, PaperNet
from wepsam.training import adaptation as adapting
from wepsam.training.adaptation import adapt, as_predictor
from wepsam.training.checkpoint import load_weights, save_weights


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    """A checkpoint of a light network that knows nothing."""
    network = LiteNet(LiteConfig(width=8, blocks=1, area=64 * 64), torch.Generator().manual_seed(0))
    network.calibrate(torch.rand(8, 3, 64, 64, generator=torch.Generator().manual_seed(1)))
    about = {"network": {"encoder": "lite0", "width": 8, "blocks": 1, "sources": 1, "area": 64 * 64}, "step": 0}
    path = tmp_path_factory.mktemp("model") / "start.safetensors"
    save_weights(path, network.state_dict(), about)
    return path


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


def test_people_who_look_to_the_left_are_learnt_from_the_other_pictures(model, tmp_path) -> None:
    tuned = adapt(model, pictures(tmp_path, (0, 0.3)), tmp_path / "out", folds=2)
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
    tuned = adapt(model, pictures(tmp_path, (0, 1)), tmp_path / "out", folds=2)
    assert "NSS" not in tuned.gains
    assert "AUC-Judd" not in tuned.gains


def test_what_was_interrupted_comes_to_the_same(model, tmp_path, monkeypatch) -> None:
    data = pictures(tmp_path, (0, 0.3))
    whole = adapt(model, data, tmp_path / "whole", folds=2)

    def interrupted(predict, dataset, folder, plain=adapting._write_maps):
        if folder.exists():  # the first fold's maps are there
            raise KeyboardInterrupt
        plain(predict, dataset, folder)

    with monkeypatch.context() as patch:
        patch.setattr(adapting, "_write_maps", interrupted)
        with pytest.raises(KeyboardInterrupt):
            adapt(model, data, tmp_path / "parts", folds=2)
    assert adapt(model, data, tmp_path / "parts", folds=2).after.rows == whole.after.rows


def test_too_few_pictures_are_refused(model, tmp_path) -> None:
    with pytest.raises(ValueError, match="has 6 pictures; adapting needs 10 at least"):
        adapt(model, pictures(tmp_path, (0, 1), count=6), tmp_path / "out")


def test_the_papers_network_is_refused(tmp_path) -> None:
    config = PaperConfig(filters=(4, 4, 4), hidden=8)
    about = {"network": asdict(config), "step": 0}
    save_weights(tmp_path / "paper.safetensors", PaperNet(config).state_dict(), about)
    with pytest.raises(ValueError, match="is another network"):
        adapt(tmp_path / "paper.safetensors", pictures(tmp_path, (0, 1)), tmp_path / "out")


def test_a_predictor_answers_at_the_pictures_size(model) -> None:
    found = as_predictor(load_weights(model)[0])(np.zeros((33, 200, 3), np.uint8))
    assert found.shape == (33, 200)
    assert found.max() == 1
