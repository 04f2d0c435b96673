"""The tables of docs/gallery.md, from results/gallery; recipes/gallery.py calls it."""

import csv
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from recipes.gallery_drawings import ANSWERS, DRAWN, ORDINARY, PHOTOGRAPHS
from recipes.gallery_measure import BY_EYE, OBSERVED, Row, chosen, looked_at, pictures, worst
from wepsam import kinds, markdown
from wepsam.evaluation.results import interval, resampled_means
from wepsam.files import read_json

RESAMPLED = 500  # times, for a rank correlation
# What could be known before anybody looked, and its name on the page.
SIGNS = {
    "focus": "`focus_50`: share of the picture that gets half of the predicted looks",
    "centeredness": "`centeredness` of the map",
    "agreement": "wepsam-lite and wepsam-paper agree (CC of their maps)",
    "clutter": "`clutter` of the picture",
}
COMPARED = {
    "relative": "NSS over that of people",
    "cc": "CC with people",
    "people_focus": "share of the picture that gets half of people's looks",
    "focus": "the same, of predicted looks",
    "centeredness": "`centeredness` of the map",
    "agreement": "wepsam-lite and wepsam-paper agree (CC)",
    "clutter": "`clutter`",
}
SEEN = {
    "nothing": "a landscape, a street, a room, in which nothing stands out",
    "building": "a building, a bridge, a door",
    "object": "an object, a vehicle, an animal, food",
    "people": "one to four people",
    "crowd": "five people or more",
    "face": "a face that one can make out",
    "text": "words or numbers that one can read",
}
# What the chosen pictures show, as it was seen.
SHOWN = {
    ("osie", "1166"): "a kettle, a spoon, a red bowl and towels on blue ground",
    ("osie", "1495"): "two people on a bench under the sign of a station",
    (
        "osie",
        "1467",
    ): "a woman and a child with a picture book: people look at the book, the map has the heads, too",
    ("eyecrowd", "043"): "a crowd that fills the picture",
    ("eyecrowd", "388"): "four people beside cars",
    ("eyecrowd", "238"): "policemen in a row: people look at what lies on the ground, the map follows the row of heads",
    ("scene", "108"): "a street with houses",
    ("scene", "468"): "the entrance of a house",
    ("scene", "078"): "a house with three gables by the water: people look at the outer gables, the map at the middle",
    ("emod", "48627"): "people in fog, in gray",
    ("emod", "19291"): "five men who pose on stairs",
    ("emod", "24122"): "a row of dancers: people look along the row, the map at the first faces",
}

Labs = Mapping[str, Sequence[Row]]


def tables() -> dict[str, str]:
    """The tables of the page by name."""
    labs, answers = pictures(), read_json(ANSWERS)
    return {
        "photographs": photographs_table(labs, answers["photographs"]),
        "signs": signs_table(labs),
        "answers": answers_table(labs),
        "worst": worst_table(labs),
        "seen": seen_table(labs),
        "pages": pages_table(answers["pages"]),
        "pages-rates": pages_rates(),
    }


# ---- photographs, and what foretells an error


def quarters(labs: Labs) -> list[float]:
    """Three limits of `focus`: the means over laboratories of their quartiles."""
    quartiles = [np.quantile([row["focus"] for row in rows], (0.25, 0.5, 0.75)) for rows in labs.values()]
    return [float(limit) for limit in np.mean(quartiles, axis=0)]


def expected(labs: Labs) -> list[tuple[float, float, float]]:
    """Of each quarter of `focus` the CC with people: mean over laboratories, and its 95 % interval."""
    limits = quarters(labs)
    return [
        _over(labs, "cc", lambda rows, quarter=quarter: [r for r in rows if _quarter(r["focus"], limits) == quarter])
        for quarter in range(4)
    ]


