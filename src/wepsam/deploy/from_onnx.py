"""Read the light network back from an exported file, so that shipped weights can be trained without a checkpoint."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from wepsam import cards
from wepsam.cards import WeightsError
from wepsam.networks.base import Network
from wepsam.networks.build import build
from wepsam.networks.encoder import Conv
from wepsam.prediction import onnx_file


def from_onnx(path: str | os.PathLike[str]) -> Network:
    """The light network of an .onnx file that `export` wrote, with the card beside it.

    Scales are folded into the weights of the file, so all scales are 1. Weights that the file stores in fewer bits stay
    as coarse as they are.

    Args:
        path: the .onnx file.

    Raises:
        WeightsError: the file or its card is missing or damaged, holds another network, or does not fit its card.
    """
    path = Path(path)
    card, data = cards.read_weights(path)
    try:
        network: Any = build(card.get("network", {}))
        if not network.adaptable:
            raise ValueError(
                f"it holds {network.title}; only the light network can be read back from a file; give a checkpoint"
            )
        onnx_file.check(data)
        network.set_sources(1)
        _fill(network, _Constants(onnx.load_model_from_string(data).graph))
    except Exception as error:  # onnx and torch each raise their own kinds
        cause = f"it lacks {error}" if isinstance(error, KeyError) else " ".join(str(error).split())
        raise WeightsError(f"{path}: {cause or type(error).__name__}") from None
    return network


def _fill(network: Any, constants: "_Constants") -> None:
    """Copy the constants of a graph into the network that its card describes."""
    # The convolution that `graph.keep_blocked` adds is none of the network's; it has no bias.
    nodes = [node for node in constants.graph.node if node.op_type == "Conv" and len(node.input) == 3]
    layers = _in_order(network)
    if len(nodes) != len(layers):
        raise ValueError(f"it has {len(nodes)} convolutions, the network of its card has {len(layers)}")
    with torch.no_grad():
        for node, layer in zip(nodes, layers, strict=True):
            for parameter, name in zip((layer.weight, layer.bias), node.input[1:], strict=True):
                assert parameter is not None
                parameter.copy_(torch.from_numpy(constants[name]))
        for name, parameter in network.named_parameters():
            if name.startswith("context"):
                parameter.copy_(torch.from_numpy(constants[f"network.{name}"]))
        network.center_bias.copy_(torch.from_numpy(constants["center_bias"]))


def _in_order(network: Network) -> list[Conv | nn.Conv2d]:
    """The convolutions in their order of application, which is their order in the graph."""
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
    """The constants of a graph by name, whether stored or computed from stored ones (a cast, a product)."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self.graph = graph
        self._stored = {c.name: c for c in graph.initializer}
        self._computed = {node.output[0]: node for node in graph.node if node.op_type in ("Cast", "Mul")}

    def __getitem__(self, name: str) -> np.ndarray:
        if name in self._stored:
            return np.array(numpy_helper.to_array(self._stored[name]))
        values = [self[operand] for operand in self._computed[name].input]
        return values[0].astype(np.float32) if len(values) == 1 else values[0] * values[1]
