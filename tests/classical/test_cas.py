"""CAS: patches, their nearest ones and the attended area against slow, obvious versions."""

import numpy as np
import pytest

from wepsam.classical.cas import in_context, mean_of_nearest, patches_at


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def test_cas_nearest_patches_against_brute_force(rng: np.random.Generator) -> None:
    patches, others = rng.random((300, 12)).astype(np.float32), rng.random((90, 12)).astype(np.float32)
    places, other_places = rng.random((300, 2)).astype(np.float32), rng.random((90, 2)).astype(np.float32)
    got = mean_of_nearest(patches, places, others, other_places, nearest=5)
    for k in (0, 17, 299):
        distances = [
            np.linalg.norm(patches[k] - other) / (1 + 3 * np.linalg.norm(places[k] - place))
            for other, place in zip(others, other_places, strict=True)
        ]
        assert got[k] == pytest.approx(np.mean(sorted(distances)[:5]), rel=1e-4)


def test_cas_patches_are_the_pictures_and_know_where_they_are(rng: np.random.Generator) -> None:
    channels = rng.random((3, 15, 31)).astype(np.float32)
    patches, places, grid = patches_at(channels, 1.0)
    assert grid == (3, 7)
    np.testing.assert_array_equal(patches[7 + 2], channels[:, 4:11, 8:15].ravel())
    np.testing.assert_allclose(places[7 + 2], [7.5 / 31, 11.5 / 31], rtol=1e-6)
    np.testing.assert_allclose(places[-1], [11.5 / 31, 27.5 / 31], rtol=1e-6)


def test_cas_context_fades_with_the_distance_to_what_is_attended() -> None:
    saliency = np.full((4, 10), 0.5)
    saliency[1, 2] = 1
    faded = in_context(saliency)
    assert faded[1, 2] == 1
    assert faded[1, 7] == pytest.approx(0.5 * (1 - 5 / 10))
