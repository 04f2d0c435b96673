"""The sRGB curve and its inverse."""

import numpy as np

from wepsam import srgb


def test_the_curve_at_known_levels() -> None:
    np.testing.assert_allclose(
        srgb.to_linear(np.array([0, 10, 188, 255], np.uint8)), [0, 0.0030353, 0.502886, 1], atol=1e-6
    )


def test_there_and_back() -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    np.testing.assert_allclose(srgb.from_linear(srgb.to_linear(levels)) * 255, levels, atol=1e-2)
