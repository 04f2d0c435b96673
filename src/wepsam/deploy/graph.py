"""A network as an ONNX graph: exported, its constants folded, its weights stored small."""

import logging
import warnings

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from wepsam.networks.deployment import Deployment


def to_onnx(deployment: Deployment, output: str = "saliency_maps") -> onnx.ModelProto:
    """The ONNX graph of a network, for batches of any size. Products of constants are computed here, once."""
    model = _exported(deployment, output)
    fold(model)
    # An input that is also a constant need not be fed: the constant is its default.
    for name, value in deployment.defaults.items():
        model.graph.initializer.append(numpy_helper.from_array(value.numpy(), name))
    return model


def _exported(deployment: Deployment, output: str) -> onnx.ModelProto:
    # The exporter warns about operators of torchvision, which no network here uses, and about torch's own internals.
    exporter_log = logging.getLogger("torch.onnx")
    level = exporter_log.level
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exporter_log.setLevel(logging.ERROR)
        try:
            program = torch.onnx.export(
                deployment.module.eval(),
                tuple(deployment.example.values()),
                dynamo=True,
                input_names=[*deployment.example],
                output_names=[output],
                dynamic_shapes=deployment.dynamic,
                verbose=False,
            )
        finally:
            exporter_log.setLevel(level)
    assert program is not None
    model: onnx.ModelProto = program.model_proto
    # The exporter records the origin of each node with paths of this machine, 0.5 MB in the light network's file.
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


def shrink(model: onnx.ModelProto, storage: str, more_than: int) -> None:
    """Store the float32 weights of a graph in fewer bits.

    Nodes that widen them again depend on constants only, so ONNX Runtime runs them once, when it loads the file
    (DequantizeLinear, which is made for the purpose, would run with every picture).

    Args:
        model: is changed.
        storage: "float16" or "int8".
        more_than: tensors of at most so many values stay as they are.
    """
    nodes = []
    weights = [w for w in model.graph.initializer if w.data_type == onnx.TensorProto.FLOAT]
    for weight in [w for w in weights if np.prod(w.dims) > more_than]:
        values, name = numpy_helper.to_array(weight), weight.name
        model.graph.initializer.remove(weight)
        if storage == "float16":
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
    """The axis of a weight along which the layer's outputs lie."""
    for node in model.graph.node:
        if name in node.input:
            transposed = node.op_type == "Gemm" and any(a.name == "transB" and a.i for a in node.attribute)
            return 0 if transposed or node.op_type == "Conv" else 1
    return 1
