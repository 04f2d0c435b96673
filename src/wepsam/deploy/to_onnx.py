"""Torch checkpoint -> one ONNX file with its card, checked against torch. What predicts needs no torch any more."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import nn

import wepsam
from wepsam import cards
from wepsam.deploy.graph import Deployed, DeployedLite, DeployedMrCnn, lite_to_onnx, shrink, to_onnx
from wepsam.files import replacing
from wepsam.images import read_image, resize
from wepsam.networks.lite import LiteNet
from wepsam.networks.mr_cnn import GRID, SIDES, MrCnn
from wepsam.networks.paper import INPUT_SIZE, MAP_SIZE
from wepsam.shapes import STRIDE, input_shape
from wepsam.sources import find_images
from wepsam.training.checkpoint import load_weights

PROBES = 64
SCALES = (2 / 3, 1.0, 1.5)  # of quality "best" (docs/log.md)
# An export that agrees less with torch, on the worst picture, is refused. The light network's worst was at .99989 with
# int8 weights where CC with people, over 100 pictures, lost .0001 (docs/log.md). MR-CNN is held to the same.
LEAST_CC, LITE_LEAST_CC = 0.9999, 0.9995

# How weights of more than so many values a tensor are stored, by the name of the choice; the smallest file first. In
# the light network the few values of the depthwise and the first convolutions would lose the most: CC with the network
# itself .9996 with them as int8, .99997 without.
PAPER_STORED: dict[str, tuple[tuple[str, int], ...]] = {
    "int8": (("int8", 100_000),), "float16": (("float16", 100_000),), "float32": (),
}  # fmt: skip
LITE_STORED: dict[str, tuple[tuple[str, int], ...]] = {
    "int8": (("int8", 20_000), ("float16", 2_000)), "float16": (("float16", 2_000),), "float32": (),
}  # fmt: skip


def export(
    checkpoint: str | Path,
    out: str | Path,
    *,
    card: dict[str, Any] | None = None,
    wide: str | None = None,
    mirror: bool = True,
    area: int | None = None,
    scales: Sequence[float] = SCALES,
    sharpness: float = 1.0,
    blur: float = 0.0,
    floor: float = 0.0,
    probe: Sequence[str | Path] | None = None,
) -> Path:
    """Write `out` (.onnx) and its card (.json).

    Args:
        checkpoint: a run folder or .safetensors file.
        out: the file to write.
        card: what the card says beside the technical: data, terms, scores, notes.
        wide: how the large weights are stored: "float32", "float16", or "int8" with a scale for each output.
            They are computed in float32; only the file shrinks.
            None takes the smallest that agrees with torch.
        mirror: whether the predictor averages over the picture and its mirror image; the light network's does so at
            quality "best" only.
        area: of the light network: about how many pixels it is fed; by default as many as in training.
        scales: of the light network: what it sees at quality "best", as multiples of the sides at that area.
        sharpness: power to which the predictor raises the density: above 1 its peaks stand out more.
        blur: standard deviation, in map pixels, of the Gaussian that the predictor applies.
        floor: share of the map's mean that the predictor adds everywhere.
        probe: pictures or folders, the first 64 of which the file must agree on with torch; noise by default.

    Raises:
        ValueError: the file's maps correlate with torch's by less than 0.9999 (the light network's: 0.9995), or the
            settings do not fit.
    """
    out = Path(out)
    if out.suffix != ".onnx" or out.with_suffix(".safetensors").exists():
        raise ValueError(
            f"{out} is no name for it: it ends in .onnx, and its card must not replace a checkpoint's .json"
        )
    if blur < 0 or floor < 0 or sharpness <= 0:
        raise ValueError(f"blur={blur}, floor={floor}: expected 0 or more; sharpness={sharpness}: above 0")
    if not scales or min(scales) <= 0 or (area is not None and area < STRIDE**2):
        raise ValueError(f"area={area} and scales={scales}: expected at least {STRIDE**2} pixels, and scales above 0")
    network, about = load_weights(checkpoint)
    network.eval()
    if wide not in (None, *PAPER_STORED):
        raise ValueError(f'the large weights are stored as "float32", "float16" or "int8", not {wide!r}')
    if isinstance(network, LiteNet):
        if about["output"] != "log_density":
            raise ValueError(f"{checkpoint} was trained to give a map; the light network's file gives a density")
        area = area or network.config.area
        described, stored, least_agreed = _lite(area, scales, mirror), LITE_STORED, LITE_LEAST_CC
        lite = DeployedLite(network)
        deployed: nn.Module = lite
        model = lite_to_onnx(lite)
        stimuli = _probe(probe, partial(input_shape, area=area))
    else:
        square: Deployed | DeployedMrCnn
        if isinstance(network, MrCnn):
            square, side, least_agreed = DeployedMrCnn(network), SIDES[0], LITE_LEAST_CC
            described = _square(side, GRID, "sums to 1", mirror)
        else:
            square, side, least_agreed = Deployed(network, about["output"]), INPUT_SIZE, LEAST_CC
            described = _square(side, MAP_SIZE, "sums to 1" if about["output"] == "log_density" else "", mirror)
        deployed, stored, model = square, PAPER_STORED, to_onnx(square)
        stimuli = _probe(probe, lambda *_: (side, side))
    # Small networks and short trainings can need the finer steps of float16.
    for attempt in (wide,) if wide else PAPER_STORED:
        smaller = onnx.ModelProto()
        smaller.CopyFrom(model)
        for kind, least in stored[attempt]:
            shrink(smaller, kind, least)
        agreement = least_cc(smaller, deployed, stimuli)
        if agreement >= least_agreed:
            break
    else:
        raise ValueError(f"the {attempt} file agrees with torch only by CC {agreement:.6f} < {least_agreed}")
    out.parent.mkdir(parents=True, exist_ok=True)
    with replacing(out) as temporary:
        onnx.save(smaller, temporary)
    text = {
        "name": out.stem, "wepsam": wepsam.__version__, "sha256": cards.sha256(out), "bytes": out.stat().st_size,
        **described, "sharpness": sharpness, "blur": blur, "floor": floor, "network": about["network"],
        "parameters": sum(p.numel() for p in network.parameters()), "wide_layers": attempt,
        "least_cc_with_torch": agreement, "training": {k: about[k] for k in ("start", "training", "settings", "step")},
        "validation": {"data": about["validation"], "scores": about["validation_scores"]},
    }  # fmt: skip
    cards.write(cards.path_of(out), text | (card or {}))
    return out


def _square(side: int, cells: int, what: str, mirror: bool) -> dict[str, Any]:
    """What the card says about how a network is fed that sees squares."""
    return {
        "input": f"stimuli: (B, {side}, {side}, 3) uint8 RGB, the whole picture resized (bicubic, antialiased)",
        "output": f"saliency_maps: (B, {cells}, {cells}) float32 >= 0{what and f', {what}'}",
        "input_size": side, "mirror": mirror,
    }  # fmt: skip


def _lite(area: int, scales: Sequence[float], mirror: bool) -> dict[str, Any]:
    """What the card says about how the light network is fed."""
    return {
        "input": "stimuli: (B, H, W, 3) uint8 RGB, H and W multiples of stride, H W about input_area: the whole "
        "picture resized (bicubic, antialiased); center_bias, if other than the learnt: (1, 1, h, w) float32 logits",
        "output": "saliency_maps: (B, H/4, W/4) float32 >= 0, sums to 1",
        "input_area": area, "stride": STRIDE,
        "views": {"fast": {"scales": [1.0], "mirror": False}, "best": {"scales": [*scales], "mirror": mirror}},
    }  # fmt: skip


def _probe(probe: Sequence[str | Path] | None, shape: Callable[[int, int], tuple[int, int]]) -> list[np.ndarray]:
    """Batches of stimuli, (B, H, W, 3) uint8, in the shapes in which the network sees them."""
    if probe is None:
        rng = np.random.default_rng(0)
        shapes = dict.fromkeys(shape(*size) for size in ((480, 640), (640, 480), (500, 500), (200, 900)))
        return [rng.integers(0, 256, (8 // len(shapes), *one, 3), dtype=np.uint8) for one in shapes]
    pictures = (read_image(path) for path in find_images(probe)[:PROBES])
    return [resize(picture, shape(picture.shape[0], picture.shape[1]))[None] for picture in pictures]


def least_cc(model: onnx.ModelProto, deployed: nn.Module, probe: Sequence[np.ndarray]) -> float:
    """The worst correlation, over the probe's pictures, of the file's map with torch's."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    found = []
    for stimuli in probe:
        (ours,) = session.run(None, {"stimuli": stimuli})
        with torch.no_grad():
            theirs = deployed(torch.from_numpy(stimuli)).numpy()
        found += [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(ours, theirs, strict=True)]
    return float(np.min(found))  # NaN, of maps that are all the same, if there is one
