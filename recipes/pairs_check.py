"""Are comparisons of two pictures right? A table of docs/explanation/answers.md: python recipes/pairs_check.py [DATA]

DATA is the folder with osie/, eyecrowd/, sjtu/, scene/ and salicon/ (docs/reference/datasets.md). Pairs of boxes are
drawn on their validation pictures. One group of observers looks at the one, another group at the other, as if two
variants were tested. The result is kept in results/attention/pairs.json; that takes ten minutes or more. Without DATA
the table is made again from that file.

There are no fixations on variants of one design. The pairs lie around such variants: two photographs that have nothing
in common; one photograph with the box in two places; one photograph and one box, where only the people differ.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from learn import areas as learn
from learn.areas import Observed
from wepsam import markdown, progress, resolve
from wepsam.attention import intervals
from wepsam.attention.answers import rounded
from wepsam.attention.areas import Area
from wepsam.datasets import Sample
from wepsam.files import write_json
from wepsam.prediction.predictor import DEFAULT, Predictor
from wepsam.reproduction import laboratories

ROOT = Path(__file__).parents[1]
PAGE, RESULT = ROOT / "docs" / "explanation" / "answers.md", ROOT / "results" / "attention" / "pairs.json"
CHECKED = ("osie", "eyecrowd", "sjtu")
MODEL, OTHER_PEOPLE = DEFAULT, "salicon-densities"
BOXES = 12  # pairs of areas on each pair of pictures
SAME_PLACE, OTHER_PLACE = "two photographs, one place", "two photographs, two places"
MOVED, NOTHING = "one photograph, two places", "one photograph, one place"
LABORATORIES = "one photograph, one place, two laboratories"
KINDS = (SAME_PLACE, OTHER_PLACE, MOVED, NOTHING, LABORATORIES)

Row = dict[str, Any]
Pair = tuple[Observed, Observed]


def main(arguments: Sequence[str]) -> None:
    if arguments:
        progress.show()
        write_json(RESULT, rounded(measure(arguments[0])))
    markdown.insert(PAGE, "pairs", table(json.loads(RESULT.read_text(encoding="utf-8"))))


def measure(folder: str) -> Row:
    """What the document says, from the pictures of a folder."""
    predict = resolve.predictor(MODEL, threads=1)
    assert isinstance(predict, Predictor)
    known: dict[Path, np.ndarray] = {}

    def density(sample: Sample, stimulus: np.ndarray) -> np.ndarray:
        if sample.path not in known:
            known[sample.path] = predict.low_resolution(stimulus)
        return known[sample.path]

    fitted_to = learn.unseen(MODEL, folder)
    observed = [one for one in learn.observe(folder, {MODEL: density}) if one.rule in learn.LEARNED_FROM]
    view = {key: intervals.card()[key] for key in ("fixations_per_second", "clustering")}
    others = {_number(s.id): s for s in laboratories.validation_parts(folder, [OTHER_PEOPLE])[0]}
    rows = []
    for part in laboratories.validation_parts(folder, CHECKED):
        names = [name for name in fitted_to if name != part.name]
        numbers = learn.fit_error([[o for o in observed if o.laboratory == name] for name in names], MODEL, view)
        shown = [(sample, known[sample.path]) for sample in part if sample.has_density]
        pairs = {kind: [*found] for kind, found in _pairs(part.name, shown, others)}
        rows += [
            {"laboratory": part.name, "kind": kind} | _answer(pairs[kind], numbers, view)
            for kind in KINDS
            if pairs[kind]
        ]
    about = {"weights": predict.card["sha256"], "calibration": predict.calibration.name, "level": intervals.LEVEL}
    return about | {"seen": [name for name in CHECKED if name not in fitted_to], "rows": rows}


def _number(name: str) -> str:
    """The number of a picture of COCO, which SALICON writes behind the name of its part."""
    return name.rpartition("_")[2]


# ---- pairs


def _pairs(
    name: str, shown: Sequence[tuple[Sample, np.ndarray]], others: dict[str, Sample]
) -> Iterator[tuple[str, Iterator[Pair]]]:
    order = np.random.default_rng(0).permutation(len(shown))
    couples = [(shown[one], shown[other]) for one, other in pairwise([*order, order[0]])]
    themselves = [(one, one) for one in shown]
    told_apart = shown[0][0].observer is not None
    yield SAME_PLACE, _drawn(name, couples, same_place=True)
    yield OTHER_PLACE, _drawn(name, couples, same_place=False)
    yield MOVED, _drawn(name, themselves if told_apart else [], same_place=False)
    yield NOTHING, _drawn(name, themselves if told_apart else [], same_place=True)
    twice = [one for one in shown if _number(one[0].id) in others] if name == "sjtu" else []
    yield LABORATORIES, _between(name, twice, others)


def _drawn(name: str, couples: Sequence[tuple[Any, Any]], same_place: bool) -> Iterator[Pair]:
    """Boxes of the same sides on two pictures, or on one; the even viewers see the first, the odd ones the second."""
    for number, ((first, one), (second, other)) in enumerate(couples):
        rng = np.random.default_rng(number)
        for _ in range(BOXES):
            sides = rng.uniform(*learn.SIDES, 2)
            box = learn.random_box(sides, rng)
            moved = box if same_place else learn.random_box(sides, rng)
            yield _seen(name, first, box, one), _seen(name, second, moved, other)


def _seen(name: str, sample: Sample, box: Any, density: np.ndarray) -> Observed:
    return learn.of_area(name, learn.AT_RANDOM, sample, Area("box", box=box), {MODEL: density})


def _between(name: str, shown: Sequence[tuple[Sample, np.ndarray]], others: dict[str, Sample]) -> Iterator[Pair]:
    """Boxes on photographs that two laboratories have shown. The second counts as so many people."""
    for number, (sample, density) in enumerate(shown):
        rng = np.random.default_rng(number)
        theirs = others[_number(sample.id)].density()
        for _ in range(BOXES):
            area = Area("box", box=learn.random_box(rng.uniform(*learn.SIDES, 2), rng))  # type: ignore[arg-type]
            assert area.box is not None
            one = _seen(name, sample, area.box, density)
            yield one, replace(one, measured=learn.share(area, theirs))


# ---- answers


def _answer(pairs: Sequence[Pair], numbers: learn.Numbers, view: learn.Numbers) -> Row:
    """How often the verdict is given and right, and how often the interval of the difference holds."""
    first, second = ([_part(pair[side], side) for pair in pairs] for side in (0, 1))
    one, other = _ends(first, numbers, view), _ends(second, numbers, view)
    predicted = other[0] - one[0]
    measured = np.array([b.measured - a.measured for a, b in zip(first, second, strict=True)])
    low, high = intervals.of_difference(one, other)
    given = (low > 0) | (high < 0)
    differ = (predicted != 0) & (measured != 0)
    row: Row = {
        "pairs": len(pairs),
        "holds": float(((measured >= low) & (measured <= high)).mean()),
        "width": float((high - low).mean()),
        "given": float(given.mean()),
    }
    if given.any():
        row["right"] = float((np.sign(measured) == np.sign(predicted))[given].mean())
    if differ.any():  # otherwise the model says the same of both
        row["sign"] = float((np.sign(measured) == np.sign(predicted))[differ].mean())
        if pairs[0][0].told_apart:
            theirs = [_part(b, 0).measured - _part(a, 1).measured for a, b in pairs]  # by the other half of each
            row["people"] = float((np.sign(measured) == np.sign(theirs))[differ].mean())
    return row


def _part(one: Observed, side: int) -> Observed:
    """What every other viewer did: the even ones of side 0, the odd ones of side 1; all if they are not told apart."""
    if not one.told_apart:
        return one
    made, inside = one.made[side::2], one.inside[side::2]
    return replace(one, made=made, inside=inside, measured=float(inside.sum() / made.sum()))


def _ends(
    rows: Sequence[Observed], numbers: learn.Numbers, view: learn.Numbers
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    share, surface = (np.array(v) for v in zip(*((o.shares[MODEL], o.surface) for o in rows), strict=True))
    return share, *intervals.interval(share, surface, learn.counts(rows, view), numbers)


# ---- the table


def table(found: Row) -> str:
    """How often the interval of a difference holds, and how often a verdict is given and right."""
    head = ["pairs", "laboratory", "number", "interval holds", "verdict given", "verdict right", "sign right", "people"]
    rows = []
    for kind in KINDS:
        for row in (row for row in found["rows"] if row["kind"] == kind):
            mark = " †" * (row["laboratory"] in found["seen"])
            shares = (row.get(key) for key in ("holds", "given", "right", "sign", "people"))
            cells = ["" if share is None else f"{share:.0%}" for share in shares]
            rows.append([kind, f"{row['laboratory']}{mark}", str(row["pairs"]), *cells])
    right = [row["right"] for row in found["rows"] if "right" in row]
    note = (
        f"Verdicts agree with people in {min(right):.0%} to {max(right):.0%} of the cases in which they are given. "
        f"Expected of the interval: {found['level']:.0%}, more where the pictures have much in common. Sign right: how "
        "often the larger predicted share is the larger measured one, in all pairs, without asking whether one can be "
        f"sure. People: the same of the other half of the observers, in place of {MODEL}."
    )
    dagger = f" †: {MODEL} has learned from these pictures." if found["seen"] else ""
    return f"{markdown.table(head, rows)}\n\n{note}{dagger}"


if __name__ == "__main__":
    main(sys.argv[1:])
