"""Writes pysaliency.json: PYTHONPATH=src:tests:tests/metrics PYTHON tests/golden/metrics/pysaliency_answers.py

PYTHON is an interpreter with pysaliency, which is called as the MIT/Tuebingen board calls it.
"""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pysaliency
from pysaliency.saliency_map_models import SaliencyMapModel
from test_golden import EXPECTED, GOLDEN, inputs

EPS = 2.2204e-16


class Fixed(SaliencyMapModel):
    def __init__(self, values: np.ndarray) -> None:
        super().__init__(caching=False)
        self.values = np.asarray(values, dtype=float)

    def _saliency_map(self, stimulus: np.ndarray) -> np.ndarray:
        return self.values


def as_fixations(points: np.ndarray) -> pysaliency.Fixations:
    x, y = np.asarray(points, dtype=float).T
    return pysaliency.Fixations.create_without_history(x, y, np.zeros(len(x), dtype=int))


def answers(case: dict) -> dict[str, float]:
    saliency_map, truth = inputs(case)
    stimuli = pysaliency.Stimuli([np.zeros((*saliency_map.shape, 3), dtype=np.uint8)])
    model, gold, baseline = Fixed(saliency_map), Fixed(truth["density"]), Fixed(truth["baseline"])
    fixations, others = as_fixations(truth["fixations"]), as_fixations(truth["other_fixations"])
    as_density = pysaliency.models.SaliencyMapNormalizingModel
    return {
        "auc_judd": model.AUC(stimuli, fixations, nonfixations="uniform"),
        "auc_shuffled": model.AUC(stimuli, fixations, nonfixations=others),
        "nss": model.NSS(stimuli, fixations),
        "cc": model.CC(stimuli, gold),
        "sim": model.SIM(stimuli, gold),
        "kl_div": model.image_based_kl_divergence(
            stimuli, gold, minimum_value=0, log_regularization=EPS, quotient_regularization=EPS
        ),
        "info_gain": as_density(model).information_gain(stimuli, fixations, baseline_model=as_density(baseline)),
    }


if __name__ == "__main__":
    told = {
        "origin": f"pysaliency {version('pysaliency')}, numpy {np.__version__}; pysaliency_answers.py says how",
        "cases": {case["case"]: {name: float(v) for name, v in answers(case).items()} for case in EXPECTED},
    }
    Path(GOLDEN, "pysaliency.json").write_text(json.dumps(told, indent=1) + "\n")
