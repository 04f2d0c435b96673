"""FES: kernels and posterior by hand."""

import numpy as np
import pytest

from wepsam.classical.fes import fes, posterior, surround_density


def test_density_ratio_by_hand() -> None:
    """Center kernel 1 / 1 at its peak, surround kernels 1 / 10 each: with equal priors 1 / (1 + mean kernel / 10)."""
    half = np.full((1, 1), 0.5)
    assert posterior(np.zeros((1, 1)), half) == 1  # no one around looks like it
    assert posterior(np.ones((1, 1)), half) == pytest.approx(10 / 11)
    assert posterior(np.ones((1, 1)), half / 5) == pytest.approx(1 / 1.9)  # prior .1: odds 9 against it, times .1


def test_surround_density_is_a_mean_of_kernels_on_a_circle() -> None:
    colors = np.zeros((21, 21, 3))
    colors[:, 15:, 0] = 20  # right of the center: 3 of 8 samples at radius 7 are 20 Lab units away
    expected = (5 + 3 * np.exp(-(20**2) / (2 * 10**2))) / 8
    assert surround_density(colors, 7)[10, 10] == pytest.approx(expected)


def test_fes_finds_a_disc_of_another_color() -> None:
    y, x = np.mgrid[:96, :128]
    stimulus = np.full((96, 128, 3), (60, 120, 60), np.uint8)
    stimulus[(y - 40) ** 2 + (x - 80) ** 2 < 49] = (200, 40, 40)
    row, column = np.unravel_index(fes(stimulus).argmax(), (96, 128))
    assert (row - 40) ** 2 + (column - 80) ** 2 < 49
