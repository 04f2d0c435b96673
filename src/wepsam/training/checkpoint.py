"""The files of a run. Tensors are safetensors and everything else is JSON or CSV: nothing in them can run code.

RUN/config.json        settings, network, data
RUN/log.csv            a row per validation
RUN/last.safetensors   the state from which the run resumes
RUN/best.safetensors   the weights of the lowest validation loss; best.json describes them
"""

import csv
import json
import os
import re
import time
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save
from torch import Tensor, nn

from wepsam.files import LEFTOVER_AGE, remove_leftovers, replacing, write_json
from wepsam.networks.base import Network
from wepsam.networks.build import build

COLUMNS = (
    "step", "epoch", "learning_rate", "train_loss", "validation_loss", "validation_cc", "validation_nss", "rate",
)  # fmt: skip


class CheckpointError(ValueError):
    """A run folder or checkpoint is missing, damaged, or belongs to another run. One line."""


def claim(folder: Path, record: dict[str, Any]) -> None:
    """Start a run in a folder, or check that the folder belongs to the same run.

    Args:
        folder: is created if it is missing.
        record: what determines the run; it is written to config.json.

    Raises:
        CheckpointError: the folder holds another run.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(folder)
    record = json.loads(json.dumps(record))  # tuples become lists, as in the file
    path = folder / "config.json"
    if not path.exists():
        write_json(path, record)
        return
    earlier = json.loads(path.read_text(encoding="utf-8"))
    for key in ("start", "network", "training", "validation", "settings"):
        if earlier.get(key) != record[key]:
            difference = _difference(key, earlier.get(key), record[key])
            raise CheckpointError(f"{folder} holds another run: {difference}; choose another folder")


def _remove_leftovers(folder: Path) -> None:
    """Remove what killed trainings left in a folder."""
    remove_leftovers(folder)
    # Earlier versions let safetensors write the files, under its own temporary names; they begin as ours do.
    for path in folder.glob(".tmp??????"):
        if path.is_file() and time.time() - path.stat().st_mtime > LEFTOVER_AGE:
            with path.open("rb") as file:
                ours = re.match(rb'.{8}{"__metadata__":{"(about|progress)":', file.read(64), re.DOTALL)
            if ours:
                path.unlink(missing_ok=True)


def _difference(name: str, before: Any, now: Any) -> str:
    """The first entry that differs."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in now:
            if before.get(key) != now[key]:
                return _difference(f"{name}.{key}", before.get(key), now[key])
    return f"{name} was {before}, now {now}"


def read_log(folder: Path, step: int) -> list[dict[str, Any]]:
    """The rows of log.csv up to the step from which the run resumes."""
    path = folder / "log.csv"
    if step == 0 or not path.exists():
        return []
    with path.open(newline="") as file:
        return [row for row in csv.DictReader(file) if int(row["step"]) <= step]


def write_log(folder: Path, rows: list[dict[str, Any]]) -> None:
    """Write log.csv, whole or not at all; a row has COLUMNS."""
    with replacing(folder / "log.csv") as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def save_weights(path: Path, weights: dict[str, Tensor], about: dict[str, Any]) -> None:
    """Write `path` (.safetensors) and its .json, each whole or not at all."""
    # The description is in the file itself, too, so that weights and description always belong together. The JSON is
    # for people.
    with replacing(path) as temporary:
        tensors = {k: v.detach().cpu().contiguous() for k, v in weights.items()}
        temporary.write_bytes(save(tensors, {"about": json.dumps(about)}))
    write_json(path.with_suffix(".json"), about)


def load_weights(path: str | os.PathLike[str]) -> tuple[Network, dict[str, Any]]:
    """Load the network of a checkpoint.

    Args:
        path: a .safetensors file, or a run folder (its best weights).

    Returns:
        The network, and the description that `save_weights` wrote; its "output" is "map" or "log_density".

    Raises:
        CheckpointError: the file is missing or damaged.
    """
    path = Path(path)
    path = path / "best.safetensors" if path.is_dir() else path
    try:
        with safe_open(path, "pt") as file:
            about = json.loads(file.metadata()["about"])
        network = build(about["network"])
        network.load_state_dict(load_file(path))
    except FileNotFoundError:
        raise CheckpointError(
            f"no checkpoint {path}: the file is missing; give a run folder or a .safetensors file"
        ) from None
    except Exception as error:  # safetensors, JSON and torch each raise their own kinds
        raise CheckpointError(f"{path} is damaged: {str(error).splitlines()[0]}") from None
    return network, about


def save_progress(
    path: Path,
    about: dict[str, Any],
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    average: nn.Module | None,
) -> None:
    """Write everything from which a run resumes exactly. One file, so that all parts are of the same step."""
    tensors = {f"network.{k}": v for k, v in network.state_dict().items()}
    if average is not None:
        tensors |= {f"average.{k}": v for k, v in average.state_dict().items()}
    for i, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{i}.{k}": v for k, v in state.items() if v is not None}
    tensors["rng"] = torch.get_rng_state()
    if torch.cuda.is_available():
        tensors["rng.cuda"] = torch.cuda.get_rng_state()
    metadata = {"progress": json.dumps(about)}
    with replacing(path) as temporary:
        tensors = {k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()}
        temporary.write_bytes(save(tensors, metadata))  # save_file would leave a file of another name if it is killed


def load_progress(
    path: Path, network: nn.Module, optimizer: torch.optim.Optimizer, average: nn.Module | None
) -> dict[str, Any]:
    """Restore what `save_progress` wrote.

    Returns:
        The `about` that was saved.

    Raises:
        CheckpointError: the file is damaged.
    """
    try:
        with safe_open(path, "pt") as file:
            about: dict[str, Any] = json.loads(file.metadata()["progress"])
        tensors = load_file(path)
        network.load_state_dict(_below("network.", tensors))
        if average is not None:
            average.load_state_dict(_below("average.", tensors))
        saved: dict[int, dict[str, Tensor]] = {}
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        for name, value in _below("optimizer.", tensors).items():
            index, key = name.split(".")
            like = parameters[int(index)]
            # In the parameter's memory layout: fused optimizers go through both in memory order.
            tensor = torch.empty_like(like).copy_(value) if value.shape == like.shape else value
            saved.setdefault(int(index), {})[key] = tensor.detach()
        optimizer.load_state_dict({"state": saved, "param_groups": optimizer.state_dict()["param_groups"]})
        torch.set_rng_state(tensors["rng"])
        if "rng.cuda" in tensors and torch.cuda.is_available():
            torch.cuda.set_rng_state(tensors["rng.cuda"])
    except Exception as error:
        raise CheckpointError(f"{path} is damaged: {str(error).splitlines()[0]}; delete it to start again") from None
    return about


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
