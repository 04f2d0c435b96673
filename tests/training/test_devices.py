"""A training divided among processes: the same weights, one that writes, and one line when something goes wrong."""

import csv
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch

from helpers import discs, noise_pairs, squares
from wepsam.datasets import open_dataset
from wepsam.networks.base import NetworkConfig
from wepsam.networks.build import build
from wepsam.networks.lite import LiteConfig
from wepsam.networks.mr_cnn import MrCnnConfig
from wepsam.networks.paper import PaperConfig
from wepsam.training import devices
from wepsam.training.batches import Augmentation, Batches, Pairs
from wepsam.training.checkpoint import load_weights
from wepsam.training.devices import ALONE, Devices, Team
from wepsam.training.loop import Run, train
from wepsam.training.settings import TrainSettings

PAPER = PaperConfig(filters=(4, 4, 4), hidden=8, init="he")
LITE = LiteConfig(width=8, blocks=1, area=64 * 64, sources=1)
MR_CNN = MrCnnConfig(filters=(4, 6, 8), hidden=10)
QUICK = TrainSettings(
    epochs=3, batch_size=5, optimizer="adamw", learning_rate=(1e-3, 0), average=0.9, loss="kl", validate_every=1,
    augmentation=Augmentation(geometry=1, color=1),
)  # fmt: skip
TWO = Devices(2)
NOISE = [
    replace(noise_pairs((64, 64), 8), names=("noise: 13",)),
    replace(noise_pairs((32, 96), 5), names=("noise: 13",)),
]


def trained(config: NetworkConfig, data: list[Pairs], settings: TrainSettings, out: Path, team: Team) -> Run:
    network = build(config, torch.Generator().manual_seed(0))
    return train(network, data, data[:1], settings, out, "random", team=team)


def run(count: int, out: Path, config: NetworkConfig = PAPER, data: Any = None, settings: TrainSettings = QUICK) -> Run:
    arguments = {"config": config, "data": data or [squares()], "settings": settings, "out": out}
    return devices.run(trained, arguments, Devices(count))


def numbers(out: Path) -> list[list[float]]:
    """The log, without the rate."""
    with (out / "log.csv").open() as file:
        return [[float(cell) for cell in row[:-1]] for row in list(csv.reader(file))[1:]]


def same(one: Run, other: Run) -> None:
    for a, b in zip(numbers(one.log.parent), numbers(other.log.parent), strict=True):
        assert a == pytest.approx(b, rel=2e-4, abs=2e-5)
    pairs = zip(load_weights(one.best)[0].parameters(), load_weights(other.best)[0].parameters(), strict=True)
    assert all(torch.allclose(a, b, rtol=1e-3, atol=2e-4) for a, b in pairs)


@pytest.mark.parametrize(
    ("config", "data", "settings"),
    [(PAPER, [squares()], QUICK),
     (LITE, NOISE, replace(QUICK, epochs=2, loss="kl_cc", frozen=2)),
     (MR_CNN, [discs(4)], replace(QUICK, batch_size=3, loss="logistic", augmentation=Augmentation()))],
    ids=["paper", "lite", "mr_cnn"],
)  # fmt: skip
def test_two_processes_learn_what_one_learns(tmp_path, config, data, settings) -> None:
    """Also where the shares differ in size: 5 pictures are 2 and 3."""
    same(run(1, tmp_path / "one", config, data, settings), run(2, tmp_path / "two", config, data, settings))


@pytest.mark.parametrize("config", [PAPER, MR_CNN], ids=["paper", "mr_cnn"])
def test_gradients_of_pieces_are_those_of_the_batch(tmp_path, config) -> None:
    settings = QUICK if config is PAPER else replace(QUICK, batch_size=3, loss="logistic", epochs=2)
    data = [squares()] if config is PAPER else [discs(4)]
    whole = trained(config, data, settings, tmp_path / "whole", ALONE)
    same(whole, trained(config, data, replace(settings, accumulate=3), tmp_path / "pieces", ALONE))


def test_shares_make_up_the_batch() -> None:
    how = Augmentation(geometry=1, color=1)
    whole = Batches([squares()], 5, how, 3)
    for size in (2, 3, 5):
        parts = [Batches([squares()], 5, how, 3, Team(rank, size))[7] for rank in range(size)]
        for piece, together in zip(zip(*parts, strict=True), whole[7], strict=True):
            assert torch.equal(torch.cat(piece), together)


def stopped(config: NetworkConfig, data: list[Pairs], settings: TrainSettings, out: Path, team: Team) -> None:
    """As `trained`, but the second process fails in the second epoch."""
    fetch = Batches.__getitem__

    def failing(self: Batches, number: int) -> Any:
        if number == 3 and team.rank == 1:
            raise OSError("no disk")
        return fetch(self, number)

    Batches.__getitem__ = failing  # type: ignore[method-assign]  # in a process of its own
    import wepsam.training.loop

    wepsam.training.loop.SAVE_EVERY = 0
    trained(config, data, settings, out, team)


