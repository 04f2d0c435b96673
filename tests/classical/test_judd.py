"""Judd's features by hand, by laws or against slow, obvious versions; what the shipped model is worth."""

from pathlib import Path

import numpy as np
import pytest

from wepsam.classical import CLASSICAL, FITTED, CenterBias, judd
from wepsam.classical.judd import (
    FEATURES,
    ORIENTATIONS,
    SIDE,
    band_rarity,
    color_rarity,
    distance_to_center,
    energy,
    features,
    masks,
    rarity,
    subbands,
)
from wepsam.datasets import read_dataset
from wepsam.metrics import auc_judd, cc, nss


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(11)


# ---- the pyramid


def test_masks_and_the_lowpass_divide_all_energy_among_them() -> None:
    total = np.zeros((128, 65))
    for mask in masks(64):
        size = len(mask)
        rows = np.r_[: size // 2, 128 - size // 2 : 128]
        total[np.ix_(rows, range(size // 2 + 1))] += np.abs(mask) ** 2
    radius = 2 * np.hypot(np.fft.rfftfreq(128), np.fft.fftfreq(128)[:, None])
    np.testing.assert_allclose(total[radius >= 1 / 8], 1, atol=1e-12)
    np.testing.assert_allclose(total[radius <= 1 / 16], 0, atol=1e-12)
    assert (total <= 1 + 1e-12).all()


@pytest.mark.parametrize("scale", [1, 2, 3])
@pytest.mark.parametrize("k", range(ORIENTATIONS))
def test_a_band_answers_most_to_gratings_of_its_scale_and_orientation(scale: int, k: int) -> None:
    """Gratings whose brightness changes along 0, 45, 90 or 135 degrees, at the middle frequency of an octave."""
    y, x = np.mgrid[:SIDE, :SIDE]
    angle = np.pi * k / ORIENTATIONS
    frequency = 0.5 * 0.5**scale  # cycles a pixel; Nyquist is .5
    grating = 100 * np.sin(2 * np.pi * frequency * (np.cos(angle) * x + np.sin(angle) * y))
    energies = [(band**2).mean() for band in subbands(grating)]
    own = 1 + (scale - 1) * ORIENTATIONS + k
    assert np.argmax(energies) == own
    # cos³: a neighbor, 45 degrees off, has an eighth of the energy; but mirrored at the border, a grating along a
    # diagonal meets the other one.
    assert energies[own] > 3.5 * max(energy for i, energy in enumerate(energies) if i != own)


def test_bands_lie_where_their_contrast_is() -> None:
    picture = np.zeros((SIDE, SIDE))
    picture[60:64, 140:144] = 255  # middle at 62 of 200 from above, 142 from the left
    for band in subbands(picture)[1:]:
        shares = band**2 / (band**2).sum()
        step = SIDE / len(band)
        center = [((np.arange(len(band)) + 0.5) * step * shares.sum(axis=axis)).sum() for axis in (1, 0)]
        np.testing.assert_allclose(center, [62, 142], atol=0.05)


def test_energy_is_relative_to_its_mean_and_flat_where_there_is_none(rng: np.random.Generator) -> None:
    band = rng.normal(size=(100, 100))
    np.testing.assert_allclose(energy(5 * band), energy(band), rtol=0.02)  # but for the floor
    assert energy(band).mean() == pytest.approx(1, abs=1e-3)
    np.testing.assert_allclose(energy(1e-12 * band), 1)


def test_rarity_of_bands_is_high_on_the_only_edge(rng: np.random.Generator) -> None:
    picture = 128 + rng.normal(0, 2, (SIDE, SIDE))
    picture[90:110, 40:60] = 250
    rare = band_rarity(subbands(picture)[1:])
    assert rare[88:112, 38:62].mean() > 2 * rare[:, 120:].mean()
    assert not band_rarity(subbands(np.full((SIDE, SIDE), 77.0))[1:]).any()


# ---- colors, rarity, place


def test_rarity_by_hand() -> None:
    values = np.array([[0, 0, 0], [0, 0, 9]])
    # Two bins, five and one in them, and one more in each: 6/8 and 2/8.
    np.testing.assert_allclose(rarity(values, 2), -np.log([[0.75, 0.75, 0.75], [0.75, 0.75, 0.25]]))
    np.testing.assert_allclose(rarity(np.full((2, 2), 3), 10), -np.log(5 / 14))


def test_a_rare_color_is_improbable_until_the_median_filter_takes_it_away() -> None:
    picture = np.full((40, 40, 3), (30, 120, 30), np.uint8)
    picture[10:14, 20:24] = (240, 20, 20)  # 16 of 1600 pixels
    maps = color_rarity(picture)
    assert maps[0][12, 22] == pytest.approx(-np.log(17 / 2600))
    assert maps[0][30, 30] == pytest.approx(-np.log(1585 / 2600))
    assert maps[2][12, 22] > 2 * maps[2][30, 30]  # 5x5: 16 of 25 pixels
    assert maps[3][12, 22] == maps[3][30, 30]  # 9x9


def test_distance_to_the_center_is_in_pixels_of_the_stimulus() -> None:
    distance = distance_to_center((300, 400, 3))
    corner = np.hypot(150 - 0.75, 200 - 1)  # middles of the first of 200 x 200 cells of 1.5 x 2 pixels
    for row, column in ((0, 0), (100, 199), (37, 120)):
        place = np.hypot(1.5 * (row + 0.5) - 150, 2 * (column + 0.5) - 200)
        assert distance[row, column] == pytest.approx(place / corner)
    np.testing.assert_allclose(distance, distance[::-1, ::-1])


def test_features_have_the_order_of_their_names(rng: np.random.Generator) -> None:
    picture = np.zeros((SIDE, SIDE, 3), np.uint8)
    picture[..., 0] = 255
    picture[:, ::8, 1] = 120  # upright lines: contrast along x
    by_name = dict(zip(FEATURES, features(picture), strict=True))
    assert len(by_name) == 29
    np.testing.assert_array_equal(by_name["red"], 1)
    assert by_name["green"].mean() == pytest.approx(120 / 255 / 8)
    assert not by_name["blue"].any()
    assert not by_name["rarity of red"].any()
    assert by_name["rarity of green"][:, ::8].min() > by_name["rarity of green"][:, 1::8].max()
    np.testing.assert_allclose(by_name["distance to center"], distance_to_center((1, 1)), atol=1e-6)


# ---- the shipped model


def test_it_is_listed_as_fitted() -> None:
    assert "judd" in FITTED
    assert CLASSICAL["judd"] is judd


def test_the_shipped_model_beats_the_center_bias_where_it_has_not_learned(shared: Path) -> None:
    osie = read_dataset("osie", shared / "data/osie")
    bias = CenterBias(osie.split("train")[::10])
    scores = []
    for sample in list(osie.split("validation"))[4::8]:
        stimulus = sample.stimulus()
        scores.append(
            [
                (auc_judd(map_, sample.fixations), cc(map_, sample.density()), nss(map_, sample.fixations))
                for map_ in (judd(stimulus), bias(stimulus))
            ]
        )
    assert len(scores) == 12
    ours, center = np.mean(scores, axis=0)
    assert (ours > center).all()
