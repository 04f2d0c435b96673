"""How far the schedules of the studies are from the paper's: pictures, epochs, steps."""

from collections.abc import Mapping

from wepsam import markdown
from wepsam.reproduction.protocol.plan import PROTOCOL, SEEN
from wepsam.reproduction.report.outcomes import Arms, Outcome
from wepsam.training.settings import TrainSettings

# The runs that stand for the steps of the studies: title, study, arm.
STUDY_STEPS = (
    ("convergence, step 1", "pre", "squared"),
    ("convergence, step 2", "convergence", "weak"),
    ("labels and selection, step 1", "pre", "gbvs-512-lowest-0.5"),
    ("labels, step 2, equal compute", "labels", "weak-1"),
    ("labels, step 2, equal fine-tuning", "labels", "weak-as-long-1"),
    ("selection, step 2", "selection", "lowest-half"),
    ("protocol at 1/1024, step 1", "pre", "protocol-1024"),
    ("protocol at 1/1024, step 2", "protocol", "weak-1024"),
)
HEAD = ["", "pictures", "epochs", "pictures seen", "steps", "batch", "loss", "optimizer", "rate", "momentum"]


def schedule_table(outcomes: Mapping[str, Arms]) -> str:
    """A row for each step of the paper, and of each study that has results."""
    rows = [
        _row(f"*the paper, {step.title}*", step.pictures, step.settings.epochs, step.steps, step.settings)
        for step in PROTOCOL
    ]
    for title, study, arm in STUDY_STEPS:
        if arm in outcomes.get(study, {}):
            rows.append(_study_row(title, outcomes[study][arm].runs[0]))
    runs = [run for arms in outcomes.values() for arm in arms.values() for run in arm.runs]
    pictures_seen = sum(run.pictures_seen[-1] for run in runs)
    return (
        f"{markdown.table(HEAD, rows)}\n\n{len(runs)} runs, pre-trainings included, see {pictures_seen / 1e6:.1f} "
        f"million pictures in all. The paper's two steps see {SEEN / 1e6:.0f} million."
    )


def _study_row(title: str, run: Outcome) -> list[str]:
    saved = run.about["job"]["settings"]
    settings = TrainSettings(
        **{name: saved[name] for name in ("loss", "optimizer", "batch_size", "schedule")},
        learning_rate=tuple(saved["learning_rate"]),
        momentum=tuple(saved["momentum"]),
    )
    return _row(title, run.about["training"][-1], run.log["epoch"][-1], run.steps, settings)


def _row(title: str, pictures: int, epochs: float, steps: int, settings: TrainSettings) -> list[str]:
    first, last = settings.learning_rate
    rate = f"{first:g}" if first == last else f"{first:g} to {last:g}, {settings.schedule}"
    begin, end = settings.momentum
    momentum = "" if settings.optimizer != "sgd" else f"{begin:g}" if begin == end else f"{begin:g} to {end:g}"
    return [
        title, f"{pictures:,}", f"{epochs:,.0f}" if epochs >= 100 else f"{epochs:.1f}",
        f"{steps * settings.batch_size:,}", f"{steps:,}", str(settings.batch_size),
        settings.loss, settings.optimizer, rate, momentum,
    ]  # fmt: skip
