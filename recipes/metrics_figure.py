"""Tables and figure of docs/explanation/metrics.md: python recipes/metrics_figure.py [--results FOLDER] [--into PAGE]

The first table has the scores of chance, the center bias and people, from the files that `wepsam evaluate` wrote. The
figure shows one invented ground truth, eight predictions of it, and the scores of each by each metric. The second table
shows what ties do to one of these predictions.
"""

import argparse
from pathlib import Path

import numpy as np

from wepsam import maps, markdown, metrics
from wepsam.evaluation import read
from wepsam.evaluation.comparison import TITLES
from wepsam.evaluation.results import interval

ROOT = Path(__file__).parents[1]
SHAPE, SIGMA = (384, 512), 16.0
# Which direction is better, the range, and the score of a constant map.
MEANING = {
    "auc_judd": ("↑", "0 to 1", "0.5"),
    "auc_borji": ("↑", "0 to 1", "0.5"),
    "auc_shuffled": ("↑", "0 to 1", "0.5, and so does the center bias"),
    "nss": ("↑", "open", "0"),
    "info_gain": ("↑", "open", "below 0: the baseline knows more"),
    "cc": ("↑", "-1 to 1", "0"),
    "sim": ("↑", "0 to 1", "above 0, by how broad the density is"),
    "kl_div": ("↓", "0 up", "by how narrow the density is"),
    "emd": ("↓", "0 to the diagonal", "by where the density lies"),
}
REFERENCES = ("center-bias", "one-observer", "half-of-observers")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=ROOT / "results" / "osie-validation")
    parser.add_argument(
        "--into",
        type=Path,
        default=ROOT / "docs" / "explanation" / "metrics.md",
        help="page with places for the tables; the figure goes beside it",
    )
    options = parser.parse_args()
    markdown.insert(options.into, "ceiling", ceiling(options.results))
    markdown.insert(options.into, "ties", ties())
    figure(ROOT / "docs" / "images" / "metrics.png")


def ceiling(results: Path) -> str:
    """A Markdown table, a row per metric: what is better, the range, chance, the center bias, people.

    Args:
        results: a folder that `wepsam evaluate` wrote, with results of REFERENCES.
    """
    evaluations = {evaluation.about["model"]: evaluation for evaluation in read(results)}
    rows = []
    for name, meaning in MEANING.items():
        cells = []
        for model in REFERENCES:
            if name in evaluations[model].metrics:
                mean, low, high = interval(evaluations[model].scores(name))
                cells.append(f"{mean:.3f} ± {(high - low) / 2:.3f}")
            else:
                cells.append("not evaluated")
        rows.append([f"`{name}`", *meaning, *cells])
    head = ["", "better", "range", "a constant map", "center bias", "one observer", "half of the observers"]
    about = evaluations[REFERENCES[0]].about
    return (
        f"{markdown.table(head, rows)}\n\n"
        f"{about['pictures']} pictures of {about['dataset']} ({about['split']}), protocol `{about['protocol']}`: "
        "mean ± half of the 95 % bootstrap interval over pictures. The center bias is the mean density of all other "
        "pictures. One observer, and half of the observers, predict the remaining observers of the same picture with "
        "the density of their own fixations."
    )


def example() -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """An invented ground truth, and predictions of it by name.

    Two things attract fixations, one of them more than the other; some fixations lie in the center.

    Returns:
        The keyword arguments of `metrics.score` that describe the ground truth, and (H, W) maps.
    """
    rng = np.random.default_rng(1)

    last = np.array(SHAPE[::-1]) - 1
    things = ((170, 130, 60), (340, 230, 30), (256, 192, 10))  # x, y, fixations
    fixations = np.concatenate([rng.normal((x, y), 14, (count, 2)) for x, y, count in things]).clip(0, last)
    other_fixations = rng.normal((256, 192), (80, 55), (1000, 2)).clip(0, last)
    density, center = maps.density(fixations, SHAPE, SIGMA), maps.density(other_fixations, SHAPE, SIGMA)
    truth = {"fixations": fixations, "density": density, "other_fixations": other_fixations, "baseline": center}
    predictions = {
        "the density": density,
        "plus a constant": density + density.max() / 10,
        "blurred": maps.blur(density, 2.5 * SIGMA),
        "peaky": density**4,
        "one of two": maps.density(fixations[:60], SHAPE, SIGMA),
        "shifted": np.roll(density, 2 * int(SIGMA) + 8, axis=1),
        "center bias": center,
        "constant": np.full(SHAPE, 1.0),
    }
    return truth, predictions


