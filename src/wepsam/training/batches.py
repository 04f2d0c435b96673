"""Batches for both stages: from the weak-label store, and from fixation datasets.

Batch number n is a pure function of (data, settings, seed, n), so a run resumes from n alone.
"""

import itertools
import logging
import math
import os
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, overload

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
from wepsam.shapes import Shape, map_shape
from wepsam.training.augmentation import Augmentation as Augmentation  # settings name it beside the batches
from wepsam.training.augmentation import augment as augment
from wepsam.training.augmentation import changed, draw
from wepsam.training.devices import ALONE, Team
from wepsam.training.stored import WINDOW, StoredPairs
from wepsam.weak import store
from wepsam.weak.feed import Feed
from wepsam.weak.manifest import read_manifest

MEMORY = 8.0  # GB: weak labels that need more are read while the network learns
MOST_HELD_OUT = 2000  # pictures for validation, from a store that does not fit into memory

log = logging.getLogger("wepsam")

ShapeOf = Callable[[int, int], Shape]  # (height, width) of a picture -> (height, width) of a network's input


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

    def order(self, seed: int, epoch: int, kind: int) -> np.ndarray:
        """All rows, as an epoch shows them; `kind` is the index of the shape."""
        return np.random.default_rng([seed, epoch, kind]).permutation(len(self))

    def contents(self) -> list[np.ndarray]:
        """What distinguishes them from other pairs of the same names."""
        return [self.stimuli, self.targets]


AnyPairs = Pairs | StoredPairs


def take(pairs: Sequence[Pairs], rows: np.ndarray) -> list[Pairs]:
    """The pairs at these rows, counted through all shapes, one shape after the other."""
    ends = np.cumsum([len(group) for group in pairs])
    shape_index = np.searchsorted(ends, rows, side="right")
    return [
        group.take(rows[shape_index == k] - (end - len(group)))
        for k, (group, end) in enumerate(zip(pairs, ends, strict=True))
        if (shape_index == k).any()
    ]


@overload
def from_store(
    folder: PathOrUrl, shape_of: ShapeOf, keep: float = 1.0, order: str = "lowest", seed: int = 0
) -> tuple[list[Pairs], list[Pairs]]: ...


@overload
def from_store(
    folder: PathOrUrl, shape_of: ShapeOf, keep: float = 1.0, order: str = "lowest", seed: int = 0, *, memory: float
) -> tuple[list[AnyPairs], list[Pairs]]: ...


