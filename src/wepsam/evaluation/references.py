"""What every table needs beside the models: the center bias, and people."""

from collections.abc import Callable, Iterable

import numpy as np

from wepsam import maps
from wepsam.classical.center_bias import CenterBias
from wepsam.datasets import FixationDataset, Sample
from wepsam.evaluation import gold

# For a sample: predictions, each with the sample that it is to be scored against.
Reference = Callable[[Sample], Iterable[tuple[np.ndarray, Sample]]]


def center_bias(dataset: FixationDataset, bias: CenterBias) -> Reference:
    """Mean density of all other pictures."""
    return lambda sample: [(bias.without(sample), sample)]


def one_observer(dataset: FixationDataset, bias: CenterBias) -> Reference:
    """Each observer in turn predicts the others, by the density of this one's fixations."""
    _need_observers(dataset)

    def predict(sample: Sample) -> Iterable[tuple[np.ndarray, Sample]]:
        everyone = np.unique(_observers(sample))
        for one in everyone:
            yield _predicted(sample.observed_by(one)), sample.observed_by(everyone[everyone != one])

    return predict


def half_of_observers(dataset: FixationDataset, bias: CenterBias, splits: int = 5) -> Reference:
    """The human ceiling: half of the observers predict the other half, `splits` times, drawn with a fixed seed.

    A lower bound of what can be predicted: with more people both the prediction and the truth would be smoother.
    """
    _need_observers(dataset)

    def predict(sample: Sample) -> Iterable[tuple[np.ndarray, Sample]]:
        rng = np.random.default_rng(0)
        for _ in range(splits):
            order = rng.permutation(np.unique(_observers(sample)))
            half = len(order) // 2
            if half:  # one observer has nobody to predict
                yield _predicted(sample.observed_by(order[:half])), sample.observed_by(order[half:])

    return predict


def gold_standard(dataset: FixationDataset, bias: CenterBias) -> Reference:
    """All observers but one predict this one, each in turn, by a mixture that was fitted to the dataset."""
    _need_observers(dataset)
    return gold.gold_standard(dataset, bias)


REFERENCES: dict[str, Callable[[FixationDataset, CenterBias], Reference]] = {
    "center-bias": center_bias,
    "one-observer": one_observer,
    "half-of-observers": half_of_observers,
    "gold-standard": gold_standard,
}
# One person's few fixations make a density that nobody could have predicted: CC, SIM and KL against it are far from
# what models get against everybody's, and are left out. Scores at fixations stay comparable, whoever looked there.
AT_FIXATIONS_ONLY = {"gold-standard"}
PEOPLE = ("one-observer", "half-of-observers", "gold-standard")
# What a comparison always shows beside the models: the floor, the teacher, people.
ALWAYS = ("center-bias", "gbvs", "one-observer", "gold-standard")


def _predicted(sample: Sample) -> np.ndarray:
    assert sample.fixations is not None
    return maps.density(sample.fixations, sample.size, sample.sigma)


def _observers(sample: Sample) -> np.ndarray:
    assert sample.observer is not None
    return sample.observer


def _need_observers(dataset: FixationDataset) -> None:
    if any(sample.observer is None for sample in dataset):
        raise ValueError(f"{dataset.name} does not say which observer looked where, so people cannot be scored on it")
