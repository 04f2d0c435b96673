"""Tables of the studies and of the paper, in Markdown, from the files of results only."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from wepsam.evaluation.comparison import NAMES, TITLES
from wepsam.evaluation.results import interval, read
from wepsam.evaluation.table import insert
from wepsam.reproduction import charts
from wepsam.reproduction.outcomes import METRICS, Arm, difference, labels_needed, over_seeds, read_study

# Fig. 2 of the paper (iSUN + SALICON): loss at the start and after 400 epochs, training and validation.
FIG2 = {"weak": ((8.2e-3, 8.4e-3), (7.2e-3, 7.3e-3)), "random": ((10.6e-3, 9.6e-3), (7.7e-3, 7.8e-3))}
# Table 1 of the paper, MIT300, as it quotes it.
TABLE1_COLUMNS = ("auc_judd", "auc_borji", "cc", "sim", "kl_div", "nss")
TABLE1 = {
    "WEPSAM": (0.80, 0.78, 0.51, 0.45, 1.01, 1.35),
    "MR-CNN": (0.79, 0.75, 0.48, 0.48, 1.08, 1.37),
    "CNN-VLM": (0.79, 0.79, 0.44, 0.43, 1.06, 1.18),
    "MKL": (0.78, 0.78, 0.42, 0.42, 1.10, 1.08),
    "RARE2012": (0.77, 0.75, 0.42, 0.46, 1.01, 1.15),
    "CAS": (0.74, 0.73, 0.36, 0.43, 1.06, 0.95),
    "LGS": (0.76, 0.76, 0.39, 0.42, 1.11, 1.02),
    "GNMS": (0.74, 0.67, 0.34, 0.42, 1.21, 0.97),
    "NARFI": (0.73, 0.61, 0.31, 0.38, 5.17, 0.83),
    "STC": (0.79, 0.78, 0.40, 0.39, 1.23, 0.97),
    "CIW": (0.70, 0.69, 0.27, 0.38, 1.23, 0.73),
}
ARMS = {
    "weak": "weakly pre-trained",
    "random": "random start",
    "random-longer": "random start, as much compute as both steps",
}


def report(studies: list[str], results: Path, into: Path) -> list[Path]:
    """Draw the figures beside a Markdown file and put the tables into its places.

    Args:
        studies: names in REPORTS.
        results: the folder that `reproduce` collected into.
        into: docs/reproduction.md; figures go into docs/reproduction/.

    Returns:
        What was written.

    Raises:
        ValueError: no such study, or the file has no place for a table.
        FileNotFoundError: a study has no results.
    """
    figures = into.with_suffix("")
    figures.mkdir(parents=True, exist_ok=True)
    written = [into]
    for study in studies:
        if study not in REPORTS:
            raise ValueError(f"there are reports of {', '.join(REPORTS)}, not of {study}")
        arms = read_study(results, study)
        table, draw = REPORTS[study]
        insert(into, study, table(arms))
        written.append(figures / f"{study}.png")
        draw(arms, written[-1])
    return written


def convergence(arms: dict[str, Arm]) -> str:
    """Losses where the paper quotes them, of both, and CC and NSS at the end."""
    lines = [
        "| | training loss, start | validation loss, start | training loss, end | validation loss, end | CC, end | "
        "NSS, end |",
        "|---" * 7 + "|",
    ]
    for name, title in ARMS.items():
        cells = []
        # The training loss of the start is that of the pictures until the first validation after it.
        for column, place in (
            ("train_loss", 1), ("validation_loss", 0), ("train_loss", -1), ("validation_loss", -1),
            ("validation_cc", -1), ("validation_nss", -1),
        ):  # fmt: skip
            mean, half = over_seeds(arms[name].curve(column)[1][:, place])
            cells.append(f"{mean:.4f} ± {half:.4f}" if "loss" in column else f"{mean:.3f} ± {half:.3f}")
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    for name, ((train, validation), (train_end, validation_end)) in FIG2.items():
        quoted = " | ".join(f"{loss:.4f}" for loss in (train, validation, train_end, validation_end))
        lines.append(f"| *the paper, iSUN + SALICON, {ARMS[name]}* | {quoted} | | |")
    run = arms["weak"].runs[0].about
    weak, longer = arms["weak"].curve("step")[0][-1], arms["random-longer"].curve("step")[0][-1]
    lines.append(
        f"\n{len(arms['weak'].runs)} seeds, mean ± half of the 95 % interval (Student's t over seeds). "
        f"{weak:,.0f} pictures of fine-tuning, {longer - weak:,.0f} of pre-training before it or {longer:,.0f} in all; "
        f"batches of {arms['weak'].runs[0].batch}, {run['training'][-1]:,} pictures to learn from and "
        f"{run['choosing'][-1]} to validate on, which the paper's numbers are not comparable with. "
        f"The mean of the training maps would lose {run['mean_map_loss']:.4f}."
    )
    return "\n".join(lines)


def labels(arms: dict[str, Arm]) -> str:
    """Scores by share of the labels, and how many labels a random start needs for the same."""
    shares = sorted({float(name.partition("-")[2]) for name in arms})
    by_start = {start: [arms[f"{start}-{share:g}"] for share in shares] for start in ("random", "weak")}
    lines = [
        "| fixation pictures | CC, random start | CC, weakly pre-trained | difference in CC | in NSS | in KL | "
        "a random start needs |",
        "|---" * 7 + "|",
    ]
    means = {start: [float(arm.scores("cc").mean()) for arm in line] for start, line in by_start.items()}
    for i, share in enumerate(shares):
        random, weak = by_start["random"][i], by_start["weak"][i]
        needs = labels_needed(shares, means["random"], means["weak"][i]) / share
        needs_text = f"more than {1 / share:.3g}x" if np.isinf(needs) else f"{needs:.1f}x as many"
        lines.append(
            f"| {share:.0%} ({weak.runs[0].about['training'][-1]:,}) | "
            f"{means['random'][i]:.3f} | {means['weak'][i]:.3f} | "
            + " | ".join(str(difference(weak, random, metric)) for metric in METRICS)
            + f" | {needs_text} |"
        )
    first = by_start["weak"][0].runs[0]
    lines.append(
        f"\n{len(by_start['weak'][0].runs)} seeds; {len(first.datasets)} pictures that chose nothing. Differences are "
        "paired: mean [95 % bootstrap interval over pictures] and the range of the seeds' means. A random start may "
        "see as many pictures as pre-training and fine-tuning together; a run ends that gets no better."
    )
    return "\n".join(lines)


def selection(arms: dict[str, Arm]) -> str:
    """What each change of step 1 is worth after fine-tuning, against the lowest half of 512 px labels."""
    names = {
        "lowest-half": "the half of lowest entropy, 512 px (base)",
        "random-half": "a random half",
        "highest-half": "the half of highest entropy",
        "all": "all, each half as often",
        "lowest-500": "the 500 of lowest entropy",
        "teacher-128": "teacher at 128 px",
        "graph": "teacher with the graph normalization",
    }
    base = arms["lowest-half"]
    lines = ["| step 1 on | CC | NSS | KL ↓ | difference in CC | in NSS | in KL |", "|---" * 7 + "|"]
    for name, title in names.items():
        if name not in arms:
            continue
        scores = [f"{arms[name].scores(metric).mean():.3f}" for metric in METRICS]
        changes = [str(difference(arms[name], base, m)) if name != "lowest-half" else "" for m in METRICS]
        lines.append(f"| {title} | " + " | ".join(scores + changes) + " |")
    seeds = sorted({len(arm.runs) for arm in arms.values()})
    lines.append(
        f"\n{' to '.join(map(str, seeds))} seeds; {len(base.runs[0].datasets)} pictures that chose nothing; "
        f"equal numbers of pictures seen in step 1, then fine-tuning on {base.runs[0].about['training'][-1]} pictures. "
        "Differences are paired: mean [95 % bootstrap interval over pictures] and the range of the seeds' means."
    )
    return "\n".join(lines)


LEFT = 0.95  # of the mean map's loss: below it a network has left the plateau


def plateau(arms: dict[str, Arm]) -> str:
    """When each way of training leaves the loss of the mean map."""
    lines = ["| | loss of the mean map | left it after | loss at the end |", "|---|---|---|---|"]
    for name, arm in arms.items():
        run = arm.runs[0]
        bound = run.about["mean_map_loss"]
        losses = run.log["validation_loss"]
        below = np.flatnonzero(losses < LEFT * bound)
        steps = int(run.log["step"][below[0]]) if len(below) else None
        left = "never" if steps is None else f"{steps:,} steps" if steps else "was never on it"
        end = f"{losses[-1]:.4f} after {int(run.log['step'][-1]):,} steps"
        if run.about["ended"] != "done":
            end = run.about["ended"].partition(":")[0]
        lines.append(f"| {PLATEAU.get(name, name)} | {bound:.4f} | {left} | {end} |")
    run = arms["rate-0.3"].runs[0]
    lines.append(
        f"\nOne seed. Constant rates, Nesterov momentum .9, batches of {run.batch}; validation loss every "
        f"{run.seen[1]:,.0f} pictures; left: below {LEFT:.0%} of what the mean of the training maps loses."
    )
    return "\n".join(lines)


PLATEAU = {
    "rate-0.1": "N(0, .01), rate 0.1, weak labels",
    "rate-0.3": "N(0, .01), rate 0.3 (the paper), weak labels",
    "rate-1": "N(0, .01), rate 1, weak labels",
    "rate-3": "N(0, .01), rate 3, weak labels",
    "float32": "rate 0.3 in float32 instead of bfloat16, weak labels",
    "momentum-0.99": "rate 0.3, momentum .99, weak labels",
    "head-juntingnet": "rate 0.3, JuntingNet's head, weak labels",
    "he-start": "He start, rate 0.3, weak labels",
    "people": "N(0, .01), rate 0.3, human fixations",
    "people-from-weak": "weakly pre-trained (the run of rate 0.3), rate 0.3, human fixations",
}

REPORTS: dict[str, tuple[Callable[[dict[str, Arm]], str], Callable[[dict[str, Arm], Path], None]]] = {
    "plateau": (plateau, charts.plateau),
    "convergence": (convergence, charts.convergence),
    "labels": (labels, charts.labels),
    "selection": (selection, charts.selection),
}


def table1(measured: list[Path]) -> str:
    """The paper's Table 1 as it quotes it, and beside it our rows, measured on the sets at hand.

    Args:
        measured: folders that `wepsam evaluate` wrote.
    """
    lines = ["| | on | " + " | ".join(TITLES.get(c, c) for c in TABLE1_COLUMNS) + " |", "|---" * 8 + "|"]
    for name, scores in TABLE1.items():
        lines.append(f"| *{name}* | *MIT300, quoted* | " + " | ".join(f"*{score:.2f}*" for score in scores) + " |")
    for folder in measured:
        for evaluation in read(folder):
            about = evaluation.about
            cells = []
            for column in TABLE1_COLUMNS:
                mean, low, high = interval(evaluation.scores(column)) if column in evaluation.metrics else (np.nan,) * 3
                cells.append("" if np.isnan(mean) else f"{mean:.3f} ± {(high - low) / 2:.3f}")
            name = NAMES.get(about["model"], about["model"])
            lines.append(f"| {name} | {about['dataset']} {about['split']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
