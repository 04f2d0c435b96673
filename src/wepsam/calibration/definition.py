"""What lies between a network and a laboratory: how sharp, how centered, how blurred and how noisy its densities are.

Laboratories differ in few things. Where in a picture something attracts people carries over from one to the next; how
sharply they look at it, how close to the center of the screen they stay, and how noisy their fixations are does not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from wepsam import maps

# Field -> the limits of its value, and its unit. Wide: they keep out what no laboratory needs.
LIMITS: dict[str, tuple[float, float, str]] = {
    "power": (0.01, 100.0, ""),
    "center_weight": (-100.0, 100.0, ""),
    "center_width": (0.02, 10.0, "of the picture's sides"),
    "blur": (0.0, 1.0, "of the picture's sides"),
    "floor": (0.0, 1.0, "of the probability"),
}
MOST_CELLS = 64  # a side of a low-resolution bias
MOST_LOGIT = 100.0  # of a bias
MOST_SCALES = 16


@dataclass(frozen=True)
class Calibration:
    """A few numbers that turn a predicted density into the density that a laboratory would measure.

    They are applied in this order:

        density  =  mean of the scales, weighted by `scale_weights`
        density  =  density ** power
        density *=  gaussian ** center_weight           (or exp(bias))
        density  =  gaussian_blur(density, blur)
        density  =  (1 - floor) * density + floor / number of cells

    and the density is divided by its sum after each step. The defaults change nothing.

    Attributes:
        power: 0.01 to 100. Above 1 the peaks stand out more; below 1 the density is flatter.
        center_weight: how strongly the middle of the picture is preferred; 0 not at all, below 0 it is avoided.
        center_width: standard deviation of the centered Gaussian as a share of each side of the picture. Only
            center_weight / center_width**2 matters; with a fixed width, weights can be compared.
        blur: standard deviation of a Gaussian blur as a share of the picture's sides (of their geometric mean).
        floor: share of the probability, from 0 to 1, that is spread evenly: glances that no content explains.
        bias: a low-resolution log bias, rows of numbers over the whole picture, in place of the centered Gaussian;
            it is enlarged bilinearly. Empty: none.
        scale_weights: what each size of the picture counts at quality "best", the smallest first. Empty: all the same.

    Examples:
        >>> import numpy as np, wepsam
        >>> wepsam.Calibration(power=2.0)(np.array([[0.25, 0.75]])).tolist()  # sharper
        [[0.1, 0.9]]
    """

    power: float = 1.0
    center_weight: float = 0.0
    center_width: float = 0.4
    blur: float = 0.0
    floor: float = 0.0
    bias: tuple[tuple[float, ...], ...] = ()
    scale_weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        for name, (low, high, unit) in LIMITS.items():
            value = getattr(self, name)
            if not _is_number(value) or not low <= value <= high:
                raise ValueError(
                    f"{name} is {_shown(value)}; expected a number from {low:g} to {high:g} {unit}".rstrip()
                )
        object.__setattr__(self, "bias", _table(self.bias))
        object.__setattr__(self, "scale_weights", _weights(self.scale_weights))

    def __call__(self, density: np.ndarray, center: np.ndarray | None = None) -> np.ndarray:
        """The calibrated density.

        Args:
            density: (..., h, w) >= 0, one or several of the network's own resolution: the blur takes two dense matrix
                products.
            center: (H, W) logits of any size to add to the log density in place of the calibration's own center.

        Returns:
            (..., h, w) float64, >= 0; each sums to 1.
        """
        density = np.asarray(density, dtype=np.float64)
        *_, height, width = density.shape
        if self.power != 1:
            density = _normalized(_to_largest(density) ** self.power)
        logits = self._center((height, width)) if center is None else maps.enlarge(center, (height, width))
        if logits is not None:
            logits = np.log(np.maximum(density, np.finfo(np.float32).tiny)) + logits
            density = _normalized(np.exp(logits - logits.max((-2, -1), keepdims=True)))
        if self.blur:
            density = maps.blur(density, self.blur * float(np.sqrt(height * width)))
        density = _normalized(density)
        return (1 - self.floor) * density + self.floor / (height * width) if self.floor else density

    def mean(self, densities: Sequence[np.ndarray]) -> np.ndarray:
        """The mean of the densities of a picture's scales, weighted by `scale_weights` if there are as many.

        Args:
            densities: (h, w) arrays of one shape, the smallest scale first.

        Returns:
            (h, w) float64.
        """
        weights = self.scale_weights if len(self.scale_weights) == len(densities) else None
        return np.asarray(np.mean(densities, axis=0) if weights is None else np.average(densities, 0, weights))

    def without_center(self) -> "Calibration":
        """The same without a preference for the center."""
        return replace(self, center_weight=0.0, bias=())

    def as_dict(self) -> dict[str, Any]:
        """The fields by their names, for JSON; those that do nothing are left out."""
        fields = {name: value for name, value in asdict(self).items() if value != getattr(NEUTRAL, name)}
        if self.center_weight:
            fields["center_width"] = self.center_width
        return fields

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> "Calibration":
        """The calibration of fields by their names, as `as_dict` gives them.

        Args:
            fields: those that are missing have their defaults.

        Returns:
            The calibration.

        Raises:
            ValueError: a field that there is not, or a value that cannot be.
        """
        if unknown := [name for name in fields if name not in cls.__dataclass_fields__]:
            raise ValueError(
                f"a calibration has no {_shown(unknown[0])}; expected {', '.join(cls.__dataclass_fields__)}"
            )
        return cls(**fields)

    def _center(self, shape: tuple[int, int]) -> np.ndarray | None:
        """The logarithm of the center's factor in each cell, up to a constant."""
        if self.bias:
            return maps.enlarge(np.array(self.bias, dtype=np.float32), shape)
        if not self.center_weight:
            return None
        strength = -0.5 * self.center_weight / self.center_width**2
        rows, columns = (((np.arange(side) + 0.5) / side - 0.5) ** 2 for side in shape)
        return strength * np.add.outer(rows, columns)


