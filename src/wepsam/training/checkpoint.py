"""Checkpoints: tensors as safetensors, everything else as JSON beside them. Nothing that could run code.

RUN/config.json        settings, network, data
RUN/log.csv            a row for each validation
RUN/last.safetensors   everything that resuming needs; last.json
RUN/best.safetensors   the weights of the lowest validation loss; best.json says what they are
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from wepsam.files import replacing
from wepsam.networks.build import Network, build


class CheckpointError(ValueError):
    """A run folder or checkpoint is missing, damaged, or of another run. One line."""


def save_weights(path: Path, weights: dict[str, Tensor], about: dict[str, Any]) -> None:
    """Write `path` (.safetensors) with its .json, each whole or not at all."""
    # What they are stands in the file itself, so that the two cannot be of different steps; the JSON is for people.
    with replacing(path) as temporary:
        save_file(
            {k: v.detach().cpu().contiguous() for k, v in weights.items()}, temporary, {"about": json.dumps(about)}
        )
    with replacing(path.with_suffix(".json")) as temporary:
        temporary.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def load_weights(path: str | Path) -> tuple[Network, dict[str, Any]]:
    """The network of a checkpoint, and its description ("output": "map" or "log_density").

    Args:
        path: a .safetensors file, or a run folder (its best weights).

    Raises:
        CheckpointError: there is none, or it is damaged.
    """
    path = Path(path)
    path = path / "best.safetensors" if path.is_dir() else path
    try:
        with safe_open(path, "pt") as file:
            about = json.loads(file.metadata()["about"])
        network = build(about["network"])
        network.load_state_dict(load_file(path))
    except FileNotFoundError:
        raise CheckpointError(f"no checkpoint {path}: the file is missing") from None
    except Exception as error:  # safetensors, JSON and torch each have their own kinds
        raise CheckpointError(f"{path} is damaged: {str(error).splitlines()[0]}") from None
    return network, about


def save_progress(
    path: Path,
    about: dict[str, Any],
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    average: nn.Module | None,
) -> None:
    """Everything that continuing exactly needs, into one file, so that its pieces cannot be of different steps."""
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
        save_file({k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()}, temporary, metadata)


def load_progress(
    path: Path, network: nn.Module, optimizer: torch.optim.Optimizer, average: nn.Module | None
) -> dict[str, Any]:
    """Put everything back as `save_progress` found it; returns what it was told."""
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
            # In the parameter's memory layout: fused optimizers go over both as they lie.
            laid = torch.empty_like(like).copy_(value) if value.shape == like.shape else value
            saved.setdefault(int(index), {})[key] = laid.detach()
        optimizer.load_state_dict({"state": saved, "param_groups": optimizer.state_dict()["param_groups"]})
        torch.set_rng_state(tensors["rng"])
        if "rng.cuda" in tensors and torch.cuda.is_available():
            torch.cuda.set_rng_state(tensors["rng.cuda"])
    except Exception as error:
        raise CheckpointError(f"{path} is damaged: {str(error).splitlines()[0]}; delete it to start anew") from None
    return about


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
