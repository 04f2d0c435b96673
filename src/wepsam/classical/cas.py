"""CAS: context-aware saliency; a patch is salient if even the patches most like it differ from it, or lie far away.

Goferman, Zelnik-Manor, Tal, "Context-Aware Saliency Detection", CVPR 2010 and PAMI 2012.

From the publications: 250 pixels on the longer side, CIE Lab, 7x7 patches; the distance d = d_color / (1 + 3
d_position); saliency = 1 - exp(-the mean d of the K = 64 nearest patches); patches of the picture at scales 1, .8, .5
and .3, each compared with patches at its own scale, half and a quarter of it; the mean over the scales; the attended
area, where the map exceeds .8 of its maximum, and attenuation elsewhere by 1 - the distance to that area.

Ours: patches at every fourth pixel, so that they overlap by nearly half; d_color is the Euclidean distance of patches
whose Lab channels are divided by their ranges (100, 200, 200); no face detector. All pairs of patches are compared, by
matrix products. docs/reference/classical.md compares the scores with the public MIT300 row.
"""

import numpy as np

from wepsam import maps
from wepsam.classical._frame import classical_model, lab, longer_side, scipy

LONGEST = 250  # pixels of the longer side
SIDE = 7  # pixels of a patch
SPACING = 4  # pixels from patch to patch
SCALES = (1.0, 0.8, 0.5, 0.3)
OTHER_SCALES = (1.0, 0.5, 0.25)  # of the patches with which a patch is compared, relative to its own scale
NEAREST = 64  # patches whose distances count
POSITION = 3.0  # weight of d_position
ATTENDED = 0.8  # of the largest saliency


@classical_model(longer_side(LONGEST, shortest=SIDE))
def cas(picture: np.ndarray, /) -> np.ndarray:
    """Context-aware saliency map."""
    channels = np.moveaxis(lab(picture) / np.array([100, 200, 200], np.float32), -1, 0)
    shape = channels.shape[1:]
    total = np.zeros(shape)
    for scale in SCALES:
        patches, places, grid = patches_at(channels, scale)
        others = [patches_at(channels, scale * ratio)[:2] for ratio in OTHER_SCALES]
        distances = mean_of_nearest(
            patches, places, np.concatenate([p for p, _ in others]), np.concatenate([q for _, q in others])
        )
        saliency = 1 - np.exp(-distances.reshape(grid))
        total += in_context(maps.enlarge(saliency, shape))
    return total


def patches_at(channels: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray, tuple[int, int]]:
    """The patches of the picture at a scale, in rows of a grid that spans the picture.

    Args:
        channels: (3, h, w) float32.
        scale: factor for the picture's sides; the smaller picture has at least 7 pixels a side.

    Returns:
        (N, 147) float32 patches, (N, 2) positions of their centers as shares of the longer side, the grid's shape.
    """
    shape = channels.shape[1:]
    size = max(SIDE, round(shape[0] * scale)), max(SIDE, round(shape[1] * scale))
    smaller = channels if size == shape else np.stack([maps.enlarge(channel, size) for channel in channels])
    # The first and the last patch touch the border, so that a mirrored picture has the mirrored patches.
    rows, columns = (np.linspace(0, n - SIDE, 1 + round((n - SIDE) / SPACING)).round().astype(int) for n in size)
    windows = np.lib.stride_tricks.sliding_window_view(smaller, (SIDE, SIDE), axis=(1, 2))
    patches = windows[:, rows[:, None], columns].transpose(1, 2, 0, 3, 4).reshape(-1, 3 * SIDE * SIDE)
    y, x = (rows + SIDE / 2) / size[0] * shape[0], (columns + SIDE / 2) / size[1] * shape[1]
    places = np.stack(np.meshgrid(y, x, indexing="ij"), axis=-1).reshape(-1, 2) / max(shape)
    return patches, places.astype(np.float32), (len(rows), len(columns))


def mean_of_nearest(
    patches: np.ndarray, places: np.ndarray, others: np.ndarray, other_places: np.ndarray, nearest: int = NEAREST
) -> np.ndarray:
    """The mean of d = d_color / (1 + 3 d_position) over the `nearest` of the others, for each patch.

    Args:
        patches: (N, D), places: (N, 2); others: (M, D), other_places: (M, 2).

    Returns:
        (N,) float32.
    """
    means = []
    nearest = min(nearest, len(others))
    for k in range(0, len(patches), 256):
        color = _distances(patches[k : k + 256], others)
        distances = color / (1 + POSITION * _distances(places[k : k + 256], other_places))
        means.append(np.partition(distances, nearest - 1, axis=1)[:, :nearest].mean(axis=1))
    return np.concatenate(means)


def in_context(saliency: np.ndarray) -> np.ndarray:
    """The map times 1 - the distance to its attended area, as a share of the longer side."""
    attended = saliency >= ATTENDED * saliency.max()
    away = scipy("ndimage").distance_transform_edt(~attended) / max(saliency.shape)
    return saliency * (1 - away)


def _distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(N, D), (M, D) -> (N, M) Euclidean distances by |a|^2 + |b|^2 - 2ab."""
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * (a @ b.T)
    return np.sqrt(np.maximum(squares, 0))
