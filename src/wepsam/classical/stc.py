"""STC: sampled template collation; patches unlike templates from all over the picture. In the spirit of its
publication.

Holzbach, Cheng, "A Scalable and Efficient Method for Salient Region Detection Using Sampled Template Collation", ICIP
2014. Neither its text nor its program was available, so this is no reproduction.

From what is known: templates are sampled over the picture, every place is compared with all of them, and the
dissimilarities are collated. Its public scores (an AUC near that of a center prior, a shuffled AUC of .54) suggest that
a center prior has a large part in it.

Ours: everything else. Lab at 96, 48 and 24 pixels on the longer side; 5x5 patches; templates on a regular grid of 8x8
places instead of random ones, so that the result is always the same; dissimilarity = 1 - exp(-mean squared Lab
difference / 2 w²), so that clearly different patches count alike; the mean over templates and scales; a centered
Gaussian as a factor.
"""

import numpy as np

from wepsam import maps
from wepsam.classical._frame import classical_model, lab, longer_side, resized, uniform
from wepsam.classical.center_gaussian import center_gaussian

SIZES = (96, 48, 24)  # pixels of the longer side
SIDE = 5  # pixels of a patch
GRID = 8  # templates along each side
WIDTH = 20  # Lab units: patches this much apart (root mean square) are dissimilar by .39
BLUR = 0.03  # of the longer side


@classical_model()
def stc(stimulus: np.ndarray) -> np.ndarray:
    """Saliency map by sampled templates and a center prior."""
    height, width = stimulus.shape[:2]
    pictures = [resized(stimulus, longer_side(size, enlarge=True)(height, width)) for size in SIZES]
    if uniform(pictures[0]):  # as a large stimulus may be after its reduction
        return np.zeros((height, width))
    h, w = pictures[0].shape[:2]
    collated = np.zeros((h, w))
    for picture in pictures:
        patches = patches_of(lab(picture))
        dissimilar = dissimilarity(patches, sampled(patches)).mean(axis=-1)
        collated += maps.enlarge(dissimilar, (h, w))
    collated = maps.to_unit(maps.blur(collated, BLUR * SIZES[0]))
    return collated * center_gaussian(pictures[0])


def patches_of(colors: np.ndarray) -> np.ndarray:
    """(h, w, 3) Lab -> (h, w, 75) patch around each pixel; the picture is mirrored at its border."""
    margin = SIDE // 2
    padded = np.pad(colors, [(margin, margin), (margin, margin), (0, 0)], mode="symmetric")
    return np.lib.stride_tricks.sliding_window_view(padded, (SIDE, SIDE), axis=(0, 1)).reshape(*colors.shape[:2], -1)


def sampled(patches: np.ndarray) -> np.ndarray:
    """(h, w, D) patches -> (n, D) templates at the centers of 8x8 equal parts of the picture; fewer if it is narrow."""
    rows, columns = (places(n) for n in patches.shape[:2])
    return patches[rows[:, None], columns].reshape(-1, patches.shape[2])


def places(n: int) -> np.ndarray:
    """Indices about n / 8 apart; counted from the other end they are the same."""
    first = ((np.arange(GRID // 2) + 0.5) * n / GRID).astype(int)
    return np.unique([*first, *(n - 1 - first)])


def dissimilarity(patches: np.ndarray, templates: np.ndarray) -> np.ndarray:
    """(..., D) patches and (n, D) templates -> (..., n) in [0, 1): 0 for equal ones, toward 1 the more they differ."""
    squares = np.square(patches).sum(axis=-1)[..., None] - 2 * patches @ templates.T + np.square(templates).sum(axis=1)
    # Three of the D values make one color, and the mean is over pixels.
    mean = np.maximum(squares, 0) * 3 / patches.shape[-1]
    return 1 - np.exp(-mean / (2 * WIDTH**2))
