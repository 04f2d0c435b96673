"""One run of a study, in a folder of its own; done once `scores.csv` and `job.json` are there.

RUN/log.csv      a row for each validation, by the training loop
RUN/scores.csv   a row per picture that chose nothing: CC, NSS and KL of the 32x32 map of the best weights
RUN/job.json     what it was, what it came to, and under which versions
"""

import csv
import json
import shutil
from collections.abc import Callable, Sequence
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
from wepsam.networks.build import build
from wepsam.reproduction.studies import Job, Size, Weak
from wepsam.sources import find_images
from wepsam.training.batches import Pairs, from_datasets, from_store, to_map_size
from wepsam.training.checkpoint import load_weights
from wepsam.training.loop import outputs, train
from wepsam.training.losses import LOSSES, as_map, mse
from wepsam.weak.label import label

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
    folder, pictures = out / job.name, pictures_of(job, data, out, size)
    settings = replace(
        job.settings,
        epochs=max(job.settings.batch_size, job.pictures * size.scale) / len(pictures.training),
        validate_every=max(1, job.every * size.scale) / len(pictures.training),
    )
    if job.start is None:
        config = replace(job.network, hidden=size.hidden or job.network.hidden)
        network = build(config, torch.Generator().manual_seed(settings.seed))
        start = "random"
    else:
        network, start = load_weights(out / job.start.name)[0], job.start.name
    ended = "done"
    try:
        train(network, [pictures.training], [pictures.choosing], settings, folder, start)
    except FloatingPointError as error:
        ended = str(error)
    _write_scores(folder, settings.loss, pictures)
    about = {
        "study_size": asdict(size), "job": asdict(job), "ended": ended,
        "mean_map_loss": _mean_map_loss(pictures.training, pictures.choosing),
        "training": [*pictures.training.names, len(pictures.training)],
        "choosing": [*pictures.choosing.names, len(pictures.choosing)],
        "wepsam": wepsam.__version__, "torch": torch.__version__,
    }  # fmt: skip
    with replacing(folder / "job.json") as temporary:
        temporary.write_text(json.dumps(about, indent=1) + "\n")
    (folder / "last.safetensors").unlink(missing_ok=True)  # 240 MB that nothing needs any more


@dataclass(frozen=True)
class Pictures:
    """To train on; to choose the best weights by; and to report, which chose nothing, with the name of its dataset."""

    training: Pairs
    choosing: Pairs
    judging: Pairs
    datasets: Sequence[str]


def pictures_of(job: Job, data: Path, out: Path, size: Size) -> Pictures:
    if isinstance(job.data, Weak):
        seed = job.settings.seed if job.data.order == "random" else 0
        training, held_out = _weak(job.data, seed, out)
        return Pictures(training, held_out, held_out, ["weak"] * len(held_out))
    training, held_out, datasets = _human(job.data.datasets, data, size)
    if job.data.share < 1:
        order = np.random.default_rng(job.settings.seed).permutation(len(training))
        training = training.take(order[: max(1, round(job.data.share * len(training)))])
    # One in three chooses, the others report.
    rows = np.arange(len(held_out))
    judging = rows[rows % 3 > 0]
    return Pictures(training, held_out.take(rows[::3]), held_out.take(judging), [datasets[i] for i in judging])


@lru_cache(maxsize=2)
def _weak(weak: Weak, seed: int, out: Path) -> tuple[Pairs, Pairs]:
    [training], [held_out] = from_store(labels_of(weak, out), weak.keep, weak.order, seed)
    return training, held_out


@lru_cache(maxsize=2)
def _human(names: tuple[str, ...], data: Path, size: Size) -> tuple[Pairs, Pairs, list[str]]:
    opened = [open_dataset(f"{name}={data / name}") for name in names]
    training = [d.split("train")[: size.most] for d in opened]
    held_out = [part[: size.most] for d in opened if len(part := d.split("validation"))]
    # Resized for validation as in prediction; larger for training, which leaves room to zoom in.
    [to_learn], [to_judge] = from_datasets(training), from_datasets(held_out, room=1)
    return to_learn, to_judge, [d.name for d in held_out for _ in d]


def labels_of(weak: Weak, out: Path) -> Path:
    return out / "weak-labels" / f"{weak.teacher}-{weak.size}"


def make_labels(weak: Weak, data: Path, out: Path, size: Size, progress: Callable[[int, int], object]) -> None:
    """Step 1a under one teacher; resumes."""
    photos = find_images([data / "photos"])[: size.most]
    label(photos, labels_of(weak, out), teacher=weak.teacher, size=weak.size, progress=progress)


def _mean_map_loss(training: Pairs, choosing: Pairs) -> float:
    """What the mean of the training maps loses: who loses as much has learnt nothing of the pictures."""
    mean, targets = (
        to_map_size(torch.from_numpy(p.targets).float() / 255, p.input_shape) for p in (training, choosing)
    )
    return mse(mean.mean(0).expand_as(targets), targets).item()


def _write_scores(folder: Path, loss: str, pictures: Pictures) -> None:
    """Of the best weights, picture by picture."""
    network = load_weights(folder)[0]
    output, target = outputs(Fabric(accelerator="auto", devices=1), network, pictures.judging)
    answers = as_map(output, LOSSES[loss][1]).numpy()
    with replacing(folder / "scores.csv") as temporary, temporary.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["dataset", "cc", "nss", "kl"])
        for dataset, answer, truth in zip(pictures.datasets, answers, target.numpy(), strict=True):
            scores = (metrics.cc(answer, truth), metrics.nss_density(answer, truth), metrics.kl_div(answer, truth))
            writer.writerow([dataset, *(f"{score:.5f}" for score in scores)])


def collect(job: Job, out: Path, results: Path) -> None:
    """Copy what is to be kept of a run: some kilobytes."""
    (results / job.name).mkdir(parents=True, exist_ok=True)
    for name in RESULTS:
        shutil.copyfile(out / job.name / name, results / job.name / name)
