"""Judd's features by hand, by law or by a slow obvious version; what its fitting draws and finds; what it is worth."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import median_filter

from learn import judd as learn_judd
from learn.judd import BOTTOM, MARGIN, TOP, drawn, fit, mirrored, pixels_of
from wepsam.classical import CLASSICAL, FITTED, judd
from wepsam.classical._frame import median
from wepsam.classical.center_bias import CenterBias
from wepsam.classical.judd import (
    COLOR_BINS,
    FEATURES,
    ORIENTATIONS,
    SIDE,
    band_rarity,
    color_rarity,
    distance_to_center,
    energy,
    features,
    learned,
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
        found = band**2 / (band**2).sum()
        step = SIDE / len(band)
        center = [((np.arange(len(band)) + 0.5) * step * found.sum(axis=axis)).sum() for axis in (1, 0)]
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


@pytest.mark.parametrize("size", [1, 3, 5, 9, 17])
def test_median_of_levels_is_the_median(rng: np.random.Generator, size: int) -> None:
    levels = (rng.integers(0, COLOR_BINS, (3, 30, 41)) * (rng.random((3, 30, 41)) < 0.6)).astype(np.uint8)
    expected = [median_filter(plane, size, mode="reflect") for plane in levels]
    np.testing.assert_array_equal([median(plane, size // 2) for plane in levels], expected)


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
    found = dict(zip(FEATURES, features(picture), strict=True))
    assert len(found) == 29
    np.testing.assert_array_equal(found["red"], 1)
    assert found["green"].mean() == pytest.approx(120 / 255 / 8)
    assert not found["blue"].any()
    assert not found["rarity of red"].any()
    assert found["rarity of green"][:, ::8].min() > found["rarity of green"][:, 1::8].max()
    np.testing.assert_allclose(found["distance to center"], distance_to_center((1, 1)), atol=1e-6)


def test_features_of_the_mirror_image(paint) -> None:
    """All but Itti's channels, whose peaks are counted anew (test_classical_laws.py)."""
    picture = paint(4, 120, 160)
    same = [i for i, name in enumerate(FEATURES) if not name.startswith("itti")]
    image = features(np.ascontiguousarray(picture[:, ::-1]))[:, :, ::-1]
    expected = mirrored(features(picture).reshape(29, -1).T).T.reshape(29, SIDE, SIDE)
    np.testing.assert_allclose(image[same], expected[same], atol=2e-3)


# ---- learning


def test_pixels_are_drawn_from_the_top_and_the_bottom_and_not_from_the_border(rng: np.random.Generator) -> None:
    density = rng.random((SIDE, SIDE))
    ranks = density.ravel().argsort().argsort() / density.size
    places, positive = drawn(density, rng)
    assert len(set(places)) == 20
    assert positive.sum() == 10
    assert ranks[places[positive]].min() >= 1 - TOP - 1e-4
    assert ranks[places[~positive]].max() <= BOTTOM + 1e-4
    rows, columns = np.divmod(places, SIDE)
    assert min(rows.min(), columns.min()) >= MARGIN
    assert max(rows.max(), columns.max()) < SIDE - MARGIN


def test_a_density_that_is_zero_nearly_everywhere_has_no_positives_there(rng: np.random.Generator) -> None:
    density = np.zeros((SIDE, SIDE))
    density[50, 60:64] = 1
    places, positive = drawn(density, rng)
    assert sorted(places[positive]) == [50 * SIDE + x for x in range(60, 64)]
    assert (~positive).sum() == 10


def test_fit_finds_a_planted_line(rng: np.random.Generator) -> None:
    samples = rng.normal(3, 2, (4000, 29))
    planted = np.zeros(29)
    planted[[2, 7, 28]] = 1, 0.5, -2
    model = fit(samples, (samples - 3) @ planted + rng.normal(0, 0.1, 4000) > 0.4)
    means, deviations, weights = np.array([model["features"][name] for name in FEATURES]).T
    np.testing.assert_allclose(means, 3, atol=0.2)
    np.testing.assert_allclose(deviations, 2, atol=0.1)
    np.testing.assert_allclose(weights / np.linalg.norm(weights), planted / np.linalg.norm(planted), atol=0.03)
    assert model["bias"] / np.linalg.norm(weights) == pytest.approx(-0.4 / 2 / np.linalg.norm(planted), abs=0.03)
    assert model["accuracy"] > 0.95


def test_the_script_learns_from_pictures_in_which_people_look_at_discs(
    own_dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bases").mkdir()
    (tmp_path / "csv").symlink_to(own_dataset)
    monkeypatch.setattr(learn_judd, "PICTURES", {"csv": 6})
    monkeypatch.setattr(learn_judd, "BASES", tmp_path / "bases")
    monkeypatch.setattr("sys.argv", ["learn.judd", str(tmp_path)])
    learn_judd.main()
    text = (tmp_path / "bases/judd.json").read_text()
    model = json.loads(text)
    assert model["pictures"] == {"csv": 6}
    assert model["pixels"] == 120
    assert set(model["features"]) == set(FEATURES)
    assert "120 pixels of 6 pictures" in capsys.readouterr().out
    learn_judd.main()  # the same again, to the last digit
    assert (tmp_path / "bases/judd.json").read_text() == text


def test_only_training_pictures_are_learnt_from(
    own_dataset: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learn_judd, "PICTURES", {"csv": 1000})
    validation = {sample.id for sample in read_dataset("csv", own_dataset).split("validation")}
    learnt_from = {sample.id for sample in learn_judd.chosen("csv", own_dataset, rng)}
    assert validation
    assert len(learnt_from) + len(validation) == 12
    assert not validation & learnt_from


# ---- what is shipped


def test_the_shipped_model_names_every_feature_and_mirrors() -> None:
    model = json.loads((learn_judd.BASES / "judd.json").read_text())
    assert tuple(model["features"]) == FEATURES
    assert model["pictures"] == learn_judd.PICTURES
    means, deviations, weights, _ = learned()
    assert (deviations > 0).all()
    for values in (means, deviations, weights):
        np.testing.assert_allclose(mirrored(values[None])[0], values, rtol=1e-3)
    assert "judd" in FITTED
    assert CLASSICAL["judd"] is judd


def test_the_shipped_model_beats_the_center_bias_where_it_has_not_learnt(shared: Path) -> None:
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


def test_pixels_of_a_picture_carry_its_features(own_dataset: Path, rng: np.random.Generator) -> None:
    sample = read_dataset("csv", own_dataset).samples[0]
    found, positive = pixels_of(sample, rng)
    assert found.shape == (20, 29)
    distance = FEATURES.index("distance to center")
    assert found[:, distance].max() <= 1
    assert positive.tolist() == [True] * 10 + [False] * 10
