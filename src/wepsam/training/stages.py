"""The two steps of the paper: pre-train on weak labels, fine-tune on human fixations."""

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from wepsam.cores import usable
from wepsam.datasets import FixationDataset, open_dataset
from wepsam.files import PathOrUrl
from wepsam.training import batches, recipes, starts
from wepsam.training.devices import UNDIVIDED, Devices, Team, run
from wepsam.training.loop import Run, train
from wepsam.training.recipes import Changes, Recipe
from wepsam.training.starts import Start

Datasets = FixationDataset | str | Sequence[FixationDataset | str]
"""A dataset, or "NAME=FOLDER"; one or several."""


def pretrain(
    weak: PathOrUrl,
    out: str | os.PathLike[str],
    *,
    start: Start | None = None,
    keep: float = 100_000,
    recipe: str | Recipe = "shipped",
    changes: Changes = (),
    network: Changes = (),
    weights: str | os.PathLike[str] | None = None,
    memory: float = batches.MEMORY,
    workers: int = -1,
    devices: Devices = UNDIVIDED,
) -> Run:
    """Step 1: learn the teacher's maps of unannotated photographs.

    Args:
        weak: a folder that `label` made, or its URL.
        out: the run's folder; an interrupted run resumes.
        start: "random"; "imagenet" for the encoder of the light network or of CNN-VLM; a run folder or checkpoint; the
            name of a shipped model, or its .onnx file (only the light network's can be read back). None: the recipe's
            own start.
        keep: how many maps, those of lowest entropy (the paper: 100,000), or a share up to 1.0.
        recipe: a name in `recipes.RECIPES` (shipped, paper, juntingnet, lite, mr_cnn, cnn_vlm, vgg16,
            googlenet), or a `Recipe`.
        changes: of the recipe's settings for this step: "NAME=VALUE" strings as `--set` takes them, or a mapping.
        network: of the recipe's network: "NAME=VALUE" strings as `--network` takes them, or a mapping.
        weights: the file of an encoder's weights that no package has, for the start "imagenet": torchvision's vgg19 for
            CNN-VLM with encoder=vgg19.
        memory: in GB: labels that need more stay in the store until the training needs them, in another order than
            those that are held in memory (`batches.StoredPairs`).
        workers: processes that read them ahead, for each device; -1: the cores that training leaves free; 0: none.
        devices: the processes that divide each batch among them. If more than one is started here, a script needs
            `if __name__ == "__main__":` around the call, as multiprocessing does.

    Returns:
        The best weights, the log, and the lowest validation loss.

    Raises:
        ValueError: an unknown recipe or change, a start that does not fit the recipe, too few pictures, or `out` holds
            another run.
        FloatingPointError: training diverged.
        ChildProcessError: one of several processes was killed.
    """
    arguments = {
        "weak": weak, "out": out, "start": start, "keep": keep, "recipe": recipe, "changes": changes,
        "network": network, "weights": weights, "memory": memory, "workers": workers,
    }  # fmt: skip
    return cast(Run, run(_pretrain, arguments, devices))


def _pretrain(
    weak: PathOrUrl,
    out: str | os.PathLike[str],
    start: Start | None,
    keep: float,
    recipe: str | Recipe,
    changes: Changes,
    network: Changes,
    weights: str | os.PathLike[str] | None,
    memory: float,
    workers: int,
    team: Team,
) -> Run:
    """Step 1, in one of its processes."""
    chosen = recipes.find(recipe)
    settings = recipes.changed(chosen.pretrain, changes)
    start = chosen.start if start is None else start
    net, origin = starts.choose(start, chosen, network, settings.seed, weights)
    training, validation = batches.from_store(weak, net.config.training_shape, keep, memory=memory)
    starts.prepare(net, start, training, settings)
    return train(
        net, training, validation, settings, out, origin, starts.learned_from(start), team, _count(workers, team)
    )


