"""Batches for both stages: from the weak-label store, and from fixation datasets.

Batch number n is a pure function of (data, settings, seed, n), so a run resumes from n alone.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from wepsam import maps
from wepsam.datasets import FixationDataset, learned
from wepsam.datasets.by_name import refuse_namesakes
from wepsam.datasets.learned import LearnedFrom
from wepsam.files import PathOrUrl
from wepsam.images import resize
from wepsam.progress import track
from wepsam.shapes import CELL, Shape
from wepsam.training.devices import ALONE, Team
from wepsam.weak import store

ShapeOf = Callable[[int, int], Shape]  # (height, width) of a picture -> (height, width) of a network's input


@dataclass(frozen=True)
class Augmentation:
    """Changes of a picture after which people would still look at the same things. The paper uses only `mirror`.

    A change of geometry applies to the map, too.
    """

    mirror: bool = True  # mirrors half of each batch, left to right
    geometry: float = 0.0  # 1: zoom in up to 1.4x or out by 1.1x, shift, stretch upright by 12 %, turn by 5 degrees
    color: float = 0.0  # 1: change the contrast by 30 %, cast a color of 0.1, make one picture in ten gray


@dataclass(frozen=True)
class Pairs:
    """Stimuli and the maps to learn, all in memory, for one shape of the network's input.

    Attributes:
        stimuli: (N, H, W, 3) uint8; the network's input is cut or resized from it.
        targets: (N, h, w) uint8, each map's largest value 255.
        sources: (N,) integer, the index in `names` of each pair's source.
        names: of the sources, for the log.
        input_shape: of the network; the sides of its map are a quarter of these.
        learned_from: the parts of datasets with fixations that they are from; see `datasets.learned`.
    """

    stimuli: np.ndarray
    targets: np.ndarray
    sources: np.ndarray
    names: tuple[str, ...]
    input_shape: Shape
    learned_from: LearnedFrom = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.stimuli)

    def take(self, rows: np.ndarray | slice) -> "Pairs":
        """The pairs at these rows."""
        return replace(self, stimuli=self.stimuli[rows], targets=self.targets[rows], sources=self.sources[rows])


def take(pairs: Sequence[Pairs], rows: np.ndarray) -> list[Pairs]:
    """The pairs at these rows, counted through all shapes, one shape after the other."""
    ends = np.cumsum([len(group) for group in pairs])
    shape_index = np.searchsorted(ends, rows, side="right")
    return [
        group.take(rows[shape_index == k] - (end - len(group)))
        for k, (group, end) in enumerate(zip(pairs, ends, strict=True))
        if (shape_index == k).any()
    ]


def from_store(
    folder: PathOrUrl, shape_of: ShapeOf, keep: float = 1.0, order: str = "lowest", seed: int = 0
) -> tuple[list[Pairs], list[Pairs]]:
    """Weakly labeled pictures: the `keep` of lowest entropy, every 20th of them for validation.

    Args:
        folder: made by `label`, or its URL.
        shape_of: (height, width) of a picture -> the shape in which the network sees it.
        keep: how many, or a share.
        order: "lowest" entropy first; "highest" or "random" measure what that is worth.
        seed: of a random order.

    Returns:
        Training and validation pairs, each by shape.

    Raises:
        ValueError: fewer than two pictures are selected.
    """
    rows = np.sort(store.select(folder, keep, order, seed))
    if len(rows) < 2:
        raise ValueError(f"{folder} has {len(rows)} pictures at keep={keep:g}; training needs at least 2")
    every = min(20, len(rows))
    held_out = np.arange(len(rows)) % every == every - 1
    selection = "at random" if order == "random" else f"of {order} entropy"
    name = f"{os.path.basename(os.path.abspath(folder))}: {len(rows)} {selection}"
    shapes = [shape_of(*size) for size in store.sizes(folder, rows)]
    parts: tuple[list[Pairs], list[Pairs]] = ([], [])
    for shape in sorted(set(shapes)):
        has_shape = np.array([s == shape for s in shapes])
        for part, chosen in zip(parts, (has_shape & ~held_out, has_shape & held_out), strict=True):
            if chosen.any():
                stimuli, targets, ids = store.read_rows(folder, rows[chosen], shape, _map_shape(shape))
                part.append(Pairs(stimuli, targets, np.zeros(len(ids), np.int64), (name,), shape))
    return parts


def from_datasets(datasets: Sequence[FixationDataset], shape_of: ShapeOf, room: float = 1.25) -> list[Pairs]:
    """Pictures and human densities of several datasets, mixed, by shape.

    Args:
        datasets: already split.
        shape_of: (height, width) of a picture -> the shape in which the network sees it.
        room: stimuli are kept larger than the network's input by this factor, so that augmentation can zoom in.

    Returns:
        The pairs; the targets have half of the sides of the network's input. Pictures without fixations are left out.

    Raises:
        DatasetError: two datasets have one name.
    """
    refuse_namesakes(data.name for data in datasets)
    # A picture without fixations does not say where people look.
    samples = [(sample, source) for source, data in enumerate(datasets) for sample in data if sample.has_density]
    groups: dict[Shape, list[tuple[np.ndarray, np.ndarray, int]]] = {}
    for sample, source in track(samples, "reading fixations"):
        shape = height, width = shape_of(*sample.size)
        stimulus = resize(sample.stimulus(), (round(room * height), round(room * width)))
        density = maps.enlarge(sample.density(), (height // 2, width // 2))  # Pillow averages when it shrinks
        groups.setdefault(shape, []).append((stimulus, np.rint(255 * density / density.max()).astype(np.uint8), source))
    names, known = tuple(f"{d.name}: {len(d)}" for d in datasets), learned.of_datasets(datasets)
    pairs = []
    for shape, group in sorted(groups.items()):
        stimuli, targets, sources = map(np.stack, zip(*group, strict=True))
        pairs.append(Pairs(stimuli, targets, sources, names, shape, known))
    return pairs


def source_weights(pairs: Sequence[Pairs], balance: float) -> np.ndarray:
    """What a picture of each source counts in the loss: (number of sources,), on average over the pictures 1.

    Args:
        pairs: of all shapes.
        balance: see `TrainSettings.balance`.
    """
    sources = max(len(group.names) for group in pairs)  # weak labels come after the datasets: they have one name more
    counts = np.sum([np.bincount(group.sources, minlength=sources) for group in pairs], axis=0)
    weights = np.maximum(counts, 1) ** -balance
    return np.asarray(weights * counts.sum() / (counts @ weights))


class Batches:
    """Training batches by number, in a new order each epoch. All pictures of a batch have one shape.

    Attributes:
        size: pictures per batch.
        per_epoch: batches per epoch.
    """

    def __init__(
        self, pairs: Sequence[Pairs], size: int, augmentation: Augmentation, seed: int, team: Team = ALONE
    ) -> None:
        """Plan the batches; fewer pairs than `size` make one smaller batch per epoch.

        Args:
            pairs: by shape.
            size: pictures per batch.
            augmentation: how they are changed.
            seed: of the order and of the changes.
            team: of the processes that divide each batch; this one's share is returned.
        """
        self.pairs, self.augmentation, self.seed, self.team = pairs, augmentation, seed, team
        self.size = min(size, max(map(len, pairs)))
        # (index of the shape, number of the batch within it). Every shape gets at least one batch; a remainder is left
        # out of the epoch.
        self.places = [(k, i) for k, group in enumerate(pairs) for i in range(max(1, len(group) // self.size))]
        self.per_epoch = len(self.places)

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor, Tensor]:
        """(B, 3, H, W) pixels in [0, 1], (B, H/4, W/4) maps of largest value 1 (0: no fixations), (B,) sources.

        B is this process' share of the batch.
        """
        epoch, place, kind, rows = self._plan(number)
        group, share = self.pairs[kind], self.team.share(len(rows))
        rng = np.random.default_rng([self.seed, epoch, 1 + place])
        changes = draw(self.augmentation, len(rows), rng, group.input_shape).take(share)
        stimuli, targets = changed(*tensors(group, rows[share]), changes, group.input_shape)
        return *to_network(stimuli, targets, group.input_shape), torch.from_numpy(group.sources[rows[share]])

    def count(self, number: int) -> int:
        """The pictures of a batch, of all processes."""
        return len(self._plan(number)[3])

    def _plan(self, number: int) -> tuple[int, int, int, np.ndarray]:
        """The epoch, the place in the epoch, the index of the shape, and the rows of a batch."""
        epoch, place = divmod(number, self.per_epoch)
        turn = np.random.default_rng([self.seed, epoch]).permutation(self.per_epoch)[place] if self.pairs[1:] else place
        kind, start = self.places[turn]
        order = np.random.default_rng([self.seed, epoch, kind]).permutation(len(self.pairs[kind]))
        return epoch, place, kind, order[start * self.size : (start + 1) * self.size]


def tensors(pairs: Pairs, rows: np.ndarray | slice) -> tuple[Tensor, Tensor]:
    """The stimuli and targets at these rows as (B, 3, H, W) and (B, h, w) float in [0, 1]."""
    stimuli = torch.from_numpy(pairs.stimuli[rows]).permute(0, 3, 1, 2).float() / 255
    return stimuli, torch.from_numpy(pairs.targets[rows]).float() / 255


def to_network(stimuli: Tensor, targets: Tensor, shape: Shape) -> tuple[Tensor, Tensor]:
    """Resize to the network's input and output; scale maps to a largest value of 1."""
    if stimuli.shape[2:] != shape:
        stimuli = functional.interpolate(stimuli, size=shape, mode="bilinear", antialias=True)
    return stimuli, to_map_size(targets, shape)


