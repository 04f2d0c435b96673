"""MR-CNN: whole pictures against patches, what the patches are of, learning, resuming, the file."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional
from wepsam.training.patches import Patches, cut, draw

import wepsam
from wepsam import maps, metrics
from wepsam.datasets import open_dataset
from wepsam.deploy.from_onnx import from_onnx
from wepsam.deploy.graph import DeployedMrCnn
from wepsam.deploy.to_onnx import export
from wepsam.images import resize
from wepsam.networks.build import build
from wepsam.networks.mr_cnn import GRAY, GRID, PATCH, SIDES, STRIDES, MrCnn, MrCnnConfig, shrinking
from wepsam.networks.paper import PaperConfig
from wepsam.prediction.predictor import weights_file
from wepsam.training.batches import Augmentation, Batches, Pairs
from wepsam.training.checkpoint import load_weights, save_weights
from wepsam.training.loop import train
from wepsam.training.losses import FIXATED, LOOKED_AT, NONFIXATED, logistic
from wepsam.training.settings import SETTINGS

Paint = Callable[[int, int, int], np.ndarray]
Run = Callable[..., tuple[int, str, str]]
SIDE = SIDES[0]
TINY = MrCnnConfig(filters=(4, 6, 8), hidden=10)
QUICK = replace(
    SETTINGS["mr_cnn"][1], epochs=3, batch_size=2, precision="32-true", average=0.9, warmup=0, validate_every=1
)


def network(config: MrCnnConfig = TINY, seed: int = 0) -> MrCnn:
    made = build(config, torch.Generator().manual_seed(seed))
    assert isinstance(made, MrCnn)
    torch.nn.init.normal_(made.readout.weight, generator=torch.Generator().manual_seed(seed))  # answers that differ
    return made.eval()


def discs(count: int, seed: int = 0) -> Pairs:
    """Dim noise with one bright disc a picture, of 32 pixels, at which everybody looks."""
    rng = np.random.default_rng(seed)
    stimuli = rng.integers(60, 120, (count, SIDE, SIDE, 3), dtype=np.uint8)
    targets = np.zeros((count, SIDE // 4, SIDE // 4), np.uint8)
    y, x = np.mgrid[:SIDE, :SIDE]
    for stimulus, target, (row, column) in zip(stimuli, targets, rng.integers(10, 90, (count, 2)), strict=True):
        stimulus[np.hypot(y - 4 * row, x - 4 * column) < 16] = 250
        target[:] = np.rint(255 * maps.to_unit(maps.density(np.array([[column, row]]), target.shape, 4.0)))
    return Pairs(stimuli, targets, np.zeros(count, int), ("discs",), (SIDE, SIDE))


def batches(pairs: Pairs, size: int = 2, seed: int = 0) -> Patches:
    return Patches(Batches([pairs], size, Augmentation(), seed), seed)


# ---- the network


def test_the_layers_are_the_publications() -> None:
    net = build(MrCnnConfig())
    layers = [(m.out_channels, m.kernel_size[0]) for m in net.modules() if isinstance(m, torch.nn.Conv2d)]
    stream = [(96, 7), (160, 3), (288, 3), (512, 3)]  # 512 hidden units see all of the 3x3 places that are left
    assert layers == [*(3 * stream), (512, 1), (1, 1)]


def test_a_patch_has_three_by_three_places_left() -> None:
    """42 -> 36 -> 18 -> 16 -> 8 -> 6 -> 3: one hidden vector a patch, no more."""
    for stream in network().streams:
        assert stream(torch.zeros(2, 3, PATCH, PATCH)).shape == (2, TINY.hidden, 1, 1)


@pytest.mark.parametrize("k", range(3), ids=map(str, SIDES))
def test_a_whole_picture_is_its_patches(k: int) -> None:
    """At the places where a stream is computed, its hidden units are those of the patches cut there."""
    x = torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    stream, side, stride = network().streams[k], SIDES[k], STRIDES[k]
    small = shrinking(side) @ x @ shrinking(side).T
    with torch.no_grad():
        whole = stream(functional.pad(small - GRAY, [stream.pad] * 4), dilation=8 // stride)[0]
        first = torch.arange(whole.shape[-1]) * stride - stream.pad  # pixels of each place's patch
        centers = ((first + PATCH / 2) / side).double()
        xy = torch.stack(torch.meshgrid(centers, centers, indexing="xy"), dim=-1).reshape(1, -1, 2)
        patches = cut(x, xy)[:, 3 * k : 3 * k + 3]
        of_patches = stream(patches - GRAY)[:, :, 0, 0].T.reshape(whole.shape)
    assert whole.std() > 0.05
    np.testing.assert_allclose(whole, of_patches, atol=1e-5)


def test_at_400_pixels_the_grid_is_exactly_the_patches() -> None:
    x = torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(2))
    places = (torch.arange(GRID).double() + 0.5) / GRID
    xy = torch.stack(torch.meshgrid(places, places, indexing="xy"), dim=-1).reshape(1, -1, 2)
    stream = network().streams[0]
    with torch.no_grad():
        of_patches = stream(cut(x, xy)[:, :3] - GRAY)[:, :, 0, 0].T.reshape(TINY.hidden, GRID, GRID)
        np.testing.assert_allclose(stream.grid(x)[0], of_patches, atol=1e-5)


def test_the_other_grids_are_all_but_the_patches(paint: Paint) -> None:
    """Interpolated where the steps do not fall on pixels of the stride: on a picture, close to the patches' answers."""
    x = torch.from_numpy(paint(5, SIDE, SIDE)).permute(2, 0, 1)[None].float() / 255
    places = (torch.arange(GRID).double() + 0.5) / GRID
    xy = torch.stack(torch.meshgrid(places, places, indexing="xy"), dim=-1).reshape(1, -1, 2)
    net = network()
    with torch.no_grad():
        grid, of_patches = net.grid(x)[0], net(cut(x, xy)).reshape(GRID, GRID)
    assert np.corrcoef(grid.flatten(), of_patches.flatten())[0, 1] > 0.95


