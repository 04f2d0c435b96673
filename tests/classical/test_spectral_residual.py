"""The spectral residual by hand, and on a ground with a natural spectrum."""

import numpy as np
import pytest

from wepsam.classical.spectral_residual import residual, spectral_residual


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def test_a_flat_log_spectrum_has_no_residual() -> None:
    assert not residual(np.full((4, 6), 2.5)).any()
    peak = np.zeros((5, 5))
    peak[2, 2] = 9
    expected = np.zeros((5, 5))
    expected[1:4, 1:4] = -1
    expected[2, 2] = 8
    np.testing.assert_allclose(residual(peak), expected, atol=1e-12)
    corner = np.roll(peak, (2, 2), (0, 1))  # neighbors wrap around
    np.testing.assert_allclose(residual(corner), np.roll(expected, (2, 2), (0, 1)), atol=1e-12)


def test_spectral_residual_finds_what_is_not_like_the_rest_of_its_spectrum(rng: np.random.Generator) -> None:
    """A small square on a ground whose amplitudes fall as 1 / f, as those of natural pictures do."""
    frequency = np.hypot(np.fft.fftfreq(64)[:, None], np.fft.fftfreq(64))
    spectrum = np.fft.fft2(rng.normal(size=(64, 64))) / np.maximum(frequency, 1 / 64)
    ground = np.fft.ifft2(spectrum).real
    stimulus = np.clip(128 + 20 * ground / ground.std(), 0, 255).astype(np.uint8)[..., None].repeat(3, 2)
    stimulus[25:29, 41:45] = 255
    row, column = np.unravel_index(spectral_residual(stimulus).argmax(), (64, 64))
    assert abs(row - 26.5) < 4
    assert abs(column - 42.5) < 4
