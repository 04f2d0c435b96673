"""Boolean map saliency (BMS): what is surrounded stands out.

Zhang, Sclaroff, "Saliency Detection: A Boolean Map Approach", ICCV 2013; "Exploiting Surroundedness for Saliency
Detection: A Boolean Map Approach", TPAMI 2016.

From the publications: the picture at 400 pixels; whitened Lab channels from 0 to 255; one Boolean map for each step of
8 levels in each channel; in a map and in its complement, only the regions that do not touch the picture's border count.
They are dilated (7x7), divided by their L2 norm (so that a small region counts as much as a large one) and added up.
The sum is dilated (9x9) and blurred (sigma 9). These numbers are the defaults of the later version's program. (The
first version has, for pictures 600 pixels wide, 7x7, 23x23 and sigma 20.)

Ours: symmetric whitening, which keeps the three axes as near to L, a and b as possible and has no arbitrary signs; a
median filter (3x3 pixels) as the only protection from noise, as in the later program (the first version opened each map
instead); no jitter at the border for pictures with artificial frames, so that the result is not random.
"""

from functools import reduce

import numpy as np

from wepsam import maps
from wepsam.classical._frame import classical_model, lab, longer_side, loops

LONGEST = 400  # pixels of the longer side
STEP = 8  # levels between two Boolean maps
REGULARIZATION = 50  # variance added to each channel (of 255 levels) before whitening
MEDIAN, DILATION, LAST_DILATION = 1, 3, 4  # pixels to each side: squares of 3x3, 7x7 and 9x9
BLUR = 9.0  # pixels


@classical_model(longer_side(LONGEST, enlarge=True))
def bms(
    picture: np.ndarray,
    /,
    *,
    median: int = MEDIAN,
    dilation: int = DILATION,
    last_dilation: int = LAST_DILATION,
    blur: float = BLUR,
) -> np.ndarray:
    """Saliency map by Boolean maps; zeros if no region is surrounded.

    All settings are in pixels of a picture with 400 on its longer side.

    Args:
        median: pixels to each side of the median filter against noise.
        dilation: pixels to each side by which the regions of each map grow.
        last_dilation: pixels to each side by which the sum of the maps grows.
        blur: standard deviation of the final Gaussian; 0 = none.
    """
    attention = loops("bms_loops").attention(whitened(picture, median), STEP, dilation)
    return maps.blur(dilated(attention, last_dilation), blur)


def whitened(picture: np.ndarray, radius: int) -> np.ndarray:
    """(h, w, 3) uint8 RGB -> (3, h, w) uint8: decorrelated Lab channels, stretched to 0..255, median-filtered."""
    pixels = lab(picture).reshape(-1, 3) * (2.55, 1, 1)
    pixels -= pixels.mean(axis=0)
    values, vectors = np.linalg.eigh(pixels.T @ pixels / len(pixels) + REGULARIZATION * np.eye(3))
    channels = (pixels @ (vectors / np.sqrt(values)) @ vectors.T).T.reshape(3, *picture.shape[:2])
    # A channel that hardly varies stays constant, because stretching would enlarge its noise.
    stretched = [maps.to_unit(channel) * (np.ptp(channel) > 1e-3) * 255 for channel in channels]
    median = loops("median_loops").median
    return np.stack([median(channel.astype(np.uint8), radius) for channel in stretched])


def dilated(values: np.ndarray, radius: int) -> np.ndarray:
    """The largest value within a square of 2 radius + 1 pixels around each pixel."""
    (h, w), size = values.shape, 2 * radius + 1
    padded = np.pad(values, radius, mode="edge")
    rows = reduce(np.maximum, [padded[k : k + h] for k in range(size)])
    return reduce(np.maximum, [rows[:, k : k + w] for k in range(size)])
