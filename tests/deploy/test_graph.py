"""Graphs: their weights in few bits."""

from dataclasses import replace

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from wepsam import offline
from wepsam.deploy.graph import shrink, to_onnx
from wepsam.networks.lite import LiteConfig, LiteNet
from wepsam.networks.paper import PaperConfig, PaperNet


def test_int8_levels_are_within_half_a_step():
    """What the file widens the weights to is never further from them than half of its row's step."""
    network = PaperNet(PaperConfig(filters=(8, 8, 8), hidden=512, init="he"), torch.Generator().manual_seed(0))
    model = to_onnx(network.deployment("map"))
    before = {w.name: numpy_helper.to_array(w) for w in model.graph.initializer}
    shrink(model, "int8", 100_000)
    onnx.checker.check_model(model)
    stored = {w.name: numpy_helper.to_array(w) for w in model.graph.initializer}
    widened = [n for n in model.graph.node if n.op_type == "Mul" and n.output[0] in before]
    assert len(widened) == 2  # both fully connected layers
    for node in widened:
        name = node.output[0]
        levels, step = stored[f"{name}_stored0"], stored[f"{name}_stored1"]
        assert levels.dtype == np.int8
        assert step.size in (512, 2048)  # one for each output
        assert (np.abs(levels * step - before[name]) <= step / 2 * 1.001).all()


def test_the_blocked_layout_is_kept_and_the_maps_stay(tmp_path):
    """What ONNX Runtime makes of the light network reorders its features at the two ends only."""
    network = LiteNet(LiteConfig(), torch.Generator().manual_seed(0))
    with torch.no_grad():
        for parameter in (network.context[-1].weight, network.readout.weight):
            parameter.normal_(0, 0.3, generator=torch.Generator().manual_seed(1))
    deployment = network.deployment("log_density")
    onnxruntime, sessions, reordered = offline.onnxruntime(), [], []
    for doubles in (False, True):
        options = onnxruntime.SessionOptions()
        options.optimized_model_filepath = str(tmp_path / "optimized.onnx")
        options.log_severity_level = 3
        model = to_onnx(replace(deployment, doubles=doubles))
        onnx.checker.check_model(model)
        sessions.append(onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"]))
        nodes = onnx.load(tmp_path / "optimized.onnx").graph.node
        reordered.append(sum(node.op_type in ("ReorderInput", "ReorderOutput") for node in nodes))
    rng = np.random.default_rng(0)
    for shape in ((2, 64, 96, 3), (1, 192, 160, 3)):
        stimuli = rng.integers(0, 256, shape, dtype=np.uint8)
        before, after = (session.run(None, {"stimuli": stimuli})[0] for session in sessions)
        assert np.ptp(before) > 1e-3 * before.max()
        assert np.abs(after - before).max() < 1e-5 * before.max()
    if reordered[0]:  # processors without this layout have nothing to keep
        assert reordered[1] < reordered[0] / 2
