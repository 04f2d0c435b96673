"""Ensemble: several of the models here in one map, weighed by what predicts fixations best. A better weak teacher.

Ours, after an old finding: models err differently, and their fusion predicts fixations better than each of them (Le
Meur & Liu, "Saliency Aggregation: Does Unity Make Strength?", ACCV 2014). With m_k the map of model k, blurred and
stretched to a largest value of 1, the density at x is

    log p(x) = sum_k weight_k m_k(x) ** power_k - center_y (y - .5)² - center_x (x - .5)² - log Z

with three numbers for each model and two for the center bias, fitted by maximum information gain (learn/ensemble.py).
The card beside this file holds them, the data they are from and their scores. Few numbers need few labeled pictures,
but they need some: as a teacher the ensemble has learned from people, while GBVS has seen no fixation at all.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from wepsam import maps
from wepsam.classical._frame import checked, longer_side, resized
from wepsam.classical.bms import bms
from wepsam.classical.sdsr import sdsr
from wepsam.classical.spectral_residual import spectral_residual
from wepsam.classical.toolbox import lattice_shape

Model = Callable[[np.ndarray], np.ndarray]

LONGEST = 400  # pixels of the longer side of the picture that every model sees; smaller stimuli are enlarged
CELLS = 64  # of the longer side of the maps that are fused
CARD = Path(__file__).with_name("ensemble.json")
# Forward selection among eleven models, as far as a teacher can afford their time, ended with these
# (docs/explanation/log.md).
MODELS: dict[str, Model] = {"bms": bms, "sdsr": sdsr, "spectral_residual": spectral_residual}


def ensemble(stimulus: np.ndarray) -> np.ndarray:
    """Saliency map by several models, proportional to the probability of a fixation.

    For a uniform picture it is the center bias alone.
    """
    density = fused(small_maps(stimulus), card()["numbers"])
    saliency_map = maps.enlarge(density / density.max(), (stimulus.shape[0], stimulus.shape[1]))
    return saliency_map / saliency_map.max()


@cache
def card() -> dict[str, Any]:
    """The card: the fitted "numbers", the data they are from, their scores."""
    return json.loads(CARD.read_text(encoding="utf-8"))


def small_maps(stimulus: np.ndarray, models: Mapping[str, Model] = MODELS) -> dict[str, np.ndarray]:
    """The maps of the models by name, (h, w) with CELLS cells on the longer side."""
    picture = resized(stimulus, longer_side(LONGEST, enlarge=True)(*checked(stimulus).shape[:2]))
    shape = lattice_shape(picture.shape[0], picture.shape[1], CELLS)
    return {name: maps.enlarge(model(picture), shape) for name, model in models.items()}


def fused(parts: Mapping[str, np.ndarray], numbers: Mapping[str, Any]) -> np.ndarray:
    """The density that the models' maps make together.

    Args:
        parts: (..., h, w) maps by the models' names.
        numbers: "models" gives by name the weight, the blur (standard deviation as a share of the longer side) and the
            power; "center_y" and "center_x" say how fast the logarithm falls with the squared distance from the
            center, in shares of the side.

    Returns:
        (..., h, w) float64, each map's sum 1.
    """
    *_, height, width = next(iter(parts.values())).shape
    y, x = ((np.arange(side) + 0.5) / side - 0.5 for side in (height, width))
    total = -np.add.outer(numbers["center_y"] * y**2, numbers["center_x"] * x**2)
    for name, fitted in numbers["models"].items():
        blurred = maps.blur(parts[name], fitted["blur"] * max(height, width))
        largest = blurred.max(axis=(-2, -1), keepdims=True)
        unit = np.divide(blurred, largest, out=np.zeros_like(blurred), where=largest > 0)
        total = total + fitted["weight"] * unit ** fitted["power"]
    density = np.exp(total - total.max(axis=(-2, -1), keepdims=True))
    return np.asarray(density / density.sum(axis=(-2, -1), keepdims=True))