def test_a_run_of_two_processes_resumes_in_one(tmp_path) -> None:
    arguments = {"config": PAPER, "data": [squares()], "settings": QUICK, "out": tmp_path / "parts"}
    with pytest.raises(OSError, match=r"^no disk$"):  # the error of the process that has it, not of the other
        devices.run(stopped, arguments, TWO)
    assert len(numbers(tmp_path / "parts")) == 2
    same(run(1, tmp_path / "whole"), run(1, tmp_path / "parts"))


def test_interrupted_and_resumed_is_uninterrupted(tmp_path) -> None:
    """In two processes, to the bit, with dropout, too."""
    settings = replace(QUICK, dropout=0.3)
    arguments = {"config": PAPER, "data": [squares()], "settings": settings, "out": tmp_path / "parts"}
    with pytest.raises(OSError, match="no disk"):
        devices.run(stopped, arguments, TWO)
    run(2, tmp_path / "parts", settings=settings)
    run(2, tmp_path / "whole", settings=settings)
    assert numbers(tmp_path / "parts") == numbers(tmp_path / "whole")


@pytest.mark.parametrize("rank", [0, 1])
def test_a_killed_process_ends_all(tmp_path, rank) -> None:
    def kill() -> None:
        while not (tmp_path / "log.csv").exists():
            time.sleep(0.05)
        python = [p for p in psutil.Process().children() if "spawn_main" in " ".join(p.cmdline())]
        python[rank].send_signal(signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(ChildProcessError, match=rf"^process {rank} of 2 .* was ended by SIGKILL.*resumes$"):
        run(2, tmp_path, settings=replace(QUICK, epochs=3000))
    killer.join()
    assert not [p for p in psutil.Process().children() if "spawn_main" in " ".join(p.cmdline())]


def test_what_cannot_be_divided_is_refused(tmp_path) -> None:
    for wrong, message in (
        ({"strategy": "fsdp"}, "strategy is 'fsdp'; choose ddp"),
        ({"devices": 0}, "devices is 0; expected 1 or more"),
        ({"devices": 2, "nodes": 2}, "nodes is 2: start the command on each machine, by torchrun or srun"),
    ):
        with pytest.raises(ValueError, match=message):
            devices.run(trained, {}, Devices(**wrong))
    with pytest.raises(ValueError, match="a batch of 1 pictures cannot be divided among 2 processes"):
        run(2, tmp_path, settings=replace(QUICK, batch_size=1))


def test_a_dataset_can_be_handed_to_other_processes(own_dataset) -> None:
    """As `adapt` does."""
    data = open_dataset(f"csv={own_dataset}")
    assert pickle.loads(pickle.dumps(data)).samples[3].density().sum() == pytest.approx(1)


def test_torchrun_and_slurm_are_recognized(monkeypatch) -> None:
    assert devices.outside() == ALONE
    for name, value in {"STEP_NUM_TASKS": 8, "STEP_NUM_NODES": 2, "PROCID": 5}.items():
        monkeypatch.setenv(f"SLURM_{name}", str(value))
    assert devices.outside() == Team(5, 8, 2, "slurm")
    with pytest.raises(ValueError, match="slurm started 8 processes on 2 machines, not 8 on each of 2"):
        devices.run(trained, {}, Devices(8))
    for name, value in {"TORCHELASTIC_RUN_ID": "x", "WORLD_SIZE": 4, "LOCAL_WORLD_SIZE": 4, "RANK": 1}.items():
        monkeypatch.setenv(name, str(value))
    assert devices.outside() == Team(1, 4, 1, "torchrun")


def test_under_torchrun_one_process_writes_and_speaks(own_dataset, tmp_path) -> None:
    def torchrun(*arguments: str) -> subprocess.CompletedProcess:
        start = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", "--standalone"]
        command = [*start, "-m", "wepsam", "finetune", "-d", f"csv={own_dataset}", *arguments]
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        return subprocess.run(command, capture_output=True, text=True, timeout=100, env=environment, check=False)

    small = ["--set", "epochs=1", "--set", "batch_size=4", "--network", "hidden=16", "--network", "filters=[4,8,8]"]
    done = torchrun("--out", str(tmp_path / "run"), *small)
    assert done.returncode == 0, done.stderr
    assert [line.split(":")[0].split(" ")[0] for line in done.stdout.splitlines()] == ["best", "log"]
    refused = torchrun("--out", str(tmp_path / "run"), *small, "--set", "seed=1")
    assert [line for line in refused.stderr.splitlines() if line.startswith("wepsam: ")] == [
        f"wepsam: {tmp_path / 'run'} holds another run: settings.seed was 0, now 1; choose another folder"
    ]
