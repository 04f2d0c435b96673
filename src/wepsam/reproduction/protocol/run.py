"""Carry out a part of the protocol, in as many sittings as it takes."""

import csv
import os
import resource
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch

from wepsam.networks.paper import PaperConfig
from wepsam.reproduction.protocol.pack import Packed
from wepsam.reproduction.protocol.plan import PROTOCOL, Measured, Step, plan_table
from wepsam.training import recipes
from wepsam.training.batches import Pairs
from wepsam.training.loop import Run, train
from wepsam.training.recipes import Changes
from wepsam.training.settings import TrainSettings
from wepsam.training.starts import begin, learned_from, prepare

NETWORK = PaperConfig()  # five layers, 128x128 in, a 32x32 map out
SECONDS = 3.0  # of steps until the rate counts as measured


@dataclass(frozen=True)
class Training:
    """One training of the protocol.

    Attributes:
        name: of its folder.
        step: of the paper.
        training: that it learns from.
        validation: that selects the best weights.
        settings: for a fraction of the paper's length.
        start: the training whose best weights it starts from; None for a random start.
    """

    name: str
    step: Step
    training: Pairs
    validation: Pairs
    settings: TrainSettings
    start: str | None = None


def trainings(packed: Packed, fraction: Fraction, changes: Changes = (), random: bool = False) -> list[Training]:
    """The trainings at a fraction of the paper's length, in the order in which they are done.

    Args:
        packed: the pictures.
        fraction: of the paper's length, above 0.
        changes: of the paper's settings in both steps, as `pretrain` takes them.
        random: step 2 from a random start as well, the other curve of the paper's Fig. 2.

    Raises:
        ValueError: no such setting, or the fraction is not above 0.
    """
    if fraction <= 0:
        raise ValueError(f"the fraction is {fraction}; expected more than 0, such as 1 or 1/512")
    weak, people = PROTOCOL
    kinds = [("step-1", weak, None), ("step-2", people, "step-1")] + [("random", people, None)] * random
    found = []
    for name, step, start in kinds:
        training, validation = (
            (packed.photographs, packed.photographs_validation)
            if step is weak
            else (packed.fixations, packed.fixations_validation)
        )
        settings = step.on(len(training), fraction, recipes.changed(step.settings, changes))
        found.append(Training(name, step, training, validation, settings, start))
    return found


def plan(todo: list[Training], fraction: Fraction) -> str:
    """What the trainings take on this machine, in Markdown; they are tried for some seconds."""
    rows = [(each.name, each.step, len(each.training), each.settings) for each in todo]
    return plan_table(rows, fraction, measure(todo[0]))


def carry_out(
    todo: list[Training], out: str | os.PathLike[str], until: float, say: Callable[[str], None] = print
) -> list[Run]:
    """Train until all is done or the time is over. The same call goes on from there.

    Args:
        todo: as `trainings` gives them.
        out: the folder of their runs.
        until: on the clock `time.monotonic`.
        say: is told how far each training is.

    Returns:
        The runs that were begun; the last one is not complete if the time was over.

    Raises:
        CheckpointError: a folder holds another run, such as one of another fraction.
        FloatingPointError: training diverged.
    """
    runs: list[Run] = []
    for training in todo:
        run = _train(training, Path(out), until)
        runs.append(run)
        say(_how_far(training, run))
        if not run.complete:
            say("The time is over; the same command goes on from here.")
            break
    return runs


def _train(training: Training, out: Path, until: float) -> Run:
    start = out / training.start if training.start else "random"
    network, _ = begin(start, NETWORK, training.settings.seed)
    prepare(network, start, [training.training], training.settings, sources=len(training.training.names))
    return train(
        network, [training.training], [training.validation], training.settings, out / training.name,
        training.start or "random", learned_from(start), until=until,
    )  # fmt: skip


def _how_far(training: Training, run: Run) -> str:
    last = _log(run)[-1]
    batch = min(training.settings.batch_size, len(training.training))
    return (
        f"{training.name}: {int(last['step']) * batch:,} pictures, validation loss {float(last['validation_loss']):.4f}"
        f" (lowest {run.validation_loss:.4f}), CC {float(last['validation_cc']):.3f}"
    )


def measure(training: Training) -> Measured:
    """Train for some seconds, and throw it away. What it uses is that of the real training."""
    few = training.validation.take(np.arange(min(8, len(training.validation))))
    batch = min(training.settings.batch_size, len(training.training))
    steps = 2
    with tempfile.TemporaryDirectory() as folder:
        while True:
            run = Path(folder) / f"trial of {2 * steps} steps"
            # The first half warms up.
            settings = replace(
                training.settings,
                epochs=2 * steps * batch / (len(training.training) // batch * batch),
                validate_every=steps * batch / (len(training.training) // batch * batch),
            )
            network, _ = begin("random", NETWORK, 0)
            measured = train(network, [training.training], [few], settings, run, "random")
            _, warm, end = (_moment(row, batch) for row in _log(measured))
            if end - warm >= SECONDS or steps >= 1 << 14:
                break
            steps *= 4
        disk = sum(file.stat().st_size for file in run.iterdir())
    on_device = torch.cuda.max_memory_allocated() if torch.cuda.is_available() else 0
    unit = 1 if sys.platform == "darwin" else 1024
    memory = unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Measured(steps * batch / (end - warm), memory, on_device, disk)


def _log(run: Run) -> list[dict[str, str]]:
    with run.log.open(newline="") as file:
        return list(csv.DictReader(file))


def _moment(row: dict[str, str], batch: int) -> float:
    """Seconds from the beginning of a run to a row of its log."""
    rate = float(row["rate"])
    return int(row["step"]) * batch / rate if rate else 0.0