def to_map_size(targets: Tensor, shape: Shape) -> Tensor:
    """(B, h, w) -> (B, H/4, W/4) for the input's shape (H, W), each map's largest value 1."""
    cells = _map_shape(shape)
    if targets.shape[1:] != cells:
        targets = functional.adaptive_avg_pool2d(targets[:, None], cells)[:, 0]
    return targets / targets.amax((1, 2), keepdim=True).clamp(min=1e-6)


def _map_shape(shape: Shape) -> Shape:
    return shape[0] // CELL, shape[1] // CELL


def augment(
    stimuli: Tensor, targets: Tensor, how: Augmentation, rng: np.random.Generator, shape: Shape
) -> tuple[Tensor, Tensor]:
    """Change each picture in its own way, with its map.

    Args:
        stimuli: (B, 3, H, W) pixels in [0, 1].
        targets: (B, h, w) maps in [0, 1].
        how: which changes, and how strong.
        rng: the source of randomness.
        shape: (height, width) of the network's input, which a view of changed geometry gets.

    Returns:
        The changed stimuli and targets.
    """
    return changed(stimuli, targets, draw(how, len(stimuli), rng, shape), shape)


@dataclass(frozen=True)
class Changes:
    """How each picture of a batch is changed: a few numbers, drawn before any pixel is touched.

    Attributes:
        mirrored: (B,) bool, used without `matrices`.
        matrices: (B, 2, 3) float32 views, see `_views`; None: no change of geometry but the mirroring.
        contrast: (B, 1, 1, 1) factor; None: no change of color.
        cast: (B, 3, 1, 1) color that is added.
        gray: (B, 1, 1, 1) bool.
    """

    mirrored: Tensor
    matrices: Tensor | None = None
    contrast: Tensor | None = None
    cast: Tensor | None = None
    gray: Tensor | None = None

    def take(self, rows: slice) -> "Changes":
        """Those of some pictures of the batch."""
        return Changes(*(None if value is None else value[rows] for value in vars(self).values()))  # type: ignore[arg-type]


