"""Inputs and outputs of each step around the network, for ports to other languages: tests/golden/predict/.

    python recipes/predict_golden.py

steps.json is about the steps alone and stays true with new weights. whole.json is about wepsam-lite: to be made anew
with its weights. docs/how-to/deploy.md says what each entry holds.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

import wepsam
from wepsam import files, maps, shapes
from wepsam.calibration import Calibration
from wepsam.images import read_image, resize
from wepsam.prediction.predictor import saliency_map

GOLDEN = Path(__file__).resolve().parent.parent / "tests" / "golden" / "predict"
MODEL = "wepsam-lite"
SAMPLES = 12  # rows and columns of a map of which the values are kept

# Picture -> (height, width), and the settings under which it is predicted.
PICTURES = {
    "desk": ((480, 640), ("best", "typical")),
    "shelf": ((97, 211), ("fast", "osie")),
    "tower": ((353, 61), ("best", "none")),
    "cup": ((60, 60), ("best", "sjtu")),
    "dot": ((1, 1), ("fast", "typical")),
}
SIZES = (
    (1, 1), (1, 900), (37, 53), (50, 20_000), (97, 211), (120, 160), (192, 256), (333, 333), (353, 61), (480, 640),
    (768, 1024), (900, 300), (4000, 3000), (20_000, 50),
)  # fmt: skip
CALIBRATIONS: dict[str, dict[str, Any]] = {
    "none": {},
    "power": {"power": 1.4},
    "center": {"center_weight": 0.8},
    "off center": {"center_weight": -0.4, "center_width": 0.3},
    "bias": {"bias": [[-1.0, 0.5, -1.0], [0.0, 1.5, 0.2]]},
    "blur": {"blur": 0.08},
    "floor": {"floor": 0.05},
    "all": {"power": 0.9, "center_weight": 1.5, "center_width": 0.35, "blur": 0.03, "floor": 0.02},
}


def main() -> None:
    """Write all files."""
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name, (shape, _) in PICTURES.items():
        drawn(shape).save(GOLDEN / f"{name}.png", optimize=True)
    write("steps.json", steps())
    write("whole.json", whole())


def write(name: str, content: dict[str, Any]) -> None:
    """A line for each entry of the first two levels: few lines, and differences that one can read."""
    parts = [
        f"{json.dumps(key)}: "
        + ("[\n" + ",\n".join(map(json.dumps, value)) + "\n]" if isinstance(value, list) else json.dumps(value))
        for key, value in content.items()
    ]
    files.write_bytes(GOLDEN / name, ("{\n" + ",\n".join(parts) + "\n}\n").encode())


def drawn(shape: tuple[int, int]) -> Image.Image:
    """A wall, a table, a lamp, and a cup, whose handle is half transparent; with alpha unless it is of one pixel."""
    height, width = shape
    if height * width == 1:
        return Image.new("RGB", (1, 1), (90, 140, 200))
    down, across = np.mgrid[:height, :width]
    right, low = across / width, down / height
    wall = np.stack([150 + 60 * right, 150 + 40 * low, 190 - 50 * right, np.full(shape, 255)], axis=-1)
    picture = Image.fromarray(wall.astype(np.uint8))
    pen = ImageDraw.Draw(picture)

    def at(*places: float) -> list[float]:
        return [place * (height if n % 2 else width) for n, place in enumerate(places)]

    pen.rectangle(at(0, 0.7, 1, 1), (96, 62, 40, 255))
    for stripe in range(9):
        pen.line(at(stripe / 9, 0.7, stripe / 9 - 0.1, 1), (70, 44, 30, 255), 2)
    pen.polygon(at(0.12, 0.3, 0.28, 0.3, 0.34, 0.45, 0.06, 0.45), (250, 214, 90, 255))
    pen.line(at(0.2, 0.45, 0.2, 0.72), (40, 40, 46, 255), max(2, width // 60))
    pen.arc(at(0.72, 0.52, 0.84, 0.7), 0, 360, (200, 30, 40, 128), max(2, width // 40))
    pen.rectangle(at(0.6, 0.48, 0.78, 0.74), (208, 32, 44, 255))
    pen.ellipse(at(0.6, 0.44, 0.78, 0.52), (240, 236, 230, 255))
    pen.ellipse(at(0.63, 0.46, 0.75, 0.505), (60, 34, 22, 255))
    return picture


def steps() -> dict[str, Any]:
    """Each step for itself."""
    rng = np.random.default_rng(18)
    wide, high = (rng.integers(0, 256, (*shape, 3), dtype=np.uint8) for shape in ((5, 7), (11, 3)))
    density = maps.to_density(rng.gamma(0.7, size=(5, 6)))
    small = rng.gamma(0.7, size=(3, 4)).astype(np.float32)
    scales = [maps.to_density(rng.gamma(0.7, size=(3, 4))) for _ in range(3)]
    return {
        "shapes": {name: getattr(shapes, name) for name in ("SIDE_STEP", "LEAST_AREA", "MAX_ENLARGEMENT")},
        "input_shape": [
            {"height": height, "width": width, "area": area, "shape": shapes.input_shape(height, width, area)}
            for height, width in SIZES
            for area in (shapes.AREA, shapes.AREA * 4 // 9)
        ],
        "resize": [
            {"pixels": pixels.tolist(), "shape": shape, "resized": resize(pixels, shape).tolist()}
            for pixels, shape in (
                (wide, (3, 4)), (wide, (11, 9)), (wide, (1, 1)), (wide, (5, 3)), (wide, (8, 7)), (high, (4, 5)),
                (high, (2, 2)),
            )
        ],
        "mean": [
            {"densities": [d.tolist() for d in scales], "scale_weights": weights,
             "density": Calibration(scale_weights=tuple(weights)).mean(scales).tolist()}
            for weights in ([], [1, 2, 0.5], [1, 2])
        ],
        "calibration": [
            {"name": name, "numbers": numbers, "density": values.tolist(),
             "calibrated": Calibration.from_dict(numbers)(values).tolist()}
            for name, numbers in CALIBRATIONS.items()
            for values in (density,)
        ],
        "enlarge": [
            {"map": small.tolist(), "shape": shape, "enlarged": maps.enlarge(small, shape).astype(float).tolist()}
            for shape in ((7, 10), (3, 9), (1, 1), (2, 3), (12, 2))
        ],
        "saliency_map": [
            {"density": density.tolist(), "shape": shape, "map": saliency_map(density, shape).astype(float).tolist()}
            for shape in ((11, 13), (1, 1))
        ],
    }  # fmt: skip


def whole() -> dict[str, Any]:
    """Pictures from their pixels to their maps."""
    cases = []
    for name, (_, (quality, calibration)) in PICTURES.items():
        model = wepsam.load(MODEL, threads=1, quality=quality, calibration=calibration, warn=False)
        picture = read_image(GOLDEN / f"{name}.png")
        fed = [resize(picture, shape_of(*picture.shape[:2])) for shape_of, _ in model._views]
        density = model.low_resolution(picture)
        cases.append({
            "picture": f"{name}.png", "quality": quality, "calibration": calibration,
            "read": samples(picture), "fed": [samples(view) for view in fed], "mirror": model._views[0][1],
            "without_calibration": samples(model.scale_densities(picture)[-1]), "density": samples(density),
            "map": samples(saliency_map(density, picture.shape[:2])),
        })  # fmt: skip
    return {"model": MODEL, "sha256": wepsam.models()[MODEL]["sha256"], "cases": cases}


def samples(values: np.ndarray) -> dict[str, Any]:
    """The shape of a picture or map, and its values where some rows and columns cross."""
    rows, columns = (np.unique(np.linspace(0, side - 1, SAMPLES).astype(int)) for side in values.shape[:2])
    kept = values[np.ix_(rows, columns)]
    shown = kept.tolist() if values.dtype == np.uint8 else [[float(f"{v:.7g}") for v in row] for row in kept]
    return {"shape": values.shape[:2], "rows": rows.tolist(), "columns": columns.tolist(), "values": shown}


if __name__ == "__main__":
    main()