def test_a_whole_picture_has_a_map_of_a_quarter_of_its_sides_as_all_networks() -> None:
    net = network()
    x = torch.rand(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        assert net(x).shape == (2, SIDE // 4, SIDE // 4)
        np.testing.assert_allclose(net(x)[:, ::2, ::2].mean(), net.grid(x).mean(), atol=0.02)
        np.testing.assert_allclose(net(x)[1], net(x[1:])[0], atol=1e-5)


# ---- patches


def test_positives_lie_where_people_looked_and_negatives_do_not() -> None:
    target = discs(6).targets / 255
    centers, labels = draw(target, np.random.default_rng(0))
    assert labels.sum(axis=1).tolist() == [FIXATED] * 6
    assert centers.shape == (6, FIXATED + NONFIXATED, 2)
    for density, places, label in zip(target, centers, labels, strict=True):
        columns, rows = np.floor(100 * places).astype(int).T
        assert (density[rows[label == 1], columns[label == 1]] >= LOOKED_AT).all()
        assert (density[rows[label == 0], columns[label == 0]] < LOOKED_AT).all()


def test_positives_are_spread_as_the_density_is() -> None:
    density = np.zeros((100, 100))
    density[10, 10], density[80, 60], density[50, 50] = 1, 0.25, 0.05
    places, labels = draw(np.repeat(density[None], 400, axis=0), np.random.default_rng(0))
    at = [tuple(np.floor(100 * xy).astype(int)) for xy in places[labels == 1]]
    assert set(at) == {(10, 10), (60, 80)}
    assert at.count((10, 10)) / len(at) == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_picture_with_one_kind_of_place_has_that_kind_alone(value: float) -> None:
    _, labels = draw(np.full((1, 100, 100), value), np.random.default_rng(0))
    assert (labels == value).all()
    output = torch.randn(1, labels.shape[1], generator=torch.Generator().manual_seed(0))
    assert torch.isfinite(logistic(output, torch.from_numpy(labels)))


def test_a_patch_is_centered_on_its_place_at_every_resolution() -> None:
    """A bright disc is in the middle of each of the three patches around it, larger where the picture is larger."""
    pairs = discs(1)
    row, column = np.unravel_index(pairs.targets[0].argmax(), (100, 100))
    x = torch.from_numpy(pairs.stimuli).permute(0, 3, 1, 2).float() / 255
    place = torch.tensor([[[column / 100, row / 100]]], dtype=torch.float64)
    bright = cut(x, place)[0].reshape(3, 3, PATCH, PATCH).mean(dim=1) > 0.7
    for side, patch in zip(SIDES, bright, strict=True):
        rows, columns = np.nonzero(patch.numpy())
        assert abs(rows.mean() - 20.5) < 1
        assert abs(columns.mean() - 20.5) < 1
        assert len(rows) == pytest.approx(np.pi * (16 * side / SIDE) ** 2, rel=0.1)


def test_beyond_the_picture_there_is_gray() -> None:
    corner = cut(torch.ones(1, 3, SIDE, SIDE), torch.zeros(1, 1, 2, dtype=torch.float64))
    assert (corner[0, :, : PATCH // 2] == GRAY).all()
    np.testing.assert_allclose(corner[0, :, PATCH // 2 :, PATCH // 2 :], 1, atol=1e-5)


def test_a_batch_depends_on_its_number_alone() -> None:
    one, two = batches(discs(6)), batches(discs(6))
    for number in (4, 1, 1, 0):
        for a, b in zip(one[number], two[number], strict=True):
            assert torch.equal(a, b)
    assert one[0][0].shape == (2 * (FIXATED + NONFIXATED), 9, PATCH, PATCH)
    assert not torch.equal(one[0][0], one[3][0])  # the same place in another epoch
    assert not torch.equal(one[0][0], batches(discs(6), seed=1)[0][0])


# ---- the loss


def test_the_loss_of_drawn_places_is_their_cross_entropy() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(4, 30, generator=generator)
    labels = (torch.arange(30) < FIXATED).float().expand(4, 30)
    expected = functional.binary_cross_entropy_with_logits(logits, labels)
    assert logistic(logits.flatten(), labels).item() == pytest.approx(expected.item(), rel=1e-6)


def test_the_loss_of_a_map_is_that_of_its_places_on_average() -> None:
    rng = np.random.default_rng(0)
    target = rng.random((1, 20, 20)) ** 4
    target /= target.max()
    logits = torch.from_numpy(rng.normal(size=(1, 20, 20)))
    places, labels = draw(np.repeat(target, 3000, axis=0), rng)
    columns, rows = np.moveaxis(np.floor(20 * places).astype(int), -1, 0)
    drawn = logistic(logits[0, rows, columns], torch.from_numpy(labels).double())
    assert logistic(logits, torch.from_numpy(target)).item() == pytest.approx(drawn.item(), abs=0.01)


# ---- learning


def test_it_learns_that_people_look_at_discs(tmp_path: Path) -> None:
    config = MrCnnConfig(filters=(8, 8, 8), hidden=16)
    settings = replace(QUICK, epochs=10, batch_size=4, learning_rate=(4e-3, 0), dropout=0.0, validate_every=10)
    learnt, judged = discs(16), discs(3, seed=1)
    run = train(build(config, torch.Generator().manual_seed(0)), [learnt], [judged], settings, tmp_path, "random")
    assert run.validation_loss < 0.3  # telling nothing: 0.64
    net, about = load_weights(run.best)
    assert isinstance(net, MrCnn)
    assert about["network"] == {"filters": [8, 8, 8], "hidden": 16}
    assert about["validation_scores"]["cc"] > 0.3
    x = torch.from_numpy(judged.stimuli).permute(0, 3, 1, 2).float() / 255
    with torch.no_grad():
        for answer, target in zip(net.eval()(x), judged.targets, strict=True):
            row, column = np.unravel_index(int(answer.argmax()), target.shape)
            assert target[row, column] > 0.1 * 255


@pytest.mark.parametrize("save_every", [0, 20])
def test_interrupted_and_resumed_is_uninterrupted(
    tmp_path: Path, save_every: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wepsam.training.loop.SAVE_EVERY", save_every)
    data = [discs(4)], [discs(2, seed=1)]
    whole = train(network(), *data, QUICK, tmp_path / "whole", "random")
    fetch, stop_at, fetched = Patches.__getitem__, [3], list[int]()

    def interrupted(self: Patches, number: int) -> object:
        fetched.append(number)
        if stop_at and number == stop_at[0]:
            stop_at.pop()
            raise KeyboardInterrupt
        return fetch(self, number)

    monkeypatch.setattr(Patches, "__getitem__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(network(), *data, QUICK, tmp_path / "parts", "random")
    fetched.clear()
    parts = train(network(), *data, QUICK, tmp_path / "parts", "random")
    assert (fetched[0] > 0) == (save_every == 0)  # from the last validation; from the start, no time to save
    assert parts.validation_loss == whole.validation_loss
    for a, b in zip(load_weights(parts.best)[0].parameters(), load_weights(whole.best)[0].parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_loss_that_does_not_fit_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="logistic loss, not by kl"):
        train(network(), [discs(2)], [discs(2)], replace(QUICK, loss="kl"), tmp_path, "random")
    paper = build(PaperConfig(), torch.Generator().manual_seed(0))
    with pytest.raises(ValueError, match="no other network"):
        train(paper, [discs(2)], [discs(2)], QUICK, tmp_path, "random")
    assert not list(tmp_path.iterdir())


def test_by_the_command_line_from_fixations_to_a_map(own_dataset: Path, tmp_path: Path, wepsam_command: Run) -> None:
    run, file = tmp_path / "run", tmp_path / "own.onnx"
    small = ["--network", "filters=[4,6,8]", "--network", "hidden=10", "--set", "epochs=1"]
    code, _, err = wepsam_command("finetune", "--settings", "mr_cnn", "-d", f"csv={own_dataset}", "-o", run, *small)
    assert code == 0, err
    assert json.loads((run / "config.json").read_text())["network"] == {"filters": [4, 6, 8], "hidden": 10}
    # A network that has learnt next to nothing has flat maps, of which few bits are not enough.
    code, _, err = wepsam_command("export", run, file, "--wide", "float32")
    assert code == 0, err
    picture = next((own_dataset / "stimuli").glob("*.png"))
    code, _, err = wepsam_command("predict", picture, "--model", file, "--out", tmp_path / "maps", "--save", "npy")
    assert code == 0, err
    assert np.load(tmp_path / "maps" / f"{picture.stem}.npy").shape == (40, 60)


# ---- the file


def checkpoint(folder: Path, config: MrCnnConfig = TINY) -> MrCnn:
    net = network(config)
    about = {
        "network": vars(config) | {"filters": list(config.filters)}, "output": "log_density", "step": 1,
        "start": "random", "training": ["none", 0], "validation": ["none", 0], "validation_scores": {}, "settings": {},
    }  # fmt: skip
    save_weights(folder / "best.safetensors", net.state_dict(), about)
    return net


def test_the_file_is_the_network(tmp_path: Path, paint: Paint) -> None:
    net = checkpoint(tmp_path)
    model = wepsam.load(export(tmp_path, tmp_path / "own.onnx", wide="float32", mirror=False))
    stimulus = paint(5, 300, 450)
    small = resize(stimulus, (SIDE, SIDE))
    with torch.no_grad():
        odds = np.exp(net.grid(torch.from_numpy(small).permute(2, 0, 1)[None].float() / 255)[0].numpy())
        np.testing.assert_allclose(DeployedMrCnn(net)(torch.from_numpy(small[None]))[0], odds / odds.sum(), rtol=1e-4)
    np.testing.assert_allclose(model.low_resolution(stimulus), odds / odds.sum(), rtol=1e-3)
    assert model(stimulus).shape == (300, 450)
    assert model._run(np.stack([small, small[:, ::-1]])).shape == (2, GRID, GRID)  # batches of any size
    card = json.loads((tmp_path / "own.json").read_text())
    assert card["input_size"] == SIDE
    assert card["least_cc_with_torch"] > 0.9999


def test_pictures_are_shrunk_by_weights_that_neither_brighten_nor_mirror() -> None:
    for side in SIDES[1:]:
        rows = shrinking(side)
        np.testing.assert_allclose(rows.sum(dim=1), 1, atol=1e-5)
        np.testing.assert_allclose(rows, rows.flip(0, 1), atol=1e-4)
    assert torch.equal(shrinking(SIDE), torch.eye(SIDE))


@pytest.mark.parametrize("name", ["wepsam-paper", "mr_cnn"])
def test_only_the_light_network_is_read_back_and_adapted(name: str) -> None:
    with pytest.raises(ValueError, match="only the light one"):
        from_onnx(weights_file(name))


def test_the_shipped_one_beats_the_center_bias(shared: Path) -> None:
    data = open_dataset(f"osie={shared / 'data' / 'osie'}")
    bias = wepsam.classical.CenterBias(data.split("train"))
    model = wepsam.load("mr_cnn", threads=1)
    scores = []
    for sample in data.split("validation")[::34]:
        saliency_maps = model(sample.stimulus()), bias.without(sample)
        scores.append([metrics.nss(m, sample.fixations) for m in saliency_maps])
    ours, floor = np.mean(scores, axis=0)
    assert ours > floor + 0.1