def draw(how: Augmentation, count: int, rng: np.random.Generator, shape: Shape) -> Changes:
    """Draw the changes of a batch of `count` pictures; see `augment`."""
    mirrored = np.where(rng.permutation(count) < count // 2, -1.0, 1.0) if how.mirror else np.ones(count)
    changes = Changes(torch.from_numpy(mirrored < 0))
    if how.geometry:
        matrices = _views(mirrored, how.geometry, rng, shape[1] / shape[0])
        changes = replace(changes, matrices=torch.from_numpy(matrices).float())
    if how.color:
        contrast = 1 + how.color * rng.uniform(-0.3, 0.3, (count, 1, 1, 1))
        cast = how.color * rng.uniform(-0.1, 0.1, (count, 3, 1, 1))
        gray = rng.random((count, 1, 1, 1)) < 0.1 * how.color
        changes = replace(
            changes, contrast=torch.from_numpy(contrast).float(), cast=torch.from_numpy(cast).float(),
            gray=torch.from_numpy(gray),
        )  # fmt: skip
    return changes


def changed(stimuli: Tensor, targets: Tensor, changes: Changes, shape: Shape) -> tuple[Tensor, Tensor]:
    """Apply the changes; see `augment`."""
    if changes.matrices is not None:
        stimuli = _warp(stimuli, changes.matrices, shape)
        targets = _warp(targets[:, None], changes.matrices, targets.shape[1:])[:, 0]
    else:
        flip = changes.mirrored
        stimuli = torch.where(flip[:, None, None, None], stimuli.flip(3), stimuli)
        targets = torch.where(flip[:, None, None], targets.flip(2), targets)
    if changes.contrast is not None and changes.cast is not None and changes.gray is not None:
        stimuli = torch.where(changes.gray, stimuli.mean(1, keepdim=True), stimuli)
        stimuli = (stimuli - 0.5) * changes.contrast + 0.5 + changes.cast
        stimuli = stimuli.clamp(0, 1)
    return stimuli, targets


def _views(mirrored: np.ndarray, strength: float, rng: np.random.Generator, aspect: float) -> np.ndarray:
    """(B, 2, 3) affine matrices from an output pixel to the place in the picture that it shows, in [-1, 1]."""
    count = len(mirrored)
    zoom = np.exp(rng.uniform(-0.35, 0.1, (count, 1)) * strength)
    zoom = zoom * np.exp(np.array([0, 1]) * rng.uniform(-0.12, 0.12, (count, 1)) * strength)
    angle = rng.uniform(-0.08, 0.08, count) * strength
    # A zoomed view stays almost inside the picture.
    shift = rng.uniform(-1, 1, (count, 2)) * np.maximum(1 - zoom, 0.03 * strength)
    turn = [np.cos(angle), -np.sin(angle) / aspect, np.sin(angle) * aspect, np.cos(angle)]
    rotation = np.stack(turn, axis=-1).reshape(-1, 2, 2)
    rotation = rotation * zoom[:, :, None]
    rotation[:, :, 0] *= mirrored[:, None]
    return np.concatenate([rotation, shift[:, :, None]], axis=2)


def _warp(x: Tensor, matrices: Tensor, shape: Sequence[int]) -> Tensor:
    grid = functional.affine_grid(matrices, [len(x), x.shape[1], *shape], align_corners=False)
    # Beyond the picture: its border color, and no fixations.
    padding = "border" if x.shape[1] == 3 else "zeros"
    return functional.grid_sample(x, grid, padding_mode=padding, align_corners=False)
