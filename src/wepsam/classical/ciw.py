"""CIW: chromatic induction wavelets; what a model of perceived contrast would enhance is salient.

Murray, Vanrell, Otazu, Parraga, "Saliency Estimation Using a Non-Parametric Low-Level Vision Model", CVPR 2011 (also
called SIM, saliency by induction mechanisms).

From the publication: three opponent channels; a wavelet transform with horizontal, vertical and diagonal planes; for
each plane the ratio r of a coefficient's energy in its neighborhood to that of the neighborhood's surround; z = r^2 /
(1 + r^2); the extended contrast sensitivity alpha = z g(s) + k(s) at scale s; the inverse transform with the alphas in
place of the coefficients; the root of the channels' summed squares. From public descriptions of the authors' program:
the constants of g and k, which the authors fitted to color induction, the windows of 13 and twice 26 coefficients, and
the transform's taps 1 4 6 4 1.

Ours: pictures of more than 512 pixels are reduced to that (scale 4, to which the sensitivity is tuned, then is about
a thirtieth of the picture), they are padded on all sides instead of two, and the map is blurred a little at the end.
docs/reference/classical.md compares the scores with the public MIT300 row.
"""

import numpy as np

from wepsam import maps, srgb
from wepsam.classical._frame import classical_model, longer_side, resized

LONGEST = 512  # pixels of the longer side
LEVELS = 7  # of the wavelet transform
CENTER, SURROUND = 13, 26  # coefficients; the surround has 26 on either side of the center
TAPS = np.array([1, 4, 6, 4, 1]) / 16
BLUR = 0.01  # of the longer side

Planes = list[np.ndarray]  # per scale, fine to coarse: (3, h, w) horizontal, vertical, diagonal

# (sigma below, sigma above, amplitude, peak) of g; (sigma, edge) of k: Otazu et al. 2010
INTENSITY = ((1.021035, 1.048155, 4.981624, 4.0), (0.212226, 4.530974))
COLOR = ((1.360638, 0.796124, 3.611746, 4.724440), (0.348766, 5.059210))


