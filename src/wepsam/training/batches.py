"""Batches for both stages: from the weak-label store, and from fixation datasets.

Batch number n is a pure function of (data, settings, seed, n), so a run that resumes needs to remember only n.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from wepsam import maps
from wepsam.datasets import FixationDataset
from wepsam.files import PathOrUrl
from wepsam.images import resize
from wepsam.networks.paper import INPUT_SIZE, MAP_SIZE
from wepsam.progress import track
from wepsam.weak import store


@dataclass(frozen=True)
class Augmentation:
    """Changes of a picture after which people would still look at the same things. All 0 but `mirror`: the paper's.

    Where a picture goes, its map goes too.
    """

    mirror: bool = True  # half of each batch mirrored, left to right
    geometry: float = 0.0  # 1: zoom in up to 1.4x or out by 1.1x, shift, stretch upright by 12 %, turn by 5 degrees
    color: float = 0.0  # 1: contrast by 30 %, color cast by 0.1, one picture in ten gray


@dataclass(frozen=True)
class Pairs:
    """Stimuli and the maps to learn, all in memory.

    Attributes:
        stimuli: (N, S, S, 3) uint8; the network's input is cut or resized from it.
        targets: (N, M, M) uint8, each map's largest value 255.
        names: of the sources, for the log.
    """

    stimuli: np.ndarray
    targets: np.ndarray
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.stimuli)

    def take(self, rows: np.ndarray | slice) -> "Pairs":
        """Some of them."""
        return replace(self, stimuli=self.stimuli[rows], targets=self.targets[rows])


def from_store(folder: PathOrUrl, keep: float = 1.0, order: str = "lowest", seed: int = 0) -> tuple[Pairs, Pairs]:
    """Weakly labelled pictures to train on and to validate on: the `keep` of lowest entropy, every 20th held out.

    Args:
        folder: that `label` made, or its URL.
        keep: how many, or a share.
        order: "lowest" entropy first, or, to see what that is worth, "highest" or "random".
        seed: of a random order.

    Raises:
        ValueError: fewer than two pictures are kept.
    """
    rows = np.sort(store.select(folder, keep, order, seed))
    if len(rows) < 2:
        raise ValueError(f"{folder} keeps {len(rows)} pictures with keep={keep:g}; learning needs two at least")
    every = min(20, len(rows))
    held_out = np.arange(len(rows)) % every == every - 1
    which = "at random" if order == "random" else f"of {order} entropy"
    name = f"{os.path.basename(os.path.abspath(folder))}: {len(rows)} {which}"
    training, validation = (
        Pairs(*store.read_rows(folder, rows[m], (INPUT_SIZE, INPUT_SIZE), (MAP_SIZE, MAP_SIZE))[:2], (name,))
        for m in (~held_out, held_out)
    )
    return training, validation


def from_datasets(datasets: Sequence[FixationDataset], size: int = 160, map_size: int = 64) -> Pairs:
    """Pictures and human densities of several datasets, mixed.

    Args:
        datasets: already split.
        size: of the square in which stimuli are kept; larger than the input leaves room to zoom in.
        map_size: of the square in which densities are kept.
    """
    # A picture that nobody looked at says nothing about where people look.
    samples = [sample for dataset in datasets for sample in dataset if sample.has_density]
    stimuli = np.empty((len(samples), size, size, 3), np.uint8)
    targets = np.empty((len(samples), map_size, map_size), np.uint8)
    for i, sample in enumerate(track(samples, "reading fixations")):
        stimuli[i] = resize(sample.stimulus(), (size, size))
        density = maps.enlarge(sample.density(), (map_size, map_size))  # Pillow averages when it shrinks
        targets[i] = np.rint(255 * density / density.max())
    return Pairs(stimuli, targets, tuple(f"{d.name}: {len(d)}" for d in datasets))


class Batches:
    """Training batches by number, in an order shuffled anew each epoch."""

    def __init__(self, pairs: Pairs, size: int, augmentation: Augmentation, seed: int) -> None:
        """At least one batch an epoch: fewer pairs than `size` make a smaller one."""
        self.pairs, self.augmentation, self.seed = pairs, augmentation, seed
        self.size = min(size, len(pairs))
        self.per_epoch = len(pairs) // self.size

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor]:
        """(B, 3, 128, 128) float pixels in [0, 1] and (B, 32, 32) float maps, largest value 1 (0: nobody looked)."""
        epoch, place = divmod(number, self.per_epoch)
        order = np.random.default_rng([self.seed, epoch, 0]).permutation(len(self.pairs))
        rows = order[place * self.size : (place + 1) * self.size]
        stimuli, targets = tensors(self.pairs, rows)
        return to_network(
            *augment(stimuli, targets, self.augmentation, np.random.default_rng([self.seed, epoch, 1 + place]))
        )


def tensors(pairs: Pairs, rows: np.ndarray | slice) -> tuple[Tensor, Tensor]:
    """(B, 3, S, S) and (B, M, M) float in [0, 1]."""
    stimuli = torch.from_numpy(pairs.stimuli[rows]).permute(0, 3, 1, 2).float() / 255
    return stimuli, torch.from_numpy(pairs.targets[rows]).float() / 255


def to_network(stimuli: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """To the network's input and output size; maps to a largest value of 1."""
    if stimuli.shape[-1] != INPUT_SIZE:
        stimuli = functional.interpolate(stimuli, size=(INPUT_SIZE, INPUT_SIZE), mode="bilinear", antialias=True)
    return stimuli, to_map_size(targets)


