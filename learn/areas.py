"""Fit the intervals of areas' shares, and the center alone: python -m learn.areas DATA [MODEL]

Writes src/wepsam/attention/intervals.json. `learn` says what DATA is. MODEL is the name of shipped weights, by default
wepsam-lite. Run this again when its weights or its typical calibration change, and after it
`python recipes/areas_check.py DATA` and `python recipes/pairs_check.py DATA`. Takes some minutes of one core.

The validation pictures of the laboratories with fixations take part, with boxes on them that are chosen by rules. The
error of the model is fitted by maximum likelihood to the laboratories from which the model has not learned, each of
which counts once. Boxes around the places at which people looked most have no part in it. They were chosen by the
fixations that they are scored on, so chance has a part in that choice, and any model predicts too little there. How
many fixations a viewer makes, how alike they are and how many of them count as independent is measured where a
laboratory says which viewer looked where.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import brentq, minimize
from scipy.special import betaln

from learn import data
from wepsam import maps, resolve
from wepsam.attention import coverage, intervals, shares
from wepsam.attention.areas import Area
from wepsam.calibration import Calibration
from wepsam.datasets import Sample, learned
from wepsam.evaluation.subject import subject
from wepsam.files import write_json
from wepsam.prediction.predictor import DEFAULT, Predictor
from wepsam.progress import track
from wepsam.reproduction import laboratories

LABORATORIES = ("osie", "eyecrowd", "sjtu", "scene")  # those that publish fixations
SECONDS = {"osie": 3.0, "eyecrowd": 5.0}  # that a viewer looks, of those that name their viewers
SIDES = (0.1, 0.4)  # of boxes, as shares of the picture's sides
RANDOM, PLACES, TRIES = 8, 2, 2  # boxes at random; places of the other rules, and boxes around each
APART = 0.15  # of the sides: how far apart places are
AT_RANDOM, HOT, CONTRAST = "at random", "hot spots of people", "high contrast"
LEARNED_FROM = (AT_RANDOM, CONTRAST)  # the rules that do not know where people looked
GRID = 32  # cells a side, of the mean density of all pictures
LEAST_SHARE = 1e-6  # that a fit sees

Numbers = dict[str, float]
Density = Callable[[Sample, np.ndarray], np.ndarray]  # a picture and its pixels -> (h, w), sums to 1


@dataclass(frozen=True)
class Observed:
    """A box on a picture: what was predicted, and what people did.

    Attributes:
        laboratory: name of the dataset.
        rule: that chose the box.
        surface: share of the picture.
        shares: by the name of a prediction.
        measured: share of the fixations.
        made: (viewers,) fixations of each viewer; one entry for all of them if they are not told apart.
        inside: (viewers,) those in the box.
    """

    laboratory: str
    rule: str
    surface: float
    shares: Mapping[str, float]
    measured: float
    made: np.ndarray = field(repr=False)
    inside: np.ndarray = field(repr=False)

    @property
    def told_apart(self) -> bool:
        """Whether it is known which viewer looked where."""
        return len(self.made) > 1


# ---- boxes


def boxes(sample: Sample, stimulus: np.ndarray, rng: np.random.Generator) -> Iterable[tuple[str, tuple[float, ...]]]:
    """The boxes on a picture, each with its rule."""
    for _ in range(RANDOM):
        yield AT_RANDOM, random_box(rng.uniform(*SIDES, 2), rng)
    for rule, values in ((HOT, _small(sample.density())), (CONTRAST, _contrast(stimulus))):
        for place in _highest(values):
            for _ in range(TRIES):
                sides = rng.uniform(*SIDES, 2)
                yield rule, _box(np.clip(place, sides / 2, 1 - sides / 2), sides)


def random_box(sides: np.ndarray, rng: np.random.Generator) -> tuple[float, ...]:
    """A box (x0, y0, x1, y1) of these sides anywhere in the picture."""
    return _box(rng.uniform(sides / 2, 1 - sides / 2), sides)


def _box(middle: np.ndarray, sides: np.ndarray) -> tuple[float, ...]:
    return (*(middle - sides / 2), *(middle + sides / 2))


def _small(values: np.ndarray) -> np.ndarray:
    return maps.enlarge(values.astype(np.float32), (GRID, GRID))


def _contrast(stimulus: np.ndarray) -> np.ndarray:
    """(GRID, GRID) the standard deviation of the gray in each cell and around it."""
    gray = maps.enlarge(stimulus.mean(axis=2), (8 * GRID, 8 * GRID))
    cells = gray.reshape(GRID, 8, GRID, 8).std(axis=(1, 3))
    return maps.blur(cells, 1.0)


def _highest(values: np.ndarray) -> list[np.ndarray]:
    """The (x, y) of the highest places, which are APART."""
    values = values.copy()
    y, x = np.meshgrid(*(coverage.middles(GRID),) * 2, indexing="ij")
    places = []
    for _ in range(PLACES):
        row, column = np.unravel_index(values.argmax(), values.shape)
        places.append(np.array([x[row, column], y[row, column]]))
        values[(abs(x - x[row, column]) < APART) & (abs(y - y[row, column]) < APART)] = -np.inf
    return places


# ---- what is observed


def observe(folder: Any, predictions: Mapping[str, Density], names: Sequence[str] = LABORATORIES) -> list[Observed]:
    """The boxes on all validation pictures, with what each prediction says of them."""
    found = []
    for part in laboratories.validation_parts(folder, names):
        for number, sample in enumerate(track([s for s in part if s.has_density], part.name)):
            stimulus = sample.stimulus()
            densities = {name: predict(sample, stimulus) for name, predict in predictions.items()}
            for rule, box in boxes(sample, stimulus, np.random.default_rng(number)):
                found.append(of_area(part.name, rule, sample, Area(rule, box=box), densities))  # type: ignore[arg-type]
    return found


def of_area(name: str, rule: str, sample: Sample, area: Area, densities: Mapping[str, np.ndarray]) -> Observed:
    """What people did in an area of a picture, and what densities say of it."""
    assert sample.fixations is not None
    assert area.box is not None
    x, y = (sample.fixations / sample.size[::-1]).T
    x0, y0, x1, y1 = area.box
    is_inside = (x >= x0) & (x < x1) & (y >= y0) & (y < y1)
    who = np.zeros(len(x), int) if sample.observer is None else np.unique(sample.observer, return_inverse=True)[1]
    made, inside = np.bincount(who), np.bincount(who, is_inside)
    return Observed(
        name, rule, area.surface, {key: share(area, density) for key, density in densities.items()},
        float(is_inside.mean()), made, inside,
    )  # fmt: skip


def share(area: Area, density: np.ndarray) -> float:
    """The share of a density in an area."""
    rows, columns = (coverage.edges(side) for side in density.shape)
    return float((area.coverage(rows, columns) * density).sum())


def network(predict: Predictor) -> Density:
    """The density of a network as a prediction."""
    return lambda sample, stimulus: predict.low_resolution(stimulus)


# ---- the fits


def viewing(observed: Iterable[Observed]) -> Numbers:
    """Fixations of a viewer per second, and how alike they are: the means of the laboratories that name viewers.

    Where all viewers look alike, the counts of viewers in an area vary as chance says. They vary more by the factor
    1 + (k - 1) * clustering for k fixations of a viewer.
    """
    rates, clusterings = [], []
    for name, seconds in SECONDS.items():
        rows = [one for one in observed if one.laboratory == name and one.told_apart and 0 < one.measured < 1]
        made = np.mean([one.made.mean() for one in rows])
        squares = chance = 0.0
        for one in rows:
            expected = one.made * one.measured
            squares += ((one.inside - expected) ** 2 / one.made).sum() / (len(one.made) - 1)
            chance += one.measured * (1 - one.measured)
        rates.append(made / seconds)
        clusterings.append(max(0.0, (squares / chance - 1) / (made - 1)))
    return {"fixations_per_second": _rounded(np.mean(rates)), "clustering": _rounded(np.mean(clusterings))}


def independent(observed: Iterable[Observed], name: str) -> float:
    """The part of a viewer's fixations that, as independent ones, make `seen` right on the average."""
    rows = [one for one in observed if one.told_apart and one.laboratory in SECONDS]
    groups = [[one for one in rows if one.laboratory == lab] for lab in {one.laboratory for one in rows}]

    def bias(part: float) -> float:
        return float(np.mean([np.mean([seen(one, name, part) - seen_by(one) for one in group]) for group in groups]))

    return _rounded(brentq(bias, 0.05, 2.0))


