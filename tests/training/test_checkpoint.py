"""The files of a run: whose folder it is, damage, and what the weights say about themselves."""

import json
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save, save_file

from helpers import squares
from wepsam.cli import errors
from wepsam.networks.paper import PaperConfig, PaperNet
from wepsam.training import checkpoint
from wepsam.training.batches import Augmentation
from wepsam.training.checkpoint import CheckpointError, load_weights, save_weights
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


# ---- damage


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run with all its files."""
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("wepsam.training.loop.SAVE_EVERY", 0)
        train(network(), [squares()], [squares()], QUICK, folder, "random")
    return folder


def again(folder):
    return train(network(), [squares()], [squares()], QUICK, folder, "random")


def told(call, *words):
    """The call fails in one line with these words; returns the error."""
    with pytest.raises(CheckpointError) as error:
        call()
    line = str(error.value)
    assert len(line.splitlines()) == 1
    for word in words:
        assert word in line
    return error.value


@pytest.mark.parametrize("name", ["best.safetensors", "last.safetensors"])
def test_every_changed_byte_of_a_checkpoint_is_noticed(finished, tmp_path, name):
    """In the header, the description, the names and the tensors; only the header's padding means nothing."""
    shutil.copytree(finished, tmp_path / "run")
    path, data = tmp_path / "run" / name, (finished / name).read_bytes()
    length = int.from_bytes(data[:8], "little")
    places = np.random.default_rng(0).integers(0, len(data), 40).tolist()
    places += np.random.default_rng(1).integers(8, 8 + length, 40).tolist()
    for place in places:
        if data[place : 8 + length].strip() == b"" and place < 8 + length:
            continue
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        error = told(lambda: again(tmp_path / "run"), str(path), "damaged")
        assert errors.exit_code(error) == errors.FAILED
        if name == "best.safetensors":
            told(lambda: load_weights(tmp_path / "run"), str(path), "damaged")


@pytest.mark.parametrize("name", ["best.safetensors", "last.safetensors"])
@pytest.mark.parametrize("data", [b"", b"\xff" * 100, b"{}", b"\x02\0\0\0\0\0\0\0{}", b"<html>" * 100, None])
def test_what_is_no_checkpoint_is_one_line(finished, tmp_path, name, data):
    shutil.copytree(finished, tmp_path / "run")
    path = tmp_path / "run" / name
    path.unlink()
    if data is None:
        path.mkdir()
    else:
        path.write_bytes(data)
    told(lambda: again(tmp_path / "run"), str(path), "damaged")


def test_best_and_last_are_not_each_other(finished, tmp_path):
    for one, other in (("best", "last"), ("last", "best")):
        shutil.copytree(finished, tmp_path / one)
        shutil.copy(finished / f"{other}.safetensors", tmp_path / one / f"{one}.safetensors")
        told(lambda one=one: again(tmp_path / one), f"{one}.safetensors is damaged: it is no file with the")


def test_files_of_another_run_of_the_same_network_are_refused(finished, tmp_path, monkeypatch):
    """Nothing in their tensors says so: a run that resumed from them would end with other weights."""
    monkeypatch.setattr("wepsam.training.loop.SAVE_EVERY", 0)
    train(network(), [squares()], [squares()], replace(QUICK, seed=1), tmp_path / "other", "random")
    for name in ("last.safetensors", "best.safetensors"):
        shutil.copytree(finished, tmp_path / name)
        shutil.copy(tmp_path / "other" / name, tmp_path / name)
        told(lambda name=name: again(tmp_path / name), name, "of another run")
    shutil.copytree(finished, tmp_path / "without")
    (tmp_path / "without" / "best.safetensors").unlink()
    told(lambda: again(tmp_path / "without"), "best.safetensors is damaged", "to start again")


def test_checkpoints_without_a_checksum_can_be_read(finished, tmp_path):
    """As versions before wrote them: the same tensors and description, and nothing else."""
    shutil.copytree(finished, tmp_path / "run")
    for name, key in (("best.safetensors", "about"), ("last.safetensors", "progress")):
        path = tmp_path / "run" / name
        with safe_open(path, "pt") as file:
            text = file.metadata()[key]
        save_file(load_file(path), path, {key: text})
    new, old = load_weights(finished), load_weights(tmp_path / "run")
    assert new[1] == old[1]
    assert all(torch.equal(a, b) for a, b in zip(new[0].parameters(), old[0].parameters(), strict=True))
    assert again(tmp_path / "run").validation_loss == again(finished).validation_loss


@pytest.mark.parametrize("text", ["[]", "7", "null", '"run"', "{", "", "[" * 100_000, "\xff"])
def test_a_config_that_is_none_is_one_line(finished, tmp_path, text):
    shutil.copytree(finished, tmp_path / "run")
    (tmp_path / "run" / "config.json").write_text(text, encoding="latin-1")
    told(lambda: again(tmp_path / "run"), "config.json is damaged")


def test_a_config_of_odd_values_is_another_run(finished, tmp_path):
    shutil.copytree(finished, tmp_path / "run")
    (tmp_path / "run" / "config.json").write_text(json.dumps({"start": ["a\nb" * 1000], "network": 7}))
    told(lambda: again(tmp_path / "run"), "holds another run: start was")


DAMAGE = {
    "cut in a row": lambda lines: [*lines[:-1], lines[-1][:9]],
    "cut between rows": lambda lines: lines[:-1],
    "cut in the last number": lambda lines: [*lines[:-1], lines[-1].rstrip()[:-1]],
    "no columns": lambda lines: lines[1:],
    "no rows": lambda lines: lines[:1],
    "nothing": lambda lines: [],
    "a column more": lambda lines: [line.rstrip() + ",7\n" for line in lines],
    "a word": lambda lines: [*lines[:-1], lines[-1].replace(".", "x")],
    "zeros": lambda lines: [*lines, "\x00" * 50 + "\n"],
    "a step below 0": lambda lines: [lines[0], "-1" + lines[1][1:], *lines[2:]],
    "a row twice": lambda lines: [*lines, lines[-1]],
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_log_is_one_line_and_the_run_goes_on_without_it(finished, tmp_path, damage):
    shutil.copytree(finished, tmp_path / "run")
    path = tmp_path / "run" / "log.csv"
    with path.open(newline="") as file:
        lines = file.readlines()
    with path.open("w", newline="") as file:
        file.writelines(DAMAGE[damage](lines))
    told(lambda: again(tmp_path / "run"), "log.csv is damaged", "delete it, and the run goes on")
    path.unlink()
    assert again(tmp_path / "run").validation_loss == again(finished).validation_loss


@pytest.mark.parametrize(
    "about",
    [
        {"network": 7},
        {"output": "x"},
        {"step": "many"},
        {"training": []},
        {"training": 7},
        {"network": {"filters": [10**9] * 3}},
    ],
)  # fmt: skip
def test_a_description_that_cannot_be_is_one_line(finished, tmp_path, about):
    path = tmp_path / "own.safetensors"
    save_weights(path, load_file(finished / "best.safetensors"), load_weights(finished)[1] | about)
    told(lambda: load_weights(path), "own.safetensors is damaged")
