"""Image signature: the signs of a picture's cosine transform hold its sparse foreground.

Hou, Harel, Koch, "Image Signature: Highlighting Sparse Salient Regions", TPAMI 2012. If a picture is a background
that is sparse in the cosine domain plus a foreground that is sparse in space, the picture that has only the signs of
the transform is concentrated on the foreground.

From the publication and its toolbox: Lab channels at 64 pixels, sign of the DCT, inverse, squared, mean of the
channels, Gaussian blur with .045 of the map's width. Our choice: 64 pixels and the width are those of the longer side
(the toolbox: of the horizontal one, which makes maps of upright pictures finer), the blur is renormalized at the
border, and a coefficient that is only a rounding error has the sign 0.
"""

from functools import cache

import numpy as np

from wepsam import maps
from wepsam.classical._frame import checked, finished, lab, working_size

LONGEST = 64  # pixels of the longer side
BLUR = 0.045  # of the longer side
NOTHING = 1e-3  # of a Lab unit: a coefficient this small is rounding


def image_signature(stimulus: np.ndarray) -> np.ndarray:
    """Saliency map of a picture by its image signature.

    Args:
        stimulus: (H, W, 3) uint8 RGB.

    Returns:
        (H, W) float32 in [0, 1], largest value 1; zeros for a uniform picture.

    Raises:
        ValueError: the stimulus is not (H, W, 3) uint8.

    References:
        Hou, Harel, Koch, "Image Signature: Highlighting Sparse Salient Regions", TPAMI 2012.
    """
    picture = working_size(checked(stimulus), LONGEST, enlarge=True)
    energy = np.mean([reconstructed(channel) ** 2 for channel in np.moveaxis(lab(picture), -1, 0)], axis=0)
    return finished(maps.blur(energy, BLUR * max(energy.shape)), stimulus.shape)


def reconstructed(channel: np.ndarray) -> np.ndarray:
    """(h, w) channel -> (h, w) picture of the signs of its cosine transform."""
    rows, columns = (_cosines(n) for n in channel.shape)
    return rows.T @ signature(channel) @ columns


def signature(channel: np.ndarray) -> np.ndarray:
    """(h, w) channel -> (h, w) signs of its cosine transform: -1, 0 or 1."""
    rows, columns = (_cosines(n) for n in channel.shape)
    coefficients = rows @ channel.astype(np.float64) @ columns.T
    return np.sign(coefficients) * (np.abs(coefficients) > NOTHING)


@cache
def _cosines(n: int) -> np.ndarray:
    """(n, n) orthonormal DCT-II, a frequency in each row. So small that a product beats a fast transform."""
    frequencies = np.arange(n)[:, None]
    matrix = np.cos(np.pi * frequencies * (np.arange(n) + 0.5) / n) * np.sqrt(2 / n)
    matrix[0] /= np.sqrt(2)
    return matrix