def seen(one: Observed, name: str, part: float) -> float:
    """The predicted chance that a viewer looks into the box, if this part of the fixations is independent."""
    return float(1 - (1 - min(1.0, one.shares[name])) ** (part * one.made.mean()))


def seen_by(one: Observed) -> float:
    """The share of the viewers who looked into the box."""
    return float((one.inside > 0).mean())


def counts(rows: Sequence[Observed], view: Numbers) -> np.ndarray:
    """(N,) to how many independent fixations of a group those of each box come."""
    usual = view["fixations_per_second"] * 3
    made = np.array([one.made.mean() if one.told_apart else usual for one in rows])
    total = np.array([one.made.sum() for one in rows])
    return total / (1 + (made - 1) * view["clustering"])


def fit_error(groups: Sequence[Sequence[Observed]], name: str, view: Numbers) -> Numbers:
    """The numbers of `intervals.error` that make the measured shares likeliest; each group counts once."""
    known = []
    for rows in groups:
        s = np.clip([one.shares[name] for one in rows], LEAST_SHARE, 1 - LEAST_SHARE)
        surface, measured = (np.array(values) for values in zip(*((o.surface, o.measured) for o in rows), strict=True))
        known.append((s, surface, measured, counts(rows, view)))

    def loss(values: np.ndarray) -> float:
        total = 0.0
        for s, surface, measured, count in known:
            strength = 1 / np.clip(intervals.error(s, surface, _numbers(values)), 1e-6, 1 - 1e-6) - 1
            a, b, hits = s * strength, (1 - s) * strength, measured * count
            total -= float(np.mean(betaln(a + hits, b + count - hits) - betaln(a, b)))
        return total

    return {key: _rounded(v) for key, v in _numbers(minimize(loss, [-3.0, 0.0, 0.0], method="Nelder-Mead").x).items()}


