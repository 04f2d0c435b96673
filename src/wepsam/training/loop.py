"""One training loop for both steps. Pre-training and fine-tuning only choose the data, start weights and settings."""

import copy
import ctypes
import math
import os
import time
import zlib
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

import wepsam
from wepsam.datasets import learned
from wepsam.datasets.learned import LearnedFrom
from wepsam.networks.base import Network
from wepsam.progress import bar
from wepsam.training import checkpoint
from wepsam.training.batches import AnyPairs, Batches, Pairs, source_weights
from wepsam.training.devices import ALONE, Team
from wepsam.training.losses import LOSSES
from wepsam.training.settings import TrainSettings
from wepsam.training.validation import in_numbers_of, validate

SAVE_EVERY = 20  # seconds, at the next validation: with the optimizer's state a checkpoint has 240 MB


@dataclass(frozen=True)
class Run:
    """A run that has ended.

    Attributes:
        best: the weights of the lowest validation loss.
        log: the CSV of all validations.
        validation_loss: the lowest.
        complete: whether it came to its end; otherwise its time was over.
    """

    best: Path
    log: Path
    validation_loss: float
    complete: bool = True


def train(
    network: Network,
    training: Sequence[AnyPairs],
    validation: Sequence[Pairs],
    settings: TrainSettings,
    out: str | os.PathLike[str],
    start: str,
    before: LearnedFrom = MappingProxyType({}),
    team: Team = ALONE,
    workers: int = 0,
    until: float = math.inf,
) -> Run:
    """Train a network. An interrupted run, called again with the same arguments, resumes and ends with the same result.

    Args:
        network: with its start weights; it is trained in place.
        training: the pairs to learn, by shape.
        validation: the pairs that select the best weights, by shape.
        settings: how to train.
        out: the run's folder.
        start: the origin of the start weights, for the record.
        before: the parts of datasets with fixations that the start weights have learned from, for the record.
        team: of the processes that call this together, each with the same arguments; see `devices`. How many they are
            is no part of the record: a run may resume with another number.
        workers: processes that decode, for pairs that are in a store.
        until: on the clock `time.monotonic`. The run ends with a checkpoint at the last validation that it expects to
            reach before this time, but not before the first one after it began.

    Raises:
        CheckpointError: `out` holds another run.
        ValueError: the network cannot learn by this loss.
        FloatingPointError: training diverged.
    """
    if settings.loss not in network.losses:
        raise ValueError(f"{network.title} learns by {', '.join(network.losses)}, not by {settings.loss}; change loss")
    record = _record(network, training, validation, settings, start)
    record["learned_from"] = learned.merged([before, *(pairs.learned_from for pairs in training)])
    trainer = _Trainer(network, training, validation, settings, Path(out), record, team)
    steps, size, first = trainer.steps, trainer.pictures.size, trainer.state.step
    every = max(1, round(settings.validate_every * trainer.pictures.per_epoch))
    saved = validated = time.monotonic()  # the times of the last checkpoint and of the last validation
    complete = False
    trainer.pictures.start(workers if first < steps else 0)
    with closing(trainer.pictures), bar(steps * size, trainer.folder.name) as shown:
        shown.update(first * size)
        for step in range(first, steps + 1):
            # Validate when due and once more at the end, but not again right after resuming.
            due = (step % every == 0 or step == steps) and not (step == first and step > 0)
            if due:
                loss = trainer.validate(step)
                shown.update(step * size, note=f"validation loss {loss:.4g}, best {trainer.state.best:.4g}")
            complete = last = step == steps or 0 < settings.patience <= trainer.state.waited
            if due:
                now = time.monotonic()
                over = step > first and now + (now - validated) > until
                last, validated = last or trainer.team.first_says(trainer.fabric, over), now
            if due and (last or time.monotonic() - saved > SAVE_EVERY):
                trainer.save()
                saved = time.monotonic()
            if last:
                break
            trainer.learn(step)
            shown.update((step + 1) * size)
    trainer.fabric.barrier()  # the files are there when any process returns
    return Run(trainer.folder / "best.safetensors", trainer.folder / "log.csv", trainer.state.best, complete)


@dataclass
class _State:
    """The numbers of a run that change from step to step."""

    step: int = 0
    best: float = math.inf  # validation loss
    seen_loss: float = 0.0  # sum of the training losses since the last validation
    seen: int = 0  # number of these losses (both names stand in last.safetensors)
    waited: int = 0  # validations since the best one


