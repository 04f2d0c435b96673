"""A Gaussian on the picture's center: people look at the middle of pictures, whatever is in them.

Ours, as a baseline: a model that looks at a picture must beat one that does not.
"""

import numpy as np


def center_gaussian(stimulus: np.ndarray, *, sigma: float = 0.25) -> np.ndarray:
    """A Gaussian on the picture's center.

    Args:
        stimulus: (H, W, 3); only its size matters.
        sigma: standard deviation as a share of each side.

    Returns:
        (H, W) float32, largest value at most 1.

    Examples:
        >>> import numpy as np
        >>> from wepsam.classical import center_gaussian
        >>> center_gaussian(np.zeros((3, 3, 3), np.uint8)).astype(float).round(2).tolist()[1]
        [0.41, 1.0, 0.41]
    """
    rows, columns = (np.exp(-0.5 * (((np.arange(n) + 0.5) / n - 0.5) / sigma) ** 2) for n in stimulus.shape[:2])
    return np.outer(rows, columns).astype(np.float32)
