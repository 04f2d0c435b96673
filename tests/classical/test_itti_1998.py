"""The 1998 settings: broadly tuned colors by hand."""

import numpy as np

from wepsam.classical.itti_1998 import broadly_tuned


def testbroadly_tuned_channels_are_zero_for_gray_and_signed_for_colors() -> None:
    colors = np.array([[0.5, 0.5, 0.5], [0.9, 0, 0], [0, 0.9, 0], [0, 0, 0.9], [0.9, 0.9, 0], [0.01, 0, 0]]).T[:, None]
    red_green, blue_yellow = broadly_tuned(colors)[:, 0]
    # Divided by the intensity (mean): pure red is (3, 0, 0), pure yellow (1.5, 1.5, 0).
    np.testing.assert_allclose(red_green, [0, 3, -3, 0, 0.75 - 0.75, 0], atol=1e-12)
    np.testing.assert_allclose(blue_yellow, [0, 0, 0, 3, -1.5, 0], atol=1e-12)
