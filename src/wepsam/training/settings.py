"""How a stage is trained. The defaults are the paper's, or JuntingNet's where the paper is silent."""

import math
from dataclasses import dataclass, field

from wepsam.training.batches import Augmentation
from wepsam.training.losses import LOSSES

PRECISIONS = ("32-true", "bf16-mixed")


@dataclass(frozen=True)
class TrainSettings:
    """Everything that determines a run except the data, the network and the start weights.

    Attributes:
        epochs: passes over the pictures; 0.5 is half of one.
        batch_size: pictures.
        loss: a name in `losses.LOSSES`.
        balance: 0: each picture counts the same; 1: each dataset; 0.5: as the root of its size.
        optimizer: "sgd" with Nesterov momentum, or "adamw".
        learning_rate: first and last.
        encoder_rate: factor of the learning rate for pretrained weights (lite: the encoder).
        frozen: lite: stages of the encoder, and its stem, that stay fixed; 8: the decoder, too; 0: none.
        momentum: first and last, rising linearly (sgd only).
        schedule: of the falling learning rate: "linear" or "cosine".
        warmup: steps over which the learning rate first rises from 0.
        weight_decay: of the optimizer.
        dropout: share of the features that is dropped before each fully connected layer.
        average: decay per step of a running mean of the weights, which is validated and saved; 0: off.
        augmentation: changes of the pictures.
        accumulate: pieces of a batch whose gradients are added up: the same result, for less memory.
        precision: "32-true", or "bf16-mixed", about twice as fast.
        seed: of batches and changes.
        validate_every: epochs.
        patience: validations without a lower loss after which training stops; 0: never.
    """

    epochs: float = 500
    batch_size: int = 128
    loss: str = "mse"
    balance: float = 0.0
    optimizer: str = "sgd"
    learning_rate: tuple[float, float] = (0.3, 1e-4)
    encoder_rate: float = 1.0
    frozen: int = 0
    momentum: tuple[float, float] = (0.9, 0.999)
    schedule: str = "linear"
    warmup: int = 0
    weight_decay: float = 0.0
    dropout: float = 0.0
    average: float = 0.0
    augmentation: Augmentation = field(default_factory=Augmentation)
    accumulate: int = 1
    precision: str = "32-true"
    seed: int = 0
    validate_every: float = 1.0
    patience: int = 0

    def __post_init__(self) -> None:
        known = {
            "loss": LOSSES,
            "optimizer": ("sgd", "adamw"),
            "schedule": ("linear", "cosine"),
            "precision": PRECISIONS,
        }
        for name, choices in known.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} is {getattr(self, name)!r}; choose one of {', '.join(choices)}")
        at_least = dict.fromkeys(
            ("epochs", "warmup", "frozen", "encoder_rate", "weight_decay", "dropout", "average", "patience", "seed"), 0
        )
        for name, least in (at_least | {"batch_size": 1, "accumulate": 1}).items():
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}; expected {least} or more")
        for name in ("learning_rate", "momentum"):
            if len(getattr(self, name)) != 2:
                raise ValueError(f"{name} is {getattr(self, name)}; expected two values, the first and the last")
        if self.validate_every <= 0:
            raise ValueError(f"validate_every is {self.validate_every}; expected more than 0")
        if not 0 <= self.balance <= 1:
            raise ValueError(f"balance is {self.balance}; expected 0 to 1")
        for name in ("dropout", "average"):
            if getattr(self, name) >= 1:
                raise ValueError(f"{name} is {getattr(self, name)}; expected less than 1")

    def rate(self, step: int, steps: int) -> float:
        """The learning rate of a step.

        Args:
            step: counted from 0.
            steps: of the whole run.

        Returns:
            The rate.
        """
        first, last = self.learning_rate
        progress = step / max(1, steps - 1)
        if self.schedule == "cosine":
            progress = (1 - math.cos(math.pi * progress)) / 2
        return (first + (last - first) * progress) * min(1.0, (step + 1) / (self.warmup + 1))

    def momentum_at(self, step: int, steps: int) -> float:
        """The momentum of a step.

        Args:
            step: counted from 0.
            steps: of the whole run.

        Returns:
            The momentum.
        """
        first, last = self.momentum
        return first + (last - first) * step / max(1, steps - 1)
