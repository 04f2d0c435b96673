"""RARE2012: rarity, fusion and decorrelation, worked out by hand."""

import numpy as np
import pytest

from wepsam import maps
from wepsam.classical import CLASSICAL, center_gaussian
from wepsam.classical.rare2012 import decorrelated, fused, rarity


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def test_rarity_of_two_levels_is_the_log_of_their_shares() -> None:
    values = np.zeros((10, 10))
    values[0, 0] = values[5, 5] = 3
    # -log(.02) and -log(.98), then stretched to [0, 1].
    np.testing.assert_allclose(rarity(values, scales=1), values / 3)
    values[:5] = 7  # three levels: 50, 1 and 49 of 100 pixels
    result = rarity(values, scales=1)
    shares = -np.log([0.5, 0.01, 0.49])
    expected = (shares - shares.min()) / np.ptp(shares)
    np.testing.assert_allclose([result[0, 0], result[5, 5], result[9, 9]], expected, atol=1e-6)


def test_the_raw_model_blurred_and_centered_is_the_improved_one(rng: np.random.Generator) -> None:
    picture = rng.integers(0, 256, (60, 80, 3), dtype=np.uint8)
    picture[20:30, 50:65] = (230, 40, 40)
    improved = maps.blur(CLASSICAL["rare2012-raw"](picture).astype(float), 0.02 * 80) * center_gaussian(picture)
    np.testing.assert_allclose(CLASSICAL["rare2012"](picture), maps.to_unit(improved), atol=1e-5)


def test_fusion_drops_flat_maps_and_ranks_the_others() -> None:
    peak, half, busy = np.zeros((3, 10, 10))
    peak[2, 2] = 1  # (1 - .01)^2 = .9801
    half[:, :3] = 1  # (1 - .3)^2 = .49
    busy[:, :8] = 1  # (1 - .8)^2 = .04, below .3 of the best
    total = fused([busy, peak, half])
    first, second = 3 / 3 * 0.9801, 2 / 3 * 0.49
    assert total[2, 2] == pytest.approx(1)
    assert total[5, 1] == pytest.approx(second / (first + second))
    assert total[5, 5] == 0


def test_decorrelated_colors_are_uncorrelated_and_gray_has_one(rng: np.random.Generator) -> None:
    picture = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
    picture[..., 1] = picture[..., 0] // 2
    components = np.array(decorrelated(picture)).reshape(-1, 600)
    covariance = np.cov(components)
    np.testing.assert_allclose(covariance, np.diag(np.diag(covariance)), atol=1e-9)
    assert (np.diff(np.diag(covariance)) <= 0).all()
    assert len(decorrelated(np.repeat(picture[..., :1], 3, axis=2))) == 1
