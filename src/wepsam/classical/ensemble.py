"""Ensemble: several of the models here in one map, weighed by what predicts fixations best. A better weak teacher.

Ours, after an old finding: models err differently, and a fusion predicts fixations better than each of them (Le Meur &
Liu, "Saliency Aggregation: Does Unity Make Strength?", ACCV 2014). With m_k the map of model k, blurred and stretched
to a largest value of 1, the density at x is

    log p(x) = sum_k weight_k m_k(x) ** power_k - center_y (y - .5)² - center_x (x - .5)² - log Z

with three numbers a model and two for the center bias, fitted by maximum information gain (learn/ensemble.py). They
stand in the card beside this file, with the data they are from and what they are worth. Few numbers, so that few
labelled pictures do; but some did: as a teacher it has learnt from people, while GBVS has seen no fixation at all.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from wepsam import maps
from wepsam.classical._frame import checked, working_size
from wepsam.classical.bms import bms
from wepsam.classical.gbvs import lattice_shape
from wepsam.classical.sdsr import sdsr
from wepsam.classical.spectral_residual import spectral_residual

Model = Callable[[np.ndarray], np.ndarray]

LONGEST = 400  # pixels of the longer side that every model is given; smaller pictures are enlarged
CELLS = 64  # of the longer side, on which maps are fused
CARD = Path(__file__).with_name("ensemble.json")
# What is fused: forward selection among eleven models ended there, as far as a teacher can afford them (docs/log.md).
MODELS: dict[str, Model] = {
    # As it was when the numbers were fitted: filtered and blurred more than the publication's, and dilated less.
    "bms": partial(bms, median=2, dilation=1, last_dilation=5, blur=20),
    "sdsr": sdsr,
    "spectral_residual": spectral_residual,
}


def ensemble(stimulus: np.ndarray) -> np.ndarray:
    """Saliency map of a picture by several models.

    Args:
        stimulus: (H, W, 3) uint8 RGB.

    Returns:
        (H, W) float32 in [0, 1], largest value 1, proportional to the probability of a fixation; for a uniform
        picture the center bias alone.

    Raises:
        ValueError: the stimulus is not (H, W, 3) uint8.
    """
    density = fused(small_maps(stimulus), card()["numbers"])
    saliency_map = maps.enlarge(density / density.max(), (stimulus.shape[0], stimulus.shape[1]))
    return saliency_map / saliency_map.max()


@cache
def card() -> dict[str, Any]:
    """What is fused how ("numbers"), made from what, worth what."""
    return json.loads(CARD.read_text(encoding="utf-8"))


def small_maps(stimulus: np.ndarray, models: Mapping[str, Model] = MODELS) -> dict[str, np.ndarray]:
    """Each model's map by its name, (h, w) with CELLS cells on the longer side."""
    picture = working_size(checked(stimulus), LONGEST, enlarge=True)
    shape = lattice_shape(picture.shape[0], picture.shape[1], CELLS)
    return {name: maps.enlarge(model(picture), shape) for name, model in models.items()}


def fused(parts: Mapping[str, np.ndarray], numbers: Mapping[str, Any]) -> np.ndarray:
    """The density from the models' maps.

    Args:
        parts: (..., h, w) maps by the models' names.
        numbers: "models": by name the weight, the blur (standard deviation as a share of the longer side) and the
            power; "center_y" and "center_x": how fast the logarithm falls with the squared distance from the center,
            in shares of the side.

    Returns:
        (..., h, w) float64, each map's sum 1.
    """
    *_, height, width = next(iter(parts.values())).shape
    y, x = ((np.arange(side) + 0.5) / side - 0.5 for side in (height, width))
    total = -np.add.outer(numbers["center_y"] * y**2, numbers["center_x"] * x**2)
    for name, how in numbers["models"].items():
        blurred = maps.blur(parts[name], how["blur"] * max(height, width))
        largest = blurred.max(axis=(-2, -1), keepdims=True)
        unit = np.divide(blurred, largest, out=np.zeros_like(blurred), where=largest > 0)
        total = total + how["weight"] * unit ** how["power"]
    density = np.exp(total - total.max(axis=(-2, -1), keepdims=True))
    return np.asarray(density / density.sum(axis=(-2, -1), keepdims=True))
