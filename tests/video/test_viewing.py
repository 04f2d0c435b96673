import numpy as np
import pytest

import wepsam
from wepsam.calibration import Calibration
from wepsam.video.viewing import look, shown_as, steady


def test_small_clips_are_flat_and_central_and_large_ones_are_sharp():
    small, large = shown_as((240, 416), None), shown_as((1080, 1920), None)
    assert small.calibration(10).power < 1 < large.calibration(10).power
    assert small.calibration(10).center_weight > 2 > large.calibration(10).center_weight
    assert small.enlargement == 1 < large.enlargement
    assert shown_as((240, 416), "1920x1080") == large


def test_a_clip_begins_in_the_middle():
    viewing = shown_as((720, 1280), None)
    weights = [viewing.calibration(second).center_weight for second in (0, 1, 5)]
    assert weights[0] > weights[1] > weights[2]


@pytest.mark.parametrize("shown", ["large", "0x10", "12x", (0, 4), "9999999x1"])
def test_sizes_that_cannot_be(shown):
    with pytest.raises(ValueError, match="expected WIDTHxHEIGHT"):
        shown_as((10, 10), shown)


def test_densities_are_steady_within_a_scene():
    rng = np.random.default_rng(0)
    times = np.arange(12) / 10
    densities = rng.uniform(0.5, 1.5, (12, 2, 3))
    cuts = [place in (0, 7) for place in range(12)]
    found = list(steady(zip(times, densities, cuts, strict=True)))
    assert [time for time, _, _ in found] == times.tolist()
    for place, (time, density, cut) in enumerate(found):
        scene = slice(0, 7) if place < 7 else slice(7, 12)
        near = np.abs(times[scene] - time) < 0.3 + 1e-9
        weights = np.exp(-0.5 * ((times[scene][near] - time) / 0.1) ** 2)
        expected = np.exp(np.average(np.log(densities[scene][near]), axis=0, weights=weights))
        assert density == pytest.approx(expected)
        assert cut == cuts[place]


def test_what_does_not_flicker_stays():
    density = np.array([[0.1, 0.9]])
    found = list(steady((k / 10, density, k == 0) for k in range(5)))
    assert all(each == pytest.approx(density) for _, each, _ in found)


def test_a_calibration_that_is_asked_for_is_kept():
    model = wepsam.load(quality="fast")
    viewing = shown_as((240, 416), None)
    assert look(model, viewing).name == "by size"
    fixed = Calibration(power=2)
    asked = look(model.with_settings(calibration=fixed), viewing)
    assert asked.calibration is not None
    assert asked.calibration(3.0) == fixed
    assert look(lambda pixels: pixels.mean(2), viewing).calibration is None


def test_large_clips_are_seen_at_more_pixels():
    model = wepsam.load(quality="fast")
    picture = np.random.default_rng(0).integers(0, 256, (360, 640, 3), np.uint8)
    usual, larger = (look(model, shown_as(size, None)).density(picture).shape for size in ((360, 640), (1080, 1920)))
    assert larger[1] > 1.3 * usual[1]
