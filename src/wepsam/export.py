"""Torch checkpoint -> one ONNX file with its card, checked against torch. What predicts needs no torch any more."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

import wepsam
from wepsam.files import replacing
from wepsam.networks.paper import INPUT_SIZE, PaperNet
from wepsam.predictor import sha256
from wepsam.training.checkpoint import load_weights
from wepsam.training.losses import as_map

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
    wide: str = "int8",
    blur: float = 0.0,
    floor: float = 0.0,
    probe: np.ndarray | None = None,
) -> Path:
    """Write `out` (.onnx) and its card (.json).

    Args:
        checkpoint: a run folder or .safetensors file.
        out: the file to write.
        card: what the card says beside the technical: data, terms, scores, notes.
        wide: how the fully connected layers are stored: "float32", "float16", or "int8" with a scale for each output.
            They are computed in float32; only the file shrinks.
        blur: standard deviation, in map pixels, of the Gaussian that the predictor applies.
        floor: share of the map's mean that the predictor adds everywhere.
        probe: (B, 128, 128, 3) uint8 pictures on which the file must agree with torch; noise by default.

    Raises:
        ValueError: the file's maps correlate with torch's by less than 0.9999.
    """
    out = Path(out)
    network, about = load_weights(checkpoint)
    network.eval()
    deployed = Deployed(network, about["output"]).eval()
    if probe is None:
        probe = np.random.default_rng(0).integers(0, 256, (8, INPUT_SIZE, INPUT_SIZE, 3), dtype=np.uint8)
    example = torch.from_numpy(probe[:2])
    program = torch.onnx.export(
        deployed, (example,), dynamo=True, input_names=["stimuli"], output_names=["saliency_maps"],
        dynamic_shapes={"stimuli": {0: torch.export.Dim("batch", min=1)}}, verbose=False,
    )  # fmt: skip
    assert program is not None
    model = program.model_proto
    shrink(model, wide)
    agreement = least_cc(model, deployed, probe)
    if agreement < LEAST_CC:
        raise ValueError(f"the {wide} file agrees with torch only by CC {agreement:.6f} < {LEAST_CC}; use float16")
    out.parent.mkdir(parents=True, exist_ok=True)
    with replacing(out) as temporary:
        onnx.save(model, temporary)
    text = {
        "name": out.stem, "wepsam": wepsam.__version__, "sha256": sha256(out), "bytes": out.stat().st_size,
        "input": "stimuli: (B, 128, 128, 3) uint8 RGB, the whole picture resized (bicubic, antialiased)",
        "output": f"saliency_maps: (B, 32, 32) float32 >= 0{', sums to 1' if about['output'] == 'log_density' else ''}",
        "input_size": INPUT_SIZE, "blur": blur, "floor": floor, "network": about["network"],
        "parameters": sum(p.numel() for p in network.parameters()), "wide_layers": wide,
        "least_cc_with_torch": agreement, "training": {k: about[k] for k in ("start", "training", "settings", "step")},
        "validation": {"data": about["validation"], "scores": about["validation_scores"]},
    }  # fmt: skip
    with replacing(out.with_suffix(".json")) as temporary:
        temporary.write_text(json.dumps(text | (card or {}), indent=1, ensure_ascii=False) + "\n")
    return out


def shrink(model: onnx.ModelProto, wide: str) -> None:
    """Store the large weights of the graph in fewer bits, each with a node that widens it when the file is loaded."""
    if wide == "float32":
        return
    for weight in [w for w in model.graph.initializer if np.prod(w.dims) > 100_000]:
        values, name = numpy_helper.to_array(weight), weight.name
        model.graph.initializer.remove(weight)
        if wide == "float16":
            stored = [numpy_helper.from_array(values.astype(np.float16), f"{name}_stored")]
            node = onnx.helper.make_node("Cast", [stored[0].name], [name], to=onnx.TensorProto.FLOAT)
        elif wide == "int8":
            rows = values.shape.index(min(values.shape))  # the outputs are the shorter side, or see _output_axis
            rows = _output_axis(model, name)
            scale = np.abs(values).max(axis=1 - rows) / 127
            scale = np.where(scale > 0, scale, 1).astype(np.float32)
            levels = np.rint(values / np.expand_dims(scale, 1 - rows)).astype(np.int8)
            stored = [
                numpy_helper.from_array(levels, f"{name}_stored"),
                numpy_helper.from_array(scale, f"{name}_scale"),
                numpy_helper.from_array(np.zeros(len(scale), np.int8), f"{name}_zero"),
            ]
            node = onnx.helper.make_node("DequantizeLinear", [s.name for s in stored], [name], axis=rows)
        else:
            raise ValueError(f'the wide layers are stored as "float32", "float16" or "int8", not {wide!r}')
        model.graph.initializer.extend(stored)
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


__all__ = ["Deployed", "asdict", "export", "least_cc", "shrink"]
