"""Fixations, fixation maps, densities: the one place that converts (x, y) points to [row, column] arrays.

A fixation (x, y) is a continuous position with 0 <= x < width and 0 <= y < height. It falls into the pixel
(floor(y), floor(x)), as in pysaliency. Toolboxes that count pixels from 1 (MATLAB) or round to the nearest pixel differ
by up to one pixel; the readers of such datasets convert their points.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

__all__ = ["blur", "density", "enlarge", "fixation_map", "pixels", "to_density", "to_log_density", "to_unit"]

LARGE = 1 << 21  # pixels; larger maps are enlarged in pieces
ORDINARY = 100  # a map whose largest absolute value is within 2^-100 and 2^100 can be computed with as float32
SCALED = 2.0**450  # 2^900 times a density can be summed over all pixels of any picture
HALF = float(np.finfo(np.float64).max) / 2


def numbers(values: Any, name: str = "map") -> np.ndarray:
    """The values as an array of real numbers; ValueError for what numpy would silently turn into other ones."""
    if np.ma.is_masked(values):
        raise ValueError(f"{np.ma.count_masked(values)} values of the {name} are masked; fill them in first")
    values = np.asarray(values)
    if values.dtype.kind not in "buif":
        raise ValueError(f"the {name} holds {values.dtype}, expected real numbers")
    return values


def exponent(value: float) -> int:
    """e with 2^(e - 1) <= value < 2^e; 0 for 0."""
    return int(np.frexp(value)[1])


def pixels(fixations: np.ndarray, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The pixel that each fixation falls into.

    Args:
        fixations: (N, 2) points as (x, y) pixels, 0-based, top-left origin; N may be 0.
        shape: (height, width) of the map.

    Returns:
        Two (N,) integer arrays, rows and columns, in the order of the fixations.

    Raises:
        ValueError: the array is not (N, 2) or masked, or a fixation is NaN or lies outside the map.
    """
    if np.ma.is_masked(fixations):
        raise ValueError("some fixations are masked; leave them out first")
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
    """Count how many fixations fall into each pixel.

    Args:
        fixations: (N, 2) points as (x, y) pixels; repeated points count each time, N may be 0.
        shape: (height, width) of the map.

    Returns:
        (H, W) integers.

    Raises:
        ValueError: as `pixels`.

    Examples:
        >>> from wepsam.maps import fixation_map
        >>> fixation_map([(0.5, 0), (0.9, 0), (2, 1)], (2, 3)).tolist()
        [[2, 0, 0], [0, 0, 1]]
    """
    height, width = shape
    rows, columns = pixels(fixations, shape)
    return np.bincount(rows * width + columns, minlength=height * width).reshape(height, width)


def density(fixations: np.ndarray, shape: tuple[int, int], sigma: float) -> np.ndarray:
    """Blur the fixation map with a Gaussian: where people look, as a distribution over the pixels.

    The Gaussian is not truncated. The part that falls outside the picture is cut off before the map is normalized.

    Args:
        fixations: (N, 2) points as (x, y) pixels, N >= 1. Repeated points count each time.
        shape: (height, width) of the map.
        sigma: standard deviation in pixels, usually one degree of visual angle; 0 = no blur.

    Returns:
        (H, W) float64, >= 0, sums to 1.

    Raises:
        ValueError: there are no fixations, one lies outside, or sigma < 0.

    Examples:
        >>> from wepsam.maps import density
        >>> values = density([(2, 1)], (3, 5), sigma=1.0)
        >>> round(float(values[1, 2] / values[1, 1]), 3), round(float(values.sum()), 6)  # exp(1 / 2) to the next pixel
        (1.649, 1.0)
    """
    counts = fixation_map(fixations, shape)
    if not counts.any():
        raise ValueError("no fixations, so no density: leave this picture out, or count it as NaN")
    # The Gaussian is separable, so the sum over fixations is one matrix product. Only occupied rows and columns take
    # part: 150 fixations are cheap, and those of a whole dataset cost no more than two products of the map's size.
    rows, columns = np.flatnonzero(counts.any(axis=1)), np.flatnonzero(counts.any(axis=0))
    vertical = _gaussian(shape[0], rows, sigma)  # (H, occupied rows)
    horizontal = _gaussian(shape[1], columns, sigma)  # (W, occupied columns)
    return to_density(vertical @ counts[np.ix_(rows, columns)] @ horizontal.T)


