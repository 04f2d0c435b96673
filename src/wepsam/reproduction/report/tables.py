"""The tables of the studies, in Markdown."""

from wepsam import markdown
from wepsam.reproduction.report import charts
from wepsam.reproduction.report.outcomes import (
    DEEPER,
    LIGHT,
    METRICS,
    PLATEAU,
    Arm,
    Arms,
    by_share,
    deeper_pairs,
    difference,
    ensemble_pairs,
    five_layer,
    more_gain,
    needed,
    over_seeds,
)

# Fig. 2 of the paper (iSUN + SALICON): loss at the start and after 400 epochs, training and validation.
FIG2 = {"weak": ((8.2e-3, 8.4e-3), (7.2e-3, 7.3e-3)), "random": ((10.6e-3, 9.6e-3), (7.7e-3, 7.8e-3))}
# The row titles of the study "plateau".
PLATEAU_ARMS = {
    "rate-0.1": "N(0, .01), rate 0.1, weak labels",
    "rate-0.3": "N(0, .01), rate 0.3 (the paper), weak labels",
    "rate-1": "N(0, .01), rate 1, weak labels",
    "rate-3": "N(0, .01), rate 3, weak labels",
    "float32": "rate 0.3 in float32 instead of bfloat16, weak labels",
    "momentum-0.99": "rate 0.3, momentum .99, weak labels",
    "head-juntingnet": "rate 0.3, JuntingNet's head, weak labels",
    "he-start": "He initialization, rate 0.3, weak labels",
    "people": "N(0, .01), rate 0.3, human fixations",
    "people-from-weak": "weakly pre-trained (the run of rate 0.3), rate 0.3, human fixations",
}
# The row titles of the study "selection".
SELECTION_ARMS = {
    "lowest-half": "the half of lowest entropy, 512 px (base)",
    "random-half": "a random half",
    "highest-half": "the half of highest entropy",
    "all": "all photographs, each seen half as often",
    "lowest-500": "the 500 of lowest entropy",
    "teacher-128": "teacher at 128 px",
    "graph": "teacher with the graph normalization",
}
PAIRED = (
    "Differences are paired: mean [95 % bootstrap interval over pictures] and the range of the means of single seeds."
)


def plateau_table(arms: Arms) -> str:
    """When each way of training leaves the loss of the mean map."""
    rows = []
    for name, title in PLATEAU_ARMS.items():
        run = arms[name].runs[0]
        left = run.left_plateau
        when = "not yet" if left is None else f"{left:,} steps" if left else "never on it"
        end = f"{run.log['validation_loss'][-1]:.4f} after {run.steps:,} steps"
        if run.about["ended"] != "done":
            end = markdown.escape(run.about["ended"].partition(":")[0])
        rows.append([title, f"{run.about['mean_map_loss']:.4f}", when, end])
    run = arms["rate-0.3"].runs[0]
    return _with_note(
        markdown.table(["", "loss of the mean map", "left the plateau after", "loss at the end"], rows),
        f"One seed. Constant rates, Nesterov momentum .9, batches of {run.batch_size}, validation every "
        f"{run.pictures_seen[1]:,.0f} pictures. A run has left the plateau at the first of two consecutive validations "
        f"with a loss below {PLATEAU:.0%} of the loss of the mean training map.",
    )


def convergence_table(arms: Arms) -> str:
    """The losses that the paper quotes, ours and the paper's; CC and NSS at the end; when the plateau was left."""
    head = [
        "", "training loss, start", "validation loss, start", "training loss, end", "validation loss, end", "CC, end",
        "NSS, end", "left the plateau after",
    ]  # fmt: skip
    rows = []
    for name, (title, _) in charts.CURVES.items():
        left = [run.left_plateau for run in arms[name].runs if run.left_plateau is not None]
        steps = f"{min(left):,} to {max(left):,} steps, " if left else ""
        rows.append([title, *_convergence_cells(arms[name]), f"{steps}{len(left)} of {len(arms[name].runs)} seeds"])
    for name, ((train, validation), (train_end, validation_end)) in FIG2.items():
        losses = [f"{loss:.4f}" for loss in (train, validation, train_end, validation_end)]
        rows.append([f"*the paper, iSUN + SALICON, {charts.CURVES[name][0]}*", *losses, "", "", ""])
    run = arms["weak"].runs[0]
    weak, longer = (arms[name].curve("step")[0][-1] for name in ("weak", "random-longer"))
    return _with_note(
        markdown.table(head, rows),
        f"{len(arms['weak'].runs)} seeds: mean ± half of the 95 % interval (Student's t over seeds). Fine-tuning sees "
        f"{weak:,.0f} pictures, the pre-training before it {longer - weak:,.0f}, both together {longer:,.0f}. Batches "
        f"of {run.batch_size}; {run.about['training'][-1]:,} training pictures and {run.about['choosing'][-1]} "
        "validation pictures, so the losses cannot be compared with the paper's. The mean of the training maps has a "
        f"loss of {run.about['mean_map_loss']:.4f}.",
    )


