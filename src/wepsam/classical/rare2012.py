"""RARE2012: what is rare in the picture is salient, color by color, orientation by orientation, at several scales.

Riche, Mancas, Duvinage, Mibulumukini, Gosselin, Dutoit, "RARE2012: A multi-scale rarity-based saliency detection with
its comparative statistical analysis", Signal Processing: Image Communication 2013.

From the publication and the published list of settings: the picture's colors decorrelated by PCA; Gabor filters of 8
orientations at 3 scales; rarity = -log of the frequency of a quantized value, summed over 4 pyramid levels; fusion
within and between channels by weights that favor maps with few high peaks; maps below .3 of the best are dropped. The
authors' program itself is closed.

Ours, because the publication lacks these figures: 240 pixels on the longer side, 16 levels of quantization, the Gabor
filters' frequencies (1/4, 1/8, 1/16 cycles per pixel) and bandwidth, and the exact form of the weights. The final
low-pass and the centered Gaussian are what the benchmark lists as "RARE2012, improved"; without them (`centered=False`)
it is the raw model. docs/reference/classical.md compares both with their public MIT300 rows.
"""

import numpy as np

from wepsam import maps
from wepsam.classical._frame import classical_model, longer_side
from wepsam.classical.center_gaussian import center_gaussian

LONGEST = 240  # pixels of the longer side
ORIENTATIONS = 8
FREQUENCY, SCALES = 1 / 4, 3  # cycles per pixel at the finest scale, halved from scale to scale
PYRAMID = 4  # levels, each half of the one before
QUANTA = 16  # levels of quantization
DROPPED = 0.3  # maps with less than this share of the best map's weight do not count
LOW_PASS = 0.02  # of the longer side


@classical_model(longer_side(LONGEST, shortest=2))
def rare2012(picture: np.ndarray, /, *, centered: bool = True) -> np.ndarray:
    """Saliency map by RARE2012.

    Args:
        centered: whether to blur the map and weigh it by a Gaussian on the picture's center, as in the "improved" row.
    """
    components = decorrelated(picture)
    if not components:  # the colors hardly vary
        return np.zeros(picture.shape[:2])
    channels = []
    for component in components:
        channels.append(rarity(component))
        channels.append(fused([rarity(energy) for energy in _gabor_energies(component)]))
    saliency_map = fused(channels)
    if centered:
        saliency_map = maps.blur(saliency_map, LOW_PASS * max(picture.shape)) * center_gaussian(picture)
    return saliency_map


def decorrelated(picture: np.ndarray) -> list[np.ndarray]:
    """The picture's colors along the axes of their own PCA.

    Args:
        picture: (h, w, 3) uint8.

    Returns:
        Up to three (h, w) float64. Axes along which nothing varies are left out; a gray picture has two of them.
    """
    colors = picture.reshape(-1, 3) / 255
    colors = colors - colors.mean(axis=0)
    values, vectors = np.linalg.eigh(colors.T @ colors / len(colors))
    # The sign of an eigenvector is arbitrary. This choice is the same for a picture and its mirror image.
    vectors = vectors * np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(3)])
    axes = vectors.T[::-1][values[::-1] > 1e-6]
    return [(colors @ axis).reshape(picture.shape[:2]) for axis in axes]


def rarity(values: np.ndarray, scales: int = PYRAMID) -> np.ndarray:
    """-log of the share of pixels that have the same of 16 levels, summed over scales.

    Args:
        values: (h, w), any range.
        scales: number of scales, each half of the one before; fewer if the map becomes too small.

    Returns:
        (h, w) float64 in [0, 1].
    """
    total = np.zeros(values.shape)
    smaller = values
    for _ in range(scales):
        spread = np.ptp(smaller)
        if spread <= 1e-9:
            break
        quanta = np.minimum(((smaller - smaller.min()) * (QUANTA / spread)).astype(np.intp), QUANTA - 1)
        share = np.bincount(quanta.ravel(), minlength=QUANTA) / quanta.size
        total += maps.enlarge(-np.log(np.maximum(share, 1 / quanta.size))[quanta], values.shape)
        if min(smaller.shape) < 4:
            break
        smaller = maps.enlarge(smaller, (smaller.shape[0] // 2, smaller.shape[1] // 2))
    return maps.to_unit(total)


def fused(rarities: list[np.ndarray]) -> np.ndarray:
    """The sum of maps, each times its weight (max - mean)^2 and its rank, without those below .3 of the best weight.

    The best of n maps has the rank n / n, the next (n - 1) / n and so on.

    Args:
        rarities: (h, w) maps in [0, 1].

    Returns:
        (h, w) in [0, 1].
    """
    weights = np.array([(one.max() - one.mean()) ** 2 for one in rarities])
    total = np.zeros(rarities[0].shape)
    for rank, index in enumerate(np.argsort(weights, kind="stable"), 1):
        if weights[index] >= DROPPED * weights.max():
            total += rank / len(rarities) * weights[index] * rarities[index]
    return maps.to_unit(total)


def _gabor_energies(channel: np.ndarray) -> list[np.ndarray]:
    """|response| of complex Gabor filters: 8 orientations at each of 3 scales, coarse ones on a reduced channel."""
    energies = []
    smaller = channel
    for scale in range(SCALES):
        if scale > 0:
            if min(smaller.shape) < 8:
                break
            smaller = maps.enlarge(smaller, (smaller.shape[0] // 2, smaller.shape[1] // 2))
        margin = 8
        padded = np.pad(smaller, margin, mode="symmetric")
        spectrum = np.fft.fft2(padded)
        y, x = np.meshgrid(*(np.fft.fftfreq(n) for n in padded.shape), indexing="ij")
        for angle in np.arange(ORIENTATIONS) * np.pi / ORIENTATIONS:
            along = x * np.cos(angle) + y * np.sin(angle)
            across = y * np.cos(angle) - x * np.sin(angle)
            # A Gaussian around the frequency, about an octave long and as broad as 8 orientations need.
            pass_band = np.exp(-0.5 * (((along - FREQUENCY) / 0.08) ** 2 + (across / 0.06) ** 2))
            pass_band[0, 0] = 0
            response = np.abs(np.fft.ifft2(spectrum * pass_band))[margin:-margin, margin:-margin]
            energies.append(maps.enlarge(response, channel.shape))
    return energies
