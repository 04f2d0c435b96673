"""One training run of a study, in a folder of its own. It is done once these files are there:

RUN/log.csv      a row for each validation, from the training loop
RUN/scores.csv   a row for each test picture: CC, NSS and KL of the map that the best weights predict (32x32 cells, or
                 the light network's own)
RUN/job.json     the job, how it ended, the data, and the versions of wepsam and torch
"""

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from lightning_fabric import Fabric

import wepsam
from wepsam import metrics
from wepsam.datasets import FixationDataset, open_dataset
from wepsam.deploy.to_onnx import export
from wepsam.evaluation.results import interval
from wepsam.files import replacing, write_json
from wepsam.networks.base import NetworkConfig, as_map
from wepsam.reproduction.studies import Job, Size, Weak
from wepsam.sources import find_images
from wepsam.training.batches import Pairs, from_datasets, from_store, take, to_map_size
from wepsam.training.checkpoint import load_weights
from wepsam.training.loop import train
from wepsam.training.losses import LOSSES, mse
from wepsam.training.starts import begin, prepare
from wepsam.training.validation import outputs
from wepsam.weak.labeling import label

RUN_FILES = ("log.csv", "scores.csv", "job.json")


def is_done(job: Job, out: Path) -> bool:
    """Whether the folder of all runs, `out`, has all files of this run."""
    return all((out / job.name / name).exists() for name in RUN_FILES)


def carry_out(job: Job, data: Path, out: Path, size: Size) -> None:
    """Train, score the best weights, and write the run's files. An interrupted run resumes to the same results.

    Args:
        job: the run; those that it needs are done.
        data: folder with photos/ and the fixation datasets by their names.
        out: folder of all runs.
        size: of the study.

    Raises:
        CheckpointError: the folder of this run holds another run.
    """
    if is_done(job, out):
        return
    if isinstance(job.data, Weak) and isinstance(job.data.teacher, Job):
        make_weak_labels(job.data, data, out, size, workers=1)
    folder = out / job.name
    start = out / job.start.name if isinstance(job.start, Job) else _start_name(job)
    network, _ = begin(start, _sized(job.network, size), job.settings.seed)
    pictures = study_pictures(job, data, out, size, network.config)
    count = sum(map(len, pictures.training))
    settings = replace(
        job.settings,
        epochs=max(job.settings.batch_size, job.pictures * size.scale) / count,
        validate_every=max(1, job.every * size.scale) / count,
    )
    prepare(network, start, pictures.training, settings, sources=len(pictures.training[0].names))
    ended = "done"
    try:
        train(network, pictures.training, pictures.validation, settings, folder, _start_name(job))
    except FloatingPointError as error:
        ended = str(error)
    _write_scores(folder, settings.loss, pictures.test)
    about = {
        "study_size": asdict(size), "job": asdict(job), "ended": ended,
        "mean_map_loss": _mean_map_loss(pictures.training, pictures.validation),
        "mean_map_scores": mean_map_scores(pictures.training, pictures.test),
        "training": [*pictures.training[0].names, count],
        "choosing": [*pictures.validation[0].names, sum(map(len, pictures.validation))],
        "wepsam": wepsam.__version__, "torch": torch.__version__,
    }  # fmt: skip
    write_json(folder / "job.json", about)
    (folder / "last.safetensors").unlink(missing_ok=True)  # 240 MB that only an unfinished run needs


def _start_name(job: Job) -> str:
    """What the run's record says about its start: the name of a run, "imagenet" or "random"."""
    return job.start.name if isinstance(job.start, Job) else job.start or "random"


def _sized(network: NetworkConfig, size: Size) -> NetworkConfig:
    change = {"area": size.area, "hidden": size.hidden, "percent": size.percent}
    return replace(network, **{name: value for name, value in change.items() if value and hasattr(network, name)})


@dataclass(frozen=True)
class StudyPictures:
    """Stimuli and target maps of one run, grouped by shape.

    Attributes:
        training: that the network learns from.
        validation: that select the best weights ("choosing" in job.json).
        test: that the best weights are scored on. For weak labels these are the validation pictures.
    """

    training: list[Pairs]
    validation: list[Pairs]
    test: list[Pairs]


def study_pictures(job: Job, data: Path, out: Path, size: Size, network: NetworkConfig) -> StudyPictures:
    """The pictures that a run learns from, is validated on, and is scored on.

    Args:
        job: the run.
        data: folder with the fixation datasets by their names.
        out: folder of all runs, in which the weak labels lie.
        size: of the study.
        network: gives the shapes of its input.
    """
    if isinstance(job.data, Weak):
        seed = job.settings.seed if job.data.order == "random" else 0
        training, held_out = _weak(job.data, seed, out, network)
        return StudyPictures(training, held_out, held_out)
    (training, places), (held_out, held_places) = _human(job.data.datasets, data, size, network)
    if job.data.share < 1:
        order = np.random.default_rng(job.settings.seed).permutation(len(places))
        training = take(training, places[order[: max(1, round(job.data.share * len(places)))]])
    # One picture in three is for validation, the others are for the test.
    rows = np.arange(len(held_places))
    return StudyPictures(
        training, take(held_out, held_places[rows % 3 == 0]), take(held_out, held_places[rows % 3 > 0])
    )


