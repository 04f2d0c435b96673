"""The light network back from the file that predicts: what ships can be trained on without its checkpoint."""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from wepsam import cards
from wepsam.networks.build import build
from wepsam.networks.encoder import Conv
from wepsam.networks.lite import LiteNet


def from_onnx(path: Path) -> LiteNet:
    """The network of an .onnx file that `export` wrote; its card lies beside it.

    Scales are folded into the weights, so all scales are 1; weights stored in fewer bits stay as coarse as they are.

    Raises:
        ValueError: the file holds another network.
        WeightsError: the file or its card is missing or damaged.
    """
    config = cards.read(path)["network"]
    if "encoder" not in config:
        raise ValueError(f"{path} holds another network; only the light one can be read back")
    network = build(config | {"sources": 1})
    assert isinstance(network, LiteNet)
    constants = _Constants(onnx.load(path).graph)
    nodes = [node for node in constants.graph.node if node.op_type == "Conv"]
    layers = _in_order(network)
    if len(nodes) != len(layers):
        raise ValueError(f"{path} has {len(nodes)} convolutions, the network of its card has {len(layers)}")
    with torch.no_grad():
        for node, layer in zip(nodes, layers, strict=True):
            for parameter, name in zip((layer.weight, layer.bias), node.input[1:], strict=True):
                assert parameter is not None
                parameter.copy_(torch.from_numpy(constants[name]))
        for name, parameter in network.named_parameters():
            if name.startswith("context"):
                parameter.copy_(torch.from_numpy(constants[f"network.{name}"]))
        network.center_bias.copy_(torch.from_numpy(constants["center_bias"]))
    return network


def _in_order(network: LiteNet) -> list[Conv | nn.Conv2d]:
    """The convolutions in the order in which they are applied, which is that of the graph."""
    applied: list[Conv | nn.Conv2d] = []
    hooks = [
        m.register_forward_pre_hook(lambda layer, _: applied.append(layer))
        for m in network.modules()
        if isinstance(m, Conv | nn.Conv2d)
    ]
    with torch.no_grad():
        network(torch.zeros(1, 3, 64, 64))
    for hook in hooks:
        hook.remove()
    return applied


class _Constants:
    """Values by name: stored as they are, or to be computed from such (a cast, a product with a scale)."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self.graph = graph
        self._stored = {c.name: c for c in graph.initializer}
        self._made = {node.output[0]: node for node in graph.node if node.op_type in ("Cast", "Mul")}

    def __getitem__(self, name: str) -> np.ndarray:
        if name in self._stored:
            return np.array(numpy_helper.to_array(self._stored[name]))
        values = [self[given] for given in self._made[name].input]
        return values[0].astype(np.float32) if len(values) == 1 else values[0] * values[1]
