"""The fusion of classical maps: its formula by hand, its fit on planted numbers, what the shipped ones are worth."""

import math
from pathlib import Path

import numpy as np
import pytest

from learn.ensemble import BOUNDS, CENTER, Pictures, fit, lost, worth
from wepsam import maps, metrics
from wepsam.classical import CLASSICAL, FITTED
from wepsam.classical.ensemble import MODELS, card, ensemble, fused, small_maps
from wepsam.datasets import open_dataset

NO_CENTER = {"center_y": 0.0, "center_x": 0.0}


def one(weight: float, power: float, blur: float = 0.0) -> dict:
    return {"models": {"m": {"weight": weight, "blur": blur, "power": power}}} | NO_CENTER


def test_fusion_by_hand() -> None:
    m = np.array([[0, 1], [2, 4]])
    expected = np.exp(3 * np.sqrt(m / 4))
    np.testing.assert_allclose(fused({"m": m}, one(3, 0.5)), expected / expected.sum())
    two = {"models": {name: {"weight": w, "blur": 0, "power": 1} for name, w in (("m", 1), ("n", 2))}} | NO_CENTER
    expected = np.exp(m / 4 + 2 * m.T / 4)
    np.testing.assert_allclose(fused({"m": m, "n": m.T}, two), expected / expected.sum())
    # Several pictures at once, each for itself; the scale of a map does not matter.
    several = fused({"m": np.stack([m, 7 * m.T])}, one(3, 0.5))
    np.testing.assert_allclose(several[0], fused({"m": m}, one(3, 0.5)))
    np.testing.assert_allclose(several[1], several[0].T)


def test_blur_is_a_share_of_the_longer_side() -> None:
    m = np.random.default_rng(0).random((6, 10))
    np.testing.assert_allclose(fused({"m": m}, one(1, 1, 0.2)), fused({"m": maps.blur(m, 2)}, one(1, 1)))


def test_a_map_that_says_nothing_leaves_the_center_bias() -> None:
    density = fused({"m": np.zeros((4, 8))}, one(5, 1) | {"center_y": 3.0, "center_x": 2.0})
    assert density.sum() == pytest.approx(1)
    # Cells are 1/8 wide and 1/4 high; their centers are at .0625 and .1875 of the width from the middle.
    assert math.log(density[1, 4] / density[1, 5]) == pytest.approx(2 * (0.1875**2 - 0.0625**2))
    assert math.log(density[1, 4] / density[0, 4]) == pytest.approx(3 * (0.375**2 - 0.125**2))


def planted(count: int) -> tuple[list[Pictures], dict]:
    """Smooth random maps, and densities that follow from two of them by known numbers."""
    rng = np.random.default_rng(5)
    true = {
        "models": {
            "bms": {"weight": 4.0, "blur": 0.05, "power": 1.5},
            "fes": {"weight": 1.5, "blur": 0.02, "power": 0.7},
        },
        "center_y": 6.0,
        "center_x": 3.0,
    }
    parts = {name: maps.blur(rng.random((count, 12, 16)), 0.8) - 0.3 for name in ("bms", "fes", "covsal")}
    parts = {name: np.maximum(values, 0) for name, values in parts.items()}
    return [(parts, fused(parts, true))], true


def test_the_fit_finds_planted_numbers_and_no_others() -> None:
    pictures, true = planted(30)
    found = fit(pictures, ("bms", "fes", "covsal"))
    assert lost(pictures, found) < lost(pictures, true) + 1e-3
    for name, how in true["models"].items():
        assert found["models"][name]["weight"] == pytest.approx(how["weight"], rel=0.15), name
        assert found["models"][name]["power"] == pytest.approx(how["power"], rel=0.15), name
    assert found["models"]["covsal"]["weight"] < 0.2  # it has nothing to do with the densities
    assert found["center_y"] == pytest.approx(6, rel=0.1)
    assert found["center_x"] == pytest.approx(3, rel=0.1)


def test_worth_is_the_mean_over_pictures() -> None:
    pictures, true = planted(3)
    scores = worth(pictures, true)
    assert list(scores) == ["ensemble", "bms", "fes", "covsal"]
    assert scores["ensemble"] == pytest.approx({"cc": 1, "nss": scores["ensemble"]["nss"], "kl_div": 0}, abs=1e-4)
    parts, densities = pictures[0]
    by_hand = np.mean([metrics.cc(m, d) for m, d in zip(parts["fes"], densities, strict=True)])
    assert scores["fes"]["cc"] == pytest.approx(by_hand, abs=1e-4)


def test_the_shipped_numbers_are_few_and_within_bounds() -> None:
    numbers = card()["numbers"]
    assert 2 + sum(map(len, numbers["models"].values())) == 11
    assert list(numbers["models"]) == list(MODELS)
    for how in numbers["models"].values():
        assert how["weight"] > 0.05, "a map that counts for nothing costs time"
        for name, (low, high) in BOUNDS.items():
            assert low <= how[name] <= high
    assert all(CENTER[0] < numbers[side] < CENTER[1] for side in ("center_y", "center_x"))
    assert "ensemble" in FITTED
    assert CLASSICAL["ensemble"] is ensemble


def test_what_it_sees_does_not_depend_on_the_size_of_the_file() -> None:
    rng = np.random.default_rng(2)
    small = np.kron(rng.integers(0, 256, (6, 8, 3)), np.ones((16, 16, 1))).astype(np.uint8)
    large = np.kron(small, np.ones((4, 4, 1))).astype(np.uint8)
    for name, saliency_map in small_maps(small).items():
        assert saliency_map.shape == (48, 64), name
    answers = (maps.enlarge(ensemble(picture), (48, 64)) for picture in (small, large))
    assert metrics.cc(*answers) > 0.95


def test_it_beats_every_model_in_it_on_pictures_it_has_not_seen(shared: Path) -> None:
    pictures = open_dataset(f"osie={shared}/data/osie").split("validation")[::5]
    scores: dict[str, list[float]] = {}
    for sample in pictures:
        for name in ("ensemble", *card()["numbers"]["models"]):
            scores.setdefault(name, []).append(metrics.cc(CLASSICAL[name](sample.stimulus()), sample.density()))
    means = {name: np.mean(values) for name, values in scores.items()}
    assert max(means, key=lambda name: means[name]) == "ensemble", means
