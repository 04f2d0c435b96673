"""The light network with 8-bit activations: python recipes/int8.py WEIGHTS.onnx PHOTOS PICTURES --out FILE.onnx

Takes half the time of a core that has VNNI (docs/explanation/log.md); without it, measure first. ONNX Runtime's static
quantization, calibrated on PHOTOS. Three things make the maps stay what they are: the sums of the residual paths keep
their floats, and so do the first layers and the readout, whose few values carry all; and each convolution is quantized
together with the clipping behind it. Prints how well the maps of PICTURES agree with those of WEIGHTS, and the time.
The card is copied: its scores are those of WEIGHTS until `wepsam evaluate` has measured the new file.
"""

import argparse
import hashlib
import importlib
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

import wepsam
from wepsam import cards, offline
from wepsam.deploy.from_onnx import from_onnx
from wepsam.deploy.graph import to_onnx
from wepsam.files import write_bytes
from wepsam.images import read_image, resize
from wepsam.metrics import cc
from wepsam.shapes import Shape
from wepsam.sources import find_images

FLOAT = ("encoder.stem.", "encoder.stages.0.", "readout.")  # the layers that stay, by the names of their parameters
PHOTOS = 20  # that the ranges of the activations are taken from
MOST = 60  # pictures to compare


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path, help="a light network that `wepsam export` wrote")
    parser.add_argument("photos", help="a folder of photographs to calibrate with")
    parser.add_argument("pictures", nargs="+", help="pictures or folders to compare on")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    card, data = quantized(options.weights, spread(find_images([options.photos]), PHOTOS))
    write_bytes(options.out, data)
    changed = {"name": options.out.stem, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    cards.write(cards.path_of(options.out), card | changed)
    models = [wepsam.load(path, threads=1, quality="fast", warn=False) for path in (options.weights, options.out)]
    compare(*models, spread(find_images(options.pictures), MOST))


def spread(paths: list[str], most: int) -> list[str]:
    """At most so many of the paths, evenly spaced."""
    return paths[:: max(1, len(paths) // most)][:most]


def quantized(weights: Path, photos: list[str]) -> tuple[cards.Card, bytes]:
    """The card of the weights, and the network with 8-bit weights and activations."""
    card, _ = cards.read_weights(weights)
    deployment = from_onnx(weights).eval().deployment("log_density", area=card["input_area"])
    model = to_onnx(replace(deployment, doubles=False))  # the blocked layout is for floats
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    stay = [node.name for node in convolutions if any(part in name for part in FLOAT for name in node.input)]
    offline.onnxruntime()
    tool = importlib.import_module("onnxruntime.quantization")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "quantized.onnx"
        tool.quantize_static(
            model,
            out,
            Photos(photos, deployment.shape_of),
            quant_format=tool.QuantFormat.QDQ,
            activation_type=tool.QuantType.QUInt8,
            weight_type=tool.QuantType.QInt8,
            per_channel=True,
            op_types_to_quantize=["Conv", "Clip"],
            nodes_to_exclude=stay,
        )
        return card, out.read_bytes()


class Photos:
    """The photographs as the network sees them, one at a time, as ONNX Runtime asks for them."""

    def __init__(self, paths: list[str], shape_of: Callable[[int, int], Shape]) -> None:
        pictures = map(read_image, paths)
        self.inputs = ({"stimuli": resize(p, shape_of(*p.shape[:2]))[None]} for p in pictures)

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self.inputs, None)


def compare(before: wepsam.Predictor, after: wepsam.Predictor, paths: list[str]) -> None:
    """Print the agreement of the networks' densities, and processor time, measured in turns."""
    agreement, seconds = [], np.zeros((2, len(paths)))
    for k, path in enumerate(paths):
        picture = read_image(path)
        densities = []
        for i, model in enumerate((before, after)):
            model.scale_densities(picture)
            begin = time.process_time()
            densities.append(model.scale_densities(picture)[0])
            seconds[i, k] = time.process_time() - begin
        agreement.append(cc(*densities))
    ms = 1e3 * np.median(seconds, axis=1)
    print(
        f"{len(paths)} pictures: CC {np.mean(agreement):.4f}, least {min(agreement):.4f}; with resizing "
        f"{ms[0]:.1f} ms before, {ms[1]:.1f} ms after; {after.weights.stat().st_size / 1e6:.1f} MB"
    )


if __name__ == "__main__":
    main()
