"""Patches of pictures, from which MR-CNN learns: around fixated places and around others.

A whole picture is 400 pixels on a side. A patch has 42x42 pixels of the picture at each of three resolutions.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

SIDES = (400, 250, 150)  # pixels: the side of the square picture at each resolution
PATCH = 42  # pixels
GRAY = 0.5  # the color around the picture
FIXATED_LEVEL = 0.1  # of a density's largest value: a place with at least this density counts as fixated
FIXATED_COUNT, NONFIXATED_COUNT = 10, 20  # places per picture


def draw(targets: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw places in pictures.

    FIXATED_COUNT places follow the density where it reaches FIXATED_LEVEL, as fixations do (some datasets publish
    only densities). NONFIXATED_COUNT places are uniform over the rest. A picture that lacks one kind of place gets
    the other kind instead.

    Args:
        targets: (B, h, w) maps with a largest value of 1.
        rng: the source of randomness.

    Returns:
        (B, 30, 2) centers, (x, y) as shares of the sides, and (B, 30) float32 labels: 1 is fixated, 0 is not.
    """
    count, height, width = targets.shape
    cells = np.empty((count, FIXATED_COUNT + NONFIXATED_COUNT), np.int64)
    for target, places in zip(targets.reshape(count, -1).astype(np.float64), cells, strict=True):
        fixated = target >= FIXATED_LEVEL
        kinds = [(np.where(fixated, target, 0), FIXATED_COUNT), (np.where(fixated, 0, 1.0), NONFIXATED_COUNT)]
        draws = []
        for weights, number in kinds:
            weights = weights if weights.any() else np.ones_like(weights)
            draws.append(rng.choice(weights.size, number, p=weights / weights.sum()))
        places[:] = np.concatenate(draws)
    labels = np.take_along_axis(targets.reshape(count, -1), cells, axis=1) >= FIXATED_LEVEL
    corners = np.stack([cells % width, cells // width], axis=-1)
    return (corners + rng.random(corners.shape)) / (width, height), labels.astype(np.float32)


def cut(stimuli: Tensor, centers: Tensor) -> Tensor:
    """Cut the patches around places.

    Args:
        stimuli: (B, 3, 400, 400) pixels in [0, 1].
        centers: (B, N, 2) as `draw` returns them.

    Returns:
        (B N, 9, 42, 42): three channels per resolution, one resolution after the other; gray beyond the picture.
    """
    streams = []
    for side in SIDES:
        rows = shrinking(side)
        padded = functional.pad(rows @ stimuli @ rows.T, [PATCH // 2] * 4, value=GRAY)
        corners = torch.round(starts(centers, side) + PATCH // 2).long()
        streams.append(torch.stack([
            picture[:, y : y + PATCH, x : x + PATCH]
            for picture, places in zip(padded, corners.tolist(), strict=True) for x, y in places
        ]))  # fmt: skip
    return torch.cat(streams, dim=1)


def shrinking(side: int) -> Tensor:
    """(side, 400) weights R that shrink a picture: R @ picture @ R.T is the picture, bilinear and antialiased.

    They are the columns of the identity matrix after resizing. As constants they are the same in an exported file.
    """
    unit = torch.eye(SIDES[0])[None, None]
    return functional.interpolate(unit, size=(side, SIDES[0]), mode="bilinear", antialias=True)[0, 0]


def starts(centers: Tensor, side: int) -> Tensor:
    """The first pixel, not rounded, of the patch around each place; places are shares of the picture's side."""
    return side * centers - PATCH / 2