def to_map_size(targets: Tensor) -> Tensor:
    """(B, M, M) -> (B, 32, 32), largest values 1."""
    if targets.shape[-1] != MAP_SIZE:
        targets = functional.adaptive_avg_pool2d(targets[:, None], MAP_SIZE)[:, 0]
    return targets / targets.amax((1, 2), keepdim=True).clamp(min=1e-6)


def augment(stimuli: Tensor, targets: Tensor, how: Augmentation, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Each picture changed in its own way, its map along with it."""
    count = len(stimuli)
    mirrored = np.where(rng.permutation(count) < count // 2, -1.0, 1.0) if how.mirror else np.ones(count)
    if how.geometry:
        matrices = torch.from_numpy(_views(mirrored, how.geometry, rng)).float()
        stimuli, targets = (
            _warp(stimuli, matrices, INPUT_SIZE),
            _warp(targets[:, None], matrices, targets.shape[-1])[:, 0],
        )
    else:
        flip = torch.from_numpy(mirrored < 0)
        stimuli = torch.where(flip[:, None, None, None], stimuli.flip(3), stimuli)
        targets = torch.where(flip[:, None, None], targets.flip(2), targets)
    if how.color:
        contrast = 1 + how.color * rng.uniform(-0.3, 0.3, (count, 1, 1, 1))
        cast = how.color * rng.uniform(-0.1, 0.1, (count, 3, 1, 1))
        gray = torch.from_numpy(rng.random((count, 1, 1, 1)) < 0.1 * how.color)
        stimuli = torch.where(gray, stimuli.mean(1, keepdim=True), stimuli)
        stimuli = ((stimuli - 0.5) * torch.from_numpy(contrast).float() + 0.5 + torch.from_numpy(cast).float()).clamp(
            0, 1
        )
    return stimuli, targets


def _views(mirrored: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """(B, 2, 3) affine matrices: which part of the picture, in [-1, 1] coordinates, each output pixel shows."""
    count = len(mirrored)
    zoom = np.exp(rng.uniform(-0.35, 0.1, (count, 1)) * strength)
    zoom = zoom * np.exp(np.array([0, 1]) * rng.uniform(-0.12, 0.12, (count, 1)) * strength)
    angle = rng.uniform(-0.08, 0.08, count) * strength
    # A zoomed view stays inside the picture, but for a little.
    shift = rng.uniform(-1, 1, (count, 2)) * np.maximum(1 - zoom, 0.03 * strength)
    rotation = np.stack([np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)], axis=-1).reshape(-1, 2, 2)
    rotation = rotation * zoom[:, :, None]
    rotation[:, :, 0] *= mirrored[:, None]
    return np.concatenate([rotation, shift[:, :, None]], axis=2)


def _warp(x: Tensor, matrices: Tensor, size: int) -> Tensor:
    grid = functional.affine_grid(matrices, [len(x), x.shape[1], size, size], align_corners=False)
    # Beyond the picture: its border color, and nobody looking.
    padding = "border" if x.shape[1] == 3 else "zeros"
    return functional.grid_sample(x, grid, padding_mode=padding, align_corners=False)
