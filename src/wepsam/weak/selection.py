"""Which teacher maps are worth learning from: the paper's entropy, and guards against maps that cheat it."""

import numpy as np

MIN_CONTRAST = 2.0  # gray levels: a picture with a smaller standard deviation is blank
MIN_MASS = 0.01  # mean of a map in [0, 1]: below, the map is a lone spike
MAX_MASS = 0.9  # above, the map is a plateau


def entropy(teacher_map: np.ndarray) -> float:
    """Entropy of a map's gray levels, E = -sum_i p_i log2 p_i over the 256-bin histogram (the paper's formula).

    Args:
        teacher_map: (h, w) uint8.

    Returns:
        Bits, from 0 (a single gray level) to 8. Low means few gray levels: a small salient region on dark ground.

    Raises:
        ValueError: the map is not uint8.
    """
    if teacher_map.dtype != np.uint8:
        raise ValueError(f"entropy is defined on 8-bit maps, not {teacher_map.dtype}")
    p = np.bincount(teacher_map.ravel(), minlength=256) / teacher_map.size
    p = p[p > 0]
    return float(max(0.0, -(p * np.log2(p)).sum()))


def rejection_reason(stimulus: np.ndarray, teacher_map: np.ndarray) -> str | None:
    """Why nothing can be learned from this pair, or None if something can.

    Low entropy also rewards degenerate maps, against which the paper has no guard: the map of a blank picture, a
    constant map, a lone spike, a plateau.

    Args:
        stimulus: (H, W, 3) uint8 RGB.
        teacher_map: (h, w) uint8.
    """
    if _is_blank(stimulus):
        return "blank picture"
    if teacher_map.max() == teacher_map.min():
        return "constant map"
    mass = teacher_map.mean() / 255
    if mass < MIN_MASS:
        return "lone spike"
    if mass > MAX_MASS:
        return "plateau"
    return None


def _is_blank(stimulus: np.ndarray) -> bool:
    """Whether all three channels have a standard deviation below MIN_CONTRAST.

    All pixels together deviate from their mean at least as much as a subset of them deviates from its own, so a few
    rows of the green channel usually give the answer.
    """
    rows = stimulus[::8, :, 1]
    if rows.var() * len(rows) / len(stimulus) >= MIN_CONTRAST**2:
        return False
    return bool(stimulus.std(axis=(0, 1)).max() < MIN_CONTRAST)


def order_by_entropy(entropies: np.ndarray, keep: float, order: str = "lowest", seed: int = 0) -> np.ndarray:
    """Indices of the maps to keep: those with the lowest entropy, or another choice to compare with; ties by position.

    Args:
        entropies: (N,) in bits.
        keep: a count (100_000, as in the paper), or a share as a float up to 1.0. A count above N keeps all maps.
        order: "lowest" (the paper), "highest" or "random"; a good selection has to be better than the last two.
        seed: of the random order.

    Returns:
        At most N integers, in the chosen order.

    Raises:
        ValueError: keep is neither a whole count nor a share above 0, or there is no such order.
    """
    if keep <= 0 or (keep > 1 and keep != int(keep)):
        raise ValueError(f"keep is a count such as 100000 or a share such as 0.5, not {keep}")
    is_count = keep > 1 or isinstance(keep, int | np.integer)
    count = int(keep) if is_count else round(keep * len(entropies))
    if order == "random":
        return np.random.default_rng(seed).permutation(len(entropies))[:count]
    if order not in ("lowest", "highest"):
        raise ValueError(f'orders are "lowest", "highest" and "random", not {order!r}')
    return np.argsort(entropies if order == "lowest" else -entropies, kind="stable")[:count]
