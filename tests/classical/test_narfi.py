"""NARFI: its first centers and its avoidance of the border, by hand."""

import numpy as np

from wepsam.classical.narfi import avoidance, clustered, first_centers, frame, narfi


def test_the_first_centers_come_from_the_border() -> None:
    colors = np.zeros((32, 48, 3))
    colors[:2], colors[-2:] = 10, 20
    colors[10:20, 10:20] = 90
    centers = first_centers(colors)
    assert centers[:2].tolist() == [[10] * 3, [20] * 3]
    assert centers[4].tolist() == [90] * 3  # the farthest color from all of the border's
    labels = clustered(colors.reshape(-1, 3), centers).reshape(32, 48)
    assert len({labels[0, 20], labels[-1, 20], labels[15, 15]}) == 3


def test_avoidance_by_hand() -> None:
    labels = np.zeros((16, 16), int)
    labels[1:-1, 1:-1] = 1
    labels[4:8, 4:8] = 2
    labels[:, :1] = labels[5:9, 1:3] = 3  # 16 of 60 frame pixels, 24 of 256 in all
    assert frame(16, 16).sum() == 60
    assert avoidance(labels).tolist() == [0, 1, 1, 0]


def test_narfi_is_nearly_binary() -> None:
    stimulus = np.full((64, 96, 3), (90, 120, 90), np.uint8)
    stimulus[20:40, 30:60] = (200, 60, 40)
    saliency_map = narfi(stimulus)
    assert saliency_map[24:36, 34:56].min() > 0.9
    assert np.mean((saliency_map > 0.1) & (saliency_map < 0.9)) < 0.15
