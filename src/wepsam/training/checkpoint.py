"""The files of a run. Tensors are safetensors and everything else is JSON or CSV: nothing in them can run code.

RUN/config.json        settings, network, data
RUN/log.csv            a row per validation
RUN/last.safetensors   the state from which the run resumes
RUN/best.safetensors   the weights of the lowest validation loss; best.json describes them

Both .safetensors hold the SHA-256 of their tensors and of the text with them. A file is checked against it when it is
read; files of earlier versions, which have none, can still be read.
"""

import csv
import hashlib
import json
import os
import re
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save
from torch import Tensor, nn

from wepsam.files import (
    LEFTOVER_AGE,
    check_regular,
    foreign,
    parse_json,
    read_json,
    remove_leftovers,
    replacing,
    write_json,
)
from wepsam.networks.base import Network
from wepsam.networks.build import build

COLUMNS = (
    "step", "epoch", "learning_rate", "train_loss", "validation_loss", "validation_cc", "validation_nss", "rate",
)  # fmt: skip
OUTPUTS = ("map", "log_density")  # what a network was trained to answer
PROGRESS = {"step", "best", "seen_loss", "seen", "waited"}  # numbers from which a run resumes
DIGEST = "sha256"  # its key among a file's texts
DETERMINES = ("start", "network", "training", "validation", "settings")  # entries of config.json that make a run


class CheckpointError(ValueError):
    """A run folder or checkpoint is missing, damaged, or belongs to another run. One line."""


class DamagedError(CheckpointError, OSError):
    """A file of a run is broken: the call itself was correct."""


