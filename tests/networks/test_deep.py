"""VGG-16 and GoogLeNet with the paper's output."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from helpers import save_run
from wepsam.deploy.to_onnx import export
from wepsam.networks.build import build
from wepsam.networks.deep import BACKBONES, DeepConfig, DeepNet
from wepsam.networks.googlenet import INCEPTIONS
from wepsam.prediction.predictor import Predictor
from wepsam.training.starts import begin

THIN = {name: DeepConfig(name, side=64, percent=5) for name in BACKBONES}


def network(name: str, seed: int = 0) -> Any:
    return build(THIN[name], torch.Generator().manual_seed(seed))


def pixels(count: int, side: int = 64, seed: int = 0) -> Tensor:
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", BACKBONES)
def test_the_map_has_a_quarter_of_the_sides_whatever_the_input(name: str) -> None:
    net = network(name)
    for side in (64, 128, 160):
        assert net(pixels(2, side)).shape == (2, side // 4, side // 4)


def test_as_many_layers_and_weights_as_published() -> None:
    """Thirteen convolutions before VGG-16's classifier, 57 before GoogLeNet's, and their numbers of weights."""
    with torch.device("meta"):
        vgg, googlenet = (DeepNet(DeepConfig(name)).encoder for name in BACKBONES)
    for net, layers, weights in ((vgg, 13, 14_714_688), (googlenet, 57, 5_599_904)):
        assert sum(isinstance(m, nn.Conv2d) for m in net.modules()) == layers
        assert sum(p.numel() for p in net.parameters()) == weights
    assert (vgg.channels, googlenet.channels) == (512, 1024)
    assert len(INCEPTIONS) == 9


def test_a_random_start_of_googlenet_is_fitted_to_its_first_pictures() -> None:
    net = network("googlenet")
    stimuli = pixels(8)
    net.calibrate(stimuli)
    with torch.no_grad():
        first = net.encoder.conv1.bn(net.encoder.conv1.conv(2 * stimuli - 1))
    np.testing.assert_allclose(first.mean((0, 2, 3)), 0, atol=1e-4)
    np.testing.assert_allclose(first.std((0, 2, 3)), 1, atol=0.01)
    before = net.train()(stimuli)
    net(pixels(8, seed=1))
    torch.testing.assert_close(net(stimuli), before)  # the statistics stay as they are in training


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("name", BACKBONES)
def test_weights_by_torchvisions_names(name: str, suffix: str, tmp_path: Path) -> None:
    other = network(name, 1)
    other.calibrate(pixels(8))
    tensors = {**other.encoder.state_dict(), "classifier.0.bias": torch.zeros(7)}
    path = tmp_path / f"{name}{suffix}"
    torch.save(tensors, path) if suffix == ".pth" else save_file(tensors, path)
    net, origin = begin(path, THIN[name], 0) if suffix == ".pth" else begin("imagenet", THIN[name], 0, path)
    assert origin == f"imagenet, {name}{suffix}"
    torch.testing.assert_close(net.encoder(pixels(1))[0], other.encoder(pixels(1))[0])
    assert torch.equal(net.readout.weight, network(name).readout.weight)


def test_torchvisions_names() -> None:
    with torch.device("meta"):
        vgg, googlenet = (DeepNet(DeepConfig(name)).encoder.state_dict() for name in BACKBONES)
    assert vgg["features.28.weight"].shape == (512, 512, 3, 3)
    assert googlenet["inception4e.branch2.1.conv.weight"].shape == (320, 160, 3, 3)
    assert googlenet["inception5b.branch4.1.bn.running_mean"].shape == (128,)
    assert {key.partition(".")[0] for key in googlenet} == {f"conv{i}" for i in (1, 2, 3)} | {
        f"inception{name}" for name in INCEPTIONS
    }


def test_files_that_do_not_fit(tmp_path: Path) -> None:
    torch.save(network("vgg16").encoder.state_dict(), tmp_path / "vgg16.pth")
    with pytest.raises(ValueError, match="does not hold the weights of googlenet"):
        begin(tmp_path / "vgg16.pth", THIN["googlenet"], 0)
    with pytest.raises(OSError, match="the file is missing"):
        begin(tmp_path / "none.pth", THIN["vgg16"], 0)
    with pytest.raises(ValueError, match="start from a file with torchvision's"):
        begin("imagenet", THIN["vgg16"], 0)


@pytest.mark.parametrize("name", BACKBONES)
def test_the_exported_file_is_the_network(name: str, tmp_path: Path) -> None:
    """GoogLeNet's pooling rounds up, and its normalization is fixed: both in the file, too."""
    net = network(name)
    net.calibrate(pixels(8))
    save_run(tmp_path, net.eval(), "log_density")
    predict = Predictor(export(tmp_path, tmp_path / "deep.onnx", storage="float32", mirror=False))
    stimulus = np.random.default_rng(3).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    with torch.no_grad():
        expected = net.log_density(torch.from_numpy(stimulus).permute(2, 0, 1)[None] / 255)[0].exp().numpy()
    np.testing.assert_allclose(predict.low_resolution(stimulus), expected, atol=1e-4 * expected.max())
    assert predict(stimulus[:40]).shape == (40, 64)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"backbone": "alexnet"}, "no backbone 'alexnet'"), ({"side": 100}, "side is 100; expected a multiple of 32")],
)
def test_networks_that_do_not_exist(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DeepNet(DeepConfig(**change))
