"""A dataset for torch: what a `DataLoader` reads, for networks of your own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.utils.data import Dataset

from wepsam import maps
from wepsam.images import resize

if TYPE_CHECKING:
    from wepsam.datasets.base import Sample

Item = dict[str, Any]
"""By key: "id", "picture", "density" and, where they are known, "fixations"; see `TensorDataset`."""


@dataclass(frozen=True, eq=False)
class TensorDataset(Dataset[Item]):
    """The pictures of a dataset of which it is known where people looked. It can be sent to other processes.

    Attributes:
        samples: in the order of the dataset.
        size: (height, width) of every item; None leaves each picture as large as it is.
    """

    samples: tuple[Sample, ...]
    size: tuple[int, int] | None = None

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> Item:
        """One picture and its truth, at the size that was asked for.

        Returns:
            "id": of the sample. "picture": (3, H, W) float32 in [0, 1]. "density": (H, W) float32, sums to 1.
            "fixations": (N, 2) float64 points as (x, y) pixels of that picture; absent where a dataset publishes
            densities only.

        Raises:
            ImageError, DatasetError: a file cannot be read; the error names it.
        """
        sample = self.samples[index]
        stimulus, density, (height, width) = sample.stimulus(), sample.density(), sample.size
        if self.size is not None and self.size != sample.size:
            stimulus, density = resize(stimulus, self.size), maps.to_density(maps.enlarge(density, self.size))
            height, width = self.size
        item: Item = {
            "id": sample.id,
            "picture": torch.from_numpy(np.ascontiguousarray(stimulus.transpose(2, 0, 1))).float() / 255,
            "density": torch.from_numpy(density.astype(np.float32)),
        }
        if sample.fixations is not None:
            points = maps.moved(sample.fixations.reshape(-1, 2), sample.size, (height, width))
            item["fixations"] = torch.from_numpy(points)
        return item

    @staticmethod
    def collate(items: list[Item]) -> Item:
        """A batch, for `DataLoader(collate_fn=...)`.

        Ids and fixations stay lists because pictures have different numbers of fixations.

        Args:
            items: of this dataset, at least one.

        Returns:
            By key, a tensor where all items have one size, otherwise a list: "picture" (B, 3, H, W), "density" (B, H,
            W), "id" and "fixations" always lists.
        """
        batch: Item = {key: [item[key] for item in items] for key in items[0] if all(key in item for item in items)}
        for key in ("picture", "density"):
            if len({one.shape for one in batch[key]}) == 1:
                batch[key] = torch.stack(batch[key])
        return batch