def from_store(
    folder: PathOrUrl,
    shape_of: ShapeOf,
    keep: float = 1.0,
    order: str = "lowest",
    seed: int = 0,
    *,
    memory: float | None = None,
) -> tuple[Any, list[Pairs]]:
    """Weakly labeled pictures: the `keep` of lowest entropy, every 20th of them for validation.

    Args:
        folder: made by `label`, or its URL.
        shape_of: (height, width) of a picture -> the shape in which the network sees it.
        keep: how many, or a share.
        order: "lowest" entropy first; "highest" or "random" measure what that is worth.
        seed: of a random order.
        memory: in GB (10^9 bytes); pairs that need more stay in the store until the training needs them, and at most
            MOST_HELD_OUT, as evenly spread, are for validation. None: all are read now.

    Returns:
        Training and validation pairs, each by shape.

    Raises:
        ValueError: fewer than two pictures are selected.
    """
    rows = np.sort(store.select(folder, keep, order, seed))
    if len(rows) < 2:
        raise ValueError(f"{folder} has {len(rows)} pictures at keep={keep:g}; training needs at least 2")
    sizes, size_index = np.unique(store.sizes(folder, rows), axis=0, return_inverse=True)
    shape_of_size = [shape_of(int(height), int(width)) for height, width in sizes]
    shapes = sorted(set(shape_of_size))
    shape_index = np.array([shapes.index(shape) for shape in shape_of_size])[size_index.reshape(-1)]
    needed = sum(np.count_nonzero(shape_index == k) * _bytes_of(shape) for k, shape in enumerate(shapes)) / 1e9
    stays = memory is not None and needed > memory
    every = min(20, len(rows))
    if stays:
        every = max(every, -(-len(rows) // MOST_HELD_OUT))
    held_out = np.arange(len(rows)) % every == every - 1
    selection = "at random" if order == "random" else f"of {order} entropy"
    name = f"{os.path.basename(os.path.abspath(folder))}: {len(rows)} {selection}"
    if memory is not None:
        how = f"read while the network learns, mixed within {WINDOW} parts" if stays else "held in memory"
        log.info("%s: %.3g GB, %s (--memory %g)", name, needed, how, memory)
    training: list[AnyPairs] = []
    validation: list[Pairs] = []
    for k, shape in enumerate(shapes):
        learned_rows, chosen = rows[(shape_index == k) & ~held_out], rows[(shape_index == k) & held_out]
        if len(learned_rows) and stays:
            manifest, sources = read_manifest(folder), np.zeros(len(learned_rows), np.int64)
            about = (rows[~held_out], manifest.settings.part_size, manifest.fingerprint)
            training.append(StoredPairs(folder, learned_rows, *about, sources, (name,), shape))
        elif len(learned_rows):
            training.append(_read_pairs(folder, learned_rows, name, shape))
        if len(chosen):
            validation.append(_read_pairs(folder, chosen, name, shape))
    return training, validation


def _read_pairs(folder: PathOrUrl, rows: np.ndarray, name: str, shape: Shape) -> Pairs:
    stimuli, targets, ids = store.read_rows(folder, rows, shape, map_shape(shape))
    return Pairs(stimuli, targets, np.zeros(len(ids), np.int64), (name,), shape)


def _bytes_of(shape: Shape) -> int:
    """Of a stimulus and its map."""
    return 3 * math.prod(shape) + math.prod(map_shape(shape))


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


def source_weights(pairs: Sequence[AnyPairs], balance: float) -> np.ndarray:
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
        self, pairs: Sequence[AnyPairs], size: int, augmentation: Augmentation, seed: int, team: Team = ALONE
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
        self.device = torch.device("cpu")
        self._held: dict[int, tuple[Tensor, Tensor]] = {}  # by the index of the shape: on the device, uint8
        self._feed: Feed | None = None
        self._epochs: OrderedDict[int, tuple[list[tuple[int, int]], list[np.ndarray]]] = OrderedDict()

    def on(self, device: torch.device, free: float) -> None:
        """From now on, put batches on a device and change them there. Pairs that fit into `free` bytes move to it."""
        self.device = device
        for k, group in enumerate(self.pairs):
            if isinstance(group, Pairs) and group.stimuli.nbytes + group.targets.nbytes <= free:
                free -= group.stimuli.nbytes + group.targets.nbytes
                self._held[k] = (torch.from_numpy(group.stimuli).to(device), torch.from_numpy(group.targets).to(device))

    def start(self, workers: int) -> None:
        """Read pairs that are in a store ahead of the training, decoded by so many processes; 0: read them in time."""
        stored = [group for group in self.pairs if isinstance(group, StoredPairs)]
        if stored and workers:
            largest = -(-self.size // self.team.size) * max(_bytes_of(group.input_shape) for group in stored)
            self._feed = Feed(workers, largest, 3 * WINDOW)

    def close(self) -> None:
        """End the processes of `start`."""
        if self._feed is not None:
            self._feed.close()
        self._feed = None

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor, Tensor]:
        """(B, 3, H, W) pixels in [0, 1], (B, H/4, W/4) maps of largest value 1 (0: no fixations), (B,) sources.

        B is this process' share of the batch.
        """
        epoch, place, kind, rows = self._plan(number)
        group, share = self.pairs[kind], self.team.share(len(rows))
        rng = np.random.default_rng([self.seed, epoch, 1 + place])
        changes = draw(self.augmentation, len(rows), rng, group.input_shape).take(share).to(self.device)
        stimuli, targets = changed(*self._tensors(number, kind, rows[share]), changes, group.input_shape)
        return *to_network(stimuli, targets, group.input_shape), torch.from_numpy(group.sources[rows[share]])

    def count(self, number: int) -> int:
        """The pictures of a batch, of all processes."""
        return len(self._plan(number)[3])

    def _plan(self, number: int) -> tuple[int, int, int, np.ndarray]:
        """The epoch, the place in the epoch, the index of the shape, and the rows of a batch."""
        epoch, place = divmod(number, self.per_epoch)
        if epoch not in self._epochs:
            orders = [group.order(self.seed, epoch, kind) for kind, group in enumerate(self.pairs)]
            self._epochs[epoch] = (self._turns(epoch), orders)
            while len(self._epochs) > 2:  # this one, and the next, of which something is read ahead
                self._epochs.popitem(last=False)
        turns, orders = self._epochs[epoch]
        kind, start = turns[place]
        return epoch, place, kind, orders[kind][start * self.size : (start + 1) * self.size]

    def _turns(self, epoch: int) -> list[tuple[int, int]]:
        """The index of the shape, and the number of the batch within it, for each place in an epoch."""
        if not self.pairs[1:]:
            return self.places
        turns = [self.places[turn] for turn in np.random.default_rng([self.seed, epoch]).permutation(self.per_epoch)]
        # Batches of a store come in its order, so that each part is read once.
        counts = [itertools.count() for _ in self.pairs]
        return [(k, next(counts[k]) if isinstance(self.pairs[k], StoredPairs) else i) for k, i in turns]

    def _tensors(self, number: int, kind: int, rows: np.ndarray) -> tuple[Tensor, Tensor]:
        """The pictures and maps at rows, this process' share of a batch, on the device; see `tensors`."""
        group = self.pairs[kind]
        if kind in self._held:
            places = torch.from_numpy(rows).to(self.device)
            return to_unit(*(x[places] for x in self._held[kind]))
        if isinstance(group, Pairs):
            stimuli, targets = group.stimuli[rows], group.targets[rows]
        elif self._feed is None:
            stimuli, targets = group.read(rows)
        else:
            stimuli, targets = self._read_ahead(self._feed, number)
        return to_unit(*(torch.from_numpy(x).to(self.device) for x in (stimuli, targets)))

    def _read_ahead(self, feed: Feed, number: int) -> tuple[np.ndarray, np.ndarray]:
        """A batch of the store, while the next ones are requested."""
        while (waiting := feed.requested()) and waiting[0] != number:
            feed.take()  # of batches that nobody wants any more
        for coming in range(max([number, *(n + 1 for n in waiting)]), number + feed.ahead):
            kind, rows = self._plan(coming)[2:]
            group = self.pairs[kind]
            if isinstance(group, StoredPairs):
                rows = group.rows[rows[self.team.share(len(rows))]]
                feed.request(coming, group.folder, rows, group.selected, group.part_size, group.shapes)
        later = self._plan(number + -(-WINDOW * self.per_epoch // self.parts))
        group = self.pairs[later[2]]
        if isinstance(group, StoredPairs):
            feed.expect(group.folder, group.rows[later[3]], group.selected, group.part_size)
        return feed.take()

    @cached_property
    def parts(self) -> int:
        """The parts of all stores."""
        folders = {
            str(g.folder): int(g.selected[-1]) // g.part_size + 1 for g in self.pairs if isinstance(g, StoredPairs)
        }
        return sum(folders.values())


def tensors(pairs: Pairs, rows: np.ndarray | slice) -> tuple[Tensor, Tensor]:
    """The stimuli and targets at these rows as (B, 3, H, W) and (B, h, w) float in [0, 1]."""
    return to_unit(torch.from_numpy(pairs.stimuli[rows]), torch.from_numpy(pairs.targets[rows]))


def to_unit(stimuli: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """(B, H, W, 3) and (B, h, w) uint8 -> (B, 3, H, W) and (B, h, w) float in [0, 1]."""
    return stimuli.permute(0, 3, 1, 2).float() / 255, targets.float() / 255


def to_network(stimuli: Tensor, targets: Tensor, shape: Shape) -> tuple[Tensor, Tensor]:
    """Resize to the network's input and output; scale maps to a largest value of 1."""
    if stimuli.shape[2:] != shape:
        stimuli = functional.interpolate(stimuli, size=shape, mode="bilinear", antialias=True)
    return stimuli, to_map_size(targets, shape)


def to_map_size(targets: Tensor, shape: Shape) -> Tensor:
    """(B, h, w) -> (B, H/4, W/4) for the input's shape (H, W), each map's largest value 1."""
    cells = map_shape(shape)
    if targets.shape[1:] != cells:
        targets = functional.adaptive_avg_pool2d(targets[:, None], cells)[:, 0]
    return targets / targets.amax((1, 2), keepdim=True).clamp(min=1e-6)
