"""GNMS: superpixels, uniqueness, objectness and the nonlocal mean, by hand."""

import numpy as np
import pytest

from wepsam.classical.gnms import boxes, integral, nonlocal_mean, pooled, superpixels, uniqueness, windows


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def test_superpixels_cover_every_pixel_once(rng: np.random.Generator) -> None:
    colors = np.zeros((24, 36, 3))
    colors[:, 20:] = 60  # an edge that is none of the grid's
    labels, centers = superpixels(colors + rng.normal(0, 1, (24, 36, 3)), (2, 3))
    assert labels.shape == (24, 36)
    assert set(np.unique(labels)) <= set(range(6))
    assert centers.shape == (6, 5)
    for number in np.unique(labels):  # none lies across the edge
        assert np.ptp(colors[labels == number]) == 0
        y, x = np.nonzero(labels == number)
        assert centers[number, 3:] == pytest.approx([(y.mean() + 0.5) / 12 - 0.5, (x.mean() + 0.5) / 12 - 0.5])


def test_uniqueness_by_hand() -> None:
    centers = np.array([[0.0, 0, 0, 0, 0], [0, 0, 0, 0, 1], [30, 40, 0, 0, 1]])  # colors 0, 0, 50 apart; places 0, 1, 1
    near = np.exp(-0.5 / 4**2)
    sizes = np.array([1, 1, 2])
    expected = [100 * near / (1 + near + 2 * near), 100 / (near + 1 + 2), 50 * (near + 1) / (near + 1 + 2)]
    assert uniqueness(centers, sizes) == pytest.approx(np.array(expected))


def test_the_most_objectlike_window_holds_the_object() -> None:
    colors = np.zeros((72, 96, 3))
    colors[24:48, 36:60] = 50  # cells (2..3, 3..4) of (6, 8)
    labels = np.zeros((72, 96), int)
    labels[24:48, 36:60] = 1
    scores, inside = windows(colors, np.ones((72, 96)), labels, (6, 8), 2)
    best = scores.argmax()
    assert inside[best].tolist() == [0, 24 * 24]
    assert scores[best] == pytest.approx(50 * 3**0.5)
    mean, largest = pooled(scores, inside, np.bincount(labels.ravel()))
    assert mean[1] > mean[0]
    assert largest[1] > largest[0]
    table = integral(np.ones((3, 4, 1)))
    assert boxes(table, *np.array([[0, 1], [0, 2], [3, 2], [4, 4]])).ravel().tolist() == [12, 2]


def test_a_window_counts_by_its_mean_spectral_residual() -> None:
    colors = np.zeros((72, 96, 3))
    colors[24:48, 12:36] = colors[24:48, 60:84] = 50  # two objects that differ in nothing else
    labels = np.zeros((72, 96), int)
    labels[24:48, 12:36], labels[24:48, 60:84] = 1, 2
    residual = np.full((72, 96), 0.1)
    residual[24:48, 60:72] = 0.7  # half of the second object
    plain, inside = windows(colors, np.ones((72, 96)), labels, (6, 8), 3)
    scores, _ = windows(colors, residual, labels, (6, 8), 3)
    one, other = (int(np.flatnonzero((inside == counts).all(axis=1))[0]) for counts in ([0, 576, 0], [0, 0, 576]))
    assert plain[one] == pytest.approx(plain[other])
    assert scores[one] == pytest.approx(0.1 * plain[one])
    assert scores[other] == pytest.approx(0.4 * plain[other])


def test_nonlocal_mean_blends_what_is_alike() -> None:
    centers = np.array([[0.0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [90, 0, 0, 0, 0]])
    blended = nonlocal_mean(np.array([1.0, 4, 10]), centers, np.array([2, 1, 1]))
    assert blended == pytest.approx([2, 2, 10], abs=1e-5)
