"""A calibration is what its docstring says, and changes nothing by default."""

import numpy as np
import pytest

from wepsam import Calibration, maps


def density(seed: int = 0, shape: tuple[int, int] = (24, 32)) -> np.ndarray:
    return maps.to_density(maps.blur(np.random.default_rng(seed).random(shape) ** 6, 1.5))


def test_by_default_nothing_changes() -> None:
    np.testing.assert_allclose(Calibration()(density()), density(), rtol=1e-12)


def test_it_is_the_formula_of_its_docstring() -> None:
    calibration = Calibration(power=0.7, center_weight=1.3, center_width=0.3, blur=0.05, floor=0.1)
    values = density() ** 0.7
    y, x = np.mgrid[:24, :32] + 0.5
    gaussian = np.exp(-0.5 * (((y / 24 - 0.5) / 0.3) ** 2 + ((x / 32 - 0.5) / 0.3) ** 2))
    values = maps.to_density(maps.to_density(values) * gaussian**1.3)
    values = maps.to_density(maps.blur(values, 0.05 * (24 * 32) ** 0.5))
    np.testing.assert_allclose(calibration(density()), 0.9 * values + 0.1 / values.size, rtol=1e-9)


def test_each_number_does_what_its_name_says() -> None:
    plain = density()

    def entropy(values: np.ndarray) -> float:
        return float(-(values * np.log(values)).sum())

    def middle(values: np.ndarray) -> float:
        return float(values[6:18, 8:24].sum())

    assert entropy(Calibration(power=1.5)(plain)) < entropy(plain) < entropy(Calibration(power=0.7)(plain))
    assert middle(Calibration(center_weight=-1)(plain)) < middle(plain) < middle(Calibration(center_weight=1)(plain))
    assert Calibration(blur=0.1)(plain).max() < plain.max()
    assert Calibration(floor=0.5)(plain).min() >= 0.5 / plain.size
    bias = Calibration(bias=((5.0, 0.0),))(plain)
    assert bias[:, :16].sum() > plain[:, :16].sum()


def test_only_weight_over_squared_width_matters() -> None:
    one, other = (Calibration(center_weight=w, center_width=s)(density()) for w, s in ((1, 0.25), (4, 0.5)))
    np.testing.assert_allclose(one, other, rtol=1e-9)


def test_several_densities_at_once_are_calibrated_each_by_itself() -> None:
    calibration = Calibration(power=0.8, center_weight=1, blur=0.03, floor=0.02)
    several = np.stack([density(seed) for seed in range(3)])
    np.testing.assert_allclose(calibration(several), [calibration(one) for one in several], rtol=1e-12)


def test_zeros_and_extreme_numbers_stay_densities() -> None:
    for values in (np.zeros((5, 6)), np.eye(6), density()):
        for calibration in (
            Calibration(power=100), Calibration(power=0.01), Calibration(center_weight=100, center_width=0.02),
            Calibration(center_weight=-100, center_width=0.02), Calibration(blur=1), Calibration(floor=1),
        ):  # fmt: skip
            answer = calibration(values)
            assert np.isfinite(answer).all()
            assert answer.min() >= 0
            assert answer.sum() == pytest.approx(1)


def test_scales_are_weighted_if_there_are_as_many() -> None:
    scales = [density(seed) for seed in range(3)]
    weighted = Calibration(scale_weights=(0, 0, 2))
    np.testing.assert_allclose(weighted.mean(scales), scales[2])
    np.testing.assert_allclose(weighted.mean(scales[:1]), scales[0])
    np.testing.assert_allclose(Calibration().mean(scales), np.mean(scales, axis=0))


def test_fields_come_back_from_json() -> None:
    calibration = Calibration(0.8, 1.2, 0.3, 0.02, 0.01, ((1.0, 2.0), (0.0, -1.0)), (1.0, 2.0))
    assert Calibration.from_dict(calibration.as_dict()) == calibration
    assert Calibration().as_dict() == {}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"power": 0}, "power is 0; expected a number from 0.01 to 100"),
        ({"power": float("nan")}, "power is nan"),
        ({"power": "1"}, "power is '1'"),
        ({"power": True}, "power is True"),
        ({"blur": 1.5}, "blur is 1.5; expected a number from 0 to 1 of the picture's sides"),
        ({"floor": -0.1}, "floor is -0.1"),
        ({"center_width": 0}, "center_width is 0"),
        ({"center_weight": 1e308}, r"center_weight is 1e\+308"),
        ({"bias": ((1, 2), (3,))}, "bias is .*rows of equal length"),
        ({"bias": ((float("inf"),),)}, "bias is"),
        ({"bias": 3}, "bias is 3"),
        ({"scale_weights": (0, 0)}, "at least one of them above 0"),
        ({"scale_weights": (1,) * 17}, "up to 16 numbers"),
        ({"sharpness": 1}, "a calibration has no 'sharpness'; expected power, center_weight"),
    ],
)
def test_numbers_that_cannot_be_are_refused(fields: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Calibration.from_dict(fields)
