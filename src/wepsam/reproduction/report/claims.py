"""The findings of the studies in short. Every number, and every "ahead" and "behind", comes from the results."""

from collections.abc import Callable, Iterable, Mapping

from wepsam.reproduction.report.outcomes import (
    DEEPER,
    PLATEAU,
    Arm,
    Arms,
    Difference,
    Outcome,
    by_share,
    deeper_pairs,
    difference,
    ensemble_pairs,
    five_layer,
    more_gain,
    needed,
    over_seeds,
    share_needed,
)


def in_short(outcomes: Mapping[str, Arms]) -> str:
    """A Markdown list with a paragraph for each study that has results."""
    return "\n".join(f"- {claim(outcomes[study])}" for study, claim in CLAIMS.items() if study in outcomes)


def fixation_claim(arms: Arms) -> str:
    """The study "labels"."""
    random, weak, as_long = (by_share(arms, start) for start in ("random", "weak", "weak-as-long"))
    random_cc = [arm.mean("cc") for arm in random.values()]
    few, some = (
        (arm.training_pictures, share_needed(random, random_cc, arm.mean("cc")) / share)
        for share, arm in weak.items()
        if share in (min(weak), 0.1)
    )
    return (
        f"**Labels.** With {few[0]:,} fixation pictures, a random start needs {few[1]:.1f} times as many to match the "
        f"pre-trained start; with {some[0]:,}, it needs {some[1]:.1f} times as many. At equal compute, the pre-trained "
        f"start is {_verdicts(weak, random)} pictures. Fine-tuned for as long as the random start, with the "
        f"pre-training on top, it is {_verdicts(as_long, random)}. (In brackets: differences in CC.)"
        + _ensemble_claim(arms)
    )


def _ensemble_claim(arms: Arms) -> str:
    """Whether the better teacher makes the better student."""
    verdicts = _listed(ensemble_pairs(arms))
    return f" With the ensemble as the teacher instead of GBVS, it is {verdicts} pictures." if verdicts else ""


def convergence_claim(arms: Arms) -> str:
    """The study "convergence"."""

    def end(name: str, column: str, digits: int) -> str:
        mean, half = over_seeds(arms[name].curve(column)[1][:, -1])
        return f"{mean:.{digits}f} ± {half:.{digits}f}"

    weak, random, longer = (
        f"{end(name, 'validation_loss', 4)} (CC {end(name, 'validation_cc', 3)})"
        for name in ("weak", "random", "random-longer")
    )
    return (
        f"**Convergence.** After the same fine-tuning, the pre-trained network has a validation loss of {weak} and the "
        f"random start one of {random}. With the compute of both steps, the random start reaches {longer}."
    )


def plateau_claim(arms: Arms) -> str:
    """The study "plateau"."""
    weak, people, pretrained = (_left(arms[name].runs[0]) for name in ("rate-0.3", "people", "people-from-weak"))
    diverged = sum(arm.runs[0].about["ended"] != "done" for arm in arms.values())
    return (
        "**The paper's start and rate.** From N(0, .01) at a rate of 0.3, a network first learns the mean map, and "
        f"nothing about the pictures. On weak labels it {weak}. On human fixations it {people}; a network that was "
        f"pre-trained on weak labels {pretrained}. (A network has left the plateau when its validation loss is below "
        f"{PLATEAU:.0%} of the mean map's.) Of {len(arms)} ways to train, with rates up to 3, {diverged or 'none'} "
        "diverged."
    )


def selection_claim(arms: Arms) -> str:
    """The study "selection"."""
    base, others = arms["lowest-half"], ("random-half", "highest-half", "teacher-128")
    changes = (difference(arms[name], base, "cc") for name in others)
    random, highest, small = map(_interval, changes)
    return (
        "**Which photographs, which teacher.** The base is the paper's rule, the half of lowest entropy. A random half "
        f"changes the CC after fine-tuning by {random}, the half of highest entropy by {highest}, and a teacher that "
        f"sees 128 px, as in the paper, instead of 512 px by {small}."
    )


