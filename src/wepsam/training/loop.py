"""One training loop for both stages. Pre-training and fine-tuning only choose data, start weights and settings."""

import copy
import csv
import ctypes
import json
import time
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

import wepsam
from wepsam import metrics
from wepsam.files import replacing
from wepsam.networks.build import Network
from wepsam.networks.lite import LiteNet
from wepsam.networks.mr_cnn import MrCnn
from wepsam.progress import bar
from wepsam.training import batches as data
from wepsam.training import checkpoint
from wepsam.training.losses import LOSSES, as_map
from wepsam.training.patches import Patches
from wepsam.training.settings import TrainSettings

COLUMNS = (
    "step",
    "epoch",
    "learning_rate",
    "train_loss",
    "validation_loss",
    "validation_cc",
    "validation_nss",
    "rate",
)
SAVE_EVERY = 20  # seconds, at the next validation: with the optimizer's state a checkpoint is 240 MB


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes:
        best: the weights of the lowest validation loss.
        log: the CSV of all validations.
        validation_loss: the lowest.
    """

    best: Path
    log: Path
    validation_loss: float


def train(
    network: Network,
    training: Sequence[data.Pairs],
    validation: Sequence[data.Pairs],
    settings: TrainSettings,
    out: str | Path,
    start: str,
) -> Run:
    """Train a network. Interrupted and called again with the same arguments, it goes on to the same result.

    Args:
        network: with its start weights.
        training: the pairs to learn, by shape.
        validation: the pairs to choose the best weights by, by shape.
        settings: how.
        out: the run's folder.
        start: where the start weights come from, for the record.

    Raises:
        CheckpointError: `out` holds another run.
        ValueError: a loss that is not for this network.
    """
    if isinstance(network, MrCnn) != (settings.loss == "logistic"):
        raise ValueError(f"mr_cnn, and no other network, learns by the logistic loss, not by {settings.loss}")
    loss_of, kind = LOSSES[settings.loss]
    config = {
        "wepsam": wepsam.__version__, "torch": torch.__version__, "network": asdict(network.config),
        "settings": asdict(settings),
        # With checksums, for other weights or data under the same name are another run.
        "start": [start, _checksum(p.detach().numpy() for p in network.parameters())],
        "training": _about(training), "validation": _about(validation),
    }  # fmt: skip
    pictures = data.Batches(training, settings.batch_size, settings.augmentation, settings.seed)
    batches = Patches(pictures, settings.seed) if isinstance(network, MrCnn) else pictures
    steps = round(settings.epochs * batches.per_epoch)
    every = max(1, round(settings.validate_every * batches.per_epoch))

    _keep_memory()
    fabric = Fabric(accelerator="auto", devices=1, precision=settings.precision)
    torch.manual_seed(settings.seed)  # for dropout
    for layer in network.modules():
        if isinstance(layer, nn.Dropout):
            layer.p = settings.dropout
    if isinstance(network, LiteNet) and settings.frozen:
        for parameter in network.early(settings.frozen):
            parameter.requires_grad_(False)
    # Channels last: about twice as fast on a CPU.
    module, optimizer = fabric.setup(
        network.to(memory_format=torch.channels_last),  # type: ignore[call-overload]
        _optimizer(network, settings),
    )
    # Claimed now that nothing in the settings can be wrong any more.
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    _claim(folder, config)
    average = copy.deepcopy(network).to(fabric.device) if settings.average else None
    state: dict[str, Any] = {"step": 0, "best": float("inf"), "seen_loss": 0.0, "seen": 0, "waited": 0}
    if (folder / "last.safetensors").exists():
        state = checkpoint.load_progress(folder / "last.safetensors", network, optimizer, average)
    log = _log(folder, state["step"])
    began, first = time.monotonic(), state["step"]
    saved = began  # when a checkpoint last was

    with bar(steps * batches.size, folder.name) as shown:
        shown.update(first * batches.size)
        for step in range(first, steps + 1):
            # Validate when due, once more at the end, and not twice what was validated before the interruption.
            due = (step % every == 0 or step == steps) and not (step == first and step > 0)
            if due:
                judged = average or network
                scores = validate(fabric, judged, validation, settings.loss)
                rate = (step - first) * batches.size / max(1e-9, time.monotonic() - began)
                state |= {"step": step}
                row = (
                    step, step / batches.per_epoch, settings.rate(step, steps),
                    state["seen_loss"] / max(1, state["seen"]), scores["loss"], scores["cc"], scores["nss"], rate,
                )  # fmt: skip
                state |= {"seen_loss": 0.0, "seen": 0, "waited": state["waited"] + 1}
                if scores["loss"] < state["best"]:
                    state |= {"best": scores["loss"], "waited": 0}
                    about = config | {"output": kind, "step": step, "validation_scores": scores}
                    checkpoint.save_weights(folder / "best.safetensors", judged.state_dict(), about)
                log.append(dict(zip(COLUMNS, row, strict=True)))
                _write_log(folder, log)
                shown.update(
                    step * batches.size, note=f"validation loss {scores['loss']:.4g}, best {state['best']:.4g}"
                )
            ended = step == steps or 0 < settings.patience <= state["waited"]
            if due and (ended or time.monotonic() - saved > SAVE_EVERY):
                checkpoint.save_progress(folder / "last.safetensors", state, network, optimizer, average)
                saved = time.monotonic()
            if ended:
                break
            stimuli, targets, sources = fabric.to_device(batches[step])
            for group in optimizer.param_groups:
                group["lr"] = settings.rate(step, steps) * group["share"]
                if "momentum" in group:
                    group["momentum"] = settings.momentum_at(step, steps)
            output = module(
                stimuli.contiguous(memory_format=torch.channels_last), sources
            )  # (B, H/4, W/4); or a logit a patch
            loss = loss_of(output.float(), targets)
            if not torch.isfinite(loss):
                raise FloatingPointError(
                    f"the loss is {loss.item()} at step {step} with learning rate {settings.rate(step, steps):.3g}: "
                    "it diverged; choose a smaller one"
                )
            optimizer.zero_grad()
            fabric.backward(loss)
            optimizer.step()
            if average is not None:
                _follow(average, network, min(settings.average, (step + 1) / (step + 10)))
            state["seen_loss"] += loss.item()
            state["seen"] += 1
            shown.update((step + 1) * batches.size)
    return Run(folder / "best.safetensors", folder / "log.csv", state["best"])


def validate(fabric: Fabric, network: Network, validation: Sequence[data.Pairs], loss: str) -> dict[str, float]:
    """Loss, and CC and NSS on the network's own maps (against densities: see `metrics.nss_density`)."""
    loss_of, kind = LOSSES[loss]
    losses, pairs = 0.0, list[tuple[np.ndarray, np.ndarray]]()
    for alike in validation:
        output, target = outputs(fabric, network, alike)
        losses += loss_of(output, target).item() * len(alike)
        pairs += zip(as_map(output, kind).numpy(), target.numpy(), strict=True)
    return {
        "loss": losses / len(pairs),
        "cc": float(np.nanmean([metrics.cc(p, t) for p, t in pairs])),
        "nss": float(np.nanmean([metrics.nss_density(p, t) for p, t in pairs])),
    }


