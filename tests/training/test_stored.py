"""Labels that stay in their store: the order of an epoch, the same batches with any workers, from any step."""

import io
import logging
import os
import signal
from contextlib import closing
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
from PIL import Image

from helpers import noise_pairs, squares
from wepsam.networks.paper import PaperConfig, PaperNet
from wepsam.training import batches, stored
from wepsam.training.batches import Augmentation, Batches, Pairs, StoredPairs, from_store
from wepsam.training.checkpoint import load_weights
from wepsam.training.devices import Team
from wepsam.training.loop import train
from wepsam.training.settings import TrainSettings
from wepsam.weak import store
from wepsam.weak.manifest import DamagedError, LabelSettings, Manifest

HOW = Augmentation(geometry=1, color=1)
COUNT, PART = 230, 10  # 23 parts: two windows


def square(height: int, width: int) -> tuple[int, int]:
    return 32, 32


def in_aspect(height: int, width: int) -> tuple[int, int]:
    return (32, 64) if width > height else (32, 32)


@pytest.fixture(scope="module")
def weak(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of noise; each seventh row was rejected, every third picture is wide."""
    folder = tmp_path_factory.mktemp("weak")
    rng = np.random.default_rng(0)
    rows = []
    for i in range(COUNT):
        buffer = io.BytesIO()
        Image.fromarray(rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)).save(buffer, "JPEG")
        row = {"id": f"{i:03}", "path": "", "status": "kept", "stimulus": buffer.getvalue(), "entropy": float(i % 9)}
        row |= {"map": rng.integers(0, 256, (8, 8), dtype=np.uint8).tobytes(), "map_height": 8, "map_width": 8}
        row |= {"width": 90 if i % 3 == 0 else 60, "height": 60}
        if i % 7 == 0:
            row |= {"status": "rejected", "reason": "plateau", "stimulus": None, "map": None, "entropy": None}
        rows.append(row)
    for part in range(COUNT // PART):
        store.write_part(folder, part, rows[part * PART : (part + 1) * PART])
    settings = LabelSettings(part_size=PART, stimulus_size=40, map_size=8)
    (folder / "manifest.json").write_bytes(Manifest(settings, COUNT, "f", "0").to_json())
    return folder


@pytest.mark.parametrize("shape_of", [square, in_aspect])
def test_what_is_read_along_the_way_is_what_would_be_held(weak, shape_of) -> None:
    held, streamed = (from_store(weak, shape_of, memory=memory)[0] for memory in (1, 0))
    for one, other in zip(held, streamed, strict=True):
        assert isinstance(one, Pairs)
        assert isinstance(other, StoredPairs)
        for a, b in zip((one.stimuli, one.targets), other.read(np.arange(len(other))), strict=True):
            assert np.array_equal(a, b)


def test_an_epoch_shows_every_picture_once_and_each_part_within_two_windows(weak, monkeypatch) -> None:
    monkeypatch.setattr(stored, "WINDOW", 4)
    pairs = from_store(weak, in_aspect, memory=0)[0]
    for group in pairs:
        for epoch in (0, 1):
            order = group.order(5, epoch, 0)
            assert sorted(order) == list(range(len(group)))
            parts = group.rows[order] // PART
            assert max(np.ptp(np.flatnonzero(parts == part)) for part in set(parts)) <= 4 * PART
        assert not np.array_equal(group.order(5, 0, 0), group.order(5, 1, 0))
    first, second = (list(dict.fromkeys(g.rows[g.order(5, 0, 0)] // PART // 1)) for g in pairs)
    assert set(first[:4]) == set(second[:4])  # both shapes read the same parts at the same time


@pytest.mark.parametrize("shape_of", [square, in_aspect])
def test_the_batches_do_not_depend_on_the_workers(weak, shape_of) -> None:
    """Across an epoch's end, in a share of a batch, and after a jump."""
    pairs, team = from_store(weak, shape_of, memory=0)[0], Team(1, 2)
    now, ahead = (Batches(pairs, 16, HOW, 3, team) for _ in range(2))
    ahead.start(2)
    with closing(ahead):
        for number in (*range(now.per_epoch - 3, now.per_epoch + 3), 2, 3):
            for a, b in zip(now[number], ahead[number], strict=True):
                assert torch.equal(a, b)


def test_pairs_on_a_device_give_the_same_batches() -> None:
    """The device is the CPU here: what is tested is that nothing is changed in another order."""
    data = [noise_pairs((64, 64), 8), noise_pairs((32, 96), 4)]
    for free in (0, data[0].stimuli.nbytes + data[0].targets.nbytes, 1e9):
        plain, moved = (Batches(data, 3, HOW, 1) for _ in range(2))
        moved.on(torch.device("cpu"), free)
        assert len(moved._held) == {0: 0, 1e9: 2}.get(free, 1)
        for number in range(5):
            for a, b in zip(plain[number], moved[number], strict=True):
                assert torch.equal(a, b)


def test_a_run_from_the_store_resumes_to_the_same_weights(weak, tmp_path, monkeypatch, caplog) -> None:
    def trained(out: Path, workers: int) -> tuple[list[torch.Tensor], float]:
        with caplog.at_level(logging.INFO, "wepsam"):
            data, held_out = from_store(weak, lambda *_: (128, 128), memory=0)
        network = PaperNet(PaperConfig((4, 4, 4), hidden=8, init="he"), torch.Generator().manual_seed(0))
        settings = TrainSettings(
            epochs=2, batch_size=16, optimizer="adamw", learning_rate=(1e-3, 0), loss="kl", validate_every=0.5
        )
        run = train(network, data, held_out, settings, out, "random", workers=workers)
        return list(load_weights(run.best)[0].parameters()), run.validation_loss

    whole = trained(tmp_path / "whole", 0)
    assert "read while the network learns, mixed within 16 parts (--memory 0)" in caplog.text
    fetch = Batches.__getitem__

    def interrupted(self: Batches, number: int) -> object:
        if number == 13:
            raise KeyboardInterrupt
        return fetch(self, number)

    monkeypatch.setattr("wepsam.training.loop.SAVE_EVERY", 0)
    with monkeypatch.context() as patch:
        patch.setattr(Batches, "__getitem__", interrupted)
        with pytest.raises(KeyboardInterrupt):
            trained(tmp_path / "parts", 1)
    parts = trained(tmp_path / "parts", 1)
    assert parts[1] == whole[1]
    assert all(torch.equal(a, b) for a, b in zip(parts[0], whole[0], strict=True))


def test_the_pictures_for_validation_are_few(weak, monkeypatch) -> None:
    monkeypatch.setattr(batches, "MOST_HELD_OUT", 5)
    data, held_out = from_store(weak, square, memory=0)
    assert sum(map(len, held_out)) <= 5
    assert sum(map(len, data)) + sum(map(len, held_out)) == COUNT - len(range(0, COUNT, 7))
    assert sum(map(len, from_store(weak, square, memory=1)[1])) > 5  # as ever, where all are held


def read_all(reading: Batches) -> None:
    for number in range(2 * reading.per_epoch):
        reading[number]


def test_a_damaged_part_is_named(weak, tmp_path) -> None:
    for path in weak.iterdir():
        os.link(path, tmp_path / path.name)
    pairs = from_store(tmp_path, square, memory=0)[0]
    (tmp_path / "part-00011.parquet").unlink()
    (tmp_path / "part-00011.parquet").write_bytes(b"no parquet")
    reading = Batches(pairs, 16, HOW, 0)
    reading.start(1)
    damaged = r"part-00011\.parquet is damaged .*run wepsam label again"
    with closing(reading), pytest.raises(DamagedError, match=damaged):
        read_all(reading)


def test_a_killed_worker_is_said_and_none_is_left(weak) -> None:
    before = set(psutil.Process().children())
    reading = Batches(from_store(weak, square, memory=0)[0], 16, HOW, 0)
    reading.start(1)
    with closing(reading):
        reading[0]
        for worker in set(psutil.Process().children()) - before:
            if "spawn_main" in " ".join(worker.cmdline()):
                worker.send_signal(signal.SIGKILL)
        with pytest.raises(ChildProcessError, match="a process that decodes pictures was killed"):
            read_all(reading)
    left = [p for p in set(psutil.Process().children()) - before if "spawn_main" in " ".join(p.cmdline())]
    assert not left


def test_in_memory_nothing_has_changed() -> None:
    """Sums of a batch with the changes of both kinds, as version 0.1 made it."""
    stimuli, targets, _ = Batches([squares()], 4, HOW, seed=5)[7]
    assert stimuli.double().sum().item() == pytest.approx(GOLDEN[0], rel=1e-6)
    assert targets.double().sum().item() == pytest.approx(GOLDEN[1], rel=1e-6)


GOLDEN = (27232.14552392997, 253.23201155175246)
