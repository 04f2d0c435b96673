"""The light network from checkpoint to map: pictures of any shape, the center bias, the qualities."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import numpy_helper

from wepsam.export import LITE_STORED, export
from wepsam.networks.lite import LiteConfig, LiteNet
from wepsam.onnx_graph import DeployedLite, fold
from wepsam.training.checkpoint import save_weights

AREA = 64 * 96


@pytest.fixture(scope="module")
def network():
    """Small, with random weights that make maps of some contrast, and a center bias that is not symmetric."""
    generator = torch.Generator().manual_seed(0)
    net = LiteNet(LiteConfig(width=8, blocks=1, sources=2, area=AREA), generator)
    net.calibrate(torch.rand(4, 3, 64, 96, generator=generator))
    with torch.no_grad():
        net.readout.weight.normal_(0, 0.1, generator=generator)
        net.center_bias.normal_(0, 1, generator=generator)
        net.source_bias.normal_(0, 1, generator=generator)
    return net.eval()


@pytest.fixture(scope="module")
def run(network, tmp_path_factory):
    """A run's folder, as training would have left it."""
    about = {
        "network": vars(network.config), "output": "log_density", "step": 1, "start": "random",
        "training": ["none", 0], "validation": ["none", 0], "validation_scores": {"loss": 0.5}, "settings": {},
    }  # fmt: skip
    folder = tmp_path_factory.mktemp("run")
    save_weights(folder / "best.safetensors", network.state_dict(), about)
    return folder


@pytest.fixture(scope="module")
def file(run):
    return export(run, run / "own.onnx", wide="float32")


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (*shape, 3), dtype=np.uint8)


def session(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # else it warns of the center bias, which is an input and has a default
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("shape", [(1, 64, 96), (3, 96, 64), (2, 32, 128), (1, 32, 32), (1, 160, 160)])
def test_the_file_is_torch_in_any_shape(network, file, shape):
    stimuli = noise(*shape)
    with torch.no_grad():
        expected = network.log_density(torch.from_numpy(stimuli).permute(0, 3, 1, 2) / 255).exp().numpy()
    (ours,) = session(file).run(None, {"stimuli": stimuli})
    assert ours.shape == (shape[0], shape[1] // 4, shape[2] // 4)
    np.testing.assert_allclose(ours, expected, rtol=1e-3, atol=1e-5 * expected.max())
    np.testing.assert_allclose(ours.sum((1, 2)), 1, rtol=1e-5)


def test_the_file_takes_another_center_bias(network, file):
    stimuli, other = noise(1, 64, 96), np.random.default_rng(1).normal(size=(16, 24)).astype(np.float32)
    pixels = torch.from_numpy(stimuli).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        expected = network.log_density(pixels, center_bias=torch.from_numpy(other)).exp().numpy()
    (ours,) = session(file).run(None, {"stimuli": stimuli, "center_bias": other[None, None]})
    np.testing.assert_allclose(ours, expected, rtol=1e-3, atol=1e-5 * expected.max())


def test_nothing_constant_is_left_to_compute_and_nothing_to_pad(file):
    """Weights come scaled, and uneven padding is part of the convolution."""
    graph = onnx.load(file).graph
    constants = {c.name for c in graph.initializer} - {"center_bias"}
    assert not [n.name for n in graph.node if n.input and set(n.input) <= constants]
    assert not [n.name for n in graph.node if n.op_type in ("Pad", "BatchNormalization")]


def test_the_file_tells_nothing_of_the_machine(file):
    content = file.read_bytes()
    assert b"stack_trace" not in content
    assert b".py" not in content


def test_fewer_bits_smaller_file_almost_the_same_maps(run, file, monkeypatch):
    # So that this small network has tensors of all three kinds; with random weights it loses more than a learnt one.
    monkeypatch.setitem(LITE_STORED, "int8", (("int8", 5_000), ("float16", 500)))
    monkeypatch.setattr("wepsam.export.LEAST_CC", 0.99)
    monkeypatch.setattr("wepsam.export.lite_to_onnx", lambda _: onnx.load(file))  # the same, without the seconds
    stimuli = noise(2, 64, 96)
    (expected,) = session(file).run(None, {"stimuli": stimuli})
    sizes = [file.stat().st_size]
    path = export(run, run / "small.onnx", wide="int8")
    (ours,) = session(path).run(None, {"stimuli": stimuli})
    sizes.append(path.stat().st_size)
    assert sizes[1] < 0.4 * sizes[0]
    assert 0.99 < np.corrcoef(ours.ravel(), expected.ravel())[0, 1] < 1
    kinds = {numpy_helper.to_array(w).dtype.name for w in onnx.load(path).graph.initializer}
    assert {"int8", "float16", "float32"} <= kinds
    assert json.loads(path.with_suffix(".json").read_text())["wide_layers"] == "int8"


def test_a_light_network_that_learnt_maps_is_refused(run, network, tmp_path):
    about = json.loads((run / "best.json").read_text()) | {"output": "map"}
    save_weights(tmp_path / "best.safetensors", network.state_dict(), about)
    with pytest.raises(ValueError, match="trained to give a map"):
        export(tmp_path, tmp_path / "own.onnx")
    with pytest.raises(ValueError, match="not 'int4'"):
        export(run, tmp_path / "own.onnx", wide="int4")


def test_a_product_of_constants_is_folded():
    constants = [numpy_helper.from_array(np.float32([a]), name) for a, name in ((2, "a"), (3, "b"), (9, "unused"))]
    nodes = [onnx.helper.make_node("Mul", ["a", "b"], ["ab"]), onnx.helper.make_node("Mul", ["x", "ab"], ["y"])]
    ends = [onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, [1]) for n in "xy"]
    model = onnx.helper.make_model(onnx.helper.make_graph(nodes, "g", ends[:1], ends[1:], constants))
    fold(model)
    assert [n.output[0] for n in model.graph.node] == ["y"]
    assert {c.name: numpy_helper.to_array(c).item() for c in model.graph.initializer} == {"ab": 6}


def test_deployed_without_a_bias_has_the_learnt_one(network):
    stimuli = torch.from_numpy(noise(1, 64, 96))
    with torch.no_grad():
        deployed = DeployedLite(network)
        torch.testing.assert_close(deployed(stimuli), deployed(stimuli, network.center_bias))
        assert (deployed(stimuli) - deployed(stimuli, 0 * network.center_bias)).abs().max() > 1e-4