@torch.no_grad()
def outputs(fabric: Fabric, network: Network, pairs: data.Pairs, size: int = 64) -> tuple[Tensor, Tensor]:
    """(N, H/4, W/4) what the network answers, and what it should, on the CPU."""
    network.eval()
    answers, targets = [], []
    for start in range(0, len(pairs), size):
        stimuli, target = data.to_network(*data.tensors(pairs, slice(start, start + size)), pairs.input_shape)
        with fabric.autocast():
            answer = network(fabric.to_device(stimuli).contiguous(memory_format=torch.channels_last))
        answers.append(answer.float().cpu())
        targets.append(target)
    network.train()
    return torch.cat(answers), torch.cat(targets)


def _optimizer(network: Network, settings: TrainSettings) -> torch.optim.Optimizer:
    learnt = set()  # before, and to be changed less
    if isinstance(network, LiteNet):
        learnt = {*network.encoder.parameters(), *(network.readout.parameters() if settings.frozen > 7 else ())}
    groups = []
    for share, of_learnt in ((1.0, False), (settings.encoder_rate, True)):
        chosen = [p for p in network.parameters() if p.requires_grad and (p in learnt) == of_learnt]
        for decay, kind in ((settings.weight_decay, [p for p in chosen if p.dim() > 1]),
                            (0.0, [p for p in chosen if p.dim() == 1])):  # fmt: skip
            if kind:
                groups.append({"params": kind, "weight_decay": decay, "share": share})
    rate = settings.learning_rate[0]
    if settings.optimizer == "sgd":
        return torch.optim.SGD(groups, rate, momentum=settings.momentum[0], nesterov=True, fused=True)
    return torch.optim.AdamW(groups, rate, fused=True)


def _about(pairs: Sequence[data.Pairs]) -> list:
    """Names, how many, and a checksum."""
    arrays = [array for alike in pairs for array in (alike.stimuli, alike.targets)]
    return [*pairs[-1].names, sum(map(len, pairs)), _checksum(arrays)]


def _keep_memory() -> None:
    """Have the C library keep freed memory. Given back, every step's activations are zeroed anew: 1.6x the time."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # not glibc
        return
    for option, value in ((-4, 0), (-1, 2**31 - 1), (-2, 2**26)):  # M_MMAP_MAX, M_TRIM_THRESHOLD, M_TOP_PAD
        mallopt(option, value)


@torch.no_grad()
def _follow(average: nn.Module, network: nn.Module, decay: float) -> None:
    for mean, now in zip(average.parameters(), network.parameters(), strict=True):
        mean.lerp_(now, 1 - decay)


def _checksum(arrays: Iterable[np.ndarray]) -> str:
    checksum = 0
    for array in arrays:
        checksum = zlib.crc32(np.ascontiguousarray(array).data, checksum)
    return f"{checksum:08x}"


def _claim(folder: Path, config: dict[str, Any]) -> None:
    """Start the folder, or make sure that it was started by the same run."""
    config = json.loads(json.dumps(config))  # tuples become lists, as they do on disk
    path = folder / "config.json"
    if not path.exists():
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(config, indent=1) + "\n")
        return
    found = json.loads(path.read_text())
    for key in ("start", "network", "training", "validation", "settings"):
        if found.get(key) != config[key]:
            raise checkpoint.CheckpointError(
                f"{folder} holds another run: {_difference(key, found.get(key), config[key])}; choose another folder"
            )


def _difference(name: str, before: Any, now: Any) -> str:
    """The first thing that differs, and not all that does not."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in now:
            if before.get(key) != now[key]:
                return _difference(f"{name}.{key}", before.get(key), now[key])
    return f"{name} was {before}, now {now}"


def _log(folder: Path, step: int) -> list[dict]:
    """The rows written up to the step that training goes on from."""
    path = folder / "log.csv"
    if step == 0 or not path.exists():
        return []
    with path.open(newline="") as file:
        return [row for row in csv.DictReader(file) if int(row["step"]) <= step]


def _write_log(folder: Path, rows: list[dict]) -> None:
    with replacing(folder / "log.csv") as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
