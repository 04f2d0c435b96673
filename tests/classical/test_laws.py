"""The contract that every classical model keeps. GBVS has laws of its own in test_gbvs.py."""

import pickle

import numpy as np
import pytest

from wepsam.classical import CLASSICAL

MODELS = [name for name in CLASSICAL if not name.startswith("gbvs")]
BLIND = ["center-gaussian"]  # uses nothing but the picture's size
PRIOR = ["judd", "ensemble", "mkl", "edn"]  # answer the center bias that they learned where a picture shows nothing
SEEING = [name for name in MODELS if name not in BLIND]

# How far the mirror image's map may be from the map's mirror image: mean difference, the largest value being 1.
MIRROR = 2e-3
MIRROR_OF = {
    # N() counts local maxima; where two pixels are equal, rounding decides whether there are one or two. And a side
    # that is odd at some level of the pyramid loses its last pixel, which is the first one in the mirror image.
    "itti": 0.03,
    "itti-1998": 0.03,
    "judd": 0.03,  # has Itti's channels among its features
    "mkl": 0.15,  # upside down its network sees other objects; left to right see test_mkl.py
    "aim": 0.02,  # a learned basis is not its own mirror image
    "edn": 0.05,  # nor are random filters
}


@pytest.fixture
def picture() -> np.ndarray:
    """A disc and a bar on noise; sides that halve evenly."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:96, :128]
    rgb = np.array([90, 110, 80]) + rng.normal(0, 12, (96, 128, 3))
    rgb[(y - 35) ** 2 + (x - 90) ** 2 < 100] = (220, 60, 50)
    rgb[60:80, 20:26] = (40, 60, 190)
    return np.clip(rgb, 0, 255).astype(np.uint8)


def check(saliency_map: np.ndarray, shape: tuple[int, ...]) -> None:
    assert saliency_map.shape == shape
    assert saliency_map.dtype == np.float32
    assert np.isfinite(saliency_map).all()
    assert saliency_map.min() >= 0
    assert saliency_map.max() <= 1


@pytest.mark.parametrize("name", MODELS)
def test_is_a_map_of_the_picture_and_always_the_same(name: str, picture: np.ndarray) -> None:
    picture.setflags(write=False)  # so that writing into it is an error
    saliency_map = CLASSICAL[name](picture)
    check(saliency_map, (96, 128))
    assert saliency_map.max() > 0.99
    assert np.ptp(saliency_map) > 0.5
    np.testing.assert_array_equal(CLASSICAL[name](picture), saliency_map)


@pytest.mark.parametrize("name", MODELS)
def test_mirrors_with_its_picture(name: str, picture: np.ndarray) -> None:
    saliency_map = CLASSICAL[name](picture)
    for flip in (np.s_[:, ::-1], np.s_[::-1]):
        mirrored = CLASSICAL[name](np.ascontiguousarray(picture[flip]))
        assert np.abs(mirrored - saliency_map[flip]).mean() < MIRROR_OF.get(name, MIRROR)


@pytest.mark.parametrize("name", [name for name in SEEING if name not in PRIOR])
def test_a_uniform_picture_has_nothing_salient(name: str) -> None:
    for color in ((0, 0, 0), (128, 128, 128), (255, 255, 255), (200, 30, 77)):
        assert not CLASSICAL[name](np.full((40, 60, 3), color, np.uint8)).any()


@pytest.mark.parametrize("name", PRIOR)
def test_a_uniform_picture_gets_the_learned_center_bias(name: str) -> None:
    """Whatever its color. Zeros would say that all places are alike, which they are not."""
    gray, *others = (
        CLASSICAL[name](np.full((40, 60, 3), color, np.uint8))
        for color in ((128, 128, 128), (0, 0, 0), (255, 255, 255), (200, 30, 77))
    )
    check(gray, (40, 60))
    assert gray[19:21, 29:31].min() > 0.95
    assert gray[[0, 0, -1, -1], [0, -1, 0, -1]].max() < 0.05
    for same in (gray[::-1], gray[:, ::-1], *others):
        np.testing.assert_allclose(same, gray, atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 3), (7, 5), (31, 45)])
@pytest.mark.parametrize("name", MODELS)
def test_any_size_gives_a_map_of_that_size(name: str, shape: tuple[int, int]) -> None:
    check(CLASSICAL[name](np.random.default_rng(7).integers(0, 256, (*shape, 3), dtype=np.uint8)), shape)


@pytest.mark.parametrize("name", MODELS)
def test_gray_pictures_and_two_levels(name: str) -> None:
    gray = np.repeat(np.random.default_rng(8).integers(0, 256, (40, 60, 1), dtype=np.uint8), 3, axis=2)
    check(CLASSICAL[name](gray), (40, 60))
    dot = np.zeros((40, 60, 3), np.uint8)
    dot[18:22, 40:44] = 255
    check(CLASSICAL[name](dot), (40, 60))


@pytest.mark.parametrize("bad", [np.zeros((10, 10), np.uint8), np.zeros((9, 9, 3)), np.zeros((0, 5, 3), np.uint8)])
@pytest.mark.parametrize("name", SEEING)
def test_says_what_it_takes(name: str, bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"\(H, W, 3\) uint8 RGB"):
        CLASSICAL[name](bad)


@pytest.mark.parametrize("name", CLASSICAL)
def test_can_be_sent_to_another_process(name: str, picture: np.ndarray) -> None:
    copy = pickle.loads(pickle.dumps(CLASSICAL[name]))
    np.testing.assert_array_equal(copy(picture), CLASSICAL[name](picture))


@pytest.mark.parametrize("name", [name for name in SEEING if name not in (*PRIOR, "itti")])  # itti works at full size
def test_a_detail_that_vanishes_at_working_size_is_not_salient(name: str) -> None:
    """One gray level in one of 1.2 million pixels. Rounding must not decide what is salient."""
    stimulus = np.full((900, 1350, 3), 128, np.uint8)
    stimulus[400, 600] = 127
    assert not CLASSICAL[name](stimulus).any()


@pytest.mark.parametrize("name", ["gnms", "stc"])
def test_an_object_of_another_color_is_found(name: str) -> None:
    stimulus = np.full((96, 128, 3), (90, 120, 90), np.uint8)
    stimulus[36:56, 72:92] = (200, 60, 40)
    saliency_map = CLASSICAL[name](stimulus)
    row, column = np.unravel_index(saliency_map.argmax(), (96, 128))
    assert 34 <= row < 58
    assert 70 <= column < 94
    assert saliency_map[:20, :40].max() < 0.3
