"""Export a torch checkpoint as an ONNX file with its card, checked against torch. Prediction then needs no torch."""

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import nn

import wepsam
from wepsam import card_fields, cards, offline
from wepsam.calibration import presets
from wepsam.calibration.presets import Which
from wepsam.datasets import learned
from wepsam.deploy.graph import shrink, to_onnx
from wepsam.files import write_bytes
from wepsam.images import read_image, resize
from wepsam.networks.base import Network
from wepsam.networks.deployment import Deployment
from wepsam.shapes import Shape
from wepsam.sources import find_images
from wepsam.training.checkpoint import load_weights

PROBES = 64  # pictures


# Long by its parameters and their documentation.
def export(
    checkpoint: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    card: dict[str, Any] | None = None,
    storage: str | None = None,
    mirror: bool = True,
    area: int | None = None,
    scales: Sequence[float] | None = None,
    calibration: Which = None,
    probe: Sequence[str | os.PathLike[str]] | None = None,
) -> Path:
    """Write a network as `out` (.onnx) and its card (.json).

    Args:
        checkpoint: a run folder or .safetensors file.
        out: the file to write.
        card: further entries of the card: data, terms, scores, notes.
        storage: of large weights: "float32", "float16", or "int8" with a scale per output. Predictions are computed in
            float32; only the file is smaller. None: the smallest that agrees with torch.
        mirror: whether the predictor averages over the picture and its mirror image; for the light network, only at
            quality "best".
        area: light network only: about how many pixels of the picture it sees; None: as many as in training.
        scales: light network only: the sizes that it sees at quality "best", as factors of the sides at that area;
            None: 2/3, 1 and 1.5.
        calibration: what the predictor does to the density by default: a `wepsam.Calibration`, or a file that
            `wepsam adapt` wrote. None: what the network has learned of it (`Network.own_calibration`).
        probe: pictures or folders; the file must agree with torch on the first 64 pictures. None: noise.

    Returns:
        The path of the file.

    Raises:
        ValueError: an argument does not fit, or the file's maps correlate too little with torch's (by less than 0.9999;
            for the light network and MR-CNN, 0.9995).
    """
    out = Path(out)
    _check(out)
    network, about = load_weights(checkpoint)
    network.eval()
    named = presets.find(network.own_calibration() if calibration is None else calibration, {"calibrations": {}})
    if storage not in (None, *network.storage):
        raise ValueError(f"no storage {storage!r} of weights; choose one of {', '.join(network.storage)}")
    deployment = network.deployment(about["output"], mirror=mirror, area=area, scales=scales)
    model, storage, agreement = _smallest(network, deployment, storage, _stimuli(probe, deployment.shape_of))
    data = model.SerializeToString()
    text = {
        "name": out.stem, "wepsam": wepsam.__version__, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data),
        **deployment.card, "calibration": named.name, "calibrations": {named.name: named.as_dict()},
        "network": about["network"],
        "parameters": sum(p.numel() for p in network.parameters()), "wide_layers": storage,
        "least_cc_with_torch": agreement,
        "training": {k: about.get(k) for k in ("start", "training", "settings", "step")},
        "validation": {"data": about.get("validation"), "scores": about.get("validation_scores")},
        "learned_from": learned.of_record(about),
    }  # fmt: skip
    text |= card or {}
    try:
        card_fields.check(text)  # whatever `card` and the arguments add: what is written can be read
    except ValueError as error:
        raise ValueError(f"{out} would have a card that cannot be read: {error}") from None
    out.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(out, data)
    cards.write(cards.path_of(out), text)
    return out


def _check(out: Path) -> None:
    if out.suffix != ".onnx":
        raise ValueError(f"{out} does not end in .onnx; choose another name")
    if out.with_suffix(".safetensors").exists():
        raise ValueError(f"the card of {out} would replace the checkpoint's {out.stem}.json; choose another name")


def _smallest(
    network: Network, deployment: Deployment, storage: str | None, stimuli: Sequence[np.ndarray]
) -> tuple[onnx.ModelProto, str, float]:
    """The smallest graph that agrees with torch, the storage of its weights, and its least CC.

    Small networks and short trainings can need the finer steps of float16.

    Raises:
        ValueError: none agrees.
    """
    whole = to_onnx(deployment)
    for choice in (storage,) if storage else network.storage:
        model = onnx.ModelProto()
        model.CopyFrom(whole)
        for kind, more_than in network.storage[choice]:
            shrink(model, kind, more_than)
        agreement = least_cc(model, deployment.module, stimuli)
        if agreement >= network.least_cc:
            return model, choice, agreement
    raise ValueError(
        f"the {choice} file agrees with torch only by CC {agreement:.6f}, expected {network.least_cc} or more; "
        "choose a finer storage, or train longer"
    )


def _stimuli(probe: Sequence[str | os.PathLike[str]] | None, shape_of: Callable[[int, int], Shape]) -> list[np.ndarray]:
    """Batches of stimuli, (B, H, W, 3) uint8, in the shapes in which the network sees them."""
    if probe is None:
        rng = np.random.default_rng(0)
        shapes = dict.fromkeys(shape_of(*size) for size in ((480, 640), (640, 480), (500, 500), (200, 900)))
        return [rng.integers(0, 256, (8 // len(shapes), *shape, 3), dtype=np.uint8) for shape in shapes]
    paths = find_images(probe)[:PROBES]
    if not paths:
        raise ValueError(f"no pictures to probe with in {', '.join(map(str, probe))}")
    pictures = map(read_image, paths)
    return [resize(picture, shape_of(picture.shape[0], picture.shape[1]))[None] for picture in pictures]


def least_cc(model: onnx.ModelProto, deployed: nn.Module, stimuli: Sequence[np.ndarray]) -> float:
    """The worst correlation, over the pictures, of the file's map with torch's; NaN if a map is constant.

    Args:
        model: the graph of the file.
        deployed: the torch module that it was made from.
        stimuli: batches of (B, H, W, 3) uint8.
    """
    onnxruntime = offline.onnxruntime()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    correlations = []
    for batch in stimuli:
        (ours,) = session.run(None, {"stimuli": batch})
        with torch.no_grad():
            theirs = deployed(torch.from_numpy(batch)).numpy()
        correlations += [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(ours, theirs, strict=True)]
    return float(np.min(correlations))
