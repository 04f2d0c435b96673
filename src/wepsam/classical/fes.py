"""Fast and efficient saliency (FES): is a pixel's color more likely at its place than on a circle around it?

Rezazadegan Tavakoli, Rahtu, Heikkilä, "Fast and Efficient Saliency Detection Using Sparse Sampling and Kernel Density
Estimation", SCIA 2011.

From the publication and its program: Lab at 171 pixels; eight samples on circles of 13, 25 and 38 pixels; Gaussian
kernels of width 1 (center) and 10 (surround); posterior probability of "center" given a prior for each place; blur
(sigma 5.2, nothing outside the picture, so that the map fades at the border), power 30, mean of the three circles.

Our choice: the prior. The authors learned a map from fixations, which is not public in writing; ours is a broad
Gaussian on the center, .5 there (.5 everywhere is the program's prior for those who have none). The aspect of the
picture is kept, where the program squeezes each to 171x128.
"""

import numpy as np

from wepsam import maps
from wepsam.classical._frame import checked, finished, lab, uniform, working_size
from wepsam.classical.center_bias import center_gaussian

LONGEST = 171  # pixels of the longer side
RADII = (13, 25, 38)  # pixels
SAMPLES = 8  # on each circle
CENTER, SURROUND = 1, 10  # widths of the kernels, in Lab units
PRIOR, PRIOR_SIGMA = 0.5, 0.4  # probability at the center, standard deviation as a share of each side
BLUR = 5.2  # pixels
POWER = 30


def fes(stimulus: np.ndarray) -> np.ndarray:
    """Saliency map of a picture by sparse samples and kernel densities.

    Args:
        stimulus: (H, W, 3) uint8 RGB.

    Returns:
        (H, W) float32 in [0, 1], largest value 1; zeros for a uniform picture.

    Raises:
        ValueError: the stimulus is not (H, W, 3) uint8.

    References:
        Rezazadegan Tavakoli, Rahtu, Heikkilä, "Fast and Efficient Saliency Detection Using Sparse Sampling and Kernel
        Density Estimation", SCIA 2011.
    """
    picture = working_size(checked(stimulus), LONGEST, enlarge=True)
    if uniform(picture):
        return np.zeros(stimulus.shape[:2], np.float32)
    colors, prior = lab(picture), PRIOR * center_gaussian(picture, sigma=PRIOR_SIGMA).astype(np.float64)
    scales = [fading_blur(posterior(surround_density(colors, radius), prior)) ** POWER for radius in RADII]
    return finished(np.mean(scales, axis=0), stimulus.shape)


def surround_density(colors: np.ndarray, radius: float) -> np.ndarray:
    """(h, w, 3) Lab -> (h, w) mean kernel of each pixel and eight on the circle around it (cut at the border)."""
    h, w = colors.shape[:2]
    rows, columns = np.arange(h), np.arange(w)
    density = np.zeros((h, w))
    for angle in np.arange(SAMPLES) * 2 * np.pi / SAMPLES:
        down, right = round(-radius * np.sin(angle)), round(radius * np.cos(angle))
        sample = colors[np.clip(rows + down, 0, h - 1)[:, None], np.clip(columns + right, 0, w - 1)]
        density += np.exp(-((sample - colors) ** 2).sum(axis=2) / (2 * SURROUND**2))
    return density / SAMPLES


def posterior(surround: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Probability that a pixel is center, not surround, given its color.

    The center's own kernel is at its peak there, 1 / CENTER; the surround's mean kernel is divided by SURROUND.
    """
    return 1 / (1 + (1 - prior) / prior * surround * CENTER / SURROUND)


def fading_blur(values: np.ndarray) -> np.ndarray:
    """Gaussian blur with zeros around the map."""
    margin = int(4 * BLUR)
    return maps.blur(np.pad(values, margin), BLUR)[margin:-margin, margin:-margin]
