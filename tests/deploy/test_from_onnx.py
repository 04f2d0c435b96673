"""Networks read back from their files."""

import json

import pytest
import torch

from helpers import save_run
from wepsam.deploy.from_onnx import from_onnx
from wepsam.deploy.to_onnx import export
from wepsam.networks.lite import LiteConfig, LiteNet
from wepsam.prediction.loading import weights_file


def test_the_light_network_comes_back(tmp_path) -> None:
    generator = torch.Generator().manual_seed(0)
    network = LiteNet(LiteConfig(width=8, blocks=1, area=64 * 64, sources=2), generator)
    stimuli = torch.rand(2, 3, 64, 96, generator=generator)
    network.calibrate(stimuli)
    with torch.no_grad():  # parameters that start at zero, where training never leaves them
        for parameter in (network.center_bias, *network.readout.parameters(), *network.context.parameters()):
            parameter.normal_(0, 0.1, generator=generator)
    path = export(save_run(tmp_path, network), tmp_path / "own.onnx", storage="float32")
    back = from_onnx(path)
    assert back.config.sources == 1
    with torch.no_grad():
        torch.testing.assert_close(back(stimuli), network.eval()(stimuli), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", ["wepsam-paper", "mr_cnn", "cnn_vlm-lite0"])
def test_only_the_light_network_is_read_back(name: str) -> None:
    with pytest.raises(ValueError, match="only the light network can be read back"):
        from_onnx(weights_file(name))


def test_a_file_of_another_architecture_than_its_card_is_refused(tmp_path) -> None:
    paper = weights_file("wepsam-paper")
    card = json.loads(paper.with_suffix(".json").read_text()) | {"network": {"encoder": "lite0", "width": 8}}
    (tmp_path / "own.onnx").write_bytes(paper.read_bytes())
    (tmp_path / "own.json").write_text(json.dumps(card))
    with pytest.raises(ValueError, match="the network of its card has"):
        from_onnx(tmp_path / "own.onnx")
