"""Color ramps: even in lightness, and like matplotlib's where they have its names."""

from __future__ import annotations

import numpy as np
import pytest

from helpers import luminance
from wepsam.colormaps import NAMES, colors


def lightness(ramp: np.ndarray) -> np.ndarray:
    return np.asarray(116 * np.cbrt(luminance(ramp)) - 16)  # CIE L*, but for its toe


def test_our_ramp_rises_evenly_from_dark_to_bright() -> None:
    values = lightness(colors())
    assert values[0] < 10
    assert values[-1] > 90
    steps = np.diff(values[::17])
    assert steps.min() > 3
    assert steps.max() < 9
    assert np.abs(np.diff(colors().astype(int), axis=0)).max() <= 8  # no visible bands


@pytest.mark.parametrize("name", NAMES)
def test_every_ramp_rises_and_its_reverse_falls(name: str) -> None:
    ramp = colors(name)
    assert (ramp.shape, ramp.dtype) == ((256, 3), np.uint8)
    assert (np.diff(lightness(ramp[::15])) > 0).all()
    np.testing.assert_array_equal(colors(f"{name}_r"), ramp[::-1])
    with pytest.raises(ValueError, match="read-only"):
        ramp[0] = 0


@pytest.mark.parametrize("name", [*(name for name in NAMES if name != "ember"), "jet"])
def test_ramps_of_matplotlib_are_matplotlibs(name: str) -> None:
    pyplot_colors = pytest.importorskip("matplotlib").colormaps[name](np.arange(256))[:, :3]
    difference = np.abs(255 * pyplot_colors - colors(name))
    assert difference.max() <= 12
    assert difference.mean() < 1


def test_the_rainbow_is_only_for_those_who_name_it() -> None:
    """Its lightness does not rise, so it is among no list of choices."""
    assert "jet" not in NAMES
    assert (np.diff(lightness(colors("jet")[::15])) < 0).any()


def test_no_such_colors() -> None:
    with pytest.raises(ValueError, match="no colors 'hot': choose one of ember, gray, viridis") as error:
        colors("hot")
    assert "\n" not in str(error.value)
