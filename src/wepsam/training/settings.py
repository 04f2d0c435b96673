"""How a stage is trained. The defaults are the paper's; where it is silent, JuntingNet's."""

import math
from dataclasses import dataclass, field, replace

from wepsam.training.batches import Augmentation
from wepsam.training.losses import LOSSES

PRECISIONS = ("32-true", "bf16-mixed")


@dataclass(frozen=True)
class TrainSettings:
    """Everything that decides a run but the data, the network and the start weights."""

    epochs: float = 500
    batch_size: int = 128  # pictures
    loss: str = "mse"  # a name in losses.LOSSES
    optimizer: str = "sgd"  # "sgd" with Nesterov momentum, or "adamw"
    learning_rate: tuple[float, float] = (0.3, 1e-4)  # first and last
    encoder_rate: float = 1.0  # of the learning rate, for a pre-trained encoder; with all frozen, the readout (lite)
    frozen: int = 0  # stages of the encoder left as they are, the stem too (lite only); 8: the decoder too; 0 = none
    momentum: tuple[float, float] = (0.9, 0.999)  # first and last, rising linearly (sgd only)
    schedule: str = "linear"  # how the learning rate falls: "linear" or "cosine"
    warmup: int = 0  # steps over which it first rises from 0
    weight_decay: float = 0.0
    dropout: float = 0.0  # share of the features dropped before each fully connected layer
    average: float = 0.0  # decay per step of the running mean of the weights that is validated and kept; 0 = off
    augmentation: Augmentation = field(default_factory=Augmentation)
    precision: str = "32-true"  # or "bf16-mixed", about twice as fast
    seed: int = 0
    validate_every: float = 1.0  # epochs
    patience: int = 0  # validations without a lower loss after which training stops; 0 = it never does

    def __post_init__(self) -> None:
        known = {
            "loss": LOSSES,
            "optimizer": ("sgd", "adamw"),
            "schedule": ("linear", "cosine"),
            "precision": PRECISIONS,
        }
        for name, choices in known.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} is one of {', '.join(choices)}, not {getattr(self, name)!r}")
        at_least = dict.fromkeys(
            ("epochs", "warmup", "frozen", "encoder_rate", "weight_decay", "dropout", "average", "patience", "seed"), 0
        )
        for name, least in (at_least | {"batch_size": 1}).items():
            if getattr(self, name) < least:
                raise ValueError(f"{name} is at least {least}, not {getattr(self, name)}")
        for name in ("learning_rate", "momentum"):
            if len(getattr(self, name)) != 2:
                raise ValueError(f"{name} is the first and the last value, not {getattr(self, name)}")
        if self.validate_every <= 0 or self.dropout >= 1 or self.average >= 1:
            raise ValueError("validate_every is above 0, dropout and average are below 1")

    def rate(self, step: int, steps: int) -> float:
        """Learning rate of a step (0-based) among `steps`."""
        first, last = self.learning_rate
        done = step / max(1, steps - 1)
        if self.schedule == "cosine":
            done = (1 - math.cos(math.pi * done)) / 2
        return (first + (last - first) * done) * min(1.0, (step + 1) / (self.warmup + 1))

    def momentum_at(self, step: int, steps: int) -> float:
        """Momentum of a step."""
        first, last = self.momentum
        return first + (last - first) * step / max(1, steps - 1)


# Of the light network. Its first stages see edges and colors, which fixations cannot teach better than ImageNet.
_LITE = TrainSettings(
    batch_size=16, loss="kl_cc", optimizer="adamw", learning_rate=(1e-3, 0), encoder_rate=0.2, frozen=2,
    schedule="cosine", warmup=100, weight_decay=0.01, precision="bf16-mixed",
)  # fmt: skip

# Of MR-CNN, whose batches are 30 patches of each picture.
_MR_CNN = TrainSettings(
    epochs=3, batch_size=8, loss="logistic", optimizer="adamw", learning_rate=(1e-3, 0), schedule="cosine", warmup=100,
    weight_decay=0.01, dropout=0.2, average=0.998, precision="bf16-mixed", validate_every=0.5,
)  # fmt: skip

# name -> (pre-training, fine-tuning)
SETTINGS: dict[str, tuple[TrainSettings, TrainSettings]] = {
    # As the paper has it. Bring time: 500 and 1200 epochs.
    "paper": (TrainSettings(epochs=500), TrainSettings(epochs=1200)),
    "juntingnet": (
        TrainSettings(epochs=500, learning_rate=(0.05, 1e-4)),
        TrainSettings(epochs=1200, learning_rate=(0.05, 1e-4)),
    ),
    # What the shipped weights were made with (docs/log.md says what else was tried).
    "shipped": (
        TrainSettings(
            epochs=45, batch_size=64, loss="kl", optimizer="adamw", learning_rate=(4e-4, 0), schedule="cosine",
            warmup=50, dropout=0.1, average=0.999, augmentation=Augmentation(geometry=0.6, color=0.6),
            precision="bf16-mixed", validate_every=3,
        ),
        TrainSettings(
            epochs=25, batch_size=64, loss="kl", optimizer="adamw", learning_rate=(4e-4, 0), schedule="cosine",
            warmup=50, weight_decay=0.02, dropout=0.3, average=0.999, precision="bf16-mixed",
            augmentation=Augmentation(geometry=0.7, color=0.7),
        ),
    ),
    "lite": (
        replace(_LITE, epochs=2, loss="kl", encoder_rate=0.5, validate_every=0.5),
        replace(_LITE, epochs=8, average=0.999, validate_every=0.5, augmentation=Augmentation(geometry=0.8, color=0.8)),
    ),
    # Not as the publication has it (momentum, dropout 0.5): less than an hour of one core has to do.
    "mr_cnn": (_MR_CNN, _MR_CNN),
}  # fmt: skip
