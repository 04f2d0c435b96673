"""The study "protocol": how long the trainings were, where they ended, and what the paper's length would give."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from wepsam import markdown
from wepsam.evaluation.results import interval
from wepsam.reproduction.protocol.plan import PROTOCOL, SEEN
from wepsam.reproduction.report import charts
from wepsam.reproduction.report.extrapolation import PowerLaw, interval_after, through
from wepsam.reproduction.report.outcomes import Arm, Arms, Outcome
from wepsam.reproduction.studies import PROTOCOL_PARTS

STARTS = {"weak": charts.WEAK, "random": charts.RANDOM}
FITTED = 3  # lengths, the longest that were run, that determine the power law
CLOSE = 0.01  # in CC: as good as the paper's length
NAMES = {"loss": "lowest loss", "cc": "CC", "nss": "NSS"}
# What each training is, by the beginning of its arm's name.
KINDS = {"protocol": "step 1, on weak labels"} | {start: f"step 2, {title}" for start, (title, _) in STARTS.items()}
HUMAN = PROTOCOL[1]

Lengths = dict[int, Arm]  # by the number that divides the paper's length, ascending lengths


def by_length(arms: Mapping[str, Arm], start: str) -> Lengths:
    """The trainings of a start at the lengths that were run."""
    return {parts: arms[f"{start}-{parts}"] for parts in PROTOCOL_PARTS if f"{start}-{parts}" in arms}


def value(arm: Arm, measure: str) -> float:
    """What the best weights reach: the validation loss, or a score on the test pictures."""
    return float(arm.runs[0].log["validation_loss"].min()) if measure == "loss" else arm.mean(measure)


def law(lengths: Lengths, measure: str) -> PowerLaw | None:
    """The power law through the longest three.

    None if there are fewer, if the longest is still on the plateau, which says nothing about what comes after it, or
    if the changes do not shrink.
    """
    arms = list(lengths.values())[-FITTED:]
    if len(arms) < FITTED or arms[-1].runs[0].left_plateau is None:
        return None
    return through([value(arm, measure) for arm in arms])


def doublings_left(lengths: Lengths) -> float:
    """From the longest training to the paper's length."""
    return math.log2(min(lengths))


def protocol_table(arms: Arms) -> str:
    """The lengths that were run, then what is extrapolated from them. The arms of step 1 are those of "pre"."""
    rows = []
    for kind, title in KINDS.items():
        lengths = by_length(arms, kind)
        rows += [_row(parts, title, arm) for parts, arm in lengths.items()]
        if kind != "random":  # its pictures are those of "weak"
            rows.append(_mean_map_row(next(iter(lengths.values())).runs[0]))
    run = _first(arms)
    head = [
        "training", "of the paper's length", "pictures seen", "steps", "left the plateau after", "loss at the end",
        "lowest loss", "CC", "NSS", "hours",
    ]  # fmt: skip
    return "\n\n".join(
        [
            _plan(arms),
            markdown.table(head, rows),
            f"One seed. Batches of {run.batch_size}. Loss in step 2: on {run.about['choosing'][-1]} validation "
            "pictures, which also choose the best weights. CC and NSS: of these weights, with the 95 % bootstrap "
            f"interval over pictures; in step 2 on {len(run.scores['cc'])} test pictures, in step 1 on held-out weak "
            "labels. Hours: of one core that other work shared, so no measure of speed.",
            _extrapolated(arms),
        ]
    )


def _plan(arms: Arms) -> str:
    """The paper's length beside our pictures, and its hours at the rate of the longest trainings."""
    rows = []
    for step, kind in zip(PROTOCOL, ("protocol", "weak"), strict=True):
        arm = list(by_length(arms, kind).values())[-1]
        rate = arm.runs[0].pictures_seen[-1] / _hours(arm.runs[0])
        seen = (step.settings.epochs, step.seen, step.steps, step.seen / arm.training_pictures, step.seen / rate)
        rows.append([step.title, *(f"{number:,.0f}" for number in (step.pictures, arm.training_pictures, *seen))])
    head = [
        "the paper", "its pictures", "ours", "epochs of its pictures", "pictures seen", "steps of 128",
        "each of ours is seen", "hours of one core",
    ]  # fmt: skip
    return markdown.table(head, rows)


def _first(arms: Arms) -> Outcome:
    """A run of step 2: what is said of its data holds for all of them."""
    return next(iter(by_length(arms, "weak").values())).runs[0]


def _row(parts: int, title: str, arm: Arm) -> list[str]:
    run = arm.runs[0]
    loss = run.log["validation_loss"]
    left = "not" if run.left_plateau is None else f"{run.left_plateau:,} steps"
    scores = [_with_interval(*interval(arm.scores(name).mean(0))) for name in ("cc", "nss")]
    losses = [f"{loss[-1]:.4f}", f"{loss.min():.4f}"]
    seen = f"{run.pictures_seen[-1]:,.0f}"
    return [title, f"1/{parts} ({1 / parts:.2%})", seen, f"{run.steps:,}", left, *losses, *scores, f"{_hours(run):.2f}"]


def _mean_map_row(run: Outcome) -> list[str]:
    """The mean of the training maps, the center bias of these pictures, as the answer for each picture."""
    scores = [_with_interval(*run.about["mean_map_scores"][name]) for name in ("cc", "nss")]
    loss = f"{run.about['mean_map_loss']:.4f}"
    return ["*the mean map (center bias)*", "", "", "", "", loss, loss, *scores, ""]


