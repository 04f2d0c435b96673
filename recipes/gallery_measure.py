"""What docs/gallery.md says of the validation pictures; recipes/gallery.py calls it.

Which pictures are worst, and which were looked at: by rules, from results/gallery/pictures.csv.
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from wepsam import maps, metrics, progress, resolve
from wepsam.attention import scores
from wepsam.attention.answers import center
from wepsam.attention.clutter import clutter
from wepsam.datasets import Sample
from wepsam.evaluation.people import PEOPLE
from wepsam.evaluation.results import read
from wepsam.files import replacing
from wepsam.prediction.predictor import DEFAULT, Predictor
from wepsam.reproduction import laboratories

RESULTS = Path(__file__).parents[1] / "results"
PICTURES, BY_EYE = (RESULTS / "gallery" / name for name in ("pictures.csv", "by-eye.csv"))
CEILING, OTHER = PEOPLE[-1], "wepsam-paper"
OBSERVED = (
    "osie",
    "eyecrowd",
    "scene",
)  # who say which observer looked where; elsewhere people's own density is the ceiling
WORST = 0.05  # of the pictures of a laboratory

Row = dict[str, Any]


def measure(data: str) -> None:
    """Write PICTURES: a row for each validation picture of each laboratory in the folder."""
    predict, other = (resolve.predictor(name, threads=1) for name in (DEFAULT, OTHER))
    assert isinstance(predict, Predictor)
    assert isinstance(other, Predictor)
    rows = []
    for part in laboratories.validation_parts(data):
        scored = _scores(RESULTS / f"{part.name}-validation")
        for sample in progress.track([one for one in part if one.id in scored], part.name):
            nss, ceiling = scored[sample.id]
            found = _measured(predict, other, sample)
            own = found.pop("own")
            rows.append({"laboratory": part.name, "id": sample.id, "nss": nss, "ceiling": ceiling or own} | found)
    PICTURES.parent.mkdir(exist_ok=True)
    with replacing(PICTURES) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(rows[0])
        writer.writerows(
            [value if isinstance(value, str) else f"{value:.4g}" for value in row.values()] for row in rows
        )


def _scores(folder: Path) -> dict[str, tuple[float, float | None]]:
    """By picture: the NSS of the network at fixations or of the density, and of all other observers where known."""
    found = {one.about["model"]: one for one in read(folder)}
    metric = "nss" if "nss" in found[DEFAULT].metrics else "nss_density"
    ceilings = {row["id"]: row[metric] for row in found[CEILING].rows} if CEILING in found else {}
    return {row["id"]: (row[metric], ceilings.get(row["id"])) for row in found[DEFAULT].rows}


def _measured(predict: Predictor, other: Predictor, sample: Sample) -> dict[str, float]:
    """What people, the two networks and the picture alone say."""
    stimulus = predict.read(sample.path)[0]
    density, people = predict.low_resolution(stimulus), sample.density()
    small = _at(people, density.shape)
    at_fixations = sample.fixations is not None
    return {
        "own": metrics.nss(people, sample.fixations) if at_fixations else metrics.nss_density(people, people),
        "cc": metrics.cc(density, small),
        "focus": scores.focus(density, 0.5),
        "centeredness": scores.centeredness(density, center(predict, density.shape)),
        "agreement": metrics.cc(density, _at(other.low_resolution(stimulus), density.shape)),
        "clutter": clutter(stimulus),
        "people_focus": scores.focus(small, 0.5),
    }


def _at(density: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return maps.to_density(maps.enlarge(density.astype(np.float32), (shape[0], shape[1])).astype(np.float64))


# ---- by rules, from the file


def pictures() -> dict[str, list[Row]]:
    """The rows of each laboratory, those of the lowest "relative" NSS, the NSS over that of people, first."""
    found: dict[str, list[Row]] = {}
    with PICTURES.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            row: Row = {key: value if key in ("laboratory", "id") else float(value) for key, value in line.items()}
            row["relative"] = row["nss"] / row["ceiling"]
            found.setdefault(row["laboratory"], []).append(row)
    return {name: sorted(rows, key=lambda row: row["relative"]) for name, rows in found.items()}


def worst(rows: Sequence[Row]) -> tuple[Sequence[Row], Sequence[Row]]:
    """The worst pictures of a laboratory, and the rest."""
    number = max(1, round(WORST * len(rows)))
    return rows[:number], rows[number:]


def chosen(rows: Sequence[Row]) -> dict[str, Row]:
    """The pictures of a laboratory that are shown: the best, the median and the worst."""
    return {"best": rows[-1], "median": rows[len(rows) // 2], "worst": rows[0]}


def looked_at(found: Mapping[str, Sequence[Row]]) -> list[tuple[Row, bool]]:
    """The pictures whose content was named by eye, and whether each is one of the worst.

    All of the worst, and as many of the rest of each laboratory, by a fixed seed, in an order that tells nothing.
    """
    rng = np.random.default_rng(0)
    both: list[tuple[Row, bool]] = []
    for rows in found.values():
        low, rest = worst(rows)
        both += [(row, True) for row in low]
        both += [(rest[place], False) for place in rng.choice(len(rest), len(low), replace=False)]
    return [both[place] for place in rng.permutation(len(both))]
