"""The picture and the tables of docs/explanation/calibration.md: python recipes/calibration_page.py PHOTOGRAPH"""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

import wepsam
from wepsam import markdown
from wepsam.calibration import Calibration, presets
from wepsam.evaluation import read
from wepsam.evaluation.comparison import TITLES
from wepsam.images import read_image, resize
from wepsam.prediction.predictor import Predictor

ROOT = Path(__file__).parent.parent
PAGE, FIGURE = ROOT / "docs" / "explanation" / "calibration.md", ROOT / "docs" / "images" / "calibration.jpg"
MODELS = ("wepsam-lite", "wepsam-paper")
SHOWN = (
    "center-bias", "gbvs", "gbvs-left-out", "wepsam-paper", "wepsam-paper-left-out", "wepsam-lite",
    "wepsam-lite-left-out", "wepsam-lite-first-left-out",
)  # fmt: skip
COLUMNS = {"power": "power", "center_weight": "center weight", "blur": "blur (% of the sides)", "floor": "floor (%)"}
ROWS: dict[str, list[tuple[str, Calibration]]] = {
    "power": [(f"{value:g}", Calibration(power=value)) for value in (0.5, 1, 2)],
    "center weight": [(f"{value:g}", Calibration(center_weight=value)) for value in (-2, 0, 3)],
    "blur": [(f"{value:.0%} of the sides", Calibration(blur=value)) for value in (0, 0.03, 0.08)],
    "floor": [(f"{value:.0%}", Calibration(floor=value)) for value in (0, 0.2, 0.6)],
}


def main(photograph: str) -> None:
    markdown.insert(PAGE, "presets", table())
    for metric in ("cc", "kl_div"):
        markdown.insert(PAGE, f"left-out-{metric}", left_out(metric))
    figure(read_image(photograph)).savefig(FIGURE, dpi=90, pil_kwargs={"quality": 82})
    print(PAGE, FIGURE)


def table() -> str:
    """The calibrations in the cards, a row each."""
    rows = []
    for model in MODELS:
        default, known = presets.of_card(wepsam.models()[model])
        for name, named in known.items():
            if name == presets.NONE:
                continue
            c = named.calibration
            numbers = f"{c.power:.2f}", f"{c.center_weight:+.2f}", f"{100 * c.blur:.1f}", f"{100 * c.floor:.1f}"
            nats = named.fitted.get("without_calibration"), named.fitted.get("log_likelihood")
            rows.append([model, f"**{name}**" if name == default else name, *numbers, *(f"{n:.3f}" for n in nats)])
    return markdown.table(["model", "calibration", *COLUMNS.values(), "nats before", "after"], rows)


def left_out(metric: str) -> str:
    """A metric on each laboratory, as the models come and with the calibration of the other laboratories."""
    folders = sorted((ROOT / "results").glob("*-validation"))
    found = {folder.name.removesuffix("-validation"): {e.about["model"]: e for e in read(folder)} for folder in folders}
    rows = []
    for model in SHOWN:
        cells, unseen = [], []
        for results in found.values():
            mean, seen = results[model].mean()[metric], bool(results[model].about.get("seen"))
            cells.append(f"{mean:.3f}{' †' * seen}")
            if not any(results[other].about.get("seen") for other in SHOWN):
                unseen.append(mean)
        rows.append([model, *cells, f"{np.mean(unseen):.3f}"])
    note = "Mean over the laboratories from which none of these models has learned. †: has learned from these pictures."
    return f"{markdown.table([TITLES[metric], *found, 'mean'], rows)}\n\n{note}"


def figure(photograph: np.ndarray) -> plt.Figure:
    """A photograph, and what each number does to its density: a row for each number, its value rising to the right.

    All densities have one scale, from 0 to the largest value of the density as the network gives it.
    """
    model = wepsam.load(calibration=presets.NONE)
    assert isinstance(model, Predictor)
    density = model.low_resolution(photograph)
    drawn, axes = plt.subplots(len(ROWS), 4, figsize=(10, 1.95 * len(ROWS)), layout="constrained")
    for cells, (number, column) in zip(axes, ROWS.items(), strict=True):
        cells[0].imshow(resize(photograph, (240, round(240 * photograph.shape[1] / photograph.shape[0]))))
        for cell, (value, calibration) in zip(cells[1:], column, strict=True):
            cell.imshow(
                calibration(density), cmap="inferno", vmin=0, vmax=0.8 * density.max(), interpolation="bilinear"
            )
            cell.set_title(f"{number} {value}", fontsize=10)
        for cell in cells:
            cell.set_axis_off()
    return drawn


if __name__ == "__main__":
    main(*sys.argv[1:])
