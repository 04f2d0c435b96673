"""eDN against golden values of the published description, its operations against slow versions, its readouts."""

import hashlib
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers import ROOT, Paint
from learn.edn import PER_PICTURE, fit, places_of
from wepsam.classical import CLASSICAL, LEARNED_FROM, edn
from wepsam.classical.edn import (
    NETWORKS,
    READOUTS,
    SIDES,
    Layer,
    Norm,
    colored,
    correlated,
    decision,
    enlarged,
    features,
    filters,
    grid,
    learned,
    normalized,
    pooled,
    scaled,
)
from wepsam.datasets import read_dataset
from wepsam.images import read_image
from wepsam.metrics import auc_judd, cc

GOLDEN = np.load(ROOT / "tests/golden/edn/public.npz")
NAMES = {"astronaut": "astronaut.png", "camera": "camera.png", "chelsea": "chelsea.png", "rocket": "rocket.jpg"}
INF = np.inf


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(17)


# ---- golden values


def agrees(ours: np.ndarray, golden: np.ndarray) -> None:
    golden = golden.astype(np.float64)
    assert ours.shape == golden.shape
    assert np.corrcoef(ours.ravel(), golden.ravel())[0, 1] > 0.9999
    assert np.abs(ours - golden).max() < 0.005 * np.ptp(golden)


def at_64(saliency_map: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(saliency_map).resize((64, 64), Image.Resampling.BOX))


@pytest.mark.parametrize("name", NAMES)
def test_decisions_and_maps_of_public_pictures_are_golden(pictures: Path, name: str) -> None:
    rgb = read_image(pictures / NAMES[name])
    if hashlib.sha256(rgb.tobytes()).hexdigest() != GOLDEN[f"{name}.sha256"]:
        pytest.skip(f"{name} decodes to other pixels here than when the golden values were made")
    agrees(decision(rgb), GOLDEN[f"{name}.decision"])
    agrees(decision(rgb, "without-center"), GOLDEN[f"{name}.decision_without_center"])
    np.testing.assert_allclose(at_64(edn(rgb)), GOLDEN[f"{name}.map_64"], atol=2e-3)


@pytest.mark.parametrize("name", ["1002", "1585"])
def test_decisions_and_maps_of_osie_are_golden(shared: Path, name: str) -> None:
    golden = np.load(shared / f"golden/edn/osie/{name}.npz")
    rgb = read_image(shared / f"data/osie/data/stimuli/{name}.jpg")
    agrees(decision(rgb), golden["decision"])
    agrees(decision(rgb, "without-center"), golden["decision_without_center"])
    np.testing.assert_allclose(at_64(edn(rgb)), golden["map_64"], atol=2e-3)


def test_the_decision_is_linear_in_the_features(paint: Paint) -> None:
    picture = paint(3)
    values = features(picture)
    assert values.shape == (833, *grid(scaled(picture)))
    weights, means, deviations = learned("published")
    slow = np.tensordot(weights, (values - means[:, None, None]) / deviations[:, None, None], 1)
    np.testing.assert_allclose(decision(picture), slow, atol=1e-3 * np.ptp(slow))


# ---- the operations, against slow and obvious versions


def windows(plane: np.ndarray, size: int) -> np.ndarray:
    """(h, w, size, size, c) neighborhoods of an (h, w, c) array with zeros beyond the border."""
    reach = size // 2
    padded = np.pad(plane.astype(np.float64), [(reach, reach), (reach, reach), (0, 0)])
    return np.moveaxis(np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(0, 1)), 2, -1)


@pytest.mark.parametrize("order", [1, 2, 10])
@pytest.mark.parametrize("shape", [(13, 18), (1, 9), (4, 3)])
def test_pooling_is_the_norm_of_each_window(rng: np.random.Generator, order: int, shape: tuple[int, int]) -> None:
    values = rng.normal(1, 0.6, (*shape, 2)).astype(np.float32)
    layer = Layer(2, 3, 0.1, 1.5, 5, order, Norm(3, 1, 1))
    slow = ((windows(np.clip(values, 0.1, 1.5), 5) ** order).sum(axis=(2, 3)) ** (1 / order))[::2, ::2]
    np.testing.assert_allclose(pooled(values, layer), slow, rtol=1e-5)


