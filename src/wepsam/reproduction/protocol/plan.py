"""The paper's two steps as settings, and what a part of them takes: pictures, steps, hours, memory, disk."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from wepsam import markdown
from wepsam.training.batches import Augmentation
from wepsam.training.recipes import RECIPES
from wepsam.training.settings import TrainSettings

# We have a twentieth of the paper's pictures, which repeat as often more. Unlike the paper's, they change each time.
REPEATED = Augmentation(geometry=0.6, color=0.6)
INTERVAL, VALIDATIONS = 25_000, 40  # pictures between two validations, at most; validations of a step, at least


@dataclass(frozen=True)
class Step:
    """A step of the paper.

    Attributes:
        title: what it is called.
        pictures: that the paper has for it.
        settings: the paper's, for pictures that repeat.
    """

    title: str
    pictures: int
    settings: TrainSettings

    @property
    def steps(self) -> int:
        """Steps of the optimizer at full length. A remainder that does not fill a batch is left out of each epoch."""
        return round(self.pictures // self.settings.batch_size * self.settings.epochs)

    @property
    def seen(self) -> int:
        """Pictures seen at full length, each as often as it is seen."""
        return self.steps * self.settings.batch_size

    def cut(self, fraction: Fraction) -> int:
        """Pictures seen at a fraction of the full length."""
        return round(self.seen * fraction)

    def on(self, pictures: int, fraction: Fraction, settings: TrainSettings) -> TrainSettings:
        """The settings for a training on so many pictures that sees a fraction of what the paper's network saw.

        The rate falls, and the momentum rises, over that fraction.
        """
        batch = min(settings.batch_size, pictures)
        epoch = pictures // batch * batch
        seen = max(batch, self.cut(fraction))
        return replace(settings, epochs=seen / epoch, validate_every=min(INTERVAL, seen / VALIDATIONS) / epoch)


# Step 1: the 100,000 maps of lowest entropy. Step 2: the training pictures of iSUN and SALICON.
PROTOCOL = (
    Step("step 1", 100_000, replace(RECIPES["paper"].pretrain, augmentation=REPEATED)),
    Step("step 2", 6_000 + 10_000, replace(RECIPES["paper"].finetune, augmentation=REPEATED)),
)
SEEN = sum(step.seen for step in PROTOCOL)


@dataclass(frozen=True)
class Measured:
    """What the first seconds on a machine show.

    Attributes:
        rate: pictures per second.
        memory: bytes, the most that the process has used.
        device_memory: bytes, the most of an accelerator; 0 without one.
        disk: bytes of the checkpoint and the best weights of a run.
    """

    rate: float
    memory: int
    device_memory: int
    disk: int


def plan_table(steps: Sequence[tuple[str, Step, int, TrainSettings]], fraction: Fraction, measured: Measured) -> str:
    """What is going to be done, in Markdown.

    Args:
        steps: the title, the paper's step, the number of pictures, and the settings of each training.
        fraction: of the paper's length.
        measured: on this machine.
    """
    rows, hours = [], 0.0
    for title, step, pictures, settings in steps:
        seen, epochs = step.cut(fraction), step.settings.epochs * float(fraction)
        hours += (takes := seen / measured.rate / 3600)
        numbers = (f"{seen / pictures:,.1f}", f"{epochs:,.1f}", f"{seen:,}", f"{seen // settings.batch_size:,}")
        rows.append([title, f"{pictures:,}", *numbers, f"{takes:,.2f}"])
    head = ["", "pictures", "times each", "epochs of the paper", "pictures seen", "steps", "hours"]
    part = "" if fraction == 1 else f" times {fraction}"
    device = f" and {measured.device_memory / 1e9:.1f} GB of the accelerator's" if measured.device_memory else ""
    disk = 2 * len(rows) * measured.disk  # a checkpoint is written beside the one that it replaces
    return (
        f"{markdown.table(head, rows)}\n\n"
        f"The paper's length{part}. {hours:,.1f} hours at {measured.rate:,.0f} pictures per second, measured just now. "
        f"Memory: {measured.memory / 1e9:.1f} GB{device}. Disk: {disk / 1e9:.1f} GB at most."
    )