class _Trainer:
    """Everything that a run changes, and the actions of the loop."""

    def __init__(
        self,
        network: Network,
        training: Sequence[AnyPairs],
        validation: Sequence[Pairs],
        settings: TrainSettings,
        folder: Path,
        record: dict[str, Any],
        team: Team,
    ) -> None:
        """Set up for training; resume if the folder has a checkpoint."""
        self.network, self.settings, self.folder, self.team = network, settings, folder, team
        self.validation = in_numbers_of(training, validation)
        self.record = record
        # A network that draws its own examples of a batch draws them from all of it, and then takes its share.
        self.draws = type(network).examples is not Network.examples
        dividing = ALONE if self.draws else team
        self.pictures = Batches(training, settings.batch_size, settings.augmentation, settings.seed, dividing)
        smallest = min(self.pictures.size, *map(len, training))
        if smallest < team.size:
            raise ValueError(
                f"a batch of {smallest} pictures cannot be divided among {team.size} processes; use fewer devices, or "
                "larger batches (batch_size)"
            )
        self.weights = torch.from_numpy(source_weights(training, settings.balance))
        self.steps = round(settings.epochs * self.pictures.per_epoch)
        self.fabric, self.module, self.optimizer = _set_up(network, settings, team)
        if self.fabric.device.type == "cuda" and not self.draws:
            # Half of what is free, as the rest is for activations.
            self.pictures.on(self.fabric.device, torch.cuda.mem_get_info(self.fabric.device)[0] / 2)
        if team.is_first:
            checkpoint.claim(folder, record)  # only now, when nothing in the settings can be wrong any more
        self.fabric.barrier()
        self.average = copy.deepcopy(network).to(self.fabric.device) if settings.average else None
        self.state = _State()
        if (folder / "last.safetensors").exists():
            progress = checkpoint.load_progress(
                folder / "last.safetensors", network, self.optimizer, self.average, record
            )
            self.state = _State(**progress)
            if math.isfinite(self.state.best):
                checkpoint.check_best(folder, record)
        self.log = checkpoint.read_log(folder, self.state.step)
        self.fabric.barrier()  # all have read before the first process writes
        self.began, self.first = time.monotonic(), self.state.step

    def validate(self, step: int) -> float:
        """Validate, log, and save the weights if they are the best so far. Returns the validation loss."""
        state, per_epoch = self.state, self.pictures.per_epoch
        network = self.average or self.network
        scores = validate(self.fabric, network, self.validation, self.settings.loss, self.team)
        speed = (step - self.first) * self.pictures.size / max(1e-9, time.monotonic() - self.began)
        row = (
            step, step / per_epoch, self.settings.rate(step, self.steps), state.seen_loss / max(1, state.seen),
            scores["loss"], scores["cc"], scores["nss"], speed,
        )  # fmt: skip
        state.step, state.seen_loss, state.seen, state.waited = step, 0.0, 0, state.waited + 1
        if scores["loss"] < state.best:
            state.best, state.waited = scores["loss"], 0
            output = LOSSES[self.settings.loss][1]
            about = self.record | {"output": output, "step": step, "validation_scores": scores}
            if self.team.is_first:
                checkpoint.save_weights(self.folder / "best.safetensors", network.state_dict(), about)
        self.log.append(dict(zip(checkpoint.COLUMNS, row, strict=True)))
        if self.team.is_first:
            checkpoint.write_log(self.folder, self.log)
        return scores["loss"]

    def save(self) -> None:
        """Write the checkpoint from which the run resumes."""
        if not self.team.is_first:
            return
        path = self.folder / "last.safetensors"
        checkpoint.save_progress(path, asdict(self.state), self.network, self.optimizer, self.average, self.record)

    def learn(self, step: int) -> None:
        """Take one step: next batch, learning rate, forward, loss, backward, update.

        Raises:
            FloatingPointError: the loss is not finite.
        """
        settings = self.settings
        inputs, targets, sources, count = self._share(step)
        rate = settings.rate(step, self.steps)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["share"]
            if "momentum" in group:
                group["momentum"] = settings.momentum_at(step, self.steps)
        if self.team.size > 1:
            self.team.seed(settings.seed, step)
        self.optimizer.zero_grad()
        total = torch.zeros((), device=self.fabric.device)
        pieces = min(settings.accumulate, len(targets))
        for number in range(pieces):
            piece = slice(number * len(targets) // pieces, (number + 1) * len(targets) // pieces)
            with self.fabric.no_backward_sync(self.module, enabled=number < pieces - 1):
                total = total + self._backward(inputs[piece], targets[piece], sources[piece], count)
        loss = self.team.mean(self.fabric, total).item()
        if not math.isfinite(loss):
            raise FloatingPointError(
                f"training diverged: the loss is {loss} at step {step} with learning rate {rate:.3g}; "
                "choose a smaller one"
            )
        self.optimizer.step()
        if self.average is not None:
            _follow(self.average, self.network, min(settings.average, (step + 1) / (step + 10)))
        self.state.seen_loss += loss
        self.state.seen += 1

    def _share(self, step: int) -> tuple[Tensor, Tensor, Tensor, int]:
        """This process' share of a batch, on its device: inputs and targets, by picture, sources; and all pictures."""
        stimuli, targets, sources = self.pictures[step]
        count = self.pictures.count(step)
        rng = np.random.default_rng([self.settings.seed, step, 0, 0])
        inputs, targets = self.network.examples(stimuli, targets, rng)
        if self.draws:  # (B, patches, ...): a picture's stay together
            share = self.team.share(count)
            inputs, targets, sources = inputs.unflatten(0, (count, -1))[share], targets[share], sources[share]
        return *self.fabric.to_device((inputs, targets, sources)), count

    def _backward(self, inputs: Tensor, targets: Tensor, sources: Tensor, count: int) -> Tensor:
        """Add the gradients of some pictures; returns their part of the batch's loss, times the processes.

        The strategy averages over the processes, so what each adds counts as often as there are processes.
        """
        inputs = inputs.flatten(0, 1) if self.draws else inputs
        # (B, H/4, W/4) maps; or, of patches, (N,) logits.
        output = self.module(inputs.contiguous(memory_format=torch.channels_last), sources)
        losses = LOSSES[self.settings.loss][0](output.float(), targets)
        loss = (losses * self.weights.to(losses)[sources]).mean() * (len(targets) * self.team.size / count)
        self.fabric.backward(loss)
        return loss.detach()


def _record(
    network: Network,
    training: Sequence[AnyPairs],
    validation: Sequence[Pairs],
    settings: TrainSettings,
    start: str,
) -> dict[str, Any]:
    """What determines the run, not how its work is divided. Checksums detect other weights or data of the same name."""
    return {
        "wepsam": wepsam.__version__, "torch": torch.__version__, "network": asdict(network.config),
        "settings": {name: value for name, value in asdict(settings).items() if name != "accumulate"},
        "start": [start, _checksum(p.detach().numpy() for p in network.parameters())],
        "training": _about(training), "validation": _about(validation),
    }  # fmt: skip


def _about(pairs: Sequence[AnyPairs]) -> list[Any]:
    """Names, count, checksum."""
    arrays = [array for group in pairs for array in group.contents()]
    return [*pairs[-1].names, sum(map(len, pairs)), _checksum(arrays)]


def _checksum(arrays: Iterable[np.ndarray]) -> str:
    checksum = 0
    for array in arrays:
        checksum = zlib.crc32(np.ascontiguousarray(array).data, checksum)
    return f"{checksum:08x}"


def _set_up(network: Network, settings: TrainSettings, team: Team) -> tuple[Fabric, nn.Module, torch.optim.Optimizer]:
    """Prepare the network for training: its device and precision, dropout, frozen parameters, optimizer."""
    _keep_memory()
    fabric = team.fabric(settings.precision, idle=network.has_idle_parameters)
    torch.manual_seed(settings.seed)  # for dropout
    for layer in network.modules():
        if isinstance(layer, nn.Dropout):
            layer.p = settings.dropout
    for parameter in network.frozen(settings.frozen):
        parameter.requires_grad_(False)
    # Channels last: about twice as fast on a CPU.
    module, optimizer = fabric.setup(
        network.to(memory_format=torch.channels_last),  # type: ignore[call-overload]
        _optimizer(network, settings),
    )
    return fabric, module, optimizer


def _optimizer(network: Network, settings: TrainSettings) -> torch.optim.Optimizer:
    pretrained = network.pretrained(settings.frozen)
    groups = []
    for share, is_pretrained in ((1.0, False), (settings.encoder_rate, True)):
        chosen = [p for p in network.parameters() if p.requires_grad and (p in pretrained) == is_pretrained]
        for decay, kind in ((settings.weight_decay, [p for p in chosen if p.dim() > 1]),
                            (0.0, [p for p in chosen if p.dim() == 1])):  # fmt: skip
            if kind:
                groups.append({"params": kind, "weight_decay": decay, "share": share})
    rate = settings.learning_rate[0]
    if settings.optimizer == "sgd":
        return torch.optim.SGD(groups, rate, momentum=settings.momentum[0], nesterov=True, fused=True)
    return torch.optim.AdamW(groups, rate, fused=True)


def _keep_memory() -> None:
    """Make the C library keep freed memory. Otherwise each step's activations are zeroed anew: 1.6x the time."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # not glibc
        return
    for option, value in ((-4, 0), (-1, 2**31 - 1), (-2, 2**26)):  # M_MMAP_MAX, M_TRIM_THRESHOLD, M_TOP_PAD
        mallopt(option, value)


@torch.no_grad()
def _follow(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Update the running mean of the weights."""
    for mean, now in zip(average.parameters(), network.parameters(), strict=True):
        mean.lerp_(now, 1 - decay)