@classical_model(longer_side(LONGEST))
def ciw(picture: np.ndarray, /) -> np.ndarray:
    """Saliency map by chromatic induction wavelets."""
    height, width = (n + 1 - n % 2 for n in picture.shape[:2])
    picture = resized(picture, (height, width))
    levels = max(1, min(LEVELS, int(np.log2(min(height, width)))))
    margins = [(-(n - 1) % 2**levels) // 2 for n in (height, width)]
    squares = np.zeros((height, width))
    for channel, constants in zip(opponents(picture), (COLOR, COLOR, INTENSITY), strict=True):
        # Padded sides are a multiple of 2^levels plus 1. At every level the even samples then begin and end at a
        # border, and the picture's mirror image has the same samples.
        padded = np.pad(channel, [(margin, margin) for margin in margins], mode="symmetric")
        planes, residual = decomposed(padded, levels)
        alphas = [
            sensitivity(np.stack([relative_contrast(plane, k) for k, plane in enumerate(three)]), scale, constants)
            for scale, three in enumerate(planes, 1)
        ]
        enhanced = recomposed(alphas, np.ones_like(residual))
        enhanced = enhanced[margins[0] : margins[0] + height, margins[1] : margins[1] + width]
        squares += (enhanced / enhanced.sum()) ** 2
    return maps.blur(np.sqrt(squares), BLUR * max(height, width))


def opponents(picture: np.ndarray) -> np.ndarray:
    """(h, w, 3) uint8 sRGB -> (3, h, w): (R - G) / I, (R + G - 2B) / I and I = R + G + B, of linear R, G, B."""
    red, green, blue = np.moveaxis(srgb.to_linear(picture), -1, 0)
    intensity = red + green + blue
    divisor = np.where(intensity > 0, intensity, 1)
    return np.stack([(red - green) / divisor, (red + green - 2 * blue) / divisor, intensity])


def decomposed(channel: np.ndarray, levels: int) -> tuple[Planes, np.ndarray]:
    """The wavelet planes of a channel and its residual at the coarsest scale; `recomposed` is the inverse.

    Each scale splits the residual of the scale before: low frequencies are halved in size and go on, the three planes
    keep the size of the scale.
    """
    planes, rest = [], channel
    for _ in range(levels):
        low_x = _blurred(rest, 1)
        high_x = rest - _expanded(low_x[:, ::2], rest.shape, 1)
        low = _blurred(low_x, 0)
        vertical = low_x - _expanded(low[::2], rest.shape, 0)
        horizontal = _expanded(_blurred(high_x, 0)[::2], rest.shape, 0)
        smaller = low[::2, ::2]
        diagonal = rest - _enlarged(smaller, rest.shape) - horizontal - vertical
        planes.append(np.stack([horizontal, vertical, diagonal]))
        rest = smaller
    return planes, rest


def recomposed(planes: Planes, rest: np.ndarray) -> np.ndarray:
    """The channel that has these wavelet planes and this residual."""
    for three in reversed(planes):
        rest = _enlarged(rest, three.shape[1:]) + three.sum(axis=0)
    return rest


def relative_contrast(plane: np.ndarray, orientation: int) -> np.ndarray:
    """z = r^2 / (1 + r^2), with r the mean energy in 13 coefficients over that in the 26 on either side.

    The windows lie along the row of a horizontal plane (0), the column of a vertical one (1), both diagonals of a
    diagonal one (2).

    Returns:
        (h, w) in [0, 1).
    """
    directions = {0: [(0, 1)], 1: [(1, 0)], 2: [(1, 1), (1, -1)]}[orientation]
    reach = CENTER // 2 + SURROUND
    energy = np.pad(plane**2, reach, mode="symmetric")
    center, both = np.zeros(plane.shape), np.zeros(plane.shape)
    for direction in directions:
        center += _run(energy, direction, CENTER // 2, reach, plane.shape)
        both += _run(energy, direction, reach, reach, plane.shape)
    surround = (both - center) / (2 * SURROUND * len(directions))
    overlap = len(directions) - 1  # the middle of the cross, counted once for each of its arms
    center = (center - overlap * plane**2) / (CENTER * len(directions) - overlap)
    ratio = np.maximum(center, 0) / (np.maximum(surround, 0) + 1e-6)
    return ratio**2 / (1 + ratio**2)


def sensitivity(contrast: np.ndarray, scale: int, constants: tuple) -> np.ndarray:
    """alpha = z g(s) + k(s): g peaks at middle scales, k rises to 1 at coarse scales, where contrast hardly matters."""
    (below, above, amplitude, peak), (sigma, edge) = constants
    g = amplitude * np.exp(-((scale - peak) ** 2) / (2 * (below if scale <= peak else above) ** 2))
    k = np.exp(-((scale - edge) ** 2) / (2 * sigma**2)) if scale <= edge else 1.0
    return contrast * g + k


def _run(padded: np.ndarray, direction: tuple[int, int], reach: int, margin: int, shape: tuple[int, ...]) -> np.ndarray:
    """For each pixel the sum over itself and its `reach` neighbors on either side, along a direction.

    A run of twice the length is the sum of two runs, so 65 terms take 7 additions.
    """
    length, (down, right) = 2 * reach + 1, direction

    def at(values: np.ndarray, steps: int) -> np.ndarray:
        """The values that lie `steps` after the first place of the run, for all pixels of the picture."""
        y, x = margin + (steps - reach) * down, margin + (steps - reach) * right
        return values[y : y + shape[0], x : x + shape[1]]

    total, added = np.zeros(shape), 0
    run, size = padded, 1  # run[p] sums `size` places from p on
    while True:
        if length & size:
            total += at(run, added)
            added += size
        if 2 * size > length:
            return total
        doubled = np.zeros_like(run)
        y, x = size * down, size * right
        here = np.s_[: run.shape[0] - y, max(0, -x) : run.shape[1] - max(0, x)]
        doubled[here] = run[here] + run[y:, max(0, x) : run.shape[1] - max(0, -x)]
        run, size = doubled, 2 * size


def _blurred(values: np.ndarray, axis: int) -> np.ndarray:
    """Taps 1 4 6 4 1 along an axis, mirrored at the ends without repeating them."""
    n = values.shape[axis]
    if n == 1:
        return values
    padded = np.pad(values, [(2, 2) if a == axis else (0, 0) for a in range(2)], mode="reflect")
    return sum(tap * np.take(padded, np.arange(k, k + n), axis) for k, tap in enumerate(TAPS))


def _expanded(values: np.ndarray, shape: tuple[int, ...], axis: int) -> np.ndarray:
    """The even samples along an axis put back to their places, and the gaps filled by the same taps."""
    size = list(values.shape)
    size[axis] = shape[axis]
    full = np.zeros(size)
    full[(slice(None),) * axis + (slice(None, None, 2),)] = values
    return 2 * _blurred(full, axis)


def _enlarged(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return _expanded(_expanded(values, shape, 0), shape, 1)
