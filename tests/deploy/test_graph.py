"""Graphs: their weights in few bits."""

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from wepsam.deploy.graph import shrink, to_onnx
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