def claim(folder: Path, record: dict[str, Any]) -> None:
    """Start a run in a folder, or check that the folder belongs to the same run.

    Args:
        folder: is created if it is missing.
        record: what determines the run; it is written to config.json.

    Raises:
        CheckpointError: the folder holds another run, or its config.json is damaged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(folder)
    record = json.loads(json.dumps(record))  # tuples become lists, as in the file
    path = folder / "config.json"
    if not path.exists():
        write_json(path, record)
        return
    with _reading(path, "choose another folder"):
        earlier = read_json(path)
        if not isinstance(earlier, dict):
            raise ValueError(f"it is a {type(earlier).__name__}, not an object")
    if difference := _first_difference(earlier, record):
        raise CheckpointError(f"{folder} holds another run: {difference}; choose another folder")


def _first_difference(earlier: dict[str, Any], record: dict[str, Any]) -> str:
    """What makes two records those of different runs; "" if nothing does."""
    differ = (key for key in DETERMINES if earlier.get(key) != record[key])
    return next((_difference(key, earlier.get(key), record[key]) for key in differ), "")


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
    return f"{name} was {_short(before)}, now {_short(now)}"


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 200 else f"{text[:197]}..."


def read_log(folder: Path, step: int) -> list[dict[str, Any]]:
    """The rows of log.csv up to the step from which the run resumes.

    Raises:
        CheckpointError: a row is damaged, or rows are missing.
    """
    path = folder / "log.csv"
    if step == 0 or not path.exists():
        return []
    with _reading(path, "delete it, and the run goes on with a new one"):
        check_regular(path)
        with path.open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if _is_row(row) and int(row["step"]) <= step]
        steps = [int(row["step"]) for row in rows]
        complete = path.read_bytes().endswith(b"\n")
        if not complete or not steps or steps[-1] != step or steps != sorted(set(steps)):
            raise ValueError(f"its rows do not lead to step {step}")
    return rows


def _is_row(row: dict[str, Any]) -> bool:
    """Whether a row of log.csv has a number in each column; ValueError otherwise."""
    if set(row) != set(COLUMNS) or None in row.values():
        raise ValueError(f"expected rows of {', '.join(COLUMNS)}")
    if not re.fullmatch("0|[1-9][0-9]{0,11}", row["step"]):
        raise ValueError(f"{row['step']!r:.50} is no step")
    return all(float(value) is not None for value in row.values())


def write_log(folder: Path, rows: list[dict[str, Any]]) -> None:
    """Write log.csv, whole or not at all; a row has COLUMNS."""
    with replacing(folder / "log.csv") as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def save_weights(path: Path, weights: dict[str, Tensor], about: dict[str, Any]) -> None:
    """Write `path` (.safetensors) and its .json, each whole or not at all."""
    # The description is in the file itself, too, so that weights and description always belong together. The JSON is
    # for people.
    _save(path, weights, {"about": json.dumps(about)})
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
    if not path.exists():
        raise CheckpointError(f"no checkpoint {path}: the file is missing; give a run folder or a .safetensors file")
    with _reading(path):
        tensors, about, _ = _load(path, "about")
        network = build(about.get("network", {}))
        network.load_state_dict(tensors)
        if about.get("output") not in OUTPUTS or not isinstance(about.get("step"), int):
            raise ValueError(f"its description lacks a step, or an output ({' or '.join(OUTPUTS)})")
        if not isinstance(about.get("training", ["?"]), list) or not about.get("training", ["?"]):
            raise ValueError("its description does not name what it was trained on")
    return network, about


def check_best(folder: Path, record: dict[str, Any]) -> None:
    """Make sure that a run which resumes still has its best weights.

    Args:
        folder: of the run.
        record: as for `claim`.

    Raises:
        CheckpointError: they are missing, damaged, or of another run.
    """
    path, advice = folder / "best.safetensors", f"delete the folder {folder} to start again"
    with _reading(path, advice):
        _, about, _ = _load(path, "about")
    if difference := _first_difference(about, json.loads(json.dumps(record))):
        raise CheckpointError(f"{path} is of another run: {difference}; {advice}")


def save_progress(
    path: Path,
    about: dict[str, float],
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    average: nn.Module | None,
    record: dict[str, Any],
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
    _save(path, tensors, {"progress": json.dumps(about), "run": _run(record)})


def load_progress(
    path: Path,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    average: nn.Module | None,
    record: dict[str, Any],
) -> dict[str, Any]:
    """Restore what `save_progress` wrote.

    Returns:
        The `about` that was saved.

    Raises:
        CheckpointError: the file is damaged, or of another run than the record's.
    """
    advice = "delete it to start again"
    with _reading(path, advice):
        tensors, about, run = _load(path, "progress")
    if run not in ("", _run(record)):
        raise CheckpointError(f"{path} is of another run than {path.parent / 'config.json'}; {advice}")
    with _reading(path, advice):
        if set(about) != PROGRESS or not all(isinstance(value, int | float) for value in about.values()):
            raise ValueError(f"its progress is not {', '.join(sorted(PROGRESS))}")
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
    return about


def _run(record: dict[str, Any]) -> str:
    """A fingerprint of what determines a run."""
    return hashlib.sha256(json.dumps([record[key] for key in DETERMINES], sort_keys=True).encode()).hexdigest()


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


# ---- files of tensors


def _save(path: Path, tensors: dict[str, Tensor], texts: dict[str, str]) -> None:
    """Write tensors with texts and their SHA-256, whole or not at all."""
    tensors = {k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()}
    with replacing(path) as temporary:
        # save_file would leave a file of another name if it is killed.
        temporary.write_bytes(save(tensors, texts | {DIGEST: _digest(tensors, texts)}))


def _load(path: Path, key: str) -> tuple[dict[str, Tensor], dict[str, Any], str]:
    """The tensors of a file, the JSON object of this key among its texts, and the fingerprint of its run, or "".

    They are checked against their SHA-256, if the file has one; for what cannot be read, any error is raised.
    """
    check_regular(path)
    with safe_open(path, "pt") as file:
        texts: dict[str, str] = file.metadata() or {}
    if key not in texts or set(texts) - {key, "run", DIGEST}:
        raise ValueError(f"it is no file with the {key} of a run")
    tensors = load_file(path)
    digest = texts.pop(DIGEST, None)
    if digest is not None and digest != _digest(tensors, texts):
        raise ValueError("its tensors have another SHA-256 than when they were written")
    about = parse_json(texts[key].encode())
    if not isinstance(about, dict):
        raise ValueError(f"its {key} is a {type(about).__name__}, not an object")
    return tensors, about, texts.get("run", "")


def _digest(tensors: dict[str, Tensor], texts: dict[str, str]) -> str:
    """SHA-256 of tensors, with names, types and shapes, and of texts."""
    digest = hashlib.sha256(json.dumps(texts, sort_keys=True).encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(f"\n{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _reading(path: Path, advice: str = "") -> AbstractContextManager[None]:
    """Whatever goes wrong inside is damage of this file: safetensors, JSON and torch each raise their own kinds."""
    return foreign(path, "is damaged: {}" + (advice and f"; {advice}"), DamagedError)
