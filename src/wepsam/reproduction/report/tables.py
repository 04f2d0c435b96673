"""Tables of the studies, in Markdown, from the files of results only."""

import numpy as np

from wepsam.reproduction.report import charts
from wepsam.reproduction.report.outcomes import (
    LEFT,
    METRICS,
    Arm,
    by_share,
    difference,
    labels_needed,
    over_seeds,
    pupils,
)

# Fig. 2 of the paper (iSUN + SALICON): loss at the start and after 400 epochs, training and validation.
FIG2 = {"weak": ((8.2e-3, 8.4e-3), (7.2e-3, 7.3e-3)), "random": ((10.6e-3, 9.6e-3), (7.7e-3, 7.8e-3))}


def convergence(arms: dict[str, Arm]) -> str:
    """Losses where the paper quotes them, of both, and CC and NSS at the end."""
    lines = [
        "| | training loss, start | validation loss, start | training loss, end | validation loss, end | CC, end | "
        "NSS, end | left the plateau after |",
        "|---" * 8 + "|",
    ]
    for name, (title, _) in charts.CURVES.items():
        cells = []
        # The training loss of the start is that of the pictures until the first validation after it.
        for column, place in (
            ("train_loss", 1), ("validation_loss", 0), ("train_loss", -1), ("validation_loss", -1),
            ("validation_cc", -1), ("validation_nss", -1),
        ):  # fmt: skip
            mean, half = over_seeds(arms[name].curve(column)[1][:, place])
            cells.append(f"{mean:.4f} ± {half:.4f}" if "loss" in column else f"{mean:.3f} ± {half:.3f}")
        left = [run.left for run in arms[name].runs if run.left is not None]
        steps = f"{min(left):,} to {max(left):,} steps, " if left else ""
        cells.append(f"{steps}{len(left)} of {len(arms[name].runs)} seeds")
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    for name, ((train, validation), (train_end, validation_end)) in FIG2.items():
        quoted = " | ".join(f"{loss:.4f}" for loss in (train, validation, train_end, validation_end))
        lines.append(f"| *the paper, iSUN + SALICON, {charts.CURVES[name][0]}* | {quoted} | | | |")
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
    """Scores by share of the labels, and how many labels a random start needs for the same; two ways to be fair."""
    random, weak, as_long = (by_share(arms, start) for start in ("random", "weak", "weak-as-long"))
    most = max(weak)
    tuned, longer = (f"{of[most].runs[0].seen[-1]:,.0f}" for of in (weak, as_long))
    return "\n\n".join(
        [
            "**Equal compute in all.** The random start may see as many pictures as pre-training and fine-tuning "
            "together.",
            _against(random, weak, charts.STARTS["weak"][0]),
            f"**Equal fine-tuning.** Both may see {longer} pictures with human fixations, where the pre-trained start "
            f"above sees {tuned}; the pre-training comes on top.",
            _against(random, as_long, charts.STARTS["weak-as-long"][0]),
            "**A better teacher.** Pre-trained and fine-tuned alike, under the ensemble's maps instead of GBVS'.",
            _taught(arms),
            f"{_seeds(arms)} seeds; {weak[most].judged} pictures that chose nothing. Differences are paired: "
            "mean [95 % bootstrap interval over pictures] and the range of the seeds' means. A run ends that gets no "
            "better.",
        ]
    )


def _against(random: dict[float, Arm], other: dict[float, Arm], title: str) -> str:
    """One start against the random one, at the shares that it has."""
    reached = [float(arm.scores("cc").mean()) for arm in random.values()]
    lines = [
        f"| fixation pictures | CC, {charts.STARTS['random'][0]} | CC, {title} | difference in CC | in NSS | in KL | "
        "a random start needs |",
        "|---" * 7 + "|",
    ]
    for share, arm in other.items():
        score = float(arm.scores("cc").mean())
        needs = labels_needed(random, reached, score) / share
        needs_text = f"more than {1 / share:.3g}x as many" if np.isinf(needs) else f"{needs:.1f}x as many"
        changes = [str(difference(arm, random[share], metric)) for metric in METRICS]
        base = float(random[share].scores("cc").mean())
        lines.append(
            f"| {share:.0%} ({arm.learnt:,}) | "
            + " | ".join([f"{base:.3f}", f"{score:.3f}", *changes, needs_text])
            + " |"
        )
    return "\n".join(lines)