@lru_cache(maxsize=2)
def _weak(weak: Weak, seed: int, out: Path, network: NetworkConfig) -> tuple[list[Pairs], list[Pairs]]:
    return from_store(weak_labels(weak, out), network.input_shape, weak.keep, weak.order, seed)


# Pictures by shape, and where each is, counted through all shapes; the places are in the order of the datasets, so that
# a choice of them is one of the same pictures for every network.
Placed = tuple[list[Pairs], np.ndarray]


@lru_cache(maxsize=2)
def _human(names: tuple[str, ...], data: Path, size: Size, network: NetworkConfig) -> list[Placed]:
    """The training and the held-out pictures."""
    datasets = [open_dataset(f"{name}={data / name}") for name in names]
    training = [d.split("train")[: size.most] for d in datasets]
    held_out = [part[: size.most] for d in datasets if len(part := d.split("validation"))]
    # Validation pictures have the size that prediction uses; training pictures are larger, to be zoomed into.
    return [_placed(training, network, 1.25), _placed(held_out, network, 1)]


def _placed(datasets: list[FixationDataset], network: NetworkConfig, room: float) -> Placed:
    shapes = [network.input_shape(*sample.size) for dataset in datasets for sample in dataset if sample.has_density]
    by_shape = sorted(range(len(shapes)), key=shapes.__getitem__)  # as `from_datasets` does
    return from_datasets(datasets, network.input_shape, room), np.argsort(by_shape)


def weak_labels(weak: Weak, out: Path) -> Path:
    """The folder of a teacher's labels."""
    return out / "weak-labels" / weak.name


def make_weak_labels(weak: Weak, data: Path, out: Path, size: Size, workers: int = -1) -> None:
    """Label the photographs with one teacher, which is done if it is a run. Resumes."""
    photos = find_images([data / "photos"])[: size.most]
    stimulus_size, map_size = (192, 64) if weak.aspect else (128, 32)
    teacher: Path | str
    if isinstance(weak.teacher, Job):
        teacher = out / weak.teacher.name / "teacher.onnx"
        if not teacher.exists():
            export(out / weak.teacher.name, teacher, mirror=False)
    else:
        teacher = weak.teacher
    label(
        photos, weak_labels(weak, out), teacher=teacher, size=weak.size, keep_aspect=weak.aspect, workers=workers,
        stimulus_size=stimulus_size, map_size=map_size,
    )  # fmt: skip


def _mean_map_loss(training: Sequence[Pairs], validation: Sequence[Pairs]) -> float | None:
    """Validation loss of the mean training map. A network with the same loss has learned nothing about the pictures."""
    if (found := _mean_map(training, validation)) is None:
        return None
    mean, targets = found
    return mse(mean.expand_as(targets), targets).mean().item()


def mean_map_scores(training: Sequence[Pairs], test: Sequence[Pairs]) -> dict[str, tuple[float, float, float]] | None:
    """CC and NSS of the mean training map on the test pictures, each with its interval; None if it does not exist."""
    if (found := _mean_map(training, test)) is None:
        return None
    mean, targets = (maps.numpy() for maps in found)
    kinds = {"cc": metrics.cc, "nss": metrics.nss_density}
    return {name: interval(np.array([kind(mean, target) for target in targets])) for name, kind in kinds.items()}


def _mean_map(training: Sequence[Pairs], others: Sequence[Pairs]) -> tuple[torch.Tensor, torch.Tensor] | None:
    """The mean training map and the maps of other pictures; None where maps of several shapes have no mean."""
    if len(training) > 1:
        return None
    mean, targets = (
        to_map_size(torch.from_numpy(p.targets).float() / 255, p.input_shape) for p in (training[0], others[0])
    )
    return mean.mean(0), targets


def _write_scores(folder: Path, loss: str, test: Sequence[Pairs]) -> None:
    """Score the best weights on each test picture."""
    network, fabric = load_weights(folder)[0], Fabric(accelerator="auto", devices=1)
    with replacing(folder / "scores.csv") as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["dataset", "cc", "nss", "kl"])
        for pairs in test:  # of one shape
            output, target = outputs(fabric, network, pairs)
            maps = as_map(output, LOSSES[loss][1]).numpy()
            for source, saliency_map, density in zip(pairs.sources, maps, target.numpy(), strict=True):
                scores = [score(saliency_map, density) for score in (metrics.cc, metrics.nss_density, metrics.kl_div)]
                dataset = pairs.names[source].partition(":")[0]
                writer.writerow([dataset, *(f"{score:.5f}" for score in scores)])