def photographs_table(labs: Labs, answers: Mapping[str, Any]) -> str:
    """What the model says of each photograph, and how right it is on pictures with maps as wide."""
    limits, right = quarters(labs), expected(labs)
    rows = []
    for name, (what, terms) in PHOTOGRAPHS.items():
        said = answers[name]
        doubt = "" if said["looks_like"] == kinds.PHOTOGRAPH else f"looks like a {said['looks_like']}"
        rows.append([
            f"{name}: {what} ({terms})", f"{len(said['hot_spots'])}", _shared(said["around"]),
            f"{said['focus']:.1%}",
            f"{right[_quarter(said['focus'], limits)][0]:.2f}" if name in ORDINARY else "", doubt,
        ])  # fmt: skip
    head = [
        "photograph",
        "hot spots",
        "box around the first: share (90 % interval)",
        "`focus_50`",
        "CC with people to expect",
        "warning",
    ]
    bounds = ["0", *(f"{limit:.1%}" for limit in limits), "100%"]
    means = [f"{low} to {high}: {_within(cc)}" for low, high, cc in zip(bounds[:-1], bounds[1:], right, strict=True)]
    number = sum(map(len, labs.values()))
    note = (
        f"The CC to expect is the mean of the {number:,} validation pictures whose `focus_50` lies in the same "
        f"quarter. {'; '.join(means)}. Means over {len(labs)} laboratories ± half of the 95 % bootstrap interval."
    )
    return f"{markdown.table(head, rows)}\n\n{note}"


def signs_table(labs: Labs) -> str:
    """Rank correlations of what is known beforehand with how right the map is."""
    known, others = _by_observers(labs)
    columns = {
        f"CC with people, {len(labs)} laboratories": (labs, "cc"),
        f"NSS over that of other observers, {len(known)} laboratories": (known, "relative"),
        f"NSS over that of the same people, {len(others)} laboratories": (others, "relative"),
    }
    rows = [
        [title, *(_within(correlation(*column, sign), 2, "+") for column in columns.values())]
        for sign, title in SIGNS.items()
    ]
    note = (
        "Rank correlation (Spearman) within each laboratory, mean over them ± half of the 95 % bootstrap interval over "
        "pictures. Below 0: the larger the number, the worse the map."
    )
    return f"{markdown.table(['known beforehand', *columns], rows)}\n\n{note}"


def _by_observers(labs: Labs) -> tuple[Labs, Labs]:
    """The laboratories that say which observer looked where, and the others."""
    return {n: labs[n] for n in OBSERVED}, {n: rows for n, rows in labs.items() if n not in OBSERVED}


def correlation(labs: Labs, one: str, other: str) -> tuple[float, float, float]:
    """Spearman's rank correlation of two columns, mean over laboratories, with its interval."""
    found = []
    for seed, rows in enumerate(labs.values()):
        pairs = np.array([(row[one], row[other]) for row in rows])
        x, y = (_ranks(column) for column in pairs.T)
        draws = np.random.default_rng(seed).integers(0, len(x), (RESAMPLED, len(x)))
        draws[0] = np.arange(len(x))  # the pictures themselves
        a, b = x[draws], y[draws]
        a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
        found.append((a * b).sum(axis=1) / np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1)))
    means = np.mean(found, axis=0)
    return float(means[0]), *(float(v) for v in np.quantile(means[1:], (0.025, 0.975)))


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks; equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[place]


def _quarter(focus: float, limits: Sequence[float]) -> int:
    return int(np.searchsorted(limits, focus))


# ---- best, median and worst


def answers_table(labs: Labs) -> str:
    """The chosen pictures of the laboratories that may be drawn."""
    rows = []
    for name in DRAWN:
        for which, row in chosen(labs[name]).items():
            scores = (f"{row[key]:.2f}" for key in ("nss", "ceiling", "relative"))
            rows.append([name, which, row["id"], *scores, SHOWN[name, row["id"]]])
    head = ["laboratory", "answer", "picture", "NSS", "of people", "ratio", "what it shows"]
    return markdown.table(head, rows)


def worst_table(labs: Labs) -> str:
    """The worst pictures beside the rest, in numbers."""
    groups: list[Callable[[Sequence[Row]], Sequence[Row]]] = [lambda rows: worst(rows)[0], lambda rows: worst(rows)[1]]
    columns = [(some, group) for some in _by_observers(labs) for group in groups]
    counts = [sum(len(group(rows)) for rows in some.values()) for some, group in columns]
    rows = [
        [title, *(_within(_over(some, key, group), 3) for some, group in columns)] for key, title in COMPARED.items()
    ]
    heads = ["observers known: worst 5 %", "the rest", "observers not known: worst 5 %", "the rest"]
    note = (
        f"{', '.join(f'{count:,}' for count in counts)} pictures. Means over laboratories ± half of the 95 % bootstrap "
        f"interval over the pictures of each. Observers are known in {', '.join(f'`{name}`' for name in OBSERVED)}."
    )
    return f"{markdown.table(['', *heads], rows)}\n\n{note}"