def _convergence_cells(arm: Arm) -> list[str]:
    cells = []
    # The first training loss is of the pictures between the start and the first validation after it.
    for column, place in (
        ("train_loss", 1), ("validation_loss", 0), ("train_loss", -1), ("validation_loss", -1),
        ("validation_cc", -1), ("validation_nss", -1),
    ):  # fmt: skip
        mean, half = over_seeds(arm.curve(column)[1][:, place])
        cells.append(f"{mean:.4f} ± {half:.4f}" if "loss" in column else f"{mean:.3f} ± {half:.3f}")
    return cells


def fixation_table(arms: Arms) -> str:
    """The study "labels": scores by share of the fixation pictures, in two fair comparisons; and a better teacher."""
    random, weak, as_long = (by_share(arms, start) for start in ("random", "weak", "weak-as-long"))
    most = max(weak)
    tuned, longer = (f"{start[most].runs[0].pictures_seen[-1]:,.0f}" for start in (weak, as_long))
    return "\n\n".join(
        [
            "**Equal compute.** The random start sees up to as many pictures as pre-training and fine-tuning together.",
            _against_random(random, weak, charts.STARTS["weak"][0]),
            f"**Equal fine-tuning.** Both starts see up to {longer} pictures with human fixations; in the table above, "
            f"the pre-trained start sees {tuned}. The pre-training comes on top.",
            _against_random(random, as_long, charts.STARTS["weak-as-long"][0]),
            "**A better teacher.** The same pre-training and fine-tuning, with maps of the ensemble instead of GBVS.",
            _ensemble_table(arms),
            f"{_seed_counts(arms)} seeds; {weak[most].test_pictures} test pictures. {PAIRED} A run ends early once it "
            "no longer improves.",
        ]
    )


def _against_random(random: dict[float, Arm], other: dict[float, Arm], title: str) -> str:
    """One start against the random start, at the shares that it has."""
    rows = []
    for share, arm in other.items():
        changes = [str(difference(arm, random[share], metric)) for metric in METRICS]
        pictures = f"{share:.0%} ({arm.training_pictures:,})"
        scores = [f"{start[share].mean('cc'):.3f}" for start in (random, other)]
        rows.append([pictures, *scores, *changes, needed(random, share, arm)])
    head = ["fixation pictures", f"CC, {charts.STARTS['random'][0]}", f"CC, {title}"]
    return markdown.table([*head, "difference in CC", "in NSS", "in KL", "a random start needs"], rows)


def _ensemble_table(arms: Arms) -> str:
    """The student of the ensemble against the student of GBVS, before and after fine-tuning."""
    rows = []
    for ensemble, gbvs in ensemble_pairs(arms):
        scores = [f"{arm.mean('cc'):.3f}" for arm in (gbvs, ensemble)]
        changes = [str(difference(ensemble, gbvs, metric)) for metric in METRICS]
        before = [f"{arm.curve('validation_cc')[1][:, 0].mean():.3f}" for arm in (gbvs, ensemble)]
        rows.append([f"{gbvs.training_pictures:,}", *scores, *changes, *before])
    head = [
        "fixation pictures", "CC, student of GBVS", "CC, student of the ensemble", "difference in CC", "in NSS",
        "in KL", "CC before fine-tuning, student of GBVS", "student of the ensemble",
    ]  # fmt: skip
    return markdown.table(head, rows)


def selection_table(arms: Arms) -> str:
    """What each change of step 1 is worth after fine-tuning, against the lowest half with labels at 512 px."""
    base = arms["lowest-half"]
    rows = []
    for name, title in SELECTION_ARMS.items():
        if name in arms:
            scores = [f"{arms[name].mean(metric):.3f}" for metric in METRICS]
            changes = [str(difference(arms[name], base, m)) if name != "lowest-half" else "" for m in METRICS]
            rows.append([title, *scores, *changes])
    return _with_note(
        markdown.table(["step 1 on", "CC", "NSS", "KL ↓", "difference in CC", "in NSS", "in KL"], rows),
        f"{_seed_counts(arms)} seeds; {base.test_pictures} test pictures; the same number of pictures seen in step 1, "
        f"then fine-tuning on {base.training_pictures} pictures. {PAIRED}",
    )


