"""Networks as people feed them, and as ONNX graphs: exported, their constants folded, their weights stored small."""

import logging
import warnings
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from wepsam.networks.lite import BIAS_GRID, LiteNet
from wepsam.networks.mr_cnn import SIDES, MrCnn
from wepsam.networks.paper import INPUT_SIZE, PaperNet
from wepsam.shapes import STRIDE
from wepsam.training.losses import as_map

DIM = torch.export.Dim


class Deployed(nn.Module):
    """(B, 128, 128, 3) uint8 RGB -> (B, 32, 32) float32 map: what people feed, what they want."""

    def __init__(self, network: PaperNet, kind: str) -> None:
        super().__init__()
        self.network, self.kind = network, kind

    def forward(self, stimuli: Tensor) -> Tensor:
        return as_map(self.network(_to_network(stimuli)), self.kind)


class DeployedLite(nn.Module):
    """(B, H, W, 3) uint8 RGB, sides multiples of 32, and a center bias -> (B, H/4, W/4) float32 density.

    The center bias, (1, 1, h, w) logits of any size, is enlarged to the map. In the file it is the learnt one unless
    another is fed.
    """

    def __init__(self, network: LiteNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, stimuli: Tensor, center_bias: Tensor | None = None) -> Tensor:
        logits = self.network(_to_network(stimuli), center_bias=False)
        bias = self.network.center_bias if center_bias is None else center_bias
        bias = functional.interpolate(bias, size=tuple(logits.shape[1:]), mode="bilinear", align_corners=False)
        return as_map(logits + bias[:, 0], "log_density")


class DeployedMrCnn(nn.Module):
    """(B, 400, 400, 3) uint8 RGB -> (B, 50, 50) float32 density: the odds of being looked at, over their sum."""

    def __init__(self, network: MrCnn) -> None:
        super().__init__()
        self.network = network

    def forward(self, stimuli: Tensor) -> Tensor:
        return as_map(self.network.grid(_to_network(stimuli)), "log_density")


def _to_network(stimuli: Tensor) -> Tensor:
    return stimuli.permute(0, 3, 1, 2).float() / 255


def to_onnx(deployed: Deployed | DeployedMrCnn) -> onnx.ModelProto:
    """A network that sees squares as an ONNX graph, for batches of any size."""
    side = SIDES[0] if isinstance(deployed, DeployedMrCnn) else INPUT_SIZE
    example = torch.zeros(2, side, side, 3, dtype=torch.uint8)
    return _graph(deployed, {"stimuli": example}, {"stimuli": {0: DIM("batch", min=1)}})


def lite_to_onnx(deployed: DeployedLite) -> onnx.ModelProto:
    """The light network as an ONNX graph, for pictures of any shape; what is constant is computed here, once."""
    example = {"stimuli": torch.zeros(2, 192, 256, 3, dtype=torch.uint8), "center_bias": torch.zeros(1, 1, *BIAS_GRID)}
    rows, columns = (STRIDE * DIM(name, min=1, max=1000) for name in ("rows", "columns"))
    dynamic = {
        "stimuli": {0: DIM("batch", min=1), 1: rows, 2: columns},
        "center_bias": {2: DIM("bias_rows", min=1), 3: DIM("bias_columns", min=1)},
    }
    model = _graph(deployed, example, dynamic)
    fold(model)
    # An input that is also a constant need not be fed: the constant is its default.
    learnt = deployed.network.center_bias.detach().numpy()
    model.graph.initializer.append(numpy_helper.from_array(learnt, "center_bias"))
    return model


def _graph(deployed: nn.Module, example: dict[str, Tensor], dynamic: dict[str, dict[int, Any]]) -> onnx.ModelProto:
    # The exporter warns about operators of torchvision, which nobody here uses, and about torch's own internals.
    chatter = logging.getLogger("torch.onnx")
    level = chatter.level
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        chatter.setLevel(logging.ERROR)
        try:
            program = torch.onnx.export(
                deployed.eval(),
                tuple(example.values()),
                dynamo=True,
                input_names=[*example],
                output_names=["saliency_maps"],
                dynamic_shapes=dynamic,
                verbose=False,
            )
        finally:
            chatter.setLevel(level)
    assert program is not None
    model: onnx.ModelProto = program.model_proto
    # The exporter notes where each node comes from, paths of this machine among it; 0.5 MB of the light network's file.
    del model.graph.value_info[:]
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.initializer, *graph.input, *graph.output):
        del part.metadata_props[:]
        part.doc_string = ""
    return model


def fold(model: onnx.ModelProto) -> None:
    """Replace products of two constants (a convolution's weights and its scales) by their value."""
    constants = {c.name: c for c in model.graph.initializer}
    for node in [n for n in model.graph.node if n.op_type == "Mul" and all(i in constants for i in n.input)]:
        one, other = (numpy_helper.to_array(constants[name]) for name in node.input)
        model.graph.initializer.append(numpy_helper.from_array(one * other, node.output[0]))
        model.graph.node.remove(node)
    used = {name for node in model.graph.node for name in node.input}
    for name in constants.keys() - used:
        model.graph.initializer.remove(constants[name])


def shrink(model: onnx.ModelProto, wide: str, large: int) -> None:
    """Store the float32 weights of the graph that are tensors of more than `large` values as "float16" or "int8".

    Nodes that widen them again depend on constants only, so ONNX Runtime runs them once, when it loads the file
    (DequantizeLinear, made for the purpose, would run with every picture).
    """
    nodes = []
    whole = [w for w in model.graph.initializer if w.data_type == onnx.TensorProto.FLOAT]
    for weight in [w for w in whole if np.prod(w.dims) > large]:
        values, name = numpy_helper.to_array(weight), weight.name
        model.graph.initializer.remove(weight)
        if wide == "float16":
            stored, cast_to = [values.astype(np.float16)], name
        else:
            # 255 levels for each output of the layer.
            outputs = _output_axis(model, name)
            inputs = tuple(axis for axis in range(values.ndim) if axis != outputs)
            scale = np.abs(values).max(axis=inputs, keepdims=True) / 127
            scale = np.where(scale > 0, scale, 1).astype(np.float32)
            stored, cast_to = [np.rint(values / scale).astype(np.int8), scale], f"{name}_levels"
            nodes.append(onnx.helper.make_node("Mul", [cast_to, f"{name}_stored1"], [name]))
        names = [f"{name}_stored{i}" for i in range(len(stored))]
        model.graph.initializer.extend(numpy_helper.from_array(s, n) for s, n in zip(stored, names, strict=True))
        nodes.append(onnx.helper.make_node("Cast", names[:1], [cast_to], to=onnx.TensorProto.FLOAT))
    for node in nodes:  # each before its predecessor: the Casts before the Muls that need them
        model.graph.node.insert(0, node)


def _output_axis(model: onnx.ModelProto, name: str) -> int:
    """Along which axis of this weight the layer's outputs lie."""
    for node in model.graph.node:
        if name in node.input:
            transposed = node.op_type == "Gemm" and any(a.name == "transB" and a.i for a in node.attribute)
            return 0 if transposed or node.op_type == "Conv" else 1
    return 1
