"""Each rival's distinctive step, by hand or against a slow obvious version."""

import numpy as np
import pytest

from wepsam.classical.bms import bms, boolean_maps, dilated, normalized, surrounded
from wepsam.classical.image_signature import image_signature, reconstructed, signature
from wepsam.classical.spectral_residual import residual, spectral_residual


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


# ---- BMS


def test_regions_at_the_border_vanish():
    boolean = np.array(
        [
            [0, 0, 0, 0, 0, 0, 0],
            [1, 1, 0, 0, 1, 0, 0],  # the left region touches the border, the right one does not
            [0, 0, 0, 0, 1, 0, 0],
            [0, 0, 1, 0, 0, 1, 0],  # connected across a corner: (2, 4) and (3, 5); so out at (4, 6)
            [0, 0, 0, 0, 0, 0, 1],
            [0, 1, 1, 0, 0, 0, 0],
            [0, 0, 0, 0, 0, 0, 0],
        ],
        bool,
    )
    expected = np.zeros_like(boolean)
    expected[3, 2] = expected[5, 1:3] = True
    np.testing.assert_array_equal(surrounded(boolean), expected)


def test_a_hole_is_surrounded_in_the_complement():
    ring = np.zeros((7, 7), bool)
    ring[1:6, 1:6] = True
    ring[3, 3] = False
    assert surrounded(ring).sum() == 24
    assert np.argwhere(surrounded(~ring)).tolist() == [[3, 3]]


def test_boolean_maps_are_thresholds_in_steps_of_8():
    channel = np.array([[10, 18, 30]], np.uint8)
    found = [boolean.astype(int).ravel().tolist() for boolean in boolean_maps(channel[None])]
    assert found == [[0, 1, 1], [0, 0, 1], [0, 0, 1]]  # above 10, 18 and 26


def test_small_regions_weigh_as_much_as_large_ones():
    region = np.zeros((9, 9), bool)
    region[2:5, 2:6] = True
    assert np.linalg.norm(normalized(region)) == pytest.approx(1)
    assert not normalized(np.zeros((3, 3), bool)).any()
    dot = np.zeros((5, 6), bool)
    dot[2, 3] = True
    assert np.argwhere(dilated(dot, 1)).tolist() == [[r, c] for r in (1, 2, 3) for c in (2, 3, 4)]


def test_bms_prefers_what_is_surrounded_to_what_leaves_the_picture():
    stimulus = np.full((80, 120, 3), 90, np.uint8)
    stimulus[30:50, 20:40] = 200
    stimulus[30:50, 95:] = 200
    saliency_map = bms(stimulus)
    assert saliency_map[30:50, 20:40].min() > 0.4
    assert saliency_map[30:50, 95:].max() < 0.1


# ---- image signature


def test_signature_is_the_sign_of_the_cosine_transform(rng):
    from scipy.fft import dctn, idctn

    channel = rng.normal(size=(5, 8))
    np.testing.assert_array_equal(signature(channel), np.sign(dctn(channel)))
    np.testing.assert_allclose(reconstructed(channel), idctn(np.sign(dctn(channel)), norm="ortho"), atol=1e-12)
    assert np.count_nonzero(signature(np.full((5, 8), 70.0))) == 1


def test_a_sparse_foreground_on_a_spectrally_sparse_background_is_found(rng):
    """The publication's theorem, as a picture: a few cosines, much stronger than the dots that lie on them."""
    y, x = np.mgrid[:48, :64] + 0.5
    waves = sum(np.cos(np.pi * v * y / 48) * np.cos(np.pi * u * x / 64) for v, u in [(1, 2), (3, 1), (2, 5), (4, 4)])
    foreground = np.zeros((48, 64), bool)
    foreground[10:13, 40:43] = foreground[30:33, 12:15] = True
    energy = reconstructed(30 * waves + 10 * foreground) ** 2
    assert energy[foreground].mean() > 10 * energy[~foreground].mean()
    stimulus = np.clip(128 + 20 * waves + 15 * foreground, 0, 255).astype(np.uint8)[..., None].repeat(3, 2)
    saliency_map = image_signature(stimulus)
    assert saliency_map[foreground].min() > 0.5
    assert np.mean(saliency_map > 0.5) < 0.1


# ---- spectral residual


def test_a_flat_log_spectrum_has_no_residual():
    assert not residual(np.full((4, 6), 2.5)).any()
    peak = np.zeros((5, 5))
    peak[2, 2] = 9
    expected = np.zeros((5, 5))
    expected[1:4, 1:4] = -1
    expected[2, 2] = 8
    np.testing.assert_allclose(residual(peak), expected, atol=1e-12)
    corner = np.roll(peak, (2, 2), (0, 1))  # neighbors wrap around
    np.testing.assert_allclose(residual(corner), np.roll(expected, (2, 2), (0, 1)), atol=1e-12)


def test_spectral_residual_finds_what_is_not_like_the_rest_of_its_spectrum(rng):
    """A small square on a ground whose amplitudes fall as 1 / f, as those of natural pictures do."""
    frequency = np.hypot(np.fft.fftfreq(64)[:, None], np.fft.fftfreq(64))
    spectrum = np.fft.fft2(rng.normal(size=(64, 64))) / np.maximum(frequency, 1 / 64)
    ground = np.fft.ifft2(spectrum).real
    stimulus = np.clip(128 + 20 * ground / ground.std(), 0, 255).astype(np.uint8)[..., None].repeat(3, 2)
    stimulus[25:29, 41:45] = 255
    row, column = np.unravel_index(spectral_residual(stimulus).argmax(), (64, 64))
    assert abs(row - 26.5) < 4
    assert abs(column - 42.5) < 4
