"""Recipes: which network is trained, from which start, and how each of the two steps trains it.

The command line and Python name the same recipes and change them in the same way.
"""

import dataclasses
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from wepsam.networks.base import NetworkConfig
from wepsam.networks.cnn_vlm import CnnVlmConfig
from wepsam.networks.deep import DeepConfig
from wepsam.networks.lite import LiteConfig
from wepsam.networks.mr_cnn import MrCnnConfig
from wepsam.networks.paper import PaperConfig
from wepsam.training.batches import Augmentation
from wepsam.training.settings import TrainSettings

Changes = Iterable[str] | Mapping[str, Any]
"""Strings "NAME=VALUE", or values by name; NAME.FIELD goes one level deeper."""
T = TypeVar("T")


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes:
        network: the architecture and its random start.
        start: of step 1, and of a step 2 without step 1: "random", or "imagenet" for the light network's encoder.
        pretrain: the settings of step 1, on weak labels.
        finetune: the settings of step 2, on human fixations.
    """

    network: NetworkConfig
    start: str
    pretrain: TrainSettings
    finetune: TrainSettings


# The light network's first stages see edges and colors, which fixations cannot teach better than ImageNet.
_LITE = TrainSettings(
    batch_size=16, loss="kl_cc", optimizer="adamw", learning_rate=(1e-3, 0), encoder_rate=0.2, frozen=2,
    schedule="cosine", warmup=100, weight_decay=0.01, precision="bf16-mixed",
)  # fmt: skip

# Not the publication's settings (momentum, dropout 0.5): a run has to fit into an hour of one core. MR-CNN learns 30
# patches of each picture of a batch.
_MR_CNN = TrainSettings(
    epochs=3, batch_size=8, loss="logistic", optimizer="adamw", learning_rate=(1e-3, 0), schedule="cosine", warmup=100,
    weight_decay=0.01, dropout=0.2, average=0.998, precision="bf16-mixed", validate_every=0.5,
)  # fmt: skip

# Not the publication's settings (plain descent, one picture at a time, 20,000 steps), for the same reason.
_CNN_VLM = TrainSettings(
    epochs=1, batch_size=16, loss="surprise", optimizer="adamw", learning_rate=(2e-3, 0), schedule="cosine", warmup=50,
    precision="bf16-mixed", validate_every=0.25,
)  # fmt: skip

# The batches and the rate are those with which a random start of VGG-16, which has no normalization, learns at once.
_DEEP = TrainSettings(
    epochs=10, batch_size=32, loss="kl", optimizer="adamw", learning_rate=(3e-4, 0), schedule="cosine", warmup=200,
    weight_decay=0.01, average=0.998, augmentation=Augmentation(geometry=0.6, color=0.6), precision="bf16-mixed",
)  # fmt: skip

RECIPES: dict[str, Recipe] = {
    # The paper's own: it takes days, with 500 and 1200 epochs.
    "paper": Recipe(PaperConfig(), "random", TrainSettings(epochs=500), TrainSettings(epochs=1200)),
    "juntingnet": Recipe(
        PaperConfig(), "random", TrainSettings(epochs=500, learning_rate=(0.05, 1e-4)),
        TrainSettings(epochs=1200, learning_rate=(0.05, 1e-4)),
    ),
    # Made wepsam-paper (docs/explanation/log.md lists the alternatives). The paper's start would not learn in so few
    # epochs.
    "shipped": Recipe(
        PaperConfig(init="he"),
        "random",
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
    # Made wepsam-lite.
    "lite": Recipe(
        LiteConfig(),
        "imagenet",
        replace(_LITE, epochs=2, loss="kl", encoder_rate=0.5, validate_every=0.5),
        replace(_LITE, epochs=8, average=0.999, validate_every=0.5, augmentation=Augmentation(geometry=0.8, color=0.8)),
    ),
    "mr_cnn": Recipe(MrCnnConfig(), "random", _MR_CNN, _MR_CNN),
    "cnn_vlm": Recipe(CnnVlmConfig(), "imagenet", _CNN_VLM, _CNN_VLM),
    # The paper's future work: deeper networks under the same two steps.
    "vgg16": Recipe(DeepConfig("vgg16"), "random", _DEEP, _DEEP),
    "googlenet": Recipe(DeepConfig("googlenet"), "random", _DEEP, _DEEP),
}  # fmt: skip


def find(recipe: str | Recipe) -> Recipe:
    """The recipe of this name; a recipe is returned as it is.

    Raises:
        ValueError: no such recipe.
    """
    if isinstance(recipe, Recipe):
        return recipe
    if recipe not in RECIPES:
        raise ValueError(f"no recipe {recipe!r}; choose one of {', '.join(RECIPES)}")
    return RECIPES[recipe]


def changed(value: T, changes: Changes) -> T:
    """A copy of a frozen dataclass (settings, a network's description) with some fields replaced.

    Args:
        value: the dataclass.
        changes: "NAME=VALUE" strings, in which VALUE is JSON or plain text; or a mapping from names to values.
            NAME.FIELD changes a field of a field, such as augmentation.geometry.

    Raises:
        ValueError: no such field, or a value of another kind than the field's.
    """
    for name, new in _pairs(changes):
        value = _replaced(value, name, new)
    return value


def _pairs(changes: Changes) -> Iterable[tuple[str, Any]]:
    if isinstance(changes, Mapping):
        return changes.items()
    pairs = []
    for change in [changes] if isinstance(changes, str) else changes:
        name, equals, text = change.partition("=")
        if not equals:
            raise ValueError(f"{change!r} is not a change; expected NAME=VALUE, such as epochs=3")
        try:
            pairs.append((name, json.loads(text)))
        except ValueError:
            pairs.append((name, text))
    return pairs


def _replaced(value: T, name: str, new: Any) -> T:
    name, _, field = name.partition(".")
    names = [f.name for f in dataclasses.fields(value)]  # type: ignore[arg-type]
    if name not in names:
        raise ValueError(f"there is no {name!r} to change; choose one of {', '.join(names)}")
    old = getattr(value, name)
    if field and dataclasses.is_dataclass(old):
        new = _replaced(old, field, new)
    elif field:
        raise ValueError(f"{name} is {old!r} and has no field {field!r}; change {name} itself")
    new = tuple(new) if isinstance(new, list) else new
    if not _same_kind(old, new):
        raise ValueError(f"{name} is {old!r} by default; {new!r} is of another kind")
    return replace(value, **{name: new})  # type: ignore[type-var]


def _same_kind(old: Any, new: Any) -> bool:
    if isinstance(old, tuple):
        return isinstance(new, tuple) and len(old) == len(new) and all(map(_same_kind, old, new))
    if isinstance(old, bool) or isinstance(new, bool):
        return isinstance(old, bool) and isinstance(new, bool)
    return isinstance(new, int | float) if isinstance(old, int | float) else isinstance(new, type(old))
