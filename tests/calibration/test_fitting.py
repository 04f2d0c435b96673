"""A fit finds the numbers that a laboratory has."""

from pathlib import Path

import numpy as np
import pytest

from wepsam import Calibration, maps
from wepsam.calibration.fitting import Observation, fit, log_likelihood, observation
from wepsam.datasets import Sample

pytest.importorskip("scipy")


def laboratory(truth: Calibration, pictures: int, seed: int = 0, fixations: int = 200) -> list[Observation]:
    rng = np.random.default_rng(seed)
    observed = []
    for _ in range(pictures):
        density = maps.to_density(maps.blur(rng.random((24, 32)) ** 8, 1.5) ** 3)
        counts = rng.multinomial(fixations, truth(density).ravel()).reshape(density.shape)
        observed.append(Observation(density, counts / counts.sum()))
    return observed


def test_the_numbers_of_a_laboratory_are_found() -> None:
    truth = Calibration(power=0.7, center_weight=1.5, blur=0.03, floor=0.1)
    observed = laboratory(truth, 60)
    found = fit([observed])
    assert found.calibration.power == pytest.approx(0.7, abs=0.08)
    assert found.calibration.center_weight == pytest.approx(1.5, abs=0.2)
    assert found.calibration.floor == pytest.approx(0.1, abs=0.05)
    assert found.log_likelihood >= log_likelihood(truth, observed) - 1e-3
    assert found.log_likelihood > found.before


def test_each_laboratory_counts_once() -> None:
    sharp, flat = Calibration(power=1.5), Calibration(power=0.5)
    large, small = laboratory(sharp, 40), laboratory(flat, 5, seed=1)
    between = fit([large, small]).calibration.power
    together = fit([large + small]).calibration.power
    assert 0.5 < between < together < 1.5


def test_few_pictures_are_drawn_to_what_was_expected() -> None:
    prior = Calibration(power=0.9, center_weight=1.0, blur=0.01, floor=0.02)
    observed = laboratory(Calibration(power=1.6), 3, fixations=5)
    alone, drawn = (fit([observed], prior=one).calibration.power for one in (None, prior))
    assert abs(np.log(drawn / 0.9)) < abs(np.log(alone / 0.9))


def test_no_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match="to no pictures"):
        fit([[]])


def test_an_observation_holds_the_fixations_where_they_fell() -> None:
    points = np.array([[10.0, 5.0], [190.0, 95.0], [190.0, 95.0]])
    sample = Sample("a", Path("a.png"), (100, 200), fixations=points, sigma=3)
    seen = observation(np.ones((100, 200)), sample).seen
    assert seen.shape == (32, 64)
    assert seen[:8, :16].sum() == pytest.approx(1 / 3, abs=0.01)
    assert seen[24:, 48:].sum() == pytest.approx(2 / 3, abs=0.01)
