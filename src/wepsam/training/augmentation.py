"""Changes of a picture, and of its map with it, after which people would still look at the same things."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from wepsam.shapes import Shape


@dataclass(frozen=True)
class Augmentation:
    """Changes of a picture after which people would still look at the same things. The paper uses only `mirror`.

    A change of geometry applies to the map, too.

    Attributes:
        mirror: mirrors half of each batch, left to right.
        geometry: from 0; 1: zoom in up to 1.4x or out by 1.1x, shift, stretch upright by 12 %, turn by 5 degrees.
        color: from 0; 1: change the contrast by 30 %, cast a color of 0.1, make one picture in ten gray.
    """

    mirror: bool = True
    geometry: float = 0.0
    color: float = 0.0


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

    def to(self, device: torch.device) -> "Changes":
        """The same on a device."""
        return Changes(*(None if value is None else value.to(device) for value in vars(self).values()))  # type: ignore[arg-type]


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
