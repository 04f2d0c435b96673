"""Boolean map saliency (BMS): what is surrounded stands out.

Zhang, Sclaroff, "Saliency Detection: A Boolean Map Approach", ICCV 2013; "Exploiting Surroundedness for Saliency
Detection: A Boolean Map Approach", TPAMI 2016.

From the publications: the picture at 400 pixels, whitened Lab channels from 0 to 255, one Boolean map for each step
of 8 levels in each channel; of a map and of its complement those regions survive that do not touch the picture's
border; what survives is dilated (7x7), divided by its L2 norm (so that a small region counts as much as a large one)
and added up; the sum is dilated (9x9) and blurred (sigma 9). The numbers are the defaults of the later version's
program. (The first version's, for pictures 600 pixels wide: 7x7, 23x23, sigma 20.)

Our choice: symmetric whitening, which leaves the three axes as near to L, a and b as possible and has no arbitrary
signs; as in the later program a median filter (3x3 pixels) as the only protection from noise (the first version opened
each map instead); no jitter at the border for pictures with artificial frames, so the answer is not random.
"""

from functools import reduce

import numpy as np

from wepsam import maps
from wepsam.classical._frame import checked, compiled, finished, lab, median, working_size

LONGEST = 400  # pixels of the longer side
STEP = 8  # levels between two Boolean maps
REGULARIZATION = 50  # variance added to each channel (of 255 levels) before whitening
MEDIAN, DILATION, LAST_DILATION = 1, 3, 4  # pixels to each side: 3x3, 7x7 and 9x9
BLUR = 9.0  # pixels


def bms(
    stimulus: np.ndarray,
    *,
    median: int = MEDIAN,
    dilation: int = DILATION,
    last_dilation: int = LAST_DILATION,
    blur: float = BLUR,
) -> np.ndarray:
    """Saliency map of a picture by Boolean maps.

    Args:
        stimulus: (H, W, 3) uint8 RGB.
        median: of the filter against noise, pixels to each side at 400 pixels on the longer side.
        dilation: of each map's regions, likewise.
        last_dilation: of the maps' sum, likewise.
        blur: standard deviation of the final Gaussian, likewise; 0 = none.

    Returns:
        (H, W) float32 in [0, 1], largest value 1; zeros where no region is surrounded, as in a uniform picture.

    Raises:
        ValueError: the stimulus is not (H, W, 3) uint8.
        ImportError: numba is not installed.

    References:
        Zhang, Sclaroff, "Exploiting Surroundedness for Saliency Detection: A Boolean Map Approach", TPAMI 2016.
    """
    channels = whitened(working_size(checked(stimulus), LONGEST, enlarge=True), median)
    attention = compiled("bms_loops").attention(channels, STEP, dilation)
    return finished(maps.blur(dilated(attention, last_dilation), blur), stimulus.shape)


def whitened(picture: np.ndarray, radius: int) -> np.ndarray:
    """(h, w, 3) uint8 RGB -> (3, h, w) uint8: decorrelated Lab channels, stretched to 0..255, median-filtered."""
    pixels = lab(picture).reshape(-1, 3) * (2.55, 1, 1)
    pixels -= pixels.mean(axis=0)
    values, vectors = np.linalg.eigh(pixels.T @ pixels / len(pixels) + REGULARIZATION * np.eye(3))
    channels = (pixels @ (vectors / np.sqrt(values)) @ vectors.T).T.reshape(3, *picture.shape[:2])
    # A channel that hardly varies stays constant instead of being stretched, noise and all.
    stretched = [maps.to_unit(channel) * (np.ptp(channel) > 1e-3) * 255 for channel in channels]
    return np.stack([median(channel.astype(np.uint8), radius) for channel in stretched])


def dilated(values: np.ndarray, radius: int) -> np.ndarray:
    """The largest value within a square of 2 radius + 1 pixels around each pixel."""
    (h, w), size = values.shape, 2 * radius + 1
    padded = np.pad(values, radius, mode="edge")
    rows = reduce(np.maximum, [padded[k : k + h] for k in range(size)])
    return reduce(np.maximum, [rows[:, k : k + w] for k in range(size)])