def test_even_orders_pool_the_absolute_value(rng: np.random.Generator) -> None:
    values = rng.normal(0, 1, (8, 8, 1)).astype(np.float32)
    layer = Layer(1, 3, -INF, INF, 3, 10, Norm(3, 1, 1))
    np.testing.assert_allclose(pooled(values, layer), pooled(np.abs(values), layer))
    np.testing.assert_allclose(pooled(1e4 * values, layer), 1e4 * pooled(values, layer), rtol=1e-5)


def test_correlation_by_hand_and_against_a_slow_version(rng: np.random.Generator) -> None:
    values = rng.random((12, 700, 3), np.float32)
    taps = filters(5, 5, 3)
    slow = np.einsum("hwijc,nijc->hwn", windows(values, 5), taps)
    np.testing.assert_allclose(correlated(values, taps), slow, atol=1e-5)
    dot = np.zeros((5, 5, 1), np.float32)
    dot[1, 2] = 1
    one = np.arange(9, dtype=np.float32).reshape(1, 3, 3, 1)
    expected = np.zeros((5, 5))
    expected[:3, 1:4] = [[8, 7, 6], [5, 4, 3], [2, 1, 0]]  # the filter upside down: a correlation, not a convolution
    np.testing.assert_array_equal(correlated(dot, one)[..., 0], expected)


def test_normalization_divides_by_the_local_length_unless_it_is_small(rng: np.random.Generator) -> None:
    values = rng.normal(2, 1, (9, 11, 4)).astype(np.float32)
    near = windows(values, 3)
    length = np.sqrt((near**2).sum(axis=(2, 3, 4))) + 1e-4
    np.testing.assert_allclose(normalized(values, Norm(3, 1, 5)), values / length[..., None], rtol=1e-5)
    np.testing.assert_allclose(normalized(values, Norm(3, 1e6, 5)), 5 * values, rtol=1e-5)
    mean = near.mean(axis=(2, 3, 4))[..., None]
    centered = np.sqrt((near**2).sum(axis=(2, 3, 4)) - 36 * mean[..., 0] ** 2) + 1e-4
    expected = (values - mean) / centered[..., None]
    np.testing.assert_allclose(normalized(values, Norm(3, 0.1, 1, centered=True)), expected, rtol=1e-4, atol=1e-6)


def test_filters_have_mean_0_and_length_1_and_are_always_the_same() -> None:
    taps = filters(32, 3, 3)
    np.testing.assert_allclose(taps.mean(axis=(1, 2, 3)), 0, atol=1e-7)
    np.testing.assert_allclose((taps**2).sum(axis=(1, 2, 3)), 1, rtol=1e-5)
    first = np.random.RandomState(42).uniform(size=27)
    assert np.corrcoef(taps[0].ravel(), first)[0, 1] == pytest.approx(1)


def test_the_networks_are_those_of_the_description() -> None:
    assert [layers[-1].filters for _, _, layers in NETWORKS] == [128, 128, 128, 64, 256, 128]
    assert [len(layers) for _, _, layers in NETWORKS] == [3, 3, 3, 2, 3, 3]
    assert sum(network.colors == "RGB" for network in NETWORKS) == 3


def test_the_networks_are_the_golden_ones(shared: Path) -> None:
    import json

    golden = json.loads((shared / "golden/edn/networks.json").read_text())
    norm = ("size", "threshold", "stretch", "remove_mean")
    for network, told in zip(NETWORKS, golden, strict=True):
        first, *others = told["operations"]
        assert {"RGB": "rgb", "YCbCr": "yuv"}[network.colors] == told["color"]
        assert network.norm == tuple(first[key] for key in norm)
        for layer, (corr, pool, after) in zip(network.layers, zip(*[iter(others)] * 3, strict=True), strict=True):
            bounds = tuple(None if np.isinf(bound) else bound for bound in (layer.low, layer.high))
            assert (layer.filters, layer.size, *bounds) == tuple(
                corr[key] for key in ("filters", "size", "min_out", "max_out")
            )
            assert (layer.pool, layer.order, 2) == tuple(pool[key] for key in ("size", "order", "stride"))
            assert layer.norm == tuple(after[key] for key in norm)


