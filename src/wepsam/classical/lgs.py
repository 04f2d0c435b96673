"""LGS: patches that differ from those around them (local) and patches that are rare in the picture (global).

Borji, Itti, "Exploiting Local and Global Patch Rarities for Saliency Detection", CVPR 2012.

From the publication: both in RGB and in Lab, for each channel, non-overlapping patches as sparse coefficients on a
dictionary learned from natural pictures; local rarity = the distance of a patch's coefficients to those of the patches
around it, with more weight for nearer ones; global rarity = the inverse of the patch's probability, a product over
histograms of the single coefficients; both normalized, fused for each channel, and added up over the channels of both
spaces.

Ours: 8x8 pixels, 40 patches along the longer side, a surround of two patches to each side, the logarithm of the inverse
probability, 100 bins; local and global rarity are multiplied. The coefficients are the solution of the lasso by FISTA,
which codes all patches by matrix products (the authors: LARS), and one more for the patch's mean. The dictionaries are
ours (learn/lgs.py): 32 atoms for each channel with their mirror images, 128 in all, so that a mirrored picture
has a mirrored map.
"""

from functools import cache
from pathlib import Path

import numpy as np

from wepsam import maps
from wepsam.classical._frame import classical_model, lab
from wepsam.classical.toolbox import lattice_shape

SIDE = 8  # pixels of a patch
PATCHES = 40  # along the longer side
REACH = 2  # patches of the surround to each side
BINS = 100  # of the histograms
SPARSITY = 0.3  # weight of the sum of |coefficients|; channels have standard deviation 1
STEPS = 30  # of FISTA
BLUR = 1.0  # patches


def working_shape(height: int, width: int) -> tuple[int, int]:
    """Whole patches, 40 of them along the longer side."""
    rows, columns = lattice_shape(height, width, PATCHES)
    return rows * SIDE, columns * SIDE


@classical_model(working_shape)
def lgs(picture: np.ndarray, /) -> np.ndarray:
    """Saliency map by local and global rarity of patches."""
    grid = picture.shape[0] // SIDE, picture.shape[1] // SIDE
    atoms, scales = dictionaries()
    rarity = np.zeros(grid)
    for channel, channel_atoms in zip(channels(picture) / scales[:, None, None], atoms, strict=True):
        codes = coded(patches(channel), channel_atoms).reshape(*grid, -1)
        rarity += maps.to_unit(maps.to_unit(local_rarity(codes)) * maps.to_unit(global_rarity(codes)))
    return maps.blur(rarity, BLUR)


def channels(picture: np.ndarray) -> np.ndarray:
    """(h, w, 3) uint8 RGB -> (6, h, w) float32: R, G, B, L, a, b."""
    return np.moveaxis(np.concatenate([picture.astype(np.float32), lab(picture)], axis=2), -1, 0)


def patches(channel: np.ndarray) -> np.ndarray:
    """(h, w) channel, sides multiples of 8 -> (patches, 64), row by row."""
    h, w = channel.shape
    return channel.reshape(h // SIDE, SIDE, w // SIDE, SIDE).swapaxes(1, 2).reshape(-1, SIDE * SIDE)


def coded(patches: np.ndarray, atoms: np.ndarray) -> np.ndarray:
    """(N, D) patches and (n, D) atoms -> (N, 1 + n) coefficients: of the constant patch, and the sparse ones."""
    means = patches.mean(axis=1, keepdims=True)
    return np.concatenate([means * patches.shape[1] ** 0.5, sparse_codes(patches - means, atoms)], axis=1)


def sparse_codes(patches: np.ndarray, atoms: np.ndarray, sparsity: float = SPARSITY, steps: int = STEPS) -> np.ndarray:
    """The lasso for all patches at once, argmin_a |x - a D|² / 2 + sparsity * sum |a|, by FISTA.

    Beck, Teboulle, "A Fast Iterative Shrinkage-Thresholding Algorithm for Linear Inverse Problems", SIAM J. Imaging
    Sciences 2009.

    Args:
        patches: (N, D).
        atoms: (n, D) of norm 1.
        sparsity: weight of the L1 norm.
        steps: iterations.

    Returns:
        (N, n) coefficients, most of them 0.
    """
    gram = atoms @ atoms.T
    rate = 1 / np.linalg.norm(gram, 2)
    target = (patches @ atoms.T) * rate
    gram = np.eye(len(atoms), dtype=gram.dtype) - gram * rate
    codes = ahead = np.zeros_like(target)
    momentum = 1.0
    for _ in range(steps):
        moved = ahead @ gram + target
        shrunk = moved - np.clip(moved, -sparsity * rate, sparsity * rate)
        following = (1 + (1 + 4 * momentum**2) ** 0.5) / 2
        ahead = shrunk + np.float32((momentum - 1) / following) * (shrunk - codes)
        codes, momentum = shrunk, following
    return codes


def local_rarity(codes: np.ndarray) -> np.ndarray:
    """(h, w, n) codes -> (h, w) mean distance to the codes of the surround, weighted by 1 / distance in the picture."""
    h, w = codes.shape[:2]
    total, weights = np.zeros((h, w)), np.zeros((h, w))
    for down in range(-REACH, REACH + 1):
        for right in range(-REACH, REACH + 1):
            if (down, right) == (0, 0) or abs(down) >= h or abs(right) >= w:
                continue
            here = np.s_[max(0, -down) : h - max(0, down), max(0, -right) : w - max(0, right)]
            there = np.s_[max(0, down) : h - max(0, -down), max(0, right) : w - max(0, -right)]
            weight = 1 / np.hypot(down, right)
            total[here] += weight * np.linalg.norm(codes[here] - codes[there], axis=2)
            weights[here] += weight
    return total / np.maximum(weights, 1e-12)


def global_rarity(codes: np.ndarray) -> np.ndarray:
    """(h, w, n) codes -> (h, w) sum over the coefficients of -log of the share of patches in the same bin."""
    flat = codes.reshape(-1, codes.shape[2])
    low, high = flat.min(axis=0), flat.max(axis=0)
    bins = np.minimum((flat - low) * (BINS / np.where(high > low, high - low, 1)), BINS - 1).astype(np.intp)
    bins += BINS * np.arange(flat.shape[1])
    counts = np.bincount(bins.ravel(), minlength=BINS * flat.shape[1])
    shares = np.maximum(counts, 1) / len(flat)  # no patch is in an empty bin
    return -np.log(shares)[bins].sum(axis=1).reshape(codes.shape[:2])


def mirrored(atoms: np.ndarray) -> np.ndarray:
    """(..., n, 8, 8) atoms -> (..., 4 n, 64): the atoms, and their mirror images in x, in y and in both."""
    both = np.concatenate([atoms, atoms[..., ::-1]], axis=-3)
    return np.concatenate([both, both[..., ::-1, :]], axis=-3).reshape(*atoms.shape[:-3], -1, SIDE * SIDE)


@cache
def dictionaries() -> tuple[np.ndarray, np.ndarray]:
    """The constants that learn/lgs.py learned: (6, 128, 64) atoms of norm 1, (6,) deviations of the channels."""
    with np.load(Path(__file__).parent / "bases/lgs.npz") as learned:
        atoms, scales = mirrored(learned["atoms"].astype(np.float32)), learned["scales"].astype(np.float32)
    return atoms / np.linalg.norm(atoms, axis=2, keepdims=True), scales
