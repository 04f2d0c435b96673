"""The pictures of the protocol in a form that travels: 128x128 JPEGs and 32x32 maps, in pieces of limited size.

    PACK/pack.json              for each part its sources, and each piece's name, pictures and SHA-256
    PACK/PART-000.safetensors   jpeg (bytes), ends (N) of each JPEG, maps (N, 32, 32), sources (N)

The parts are photographs and fixations, for training and for validation. They hold what the network sees, so a machine
that has the pack needs neither the photographs nor the datasets.
"""

import hashlib
import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from safetensors.numpy import load, save

from wepsam.datasets import FixationDataset
from wepsam.files import foreign, read_json, replacing, write_json
from wepsam.images import read_image
from wepsam.networks.paper import PaperConfig
from wepsam.training.batches import Pairs, from_datasets, from_store
from wepsam.training.checkpoint import DamagedError

PIECE = 60 << 20  # bytes
QUALITY = 90
INPUT, CELLS = (128, 128), (32, 32)


@dataclass(frozen=True)
class Packed:
    """The pictures of both steps, of the size that the network sees."""

    photographs: Pairs
    photographs_validation: Pairs
    fixations: Pairs
    fixations_validation: Pairs


def pack(
    weak: str | os.PathLike[str],
    datasets: Sequence[FixationDataset],
    out: str | os.PathLike[str],
    *,
    keep: float = 0.5,
    piece: int = PIECE,
) -> list[Path]:
    """Write the pictures of both steps.

    Args:
        weak: a folder of weak labels that `label` made.
        datasets: with fixations; their "train" and "validation" splits are taken.
        out: the folder for the pack.
        keep: how many of the weak labels, those of lowest entropy, or a share.
        piece: most bytes of a file.

    Returns:
        The files.

    Raises:
        ValueError: there are too few pictures.
    """
    shape_of = PaperConfig().input_shape
    (photographs,), (photographs_validation,) = from_store(weak, shape_of, keep)
    parts = {"photographs": photographs, "photographs_validation": photographs_validation}
    for part, split in (("fixations", "train"), ("fixations_validation", "validation")):
        chosen = [held for data in datasets if len(held := data.split(split))]
        groups = from_datasets(chosen, shape_of, room=1) if chosen else []
        if not groups:
            raise ValueError(f"these datasets have no pictures with fixations for {split}; name others")
        parts[part] = groups[0]
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    about: dict[str, Any] = {}
    for part, pairs in parts.items():
        pieces = []
        for number, tensors in enumerate(_pieces(pairs, piece)):
            name, data = f"{part}-{number:03d}.safetensors", save(tensors)
            with replacing(out / name) as temporary:
                temporary.write_bytes(data)
            pieces.append({"file": name, "pictures": len(tensors["ends"]), "sha256": _sha256(data)})
        about[part] = {"names": list(pairs.names), "learned_from": dict(pairs.learned_from), "pieces": pieces}
    write_json(out / "pack.json", about)  # last: a pack with it is whole
    return [out / "pack.json", *(out / piece["file"] for part in about.values() for piece in part["pieces"])]


def unpack(folder: str | os.PathLike[str]) -> Packed:
    """Read what `pack` wrote.

    Raises:
        DamagedError: a file is missing or damaged; the message names it.
    """
    path = Path(folder) / "pack.json"
    if not path.exists():
        raise DamagedError(f"no pack at {folder}: expected pack.json and its pieces; make them with pack")
    with foreign(path, "is damaged: {}; pack again", DamagedError):
        about = read_json(path)
        wanted = {field.name: (about[field.name]["names"], about[field.name]["pieces"]) for field in fields(Packed)}
    parts = {}
    for part, (names, listed) in wanted.items():
        read = [_read(Path(folder), piece) for piece in listed]
        stimuli, targets, sources = (np.concatenate(arrays) for arrays in zip(*read, strict=True))
        parts[part] = Pairs(stimuli, targets, sources, tuple(names), INPUT, about[part]["learned_from"])
    return Packed(**parts)


def _pieces(pairs: Pairs, limit: int) -> Iterator[dict[str, np.ndarray]]:
    """The pairs as tensors of at most so many bytes."""
    maps = pairs.targets
    if maps.shape[1:] != CELLS:  # datasets give maps of twice the sides
        maps = maps.reshape(len(maps), CELLS[0], maps.shape[1] // CELLS[0], CELLS[1], -1).mean((2, 4))
        maps = np.rint(255 * maps / np.maximum(maps.max((1, 2), keepdims=True), 1e-6)).astype(np.uint8)
    jpegs = [_jpeg(stimulus) for stimulus in pairs.stimuli]
    sizes = np.array([len(jpeg) + CELLS[0] * CELLS[1] + 16 for jpeg in jpegs])
    first, room = 0, limit - 1024  # for the header
    while first < len(jpegs):
        count = max(1, int(np.searchsorted(np.cumsum(sizes[first:]), room, side="right")))
        rows = slice(first, first + count)
        yield {
            "jpeg": np.frombuffer(b"".join(jpegs[rows]), np.uint8),
            "ends": np.cumsum([len(jpeg) for jpeg in jpegs[rows]]),
            "maps": np.ascontiguousarray(maps[rows]),
            "sources": pairs.sources[rows].astype(np.int64),
        }
        first += count


def _jpeg(stimulus: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(stimulus).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def _read(folder: Path, piece: dict[str, Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The stimuli, maps and sources of a piece."""
    path = folder / Path(str(piece["file"])).name
    if not path.exists():
        raise DamagedError(f"{path} is missing; bring all pieces that pack.json lists")
    with foreign(path, "is damaged: {}; bring it again", DamagedError):
        data = path.read_bytes()
        if _sha256(data) != piece["sha256"]:
            raise ValueError("it has another SHA-256 than when it was written")
        tensors = load(data)
        jpeg, ends = tensors["jpeg"].tobytes(), tensors["ends"]
        begins = np.concatenate([[0], ends[:-1]])
        stimuli = np.stack([read_image(jpeg[a:b], shape=INPUT) for a, b in zip(begins, ends, strict=True)])
    return stimuli, tensors["maps"], tensors["sources"]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
