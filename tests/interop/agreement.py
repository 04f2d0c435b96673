"""Our metrics beside pysaliency's on the same maps and fixations, and the tables of docs/interop.md from that.

    .venv-interop/bin/python tests/interop/agreement.py --osie ../shared/data/osie --into docs/interop.md

pysaliency scores whole datasets; each picture is handed over as a dataset of its own, so that both sides give one
number per picture.
"""

import argparse
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from wepsam import maps, metrics
from wepsam.classical import CLASSICAL, CenterBias
from wepsam.datasets import FixationDataset, Sample, osie
from wepsam.evaluation.table import TITLES, insert
from wepsam.interop.pysaliency import log_density_model, saliency_map_model, to_pysaliency

TUEBINGEN = {"protocol": "tuebingen"}
PREDICTOR = "gbvs-128"  # any would do; this one has zeros, where the logarithms differ


class Case:
    """One picture: what our metrics need, and the same as pysaliency has it."""

    def __init__(self, dataset: FixationDataset, place: int, bias: CenterBias, saliency_map: np.ndarray) -> None:
        sample = dataset[place]
        assert sample.fixations is not None
        self.fixations, self.density = sample.fixations, sample.density()
        self.others = _others(dataset, place)
        self.baseline = bias.without(sample).astype(np.float64)
        self.saliency_map = saliency_map.astype(np.float64)
        self.stimuli, self.fixated = to_pysaliency(dataset[place : place + 1])
        self.model = self._model(self.saliency_map)
        self.truth = self._model(self.density)

    def densities(self, floor: float = 1e-3) -> tuple[Any, Any]:
        """The prediction and the baseline as pysaliency's probabilistic models."""
        return tuple(
            log_density_model(lambda _, values=values: values, floor=floor)
            for values in (self.saliency_map, self.baseline)
        )

    def shuffled(self) -> Any:
        """pysaliency's form of nonfixations of our choice: whatever is called with a picture gives x and y."""
        x, y = self.others.T.astype(int)
        return lambda stimuli, fixations, place: (x, y)

    @staticmethod
    def _model(values: np.ndarray) -> Any:
        return saliency_map_model(lambda _: values)


def _others(dataset: FixationDataset, place: int) -> np.ndarray:
    """(M, 2) fixations of all other pictures, scaled to this one's size."""
    height, width = dataset[place].size
    scaled = [
        sample.fixations * [width / sample.size[1], height / sample.size[0]]
        for sample in dataset
        if sample.fixations is not None and sample is not dataset[place]
    ]
    return np.concatenate([np.empty((0, 2)), *scaled])


def cases(dataset: FixationDataset, pictures: int, predictor: str = PREDICTOR) -> Iterator[Case]:
    """The first pictures of a dataset; the other fixations and the center bias come from all of it."""
    bias = CenterBias(dataset)
    for place in range(min(pictures, len(dataset))):
        yield Case(dataset, place, bias, CLASSICAL[predictor](dataset[place].stimulus()))
