"""The figures of the studies. Bands are 95 % intervals over seeds."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from wepsam.files import replacing
from wepsam.reproduction.report.outcomes import Arm, Arms, by_share, deeper_pairs, difference, five_layer, over_seeds

WEAK, RANDOM = ("weakly pre-trained", "#7a3b8f"), ("random start", "#c77d1e")
CURVES = {"weak": WEAK, "random": RANDOM, "random-longer": ("random start, compute of both steps", "#8a8a8a")}
ENCODER = {
    "imagenet-weak": ("ImageNet, weakly pre-trained", "#7a3b8f"),
    "imagenet": ("ImageNet", "#2a8a86"),
    "random-weak": ("random start, weakly pre-trained", "#c77d1e"),
    "random": ("random start", "#8a8a8a"),
}
METRIC_TITLES = {"cc": "CC", "nss": "NSS", "kl": "KL (less is better)"}
STARTS = {
    "random": RANDOM,
    "weak": WEAK,
    "weak-as-long": ("weakly pre-trained, fine-tuned as long", "#2a8a86"),
    "ensemble": ("weakly pre-trained under the ensemble", "#b3344a"),
    "light": ("weakly pre-trained under the light network", "#2b6cb0"),
}


def convergence_chart(arms: Arms, path: Path) -> None:
    """Fig. 2 of the paper, with CC and NSS beside it."""
    figure, (loss, cc, nss) = new_figure(3)
    epoch = arms["weak"].training_pictures
    for name, (title, color) in CURVES.items():
        x, train = arms[name].curve("train_loss")
        _band(loss, x[1:] / epoch, train[:, 1:], color, linestyle=":")
        for axes, column in ((loss, "validation_loss"), (cc, "validation_cc"), (nss, "validation_nss")):
            x, values = arms[name].curve(column)
            _band(axes, x / epoch, values, color, label=title)
    mean_map = np.mean([run.about["mean_map_loss"] for run in arms["weak"].runs])
    loss.axhline(mean_map, color="0.6", linewidth=0.8, linestyle="--", zorder=0)
    loss.annotate(
        "the mean map", (1, mean_map), xycoords=("axes fraction", "data"), ha="right", va="bottom", fontsize=7
    )
    top = np.quantile(arms["random"].curve("validation_loss")[1][:, 0], 0.5)
    loss.set_ylim(top=min(top, 1.6 * mean_map))
    for axes, title in ((loss, "loss (mean squared error)\nvalidation; dotted: training"), (cc, "CC"), (nss, "NSS")):
        axes.set(xlabel="epochs of fixation pictures", title=title)
    cc.legend(frameon=False, fontsize=8, loc="lower right")
    save(figure, path)


def fixation_chart(arms: Arms, path: Path) -> None:
    """The study "labels": scores over the number of fixation pictures."""
    figure, panels = new_figure(3)
    for axes, (metric, metric_title) in zip(panels, METRIC_TITLES.items(), strict=True):
        for start, (title, color) in STARTS.items():
            if not (line := by_share(arms, start).values()):
                continue
            counts = [arm.training_pictures for arm in line]
            for count, arm in zip(counts, line, strict=True):  # a point for each seed
                axes.plot([count] * len(arm.runs), arm.scores(metric).mean(1), ".", color=color, alpha=0.5)
            axes.plot(counts, [arm.mean(metric) for arm in line], color=color, label=title)
        axes.set(xscale="log", xlabel="pictures with fixations", title=metric_title)
    panels[0].legend(frameon=False, fontsize=8)
    save(figure, path)


def efficiency_chart(arms: Arms, path: Path) -> None:
    """The study "efficiency": scores over the number of fixation pictures."""
    fixation_chart(five_layer(arms), path)


def selection_chart(arms: Arms, path: Path) -> None:
    """Paired differences to the base."""
    changes = {name: (arm, arms["lowest-half"]) for name, arm in arms.items() if name != "lowest-half"}
    _differences(changes, "difference to the half of lowest entropy", path, height=2.8)


def deeper_chart(arms: Arms, path: Path) -> None:
    """What weak pre-training changes in each network."""
    changes = {f"{title}, {share:.0%}": pair for (share, title), pair in deeper_pairs(arms).items()}
    _differences(changes, "weakly pre-trained less random start", path)


def _differences(changes: Mapping[str, tuple[Arm, Arm]], label: str, path: Path, height: float = 3.4) -> None:
    """Paired differences of two arms by title: the interval over pictures, and the means of single seeds."""
    figure, panels = new_figure(3, height)
    for axes, (metric, metric_title) in zip(panels, METRIC_TITLES.items(), strict=True):
        for row, (arm, base) in enumerate(changes.values()):
            change = difference(arm, base, metric)
            axes.plot([change.low, change.high], [row, row], color=WEAK[1], linewidth=3, solid_capstyle="round")
            axes.plot([change.least, change.most], [row, row], "|", color="0.3", markersize=9)
        axes.axvline(0, color="0.6", linewidth=0.8)
        axes.set(yticks=range(len(changes)), ylim=(len(changes) - 0.5, -0.5), title=metric_title)
        axes.set_xlabel(label)
        axes.set_yticklabels([*changes] if axes is panels[0] else [])
    save(figure, path)


def encoder_chart(arms: Arms, path: Path) -> None:
    """Scores over the whole compute, pre-training included."""
    figure, panels = new_figure(3)
    columns = {"validation_cc": "CC", "validation_nss": "NSS", "validation_loss": "loss (KL + 1 - CC)"}
    for axes, (column, title) in zip(panels, columns.items(), strict=True):
        for name, (arm_title, color) in ENCODER.items():
            x, values = arms[name].curve(column)
            before = (arms[name].runs[0].about["job"]["start"] or {}) if name.endswith("-weak") else {}
            _band(axes, (x + before.get("pictures", 0))[1:], values[:, 1:], color, label=arm_title)
        axes.set(xlabel="pictures seen, both steps", title=title)
    panels[0].legend(frameon=False, fontsize=8, loc="center right")
    save(figure, path)


def plateau_chart(arms: Arms, path: Path) -> None:
    """Validation loss over steps, divided by the loss of the mean map."""
    figure, panels = new_figure(2)
    for name, arm in arms.items():
        axes, run = panels[int("people" in name)], arm.runs[0]
        loss = run.log["validation_loss"] / run.about["mean_map_loss"]
        axes.plot(run.log["step"], loss, label=name, linewidth=1.4)
    for axes, title in zip(panels, ("learning weak labels", "learning human fixations"), strict=True):
        axes.axhline(1, color="0.6", linewidth=0.8, linestyle="--", zorder=0)
        axes.set(xlabel="steps", ylabel="validation loss / loss of the mean map", title=title, ylim=(0.3, 1.8))
        axes.legend(frameon=False, fontsize=7, loc="upper right", ncols=2)
    save(figure, path)


def new_figure(columns: int, height: float = 3.4) -> tuple[Any, Any]:
    """A figure and its panels side by side; `height` in inches."""
    from matplotlib.figure import Figure  # not pyplot: no window, no global state

    figure = Figure(figsize=(3.6 * columns, height), layout="constrained")
    return figure, figure.subplots(1, columns)


def _band(axes: Any, x: np.ndarray, values: np.ndarray, color: str, **look: Any) -> None:
    mean, half = over_seeds(values)
    axes.plot(x, mean, color=color, linewidth=1.4, **look)
    axes.fill_between(x, mean - half, mean + half, color=color, alpha=0.2, linewidth=0)


def save(figure: Any, path: Path) -> None:
    """Write a figure in the look of all."""
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.2, linewidth=0.5)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=130)
