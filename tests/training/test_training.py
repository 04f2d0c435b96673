"""The network, the losses, the batches, the loop, its checkpoints."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from wepsam import maps, metrics
from wepsam.networks.paper import PaperConfig, PaperNet
from wepsam.training import losses
from wepsam.training.batches import Augmentation, Batches, Pairs, augment, to_network
from wepsam.training.checkpoint import CheckpointError, load_weights
from wepsam.training.loop import train
from wepsam.training.settings import SETTINGS, TrainSettings

SQUARE = (128, 128)
SMALL = PaperConfig(filters=(4, 4, 4), hidden=8, init="he")
QUICK = TrainSettings(
    epochs=3, batch_size=4, optimizer="adamw", learning_rate=(1e-3, 0), average=0.9, loss="kl", validate_every=1,
    dropout=0.2, augmentation=Augmentation(geometry=1, color=1),
)  # fmt: skip


def pairs(count: int = 12, size: int = 128, seed: int = 0) -> Pairs:
    """Pictures with one bright square each, and a map that is bright there."""
    rng = np.random.default_rng(seed)
    stimuli = rng.integers(0, 60, (count, size, size, 3), dtype=np.uint8)
    targets = np.zeros((count, 32, 32), np.uint8)
    for i, (row, column) in enumerate(rng.integers(4, 28, (count, 2))):
        stimuli[i, row * size // 32 :, column * size // 32 :][:16, :16] = 255
        targets[i] = np.rint(255 * maps.to_unit(maps.density(np.array([[column, row]]), (32, 32), 3.0)))
    return Pairs(stimuli, targets, np.zeros(count, int), ("squares",))


# ---- the network


@pytest.mark.parametrize("head", ["paper", "juntingnet"])
@pytest.mark.parametrize("padding", [False, True])
def test_the_five_layers(head, padding):
    network = PaperNet(PaperConfig(head=head, padding=padding))
    assert network(torch.zeros(2, 3, 128, 128)).shape == (2, 32, 32)
    layers = [m for m in network.modules() if isinstance(m, torch.nn.Conv2d | torch.nn.Linear)]
    assert [m.kernel_size[0] for m in layers[:3]] == [5, 3, 3]
    side = 16 if padding else 14  # 128 -> 124 -> 62 -> 60 -> 30 -> 28 -> 14
    wide = {"paper": [(64 * side**2, 1024), (1024, 2048)], "juntingnet": [(64 * side**2, 2048), (1024, 1024)]}
    assert [(m.in_features, m.out_features) for m in layers[3:]] == wide[head]


def test_the_papers_start():
    network = PaperNet(PaperConfig(), torch.Generator().manual_seed(0))
    for name, values in network.named_parameters():
        if name.endswith("bias"):
            assert (values == 0.1).all()
        else:
            assert values.std().item() == pytest.approx(0.01, rel=0.05)
            assert abs(values.mean().item()) < 5e-4


def test_the_papers_start_all_but_loses_the_picture_and_he_does_not():
    x = torch.rand(8, 3, 128, 128, generator=torch.Generator().manual_seed(1))
    spread = {
        init: PaperNet(PaperConfig(init=init), torch.Generator().manual_seed(0))(x).std(dim=0).mean().item()
        for init in ("paper", "he")
    }
    assert spread["paper"] < 1e-3 < 1e-2 < spread["he"]


def test_same_seed_same_weights():
    one, two = (PaperNet(SMALL, torch.Generator().manual_seed(3)).state_dict() for _ in range(2))
    assert all(torch.equal(one[k], two[k]) for k in one)


@pytest.mark.parametrize("change", [{"head": "none"}, {"init": "none"}])
def test_unknown_choices_are_named(change):
    with pytest.raises(ValueError, match="none"):
        PaperNet(PaperConfig(**change))


# ---- losses and metrics agree


@pytest.mark.parametrize("seed", range(3))
def test_losses_are_the_metrics(seed):
    rng = np.random.default_rng(seed)
    output, target = rng.normal(size=(5, 32, 32)), rng.random((5, 32, 32)) + 1e-3
    o, t = torch.from_numpy(output), torch.from_numpy(target)
    densities = losses.as_map(o, "log_density").numpy()
    np.testing.assert_allclose(densities.sum((1, 2)), 1)
    kl = np.mean([metrics.kl_div(p, q) for p, q in zip(densities, target, strict=True)])
    cc = np.mean([metrics.cc(p, q) for p, q in zip(densities, target, strict=True)])
    assert losses.kl(o, t).item() == pytest.approx(kl, rel=1e-9)
    assert losses.cc(o, t).item() == pytest.approx(1 - cc, rel=1e-9)
    nss = np.mean([metrics.nss_density(p, q) for p, q in zip(densities, target, strict=True)])
    assert losses.nss(o, t).item() == pytest.approx(-nss, rel=1e-9)
    assert losses.kl_cc(o, t).item() == pytest.approx(kl + 1 - cc, rel=1e-9)
    assert losses.kl_cc_nss(o, t).item() == pytest.approx(kl + 1 - cc - 0.1 * nss, rel=1e-9)
    assert losses.mse(o, t).item() == pytest.approx(((output - target) ** 2).mean(), rel=1e-9)


def test_a_view_in_which_nobody_looked_counts_nothing():
    output, target = torch.randn(2, 32, 32, generator=torch.Generator().manual_seed(0)), torch.rand(2, 32, 32)
    target[1] = 0
    assert losses.kl(output, target).item() == pytest.approx(losses.kl(output[:1], target[:1]).item() / 2, rel=1e-5)
    for name, (loss, _) in losses.LOSSES.items():
        assert torch.isfinite(loss(output, target)), name


# ---- schedules


def test_the_papers_schedule():
    paper, _ = SETTINGS["paper"]
    assert (paper.optimizer, paper.loss, paper.epochs) == ("sgd", "mse", 500)
    assert paper.rate(0, 1001) == pytest.approx(0.3)
    assert paper.rate(500, 1001) == pytest.approx((0.3 + 1e-4) / 2)
    assert paper.rate(1000, 1001) == pytest.approx(1e-4)
    assert paper.momentum_at(0, 1001) == pytest.approx(0.9)
    assert paper.momentum_at(1000, 1001) == pytest.approx(0.999)
    assert SETTINGS["juntingnet"][1].rate(0, 10) == pytest.approx(0.05)


def test_cosine_and_warmup():
    settings = TrainSettings(schedule="cosine", learning_rate=(1.0, 0.0), warmup=9)
    rates = [settings.rate(step, 101) for step in range(101)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[50] == pytest.approx(0.5)
    assert rates[100] == pytest.approx(0)
    assert np.argmax(rates) in (8, 9, 10)


# ---- batches


def test_a_batch_depends_on_its_number_alone():
    one, two = (Batches([pairs()], 4, Augmentation(geometry=1, color=1), seed=5) for _ in range(2))
    for number in (7, 2, 2, 0):
        for a, b in zip(one[number], two[number], strict=True):
            assert torch.equal(a, b)
    assert not torch.equal(one[0][0], one[3][0])  # the same place in another epoch


def test_an_epoch_shows_every_picture_once():
    data = pairs(12)
    data.stimuli[:] = np.arange(12)[:, None, None, None]
    batches = Batches([data], 4, Augmentation(mirror=False), seed=0)
    seen = [round(v * 255) for n in range(3) for v in batches[n][0][:, 0, 0, 0].tolist()]
    assert sorted(seen) == list(range(12))


def test_every_picture_is_mirrored_in_some_epochs_and_not_in_others():
    data = pairs(8)
    data.stimuli[:, :, :64], data.stimuli[:, :, 64:] = 0, 255  # dark left, bright right
    data.stimuli[:, 0, 0, 0] = data.stimuli[:, 0, -1, 0] = np.arange(8)  # who it is, in both upper corners
    batches = Batches([data], 8, Augmentation(), seed=0)
    mirrored = np.zeros((8, 40), bool)
    for epoch in range(40):
        for x in batches[epoch][0]:
            mirrored[round(x[0, 0, 0].item() * 255), epoch] = x[0, 5, 5] > 0.5
    assert ((mirrored.mean(axis=1) > 0.2) & (mirrored.mean(axis=1) < 0.8)).all()


def test_half_of_a_batch_is_mirrored_with_its_maps():
    stimuli, targets = torch.rand(8, 3, 128, 128), torch.rand(8, 32, 32)
    x, y = augment(stimuli, targets, Augmentation(), np.random.default_rng(0), SQUARE)
    flipped = [torch.equal(x[i], stimuli[i].flip(2)) for i in range(8)]
    assert sum(flipped) == 4
    for i in range(8):
        assert torch.equal(y[i], targets[i].flip(1) if flipped[i] else targets[i])
        assert torch.equal(x[i], stimuli[i].flip(2) if flipped[i] else stimuli[i])


def test_where_the_picture_goes_its_map_goes():
    """A bright square and the peak of its map stay together through zoom, shift, turn and mirror."""
    data = pairs(64, size=160)
    stimuli = torch.from_numpy(data.stimuli).permute(0, 3, 1, 2).float() / 255
    targets = torch.from_numpy(data.targets).float() / 255
    x, y = to_network(*augment(stimuli, targets, Augmentation(geometry=1), np.random.default_rng(0), SQUARE), SQUARE)
    assert x.shape == (64, 3, 128, 128)
    bright = torch.nn.functional.avg_pool2d((x.mean(1, keepdim=True) > 0.5).float(), 4)[:, 0]
    together, checked = 0, 0
    for square, target in zip(bright, y, strict=True):
        if square.sum() < 8 or target.max() < 0.5:  # the view has left the square
            continue
        rows, columns = np.nonzero(square.numpy() > 0.3)
        row, column = np.unravel_index(int(target.argmax()), (32, 32))
        checked += 1
        together += abs(rows.mean() - row) < 4 and abs(columns.mean() - column) < 4
    assert checked > 40
    assert together / checked > 0.9


def test_targets_have_a_largest_value_of_one():
    _, y, _ = Batches([pairs(size=160)], 6, Augmentation(geometry=1), seed=0)[1]
    assert torch.allclose(y.amax((1, 2)), torch.ones(6))


# ---- the loop


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
    run = train(larger, [pairs()], [pairs()], settings, tmp_path, "random")
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
    whole = train(network(), [pairs()], [pairs(6, seed=1)], settings, tmp_path / "whole", "random")

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
            train(network(), [pairs()], [pairs(6, seed=1)], settings, tmp_path / "parts", "random")
    begins = [True]
    parts = train(network(), [pairs()], [pairs(6, seed=1)], settings, tmp_path / "parts", "random")
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
    first = train(network(), [pairs()], [pairs()], QUICK, tmp_path, "random")
    again = train(network(), [pairs()], [pairs()], QUICK, tmp_path, "random")
    assert again == first


def test_patience_ends_what_gets_no_better(tmp_path):
    settings = replace(QUICK, epochs=20, learning_rate=(0, 0), average=0.0, patience=2)
    first = train(network(), [pairs()], [pairs()], settings, tmp_path, "random")
    log = (tmp_path / "log.csv").read_text()
    assert len(log.splitlines()) == 1 + 3  # a heading; the start, and two that are no better
    assert train(network(), [pairs()], [pairs()], settings, tmp_path, "random") == first
    assert (tmp_path / "log.csv").read_text() == log


def test_another_run_in_the_same_folder_is_refused(tmp_path):
    train(network(), [pairs()], [pairs()], QUICK, tmp_path, "random")
    with pytest.raises(CheckpointError, match=r"settings\.seed was 0, now 1"):
        train(network(), [pairs()], [pairs()], replace(QUICK, seed=1), tmp_path, "random")


def test_other_pictures_or_start_weights_of_the_same_name_are_another_run(tmp_path):
    train(network(), [pairs()], [pairs()], QUICK, tmp_path, "random")
    with pytest.raises(CheckpointError, match="training was"):
        train(network(), [pairs(seed=9)], [pairs()], QUICK, tmp_path, "random")
    with pytest.raises(CheckpointError, match="start was"):
        train(PaperNet(SMALL, torch.Generator().manual_seed(5)), [pairs()], [pairs()], QUICK, tmp_path, "random")


def test_weights_know_what_they_are_without_the_json_beside_them(tmp_path):
    run = train(network(), [pairs()], [pairs()], QUICK, tmp_path, "random")
    run.best.with_suffix(".json").write_text('{"step": -1}')
    assert load_weights(run.best)[1]["validation_scores"]["loss"] == run.validation_loss


def test_a_mistake_in_the_settings_does_not_claim_the_folder(tmp_path):
    for change in ({"loss": "foo"}, {"batch_size": 0}, {"learning_rate": (0.1,)}, {"warmup": -1}, {"dropout": 1.0}):
        with pytest.raises(ValueError, match=next(iter(change))):
            replace(QUICK, **change)
    assert not list(tmp_path.iterdir())


def test_divergence_is_said(tmp_path):
    wild = replace(QUICK, optimizer="sgd", loss="mse", learning_rate=(1e9, 1e9), average=0.0, epochs=20)
    with pytest.raises(FloatingPointError, match="diverged"):
        train(network(), [pairs()], [pairs()], wild, tmp_path, "random")


def test_damaged_checkpoints_are_named(tmp_path):
    run = train(network(), [pairs()], [pairs()], QUICK, tmp_path, "random")
    with pytest.raises(CheckpointError, match="missing"):
        load_weights(tmp_path / "other.safetensors")
    run.best.write_bytes(run.best.read_bytes()[:1000])
    with pytest.raises(CheckpointError, match="damaged"):
        load_weights(tmp_path)
    (tmp_path / "last.safetensors").write_bytes(b"nothing")
    with pytest.raises(CheckpointError, match="damaged"):
        train(network(), [pairs()], [pairs()], QUICK, tmp_path, "random")


def test_the_record_is_json(tmp_path):
    train(network(), [pairs()], [pairs()], QUICK, tmp_path, "random")
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["settings"]["augmentation"] == {"mirror": True, "geometry": 1, "color": 1}
    assert config["network"]["filters"] == [4, 4, 4]
