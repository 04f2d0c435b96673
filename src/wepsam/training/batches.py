"""Batches for both stages: from the weak-label store, and from fixation datasets.

Batch number n is a pure function of (data, settings, seed, n), so a run that resumes needs to remember only n.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from wepsam import maps
from wepsam.datasets import FixationDataset
from wepsam.files import PathOrUrl
from wepsam.images import resize
from wepsam.networks import paper
from wepsam.progress import track
from wepsam.weak import store

Shape = tuple[int, int]  # (height, width)
STRIDE = 4  # pixels of every network's input to a cell of its map


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
    """Stimuli and the maps to learn, all in memory, for one shape of the network's input.

    Attributes:
        stimuli: (N, H, W, 3) uint8; the network's input is cut or resized from it.
        targets: (N, h, w) uint8, each map's largest value 255.
        sources: (N,) integer, which of the names each is from.
        names: of the sources, for the log.
        input_shape: what the network sees; its map has a quarter of it.
    """

    stimuli: np.ndarray
    targets: np.ndarray
    sources: np.ndarray
    names: tuple[str, ...]
    input_shape: Shape = (paper.INPUT_SIZE, paper.INPUT_SIZE)

    def __len__(self) -> int:
        return len(self.stimuli)

    def take(self, rows: np.ndarray | slice) -> "Pairs":
        """Some of them."""
        return replace(self, stimuli=self.stimuli[rows], targets=self.targets[rows], sources=self.sources[rows])


def take(pairs: Sequence[Pairs], rows: np.ndarray) -> list[Pairs]:
    """Some of all, by their number in all shapes one after the other."""
    ends = np.cumsum([len(alike) for alike in pairs])
    of = np.searchsorted(ends, rows, side="right")
    return [
        alike.take(rows[of == k] - (end - len(alike)))
        for k, (alike, end) in enumerate(zip(pairs, ends, strict=True))
        if (of == k).any()
    ]


def square(height: int, width: int) -> Shape:
    """What the paper's network sees of a picture, whatever its size."""
    return paper.INPUT_SIZE, paper.INPUT_SIZE


def from_store(
    folder: PathOrUrl,
    keep: float = 1.0,
    order: str = "lowest",
    seed: int = 0,
    shape_of: Callable[[int, int], Shape] = square,
) -> tuple[list[Pairs], list[Pairs]]:
    """Weakly labelled pictures to train on and to validate on: the `keep` of lowest entropy, every 20th held out.

    Args:
        folder: that `label` made, or its URL.
        keep: how many, or a share.
        order: "lowest" entropy first, or, to see what that is worth, "highest" or "random".
        seed: of a random order.
        shape_of: (height, width) of a picture -> the shape in which the network sees it.

    Returns:
        To train on, and to validate on: pairs by shape.

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
    shapes = [shape_of(*size) for size in store.sizes(folder, rows)]
    parts: tuple[list[Pairs], list[Pairs]] = ([], [])
    for shape in sorted(set(shapes)):
        alike = np.array([s == shape for s in shapes])
        for part, chosen in zip(parts, (alike & ~held_out, alike & held_out), strict=True):
            if chosen.any():
                cells = (shape[0] // STRIDE, shape[1] // STRIDE)
                stimuli, targets, ids = store.read_rows(folder, rows[chosen], shape, cells)
                part.append(Pairs(stimuli, targets, np.zeros(len(ids), np.int64), (name,), shape))
    return parts


def from_datasets(
    datasets: Sequence[FixationDataset], shape_of: Callable[[int, int], Shape] = square, room: float = 1.25
) -> list[Pairs]:
    """Pictures and human densities of several datasets, mixed; those of one shape together.

    Args:
        datasets: already split.
        shape_of: (height, width) of a picture -> the shape in which the network sees it.
        room: how much larger than the network's input stimuli are kept, so that one can zoom in.
    """
    # A picture that nobody looked at says nothing about where people look.
    samples = [(sample, source) for source, data in enumerate(datasets) for sample in data if sample.has_density]
    read: dict[Shape, list[tuple[np.ndarray, np.ndarray, int]]] = {}
    for sample, source in track(samples, "reading fixations"):
        shape = height, width = shape_of(*sample.size)
        stimulus = resize(sample.stimulus(), (round(room * height), round(room * width)))
        density = maps.enlarge(sample.density(), (height // 2, width // 2))  # Pillow averages when it shrinks
        read.setdefault(shape, []).append((stimulus, np.rint(255 * density / density.max()).astype(np.uint8), source))
    names = tuple(f"{d.name}: {len(d)}" for d in datasets)
    pairs = []
    for shape, alike in sorted(read.items()):
        stimuli, targets, sources = map(np.stack, zip(*alike, strict=True))
        pairs.append(Pairs(stimuli, targets, sources, names, shape))
    return pairs


class Batches:
    """Training batches by number, in an order shuffled anew each epoch. All pictures of a batch have one shape."""

    def __init__(self, pairs: Sequence[Pairs], size: int, augmentation: Augmentation, seed: int) -> None:
        """At least one batch an epoch: fewer pairs than `size` make a smaller one."""
        self.pairs, self.augmentation, self.seed = pairs, augmentation, seed
        self.size = min(size, max(map(len, pairs)))
        # (which shape, which batch of it). A rest is left out of this epoch, but every shape gets one batch.
        self.places = [(k, i) for k, alike in enumerate(pairs) for i in range(max(1, len(alike) // self.size))]
        self.per_epoch = len(self.places)

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor, Tensor]:
        """(B, 3, H, W) pixels in [0, 1], (B, H/4, W/4) maps of largest value 1 (0: nobody looked), (B,) sources."""
        epoch, place = divmod(number, self.per_epoch)
        turn = np.random.default_rng([self.seed, epoch]).permutation(self.per_epoch)[place] if self.pairs[1:] else place
        kind, start = self.places[turn]
        alike = self.pairs[kind]
        order = np.random.default_rng([self.seed, epoch, kind]).permutation(len(alike))
        rows = order[start * self.size : (start + 1) * self.size]
        rng = np.random.default_rng([self.seed, epoch, 1 + place])
        stimuli, targets = augment(*tensors(alike, rows), self.augmentation, rng, alike.input_shape)
        return *to_network(stimuli, targets, alike.input_shape), torch.from_numpy(alike.sources[rows])


def tensors(pairs: Pairs, rows: np.ndarray | slice) -> tuple[Tensor, Tensor]:
    """(B, 3, S, S) and (B, M, M) float in [0, 1]."""
    stimuli = torch.from_numpy(pairs.stimuli[rows]).permute(0, 3, 1, 2).float() / 255
    return stimuli, torch.from_numpy(pairs.targets[rows]).float() / 255


def to_network(stimuli: Tensor, targets: Tensor, shape: Shape) -> tuple[Tensor, Tensor]:
    """To the network's input and output size; maps to a largest value of 1."""
    if stimuli.shape[2:] != shape:
        stimuli = functional.interpolate(stimuli, size=shape, mode="bilinear", antialias=True)
    return stimuli, to_map_size(targets, shape)


