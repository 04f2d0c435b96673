"""MR-CNN: whole pictures against patches, what it learns, its file."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

import wepsam
from helpers import Paint, discs, save_run
from wepsam import metrics
from wepsam.datasets import open_dataset
from wepsam.deploy.to_onnx import export
from wepsam.images import resize
from wepsam.networks.build import build
from wepsam.networks.mr_cnn import GRID, STRIDES, DeployedMrCnn, MrCnn, MrCnnConfig
from wepsam.networks.patches import GRAY, PATCH, SIDES, cut, shrinking
from wepsam.training.checkpoint import load_weights
from wepsam.training.loop import train
from wepsam.training.recipes import RECIPES
from wepsam.training.stages import finetune

SIDE = SIDES[0]
TINY = MrCnnConfig(filters=(4, 6, 8), hidden=10)
QUICK = replace(RECIPES["mr_cnn"].finetune, precision="32-true", average=0.9, warmup=0)


def network(config: MrCnnConfig = TINY, seed: int = 0) -> MrCnn:
    net = build(config, torch.Generator().manual_seed(seed))
    assert isinstance(net, MrCnn)
    torch.nn.init.normal_(net.readout.weight, generator=torch.Generator().manual_seed(seed))  # answers that differ
    return net.eval()


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


def test_it_learns_that_people_look_at_discs(tmp_path: Path) -> None:
    config = MrCnnConfig(filters=(8, 8, 8), hidden=16)
    settings = replace(QUICK, epochs=10, batch_size=4, learning_rate=(4e-3, 0), dropout=0.0, validate_every=10)
    learned, judged = discs(16), discs(3, seed=1)
    run = train(build(config, torch.Generator().manual_seed(0)), [learned], [judged], settings, tmp_path, "random")
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


def test_from_fixations_to_a_map(own_dataset: Path, tmp_path: Path) -> None:
    small = {"filters": (4, 6, 8), "hidden": 10}
    run = finetune(f"csv={own_dataset}", tmp_path, recipe="mr_cnn", network=small, changes={"epochs": 1})
    assert json.loads((tmp_path / "config.json").read_text())["network"] == {"filters": [4, 6, 8], "hidden": 10}
    # A network that has learned next to nothing has flat maps, for which few bits are not enough.
    model = wepsam.load(export(run.best, tmp_path / "own.onnx", storage="float32"))
    assert model(next((own_dataset / "stimuli").glob("*.png"))).shape == (40, 60)


def test_the_file_is_the_network(tmp_path: Path, paint: Paint) -> None:
    net = network()
    save_run(tmp_path, net)
    model = wepsam.load(export(tmp_path, tmp_path / "own.onnx", storage="float32", mirror=False))
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