def densities_without(
    fixations: np.ndarray, group: np.ndarray, shape: tuple[int, int], sigma: float
) -> Iterator[np.ndarray]:
    """For each group of the fixations, the density of all others: that of `density`, but for the order of its sums.

    Of fifteen groups, a sixth of the work. Half of the groups is left out of one sum, which serves the other half, and
    so on; nothing is subtracted, because far from the other fixations only rounding errors would be left.

    Args:
        fixations: (N, 2) points as (x, y) pixels.
        group: (N,) the group of each, such as its observer.
        shape: (height, width) of the map.
        sigma: standard deviation in pixels, as in `density`.

    Yields:
        (H, W) float64, >= 0, sums to 1, for each group in ascending order.

    Raises:
        ValueError: there are fewer than two groups, or as `density` does.
    """
    order = np.argsort(group, kind="stable")
    rows, columns = (where[order] for where in pixels(fixations, shape))
    begins = np.append(np.unique(np.asarray(group)[order], return_index=True)[1], len(order))
    if len(begins) < 3:
        raise ValueError(f"fixations of {len(begins) - 1} groups; expected two or more, so that others are left")
    # Scaled, which is exact: far from a fixation the products would be denormal, with which a processor takes long.
    vertical = np.ascontiguousarray(_gaussian(shape[0], rows, sigma).T) * SCALED  # (N, H)
    horizontal = np.ascontiguousarray(_gaussian(shape[1], columns, sigma).T) * SCALED  # (N, W)

    groups = len(begins) - 1
    room = np.empty((groups.bit_length() + 1, *shape))  # one map for each half; new ones would take as long as the sums

    def without(first: int, last: int, depth: int) -> Iterator[np.ndarray]:
        if last - first == 1:
            yield to_density(room[depth - 1])
            return
        middle = (first + last) // 2
        for mine, rest in (((first, middle), (middle, last)), ((middle, last), (first, middle))):
            added = slice(begins[rest[0]], begins[rest[1]])
            np.matmul(vertical[added].T, horizontal[added], out=room[depth])
            if depth:
                room[depth] += room[depth - 1]
            yield from without(*mine, depth + 1)

    yield from without(0, groups, 0)


def moved(points: np.ndarray, size: tuple[int, int], to: tuple[int, int]) -> np.ndarray:
    """(N, 2) points as (x, y) of a picture of one (height, width) in one of another, inside if they were.

    The product of a point just inside the border can be rounded onto it.
    """
    corner = np.array(to[::-1], dtype=np.float64)
    return np.minimum(points * (corner / size[::-1]), np.nextafter(corner, 0))


