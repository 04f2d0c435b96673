"""The paper's two steps at their own length, as settings and as plain arithmetic."""

from dataclasses import dataclass, replace

from wepsam.training.batches import Augmentation
from wepsam.training.recipes import RECIPES
from wepsam.training.settings import TrainSettings

# Our pictures are a twentieth of the paper's and repeat as often more. Unlike the paper, we change them each time.
REPEATED = Augmentation(geometry=0.6, color=0.6)


@dataclass(frozen=True)
class Step:
    """A step of the paper.

    Attributes:
        title: what it is called.
        pictures: that the paper has for it.
        settings: the paper's, on pictures that repeat.
    """

    title: str
    pictures: int
    settings: TrainSettings

    @property
    def steps(self) -> int:
        """Optimizer steps at full length. A remainder that does not fill a batch is left out of each epoch."""
        return round(self.pictures // self.settings.batch_size * self.settings.epochs)

    @property
    def seen(self) -> int:
        """Pictures seen at full length."""
        return self.steps * self.settings.batch_size

    def cut(self, fraction: float) -> int:
        """Pictures seen at a fraction of the full length."""
        return round(self.seen * fraction)


# Step 1: the 100,000 maps of lowest entropy. Step 2: the training pictures of iSUN and SALICON.
PROTOCOL = (
    Step("step 1", 100_000, replace(RECIPES["paper"].pretrain, augmentation=REPEATED)),
    Step("step 2", 6_000 + 10_000, replace(RECIPES["paper"].finetune, augmentation=REPEATED)),
)
SEEN = sum(step.seen for step in PROTOCOL)