def _to_largest(values: np.ndarray) -> np.ndarray:
    """Each (h, w) map divided by its largest value; zeros stay zeros."""
    largest = values.max((-2, -1), keepdims=True)
    return np.asarray(values / np.where(largest > 0, largest, 1))


def _normalized(values: np.ndarray) -> np.ndarray:
    """Each (h, w) map divided by its sum; zeros carry no information and become uniform."""
    total = values.sum((-2, -1), keepdims=True)
    even = 1 / (values.shape[-2] * values.shape[-1])
    return np.asarray(np.where(total > 0, values / np.where(total > 0, total, 1), even))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _table(rows: Any) -> tuple[tuple[float, ...], ...]:
    """The bias as rows of equal length."""
    rows = rows.tolist() if isinstance(rows, np.ndarray) else rows
    expected = f"rows of equal length, at most {MOST_CELLS}x{MOST_CELLS} numbers from -{MOST_LOGIT:g} to {MOST_LOGIT:g}"
    if not isinstance(rows, list | tuple) or not all(isinstance(row, list | tuple) for row in rows):
        raise ValueError(f"bias is {_shown(rows)}; expected {expected}")
    table = tuple(tuple(row) for row in rows)
    fits = len(table) <= MOST_CELLS and all(0 < len(row) <= MOST_CELLS and len(row) == len(table[0]) for row in table)
    if not fits or not all(_is_number(v) and abs(v) <= MOST_LOGIT for row in table for v in row):
        raise ValueError(f"bias is {_shown(rows)}; expected {expected}")
    return table


def _weights(weights: Any) -> tuple[float, ...]:
    if not isinstance(weights, list | tuple) or len(weights) > MOST_SCALES:
        raise ValueError(f"scale_weights is {_shown(weights)}; expected up to {MOST_SCALES} numbers")
    if weights and not (all(_is_number(w) and 0 <= w < 1e9 for w in weights) and sum(weights) > 0):
        raise ValueError(f"scale_weights is {_shown(weights)}; expected numbers >= 0, at least one of them above 0")
    return tuple(weights)


NEUTRAL = Calibration()  # changes nothing