def finetune(
    datasets: Datasets,
    out: str | os.PathLike[str],
    *,
    start: Start | None = None,
    validation: Datasets = (),
    weak: PathOrUrl | None = None,
    keep: float = 1.0,
    recipe: str | Recipe = "shipped",
    changes: Changes = (),
    network: Changes = (),
    memory: float = batches.MEMORY,
    workers: int = -1,
    devices: Devices = UNDIVIDED,
) -> Run:
    """Step 2: learn where people looked.

    Args:
        datasets: to learn from, all mixed: a dataset or "NAME=FOLDER", or several of them. Without `validation`, their
            "train" splits.
        out: the run's folder; an interrupted run resumes.
        start: a run folder or checkpoint of step 1, or anything else that `pretrain` takes.
        validation: datasets that select the best weights; by default the "validation" splits of `datasets`, the
            larger ones thinned out so that each counts about the same.
        weak: weak labels to learn along with the fixations, as another dataset. They should come from a network that
            step 2 made; a student then becomes better than its teacher (Xie et al., "Self-training with Noisy
            Student", 2020).
        keep: how many of them, as in `pretrain`.
        recipe: a name in `recipes.RECIPES`, or a `Recipe`.
        changes: of the recipe's settings for this step, as in `pretrain`.
        network: of the recipe's network, as in `pretrain`.
        memory: as in `pretrain`, for `weak`.
        workers: as in `pretrain`.
        devices: as in `pretrain`.

    Returns:
        The best weights, the log, and the lowest validation loss.

    Raises:
        ValueError: no validation pictures; two datasets have one name; otherwise as in `pretrain`.
        FloatingPointError: training diverged.
        ChildProcessError: one of several processes was killed.
    """
    arguments = {
        "datasets": datasets, "out": out, "start": start, "validation": validation, "weak": weak, "keep": keep,
        "recipe": recipe, "changes": changes, "network": network, "memory": memory, "workers": workers,
    }  # fmt: skip
    return cast(Run, run(_finetune, arguments, devices))


def _finetune(
    datasets: Datasets,
    out: str | os.PathLike[str],
    start: Start | None,
    validation: Datasets,
    weak: PathOrUrl | None,
    keep: float,
    recipe: str | Recipe,
    changes: Changes,
    network: Changes,
    memory: float,
    workers: int,
    team: Team,
) -> Run:
    """Step 2, in one of its processes."""
    chosen = recipes.find(recipe)
    settings = recipes.changed(chosen.finetune, changes)
    start = chosen.start if start is None else start
    training_sets, validation_sets = _opened(datasets), _opened(validation)
    if not validation_sets:
        parts = [part for d in training_sets if len(part := d.split("validation"))]
        validation_sets = [part[:: len(part) // min(map(len, parts))] for part in parts]
        training_sets = [d.split("train") for d in training_sets]
        if not validation_sets:
            raise ValueError("these datasets have no validation pictures; name datasets that select the best weights")
    net, origin = starts.choose(start, chosen, network, settings.seed)
    training: list[batches.AnyPairs] = [*batches.from_datasets(training_sets, net.config.training_shape, net.zoom_room)]
    if weak is not None:
        training += [
            replace(pairs, sources=pairs.sources + len(training_sets), names=(*training[0].names, *pairs.names))
            for pairs in batches.from_store(weak, net.config.training_shape, keep, memory=memory)[0]
        ]
    # Resized as in prediction, not by way of the larger size that leaves room to zoom in.
    held_out = batches.from_datasets(validation_sets, net.config.input_shape, room=1)
    starts.prepare(net, start, training, settings, sources=len(training_sets) + (weak is not None))
    return train(
        net, training, held_out, settings, out, origin, starts.learned_from(start), team, _count(workers, team)
    )


def _opened(datasets: Datasets) -> list[FixationDataset]:
    several = [datasets] if isinstance(datasets, FixationDataset | str) else datasets
    return [open_dataset(d) if isinstance(d, str) else d for d in several]


def _count(workers: int, team: Team) -> int:
    """The processes that read ahead for one process of a training."""
    here = team.size // team.nodes
    return max(1, usable() // here - 1) if workers < 0 else workers
