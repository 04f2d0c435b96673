"""The paper at its own length: its arithmetic, sittings, the data that travel, and extrapolation."""

from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from helpers import Paint, Write, squares
from wepsam.datasets import open_dataset
from wepsam.networks.paper import PaperConfig
from wepsam.reproduction.protocol import pack as packing
from wepsam.reproduction.protocol import run as running
from wepsam.reproduction.protocol.pack import Packed
from wepsam.reproduction.protocol.plan import PROTOCOL, SEEN, Measured, plan_table
from wepsam.reproduction.report.extrapolation import interval_after, through
from wepsam.training.batches import from_datasets, from_store
from wepsam.training.checkpoint import load_weights
from wepsam.weak.labeling import label


def refused(call: Callable[[], object], *words: str) -> None:
    """The call fails with one line that has all these words."""
    with pytest.raises(ValueError, match=words[0]) as caught:
        call()
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert all(word in message for word in words)


def test_the_papers_length() -> None:
    """100,000 photographs for 500 epochs and 16,000 with fixations for 1,200, in whole batches of 128."""
    weak, people = PROTOCOL
    assert (weak.steps, people.steps) == (781 * 500, 125 * 1200)
    assert SEEN == 128 * (390_500 + 150_000) == 69_184_000
    assert weak.cut(Fraction(1, 512)) == 97_625


