"""`mit` against the MIT Saliency Benchmark's own code, `tuebingen` against pysaliency: golden/metrics/README.md."""

import json
from pathlib import Path

import numpy as np
import pytest

from metric_cases import fixations_of
from wepsam import metrics

pytestmark = pytest.mark.usefixtures("passes")

GOLDEN = Path(__file__).parents[1] / "golden" / "metrics"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text())["cases"]
PYSALIENCY = json.loads((GOLDEN / "pysaliency.json").read_text())["cases"]
ARRAYS = np.load(GOLDEN / "cases.npz")

# Our name -> the key in expected.json, for the metrics in which nothing is drawn.
DETERMINISTIC = {
    "auc_judd": "auc_judd",
    "nss": "nss",
    "info_gain": "info_gain_bits",
    "cc": "cc",
    "sim": "sim",
    "kl_div": "kl_div",
}

each_case = pytest.mark.parametrize("case", EXPECTED, ids=lambda case: f"{case['case']}-{case['kind']}")


def inputs(case: dict) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The saliency map, and everything a metric may need beside it."""
    counts = ARRAYS[f"{case['case']}_fixation_map"]
    height, width = counts.shape
    y, x = (np.arange(height) - height / 2) / (height / 2), (np.arange(width) - width / 2) / (width / 2)
    truth = {
        "fixations": fixations_of(counts),
        "other_fixations": fixations_of(ARRAYS[f"{case['case']}_other_fixations"]),
        "density": truncated_blur(counts, sigma=width / 32),
        "baseline": np.exp(-(y[:, None] ** 2 + x**2) / (2 * 0.44**2)),
    }
    return ARRAYS[f"{case['case']}_saliency_map"], truth


def as_the_board(name: str, score: float, saliency_map: np.ndarray, truth: dict[str, np.ndarray]) -> float:
    """The score; AUC-Judd again, with the noise against ties off, as it was in the reference."""
    if name == "auc_judd":
        return metrics.auc_judd(saliency_map, truth["fixations"], ties="negatives-first")
    return score


def truncated_blur(counts: np.ndarray, sigma: float) -> np.ndarray:
    """The reference's densities stop at 4 sigma, where ours go on; 1e-9 would see the difference."""
    radius = int(4 * sigma + 0.5)
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    kernel /= kernel.sum()

    def blur_line(line: np.ndarray) -> np.ndarray:
        return np.convolve(line, kernel)[radius:-radius]

    return np.apply_along_axis(blur_line, 1, np.apply_along_axis(blur_line, 0, counts))


@each_case
@pytest.mark.parametrize("name", DETERMINISTIC)
def test_deterministic_metrics_equal_the_board(case, name):
    saliency_map, truth = inputs(case)
    metric = metrics.METRICS[name]
    score = metric.function(saliency_map, *(truth[need] for need in metric.needs))
    score = as_the_board(name, score, saliency_map, truth)
    assert score == pytest.approx(case[DETERMINISTIC[name]], abs=1e-9, rel=0)


@each_case
def test_all_at_once_equals_the_board(case):
    saliency_map, truth = inputs(case)
    scores = metrics.score(saliency_map, **truth)
    for name, key in DETERMINISTIC.items():
        score = as_the_board(name, scores[name], saliency_map, truth)
        assert score == pytest.approx(case[key], abs=1e-9, rel=0)
        if name != "auc_judd" or case["kind"] not in ("ties", "uint8"):
            assert scores[name] == score


@each_case
def test_tuebingen_equals_pysaliency(case):
    saliency_map, truth = inputs(case)
    scores = metrics.score(saliency_map, **truth, protocol="tuebingen")
    for name, expected in PYSALIENCY[case["case"]].items():
        assert scores[name] == pytest.approx(expected, abs=1e-9, rel=0), name


@each_case
@pytest.mark.parametrize("step", [0.1, 0.001])
def test_exact_auc_borji_is_the_mean_of_the_boards_draws(case, step):
    saliency_map, truth = inputs(case)
    score = metrics.auc_borji(saliency_map, truth["fixations"], step=step)
    expected = case[f"auc_borji_step{step}_mean2000"]
    if expected is None:  # the board refuses a single fixated pixel, we answer what its formula gives
        assert 0 < score < 1
    else:
        assert score == pytest.approx(expected, abs=0.003, rel=0)


@each_case
def test_exact_auc_shuffled_is_the_mean_of_the_boards_draws(case):
    saliency_map, truth = inputs(case)
    score = metrics.auc_shuffled(saliency_map, truth["fixations"], truth["other_fixations"])
    # A lone fixation against one of five others scatters by 0.46 a split, so by 0.01 in the mean of 2000.
    tolerance = 0.003 if case["fixated_pixels"] > 1 else 0.02
    assert score == pytest.approx(case["auc_shuffled_step0.1_mean2000"], abs=tolerance, rel=0)


def test_sampled_aucs_scatter_around_the_exact_ones():
    saliency_map, truth = inputs(EXPECTED[0])
    fixations, others = truth["fixations"], truth["other_fixations"]
    rng = np.random.default_rng(0)
    borji = metrics.auc_borji(saliency_map, fixations, rng=rng, splits=2000)
    shuffled = metrics.auc_shuffled(saliency_map, fixations, others, rng=rng, splits=2000)
    assert borji == pytest.approx(metrics.auc_borji(saliency_map, fixations), abs=0.003)
    assert shuffled == pytest.approx(metrics.auc_shuffled(saliency_map, fixations, others), abs=0.003)


def test_the_coarse_step_punishes_a_peaky_map():
    peaky = next(case for case in EXPECTED if case["kind"] == "peaky")
    saliency_map, truth = inputs(peaky)
    coarse = metrics.auc_borji(saliency_map, truth["fixations"])
    assert coarse < metrics.auc_borji(saliency_map, truth["fixations"], step=0.001) - 0.02
