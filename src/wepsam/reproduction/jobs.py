"""One run of a study, in a folder of its own; done once `scores.csv` and `job.json` are there.

RUN/log.csv      a row for each validation, by the training loop
RUN/scores.csv   a row per picture that chose nothing: CC, NSS and KL of the 32x32 map of the best weights
RUN/job.json     what it was, what it came to, and under which versions
"""

import csv
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from lightning_fabric import Fabric

import wepsam
from wepsam import metrics
from wepsam.datasets import open_dataset
from wepsam.files import replacing
from wepsam.networks.build import Config, Network
from wepsam.networks.lite import LiteConfig, LiteNet
from wepsam.reproduction.studies import Job, Size, Weak
from wepsam.sources import find_images
from wepsam.training.batches import Pairs, from_datasets, from_store, take, to_map_size
from wepsam.training.checkpoint import load_weights
from wepsam.training.loop import outputs, train
from wepsam.training.losses import LOSSES, as_map, mse
from wepsam.training.stages import begin, settle, shapes
from wepsam.weak.labeling import label

RESULTS = ("log.csv", "scores.csv", "job.json")


def is_done(job: Job, out: Path) -> bool:
    return all((out / job.name / name).exists() for name in RESULTS)


def do(job: Job, data: Path, out: Path, size: Size) -> None:
    """Train, score, and leave the results. Stopped anywhere and called again, it goes on to the same results.

    Args:
        job: what to do; what it starts from is done.
        data: the folder with photos/ and the fixation datasets by their names.
        out: where all runs lie.
        size: of the study.

    Raises:
        CheckpointError: the run's folder holds another run.
    """
    if is_done(job, out):
        return
    folder, start = out / job.name, out / job.start.name if isinstance(job.start, Job) else job.start
    network, _ = begin(start, _sized(job.network, size), job.settings)
    pictures = pictures_of(job, data, out, size, network)
    count = sum(map(len, pictures.training))
    settings = replace(
        job.settings,
        epochs=max(job.settings.batch_size, job.pictures * size.scale) / count,
        validate_every=max(1, job.every * size.scale) / count,
    )
    settle(network, start, pictures.training, settings, sources=len(pictures.training[0].names))
    ended = "done"
    try:
        train(network, pictures.training, pictures.choosing, settings, folder, _name(job))
    except FloatingPointError as error:
        ended = str(error)
    _write_scores(folder, settings.loss, pictures.judging)
    about = {
        "study_size": asdict(size), "job": asdict(job), "ended": ended,
        "mean_map_loss": _mean_map_loss(pictures.training, pictures.choosing),
        "training": [*pictures.training[0].names, count],
        "choosing": [*pictures.choosing[0].names, sum(map(len, pictures.choosing))],
        "wepsam": wepsam.__version__, "torch": torch.__version__,
    }  # fmt: skip
    with replacing(folder / "job.json") as temporary:
        temporary.write_text(json.dumps(about, indent=1) + "\n")
    (folder / "last.safetensors").unlink(missing_ok=True)  # 240 MB that nothing needs any more


def _name(job: Job) -> str:
    return job.start.name if isinstance(job.start, Job) else job.start or "random"


def _sized(network: Config, size: Size) -> Config:
    if isinstance(network, LiteConfig):
        return replace(network, area=size.area or network.area)
    return replace(network, hidden=size.hidden or network.hidden)


@dataclass(frozen=True)
class Pictures:
    """To train on; to choose the best weights by; and to report, which chose nothing. Each by shape."""

    training: list[Pairs]
    choosing: list[Pairs]
    judging: list[Pairs]


def pictures_of(job: Job, data: Path, out: Path, size: Size, network: Network) -> Pictures:
    area = network.config.area if isinstance(network, LiteNet) else None
    if isinstance(job.data, Weak):
        seed = job.settings.seed if job.data.order == "random" else 0
        training, held_out = _weak(job.data, seed, out, area)
        return Pictures(training, held_out, held_out)
    training, held_out = _human(job.data.datasets, data, size, area)
    if job.data.share < 1:
        count = sum(map(len, training))
        order = np.random.default_rng(job.settings.seed).permutation(count)
        training = take(training, order[: max(1, round(job.data.share * count))])
    # One in three chooses, the others report.
    rows = np.arange(sum(map(len, held_out)))
    return Pictures(training, take(held_out, rows[::3]), take(held_out, rows[rows % 3 > 0]))


@lru_cache(maxsize=2)
def _weak(weak: Weak, seed: int, out: Path, area: int | None) -> tuple[list[Pairs], list[Pairs]]:
    return from_store(labels_of(weak, out), weak.keep, weak.order, seed, shapes(area))


@lru_cache(maxsize=2)
def _human(names: tuple[str, ...], data: Path, size: Size, area: int | None) -> tuple[list[Pairs], list[Pairs]]:
    opened = [open_dataset(f"{name}={data / name}") for name in names]
    training = [d.split("train")[: size.most] for d in opened]
    held_out = [part[: size.most] for d in opened if len(part := d.split("validation"))]
    # Resized for validation as in prediction; larger for training, which leaves room to zoom in.
    return from_datasets(training, shapes(area)), from_datasets(held_out, shapes(area), room=1)


def labels_of(weak: Weak, out: Path) -> Path:
    return out / "weak-labels" / f"{weak.teacher}-{weak.size}{'-aspect' * weak.aspect}"


def make_labels(weak: Weak, data: Path, out: Path, size: Size) -> None:
    """Step 1a under one teacher; resumes."""
    photos = find_images([data / "photos"])[: size.most]
    stimulus_size, map_size = (192, 64) if weak.aspect else (128, 32)
    label(
        photos, labels_of(weak, out), teacher=weak.teacher, size=weak.size, keep_aspect=weak.aspect,
        stimulus_size=stimulus_size, map_size=map_size,
    )  # fmt: skip


def _mean_map_loss(training: Sequence[Pairs], choosing: Sequence[Pairs]) -> float | None:
    """What the mean of the training maps loses: who loses as much has learnt nothing of the pictures."""
    if len(training) > 1:
        return None  # maps of several shapes have no mean
    mean, targets = (
        to_map_size(torch.from_numpy(p.targets).float() / 255, p.input_shape) for p in (training[0], choosing[0])
    )
    return mse(mean.mean(0).expand_as(targets), targets).item()


def _write_scores(folder: Path, loss: str, judging: Sequence[Pairs]) -> None:
    """Of the best weights, picture by picture."""
    network, fabric = load_weights(folder)[0], Fabric(accelerator="auto", devices=1)
    with replacing(folder / "scores.csv") as temporary, temporary.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["dataset", "cc", "nss", "kl"])
        for alike in judging:
            output, target = outputs(fabric, network, alike)
            answers = as_map(output, LOSSES[loss][1]).numpy()
            for source, answer, truth in zip(alike.sources, answers, target.numpy(), strict=True):
                scores = (metrics.cc(answer, truth), metrics.nss_density(answer, truth), metrics.kl_div(answer, truth))
                dataset = alike.names[source].partition(":")[0]
                writer.writerow([dataset, *(f"{score:.5f}" for score in scores)])


def collect(job: Job, out: Path, results: Path) -> None:
    """Copy what is to be kept of a run: some kilobytes."""
    (results / job.name).mkdir(parents=True, exist_ok=True)
    for name in RESULTS:
        shutil.copyfile(out / job.name / name, results / job.name / name)