def blur(values: np.ndarray, sigma: float) -> np.ndarray:
    """Blur one or several (H, W) maps with a Gaussian, without darkening the border.

    At the border the weights that fall outside are dropped and the others are renormalized, so a constant map stays
    constant (normalized convolution; the Gaussian is not truncated). The blur is two dense matrix products:
    milliseconds for a map of 800x600, seconds for a photograph of ten megapixels. Blur a map before enlarging it.

    Args:
        values: (..., H, W) map.
        sigma: standard deviation in pixels; 0 = the map unchanged.

    Returns:
        (..., H, W) float64 within the range of `values`.

    Raises:
        ValueError: sigma < 0.
    """
    values = numbers(values)
    *_, height, width = values.shape
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
    """Resize a small map to the size of its stimulus, bilinear with half-pixel centers.

    It also shrinks a map, then antialiased: Pillow widens the filter to the size of the target pixel.

    Args:
        saliency_map: (h, w) map.
        shape: (height, width) of the result.

    Returns:
        (H, W) float32 within the range of the map; float64 where that is not a range of float32.

    Raises:
        ValueError: the map is masked, or not of real numbers.

    Examples:
        >>> import numpy as np
        >>> from wepsam.maps import enlarge
        >>> enlarge(np.array([[0.0, 1.0]]), (1, 4)).tolist()
        [[0.0, 0.25, 0.75, 1.0]]
    """
    saliency_map, (height, width) = numbers(saliency_map), shape
    largest = exponent(max(abs(float(saliency_map.min())), abs(float(saliency_map.max()))))
    if abs(largest) > ORDINARY:  # as float32 it would be infinite or zero
        ordinary = np.ldexp(saliency_map.astype(np.float64), -largest)
        return np.ldexp(enlarge(ordinary, shape).astype(np.float64), largest)
    small = Image.fromarray(np.ascontiguousarray(saliency_map, dtype=np.float32))
    if height * width <= LARGE or height < small.height or width < small.width:
        return np.array(small.resize((width, height), Image.Resampling.BILINEAR))
    # When it enlarges, Pillow resizes all rows, then all columns: columns can be done a few at a time.
    small = small.resize((width, small.height), Image.Resampling.BILINEAR)
    enlarged = np.empty((height, width), np.float32)
    step = max(1, LARGE // height)
    for left in range(0, width, step):
        right = min(left + step, width)
        columns = small.crop((left, 0, right, small.height))
        enlarged[:, left:right] = np.asarray(columns.resize((right - left, height), Image.Resampling.BILINEAR))
    return enlarged


def is_transposed(shape: tuple[int, ...], size: tuple[int, int]) -> bool:
    """Whether a map has the proportions of its picture with rows and columns exchanged, and not those of the picture.

    Args:
        shape: (height, width) of the map.
        size: (height, width) of the picture.
    """
    (height, width), own = shape, np.log(size[0] / size[1])
    slack = 0.02 + 0.5 / min(height, width)  # sides are whole pixels
    return bool(abs(np.log(height / width) + own) < slack < abs(own))


def to_unit(values: np.ndarray) -> np.ndarray:
    """Stretch a map to [0, 1] by its minimum and maximum.

    Args:
        values: map of any shape, finite.

    Returns:
        Float64 of the same shape; zeros for a constant map.

    Raises:
        ValueError: the map is masked, or not of real numbers.

    Examples:
        >>> import numpy as np
        >>> from wepsam.maps import to_unit
        >>> to_unit(np.array([[-1, 0, 1]])).tolist()
        [[0.0, 0.5, 1.0]]
    """
    values = numbers(values).astype(np.float64)
    low, high = values.min(), values.max()
    if high == low:
        return np.zeros_like(values)
    if max(-low, high) > HALF:  # their difference would be infinite
        values, low, high = values / 2, low / 2, high / 2
    return np.asarray((values - low) / (high - low))


def to_density(values: np.ndarray) -> np.ndarray:
    """Divide a map by its sum; a map of zeros carries no information and becomes uniform.

    Args:
        values: map >= 0 of any shape.

    Returns:
        Float64 of the same shape, sums to 1.

    Raises:
        ValueError: the map has negative values (`to_unit` shifts them away), or NaN or infinite ones; or it is masked.

    Examples:
        >>> import numpy as np
        >>> from wepsam.maps import to_density
        >>> to_density(np.array([[1, 3]])).tolist(), to_density(np.array([[0, 0]])).tolist()
        ([[0.25, 0.75]], [[0.5, 0.5]])
    """
    values = numbers(values).astype(np.float64, copy=False)
    if values.max() > HALF / values.size:  # its sum would be infinite
        values = values / HALF
    low, total = values.min(), values.sum()
    if not (low >= 0 and np.isfinite(total)):
        raise ValueError(f"a distribution needs finite values >= 0, here the smallest is {low:g}, the sum {total:g}")
    return values / total if total > 0 else np.full_like(values, 1 / values.size)


def to_log_density(values: np.ndarray, uniform: float = 1e-6) -> np.ndarray:
    """The natural logarithm of a map as a density.

    Args:
        values: (H, W) map.
        uniform: the share of the probability, in [0, 1], that is spread evenly over all pixels. Without it, one
            fixation where the map is 0 would have the log density -inf.

    Returns:
        (H, W) float64; its logsumexp is 0.

    Raises:
        ValueError: as `to_density`.

    Examples:
        >>> import numpy as np
        >>> from wepsam.maps import to_log_density
        >>> np.exp(to_log_density(np.array([[1, 3]]), uniform=0.0)).round(6).tolist()
        [[0.25, 0.75]]
    """
    return np.asarray(np.log((1 - uniform) * to_density(values) + uniform / np.size(values)))
