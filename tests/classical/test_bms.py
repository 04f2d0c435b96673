"""Boolean maps against labeled regions, and by hand."""

import numpy as np
import pytest
from scipy import ndimage

from wepsam.classical.bms import bms, dilated
from wepsam.classical.bms_loops import attention


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def surrounded(boolean: np.ndarray) -> np.ndarray:
    """The slow, obvious version: label the connected regions (8 neighbors), drop those with a pixel at the border."""
    labels, count = ndimage.label(boolean, np.ones((3, 3)))
    inside = np.ones(count + 1, bool)
    inside[[*labels[0], *labels[-1], *labels[:, 0], *labels[:, -1], 0]] = False
    return inside[labels]


def test_regions_at_the_border_vanish() -> None:
    boolean = np.array(
        [
            [0, 0, 0, 0, 0, 0, 0],
            [1, 1, 0, 0, 1, 0, 0],  # the left region touches the border, the right one does not
            [0, 0, 0, 0, 1, 0, 0],
            [0, 0, 1, 0, 0, 1, 0],  # connected across a corner: (2, 4) and (3, 5); so out at (4, 6)
            [0, 0, 0, 0, 0, 0, 1],
            [0, 1, 1, 0, 0, 0, 0],
            [0, 0, 0, 0, 0, 0, 0],
        ],
        np.uint8,
    )
    expected = np.zeros(boolean.shape)
    expected[2:5, 1:4] += 1  # around (3, 2)
    expected[4:7, 0:4] = 1  # around (5, 1) and (5, 2)
    assert expected.sum() == 9 + 12 - 3
    np.testing.assert_allclose(attention(boolean[None], 8, 1), expected / 18**0.5)


def test_a_hole_is_surrounded_in_the_complement() -> None:
    ring = np.zeros((7, 7), np.uint8)
    ring[1:6, 1:6] = 20
    ring[3, 3] = 0
    (above, *_), hole = np.where(ring > 0), np.zeros((7, 7))
    assert len(above) == 24
    hole[2:5, 2:5] = 1
    # Above 0, 8 and 16 alike: the ring, which dilated fills the picture, and the hole, each by its norm.
    np.testing.assert_allclose(attention(ring[None], 8, 1), 3 * (1 / 7 + hole / 3))


@pytest.mark.parametrize("reach", [0, 1, 3])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (6, 1), (3, 4), (30, 41)])
def test_attention_is_that_of_labeled_regions(rng: np.random.Generator, shape: tuple[int, int], reach: int) -> None:
    channels = rng.integers(0, 60, (2, *shape), dtype=np.uint8)
    expected = np.zeros(shape)
    for channel in channels:
        for threshold in range(channel.min(), channel.max(), 8):  # as long as both true and false occur
            for boolean in (channel > threshold, channel <= threshold):
                region = dilated(surrounded(boolean), reach)
                expected += region / max(1, np.linalg.norm(region))
    np.testing.assert_allclose(attention(channels, 8, reach), expected)


def test_dilation_is_a_square() -> None:
    dot = np.zeros((5, 6))
    dot[2, 3] = 1
    assert np.argwhere(dilated(dot, 1)).tolist() == [[r, c] for r in (1, 2, 3) for c in (2, 3, 4)]


def test_bms_prefers_what_is_surrounded_to_what_leaves_the_picture() -> None:
    stimulus = np.full((80, 120, 3), 90, np.uint8)
    stimulus[30:50, 20:40] = 200
    stimulus[30:50, 95:] = 200
    saliency_map = bms(stimulus)
    assert saliency_map[30:50, 20:40].min() > 0.4
    assert saliency_map[30:50, 95:].max() < 0.1
