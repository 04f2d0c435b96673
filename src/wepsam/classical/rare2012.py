"""RARE2012: what is rare in the picture is salient, color by color, orientation by orientation, at several scales.

Riche, Mancas, Duvinage, Mibulumukini, Gosselin, Dutoit, "RARE2012: A multi-scale rarity-based saliency detection with
its comparative statistical analysis", Signal Processing: Image Communication 2013. From there and from the published
list of settings: the picture's colors decorrelated by PCA, Gabor filters of 8 orientations at 3 scales, rarity = -log
of how often a quantized value occurs, summed over 4 pyramid levels, fusion within and between channels by weights that
favor maps with few high peaks, dropping maps below .3 of the best. The authors' program itself is closed.

Ours, for want of figures: 240 pixels on the longer side, 16 levels of quantization, the Gabor filters' frequencies
(1/4, 1/8, 1/16 of a cycle a pixel) and bandwidth, and the exact form of the weights. The final low-pass and the
centered Gaussian are what the benchmark lists as "RARE2012, improved"; without them (`centered=False`) it is the raw
model. Public MIT300 rows of both are in the project's documentation.
"""

import numpy as np

from wepsam import maps
from wepsam.classical._frame import checked, finished, uniform, working_size
from wepsam.classical.center_bias import center_gaussian

LONGEST = 240
ORIENTATIONS = 8
FREQUENCY, SCALES = 1 / 4, 3  # cycles a pixel at the finest scale; half of it at each next
PYRAMID = 4  # levels, each half of the one before
QUANTA = 16
DROPPED = 0.3  # maps with less than this share of the best map's weight do not take part
LOW_PASS = 0.02  # of the longer side


def rare2012(stimulus: np.ndarray, *, centered: bool = True) -> np.ndarray:
    """Saliency map by RARE2012.

    Args:
        stimulus: (H, W, 3) uint8 RGB.
        centered: whether to blur the map and weigh it by a Gaussian on the picture's center, as in the "improved" row.

    Returns:
        (H, W) float32 in [0, 1]; zeros for a uniform picture.
    """
    stimulus = checked(stimulus)
    if uniform(stimulus):
        return np.zeros(stimulus.shape[:2], np.float32)
    picture = working_size(stimulus, LONGEST, shortest=2)
    channels = []
    for component in decorrelated(picture):
        channels.append(rarity(component))
        channels.append(fused([rarity(energy) for energy in _gabor_energies(component)]))
    saliency_map = fused(channels)
    if centered:
        saliency_map = maps.blur(saliency_map, LOW_PASS * max(picture.shape)) * center_gaussian(picture)
    return finished(saliency_map, stimulus.shape)


def decorrelated(picture: np.ndarray) -> list[np.ndarray]:
    """The picture's colors along the axes of their own PCA.

    Args:
        picture: (h, w, 3) uint8.

    Returns:
        Three (h, w) float64 or fewer: axes along which nothing varies (two of a gray picture's) are left out.
    """
    colors = picture.reshape(-1, 3) / 255
    colors = colors - colors.mean(axis=0)
    values, vectors = np.linalg.eigh(colors.T @ colors / len(colors))
    # An eigenvector's sign is arbitrary; a picture and its mirror image shall have the same.
    vectors = vectors * np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(3)])
    axes = vectors.T[::-1][values[::-1] > 1e-6]
    return [(colors @ axis).reshape(picture.shape[:2]) for axis in axes]


def rarity(values: np.ndarray, scales: int = PYRAMID) -> np.ndarray:
    """-log of the share of pixels that have a value in the same of 16 levels, summed over 4 scales.

    Args:
        values: (h, w), any range.
        scales: how many, each half of the one before; fewer where the map becomes too small.

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
    """Maps added up by weight: (max - mean)^2 of each, ranked, those below .3 of the best left out.

    The best of n maps counts n / n, the next (n - 1) / n and so on, each times its weight.

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
    """|answer| of complex Gabor filters: 8 orientations at each of 3 scales, coarse scales computed coarsely."""
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
            # A Gaussian around the frequency, about an octave long and as broad as 8 orientations ask for.
            pass_band = np.exp(-0.5 * (((along - FREQUENCY) / 0.08) ** 2 + (across / 0.06) ** 2))
            pass_band[0, 0] = 0
            answer = np.abs(np.fft.ifft2(spectrum * pass_band))[margin:-margin, margin:-margin]
            energies.append(maps.enlarge(answer, channel.shape))
    return energies
