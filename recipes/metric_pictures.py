"""A picture for each metric in docs/explanation/metrics.md: python -m recipes.metric_pictures

Above are four predictions of the invented truth of recipes/metrics_figure.py, the best first by this metric. Below each
is where its score comes from.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from recipes.metrics_figure import SHAPE, example
from wepsam import maps, metrics
from wepsam.evaluation.comparison import TITLES
from wepsam.files import replacing

FOLDER = Path(__file__).parents[1] / "docs" / "images" / "metrics"
GAIN, LOSS, MISSED, CHANCE = "#0a7d5c", "#c4371b", "#2f6fd0", "#8a8a8a"  # what raises a score, what lowers it
COLORS = 250  # of a file
BLOCK = 32  # pixels, as in `metrics.emd`
# The predictions by metric, the best first, and what is drawn below them.
SHOWN: dict[str, tuple[tuple[str, ...], str]] = {
    "auc_judd": (
        ("peaky", "the density", "blurred", "one of two"),
        "share of fixations over the share of other pixels",
    ),
    "auc_borji": (("blurred", "the density", "one of two", "peaky"), "share of fixations over the share of all pixels"),
    "auc_shuffled": (
        ("the density", "blurred", "one of two", "center bias"),
        "green: these fixations; red: those of other pictures",
    ),
    "nss": (("peaky", "the density", "blurred", "shifted"), "green: above the mean of the map; red: below"),
    "info_gain": (
        ("the density", "blurred", "center bias", "one of two"),
        "green: fixations that win bits; red: those that lose some",
    ),
    "cc": (("the density", "one of two", "blurred", "shifted"), "green: pixels that agree; red: that disagree"),
    "sim": (("the density", "one of two", "blurred", "peaky"), "green: shared; blue: missed; red: false alarm"),
    "kl_div": (("the density", "blurred", "shifted", "one of two"), "red: nats lost; green: won back"),
    "emd": (("the density", "shifted", "one of two", "constant"), "what has to be carried where"),
}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for metric in SHOWN:
        save(picture(metric), FOLDER / f"{metric}.png")


def save(sheet: Figure, path: Path) -> None:
    """Write a figure as a PNG of few colors."""
    sheet.canvas.draw()  # type: ignore[attr-defined]
    pixels = Image.fromarray(np.asarray(sheet.canvas.buffer_rgba())[..., :3])  # type: ignore[attr-defined]
    with replacing(path) as temporary:
        pixels.quantize(COLORS, dither=Image.Dither.NONE).save(temporary, optimize=True)


def scores(metric: str) -> dict[str, float]:
    """The score of each prediction that is shown."""
    truth, predictions = example()
    return {
        name: metrics.score(predictions[name], **truth, metrics=[metric])[metric] for name in SHOWN[metric][0]
    }  # fmt: skip


def picture(metric: str) -> Figure:
    """Four predictions, their scores, and where these come from."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    truth, predictions = example()
    below = SHOWN[metric][1]
    sheet = Figure(figsize=(8.4, 3.9), dpi=100)
    FigureCanvasAgg(sheet)
    rows = sheet.subplots(2, 4, gridspec_kw={
        "left": 0.005, "right": 0.995, "top": 0.84, "bottom": 0.02, "wspace": 0.03, "hspace": 0.16
    })  # fmt: skip
    better = "lower is better" if metric in ("kl_div", "emd") else "higher is better"
    sheet.text(0.008, 0.94, f"{TITLES[metric]}, {better}", fontsize=11, weight="bold")
    sheet.text(0.992, 0.94, f"below: {below}", fontsize=9, ha="right")
    for column, (name, score) in enumerate(scores(metric).items()):
        upper, lower = rows[0][column], rows[1][column]
        for axes in (upper, lower):
            axes.set(xlim=(-0.5, SHAPE[1] - 0.5), ylim=(SHAPE[0] - 0.5, -0.5), xticks=[], yticks=[], aspect="auto")
        values = predictions[name]
        upper.imshow(values, cmap="inferno", vmin=0, vmax=2 if np.ptp(values) == 0 else None, aspect="auto")
        upper.plot(*truth["fixations"].T, "o", color="#35d0ff", markersize=1.0, markeredgewidth=0)
        upper.set_title(f"{name}: {round(score, 3) + 0.0:.2f}", fontsize=10, pad=3)
        BELOW[metric](lower, values, truth)
    return sheet


# ---- where a score comes from


def roc(axes: Axes, others: np.ndarray, hits: np.ndarray) -> None:
    """A curve from (0, 0) to (1, 1) with the area below it."""
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.04))
    axes.fill_between(others, hits, color=GAIN, alpha=0.35, linewidth=0)
    axes.plot(others, hits, color=GAIN, linewidth=1.5)
    axes.plot([0, 1], [0, 1], color=CHANCE, linewidth=0.8, linestyle=":")


