"""Entropy, rejection and selection, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from helpers import Paint
from wepsam.weak.selection import entropy, order_by_entropy, rejection_reason


def test_entropy_by_hand() -> None:
    assert entropy(np.full((32, 32), 7, np.uint8)) == 0
    assert entropy(np.repeat([3, 200], 512).astype(np.uint8).reshape(32, 32)) == 1
    assert entropy(np.arange(256, dtype=np.uint8).reshape(16, 16)) == 8
    # 1/2, 1/4, 1/8, 1/8: 1/2 + 2/4 + 3/8 + 3/8
    assert entropy(np.repeat([0, 1, 2, 3], [4, 2, 1, 1]).astype(np.uint8)[None]) == 1.75


def test_entropy_sees_how_many_levels_there_are_and_not_where_nor_which() -> None:
    rng = np.random.default_rng(0)
    teacher_map = rng.integers(0, 9, (32, 32)).astype(np.uint8)
    other_levels = rng.permutation(256).astype(np.uint8)[teacher_map]
    shuffled = rng.permutation(other_levels.ravel()).reshape(32, 32)
    assert entropy(shuffled) == pytest.approx(entropy(teacher_map))


def test_entropy_is_for_8_bit_maps() -> None:
    with pytest.raises(ValueError, match="float64"):
        entropy(np.zeros((2, 2)))


def test_order_by_entropy() -> None:
    entropies = np.array([5.0, 1.0, 3.0, 1.0, 4.0])
    np.testing.assert_array_equal(order_by_entropy(entropies, 3), [1, 3, 2])  # in rising order, a tie by position
    np.testing.assert_array_equal(order_by_entropy(entropies, 100_000), [1, 3, 2, 4, 0])
    np.testing.assert_array_equal(order_by_entropy(entropies, 0.4), [1, 3])
    np.testing.assert_array_equal(order_by_entropy(entropies, 1.0), [1, 3, 2, 4, 0])  # all
    for one in (1, np.int64(1)):
        np.testing.assert_array_equal(order_by_entropy(entropies, one), [1])
    assert len(order_by_entropy(np.array([]), 3)) == 0
    for none in (0, -1, 0.0, 2.5):
        with pytest.raises(ValueError, match="keep is a count"):
            order_by_entropy(entropies, none)


def test_what_is_rejected_and_why(paint: Paint) -> None:
    stimulus, ramp = paint(0), np.arange(1024).reshape(32, 32) / 4
    spike, plateau = np.zeros((32, 32)), np.full((32, 32), 255)
    spike[4:6, 4:6] = 255  # 4 of 1024: .4 %
    plateau[0] = 0  # 31 of 32: 97 %
    cases: list[tuple[np.ndarray, np.ndarray, str | None]] = [
        (stimulus, ramp, None),
        (np.full((128, 128, 3), 90, np.uint8), ramp, "blank picture"),
        (stimulus, np.full((32, 32), 90), "constant map"),
        (stimulus, spike, "lone spike"),
        (stimulus, plateau, "plateau"),
    ]
    for picture, teacher_map, reason in cases:
        assert rejection_reason(picture, teacher_map.astype(np.uint8)) == reason


def test_a_picture_that_differs_in_color_only_is_not_blank() -> None:
    stimulus = np.zeros((128, 128, 3), np.uint8)
    stimulus[:, 64:, 2] = 40
    assert rejection_reason(stimulus, np.arange(1024).reshape(32, 32).astype(np.uint8)) is None
