"""The spectral residual by hand, and on a ground with a natural spectrum."""

from pathlib import Path

import numpy as np
import pytest

from wepsam.classical.spectral_residual import residual, spectral_residual
from wepsam.datasets import open_dataset
from wepsam.images import resize
from wepsam.metrics import cc


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


def natural(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """A gray picture whose amplitudes fall as 1 / f."""
    frequency = np.hypot(np.fft.fftfreq(shape[0])[:, None], np.fft.fftfreq(shape[1]))
    ground = np.fft.ifft2(np.fft.fft2(rng.normal(size=shape)) / np.maximum(frequency, 1 / 64)).real
    return np.clip(128 + 20 * ground / ground.std(), 0, 255).astype(np.uint8)[..., None].repeat(3, 2)


def test_spectral_residual_finds_what_is_not_like_the_rest_of_its_spectrum(rng: np.random.Generator) -> None:
    """A small square on a ground whose amplitudes fall as 1 / f, as those of natural pictures do."""
    stimulus = natural(rng, (64, 64))
    stimulus[25:29, 41:45] = 255
    row, column = np.unravel_index(spectral_residual(stimulus).argmax(), (64, 64))
    assert abs(row - 26.5) < 4
    assert abs(column - 42.5) < 4


def by_the_script(gray: np.ndarray) -> np.ndarray:
    """The authors' script (MATLAB), at the size of the picture."""

    def filtered(values: np.ndarray, weights: np.ndarray, **padding: str) -> np.ndarray:
        before, after = (len(weights) - 1) // 2, len(weights) // 2
        padded = np.pad(values, [(before, after)] * 2, **padding)
        windows = np.lib.stride_tricks.sliding_window_view(padded, weights.shape)
        return np.einsum("ijkl,kl", windows, weights)

    spectrum = np.fft.fft2(gray)
    log_amplitude = np.log(np.abs(spectrum))
    average = filtered(log_amplitude, np.full((3, 3), 1 / 9), mode="edge")
    energy = np.abs(np.fft.ifft2(np.exp(log_amplitude - average + 1j * np.angle(spectrum)))) ** 2
    places = np.arange(10) - 4.5
    gaussian = np.exp(-np.add.outer(places**2, places**2) / (2 * 2.5**2))
    return filtered(energy, gaussian / gaussian.sum(), mode="constant")


def test_agrees_with_the_authors_script(shared: Path) -> None:
    """On five photographs of 64x48. Most of what is left is the script's blur, which moves the map by half a pixel."""
    samples = list(open_dataset(f"osie={shared / 'data' / 'osie'}").split("train"))[::100]
    stimuli = [resize(sample.stimulus(), (48, 64)) for sample in samples]
    gray = [np.rint(stimulus @ np.array([0.2989, 0.5870, 0.1140])) / 255 for stimulus in stimuli]
    agreement = {
        border: np.mean(
            [cc(spectral_residual(s, dark_border=border), by_the_script(g)) for s, g in zip(stimuli, gray, strict=True)]
        )
        for border in (True, False)
    }
    assert agreement[True] > 0.98
    assert agreement[False] < agreement[True] - 0.02


def test_the_blur_has_zeros_beyond_the_border(rng: np.random.Generator) -> None:
    """At the border nearly half of the Gaussian lies outside, in a corner nearly three quarters."""
    picture = natural(rng, (64, 64))
    at_working_size = spectral_residual.__wrapped__  # type: ignore[attr-defined]
    share = at_working_size(picture) / at_working_size(picture, dark_border=False)
    assert share[0, 32] / share[32, 32] == pytest.approx(0.58, abs=0.005)
    assert share[-1, 0] / share[32, 32] == pytest.approx(0.58**2, abs=0.005)
