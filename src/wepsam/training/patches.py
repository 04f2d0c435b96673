"""Batches of patches, as MR-CNN learns from: around places where people looked and around others."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from wepsam.networks.mr_cnn import GRAY, PATCH, SIDES, shrinking, starts
from wepsam.training.batches import Batches
from wepsam.training.losses import FIXATED, LOOKED_AT, NONFIXATED


class Patches:
    """Patches of the pictures of each batch. By number, as pure a function of it as the batches themselves."""

    def __init__(self, pictures: Batches, seed: int) -> None:
        self.pictures, self.seed = pictures, seed
        self.size, self.per_epoch = pictures.size, pictures.per_epoch

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor, Tensor]:
        """(30 B, 9, 42, 42) patches in [0, 1], (B, 30) 1 where people looked and 0 elsewhere, (B,) sources."""
        stimuli, targets, sources = self.pictures[number]
        centers, labels = draw(targets.numpy(), np.random.default_rng([self.seed, number, 0, 0]))
        return cut(stimuli, torch.from_numpy(centers)), torch.from_numpy(labels), sources


def draw(targets: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Places to look at the pictures.

    Ten by the density where it is LOOKED_AT, as fixations themselves are spread (by way of the density, since some
    datasets have no points); twenty evenly over the rest. Where a picture has none of a kind, it gets the other.

    Args:
        targets: (B, h, w) maps of largest value 1.
        rng: the source of chance.

    Returns:
        (B, 30, 2) centers, (x, y) as shares of the sides, and (B, 30) float32 labels.
    """
    count, height, width = targets.shape
    cells = np.empty((count, FIXATED + NONFIXATED), np.int64)
    for target, chosen in zip(targets.reshape(count, -1).astype(np.float64), cells, strict=True):
        looked = target >= LOOKED_AT
        kinds = [(np.where(looked, target, 0), FIXATED), (np.where(looked, 0, 1.0), NONFIXATED)]
        drawn = []
        for weights, number in kinds:
            weights = weights if weights.any() else np.ones_like(weights)
            drawn.append(rng.choice(weights.size, number, p=weights / weights.sum()))
        chosen[:] = np.concatenate(drawn)
    labels = np.take_along_axis(targets.reshape(count, -1), cells, axis=1) >= LOOKED_AT
    corners = np.stack([cells % width, cells // width], axis=-1)
    return (corners + rng.random(corners.shape)) / (width, height), labels.astype(np.float32)


def cut(stimuli: Tensor, centers: Tensor) -> Tensor:
    """Patches around places: at each of the three resolutions, the channels of one after those of the other.

    Args:
        stimuli: (B, 3, 400, 400).
        centers: (B, N, 2) as `draw` gives them.

    Returns:
        (B N, 9, 42, 42); gray beyond the picture.
    """
    streams = []
    for side in SIDES:
        rows = shrinking(side)
        around = functional.pad(rows @ stimuli @ rows.T, [PATCH // 2] * 4, value=GRAY)
        corners = torch.round(starts(centers, side) + PATCH // 2).long()
        streams.append(torch.stack([
            picture[:, y : y + PATCH, x : x + PATCH]
            for picture, places in zip(around, corners.tolist(), strict=True) for x, y in places
        ]))  # fmt: skip
    return torch.cat(streams, dim=1)
