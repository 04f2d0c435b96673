"""FES: fast and efficient saliency; is a pixel's color more likely at its place than on a circle around it?

Rezazadegan Tavakoli, Rahtu, Heikkilä, "Fast and Efficient Saliency Detection Using Sparse Sampling and Kernel Density
Estimation", SCIA 2011.

From the publication and its program: Lab at 171 pixels; eight samples on circles of 13, 25 and 38 pixels; Gaussian
kernels of width 1 (center) and 10 (surround); the posterior probability of "center" given a prior for each place; a
blur (sigma 5.2, zero outside the picture, so that the map fades at the border), power 30, and the mean of the three
circles.

Ours: the prior. The authors learned a map from fixations, which they did not publish. Ours is a broad Gaussian on the
center, .5 there; the program's prior for those who have no map is .5 everywhere. The aspect of the picture is kept; the
program squeezes each picture to 171x128.
"""

import numpy as np

from wepsam import maps
from wepsam.classical._frame import classical_model, lab, longer_side
from wepsam.classical.center_gaussian import center_gaussian

LONGEST = 171  # pixels of the longer side
RADII = (13, 25, 38)  # pixels
SAMPLES = 8  # on each circle
CENTER, SURROUND = 1, 10  # widths of the kernels, in Lab units
PRIOR, PRIOR_SIGMA = 0.5, 0.4  # probability at the center, standard deviation as a share of each side
BLUR = 5.2  # pixels
POWER = 30


@classical_model(longer_side(LONGEST, enlarge=True))
def fes(picture: np.ndarray, /) -> np.ndarray:
    """Saliency map by sparse samples and kernel densities."""
    colors, prior = lab(picture), PRIOR * center_gaussian(picture, sigma=PRIOR_SIGMA).astype(np.float64)
    scales = [fading_blur(posterior(surround_density(colors, radius), prior)) ** POWER for radius in RADII]
    return np.mean(scales, axis=0)


def surround_density(colors: np.ndarray, radius: float) -> np.ndarray:
    """(h, w, 3) Lab -> (h, w) mean kernel between each pixel and eight on a circle around it, clipped at the border."""
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

    The center's kernel is at its peak there, 1 / CENTER; the surround's mean kernel is divided by SURROUND.
    """
    return 1 / (1 + (1 - prior) / prior * surround * CENTER / SURROUND)


def fading_blur(values: np.ndarray) -> np.ndarray:
    """Gaussian blur with zeros around the map."""
    margin = int(4 * BLUR)
    return maps.blur(np.pad(values, margin), BLUR)[margin:-margin, margin:-margin]
