"""The two steps of the paper: pre-train on weak labels, fine-tune on human fixations."""

from collections.abc import Sequence
from pathlib import Path

import torch

from wepsam.datasets import FixationDataset
from wepsam.files import PathOrUrl
from wepsam.networks.paper import INPUT_SIZE, PaperConfig, PaperNet
from wepsam.training import batches
from wepsam.training.checkpoint import load_weights
from wepsam.training.loop import Run, train
from wepsam.training.settings import SETTINGS, TrainSettings


def pretrain(
    weak: PathOrUrl,
    out: str | Path,
    *,
    keep: float = 100_000,
    network: PaperConfig | None = None,
    settings: TrainSettings = SETTINGS["shipped"][0],
) -> Run:
    """Step 1: learn the teacher's maps of unannotated photographs.

    Args:
        weak: a folder that `label` made, or its URL.
        out: the run's folder; an interrupted run goes on.
        keep: how many maps, those of lowest entropy (the paper: 100,000), or a share up to 1.0.
        network: the architecture; by default the paper's, from a start that learns at once (init="he").
        settings: by default those of the shipped weights; `SETTINGS["paper"][0]` for the paper's.
    """
    training, validation = batches.from_store(weak, keep)
    return train(_fresh(network, settings), training, validation, settings, out, start="random")


def finetune(
    start: str | Path | None,
    datasets: Sequence[FixationDataset],
    out: str | Path,
    *,
    validation: Sequence[FixationDataset] = (),
    network: PaperConfig | None = None,
    settings: TrainSettings = SETTINGS["shipped"][1],
) -> Run:
    """Step 2: learn where people looked.

    Args:
        start: a checkpoint or run folder of step 1; None for a random start.
        datasets: to learn from, all mixed. Without `validation`, their "train" splits.
        out: the run's folder; an interrupted run goes on.
        validation: to choose the best weights by; by default the "validation" splits of `datasets`.
        network: the architecture of a random start; a checkpoint brings its own.
        settings: by default those of the shipped weights; `SETTINGS["paper"][1]` for the paper's.
    """
    if not validation:
        validation = [part for d in datasets if len(part := d.split("validation"))]
        datasets = [d.split("train") for d in datasets]
        if not validation:
            raise ValueError("none of these datasets has validation pictures; name some to choose the best weights by")
    if start is None:
        net, origin = _fresh(network, settings), "random"
    else:
        net, about = load_weights(start)
        origin = f"{about['training'][0]}, step {about['step']}"
    # Resized as in prediction, not by way of the larger square that leaves room to zoom in.
    judged = batches.from_datasets(validation, size=INPUT_SIZE)
    return train(net, batches.from_datasets(datasets), judged, settings, out, start=origin)


def _fresh(config: PaperConfig | None, settings: TrainSettings) -> PaperNet:
    return PaperNet(config or PaperConfig(init="he"), torch.Generator().manual_seed(settings.seed))
