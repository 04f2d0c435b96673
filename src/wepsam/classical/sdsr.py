"""SDSR: saliency detection by self-resemblance; a place is salient if the rest of the picture looks different.

Seo, Milanfar, "Static and space-time visual saliency detection by self-resemblance", Journal of Vision 2009.

From the publication: CIE Lab at 64x64 pixels; in each channel a local steering kernel of 3x3 pixels, whose shape
follows the local gradients (alpha = .42, h = .2); the feature of a pixel is the kernels of the 7x7 pixels around it in
all three channels; saliency = 1 / sum_j exp((rho(i, j) - 1) / sigma^2), with rho the matrix cosine similarity and
sigma = .07. From public descriptions of the authors' program: each channel is stretched to [0, 1] first, and gradients
are weighted by a disk of one pixel's radius.

Ours: the publication compares a place with a window around it or with the whole picture; here it is the whole picture.
docs/reference/classical.md compares the scores with the public MIT300 row.
"""

import numpy as np

from wepsam.classical._frame import classical_model, lab, square

SIDE = 64  # pixels of the square picture
WINDOW = 7  # pixels, of the neighborhood whose kernels make a feature
ALPHA, H = 0.42, 0.2  # of the steering kernels
SIGMA = 0.07  # of the resemblance
# A disk of radius 1: the area that it covers of each pixel, relative to the middle pixel.
DISK = np.array([[0.0789, 0.4564, 0.0789], [0.4564, 1, 0.4564], [0.0789, 0.4564, 0.0789]])


@classical_model(square(SIDE))
def sdsr(picture: np.ndarray, /) -> np.ndarray:
    """Saliency map by self-resemblance."""
    channels = np.moveaxis(lab(picture), -1, 0)
    kernels = np.concatenate([steering_kernels(_stretched(channel)) for channel in channels])
    return 1 / resemblance(kernels, WINDOW, SIGMA)


def steering_kernels(channel: np.ndarray) -> np.ndarray:
    """The 3x3 local steering kernel of each pixel: how near each neighbor is, along the surface of the channel.

    The kernel is exp(-x' C x / 2h^2) at the neighbors' offsets x, with each neighbor's own C. C comes from the weighted
    gradients in the neighbor's 3x3 window, whose singular values are s1 >= s2. It is stretched across the edge by
    (s1 + 1) / (s2 + 1) and scaled by (s1 s2 / the weights' sum)^alpha. On a flat surface C is nearly zero and the
    kernel is 1 everywhere.

    Args:
        channel: (h, w) in [0, 1].

    Returns:
        (9, h, w) in (0, 1], neighbors in reading order; the fifth is the pixel itself and always 1.
    """
    down, right = np.gradient(channel)
    xx, xy, yy = (_windowed(product) for product in (right * right, right * down, down * down))
    # The eigenvalues of [[xx, xy], [xy, yy]] are the squared singular values of the gradients.
    middle, radius = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    s1, s2 = np.sqrt(middle + radius), np.sqrt(np.maximum(middle - radius, 0))
    stretch = (s1 + 1) / (s2 + 1)
    scale = ((s1 * s2 + 1e-7) / DISK.sum()) ** ALPHA
    # stretch * v1 v1' + 1/stretch * v2 v2', without the eigenvectors: v1 v1' - v2 v2' = (matrix - middle) / radius.
    mean, half = (stretch + 1 / stretch) / 2, (stretch - 1 / stretch) / 2 / np.where(radius > 0, radius, 1)
    c_xx, c_yy = (scale * (mean + half * (own - middle)) for own in (xx, yy))
    c_xy = scale * half * xy

    h, w = channel.shape
    c_xx, c_xy, c_yy = (np.pad(c, 1, mode="symmetric") for c in (c_xx, c_xy, c_yy))
    kernels = []
    for y in (-1, 0, 1):
        for x in (-1, 0, 1):
            there = np.s_[1 + y : 1 + y + h, 1 + x : 1 + x + w]
            distance = c_xx[there] * x * x + 2 * c_xy[there] * x * y + c_yy[there] * y * y
            kernels.append(np.exp(-distance / (2 * H**2)))
    return np.array(kernels)


def resemblance(kernels: np.ndarray, window: int, sigma: float) -> np.ndarray:
    """sum_j exp((rho(i, j) - 1) / sigma^2) over all pixels j, itself included.

    rho(i, j) is the cosine of the features of i and j, each the kernels of `window` x `window` pixels. The product of
    two features is a sum of products of kernels along a window. All pairs of pixels are therefore compared by matrix
    products of single pixels' kernels and two running sums, not by features of a thousand numbers.

    Args:
        kernels: (k, h, w).
        window: odd; the picture is mirrored at its border.

    Returns:
        (h, w) >= 1.
    """
    margin = window // 2
    padded = np.pad(kernels, ((0, 0), (margin, margin), (margin, margin)), mode="symmetric").astype(np.float32)
    rows = np.ascontiguousarray(np.moveaxis(padded, 0, -1))  # (h + window - 1, w + window - 1, k)
    h, w = kernels.shape[1:]
    norms = np.sqrt(_sums(_sums((rows**2).sum(axis=2), window, 0), window, 1))
    total = np.zeros((h, w))
    for apart in range(h):  # rows r and r + apart, for all r
        pairs = rows[: len(rows) - apart] @ rows[apart:].transpose(0, 2, 1)  # (n, columns, columns)
        across = _added([pairs[:, k : k + w, k : k + w] for k in range(window)])
        products = _added([across[k : k + h - apart] for k in range(window)])
        cosine = products / norms[: h - apart, :, None] / norms[apart:, None, :]
        alike = np.exp((np.minimum(cosine, 1) - 1) / sigma**2)
        total[: h - apart] += alike.sum(axis=2)
        if apart > 0:
            total[apart:] += alike.sum(axis=1)
    return total


def _windowed(values: np.ndarray) -> np.ndarray:
    """Sums over 3x3 pixels, with the squared weights of the disk."""
    h, w = values.shape
    padded = np.pad(values, 1, mode="symmetric")
    parts = [DISK[y, x] ** 2 * padded[y : y + h, x : x + w] for y in range(3) for x in range(3)]
    return np.asarray(np.sum(parts, axis=0))


def _added(views: list[np.ndarray]) -> np.ndarray:
    """The sum of the views, without a copy of all of them."""
    total = views[0].copy()
    for view in views[1:]:
        total += view
    return total


def _sums(values: np.ndarray, window: int, axis: int) -> np.ndarray:
    """Sums of `window` neighbors along an axis, only where all of them exist."""
    return np.lib.stride_tricks.sliding_window_view(values, window, axis=axis).sum(axis=-1)


def _stretched(channel: np.ndarray) -> np.ndarray:
    """The channel stretched to [0, 1]; a constant channel, such as a color of a gray picture, stays constant."""
    spread = np.ptp(channel)
    return (channel - channel.min()).astype(np.float64) / (spread if spread > 1e-3 else 1)
