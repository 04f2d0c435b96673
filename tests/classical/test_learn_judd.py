"""How Judd's weights are learned: the pixels that are sampled, the fit, the script, the shipped result."""

import json
from pathlib import Path

import numpy as np
import pytest

from helpers import Paint
from learn import data, judd
from learn.judd import BOTTOM, MARGIN, TOP, fit, mirrored, pixels_of, sampled_places
from wepsam.classical.judd import FEATURES, SIDE, features, learned
from wepsam.datasets import read_dataset


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def test_pixels_are_sampled_from_the_top_and_the_bottom_and_not_from_the_border(rng: np.random.Generator) -> None:
    density = rng.random((SIDE, SIDE))
    ranks = density.ravel().argsort().argsort() / density.size
    places, positive = sampled_places(density, rng)
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
    places, positive = sampled_places(density, rng)
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
    monkeypatch.setattr(judd, "PICTURES", {"csv": 6})
    monkeypatch.setattr(data, "CONSTANTS", tmp_path / "bases")
    monkeypatch.setattr("sys.argv", ["learn.judd", str(tmp_path)])
    judd.main()
    text = (tmp_path / "bases/judd.json").read_text()
    model = json.loads(text)
    assert model["pictures"] == {"csv": 6}
    assert model["pixels"] == 120
    assert set(model["features"]) == set(FEATURES)
    assert "120 pixels of 6 pictures" in capsys.readouterr().out
    judd.main()  # the same again, to the last digit
    assert (tmp_path / "bases/judd.json").read_text() == text


def test_only_training_pictures_are_learned_from(
    own_dataset: Path, tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judd, "PICTURES", {"csv": 1000})
    (tmp_path / "csv").symlink_to(own_dataset)
    validation = {sample.id for sample in read_dataset("csv", own_dataset).split("validation")}
    learned_from = {sample.id for sample in judd.some_pictures("csv", tmp_path, rng)}
    assert validation
    assert len(learned_from) + len(validation) == 12
    assert not validation & learned_from


def test_pixels_of_a_picture_carry_its_features(own_dataset: Path, rng: np.random.Generator) -> None:
    sample = read_dataset("csv", own_dataset).samples[0]
    samples, positive = pixels_of(sample, rng)
    assert samples.shape == (20, 29)
    distance = FEATURES.index("distance to center")
    assert samples[:, distance].max() <= 1
    assert positive.tolist() == [True] * 10 + [False] * 10


def test_features_of_the_mirror_image(paint: Paint) -> None:
    """All but Itti's channels, whose peaks are counted anew (test_laws.py)."""
    picture = paint(4, 120, 160)
    same = [i for i, name in enumerate(FEATURES) if not name.startswith("itti")]
    image = features(np.ascontiguousarray(picture[:, ::-1]))[:, :, ::-1]
    expected = mirrored(features(picture).reshape(29, -1).T).T.reshape(29, SIDE, SIDE)
    np.testing.assert_allclose(image[same], expected[same], atol=2e-3)


def test_the_shipped_model_names_every_feature_and_mirrors() -> None:
    model = json.loads((data.CONSTANTS / "judd.json").read_text())
    assert tuple(model["features"]) == FEATURES
    assert model["pictures"] == judd.PICTURES
    means, deviations, weights, _ = learned()
    assert (deviations > 0).all()
    for values in (means, deviations, weights):
        np.testing.assert_allclose(mirrored(values[None])[0], values, rtol=1e-3)
