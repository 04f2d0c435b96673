"""The files of a run: whose folder it is, damage, and what the weights say about themselves."""

import json
import os
from dataclasses import replace

import pytest
import torch
from safetensors.torch import save

from helpers import squares
from wepsam.networks.paper import PaperConfig, PaperNet
from wepsam.training import checkpoint
from wepsam.training.batches import Augmentation
from wepsam.training.checkpoint import CheckpointError, load_weights
from wepsam.training.loop import train
from wepsam.training.settings import TrainSettings

SMALL = PaperConfig(filters=(4, 4, 4), hidden=8, init="he")
QUICK = TrainSettings(
    epochs=1, batch_size=4, optimizer="adamw", learning_rate=(1e-3, 0), loss="kl",
    augmentation=Augmentation(geometry=1, color=1),
)  # fmt: skip


def network() -> PaperNet:
    return PaperNet(SMALL, torch.Generator().manual_seed(0))


def test_another_run_in_the_same_folder_is_refused(tmp_path):
    train(network(), [squares()], [squares()], QUICK, tmp_path, "random")
    with pytest.raises(CheckpointError, match=r"settings\.seed was 0, now 1"):
        train(network(), [squares()], [squares()], replace(QUICK, seed=1), tmp_path, "random")


def test_other_pictures_or_start_weights_of_the_same_name_are_another_run(tmp_path):
    train(network(), [squares()], [squares()], QUICK, tmp_path, "random")
    with pytest.raises(CheckpointError, match="training was"):
        train(network(), [squares(seed=9)], [squares()], QUICK, tmp_path, "random")
    with pytest.raises(CheckpointError, match="start was"):
        train(PaperNet(SMALL, torch.Generator().manual_seed(5)), [squares()], [squares()], QUICK, tmp_path, "random")


def test_weights_know_what_they_are_without_the_json_beside_them(tmp_path):
    run = train(network(), [squares()], [squares()], QUICK, tmp_path, "random")
    run.best.with_suffix(".json").write_text('{"step": -1}')
    assert load_weights(run.best)[1]["validation_scores"]["loss"] == run.validation_loss


def test_damaged_checkpoints_are_named(tmp_path):
    run = train(network(), [squares()], [squares()], QUICK, tmp_path, "random")
    with pytest.raises(CheckpointError, match="missing"):
        load_weights(tmp_path / "other.safetensors")
    run.best.write_bytes(run.best.read_bytes()[:1000])
    with pytest.raises(CheckpointError, match="damaged"):
        load_weights(tmp_path)
    (tmp_path / "last.safetensors").write_bytes(b"nothing")
    with pytest.raises(CheckpointError, match="damaged"):
        train(network(), [squares()], [squares()], QUICK, tmp_path, "random")


def test_the_record_is_json(tmp_path):
    train(network(), [squares()], [squares()], QUICK, tmp_path, "random")
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["settings"]["augmentation"] == {"mirror": True, "geometry": 1, "color": 1}
    assert config["network"]["filters"] == [4, 4, 4]


def test_what_a_killed_training_left_is_removed(tmp_path) -> None:
    """Once it is an hour old; safetensors' own temporary files only if they begin as ours do."""
    record = {key: key for key in ("start", "network", "training", "validation", "settings")}
    checkpoint.claim(tmp_path, record)
    ours = save({"a": torch.zeros(2)}, {"progress": "{}"})[:60]
    old = {".wepsam-0123456789ab.tmp.safetensors": b"", ".tmpAbCdEf": ours, ".tmpXyZ123": b"x" * 90}
    for name, content in old.items():
        (tmp_path / name).write_bytes(content)
        os.utime(tmp_path / name, (0, 0))
    (tmp_path / ".tmpNew123").write_bytes(ours)
    checkpoint.claim(tmp_path, record)
    assert {p.name for p in tmp_path.iterdir()} == {"config.json", ".tmpXyZ123", ".tmpNew123"}