def seen_table(labs: Labs) -> str:
    """What the worst pictures and others show, as it was named by eye; the largest laboratory apart."""
    with BY_EYE.open(encoding="utf-8", newline="") as file:
        named = {(line["laboratory"], line["id"]): line for line in csv.DictReader(file)}
    largest = max(labs, key=lambda name: len(labs[name]))
    groups: dict[tuple[bool, bool], list[Mapping[str, str]]] = {
        (one, low): [] for one in (True, False) for low in (True, False)
    }
    for row, low in looked_at(labs):
        groups[row["laboratory"] == largest, low].append(named[row["laboratory"], row["id"]])
    rows = []
    for key, title in SEEN.items():
        cells = [title]
        for found in groups.values():
            mean, low_end, high = interval(
                np.array([key == one["main"] or one.get(key) == "1" for one in found], float)
            )
            cells.append(f"{mean:.0%} ({low_end:.0%} to {high:.0%})")
        rows.append(cells)
    sizes = [len(found) for found in groups.values()]
    rest = f"the other {len(labs) - 1}"
    heads = [f"{where}: {which} {size}" for (where, which), size in zip(
        [(where, which) for where in (f"`{largest}`", rest) for which in ("worst", "others,")], sizes, strict=True
    )]  # fmt: skip
    note = (
        "Share of the pictures; in brackets, the 95 % bootstrap interval. The first five lines exclude each other. The "
        "others are as many pictures of each laboratory as there are among the worst, by lot."
    )
    return f"{markdown.table(['it shows', *heads], rows)}\n\n{note}"


# ---- pages


def pages_table(answers: Mapping[str, Any]) -> str:
    """What the answer says of each page and its areas."""
    rows = []
    for name, said in answers.items():
        areas = "; ".join(
            f"{label} {_shared(area, center=True)}"
            for label, area in sorted(said["areas"].items(), key=lambda item: -item[1]["share"])
        )
        rows.append([f"[{name}](gallery/{name}.html)", " and ".join(said["first"]) or "none of them", areas])
    head = ["page", "first hot spot lies in", "areas: share (90 % interval; share by the place alone)"]
    return markdown.table(head, rows)


def pages_rates() -> str:
    """How many of our pages are warned of, and how many screenshots."""
    ours = read_json(ANSWERS)["pages"]
    called = kinds.card()["rates"]["web"]["called"]
    total = sum(called.values())
    doubted = sum(said["looks_like"] != kinds.PHOTOGRAPH for said in ours.values())
    return (
        f"The answer warns of {doubted} of these {len(ours)} pages, and of {total - called[kinds.PHOTOGRAPH]} of "
        f"{total} screenshots of real pages."
    )


# ---- means over laboratories


def _over(labs: Labs, key: str, group: Callable[[Sequence[Row]], Sequence[Row]]) -> tuple[float, float, float]:
    """Mean over laboratories of a column of some rows, and its 95 % bootstrap interval over the pictures in each."""
    means, draws = [], []
    for seed, rows in enumerate(labs.values()):
        values = np.array([row[key] for row in group(rows)])
        if len(values):
            means.append(values.mean())
            draws.append(resampled_means(values, seed))
    low, high = np.quantile(np.mean(draws, axis=0), (0.025, 0.975))
    return float(np.mean(means)), float(low), float(high)


def _shared(area: Mapping[str, float], *, center: bool = False) -> str:
    """A share with its interval, and what the place alone would give."""
    alone = f"; {_percent(area['center'])}" if center else ""
    return f"{_percent(area['share'])} ({_percent(area['low'])} to {_percent(area['high'])}{alone})"


def _percent(share: float) -> str:
    return f"{share:.1%}" if 0.0005 <= share < 0.0095 else f"{share:.0%}"


def _within(found: tuple[float, float, float], digits: int = 2, sign: str = "") -> str:
    mean, low, high = found
    return f"{mean:{sign}.{digits}f} ± {(high - low) / 2:.{digits}f}"
