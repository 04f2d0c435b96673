"""The two steps of the paper: pre-train on weak labels, fine-tune on human fixations."""

import dataclasses
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import torch

from wepsam.datasets import FixationDataset
from wepsam.files import PathOrUrl
from wepsam.networks.build import Config, Network, build
from wepsam.networks.encoder import load_imagenet
from wepsam.networks.lite import LiteConfig, LiteNet
from wepsam.networks.mr_cnn import SIDES, MrCnn
from wepsam.networks.paper import PaperConfig
from wepsam.shapes import LEAST_AREA, input_shape
from wepsam.training import batches
from wepsam.training.checkpoint import load_weights
from wepsam.training.loop import Run, train
from wepsam.training.settings import SETTINGS, TrainSettings


def pretrain(
    weak: PathOrUrl,
    out: str | Path,
    *,
    keep: float = 100_000,
    start: str | Path | None = None,
    network: Config | None = None,
    settings: TrainSettings = SETTINGS["shipped"][0],
) -> Run:
    """Step 1: learn the teacher's maps of unannotated photographs.

    Args:
        weak: a folder that `label` made, or its URL.
        out: the run's folder; an interrupted run goes on.
        keep: how many maps, those of lowest entropy (the paper: 100,000), or a share up to 1.0.
        start: None for a random start; "imagenet" for the light network's encoder; or a checkpoint or run folder.
        network: the architecture of a fresh start; by default the paper's, from a start that learns at once
            (init="he").
        settings: by default those of the shipped weights; `SETTINGS["paper"][0]` for the paper's.
    """
    net, origin = begin(start, network, settings)
    training, validation = batches.from_store(weak, keep, shape_of=shape_of(net, enlarged=False))
    settle(net, start, training, settings)
    return train(net, training, validation, settings, out, start=origin)


def finetune(
    start: str | Path | None,
    datasets: Sequence[FixationDataset],
    out: str | Path,
    *,
    validation: Sequence[FixationDataset] = (),
    weak: PathOrUrl | None = None,
    keep: float = 1.0,
    network: Config | None = None,
    settings: TrainSettings = SETTINGS["shipped"][1],
) -> Run:
    """Step 2: learn where people looked.

    Args:
        start: a checkpoint or run folder of step 1; None for a random start; "imagenet" for the light network's
            encoder.
        datasets: to learn from, all mixed. Without `validation`, their "train" splits.
        out: the run's folder; an interrupted run goes on.
        validation: to choose the best weights by; by default the "validation" splits of `datasets`, the larger ones
            thinned out so that each counts about the same.
        weak: weak labels to learn along with the fixations, as if they were another dataset: those of a network that
            step 2 has already made, under which a student becomes better than its teacher (Xie et al., "Self-training
            with Noisy Student", 2020).
        keep: how many of them, as in `pretrain`.
        network: the architecture of a fresh start; a checkpoint brings its own, but for the area of the light one.
        settings: by default those of the shipped weights; `SETTINGS["paper"][1]` for the paper's.
    """
    if not validation:
        parts = [part for d in datasets if len(part := d.split("validation"))]
        validation = [part[:: len(part) // min(map(len, parts))] for part in parts]
        datasets = [d.split("train") for d in datasets]
        if not validation:
            raise ValueError("none of these datasets has validation pictures; name some to choose the best weights by")
    net, origin = begin(start, network, settings)
    # MR-CNN's pictures are large, and its settings do not zoom in.
    room = 1.0 if isinstance(net, MrCnn) else 1.25
    training = batches.from_datasets(datasets, shape_of(net, enlarged=False), room)
    if weak is not None:
        training += [
            dataclasses.replace(pairs, sources=pairs.sources + len(datasets), names=(*training[0].names, *pairs.names))
            for pairs in batches.from_store(weak, keep, shape_of=shape_of(net, enlarged=False))[0]
        ]
    # Resized as in prediction, not by way of the larger size that leaves room to zoom in.
    judged = batches.from_datasets(validation, shape_of(net), room=1)
    settle(net, start, training, settings, sources=len(datasets) + (weak is not None))
    return train(net, training, judged, settings, out, start=origin)


def shapes(area: int | None, enlarged: bool = True) -> Callable[[int, int], batches.Shape]:
    """(height, width) of a picture -> the shape in which a network sees it: of this area, or the paper's square.

    Learning from pictures enlarged beyond LEAST_AREA takes longer, and larger ones are understood without it
    (docs/log.md).
    """
    if area is None:
        return batches.square
    if enlarged:
        return partial(input_shape, area=area)
    return lambda height, width: input_shape(height, width, min(area, max(LEAST_AREA, height * width)))


def shape_of(network: Network, enlarged: bool = True) -> Callable[[int, int], batches.Shape]:
    """(height, width) of a picture -> the shape in which this network sees it."""
    if isinstance(network, MrCnn):
        return lambda height, width: (SIDES[0], SIDES[0])
    return shapes(network.config.area if isinstance(network, LiteNet) else None, enlarged)


def begin(start: str | Path | None, config: Config | None, settings: TrainSettings) -> tuple[Network, str]:
    """The network with its start weights, and where these are from."""
    if start is not None and start != "imagenet":
        net, about = load_weights(start)
        if isinstance(net, LiteNet) and isinstance(config, LiteConfig):
            net.config = dataclasses.replace(net.config, area=config.area)
        return net, f"{about['training'][0]}, step {about['step']}"
    net = build(config or PaperConfig(init="he"), torch.Generator().manual_seed(settings.seed))
    if start is None:
        return net, "random"
    if not isinstance(net, LiteNet):
        raise ValueError("this network has no ImageNet start; the light one has: --settings lite")
    load_imagenet(net.encoder, net.config.encoder)
    return net, "imagenet"


def settle(
    network: Network,
    start: str | Path | None,
    training: Sequence[batches.Pairs],
    settings: TrainSettings,
    sources: int = 1,
) -> None:
    """Fit the light network to what it will learn: so many kinds of fixations; a fresh start, to its first pictures."""
    if not isinstance(network, LiteNet):
        return
    if sources != network.config.sources:
        network.learn_from(sources)
    if start in (None, "imagenet"):
        stimuli, _, _ = batches.Batches(training, 32, settings.augmentation, settings.seed)[0]
        network.calibrate(stimuli, encoder=start is None)
