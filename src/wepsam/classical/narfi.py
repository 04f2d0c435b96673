"""NARFI: clusters of color; those of the border, where few people look, are not salient. In the publication's spirit.

Chen et al., Electronics Letters 2013, in the MIT benchmark as "NARFI saliency". Neither its text nor its program was
available, so this is no reproduction.

From what is known: k-means on the picture's colors, whose first centers come from the region at the border, which is
rarely attended; its maps are nearly binary.

Ours: everything else. Lab at 128 pixels; a frame of a sixteenth of each side; four centers that are the mean colors of
the frame's sides, then four more, each the color that is farthest from the centers before it. A cluster is salient if
its share of the frame is smaller than its share of the picture, and not at all if another cluster is more than twice as
salient.
"""

import numpy as np

from wepsam import maps
from wepsam.classical._frame import classical_model, lab, longer_side

LONGEST = 128  # pixels of the longer side
FRAME = 1 / 16  # of each side
FARTHEST = 4  # centers besides those of the frame
ROUNDS = 10  # of k-means
SMOOTH, BLUR = 1.5, 3  # pixels: of the colors before clustering, of the map after it


@classical_model(longer_side(LONGEST, enlarge=True))
def narfi(picture: np.ndarray, /) -> np.ndarray:
    """Saliency map by clusters of color that avoid the border; zeros if none does."""
    colors = np.dstack([maps.blur(channel, SMOOTH) for channel in np.moveaxis(lab(picture), -1, 0)])
    labels = clustered(colors.reshape(-1, 3), first_centers(colors)).reshape(colors.shape[:2])
    return maps.blur(avoidance(labels)[labels], BLUR)


def frame(h: int, w: int) -> np.ndarray:
    """(h, w) bool: whether a pixel is in the non-attended region at the border."""
    y, x = max(1, round(h * FRAME)), max(1, round(w * FRAME))
    outside = np.ones((h, w), bool)
    outside[y : h - y, x : w - x] = False
    return outside


def first_centers(colors: np.ndarray) -> np.ndarray:
    """(h, w, 3) Lab -> (4 + FARTHEST, 3) colors: the means of the frame's four sides, then the farthest colors."""
    h, w = colors.shape[:2]
    y, x = max(1, round(h * FRAME)), max(1, round(w * FRAME))
    sides = colors[:y], colors[h - y :], colors[:, :x], colors[:, w - x :]
    centers = [side.mean(axis=(0, 1)) for side in sides]
    pixels = colors.reshape(-1, 3)
    nearest = np.min([np.square(pixels - center).sum(axis=1) for center in centers], axis=0)
    for _ in range(FARTHEST):
        centers.append(pixels[nearest.argmax()])
        nearest = np.minimum(nearest, np.square(pixels - centers[-1]).sum(axis=1))
    return np.array(centers)


def clustered(pixels: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """(N, 3) -> (N,) cluster of each pixel by k-means from these centers; an empty cluster keeps its center."""
    for _ in range(ROUNDS):
        labels = nearest_center(pixels, centers)
        sizes = np.bincount(labels, minlength=len(centers))[:, None]
        sums = np.stack([np.bincount(labels, column, len(centers)) for column in pixels.T], axis=1)
        centers = np.where(sizes > 0, sums / np.maximum(sizes, 1), centers)
    return nearest_center(pixels, centers)


def nearest_center(pixels: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """(N, 3) -> (N,) index of the center that is nearest to each pixel."""
    return (np.square(centers).sum(axis=1) / 2 - pixels @ centers.T).argmin(axis=1)


def avoidance(labels: np.ndarray) -> np.ndarray:
    """(h, w) clusters -> 1 - share of the frame / share of the picture for each; 0 below half of the largest value."""
    inside_frame = labels[frame(*labels.shape)]
    count = int(labels.max()) + 1
    shares = (np.bincount(part.ravel(), minlength=count) / part.size for part in (inside_frame, labels))
    in_frame, in_picture = shares
    avoided = np.where(in_picture > 0, 1 - in_frame / np.maximum(in_picture, 1e-12), 0)
    return np.where(avoided >= max(avoided.max() / 2, 1e-12), avoided, 0)
