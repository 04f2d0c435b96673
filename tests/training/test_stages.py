"""The two steps: what they learn, and by which recipe."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from helpers import noise_pairs
from wepsam import cards
from wepsam.datasets import open_dataset
from wepsam.deploy.to_onnx import export
from wepsam.networks.lite import LiteConfig
from wepsam.networks.paper import PaperConfig
from wepsam.training import stages, starts
from wepsam.training.recipes import RECIPES, Recipe
from wepsam.training.settings import TrainSettings

SMALL = {"hidden": 16, "filters": (4, 8, 8)}
QUICK = {"epochs": 1, "batch_size": 4, "precision": "32-true"}


def config(run: Path) -> dict:
    return json.loads((run / "config.json").read_text())


def test_a_student_learns_photographs_along_with_the_fixations(tmp_path, monkeypatch) -> None:
    seen: dict = {}
    monkeypatch.setattr(stages, "train", lambda net, training, *_, **__: seen.update(net=net, training=training))
    monkeypatch.setattr(stages.batches, "from_datasets", lambda *_, **__: [noise_pairs((64, 64), 8)])
    stored = [noise_pairs((64, 64), 40)], [noise_pairs((64, 64), 2)]
    monkeypatch.setattr(stages.batches, "from_store", lambda *_, **__: stored)
    monkeypatch.setattr(stages, "open_dataset", lambda spec: spec)
    changes = {"epochs": 2, "batch_size": 4}
    tiny = replace(RECIPES["lite"], network=LiteConfig(width=8, blocks=1, area=64 * 64), start="random")
    stages.finetune(["a", "b"], tmp_path, validation="c", weak="weak", recipe=tiny, changes=changes)
    assert [set(p.sources) for p in seen["training"]] == [{0}, {2}]
    assert seen["net"].config.sources == 3


def test_the_recipe_says_which_network_is_trained(own_dataset, tmp_path) -> None:
    """Settings of one network cannot train another."""
    run = tmp_path / "lite"
    small = ["width=8", "blocks=1", "area=4096"]
    stages.finetune(f"csv={own_dataset}", run, recipe="lite", network=small, changes=["epochs=0.5", "batch_size=4"])
    assert config(run)["network"]["encoder"] == "lite0"
    assert config(run)["start"][0] == "imagenet"
    with pytest.raises(ValueError, match=r"holds the light network, the recipe trains the paper's network"):
        stages.finetune(f"csv={own_dataset}", tmp_path / "other", start=run)
    with pytest.raises(ValueError, match="width=8, which the network changes contradict"):
        stages.finetune(f"csv={own_dataset}", tmp_path / "other", start=run, recipe="lite", network={"width": 16})
    assert not (tmp_path / "other").exists()
    stages.finetune(
        f"csv={own_dataset}", tmp_path / "larger", start=run, recipe="lite", network={"area": 6144},
        changes={"epochs": 0.5, "batch_size": 4},
    )  # fmt: skip
    assert config(tmp_path / "larger")["network"]["area"] == 6144
    assert config(tmp_path / "larger")["start"][0].startswith("own: ")


def test_a_recipe_of_ones_own(own_dataset, tmp_path) -> None:
    settings = TrainSettings(epochs=1, batch_size=4, loss="kl", optimizer="adamw", learning_rate=(1e-3, 0))
    recipe = Recipe(PaperConfig(filters=(4, 8, 8), hidden=16, init="he"), "random", settings, settings)
    run = stages.finetune(f"csv={own_dataset}", tmp_path, recipe=recipe)
    assert run.best == tmp_path / "best.safetensors"
    assert config(tmp_path)["network"]["hidden"] == 16
    assert config(tmp_path)["settings"]["epochs"] == 1


def test_a_run_records_what_its_weights_have_learned_from(own_dataset, tmp_path) -> None:
    """The training part where the rest selects the weights, everything otherwise, and what the start has learned."""
    spec, first, second, third = f"csv={own_dataset}", tmp_path / "1", tmp_path / "2", tmp_path / "3"
    stages.finetune(spec, first, changes=QUICK, network=SMALL)
    assert config(first)["learned_from"] == {"own": "train"}
    stages.finetune(f"more={own_dataset}", second, start=first, validation=spec, changes=QUICK)
    assert config(second)["learned_from"] == {"own": "train", "more": "all"}
    stages.finetune(
        open_dataset(f"more={own_dataset}").split("train"), third, validation=spec, changes=QUICK, network=SMALL
    )
    assert config(third)["learned_from"] == {"more": "train"}
    card = cards.read(export(second, tmp_path / "own.onnx"))
    assert card["learned_from"] == {"own": "train", "more": "all"}
    assert starts.learned_from(tmp_path / "own.onnx") == card["learned_from"]
    assert starts.learned_from("wepsam-lite")["scene"] == "train"
    assert starts.learned_from("random") == {}


@pytest.mark.parametrize("changes", [QUICK, [f"{name}={value}" for name, value in QUICK.items()]])
def test_changes_are_a_mapping_or_text(own_dataset, tmp_path, changes) -> None:
    stages.finetune(f"csv={own_dataset}", tmp_path, changes=changes, network=SMALL)
    assert QUICK.items() <= config(tmp_path)["settings"].items()


@pytest.mark.parametrize("role", ["datasets", "validation"])
def test_two_datasets_of_one_name_are_refused(own_dataset, tmp_path, role) -> None:
    other = shutil.copytree(own_dataset, tmp_path / "elsewhere" / own_dataset.name)
    both = [f"csv={own_dataset}", f"csv={other}"]
    sets = {"datasets": both} if role == "datasets" else {"datasets": f"a:csv={own_dataset}", "validation": both}
    with pytest.raises(ValueError, match="two datasets are named own; give one another name"):
        stages.finetune(**sets, out=tmp_path / "run", changes=QUICK, network=SMALL)
    assert not (tmp_path / "run").exists()


def test_validation_pictures_are_needed(own_dataset, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("wepsam.datasets.FixationDataset.split", lambda self, part: self[:0])
    with pytest.raises(ValueError, match="no validation pictures"):
        stages.finetune(f"csv={own_dataset}", tmp_path)
