"""The loop: it learns, resumes to the same result, stops, and refuses what cannot be."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from helpers import discs, noise_pairs, squares
from wepsam.networks.base import Network, NetworkConfig
from wepsam.networks.build import build
from wepsam.networks.cnn_vlm import CnnVlmConfig
from wepsam.networks.lite import LiteConfig
from wepsam.networks.mr_cnn import MrCnnConfig
from wepsam.networks.paper import PaperConfig, PaperNet
from wepsam.training.batches import Augmentation, Batches, Pairs
from wepsam.training.checkpoint import load_weights
from wepsam.training.loop import train
from wepsam.training.settings import TrainSettings

SMALL = PaperConfig(filters=(4, 4, 4), hidden=8, init="he")
QUICK = TrainSettings(
    epochs=3, batch_size=4, optimizer="adamw", learning_rate=(1e-3, 0), average=0.9, loss="kl", validate_every=1,
    dropout=0.2, augmentation=Augmentation(geometry=1, color=1),
)  # fmt: skip


def network() -> PaperNet:
    return PaperNet(SMALL, torch.Generator().manual_seed(0))


def test_it_learns(tmp_path):
    settings = replace(
        QUICK,
        epochs=40,
        dropout=0.0,
        learning_rate=(3e-3, 0),
        average=0.0,
        augmentation=Augmentation(),
        validate_every=20,
    )
    larger = PaperNet(PaperConfig((8, 8, 8), hidden=64, init="he"), torch.Generator().manual_seed(0))
    run = train(larger, [squares()], [squares()], settings, tmp_path, "random")
    log = (tmp_path / "log.csv").read_text().splitlines()
    first = float(log[1].split(",")[4])
    assert run.validation_loss < 0.7 * first
    loaded, about = load_weights(tmp_path)
    assert about["output"] == "log_density"
    assert about["validation_scores"]["loss"] == pytest.approx(run.validation_loss)
    assert about["training"][:2] == ["squares", 12]
    assert all(
        torch.equal(a, b) for a, b in zip(loaded.parameters(), load_weights(run.best)[0].parameters(), strict=True)
    )


@pytest.mark.parametrize("save_every", [0, 20])  # from a checkpoint of each validation; from the start, no time for one
@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_interrupted_and_resumed_is_uninterrupted(tmp_path, optimizer, save_every, monkeypatch):
    monkeypatch.setattr("wepsam.training.loop.SAVE_EVERY", save_every)
    settings = replace(QUICK, optimizer=optimizer, learning_rate=(1e-2, 1e-3))
    whole = train(network(), [squares()], [squares(6, seed=1)], settings, tmp_path / "whole", "random")

    # Stopped in the middle of the second epoch, and again at once on the first step after resuming.
    fetch = Batches.__getitem__
    stop_at, first_fetched = [4, 3], []

    def interrupted(self, number):
        if begins:
            begins.clear()
            first_fetched.append(number)
        if stop_at and number == stop_at[0]:
            stop_at.pop(0)
            raise KeyboardInterrupt
        return fetch(self, number)

    monkeypatch.setattr(Batches, "__getitem__", interrupted)
    for _ in range(2):
        begins = [True]
        with pytest.raises(KeyboardInterrupt):
            train(network(), [squares()], [squares(6, seed=1)], settings, tmp_path / "parts", "random")
    begins = [True]
    parts = train(network(), [squares()], [squares(6, seed=1)], settings, tmp_path / "parts", "random")
    assert not stop_at
    assert (first_fetched[-1] > 0) == (save_every == 0)
    assert parts.validation_loss == whole.validation_loss
    for a, b in zip(load_weights(parts.best)[0].parameters(), load_weights(whole.best)[0].parameters(), strict=True):
        assert torch.equal(a, b)
    without_rate = [
        [line.rsplit(",", 1)[0] for line in (tmp_path / run / "log.csv").read_text().splitlines()]
        for run in ("whole", "parts")
    ]
    assert without_rate[0] == without_rate[1]
    assert len(without_rate[0]) == 1 + 4  # a heading; before the first step and after each epoch


def test_a_finished_run_is_not_run_again(tmp_path):
    first = train(network(), [squares()], [squares()], QUICK, tmp_path, "random")
    again = train(network(), [squares()], [squares()], QUICK, tmp_path, "random")
    assert again == first


def test_patience_ends_what_gets_no_better(tmp_path):
    settings = replace(QUICK, epochs=20, learning_rate=(0, 0), average=0.0, patience=2)
    first = train(network(), [squares()], [squares()], settings, tmp_path, "random")
    log = (tmp_path / "log.csv").read_text()
    assert len(log.splitlines()) == 1 + 3  # a heading; the start, and two that are no better
    assert train(network(), [squares()], [squares()], settings, tmp_path, "random") == first
    assert (tmp_path / "log.csv").read_text() == log


def test_divergence_is_said(tmp_path):
    wild = replace(QUICK, optimizer="sgd", loss="mse", learning_rate=(1e9, 1e9), average=0.0, epochs=20)
    with pytest.raises(FloatingPointError, match="diverged"):
        train(network(), [squares()], [squares()], wild, tmp_path, "random")


LITE = LiteConfig(width=8, blocks=1, area=64 * 64, sources=2)
LITE_QUICK = replace(QUICK, epochs=2, loss="kl_cc", frozen=2, encoder_rate=0.1)
MR_CNN = MrCnnConfig(filters=(4, 6, 8), hidden=10)
MR_CNN_QUICK = replace(QUICK, batch_size=2, loss="logistic", augmentation=Augmentation())
CNN_VLM = CnnVlmConfig(components=6, hidden=10)
CNN_VLM_QUICK = replace(QUICK, batch_size=2, loss="surprise")


def trained(config: NetworkConfig, data: list[Pairs], settings: TrainSettings, out: Path) -> tuple[Network, float]:
    net = build(config, torch.Generator().manual_seed(0))
    run = train(net, data, data[:1], settings, out, "random")
    return load_weights(run.best)[0], run.validation_loss


@pytest.mark.parametrize("save_every", [0, 20])
@pytest.mark.parametrize(
    ("config", "data", "settings"),
    [(LITE, [noise_pairs((64, 64), 8), noise_pairs((32, 96), 4, source=1)], LITE_QUICK),
     (MR_CNN, [discs(4)], MR_CNN_QUICK), (CNN_VLM, [noise_pairs((64, 64), 8)], CNN_VLM_QUICK)],
    ids=["lite", "mr_cnn", "cnn_vlm"],
)  # fmt: skip
def test_the_other_networks_resume_to_the_same_weights(
    tmp_path, config, data, settings, save_every, monkeypatch
) -> None:
    monkeypatch.setattr("wepsam.training.loop.SAVE_EVERY", save_every)
    whole, loss = trained(config, data, settings, tmp_path / "whole")
    fetch = Batches.__getitem__
    numbers: list[int] = []

    def interrupted(self: Batches, number: int):
        numbers.append(number)
        if number == 4:
            raise KeyboardInterrupt
        return fetch(self, number)

    with monkeypatch.context() as patch:
        patch.setattr(Batches, "__getitem__", interrupted)
        with pytest.raises(KeyboardInterrupt):
            trained(config, data, settings, tmp_path / "parts")
    parts, same_loss = trained(config, data, settings, tmp_path / "parts")
    assert 4 in numbers
    assert same_loss == loss
    for a, b in zip(whole.parameters(), parts.parameters(), strict=True):
        assert torch.equal(a, b)


def test_frozen_stages_stay(tmp_path) -> None:
    data = [noise_pairs((64, 64), 8), noise_pairs((32, 96), 4, source=1)]
    start = dict(build(LITE, torch.Generator().manual_seed(0)).named_parameters())
    for name, after in trained(LITE, data, LITE_QUICK, tmp_path)[0].named_parameters():
        early = name.startswith(("encoder.stem", "encoder.stages.0", "encoder.stages.1."))
        assert torch.equal(after, start[name]) == early, name


def test_a_loss_that_does_not_fit_is_refused(tmp_path) -> None:
    for config, loss, message in (
        (MR_CNN, "kl", "MR-CNN learns by logistic, not by kl"),
        (SMALL, "logistic", "the paper's network learns by mse, kl, .*, not by logistic"),
    ):
        with pytest.raises(ValueError, match=message):
            train(build(config), [squares()], [squares()], replace(QUICK, loss=loss), tmp_path, "random")
    assert not list(tmp_path.iterdir())
