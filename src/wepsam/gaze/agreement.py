"""How well observers predict each other: what a model could reach at most, and who agrees with nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from wepsam import maps, metrics
from wepsam.classical.center_bias import CenterBias
from wepsam.datasets.base import FixationDataset
from wepsam.evaluation import people
from wepsam.evaluation.results import interval
from wepsam.gaze.study import Seen, Study
from wepsam.metrics._prepared import MapLike, PreparedMap
from wepsam.shapes import within

METRICS = ("nss", "auc_judd")
LEAST = 2  # observers of a picture
ODD = 3.5  # robust deviations below the others, from which an observer agrees with nobody (Iglewicz and Hoaglin 1993)
FEW = 4  # observers; fewer do not show who is odd
NARROW = 256  # pixels of the longer side at which maps are compared: they are blurred anyway


@dataclass(frozen=True, eq=False)
class Agreement:
    """How well the others predict each observer.

    Attributes:
        rows: (N,) structured: picture and observer as numbers, nss and auc_judd of the others' density.
        pictures: their names.
        observers: their names.
    """

    rows: np.ndarray
    pictures: list[str]
    observers: list[str]

    def of_observer(self, metric: str) -> dict[str, float]:
        """The mean score of each observer over the pictures; NaN for one whom nobody shares a picture with."""
        mine = (self.rows[metric][self.rows["observer"] == n] for n in range(len(self.observers)))
        means = (float(np.nanmean(one)) if len(one) else float("nan") for one in mine)
        return dict(zip(self.observers, means, strict=True))

    def of_picture(self, metric: str) -> np.ndarray:
        """(P,) the mean score over the observers of each picture that has any."""
        means = [self.rows[metric][self.rows["picture"] == n] for n in np.unique(self.rows["picture"])]
        return np.array([float(np.nanmean(one)) for one in means])

    def mean(self, metric: str) -> dict[str, float]:
        """The mean over pictures with its 95 % bootstrap interval over pictures, and that over observers.

        Two intervals, because both are drawn: other pictures, and other people.
        """
        value, low, high = interval(self.of_picture(metric))
        by_person = np.array([one for one in self.of_observer(metric).values() if np.isfinite(one)])
        _, least, most = interval(by_person)
        return {"mean": value, "low": low, "high": high, "low_over_observers": least, "high_over_observers": most}


def leave_one_out(study: Study) -> Agreement:
    """Each observer on each picture, predicted by the density of all others' fixations on it.

    Maps are compared at 256 pixels of the longer side. Every fixation counts (protocol `tuebingen`).
    """
    names, observers = [*study.seen], study.observers
    place = {name: number for number, name in enumerate(observers)}
    rows: list[tuple[int, int, float, float]] = []
    for number, seen in enumerate(study.seen.values()):
        seen = small(seen)
        names_of = seen.observer.astype(str)
        everyone = np.unique(names_of)
        if len(everyone) < LEAST:
            continue
        others = maps.densities_without(seen.points, names_of, seen.sample.size, seen.sample.sigma)
        for one, predicted in zip(everyone, others, strict=True):
            scores = score(PreparedMap(predicted), seen.points[names_of == one])
            rows.append((number, place[one], *scores))
    kinds = [("picture", int), ("observer", int), *((name, float) for name in METRICS)]
    return Agreement(np.array(rows, dtype=kinds), names, observers)


def score(predicted: MapLike, points: np.ndarray) -> tuple[float, float]:
    """NSS and AUC-Judd of a map at (N, 2) fixations, each of which counts."""
    return (
        metrics.nss(predicted, points, protocol="tuebingen"),
        metrics.auc_judd(predicted, points, protocol="tuebingen"),
    )


def small(seen: Seen) -> Seen:
    """The same at NARROW pixels of the longer side, if the picture is larger."""
    whole = seen.sample.size
    size = within(*whole, NARROW)
    points = maps.moved(seen.points, whole, size)
    sigma = seen.sample.sigma * min(1.0, NARROW / max(whole))
    return replace(seen, sample=replace(seen.sample, size=size, sigma=sigma, fixations=points), points=points)


def odd_ones(agreement: Agreement) -> list[str]:
    """Observers whom the others predict far worse than each other: by the median and its deviation, or at chance."""
    values = agreement.of_observer("nss")
    known = {name: value for name, value in values.items() if np.isfinite(value)}
    if len(known) < FEW:
        return []
    numbers = np.array([*known.values()])
    middle = float(np.median(numbers))
    if middle < 0.2:  # nobody agrees with anybody
        return []
    spread = 1.4826 * float(np.median(np.abs(numbers - middle)))
    return [
        name for name, value in known.items()
        if value < 0.25 * middle or (spread > 0 and value < middle - ODD * spread and value < 0.6 * middle)
    ]  # fmt: skip


def ceiling(study: Study) -> dict[str, Any] | None:
    """What a model could reach at most: the gold standard, by which people predict one more person.

    Returns:
        NSS, AUC-Judd and information gain in bit over the center bias, each with its interval over pictures; and the
        same of the center bias alone. None if no picture has two observers.
    """
    small_ones = {name: small(seen) for name, seen in study.seen.items() if len(seen.points)}
    dataset = _dataset(study.dataset, list(small_ones.values()))
    bias = CenterBias(dataset.samples)
    try:
        gold = people.gold_standard(dataset, bias)
    except ValueError:
        return None
    rows: dict[str, list[tuple[float, float, float]]] = {"people": [], "center": []}
    for sample in dataset:
        center = PreparedMap(maps.to_density(bias.without(sample).astype(np.float64)))
        for kind, pairs in (("people", gold(sample)), ("center", people.center_bias(dataset, bias)(sample))):
            found = [
                _scores(PreparedMap(predicted), other.fixations, center)
                for predicted, other in pairs if other.fixations is not None and len(other.fixations)
            ]  # fmt: skip
            if found:
                rows[kind].append(tuple(np.mean(found, axis=0)))
    said: dict[str, Any] = {}
    for kind, values in rows.items():
        table = np.array(values).reshape(-1, 3)
        said[kind] = {
            name: dict(zip(("mean", "low", "high"), interval(table[:, place]), strict=True))
            for place, name in enumerate((*METRICS, "info_gain"))
            if kind == "people" or name in METRICS  # the gain of the center over itself is none
        }
    fitted = getattr(gold, "fitted", None)
    return said | {"sigma": None if fitted is None else fitted.sigma, "pictures": len(rows["people"])}


def _scores(predicted: PreparedMap, points: np.ndarray, center: PreparedMap) -> tuple[float, float, float]:
    """NSS, AUC-Judd and the gain over the center bias in bit."""
    return *score(predicted, points), metrics.info_gain(predicted, points, center, protocol="tuebingen")


def _dataset(whole: FixationDataset, seen: Sequence[Seen]) -> FixationDataset:
    """The dataset at the size at which maps are compared."""
    samples = [
        replace(one.sample, observer=np.unique(one.observer.astype(str), return_inverse=True)[1]) for one in seen
    ]
    return replace(whole, samples=tuple(samples))
