"""Fixations, fixation maps, densities: the one place that converts (x, y) points and [row, column] arrays.

A fixation (x, y) is a continuous position with 0 <= x < width and 0 <= y < height; it falls into the pixel
(floor(y), floor(x)). pysaliency has the same convention. Toolboxes that count pixels from 1 (MATLAB) or round
to the nearest pixel differ by up to one pixel; readers of such datasets convert before they get here.
"""

import numpy as np
from PIL import Image


def pixels(fixations: np.ndarray, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The pixel that each fixation falls into.

    Args:
        fixations: (N, 2) points as (x, y) pixels, 0-based, top-left origin; N may be 0.
        shape: (height, width) of the map.

    Returns:
        Two (N,) integer arrays, rows and columns, in the order of the fixations.

    Raises:
        ValueError: the array is not (N, 2), or a fixation is NaN or lies outside the map.
    """
    fixations = np.asarray(fixations, dtype=np.float64)
    if fixations.size == 0:
        fixations = fixations.reshape(0, 2)  # so that a plain [] is "no fixations" too
    if fixations.ndim != 2 or fixations.shape[1] != 2:
        raise ValueError(f"fixations have the shape {fixations.shape}, expected (N, 2): one (x, y) per row")
    height, width = shape
    x, y = fixations.T
    outside = ~((x >= 0) & (x < width) & (y >= 0) & (y < height))  # written so that NaN is outside
    if outside.any():
        first = fixations[outside.argmax()]
        raise ValueError(
            f"{outside.sum()} of {len(fixations)} fixations lie outside the {width}x{height} map, "
            f"the first at ({first[0]:g}, {first[1]:g}); were they scaled to this image size?"
        )
    return np.floor(y).astype(np.intp), np.floor(x).astype(np.intp)


def fixation_map(fixations: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """(H, W) integers: how many of the (N, 2) fixations fall into each pixel. Raises as `pixels` does."""
    height, width = shape
    rows, columns = pixels(fixations, shape)
    return np.bincount(rows * width + columns, minlength=height * width).reshape(height, width)


def fixations_from_map(counts: np.ndarray) -> np.ndarray:
    """(N, 2) float fixations of an (H, W) map of counts, row by row; a pixel with count 2 gives two points.

    A point is its pixel's index (x = column, y = row), as datasets with whole-numbered coordinates give it.

    Raises:
        ValueError: the map is not two-dimensional, or holds something that is no count.
    """
    counts = np.asarray(counts)
    if counts.ndim != 2 or not np.all((counts >= 0) & (counts == np.floor(counts)) & np.isfinite(counts)):
        raise ValueError(f"a fixation map is (H, W) whole numbers >= 0, got {counts.dtype} of shape {counts.shape}")
    rows, columns = np.nonzero(counts)
    points = np.column_stack([columns, rows]).astype(np.float64)
    return np.repeat(points, counts[rows, columns].astype(np.intp), axis=0)


def density(fixations: np.ndarray, shape: tuple[int, int], sigma: float) -> np.ndarray:
    """The fixation map blurred by a Gaussian: where people look, as a distribution over the pixels.

    The Gaussian is not truncated; what falls outside the picture is lost before the map is normalized.

    Args:
        fixations: (N, 2) points as (x, y) pixels, N >= 1. Repeated points count each time.
        shape: (height, width) of the map.
        sigma: standard deviation in pixels, usually one degree of visual angle; 0 = no blur.

    Returns:
        (H, W) float64, >= 0, sums to 1.

    Raises:
        ValueError: there are no fixations (none say nothing), one lies outside, or sigma < 0.
    """
    counts = fixation_map(fixations, shape)
    if not counts.any():
        raise ValueError("no fixations, so no density: leave this picture out, or count it as NaN")
    # The Gaussian is separable, so the sum over fixations is one matrix product. Only occupied rows and
    # columns take part: 150 fixations are cheap, and a whole dataset's cost no more than two products of the
    # map's size.
    rows, columns = np.flatnonzero(counts.any(axis=1)), np.flatnonzero(counts.any(axis=0))
    vertical = _gaussian(shape[0], rows, sigma)  # (H, occupied rows)
    horizontal = _gaussian(shape[1], columns, sigma)  # (W, occupied columns)
    return to_density(vertical @ counts[np.ix_(rows, columns)] @ horizontal.T)


def blur(values: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian blur of an (H, W) map, or of several, that does not darken at the border.

    At the border the weights that fall outside are dropped and the rest is renormalized, so a constant map
    stays constant (normalized convolution; the Gaussian is not truncated). Two dense matrix products:
    milliseconds for a map of 800x600, seconds for a photo of ten megapixels; blur a map before it is
    enlarged.

    Args:
        values: (..., H, W) map.
        sigma: standard deviation in pixels; 0 = the map unchanged.

    Returns:
        (..., H, W) float64 within the range of `values`.

    Raises:
        ValueError: sigma < 0.
    """
    *_, height, width = np.shape(values)
    vertical = _gaussian(height, np.arange(height), sigma)
    horizontal = _gaussian(width, np.arange(width), sigma)
    vertical /= vertical.sum(axis=1, keepdims=True)
    horizontal /= horizontal.sum(axis=1, keepdims=True)
    return np.asarray(vertical @ values @ horizontal.T)


def _gaussian(size: int, centers: np.ndarray, sigma: float) -> np.ndarray:
    """(size, len(centers)) Gaussians sampled at the pixels 0..size-1, 1 at their centers."""
    if not 0 <= sigma < np.inf:
        raise ValueError(f"sigma is {sigma:g}, expected a standard deviation >= 0 in pixels")
    distance = np.subtract.outer(np.arange(size), centers)
    if sigma == 0:
        return np.asarray(distance == 0, dtype=np.float64)
    return np.asarray(np.exp(-0.5 * (distance / sigma) ** 2))


def enlarge(saliency_map: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A small map at the size of its stimulus, bilinear with half-pixel centers.

    Also shrinks, then antialiased: Pillow widens the filter to the size of the target pixel.

    Args:
        saliency_map: (h, w) map.
        shape: (height, width) wanted.

    Returns:
        (H, W) float32 within the range of the map.
    """
    height, width = shape
    small = Image.fromarray(np.ascontiguousarray(saliency_map, dtype=np.float32))
    return np.array(small.resize((width, height), Image.Resampling.BILINEAR))


def to_unit(values: np.ndarray) -> np.ndarray:
    """The map stretched to [0, 1] by its minimum and maximum, float64; a constant map becomes zeros."""
    values = np.asarray(values, dtype=np.float64)
    low, high = values.min(), values.max()
    return np.zeros_like(values) if high == low else (values - low) / (high - low)


def to_density(values: np.ndarray) -> np.ndarray:
    """A map >= 0 divided by its sum, float64; an all-zero map says nothing and becomes uniform.

    Raises:
        ValueError: the map has negative values (`to_unit` shifts them away), or NaN or infinite ones.
    """
    values = np.asarray(values, dtype=np.float64)
    low, total = values.min(), values.sum()
    if not (low >= 0 and np.isfinite(total)):
        raise ValueError(f"a distribution needs finite values >= 0, here the smallest is {low:g}, the sum {total:g}")
    return values / total if total > 0 else np.full_like(values, 1 / values.size)
