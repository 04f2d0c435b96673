"""The drawing of a difference: two colors that everybody tells apart, and none where nothing changed."""

from __future__ import annotations

import numpy as np
import pytest

from helpers import Paint
from wepsam.drawing import difference


def test_what_did_not_change_has_no_color(paint: Paint) -> None:
    picture = paint(1)
    values = np.zeros(picture.shape[:2])
    values[:, :30], values[:, 90:] = -1, 1
    drawn = difference.overlay(picture, values, 1.0).astype(int)
    assert np.ptp(drawn[:, 30:90], axis=2).max() == 0
    assert (drawn[:, :30, 2] > drawn[:, :30, 0]).all()  # blue where the first has more
    assert (drawn[:, 90:, 0] > drawn[:, 90:, 2]).all()  # orange where the second has


def test_the_two_colors_differ_for_all_kinds_of_color_blindness() -> None:
    """In blue against yellow, which dichromats of red and green see, and in lightness against white."""
    first, second = np.array(difference.FIRST, float), np.array(difference.SECOND, float)
    yellowness = [color[:2].mean() - color[2] for color in (first, second)]
    assert yellowness[1] - yellowness[0] > 150
    assert abs(first.mean() - second.mean()) < 30  # equally strong: neither side looks larger


def test_more_is_stronger_and_the_limit_holds() -> None:
    white = np.full((1, 101, 3), 255, np.uint8)
    ramp = np.linspace(0, 2, 101)[None]
    blue = difference.overlay(white, ramp, 1.0)[0, :, 2].astype(int)
    assert (np.diff(blue) <= 0).all()
    assert (blue[50:] == blue[50]).all()


def test_noise_is_not_made_to_look_like_a_change() -> None:
    noise = np.full((4, 4), 1e-6)
    assert difference.scale(noise, 8.0) == 2.0
    assert difference.scale(np.full((4, 4), -0.5), 8.0) == 8.0


@pytest.mark.parametrize("sizes", [((1, 1), (1, 1)), ((40, 60), (300, 20)), ((3, 900), (50, 50))])
def test_a_sheet_of_any_sizes(sizes: tuple[tuple[int, int], ...]) -> None:
    stimuli = tuple(np.full((*size, 3), 200, np.uint8) for size in sizes)
    densities = tuple(np.random.default_rng(seed).dirichlet(np.ones(12)).reshape(3, 4) for seed in (0, 1))
    sheet = difference.sheet(stimuli, densities, densities[1] - densities[0])  # type: ignore[arg-type]
    assert sheet.dtype == np.uint8
    assert max(sheet.shape) < 2200
    assert (sheet[-1] == 255).all()
    colored = np.ptp(sheet.astype(int), axis=2) > 30
    assert colored.any()
