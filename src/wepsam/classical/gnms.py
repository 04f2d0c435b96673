"""GNMS: uniqueness and objectness of superpixels, smoothed by a nonlocal mean. In the spirit of the publication.

Zhong et al., "A Generalized Nonlocal Mean Framework with Object-Level Cues for Saliency Detection", The Visual Computer
2015. Only its abstract and its public scores were available, so this is no reproduction.

From the abstract: a graph of superpixels instead of pixels; uniqueness as the low-level cue; windows scored by an
objectness measure, and these scores pooled onto the superpixels in two ways, as two high-level cues; the fusion of the
three; a nonlocal mean of the fused cue as the saliency.

Ours: everything else. Superpixels are clusters of Lab color and place (SLIC, without making them connected) that begin
as a grid of 12-pixel cells, 16 along the longer side. Uniqueness is color contrast to all other superpixels, with more
weight for near ones. Objectness has three of the cues of Alexe, Deselaers and Ferrari ("Measuring the Objectness of
Image Windows", TPAMI 2012), multiplied: few superpixels straddle the window's edge; the window's color differs from
that of the ring around it, where contrast counts by the share of the ring that lies in the picture; the mean spectral
residual inside is high (theirs is computed at several scales, ours at 64 pixels). The two ways to pool are the mean of
the best windows over a superpixel, and the best one. Fusion is the uniqueness times the mean of the two.
"""

import numpy as np

from wepsam import maps
from wepsam.classical._frame import classical_model, lab
from wepsam.classical.spectral_residual import spectral_residual
from wepsam.classical.toolbox import lattice_shape

CELL = 12  # pixels: the side of a superpixel before clustering
CELLS = 16  # along the longer side
ROUNDS = 5  # of clustering
COMPACTNESS = 15  # Lab units that count as much as a distance of one cell
NEAR = 0.25  # of the longer side: how far color contrast reaches
SIDES = (2, 3, 5, 8, 11)  # of windows, in cells
BEST = 0.1  # share of the windows that vote
ALIKE = 15  # Lab units: how similar neighbors in the nonlocal mean are
BLUR = 6  # pixels


def working_shape(height: int, width: int) -> tuple[int, int]:
    """Whole cells, 16 of them along the longer side."""
    rows, columns = lattice_shape(height, width, CELLS)
    return rows * CELL, columns * CELL


@classical_model(working_shape)
def gnms(picture: np.ndarray, /) -> np.ndarray:
    """Saliency map by a nonlocal mean of superpixel cues."""
    grid = picture.shape[0] // CELL, picture.shape[1] // CELL
    colors = lab(picture)
    labels, centers = superpixels(colors, grid)
    sizes = np.bincount(labels.ravel(), minlength=len(centers))
    unique = maps.to_unit(uniqueness(centers, sizes))
    scores, inside = windows(colors, spectral_residual(picture), labels, grid, len(centers))
    mean, best = (maps.to_unit(cue) for cue in pooled(scores, inside, sizes))
    smooth = nonlocal_mean(unique * (mean + best) / 2, centers, sizes)
    return maps.blur(smooth[labels], BLUR)


