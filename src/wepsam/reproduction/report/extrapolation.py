"""What a longer training would reach, from three trainings of which each is twice as long as the one before.

The assumption is a power law, value = limit + b * length ** -c with c > 0. Then each doubling changes the value by the
same share, below 1, of what the doubling before it changed. Three lengths determine it exactly and cannot test it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wepsam.evaluation.results import RESAMPLES

CONFIDENCE = 0.95


@dataclass(frozen=True)
class PowerLaw:
    """A power law through three values.

    Attributes:
        last: the value at the longest length.
        step: what the last doubling changed.
        share: what a doubling changes, of what the one before it changed; above 0 and below 1.
    """

    last: float
    step: float
    share: float

    def after(self, doublings: float) -> float:
        """The value after so many more doublings."""
        return self.last + self.step * self.share * (1 - self.share**doublings) / (1 - self.share)

    def doublings_until(self, close: float, end: float) -> int:
        """The fewest doublings, 0 to `end`, after which the value is as close as this to that after `end` of them."""
        goal = self.after(end)
        return next((n for n in range(math.ceil(end)) if abs(self.after(n) - goal) <= close), math.ceil(end))


def through(values: Sequence[float]) -> PowerLaw | None:
    """The power law through three values, at lengths 1, 2 and 4; None if the changes do not shrink.

    Raises:
        ValueError: these are not three values.
    """
    first, second, third = map(float, values)
    before, step = second - first, third - second
    share = step / before if before else math.inf
    return PowerLaw(third, step, share) if 0 < share < 1 else None


def interval_after(scores: np.ndarray, doublings: float, seed: int = 0) -> tuple[float, float] | None:
    """The bootstrap interval over pictures of the value after more doublings.

    Args:
        scores: (3, pictures), the scores of each picture at the three lengths.
        doublings: after the longest.
        seed: of the bootstrap.

    Returns:
        Its ends. They are infinite where the changes of a resample do not shrink, so that an interval may be open;
        None if most resamples have no power law.
    """
    pictures = scores.shape[1]
    draws = np.random.default_rng(seed).integers(0, pictures, (RESAMPLES, pictures))
    means = scores[:, draws].mean(2).T  # (RESAMPLES, 3)
    laws = [through(row) for row in means]
    if sum(law is None for law in laws) > RESAMPLES / 2:
        return None
    # Without a power law, all that is known is the direction of the last change.
    values = [
        law.after(doublings) if law else math.copysign(math.inf, row[2] - row[1])
        for law, row in zip(laws, means, strict=True)
    ]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(values, [tail, 1 - tail], method="nearest")
    return float(low), float(high)