def _taught(arms: dict[str, Arm]) -> str:
    """The pupil of the ensemble against that of GBVS; before and after fine-tuning."""
    lines = [
        "| fixation pictures | CC, GBVS' pupil | CC, the ensemble's | difference in CC | in NSS | in KL | "
        "CC before fine-tuning, GBVS' | the ensemble's |",
        "|---" * 8 + "|",
    ]
    for better, base in pupils(arms):
        scores = [f"{arm.scores('cc').mean():.3f}" for arm in (base, better)]
        changes = [str(difference(better, base, metric)) for metric in METRICS]
        before = [f"{arm.curve('validation_cc')[1][:, 0].mean():.3f}" for arm in (base, better)]
        lines.append(f"| {base.learnt:,} | " + " | ".join([*scores, *changes, *before]) + " |")
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
    lines.append(
        f"\n{_seeds(arms)} seeds; {base.judged} pictures that chose nothing; "
        f"equal numbers of pictures seen in step 1, then fine-tuning on {base.learnt} pictures. "
        "Differences are paired: mean [95 % bootstrap interval over pictures] and the range of the seeds' means."
    )
    return "\n".join(lines)


def _seeds(arms: dict[str, Arm]) -> str:
    return " to ".join(map(str, sorted({len(arm.runs) for arm in arms.values()})))


def encoder(arms: dict[str, Arm]) -> str:
    """Each start of the light network, and what weak pre-training changes under it."""
    lines = ["| start | CC | NSS | KL ↓ | weak pre-training changes CC | NSS | KL |", "|---" * 7 + "|"]
    for name, (title, _) in charts.ENCODER.items():
        scores = [f"{arms[name].scores(metric).mean():.3f}" for metric in METRICS]
        without = name.removesuffix("-weak")
        changes = [str(difference(arms[name], arms[without], m)) if name != without else "" for m in METRICS]
        lines.append(f"| {title} | " + " | ".join(scores + changes) + " |")
    base, weak = arms["imagenet"], arms["imagenet-weak"].runs[0]
    before = weak.about["job"]["start"]["pictures"]
    lines.append(
        f"\n{len(base.runs)} seeds; {base.learnt} pictures to learn from, {base.judged} that chose nothing. "
        f"{weak.seen[-1]:,.0f} pictures of fine-tuning after {before:,} of pre-training, "
        f"or {base.runs[0].seen[-1]:,.0f} of fine-tuning alone. Differences are paired: mean [95 % bootstrap interval "
        "over pictures] and the range of the seeds' means."
    )
    return "\n".join(lines)


def plateau(arms: dict[str, Arm]) -> str:
    """When each way of training leaves the loss of the mean map."""
    lines = ["| | loss of the mean map | left it after | loss at the end |", "|---|---|---|---|"]
    for name, title in PLATEAU.items():
        run = arms[name].runs[0]
        bound = run.about["mean_map_loss"]
        left = "not yet" if run.left is None else f"{run.left:,} steps" if run.left else "was never on it"
        end = f"{run.log['validation_loss'][-1]:.4f} after {run.steps:,} steps"
        if run.about["ended"] != "done":
            end = run.about["ended"].partition(":")[0]
        lines.append(f"| {title} | {bound:.4f} | {left} | {end} |")
    run = arms["rate-0.3"].runs[0]
    lines.append(
        f"\nOne seed. Constant rates, Nesterov momentum .9, batches of {run.batch}; validation loss every "
        f"{run.seen[1]:,.0f} pictures; left: at the first of two in a row below {LEFT:.0%} of what the mean of the "
        "training maps loses."
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
