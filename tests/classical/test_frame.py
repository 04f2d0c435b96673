"""The frame around each model: working sizes, uniform pictures, the way back to the stimulus' size."""

import inspect

import numpy as np
import pytest

from wepsam.classical import bms
from wepsam.classical._frame import classical_model, finished, lab, longer_side, square


def test_working_shapes() -> None:
    assert longer_side(100)(300, 200) == (100, 67)
    assert longer_side(100)(30, 20) == (30, 20)
    assert longer_side(100, enlarge=True)(30, 20) == (100, 67)
    assert longer_side(100, shortest=7)(1000, 3) == (100, 7)
    assert square(64)(30, 500) == (64, 64)


def test_a_model_sees_the_picture_at_working_size_and_answers_at_the_stimulus_size() -> None:
    seen = []

    @classical_model(longer_side(10))
    def model(picture: np.ndarray, *, factor: float = 1.0) -> np.ndarray:
        """A model."""
        seen.append(picture.shape)
        return factor * picture[..., 0].astype(float)

    stimulus = np.zeros((20, 40, 3), np.uint8)
    stimulus[:, 30:] = 200
    saliency_map = model(stimulus, factor=-1.0)
    assert seen == [(5, 10, 3)]
    assert saliency_map.shape == (20, 40)
    assert saliency_map.dtype == np.float32
    assert saliency_map[:, 0].min() > 0.9  # stretched to [0, 1]
    assert saliency_map[:, -1].max() < 0.1
    assert not model(np.full((20, 40, 3), 7, np.uint8)).any()
    assert len(seen) == 1  # nothing is computed for a uniform picture
    assert model.__doc__ == "A model."
    with pytest.raises(
        ValueError, match=r"got an array of shape \(4, 4\) and type uint8, expected \(H, W, 3\) uint8 RGB"
    ):
        model(stimulus[:4, :4, 0])


def test_help_shows_the_stimulus_and_the_settings() -> None:
    assert list(inspect.signature(bms).parameters) == ["stimulus", "median", "dilation", "last_dilation", "blur"]


def test_a_map_that_is_constant_but_for_rounding_becomes_zeros() -> None:
    values = np.full((4, 5), 3.0)
    values[1, 1] += 1e-7
    assert not finished(values, (8, 10)).any()
    values[1, 1] += 1e-3
    assert finished(values, (8, 10)).max() == 1


def test_lab_by_its_definition() -> None:
    colors = np.array([[[255, 255, 255], [0, 0, 0], [119, 119, 119], [255, 0, 0]]], np.uint8)
    expected = [[100, 0, 0], [0, 0, 0], [50.03, 0, 0], [53.24, 80.09, 67.20]]
    np.testing.assert_allclose(lab(colors)[0], expected, atol=0.02)
    assert not lab(colors)[0, 2, 1:].any()  # gray has no color, to the last bit