@pytest.mark.parametrize("pictures", [4_680, 100, 3])
def test_the_rate_falls_over_the_fraction(pictures: int) -> None:
    step = PROTOCOL[1]
    settings = step.on(pictures, Fraction(1, 1000), step.settings)
    batch = min(128, pictures)
    steps = round(settings.epochs * (pictures // batch))
    assert abs(steps * batch - 19_200) < batch
    assert settings.rate(0, steps) == pytest.approx(0.3)
    assert settings.rate(steps - 1, steps) == pytest.approx(1e-4)
    # A momentum that rises makes up for it: what a step changes in the long run hardly shrinks before the last tenth.
    lasting = [settings.rate(k, 1001) / (1 - settings.momentum_at(k, 1001)) for k in (0, 500, 900)]
    assert lasting == pytest.approx([3.0, 2.97, 2.76], abs=0.01)


def test_the_plan_by_hand() -> None:
    step = PROTOCOL[1]
    table = plan_table([("step-2", step, 3_000, step.settings)], Fraction(1, 100), Measured(100, 10**9, 0, 10**8))
    assert "| step-2 | 3,000 | 64.0 | 12.0 | 192,000 | 1,500 | 0.53 |" in table
    assert "0.5 hours at 100 pictures per second" in table
    assert "Memory: 1.0 GB. Disk: 0.2 GB" in table


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Packed:
    """A tiny network, and twelve pictures."""
    monkeypatch.setattr(running, "NETWORK", PaperConfig(filters=(4, 4, 4), hidden=8))
    monkeypatch.setattr(running, "SECONDS", 0.0)
    monkeypatch.setattr("wepsam.training.loop.SAVE_EVERY", 1e9)  # the only checkpoints are those of the ends
    return Packed(squares(), squares(5, seed=1), squares(seed=2), squares(5, seed=3))


def test_many_sittings_end_as_one(small: Packed, tmp_path: Path) -> None:
    part, said = Fraction(1, 1_500_000), list[str]()
    todo = running.trainings(small, part, ["batch_size=4"], random=True)
    whole = running.carry_out(todo, tmp_path / "whole", float("inf"), said.append)
    assert [run.complete for run in whole] == [True] * 3
    sittings = 0
    while True:
        sittings += 1
        runs = running.carry_out(todo, tmp_path / "parts", time.monotonic(), said.append)  # no time at all
        if len(runs) == 3 and runs[-1].complete:
            break
    assert sittings > 5
    assert said[-2] != "The time is over; the same command goes on from here."
    for one, other in zip(whole, runs, strict=True):
        assert one.validation_loss == other.validation_loss
        pairs = zip(*(load_weights(run.best)[0].parameters() for run in (one, other)), strict=True)
        assert all(torch.equal(a, b) for a, b in pairs)
        rows = [[line.rpartition(",")[0] for line in run.log.read_text().splitlines()] for run in (one, other)]
        assert rows[0] == rows[1]


def test_another_fraction_needs_another_folder(small: Packed, tmp_path: Path) -> None:
    def at(part: Fraction) -> object:
        return running.carry_out(running.trainings(small, part), tmp_path, float("inf"), lambda text: None)

    at(Fraction(1, 10**6))
    refused(lambda: at(Fraction(1, 2 * 10**5)), "another run", "epochs")
    refused(lambda: at(Fraction(0)), "the fraction is 0")


def test_the_plan_is_measured(small: Packed) -> None:
    text = running.plan(running.trainings(small, Fraction(1)), Fraction(1))
    assert "| step-1 | 12 | 4,165,333.3 | 500.0 | 49,984,000 |" in text
    assert "The paper's length. " in text


@pytest.fixture
def weak(tmp_path: Path, paint: Paint, write: Write) -> Path:
    """Weak labels of 24 photographs."""
    photos = [write(tmp_path / "photos" / f"{seed:02}.jpg", paint(seed)) for seed in range(24)]
    label(photos, tmp_path / "weak", teacher="spectral_residual", workers=1)
    return tmp_path / "weak"


def test_a_pack_holds_what_the_network_would_see(weak: Path, own_dataset: Path, tmp_path: Path) -> None:
    limit = 30_000
    data = open_dataset(f"own={own_dataset}")
    paths = packing.pack(weak, [data], tmp_path / "packed", keep=0.5, piece=limit)
    assert len(paths) > 5
    assert all(path.stat().st_size <= limit for path in paths)
    packed = packing.unpack(tmp_path / "packed")
    shape_of = PaperConfig().input_shape
    (training,), (validation,) = from_store(weak, shape_of, 0.5)
    for pairs, stored in ((training, packed.photographs), (validation, packed.photographs_validation)):
        assert (stored.targets == pairs.targets).all()
        assert np.abs(stored.stimuli.astype(float) - pairs.stimuli).mean() < 4
        assert (stored.sources == pairs.sources).all()
        assert stored.names == pairs.names
    for split, stored in (("train", packed.fixations), ("validation", packed.fixations_validation)):
        (pairs,) = from_datasets([data.split(split)], shape_of, room=1)
        fine = pairs.targets.reshape(-1, 32, 2, 32, 2).mean((2, 4))
        fine /= fine.max((1, 2), keepdims=True)
        assert np.abs(stored.targets / 255 - fine).max() <= 0.5 / 255 + 1e-9
        assert stored.stimuli.shape == (len(pairs), 128, 128, 3)
        assert stored.learned_from == pairs.learned_from != {}


def test_a_damaged_pack_is_said(weak: Path, own_dataset: Path, tmp_path: Path) -> None:
    folder = tmp_path / "packed"
    refused(lambda: packing.unpack(folder), "no pack at", "pack.json")
    about, *pieces = packing.pack(weak, [open_dataset(f"own={own_dataset}")], folder)
    data = bytearray(pieces[0].read_bytes())
    data[-1] ^= 1
    pieces[0].write_bytes(data)
    refused(lambda: packing.unpack(folder), pieces[0].name, "another SHA-256", "bring it again")
    pieces[0].unlink()
    refused(lambda: packing.unpack(folder), pieces[0].name, "is missing")
    about.write_text("[]")
    refused(lambda: packing.unpack(folder), "pack.json", "damaged")


@pytest.mark.parametrize(("limit", "b", "c"), [(0.5, -0.3, 0.4), (0.02, 0.01, 1.5), (-1.0, 2.0, 0.05)])
def test_a_power_law_is_found_again(limit: float, b: float, c: float) -> None:
    def curve(length: float) -> float:
        return limit + b * length**-c

    law = through([curve(3), curve(6), curve(12)])
    assert law is not None
    for doublings in (0, 1, 2.5, 9):
        assert law.after(doublings) == pytest.approx(curve(12 * 2**doublings))
    close = abs(curve(12 * 2**9) - curve(12 * 2**4)) * 1.001
    assert law.doublings_until(close, 9) == 4
    assert law.doublings_until(abs(b), 9) == 0
    assert law.doublings_until(0, 8.5) == 9  # never closer than at the end itself, which is the ninth begun doubling


@pytest.mark.parametrize("values", [(1, 2, 3), (1, 2, 4), (1, 2, 1), (1, 1, 2), (1, 1, 1), (2, 1, 1)])
def test_changes_that_do_not_shrink_have_no_limit(values: tuple[float, float, float]) -> None:
    assert through(values) is None


def test_the_interval_of_an_extrapolation() -> None:
    rng = np.random.default_rng(0)
    means = np.array([0.3, 0.4, 0.45])[:, None]  # 0.475 after one more doubling
    own = rng.normal(0, 0.1, 2_000)  # some pictures are easier than others, at each length
    low, high = interval_after(means + own + rng.normal(0, 0.01, (3, 2_000)), 1) or (0, 0)
    assert low < 0.475 < high
    assert high - low == pytest.approx(2 * 1.96 * 0.1 / 2_000**0.5, rel=0.25)
    # The last two lengths hardly differ: some resamples say that there is no limit.
    barely = np.array([0.3, 0.35, 0.399])[:, None] + rng.normal(0, 0.05, (3, 2_000))
    found = interval_after(barely, 8)
    assert found is None or found[1] == np.inf
    assert interval_after(np.array([0.3, 0.35, 0.45])[:, None] + rng.normal(0, 0.01, (3, 2_000)), 8) is None