def deeper_claim(arms: Arms) -> str:
    """The study "deeper"."""
    pairs = {network: pair for (share, network), pair in deeper_pairs(arms).items() if share == 0.1}
    five = pairs[DEEPER["five-layer"]]
    gains = [f"of {network} by {_interval(difference(*pair, 'cc'))}" for network, pair in pairs.items()]
    more = []
    for network in list(DEEPER.values())[1:]:
        change = more_gain(pairs[network], five, "cc")
        more.append(f"{network} gains {BEYOND[verdict(change)]} ({_interval(change)})")
    return (
        f"**Deeper networks.** From a random start, with {five[0].training_pictures:,} fixation pictures and at equal "
        f"compute, weak pre-training changes the CC {_and(gains)}. Beside the five layers, {_and(more)}."
    )


def efficiency_claim(arms: Arms) -> str:
    """The study "efficiency"."""
    five = five_layer(arms)
    light = by_share(five, "light")
    needs, unclear, changes, seeds = [], [], [], [len(arm.runs) for arm in light.values()]
    for share, arm in light.items():
        random = {other: base.first(len(arm.runs)) for other, base in by_share(five, "random").items()}
        if times := needed(random, share, arm):
            needs.append(f"{times} with {arm.training_pictures:,}")
        else:
            unclear.append(f"{arm.training_pictures:,}")
        changes.append(f"by {_interval(difference(arm, random[share], 'cc'))} with {arm.training_pictures:,}")
    return (
        "**A teacher that learned from the same labels.** The light network, from ImageNet's encoder, learns from the "
        "fixation pictures and then labels the photographs. At equal compute, its student differs in CC from a random "
        f"start (seeds: {_from_to(seeds)}) {_and(changes)} pictures, so a random start needs {_and(needs)}. "
        + (f"With {_and(unclear)} it is worse than with fewer, so nothing is said there. " if unclear else "")
        + f"Against the student of GBVS it is "
        f"{_listed((arm, five[f'weak-{share:g}']) for share, arm in light.items())}."
    )


CLAIMS: dict[str, Callable[[Arms], str]] = {
    "labels": fixation_claim,
    "convergence": convergence_claim,
    "plateau": plateau_claim,
    "selection": selection_claim,
    "deeper": deeper_claim,
    "efficiency": efficiency_claim,
}
# What a network gains beyond another one, by the verdict on the difference.
BEYOND = {"ahead": "more", "behind": "less", "indistinguishable": "about as much"}


def verdict(change: Difference) -> str:
    """Whether an arm is ahead of its base: only if the interval over pictures excludes 0 and all seeds agree."""
    if change.low > 0 and change.least > 0:
        return "ahead"
    return "behind" if change.high < 0 and change.most < 0 else "indistinguishable"


def _interval(change: Difference) -> str:
    return f"{change.mean:+.3f} [{change.low:+.3f}, {change.high:+.3f}]"


def _verdicts(arms: Mapping[float, Arm], base: Mapping[float, Arm]) -> str:
    return _listed((arm, base[share]) for share, arm in arms.items())


def _listed(pairs: Iterable[tuple[Arm, Arm]]) -> str:
    """Arms against their bases: "ahead with 45 (+0.087) and 90 (+0.047), behind with 2,248 (-0.014)"."""
    counts: dict[str, list[str]] = {}
    for arm, base in pairs:
        change = difference(arm, base, "cc")
        counts.setdefault(verdict(change), []).append(f"{arm.training_pictures:,} ({change.mean:+.3f})")
    return ", ".join(f"{word} with {_and(texts)}" for word, texts in counts.items())


def _from_to(counts: list[int]) -> str:
    return " to ".join(map(str, sorted({min(counts), max(counts)})))


def _and(texts: list[str]) -> str:
    return " and ".join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else texts[0]


def _left(run: Outcome) -> str:
    if run.left_plateau is None:
        return f"does not leave this plateau within {run.steps:,} steps"
    return f"leaves this plateau after {run.left_plateau:,} steps"