def curve(positives: np.ndarray, negatives: np.ndarray, thresholds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shares of negatives and positives at and above each threshold, from none to all."""
    shares = [[(values >= t).mean() for t in np.sort(thresholds)[::-1]] for values in (negatives, positives)]
    return np.array([0, *shares[0], 1]), np.array([0, *shares[1], 1])


def at(values: np.ndarray, points: np.ndarray) -> np.ndarray:
    return values[maps.pixels(points, SHAPE)]


def auc_judd(axes: Axes, values: np.ndarray, truth: dict[str, np.ndarray]) -> None:
    positives = at(values, truth["fixations"])
    negatives = values[maps.fixation_map(truth["fixations"], SHAPE) == 0]
    roc(axes, *curve(positives, negatives, np.unique(positives)))


def auc_borji(axes: Axes, values: np.ndarray, truth: dict[str, np.ndarray]) -> None:
    unit, steps = maps.to_unit(values), np.arange(0, 1.01, 0.1)
    found = curve(at(unit, truth["fixations"]), unit.ravel(), steps)
    roc(axes, *found)
    axes.plot(*found, "o", color=GAIN, markersize=3)


def auc_shuffled(axes: Axes, values: np.ndarray, truth: dict[str, np.ndarray]) -> None:
    axes.imshow(values, cmap="Greys", alpha=0.5, aspect="auto")
    for points, color, size in ((truth["other_fixations"][::4], LOSS, 1.6), (truth["fixations"], GAIN, 2.2)):
        axes.plot(*points.T, "o", color=color, markersize=size, markeredgewidth=0)


def nss(axes: Axes, values: np.ndarray, truth: dict[str, np.ndarray]) -> None:
    scale = (values - values.mean()) / values.std(ddof=1)
    signed(axes, scale, 20)
    axes.plot(*truth["fixations"].T, "o", color="black", markersize=1.6, markeredgewidth=0)


def info_gain(axes: Axes, values: np.ndarray, truth: dict[str, np.ndarray]) -> None:
    axes.imshow(truth["baseline"], cmap="Greys", alpha=0.5, aspect="auto")
    for point in truth["fixations"]:
        bits = metrics.info_gain(values, point[None], truth["baseline"])
        size = 2 + min(abs(bits), 12) / 2
        axes.plot(*point, "o", color=GAIN if bits >= 0 else LOSS, markersize=size, alpha=0.5, markeredgewidth=0)


def signed(axes: Axes, values: np.ndarray, most: float, higher: bool = True) -> None:
    """Values of one sign in green and of the other in red, faint ones raised so that they are seen."""
    strength = (np.abs(values) / most).clip(0, 1)[..., None] ** 0.4
    colors = np.array([rgb(LOSS), rgb(GAIN)])[((values > 0) == higher).astype(int)]
    axes.imshow((255 + (colors - 255) * strength).astype(np.uint8), aspect="auto")


def rgb(color: str) -> list[int]:
    return [int(color[place : place + 2], 16) for place in (1, 3, 5)]


def parts(metric: str, values: np.ndarray, density: np.ndarray) -> np.ndarray:
    """(H, W) parts of CC, SIM or KL, whose sum is the score."""
    if metric == "cc":
        p, q = ((one - one.mean()) / one.std() for one in (values, density))
        return np.asarray(p * q / p.size)
    if metric == "sim":
        return np.minimum(*(maps.to_density(maps.to_unit(one)) for one in (values, density)))
    p, q = maps.to_density(values), maps.to_density(density)
    eps = np.finfo(np.float64).eps
    return np.asarray(q * np.log(eps + q / (p + eps)))


def cc(axes: Axes, values: np.ndarray, truth: dict[str, np.ndarray]) -> None:
    signed(axes, parts("cc", values, truth["density"]), 8e-4)


def kl_div(axes: Axes, values: np.ndarray, truth: dict[str, np.ndarray]) -> None:
    signed(axes, parts("kl_div", values, truth["density"]), 2e-3, higher=False)


def sim(axes: Axes, values: np.ndarray, truth: dict[str, np.ndarray]) -> None:
    shared = parts("sim", values, truth["density"])
    p, q = (maps.to_density(maps.to_unit(one)) for one in (values, truth["density"]))
    layers = np.full((*SHAPE, 3), 255.0)
    for part, color in ((q - shared, MISSED), (p - shared, LOSS), (shared, GAIN)):
        strength = np.sqrt((part / q.max()).clip(0, 1))[..., None]
        layers += (np.array(rgb(color)) - layers) * strength
    axes.imshow(layers.astype(np.uint8), aspect="auto")


def emd(axes: Axes, values: np.ndarray, truth: dict[str, np.ndarray]) -> None:
    from ot import emd as plan

    p, q = (maps.to_density(blocks(one)) for one in (values, truth["density"]))
    y, x = np.divmod(np.arange(p.size), p.shape[1])
    moved = plan(p.ravel(), q.ravel(), np.hypot(np.subtract.outer(y, y), np.subtract.outer(x, x)))
    axes.imshow(np.kron(q, np.ones((BLOCK, BLOCK))), cmap="Greys", alpha=0.6, aspect="auto")
    for begin, end in zip(*np.nonzero(moved > 2e-4), strict=True):
        if begin != end:
            ends = [(np.array(where)[[begin, end]] + 0.5) * BLOCK for where in (x, y)]
            axes.plot(*ends, color=LOSS, linewidth=0.4 + 12 * moved[begin, end] ** 0.7, alpha=0.5)


def blocks(values: np.ndarray) -> np.ndarray:
    """Sums over blocks of BLOCK pixels a side."""
    height, width = (side // BLOCK for side in SHAPE)
    return values.reshape(height, BLOCK, width, BLOCK).sum(axis=(1, 3))


BELOW: dict[str, Callable[[Any, np.ndarray, dict[str, np.ndarray]], None]] = {
    "auc_judd": auc_judd, "auc_borji": auc_borji, "auc_shuffled": auc_shuffled, "nss": nss, "info_gain": info_gain,
    "cc": cc, "sim": sim, "kl_div": kl_div, "emd": emd,
}  # fmt: skip


if __name__ == "__main__":
    main()
