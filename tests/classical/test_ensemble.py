"""The fusion of classical maps: its formula by hand, and its scores beside those of its parts."""

import math
from pathlib import Path

import numpy as np
import pytest

from wepsam import maps, metrics
from wepsam.classical import CLASSICAL
from wepsam.classical.ensemble import card, ensemble, fused, small_maps
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
