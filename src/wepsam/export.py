"""Torch checkpoint -> one ONNX file with its card, checked against torch. What predicts needs no torch any more."""

import json
import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

import wepsam
from wepsam.files import replacing
from wepsam.images import read_image, resize
from wepsam.networks.paper import INPUT_SIZE, PaperNet
from wepsam.predictor import sha256
from wepsam.sources import find_images
from wepsam.training.checkpoint import load_weights
from wepsam.training.losses import as_map

PROBES = 64
LARGE = 100_000  # weights in a tensor from which on it is worth shrinking
LEAST_CC = 0.9999  # an export that agrees less with torch is refused


class Deployed(nn.Module):
    """(B, 128, 128, 3) uint8 RGB -> (B, 32, 32) float32 map: what people feed, what they want."""

    def __init__(self, network: PaperNet, kind: str) -> None:
        super().__init__()
        self.network, self.kind = network, kind

    def forward(self, stimuli: Tensor) -> Tensor:
        return as_map(self.network(stimuli.permute(0, 3, 1, 2).float() / 255), self.kind)


def export(
    checkpoint: str | Path,
    out: str | Path,
    *,
    card: dict[str, Any] | None = None,
    wide: str | None = None,
    mirror: bool = True,
    blur: float = 0.0,
    floor: float = 0.0,
    probe: Sequence[str | Path] | None = None,
) -> Path:
    """Write `out` (.onnx) and its card (.json).

    Args:
        checkpoint: a run folder or .safetensors file.
        out: the file to write.
        card: what the card says beside the technical: data, terms, scores, notes.
        wide: how the fully connected layers are stored: "float32", "float16", or "int8" with a scale for each output.
            They are computed in float32; only the file shrinks.
            None takes int8 where it agrees with torch, else float16.
        mirror: whether the predictor averages over the picture and its mirror image.
        blur: standard deviation, in map pixels, of the Gaussian that the predictor applies.
        floor: share of the map's mean that the predictor adds everywhere.
        probe: pictures or folders, the first 64 of which the file must agree on with torch; noise by default.

    Raises:
        ValueError: the file's maps correlate with torch's by less than 0.9999.
    """
    out = Path(out)
    if out.suffix != ".onnx" or out.with_suffix(".safetensors").exists():
        raise ValueError(
            f"{out} is no name for it: it ends in .onnx, and its card must not replace a checkpoint's .json"
        )
    if blur < 0 or floor < 0:
        raise ValueError(f"blur={blur} and floor={floor}: expected 0 or more")
    network, about = load_weights(checkpoint)
    network.eval()
    deployed = Deployed(network, about["output"]).eval()
    square = (INPUT_SIZE, INPUT_SIZE)
    if probe is None:
        stimuli = np.random.default_rng(0).integers(0, 256, (8, *square, 3), dtype=np.uint8)
    else:
        stimuli = np.stack([resize(read_image(path), square) for path in find_images(probe)[:PROBES]])
    model = to_onnx(deployed, np.zeros((2, *square, 3), np.uint8))
    # Small networks and short trainings can need the finer steps of float16.
    for attempt in (wide,) if wide else ("int8", "float16"):
        smaller = onnx.ModelProto()
        smaller.CopyFrom(model)
        shrink(smaller, attempt)
        agreement = least_cc(smaller, deployed, stimuli)
        if agreement >= LEAST_CC:
            break
    else:
        raise ValueError(f"the {attempt} file agrees with torch only by CC {agreement:.6f} < {LEAST_CC}")
    out.parent.mkdir(parents=True, exist_ok=True)
    with replacing(out) as temporary:
        onnx.save(smaller, temporary)
    text = {
        "name": out.stem, "wepsam": wepsam.__version__, "sha256": sha256(out), "bytes": out.stat().st_size,
        "input": "stimuli: (B, 128, 128, 3) uint8 RGB, the whole picture resized (bicubic, antialiased)",
        "output": f"saliency_maps: (B, 32, 32) float32 >= 0{', sums to 1' if about['output'] == 'log_density' else ''}",
        "input_size": INPUT_SIZE, "mirror": mirror,
        "blur": blur, "floor": floor, "network": about["network"],
        "parameters": sum(p.numel() for p in network.parameters()), "wide_layers": attempt,
        "least_cc_with_torch": agreement, "training": {k: about[k] for k in ("start", "training", "settings", "step")},
        "validation": {"data": about["validation"], "scores": about["validation_scores"]},
    }  # fmt: skip
    with replacing(out.with_suffix(".json")) as temporary:
        temporary.write_text(json.dumps(text | (card or {}), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return out


def to_onnx(deployed: nn.Module, example: np.ndarray) -> onnx.ModelProto:
    """The network as an ONNX graph, for batches of any size."""
    # The exporter warns about operators of torchvision, which nobody here uses, and about torch's own internals.
    chatter = logging.getLogger("torch.onnx")
    level = chatter.level
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        chatter.setLevel(logging.ERROR)
        try:
            program = torch.onnx.export(
                deployed,
                (torch.from_numpy(example),),
                dynamo=True,
                input_names=["stimuli"],
                output_names=["saliency_maps"],
                dynamic_shapes={"stimuli": {0: torch.export.Dim("batch", min=1)}},
                verbose=False,
            )
        finally:
            chatter.setLevel(level)
    assert program is not None
    return program.model_proto


def shrink(model: onnx.ModelProto, wide: str) -> None:
    """Store the large weights of the graph in fewer bits.

    Nodes that widen them again depend on constants only, so ONNX Runtime runs them once, when it loads the file
    (DequantizeLinear, made for the purpose, would run with every picture).
    """
    if wide == "float32":
        return
    if wide not in ("float16", "int8"):
        raise ValueError(f'the wide layers are stored as "float32", "float16" or "int8", not {wide!r}')
    nodes = []
    for weight in [w for w in model.graph.initializer if np.prod(w.dims) > LARGE]:
        values, name = numpy_helper.to_array(weight), weight.name
        model.graph.initializer.remove(weight)
        if wide == "float16":
            stored, cast_to = [values.astype(np.float16)], name
        else:
            # 255 levels for each output of the layer.
            inputs = 1 - _output_axis(model, name)
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
            if node.op_type == "Gemm":
                return 0 if any(a.name == "transB" and a.i for a in node.attribute) else 1
            break
    return 1


def least_cc(model: onnx.ModelProto, deployed: nn.Module, probe: np.ndarray) -> float:
    """The worst correlation, over the probe's pictures, of the file's map with torch's."""
    import onnxruntime

    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (ours,) = session.run(None, {"stimuli": probe})
    with torch.no_grad():
        theirs = deployed(torch.from_numpy(probe)).numpy()
    return min(float(np.corrcoef(a.ravel(), b.ravel())[0, 1]) for a, b in zip(ours, theirs, strict=True))
