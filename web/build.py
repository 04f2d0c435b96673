"""Build the page that predicts in the browser alone: make web.

    python web/build.py --out dist/web [--model wepsam-lite]

The folder can be put on any static host. It holds the page, ONNX Runtime from node_modules, the shipped weights, and
settings.json: the constants of the package that the page needs, so that each has one home.
"""

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import wepsam
from wepsam import cards, colormaps, overlays, shapes
from wepsam.attention import hot_spots, intervals
from wepsam.calibration import presets
from wepsam.drawing import tinted
from wepsam.prediction import loading, predictor

HERE = Path(__file__).resolve().parent
RUNTIME = HERE / "node_modules" / "onnxruntime-web" / "dist"
PAGE = ("index.html", "page.css", "page.js", "worker.js", "wepsam.js", "answers.js", "drawing.js")
EXAMPLE = HERE.parent / "tests" / "golden" / "predict" / "desk.png"
# For WebAssembly, and for WebGPU; a visitor's browser loads one of the two.
RUNTIMES = (
    "ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm",
    "ort.webgpu.bundle.min.mjs", "ort-wasm-simd-threaded.asyncify.wasm",
)  # fmt: skip


def build(out: Path, model: str = predictor.DEFAULT) -> Path:
    """Write the page to a folder, over an older one; ValueError if something else is there."""
    if not RUNTIME.is_dir():
        raise ValueError("no onnxruntime-web in web/node_modules; run: make web")
    if out.exists() and any(out.iterdir()) and not (out / "settings.json").exists():
        raise ValueError(f"{out} holds other files; choose another folder")
    (out / "onnxruntime").mkdir(parents=True, exist_ok=True)
    weights = loading.weights_file(model)
    card, _ = cards.read_weights(weights)
    for name in PAGE:
        shutil.copyfile(HERE / name, out / name)
    for name in RUNTIMES:
        shutil.copyfile(RUNTIME / name, out / "onnxruntime" / name)
    shutil.copyfile(weights, out / weights.name)
    shutil.copyfile(EXAMPLE, out / "example.png")
    (out / "settings.json").write_text(json.dumps(settings(card, weights.name)), encoding="utf-8")
    return out


def settings(card: dict[str, Any], weights: str) -> dict[str, Any]:
    """What the page knows about the model and the package."""
    default, known = presets.of_card(card)
    return {
        "version": wepsam.__version__,
        "weights": weights,
        "card": {name: card[name] for name in ("name", "sha256", "input_size", "mirror", "input_area", "views")
                 if name in card},
        "calibration": default,
        "calibrations": {name: named.calibration.as_dict() for name, named in known.items()},
        "shapes": {name: getattr(shapes, name) for name in ("SIDE_STEP", "LEAST_AREA", "MAX_ENLARGEMENT")},
        "ramp": colormaps.colors().ravel().tolist(),
        "overlay": {name: getattr(overlays, name)
                    for name in ("STRENGTH", "ONSET", "FULL", "LOW_COLOR", "HIGH_COLOR", "ONE")},
        "fog": {name: getattr(tinted, name) for name in ("CLEAR", "FOGGED", "BLUR", "FOG")},
        "hot_spots": {name: getattr(hot_spots, name) for name in ("SADDLE", "REACH", "FAINTEST", "LIMIT")},
        "center": intervals.card()["center"],
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the page that predicts in the browser alone.")
    parser.add_argument("--out", type=Path, default=HERE.parent / "dist" / "web")
    parser.add_argument("--model", default=predictor.DEFAULT, help="shipped weights by name, or an .onnx file")
    options = parser.parse_args()
    try:
        print(build(options.out, options.model))
    except (ValueError, OSError) as error:
        parser.exit(1, f"error: {error}\n")


if __name__ == "__main__":
    main()
