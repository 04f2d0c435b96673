"""Any predictor with a calibration behind it: classical models gain by it, too."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wepsam import maps
from wepsam.calibration.presets import Named
from wepsam.prediction.predictor import Predictor, saliency_map
from wepsam.shapes import within

MOST_CELLS = 128  # of the longer side of the density that is calibrated; it is then enlarged to the picture


@dataclass(frozen=True)
class Calibrated:
    """(H, W, 3) uint8 RGB -> (H, W) float32 map: a predictor's, calibrated.

    Attributes:
        predict: (H, W, 3) uint8 -> (H, W) map >= 0.
        name: of the predictor.
        calibration: what is done to its maps as densities.
    """

    predict: Callable[[np.ndarray], np.ndarray]
    name: str
    calibration: Named

    def __call__(self, stimulus: np.ndarray) -> np.ndarray:
        """The calibrated map of a picture, its largest value 1."""
        height, width = stimulus.shape[:2]
        return saliency_map(self.calibration.calibration(small_density(self.predict(stimulus))), (height, width))


def small_density(values: np.ndarray) -> np.ndarray:
    """A map >= 0 as the density that is calibrated: at most MOST_CELLS cells a side, float64, sums to 1."""
    height, width = values.shape
    grid = within(height, width, MOST_CELLS)
    return maps.to_density(values if grid == (height, width) else maps.enlarge(maps.to_density(values), grid))


def uncalibrated(predict: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    """The density at low resolution that a calibration of this predictor starts from.

    Args:
        predict: a `Predictor`, whatever its calibration, or a function (H, W, 3) uint8 -> (H, W) map >= 0.

    Returns:
        A function (H, W, 3) uint8 -> (h, w) density.
    """
    if isinstance(predict, Predictor):
        return lambda stimulus: np.asarray(np.mean(predict.scale_densities(stimulus), axis=0))
    return lambda stimulus: small_density(predict(stimulus))