# ---- sizes and colors


def test_the_scale_is_the_mean_of_two() -> None:
    assert scaled(np.zeros((600, 800, 3), np.uint8)).shape[:2] == (SIDES[1], SIDES[0])
    assert scaled(np.zeros((500, 500, 3), np.uint8)).shape[:2] == (448, 448)
    assert scaled(np.zeros((2, 9000, 3), np.uint8)).shape[0] >= 1  # a strip, which would become 190x860000
    assert np.prod(scaled(np.zeros((2, 9000, 3), np.uint8)).shape[:2]) < 1 << 19


def test_colors_are_stretched_only_for_ycbcr() -> None:
    dull = np.full((2, 2, 3), 100, np.uint8)
    dull[0, 0] = 150
    assert colored(dull, "RGB").max() == 150
    luma, blue, red = np.moveaxis(colored(dull, "YCbCr"), -1, 0)
    assert (luma == [[255, 0], [0, 0]]).all()
    assert (blue == 128).all()
    assert (red == 128).all()


def test_enlarging_is_a_spline_and_a_gaussian(rng: np.random.Generator) -> None:
    from scipy import ndimage

    small = rng.normal(size=(7, 9))
    slow = ndimage.gaussian_filter(ndimage.zoom(small, (610 / 7, 130 / 9)), 30)
    ours = enlarged(small, (610, 130))
    np.testing.assert_allclose(ours - ours[0, 0], slow - slow[0, 0], atol=1e-6)


# ---- the readouts


def test_where_it_learned_is_told() -> None:
    assert LEARNED_FROM["edn"] == {"mit1003": "all"}


def test_a_readout_has_a_number_for_each_feature() -> None:
    for readout in READOUTS:
        weights, means, deviations = learned(readout)
        assert weights.shape == means.shape == deviations.shape == (832 + (readout != "without-center"),)
        assert (deviations > 0).all()
    for readout in ("published", "relearned"):
        assert learned(readout)[0][0] < 0  # away from the center is less salient
    with pytest.raises(ValueError, match="no readout center; choose published, without-center, relearned"):
        edn(np.zeros((4, 4, 3), np.uint8), readout="center")


def test_only_the_readout_without_the_center_sees_nothing_in_a_uniform_picture() -> None:
    gray = np.full((40, 60, 3), 99, np.uint8)
    assert not edn(gray, readout="without-center").any()
    assert edn(gray)[20, 30] > 0.95


def test_fit_finds_a_planted_line(rng: np.random.Generator) -> None:
    samples = rng.normal(3, 2, (3000, 20)).astype(np.float32)
    planted = np.zeros(20)
    planted[[2, 7]] = 1, -2
    (weights, means, deviations), accuracy = fit(samples, (samples - 3) @ planted > 0)
    np.testing.assert_allclose(means, 3, atol=0.2)
    np.testing.assert_allclose(deviations, 2, atol=0.1)
    assert np.corrcoef(weights, planted)[0, 1] > 0.99
    assert accuracy > 0.9


def test_places_are_the_most_and_the_least_looked_at(own_dataset: Path, rng: np.random.Generator) -> None:
    sample = read_dataset("csv", own_dataset).samples[0]
    samples, positive = places_of(sample, rng)
    assert samples.shape == (len(positive), 833)
    assert positive.sum() > 10
    assert (~positive).sum() == PER_PICTURE
    stimulus = features(sample.stimulus()).reshape(833, -1)
    assert all((row == stimulus.T).all(axis=1).any() for row in samples[:3])


@pytest.mark.parametrize("readout", ["published", "relearned"])
def test_it_beats_chance_by_far_where_it_has_not_learned(shared: Path, readout: str) -> None:
    samples = list(read_dataset("osie", shared / "data/osie").split("validation"))[7::25]
    model = partial(CLASSICAL["edn"], readout=readout)
    scores = []
    for sample in samples:
        saliency_map = model(sample.stimulus())
        scores.append((auc_judd(saliency_map, sample.fixations), cc(saliency_map, sample.density())))
    assert (np.mean(scores, axis=0) > (0.74, 0.3)).all()
