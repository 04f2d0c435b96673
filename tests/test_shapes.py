"""The shape in which a network sees a picture, and sizes as people write them."""

import numpy as np
import pytest

from wepsam.shapes import AREA, LEAST_AREA, SIDE_STEP, input_shape, sides, training_shape, within


@pytest.mark.parametrize("aspect", np.geomspace(0.25, 4, 15))
@pytest.mark.parametrize("area", [LEAST_AREA, AREA])
def test_input_shapes_keep_the_aspect_and_the_area(aspect: float, area: int) -> None:
    height, width = input_shape(round(1000 / aspect**0.5), round(1000 * aspect**0.5), area)
    assert height % SIDE_STEP == width % SIDE_STEP == 0
    assert width / height == pytest.approx(aspect, rel=0.2)
    assert height * width == pytest.approx(area, rel=0.25)


def test_input_shapes_by_hand_and_at_the_extremes() -> None:
    assert input_shape(600, 800) == (288, 384)
    assert input_shape(3, 4) == input_shape(150, 200, LEAST_AREA) == (192, 256)  # small pictures stay smaller
    assert input_shape(600, 800, LEAST_AREA) == (192, 256)
    assert input_shape(1, 1, LEAST_AREA) == (224, 224)
    assert input_shape(1, 100_000) == tuple(reversed(input_shape(100_000, 1)))


def test_training_never_enlarges_beyond_the_least_area() -> None:
    assert training_shape(200, 266) == (192, 256)
    assert training_shape(30, 40) == input_shape(30, 40, LEAST_AREA)
    assert training_shape(600, 800) == input_shape(600, 800)


def test_a_small_shape_keeps_the_aspect_and_is_never_larger() -> None:
    assert within(600, 800, 64) == (48, 64)
    assert within(30, 20, 64) == (30, 20)
    assert within(10, 10_000, 64) == (1, 64)


@pytest.mark.parametrize("given", ["1280x800", " 1280 X 800 ", "1280*800", "1280\u00d7800", (1280, 800), [1280, 800]])
def test_ways_to_write_a_size(given: object) -> None:
    assert sides(given, "the screen", "1x1") == (1280, 800)


@pytest.mark.parametrize("given", ["", "x", "1x", "0x1", "-1x1", "1x1x1", "1.5x2", "\u0661x1", (1,), (1.0, 2), 7, None])
def test_what_is_no_size_is_told_in_one_line_with_an_example(given: object) -> None:
    with pytest.raises(ValueError, match=r"^the screen is .*; expected WIDTHxHEIGHT of 1 to 9 pixels .* as 4x3$"):
        sides(given, "the screen", "4x3", 9)
    with pytest.raises(ValueError, match=r"^the screen is '9{20}.{,40}; expected"):
        sides("9" * 5000 + "x1", "the screen", "4x3")