def _numbers(values: np.ndarray) -> Numbers:
    return dict(zip(("constant", "by_share", "by_surface"), map(float, values), strict=True))


def fit_center(mean: np.ndarray, calibration: Calibration) -> Numbers:
    """The Gaussian that, with a calibration, comes closest to a mean density: the least KL divergence."""

    def gaussian(values: np.ndarray) -> Numbers:
        row, column, height, width = values
        return {"row": row, "column": column, "height": np.exp(height), "width": np.exp(width)}

    def loss(values: np.ndarray) -> float:
        alone = shares.gaussian(mean.shape, gaussian(values))
        return -float((mean * np.log(np.maximum(calibration(alone), 1e-12))).sum())

    best = minimize(loss, [0.5, 0.5, -1.5, -1.5], method="Nelder-Mead").x
    return {key: _rounded(value) for key, value in gaussian(best).items()}


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")


# ---- the script


def unseen(model: str, folder: Any) -> list[str]:
    """The laboratories from whose validation pictures a model has not learned."""
    known = subject(model).learned_from or {}
    parts = laboratories.validation_parts(folder, LABORATORIES)
    return [part.name for part in parts if not learned.seen(known, part, "validation")]


def main(model: str = DEFAULT) -> None:
    folder = data.folder(__doc__, "DATA")
    predict = resolve.predictor(model, threads=1)
    assert isinstance(predict, Predictor)
    means: list[np.ndarray] = []

    def density(sample: Sample, stimulus: np.ndarray) -> np.ndarray:
        found = network(predict)(sample, stimulus)
        means.append(maps.to_density(_small(found).astype(np.float64)))
        return found

    observed = [one for one in observe(folder, {model: density}) if one.rule in LEARNED_FROM]
    names = unseen(model, folder)
    view = viewing(observed)
    groups = [[one for one in observed if one.laboratory == name] for name in names]
    card = {
        "name": "intervals",
        "summary": "The error of areas' shares, how viewers sample, and the center alone.",
        "error": fit_error(groups, model, view),
        **view,
        "independent": independent(observed, model),
        "center": fit_center(np.mean(means, axis=0), predict.calibration.calibration),
        "fitted": {
            "model": predict.name,
            "weights": predict.card["sha256"],
            "calibration": predict.calibration.name,
            "error": {
                name: f"{len(group)} boxes on its validation pictures"
                for name, group in zip(names, groups, strict=True)
            },
            "viewing": {name: f"{seconds:g} s" for name, seconds in SECONDS.items()},
        },
        "terms": "MIT for these numbers. The pictures have their owners' terms; none of them is part of this file.",
        "license": "MIT",
    }
    write_json(intervals.CARD, card)
    print({key: card[key] for key in ("error", *view, "independent", "center")})


if __name__ == "__main__":
    main()