def ties() -> str:
    """A Markdown table: AUC-Judd of a prediction with more and more ties, by each way to count them."""
    truth, predictions = example()
    values, fixations = predictions["center bias"], truth["fixations"]
    unit = values / values.max()
    one_pixel = np.zeros(SHAPE)
    one_pixel[SHAPE[0] // 4, SHAPE[1] // 4] = 1
    tied = {
        "as it is": values,
        "rounded to 8 bits": np.rint(255 * unit).astype(np.uint8),
        "five levels": np.floor(4.99 * unit),
        "0 but for the highest tenth of the pixels": np.where(values > np.quantile(values, 0.9), values, 0),
        "0 but for the highest hundredth": np.where(values > np.quantile(values, 0.99), values, 0),
        "0 but for one pixel": one_pixel,
    }
    rows = [
        [
            name,
            f"{metrics.auc_judd(levels, fixations):.4f}",
            f"{metrics.auc_judd(levels, fixations, ties='negatives-first'):.4f}",
            f"{metrics.auc_judd(levels, fixations, protocol='tuebingen'):.4f}",
        ]
        for name, levels in tied.items()
    ]
    return markdown.table(["the map", "`mit`", '`mit`, `ties="negatives-first"`', "`tuebingen`"], rows)


def figure(path: Path) -> None:
    """Draw fixations, density and predictions in a row, with the scores of both protocols below each."""
    from matplotlib.figure import Figure

    truth, predictions = example()
    scores = {
        protocol: {
            name: metrics.score(prediction, **truth, protocol=protocol, metrics=shown_metrics(protocol))
            for name, prediction in predictions.items()
        }
        for protocol in metrics.PROTOCOLS
    }
    columns = 2 + len(predictions)
    sheet = Figure(figsize=(1.4 * columns, 4.6), dpi=110, layout="none")
    left, width, top = 0.01, 0.98 / columns, 0.69
    for k, (title, values) in enumerate({"fixations": None, "density": truth["density"], **predictions}.items()):
        axes = sheet.add_axes((left + (k + 0.04) * width, top, 0.92 * width, 0.2), xticks=[], yticks=[])
        if values is None:
            axes.plot(*truth["fixations"].T, ".", color="black", markersize=2)
            axes.set(xlim=(0, SHAPE[1]), ylim=(SHAPE[0], 0))
        else:
            axes.imshow(values, cmap="inferno", vmin=0, vmax=2 if np.ptp(values) == 0 else None, aspect="auto")
        axes.set_title(title, fontsize=9)
    for middle, title in ((1, "the truth"), (2 + len(predictions) / 2, "predictions of it, and their scores")):
        sheet.text(left + middle * width, 0.96, title, ha="center", fontsize=10, weight="bold")
    y = 0.628
    for protocol, by_prediction in scores.items():
        sheet.text(left + 0.1 * width, y, protocol, fontsize=9, family="monospace", weight="bold")
        for name in shown_metrics(protocol):
            higher = (metrics.PROTOCOLS[protocol] | metrics.ON_REQUEST)[name].higher_is_better
            sheet.text(left + 1.9 * width, y, f"{TITLES[name]} {'↑' if higher else '↓'}", ha="right", fontsize=9)
            row = [round(by_prediction[prediction][name], 3) for prediction in predictions]
            best = max(row) if higher else min(row)
            for k, value in enumerate(row):
                weight = "bold" if value == best else "normal"
                text = f"{value + 0.0:.2f}" if np.isfinite(value) else "-∞"
                sheet.text(left + (2.5 + k) * width, y, text, ha="center", fontsize=9, weight=weight)
            y -= 0.0445
        y -= 0.015
    sheet.savefig(path)


def shown_metrics(protocol: str) -> list[str]:
    """The metrics in the figure: all of `mit`; of `tuebingen`, those that it computes in its own way."""
    if protocol == "mit":
        return list(MEANING)
    return ["auc_judd", "auc_shuffled", "nss", "info_gain", "sim"]


if __name__ == "__main__":
    main()
