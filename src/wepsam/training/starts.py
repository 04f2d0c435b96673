"""Start weights: drawn at random, learned on ImageNet, or those of another network."""

import os
from collections.abc import Sequence
from pathlib import Path

import torch

from wepsam import cards
from wepsam.datasets import learned
from wepsam.deploy.from_onnx import from_onnx
from wepsam.hub import names
from wepsam.networks.base import Network, NetworkConfig
from wepsam.networks.build import NETWORKS, build
from wepsam.prediction.loading import models, weights_file
from wepsam.training.batches import AnyPairs, Batches
from wepsam.training.checkpoint import load_weights
from wepsam.training.recipes import RECIPES, Changes, Recipe, changed
from wepsam.training.settings import TrainSettings

Start = str | os.PathLike[str]
"""One of "random" and "imagenet", the name of shipped weights, an .onnx file, a checkpoint, or the folder of a run."""
FRESH = ("random", "imagenet")


def choose(
    start: Start, recipe: Recipe, changes: Changes, seed: int, weights: Start | None = None
) -> tuple[Network, str]:
    """The network that a recipe trains, with its start weights.

    Args:
        start: see `begin`.
        recipe: its network is built, or has to be of the same kind as the network of `start`.
        changes: of the recipe's network. A network that is loaded keeps its architecture, so it has to agree.
        seed: of a random start.
        weights: see `begin`.

    Returns:
        The network, and the origin of its weights for the record.

    Raises:
        ValueError: the start has another architecture.
    """
    network, origin = begin(start, changed(recipe.network, changes), seed, weights)
    if not is_fresh(start) and (wrong := _differences(network.config, changed(network.config, changes))):
        raise ValueError(f"{start} has {wrong}, which the network changes contradict; leave them out")
    return network, origin


def begin(start: Start, config: NetworkConfig, seed: int, weights: Start | None = None) -> tuple[Network, str]:
    """A network with its start weights.

    Args:
        start: "random"; "imagenet" for the encoder of the light network or of CNN-VLM; torchvision's .pth file for
            that of a deep network; a run folder or checkpoint; the name of a shipped model, or an .onnx file.
        config: the network to build. A network that is loaded is of this kind, has its own architecture and takes
            over the input size.
        seed: of a random start.
        weights: for start "imagenet", a file of the encoder's weights, if no package has them.

    Returns:
        The network, and the origin of its weights for the record.

    Raises:
        ValueError: `start` holds another kind of network, or cannot be read; the network has no ImageNet start; or the
            file of weights does not fit.
    """
    if _is_encoder(start) and weights is None:
        start, weights = "imagenet", start
    if weights is not None and start != "imagenet":
        raise ValueError(f"{weights} holds weights of an encoder, for the start imagenet, not {start}; choose one")
    if not is_fresh(start):
        network, origin = load(start)
        kind = NETWORKS[type(config)]
        if not isinstance(network, kind):
            fitting = [name for name, other in RECIPES.items() if isinstance(network.config, type(other.network))]
            raise ValueError(
                f"{start} holds {network.title}, the recipe trains {kind.title}; "
                f"choose recipe {' or '.join(fitting)} or another start"
            )
        network.config = network.config.with_input_of(config)
        return network, origin
    network = build(config, torch.Generator().manual_seed(seed))
    if start == "imagenet":
        network.load_imagenet(weights)
    return network, str(start) if weights is None else f"{start}, {Path(weights).name}"


def is_fresh(start: Start) -> bool:
    """Whether such a network has learned nothing about saliency: its weights are random, or those of an encoder."""
    return start in FRESH or _is_encoder(start)


def _is_encoder(start: Start) -> bool:
    return Path(start).suffix == ".pth" and not names.is_name(start)


def file_of(start: Start) -> Path:
    """The file of a shipped model by name, or of a model on the Hub; other starts are paths of a run or a file."""
    if names.is_name(start):
        from wepsam.hub import fetching

        return fetching.fetch(start, for_training=True)
    return weights_file(start) if start in models() else Path(start)


def load(start: Start) -> tuple[Network, str]:
    """The network of a run folder, a checkpoint, a shipped model (by name), a model on the Hub or an .onnx file.

    Returns:
        The network, and its origin in a few words.

    Raises:
        ValueError: there is none, or it is an .onnx file that cannot be read back.
    """
    path = file_of(start)
    if path.suffix == ".onnx":
        return from_onnx(path), str(names.of_file(path) or path.stem)
    network, about = load_weights(path)
    on_hub = names.of_file(path)
    return network, (f"{on_hub}: " if on_hub else "") + f"{about['training'][0]}, step {about['step']}"


def learned_from(start: Start) -> dict[str, str]:
    """The parts of datasets with fixations that start weights have learned from; {} for a fresh start."""
    if is_fresh(start):
        return {}
    path = file_of(start)
    if path.suffix == ".onnx":
        return learned.of_card(cards.read(path)) or {}
    return learned.of_record(load_weights(path)[1])


def prepare(
    network: Network, start: Start, training: Sequence[AnyPairs], settings: TrainSettings, sources: int = 1
) -> None:
    """Fit a network to the data that it is going to learn.

    Args:
        network: with its start weights.
        start: where these come from; a fresh start is calibrated on the first pictures.
        training: the pairs to learn.
        settings: of the training.
        sources: the number of kinds of fixations.
    """
    network.set_sources(sources)
    if is_fresh(start):
        pictures = Batches(training, 32, settings.augmentation, settings.seed)
        for number in range(min(network.calibration_batches, pictures.per_epoch)):
            network.calibrate(pictures[number][0], whole=start == "random")


def _differences(have: NetworkConfig, want: NetworkConfig) -> str:
    """The first field, as NAME=VALUE, in which a network differs from the description with the same input size."""
    have = have.with_input_of(want)
    return next((f"{name}={value}" for name, value in vars(have).items() if value != vars(want)[name]), "")
