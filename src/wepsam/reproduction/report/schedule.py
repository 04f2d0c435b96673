"""How far the studies' schedules are from the paper's: pictures, epochs, steps."""

from wepsam.reproduction.report.outcomes import Arm, Outcome
from wepsam.training.recipes import RECIPES
from wepsam.training.settings import TrainSettings

# The paper's steps: 100,000 maps of lowest entropy; iSUN's and SALICON's training pictures.
PAPER = (("step 1", 100_000), ("step 2", 6_000 + 10_000))
# The runs that stand for the studies' steps: what they are called here, study, arm.
OURS = (
    ("convergence, step 1", "pre", "squared"),
    ("convergence, step 2", "convergence", "weak"),
    ("labels and selection, step 1", "pre", "gbvs-512-lowest-0.5"),
    ("labels, step 2, equal compute", "labels", "weak-1"),
    ("labels, step 2, equal fine-tuning", "labels", "weak-as-long-1"),
    ("selection, step 2", "selection", "lowest-half"),
)


def schedule(known: dict[str, dict[str, Arm]]) -> str:
    """A row for each step, of the paper and of each study that has results."""
    seen = 0
    lines = [
        "| | pictures | epochs | pictures seen | steps | batch | loss | optimizer | rate | momentum |",
        "|---" * 10 + "|",
    ]
    paper = RECIPES["paper"]
    for (step, pictures), settings in zip(PAPER, (paper.pretrain, paper.finetune), strict=True):
        steps = int(pictures // settings.batch_size * settings.epochs)
        lines.append(_row(f"*the paper, {step}*", pictures, settings.epochs, steps, settings))
        seen += steps * settings.batch_size
    for title, study, arm in OURS:
        if arm in known.get(study, {}):
            lines.append(_measured(title, known[study][arm].runs[0]))
    runs = [run for arms in known.values() for arm in arms.values() for run in arm.runs]
    ours = sum(run.seen[-1] for run in runs)
    lines.append(
        f"\n{len(runs)} runs, the pre-trainings included, see {ours / 1e6:.1f} million pictures in all; the paper's "
        f"two steps, {seen / 1e6:.0f} million."
    )
    return "\n".join(lines)


def _measured(name: str, run: Outcome) -> str:
    told = run.about["job"]["settings"]
    kept = {key: told[key] for key in ("loss", "optimizer", "batch_size", "schedule")}
    rate, momentum = tuple(told["learning_rate"]), tuple(told["momentum"])
    settings = TrainSettings(**kept, learning_rate=rate, momentum=momentum)
    return _row(name, run.about["training"][-1], run.log["epoch"][-1], run.steps, settings)


def _row(name: str, pictures: int, epochs: float, steps: int, settings: TrainSettings) -> str:
    first, last = settings.learning_rate
    rate = f"{first:g}" if first == last else f"{first:g} to {last:g}, {settings.schedule}"
    begin, end = settings.momentum
    momentum = "" if settings.optimizer != "sgd" else f"{begin:g}" if begin == end else f"{begin:g} to {end:g}"
    cells = (
        name, f"{pictures:,}", f"{epochs:,.0f}" if epochs >= 100 else f"{epochs:.1f}",
        f"{steps * settings.batch_size:,}", f"{steps:,}", str(settings.batch_size),
        settings.loss, settings.optimizer, rate, momentum,
    )  # fmt: skip
    return "| " + " | ".join(cells) + " |"
