"""What the studies say in short. The numbers, and which arm is ahead, come from the files of results."""

from collections.abc import Callable, Iterable

from wepsam.reproduction.report.outcomes import (
    LEFT,
    Arm,
    Difference,
    Outcome,
    by_share,
    difference,
    labels_needed,
    over_seeds,
    pupils,
)

Arms = dict[str, Arm]


def in_short(known: dict[str, Arms]) -> str:
    """A paragraph for each study that has results, as a list."""
    return "\n".join(f"- {claim(known[study])}" for study, claim in CLAIMS.items() if study in known)


def labels(arms: Arms) -> str:
    random, weak, as_long = (by_share(arms, start) for start in ("random", "weak", "weak-as-long"))
    reached = [float(arm.scores("cc").mean()) for arm in random.values()]
    few, some = (
        (arm.learnt, labels_needed(random, reached, float(arm.scores("cc").mean())) / share)
        for share, arm in weak.items()
        if share in (min(weak), 0.1)
    )
    return (
        f"**Labels.** With {few[0]:,} fixation pictures a random start needs {few[1]:.1f} times as many to be as good "
        f"as the pre-trained one, with {some[0]:,}, {some[1]:.1f} times. At equal compute in all, the pre-trained one "
        f"is {_places(weak, random)} pictures. Fine-tuned as long as the random start, with the pre-training on top, "
        f"it is {_places(as_long, random)}. (In brackets: differences in CC.)" + _taught(arms)
    )


def _taught(arms: Arms) -> str:
    """Whether the pupil of the better teacher is the better pupil."""
    places = _listed(pupils(arms))
    return f" Under the ensemble's maps instead of GBVS' it is {places} pictures." if places else ""


def convergence(arms: Arms) -> str:
    def end(name: str, column: str, digits: int) -> str:
        mean, half = over_seeds(arms[name].curve(column)[1][:, -1])
        return f"{mean:.{digits}f} ± {half:.{digits}f}"

    weak, random, longer = (
        f"{end(name, 'validation_loss', 4)} (CC {end(name, 'validation_cc', 3)})"
        for name in ("weak", "random", "random-longer")
    )
    return (
        f"**Convergence.** After the same fine-tuning the pre-trained network has a validation loss of {weak}, the "
        f"random start one of {random}; with the compute of both steps the random start reaches {longer}."
    )


def plateau(arms: Arms) -> str:
    weak, people, started = (arms[name].runs[0] for name in ("rate-0.3", "people", "people-from-weak"))
    diverged = sum(arm.runs[0].about["ended"] != "done" for arm in arms.values())
    return (
        "**The paper's start and rate.** From N(0, .01) at a rate of 0.3 a network first learns the mean map, and "
        f"nothing of the pictures. On weak labels it leaves that plateau {_left(weak)}; on human fixations "
        f"{_left(people)}, and {_left(started)} if it comes from the weak labels. (Left: a validation loss below "
        f"{LEFT:.0%} of the mean map's.) Of {len(arms)} ways to train, with rates up to 3, {diverged or 'none'} "
        "diverged."
    )


def selection(arms: Arms) -> str:
    base, others = arms["lowest-half"], ("random-half", "highest-half", "teacher-128")
    changes = (difference(arms[name], base, "cc") for name in others)
    random, highest, small = (f"{found.mean:+.3f} [{found.low:+.3f}, {found.high:+.3f}]" for found in changes)
    return (
        "**Which photographs, which teacher.** Against the half of lowest entropy, the paper's rule, a random half "
        f"changes the CC after fine-tuning by {random}, the half of highest entropy by {highest}, and a teacher that "
        f"sees 128 px, as the paper's does, instead of 512 by {small}."
    )


CLAIMS: dict[str, Callable[[Arms], str]] = {
    "labels": labels,
    "convergence": convergence,
    "plateau": plateau,
    "selection": selection,
}


def verdict(found: Difference) -> str:
    """Of an arm against its base: only what the interval over pictures and all seeds agree on."""
    if found.low > 0 and found.least > 0:
        return "ahead"
    return "behind" if found.high < 0 and found.most < 0 else "not to be told apart"


def _places(arms: dict[float, Arm], base: dict[float, Arm]) -> str:
    return _listed((arm, base[share]) for share, arm in arms.items())


def _listed(pairs: Iterable[tuple[Arm, Arm]]) -> str:
    """Where it is ahead, behind or neither: "ahead on 45 (+0.087) and 90 (+0.047), behind on 2,248 (-0.014)"."""
    places: dict[str, list[str]] = {}
    for arm, base in pairs:
        found = difference(arm, base, "cc")
        places.setdefault(verdict(found), []).append(f"{arm.learnt:,} ({found.mean:+.3f})")
    return ", ".join(f"{word} on {_and(counts)}" for word, counts in places.items())


def _and(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _left(run: Outcome) -> str:
    return f"after {run.left:,} steps" if run.left is not None else f"not within {run.steps:,} steps"
