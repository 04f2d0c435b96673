"""CIW: the wavelet transform and its inverse, relative contrast, the sensitivity's constants."""

import numpy as np
import pytest

from wepsam.classical.ciw import INTENSITY, decomposed, recomposed, relative_contrast, sensitivity


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.mark.parametrize("shape", [(32, 32), (37, 50), (5, 9), (1, 7), (2, 2)])
def test_ciw_planes_put_together_are_the_channel(rng: np.random.Generator, shape: tuple[int, int]) -> None:
    channel = rng.random(shape)
    np.testing.assert_allclose(recomposed(*decomposed(channel, 3)), channel, atol=1e-12)


def test_ciw_planes_tell_orientations_apart() -> None:
    stripes = np.tile([0.0, 0, 1, 1], (32, 8))  # upright: changes along rows
    energies = [(plane**2).mean() for plane in decomposed(stripes, 1)[0][0]]
    assert energies[0] > 100 * max(energies[1:])
    energies = [(plane**2).mean() for plane in decomposed(stripes.T.copy(), 1)[0][0]]
    assert energies[1] > 100 * max(energies[0], energies[2])


@pytest.mark.parametrize("orientation", [0, 1, 2])
def test_relative_contrast_is_a_ratio_of_mean_energies(rng: np.random.Generator, orientation: int) -> None:
    plane = rng.normal(size=(90, 80))
    steps = range(-32, 33)
    directions = {0: [(0, 1)], 1: [(1, 0)], 2: [(1, 1), (1, -1)]}[orientation]
    near = {(40 + s * y, 39 + s * x) for s in steps if abs(s) <= 6 for y, x in directions}
    far = {(40 + s * y, 39 + s * x) for s in steps if abs(s) > 6 for y, x in directions}
    energy = [np.mean([plane[at] ** 2 for at in places]) for places in (near, far)]
    ratio = energy[0] / (energy[1] + 1e-6)
    got = relative_contrast(plane, orientation)[40, 39]
    assert got == pytest.approx(ratio**2 / (1 + ratio**2))


def test_ciw_is_most_sensitive_to_contrast_at_middle_scales() -> None:
    none, full = np.array(0.0), np.array(1.0)
    gain = [float(sensitivity(full, s, INTENSITY) - sensitivity(none, s, INTENSITY)) for s in range(1, 8)]
    assert np.argmax(gain) == 3
    assert gain[3] == pytest.approx(4.981624)
    assert sensitivity(none, 6, INTENSITY) == 1
    assert sensitivity(none, 1, INTENSITY) < 1e-9