def _hours(run: Outcome) -> float:
    """Of a run, at the rate that it had; with its validations."""
    return float(run.pictures_seen[-1] / run.log["rate"][-1] / 3600)


def _with_interval(mean: float, low: float, high: float) -> str:
    return f"{mean:.3f} [{low:.3f}, {high:.3f}]"


def _extrapolated(arms: Arms) -> str:
    """A list: for each kind of training, the values at the paper's length and the shortest length close to it."""
    lines = []
    for kind, title in KINDS.items():
        lengths = by_length(arms, kind)
        if len(lengths) < FITTED:
            lines.append(f"- *{title}*: fewer than {FITTED} lengths were run, so nothing is extrapolated.")
            continue
        on_plateau = [arm.runs[0].left_plateau is None for arm in lengths.values()][-FITTED:]
        if on_plateau[-1]:
            lines.append(f"- *{title}*: the longest is still on the plateau, so nothing is extrapolated.")
            continue
        laws = {measure: law(lengths, measure) for measure in NAMES}
        texts = [_text(measure, found, lengths) for measure, found in laws.items() if found]
        if others := [NAMES[measure] for measure, found in laws.items() if not found]:
            texts.append(f"not {' or '.join(others)}, as the changes do not shrink from one doubling to the next")
        rough = " A rough guess: the shortest of the three is still on the plateau." if any(on_plateau) else ""
        lines.append(f"- *{title}*: {'; '.join(texts)}. {_shortest(lengths)}{rough}")
    return (
        "Extrapolated to the paper's length, by the power law through the longest three trainings of each kind. "
        "In brackets: the 95 % bootstrap interval over pictures.\n\n" + "\n".join(lines)
    )


def _text(measure: str, found: PowerLaw, lengths: Lengths) -> str:
    """The value at the paper's length with its interval, and what the shorter lengths foretold for the longest."""
    digits, left = 4 if measure == "loss" else 3, doublings_left(lengths)
    text = f"{NAMES[measure]} {found.after(left):.{digits}f}"
    if measure != "loss":
        scores = np.stack([arm.scores(measure).mean(0) for arm in lengths.values()][-FITTED:])
        ends = interval_after(scores, left)
        shown = "none: most resamples have no power law"
        if ends is not None:
            shown = ", ".join("open" if math.isinf(end) else f"{end:.{digits}f}" for end in ends)
        text += f" [{shown}]"
    values = [value(arm, measure) for arm in lengths.values()]
    if len(values) > FITTED and (earlier := through(values[-FITTED - 1 : -1])):
        text += f" (the three shorter lengths foretold {earlier.after(1):.{digits}f} for the longest, which has "
        text += f"{values[-1]:.{digits}f})"
    return text


def _shortest(lengths: Lengths) -> str:
    """The shortest length that ends where the paper's length would."""
    one, left = law(lengths, "cc"), doublings_left(lengths)
    if one is None:
        return "So only a longer training can say where it ends."
    parts = min(lengths) / 2 ** one.doublings_until(CLOSE, left)
    if parts <= 1:
        return f"No shorter length than the paper's comes within {CLOSE:g} of that CC."
    return (
        f"The shortest length within {CLOSE:g} of that CC is 1/{parts:.0f} of the paper's: "
        f"{round(SEEN / parts, -3):,.0f} pictures in both steps."
    )


def protocol_chart(arms: Arms, path: Path) -> None:
    """Fig. 2 of the paper over its own epochs: as far as run, then extrapolated."""
    figure, panels = charts.new_figure(2, 3.8)
    for axes, measure, title in zip(
        panels, ("loss", "cc"), ("validation loss (mean squared error)", "CC"), strict=True
    ):
        for start in STARTS:
            _curves(axes, by_length(arms, start), start, measure)
        axes.axvline(HUMAN.settings.epochs, color="0.6", linewidth=0.8, linestyle=":", zorder=0)
        axes.set(xscale="log", xlabel="epochs of the paper's step 2", title=title)
    run = _first(arms)
    for axes, center in zip(panels, (run.about["mean_map_loss"], run.about["mean_map_scores"]["cc"][0]), strict=True):
        axes.axhline(center, color="0.6", linewidth=0.8, linestyle="--", zorder=0)
        axes.annotate(
            "the mean map", (1, center), xycoords=("axes fraction", "data"), ha="right", va="bottom", fontsize=7
        )
    panels[1].legend(frameon=False, fontsize=7, loc="lower right", bbox_to_anchor=(1, 0.25))
    charts.save(figure, path)


def _curves(axes: Any, lengths: Lengths, start: str, measure: str) -> None:
    title, color = STARTS[start]
    for number, arm in enumerate(lengths.values(), 1):
        run = arm.runs[0]
        epochs = run.pictures_seen / HUMAN.pictures
        shade = 0.3 + 0.7 * number / len(PROTOCOL_PARTS)
        label = title if number == len(lengths) else None
        axes.plot(
            epochs[1:], run.log[f"validation_{measure}"][1:], color=color, alpha=shade, linewidth=1.2, label=label
        )
        axes.plot(epochs[-1], value(arm, measure), "o", color=color, alpha=shade, markersize=4)
    if found := law(lengths, measure):
        doublings = np.linspace(0, doublings_left(lengths), 50)
        x = epochs[-1] * 2**doublings
        y = [found.after(n) for n in doublings]
        axes.plot(x, y, "--", color=color, linewidth=1.2, label=f"{title}, extrapolated")
        axes.plot(x[-1], y[-1], "o", color=color, markerfacecolor="white", markersize=5)