def superpixels(colors: np.ndarray, grid: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """(h, w, 3) Lab -> (h, w) number of each pixel's superpixel, and (n, 5) means: L, a, b, row and column in cells."""
    h, w = colors.shape[:2]
    y, x = np.mgrid[:h, :w]
    places = (np.stack([y, x], axis=2) + 0.5) / CELL - 0.5
    points = np.concatenate([colors, COMPACTNESS * places], axis=2).reshape(-1, 5)
    labels = (y // CELL * grid[1] + x // CELL).ravel()
    count = grid[0] * grid[1]
    centers = means(points, labels, count)
    for _ in range(ROUNDS):
        labels = (np.square(centers).sum(axis=1) / 2 - points @ centers.T).argmin(axis=1)
        centers = means(points, labels, count, centers)
    return labels.reshape(h, w), centers / (1, 1, 1, COMPACTNESS, COMPACTNESS)


def means(points: np.ndarray, labels: np.ndarray, count: int, before: np.ndarray | None = None) -> np.ndarray:
    """(count, d) mean of the points of each cluster; a cluster without points keeps the mean that it had `before`."""
    sizes = np.bincount(labels, minlength=count)
    sums = np.stack([np.bincount(labels, column, count) for column in points.T], axis=1)
    centers = sums / np.maximum(sizes, 1)[:, None]
    return centers if before is None else np.where(sizes[:, None] > 0, centers, before)


def uniqueness(centers: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """(n,) color distance of each superpixel to the others, weighted by their size and nearness."""
    colors, places = distances(centers[:, :3]), distances(centers[:, 3:])
    weights = sizes * np.exp(-0.5 * (places / (NEAR * CELLS)) ** 2)
    return (weights * colors).sum(axis=1) / weights.sum(axis=1)


def windows(
    colors: np.ndarray, residual: np.ndarray, labels: np.ndarray, grid: tuple[int, int], n: int
) -> tuple[np.ndarray, np.ndarray]:
    """The objectness of all windows of whole cells with sides of SIDES, and the superpixels in them.

    Args:
        colors: (h, w, 3) Lab.
        residual: (h, w) map in [0, 1] whose mean inside a window is one of the cues.
        labels: (h, w) superpixel of each pixel, below n.
        grid: (rows, columns) of cells.
        n: number of superpixels.

    Returns:
        (m,) objectness in [0, 1] times Lab units, and (m, n) numbers of pixels of each superpixel in each window.
    """
    cells = np.arange(grid[0] * grid[1]).reshape(grid).repeat(CELL, axis=0).repeat(CELL, axis=1)
    counts = np.bincount((cells * n + labels).ravel(), minlength=cells.size // CELL**2 * n).reshape(*grid, n)
    values = np.concatenate([colors, residual[..., None]], axis=2)
    sums = integral(np.concatenate([counts, values.reshape(grid[0], CELL, grid[1], CELL, 4).sum(axis=(1, 3))], axis=2))
    sizes = np.bincount(labels.ravel(), minlength=n)
    scores, inside = [], []
    for h in sorted({min(side, grid[0]) for side in SIDES}):
        for w in sorted({min(side, grid[1]) for side in SIDES}):
            top, left = (a.ravel() for a in np.mgrid[: grid[0] - h + 1, : grid[1] - w + 1])
            box = boxes(sums, top, left, top + h, left + w)
            around = boxes(sums, (top - 1).clip(0), (left - 1).clip(0), *edges(top + h + 1, left + w + 1, grid)) - box
            area, ring = h * w * CELL**2, around[:, :n].sum(axis=1)
            straddling = np.minimum(box[:, :n], sizes - box[:, :n]).sum(axis=1) / area
            color, color_around = box[:, n:-1] / area, around[:, n:-1] / np.maximum(ring, 1)[:, None]
            contrast = np.linalg.norm(color - color_around, axis=1)
            whole_ring = ((h + 2) * (w + 2) - h * w) * CELL**2
            scores.append((1 - straddling).clip(0) * contrast * ring / whole_ring * box[:, -1] / area)
            inside.append(box[:, :n])
    return np.concatenate(scores), np.concatenate(inside)


def integral(values: np.ndarray) -> np.ndarray:
    """(h, w, c) -> (h + 1, w + 1, c) sums over everything above and to the left."""
    return np.pad(values, [(1, 0), (1, 0), (0, 0)]).cumsum(axis=0).cumsum(axis=1)


def boxes(sums: np.ndarray, top: np.ndarray, left: np.ndarray, bottom: np.ndarray, right: np.ndarray) -> np.ndarray:
    """(m, c) sums over m boxes; bottom and right are the first row and column outside."""
    return sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]


def edges(bottom: np.ndarray, right: np.ndarray, grid: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The same edges of boxes, but none outside the grid."""
    return bottom.clip(max=grid[0]), right.clip(max=grid[1])


def pooled(scores: np.ndarray, inside: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Objectness of each superpixel: mean and largest score of the best windows, times its share inside the window."""
    voting = scores >= np.sort(scores)[-max(1, int(BEST * len(scores)))]
    covered = inside[voting] / np.maximum(sizes, 1) * scores[voting, None]
    return covered.mean(axis=0), covered.max(axis=0)


def nonlocal_mean(cue: np.ndarray, centers: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """(n,) mean of the cue over all superpixels, weighted by similarity of color, nearness and size."""
    weights = np.exp(-0.5 * (distances(centers[:, :3]) / ALIKE) ** 2 - 0.5 * (distances(centers[:, 3:]) / 2) ** 2)
    weights *= sizes
    return weights @ cue / np.maximum(weights.sum(axis=1), 1e-12)


def distances(points: np.ndarray) -> np.ndarray:
    """(n, d) -> (n, n) Euclidean distances."""
    return np.linalg.norm(points[:, None] - points, axis=2)