def encoder_table(arms: Arms) -> str:
    """Each start of the light network, and what weak pre-training changes."""
    rows = []
    for name, (title, _) in charts.ENCODER.items():
        scores = [f"{arms[name].mean(metric):.3f}" for metric in METRICS]
        without = name.removesuffix("-weak")
        changes = [str(difference(arms[name], arms[without], m)) if name != without else "" for m in METRICS]
        rows.append([title, *scores, *changes])
    base, weak = arms["imagenet"], arms["imagenet-weak"].runs[0]
    before = weak.about["job"]["start"]["pictures"]
    return _with_note(
        markdown.table(["start", "CC", "NSS", "KL ↓", "weak pre-training changes CC", "NSS", "KL"], rows),
        f"{len(base.runs)} seeds; {base.training_pictures} training pictures, {base.test_pictures} test pictures. "
        f"{weak.pictures_seen[-1]:,.0f} pictures of fine-tuning after {before:,} of pre-training, or "
        f"{base.runs[0].pictures_seen[-1]:,.0f} of fine-tuning alone. {PAIRED}",
    )


def deeper_table(arms: Arms) -> str:
    """What weak pre-training changes in each network, and whether it is more than in the paper's five layers."""
    pairs, rows = deeper_pairs(arms), []
    for (share, title), (weak, random) in pairs.items():
        five = pairs[share, DEEPER["five-layer"]]
        scores = [f"{arm.mean('cc'):.3f}" for arm in (random, weak)]
        changes = [str(difference(weak, random, metric)) for metric in METRICS]
        # The light network's pictures have their own shapes, and so another order.
        own = title in (LIGHT, DEEPER["five-layer"])
        more = "" if own else str(more_gain((weak, random), five, "cc"))
        rows.append([f"{share:.0%} ({weak.training_pictures:,})", title, *scores, *changes, more])
    run = five[0].runs[0]
    head = [
        "fixation pictures", "network", "CC, random start", "CC, weakly pre-trained", "difference in CC", "in NSS",
        "in KL", "difference in CC, beyond that of the five layers",
    ]  # fmt: skip
    return _with_note(
        markdown.table(head, rows),
        f"{_seed_counts({name: weak for (_, name), (weak, _) in pairs.items()})} seeds; {five[0].test_pictures} test "
        f"pictures. {run.pictures_seen[-1]:,.0f} pictures of fine-tuning after "
        f"{run.about['job']['start']['pictures']:,} of pre-training, or {five[1].runs[0].pictures_seen[-1]:,.0f} of "
        f"fine-tuning alone. {PAIRED}",
    )


def efficiency_table(arms: Arms) -> str:
    """The study "efficiency": the student of the light network beside GBVS' student and the random start."""
    five, rows = five_layer(arms), []
    for share, arm in by_share(five, "light").items():
        random, gbvs = ({s: a.first(len(arm.runs)) for s, a in by_share(five, k).items()} for k in ("random", "weak"))
        rows.append([
            f"{share:.0%} ({arm.training_pictures:,})", str(len(arm.runs)),
            *(f"{other.mean('cc'):.3f}" for other in (random[share], gbvs[share], arm)),
            *(str(difference(arm, random[share], metric)) for metric in METRICS), needed(random, share, arm),
            str(difference(arm, gbvs[share], "cc")), f"{arms[f'teacher-{share:g}'].mean('cc'):.3f}",
        ])  # fmt: skip
    head = [
        "fixation pictures", "seeds", "CC, random start", "CC, student of GBVS", "CC, student of the light network",
        "difference to the random start, in CC", "in NSS", "in KL", "a random start needs",
        "difference to the student of GBVS, in CC", "CC of the teacher",
    ]  # fmt: skip
    return _with_note(
        markdown.table(head, rows),
        f"{arm.test_pictures} test pictures. {PAIRED} The scores of the teacher are those of its own, finer maps.",
    )


def _with_note(table: str, note: str) -> str:
    return f"{table}\n\n{note}"


def _seed_counts(arms: Arms) -> str:
    return " to ".join(map(str, sorted({len(arm.runs) for arm in arms.values()})))
