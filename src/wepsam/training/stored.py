"""Weak labels that stay in their store while a network learns from them."""

from dataclasses import dataclass, field

import numpy as np

from wepsam.datasets.learned import LearnedFrom
from wepsam.files import PathOrUrl
from wepsam.shapes import Shape, map_shape
from wepsam.weak import store

WINDOW = 16  # parts of a store whose pictures are mixed with each other: 8,000 pictures, of `label`'s usual parts


@dataclass(frozen=True)
class StoredPairs:
    """Stimuli and maps that stay in their store until the training needs them; otherwise as `Pairs`.

    Attributes:
        folder: the store, or its URL.
        rows: (N,) row numbers over all parts of the store, ascending.
        selected: the rows of all shapes that are learned from.
        part_size: rows of a part.
        fingerprint: of the store's pictures.
        sources: (N,) integer.
        names: of the sources.
        input_shape: of the network.
        learned_from: as in `Pairs`.
    """

    folder: PathOrUrl
    rows: np.ndarray
    selected: np.ndarray
    part_size: int
    fingerprint: str
    sources: np.ndarray
    names: tuple[str, ...]
    input_shape: Shape
    learned_from: LearnedFrom = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def shapes(self) -> tuple[Shape, Shape]:
        """Of a stimulus and of its map."""
        return self.input_shape, map_shape(self.input_shape)

    def order(self, seed: int, epoch: int, kind: int) -> np.ndarray:
        """As `Pairs.order`: the parts in a new order, and the pictures mixed within windows of WINDOW parts.

        All shapes of a store have the same order of parts, so that a part is read once in an epoch.
        """
        part = self.rows // self.part_size
        places = np.random.default_rng([seed, epoch, 1 << 31]).permutation(int(self.selected[-1]) // self.part_size + 1)
        within = np.random.default_rng([seed, epoch, kind]).random(len(self))
        return np.lexsort((within, places[part] // WINDOW))

    def contents(self) -> list[np.ndarray]:
        """As `Pairs.contents`. The pictures are known by the store's fingerprint."""
        return [np.frombuffer(f"{self.fingerprint} {WINDOW}".encode(), np.uint8), self.rows]

    def read(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The stimuli and targets at these rows, as in `Pairs`, read now."""
        return store.read_rows(self.folder, self.rows[rows], *self.shapes)[:2]
