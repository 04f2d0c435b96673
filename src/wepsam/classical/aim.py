"""AIM: attention by information maximization; a patch is salient if the picture's other patches do not show the same.

Bruce, Tsotsos, "Saliency Based on Information Maximization", NIPS 2005; "Saliency, Attention, and Visual Search: An
Information Theoretic Approach", Journal of Vision 2009.

From the publications: 21x21 color patches; coefficients on a basis learned by ICA from natural pictures with 95 % of
the variance kept; for each coefficient a histogram over the picture; saliency = the sum of -log p of a patch's
coefficients. From public descriptions of the authors' program: one range of bins for all coefficients (1000 bins, as in
a port of the program; the program has 256, which makes hardly any difference), p + 1e-6, and borders filled with the
smallest value.

Ours: the basis (learn/aim.py: FastICA, 42 filters from other photographs; the authors used JADE and infomax), and 340
pixels on the longer side. That is half of the publication's own pictures, as the program's example halves them. By
default the program takes pictures at full size and does not blur. At 800 pixels without blur, CC falls by a fifth, and
most of the lead over the public MIT300 row disappears (docs/explanation/log.md).
"""

from functools import cache
from pathlib import Path

import numpy as np

from wepsam import maps
from wepsam.classical._frame import classical_model, longer_side

LONGEST = 340  # pixels of the longer side
SIDE = 21  # pixels of a filter
BINS = 1000  # of the histograms
LEAST = 1e-6  # added to each probability
BLUR = 4.0  # pixels; the program's option, off by default, has 8 pixels of whatever size it computes on


@classical_model(longer_side(LONGEST, shortest=SIDE))
def aim(picture: np.ndarray, /, *, blur: float = BLUR) -> np.ndarray:
    """Saliency map by AIM.

    Args:
        blur: standard deviation of the final Gaussian in pixels of a picture with 340 on its longer side; 0 = none.
    """
    saliency_map = information(coefficients(picture, basis()))
    border = SIDE // 2  # where no whole patch fits
    return maps.blur(np.pad(saliency_map, border, constant_values=saliency_map.min()), blur)


@cache
def basis() -> np.ndarray:
    """(42, 21, 21, 3) float32 filters, learned by learn/aim.py."""
    return np.load(Path(__file__).parent / "bases/aim.npy").astype(np.float32)


def coefficients(picture: np.ndarray, filters: np.ndarray) -> np.ndarray:
    """The response of each filter to each whole patch of the picture.

    Args:
        picture: (h, w, 3) uint8.
        filters: (n, s, s, 3).

    Returns:
        (n, h - s + 1, w - s + 1) float32.
    """
    # A correlation with 21x21x3 taps is many times cheaper in the frequency domain. There it is circular, but whole
    # patches never reach across the edge.
    size, side = picture.shape[:2], filters.shape[1]
    spectra = np.fft.rfft2(picture.astype(np.float32) / 255, size, axes=(0, 1))
    planes = []
    for taps in filters:
        product = (spectra * np.fft.rfft2(taps, size, axes=(0, 1)).conj()).sum(axis=2)
        planes.append(np.fft.irfft2(product, size)[: size[0] - side + 1, : size[1] - side + 1])
    return np.array(planes, np.float32)


def information(planes: np.ndarray) -> np.ndarray:
    """Self-information of each patch: -log of the share of patches in the same bin, summed over the coefficients.

    Args:
        planes: (n, h, w) coefficients; one range of 1000 bins spans them all.

    Returns:
        (h, w) float64 >= 0.
    """
    low, high = planes.min(), planes.max()
    total = np.zeros(planes.shape[1:])
    if high <= low:
        return total
    for plane in planes:
        bins = np.minimum(((plane - low) * (BINS / (high - low))).astype(np.intp), BINS - 1)
        counts = np.bincount(bins.ravel(), minlength=BINS)
        total -= np.log(counts / bins.size + LEAST)[bins]
    return total
