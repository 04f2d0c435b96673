"""The compiled passes compute what numpy computes. The other tests of metrics run on both."""

import subprocess
import sys

import numpy as np
import pytest

from wepsam import metrics
from wepsam.maps import density, enlarge
from wepsam.metrics import _numba_passes, _prepared

SHAPE = (211, 317)  # no multiple of a run, and larger than one of numpy's blocks


def rough() -> np.ndarray:
    return np.random.default_rng(0).random(SHAPE)


def smooth() -> np.ndarray:
    return enlarge(np.random.default_rng(1).random((8, 12)).astype(np.float32), SHAPE)


MAPS = {
    "rough": rough,
    "smooth": smooth,
    "a far offset": lambda: 100 + rough(),
    "peaky": lambda: rough() ** 40,
    "8 bits": lambda: np.rint(255 * smooth()).astype(np.uint8),
    "few levels": lambda: np.floor(4 * rough()).astype(np.float32),
    "tiny": lambda: 1e-150 * rough(),
    "huge": lambda: 1e300 * rough(),
    "float32": lambda: rough().astype(np.float32),
    "upside down": lambda: rough()[::-1],
    "read-only": lambda: np.broadcast_to(rough()[0], SHAPE),
    "constant": lambda: np.full(SHAPE, 0.1),
    "zero": lambda: np.zeros(SHAPE),
}


@pytest.mark.parametrize("protocol", metrics.PROTOCOLS)
@pytest.mark.parametrize("kind", MAPS)
def test_compiled_and_numpy_agree(monkeypatch: pytest.MonkeyPatch, kind: str, protocol: str) -> None:
    rng = np.random.default_rng(2)
    fixations, others = (rng.random((n, 2)) * SHAPE[::-1] for n in (60, 300))
    truth = {"density": density(fixations, SHAPE, 9.0), "baseline": density(others, SHAPE, 30.0).astype(np.float32)}
    points = {"fixations": np.concatenate([fixations, fixations[:5]]), "other_fixations": others}
    scores = []
    for large in (1, np.inf):
        monkeypatch.setattr(_prepared, "LARGE", large)
        saliency_map = MAPS[kind]()
        with np.errstate(over="ignore", invalid="ignore"):  # the squares of huge values
            scores.append(metrics.score(saliency_map, **truth, **points, protocol=protocol))
            scores[-1] |= metrics.score(saliency_map, **truth, protocol=protocol)
    assert scores[0] == pytest.approx(scores[1], rel=1e-12, abs=1e-12, nan_ok=True)


def test_a_map_of_the_smallest_numbers_is_a_distribution() -> None:
    """1 over its sum is too large for a float."""
    smallest = 5e-324 * np.random.default_rng(5).integers(0, 9, (300, 300))
    truth = density([[100, 90]], smallest.shape, 40.0)
    assert 0 < smallest.sum() < 1 / np.finfo(np.float64).max
    for metric in (metrics.sim, metrics.kl_div):
        for prediction, other in ((smallest, truth), (truth, smallest)):
            expected = metric(*(m / m.max() for m in (prediction, other)))
            assert metric(prediction, other) == pytest.approx(expected, rel=1e-12)


def test_the_vectorized_logarithm_is_off_by_one_rounding_at_most() -> None:
    rng = np.random.default_rng(3)
    magnitudes = 10.0 ** rng.uniform(-307, 308, 20000)
    beside_1 = 1 + rng.uniform(-0.5, 1, 20000) * 10.0 ** rng.uniform(-16, 0, 20000)
    powers = 2.0 ** np.arange(-1022, 1024)
    for x in (magnitudes, beside_1, powers, np.nextafter(powers[1:], 0), np.sqrt(0.5) * powers[1:]):
        expected = np.log(x.astype(np.longdouble)).astype(np.float64)
        answers = np.array([_numba_passes.log(value) for value in x])
        assert (abs(answers - expected) <= np.spacing(abs(expected))).all()


def test_many_thresholds_are_counted() -> None:
    """More than a picture has fixations: every value of the map, and between them."""
    values = np.random.default_rng(4).integers(-500, 500, (300, 300)).astype(np.float32)
    thresholds = np.arange(-502, 503, 0.5)
    counted = _numba_passes.at_least(values.ravel(), thresholds, -500.0, 499.0, False)
    assert counted.tolist() == [(values >= t).sum() for t in thresholds]


AFTER_A_SMALL_AND_A_LARGE_MAP = """
import numpy as np
from wepsam import metrics
for shape in ((100, 100), (300, 300)):
    print(metrics.nss(np.eye(*shape), [[0, 0]]) > 5, sys.modules.get("numba") is not None)
"""


@pytest.mark.parametrize(
    ("before", "loaded"), [("import sys", "True"), ("import sys; sys.modules['numba'] = None", "False")]
)
def test_numba_is_loaded_for_a_large_map_and_not_missed_where_it_is_not_installed(before: str, loaded: str) -> None:
    code = before + AFTER_A_SMALL_AND_A_LARGE_MAP
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines() == ["True False", f"True {loaded}"]