def to_map_size(targets: Tensor, shape: Shape) -> Tensor:
    """(B, h, w) -> a quarter of the input's shape, largest values 1."""
    cells = shape[0] // STRIDE, shape[1] // STRIDE
    if targets.shape[1:] != cells:
        targets = functional.adaptive_avg_pool2d(targets[:, None], cells)[:, 0]
    return targets / targets.amax((1, 2), keepdim=True).clamp(min=1e-6)


def augment(
    stimuli: Tensor, targets: Tensor, how: Augmentation, rng: np.random.Generator, shape: Shape
) -> tuple[Tensor, Tensor]:
    """Each picture changed in its own way, its map along with it; a changed view has the input's shape."""
    count = len(stimuli)
    mirrored = np.where(rng.permutation(count) < count // 2, -1.0, 1.0) if how.mirror else np.ones(count)
    if how.geometry:
        matrices = torch.from_numpy(_views(mirrored, how.geometry, rng, shape[1] / shape[0])).float()
        stimuli, targets = (
            _warp(stimuli, matrices, shape),
            _warp(targets[:, None], matrices, targets.shape[1:])[:, 0],
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


def _views(mirrored: np.ndarray, strength: float, rng: np.random.Generator, aspect: float) -> np.ndarray:
    """(B, 2, 3) affine matrices: which part of the picture, in [-1, 1] coordinates, each output pixel shows."""
    count = len(mirrored)
    zoom = np.exp(rng.uniform(-0.35, 0.1, (count, 1)) * strength)
    zoom = zoom * np.exp(np.array([0, 1]) * rng.uniform(-0.12, 0.12, (count, 1)) * strength)
    angle = rng.uniform(-0.08, 0.08, count) * strength
    # A zoomed view stays inside the picture, but for a little.
    shift = rng.uniform(-1, 1, (count, 2)) * np.maximum(1 - zoom, 0.03 * strength)
    turn = [np.cos(angle), -np.sin(angle) / aspect, np.sin(angle) * aspect, np.cos(angle)]
    rotation = np.stack(turn, axis=-1).reshape(-1, 2, 2)
    rotation = rotation * zoom[:, :, None]
    rotation[:, :, 0] *= mirrored[:, None]
    return np.concatenate([rotation, shift[:, :, None]], axis=2)


def _warp(x: Tensor, matrices: Tensor, shape: Sequence[int]) -> Tensor:
    grid = functional.affine_grid(matrices, [len(x), x.shape[1], *shape], align_corners=False)
    # Beyond the picture: its border color, and nobody looking.
    padding = "border" if x.shape[1] == 3 else "zeros"
    return functional.grid_sample(x, grid, padding_mode=padding, align_corners=False)
