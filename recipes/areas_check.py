"""Are numbers of areas right? Tables and figure of docs/explanation/answers.md: python recipes/areas_check.py [DATA]

DATA is the folder with osie/, eyecrowd/ and sjtu/ (docs/reference/datasets.md). On boxes on their validation pictures
the predicted shares are compared with those of the fixations, and the result is kept in results/attention/areas.json;
that takes ten minutes or more. Without DATA the table and the figure are made again from that file.

An interval and a chance to be seen are checked with numbers that were fitted to the other laboratories. The table of
scores is made from results/attention/scores.json, which `python -m learn.reference DATA` writes.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from learn import areas as learn
from learn.areas import Observed
from learn.reference import COMPARED
from wepsam import markdown, progress, resolve
from wepsam.attention import intervals, shares
from wepsam.attention.answers import rounded
from wepsam.calibration.presets import TYPICAL
from wepsam.files import write_json
from wepsam.prediction.calibrated import small_density
from wepsam.prediction.predictor import DEFAULT, Predictor

ROOT = Path(__file__).parents[1]
PAGE, FIGURE, RESULT = (
    ROOT / "docs" / "explanation" / "answers.md",
    ROOT / "docs" / "images" / "areas.png",
    ROOT / "results" / "attention" / "areas.json",
)
SCORES = RESULT.with_name("scores.json")
CHECKED = ("osie", "eyecrowd", "sjtu")
RULES = (learn.AT_RANDOM, learn.CONTRAST, learn.HOT)
MODEL, CENTER, GBVS, HALF = DEFAULT, "center alone", "gbvs, calibrated", "half of the observers"
EDGES = (0, 0.01, 0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3, 0.45, 1.0)  # of predicted shares, for the calibration curve
LEAST = 10  # boxes of a point of the curve
SEEN_EDGES = (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)

Row = dict[str, Any]


def main(arguments: Sequence[str]) -> None:
    if arguments:
        progress.show()
        write_json(RESULT, rounded(measure(arguments[0])))
    found = json.loads(RESULT.read_text(encoding="utf-8"))
    write_json(intervals.CARD, intervals.card() | {"checked": checked(found)})
    for name, text in tables(found).items():
        markdown.insert(PAGE, name, text)
    figure(found).savefig(FIGURE, dpi=80)


def checked(found: Row) -> list[Row]:
    """What a report says of the shares and intervals: on boxes at random, by laboratory."""
    rows = [row for row in found["rows"] if row["rule"] == learn.AT_RANDOM]
    return [
        {
            "laboratory": name,
            "boxes": network["boxes"],
            "error": network["share"]["error"],
            "center_error": center["share"]["error"],
            "correlation": network["share"]["correlation"],
            "holds": network["interval"]["holds"],
        }
        for name in CHECKED
        for network, center in [
            [next(r for r in rows if (r["laboratory"], r["prediction"]) == (name, who)) for who in (MODEL, CENTER)]
        ]
    ]


def measure(folder: str) -> Row:
    """What the documents say, from the pictures of a folder."""
    predict, gbvs = resolve.predictor(MODEL, threads=1), resolve.predictor("gbvs", calibration=TYPICAL)
    assert isinstance(predict, Predictor)
    calibration = predict.calibration.calibration
    observed = learn.observe(
        folder,
        {
            MODEL: learn.network(predict),
            CENTER: lambda sample, stimulus: shares.center((64, 64), calibration),
            GBVS: lambda sample, stimulus: small_density(gbvs(stimulus)),
        },
    )
    fitted_to = learn.unseen(MODEL, folder)
    rows = []
    for name in CHECKED:
        here = [one for one in observed if one.laboratory == name]
        view = {key: intervals.card()[key] for key in ("fixations_per_second", "clustering")}
        known = [o for o in observed if o.rule in learn.LEARNED_FROM and o.laboratory != name]
        others = [[o for o in known if o.laboratory == other] for other in fitted_to if other != name]
        numbers = learn.fit_error(others, MODEL, view) | {"independent": learn.independent(known, MODEL)}
        for rule in RULES:
            chosen = [one for one in here if one.rule == rule]
            rows += [
                {"laboratory": name, "rule": rule, "boxes": len(chosen), "prediction": prediction} | answer
                for prediction, answer in _answers(chosen, numbers, view, rule == RULES[0]).items()
            ]
    about = {"seen": [name for name in CHECKED if name not in fitted_to], "weights": predict.card["sha256"]}
    return about | {"calibration": predict.calibration.name, "level": intervals.LEVEL, "rows": rows}


def _answers(
    chosen: Sequence[Observed], numbers: Mapping[str, float], view: learn.Numbers, curves: bool
) -> dict[str, Row]:
    """By prediction: how right it is on some boxes."""
    measured = np.array([one.measured for one in chosen])
    told = [one for one in chosen if one.told_apart]
    looked = np.array([learn.seen_by(one) for one in told])
    answers = {}
    for name in (MODEL, CENTER, GBVS):
        predicted = np.array([one.shares[name] for one in chosen])
        answers[name] = {"share": _agreement(predicted, measured, EDGES if curves else ())}
        if told:
            chance = np.array([learn.seen(one, name, numbers["independent"]) for one in told])
            answers[name]["seen"] = _agreement(chance, looked, SEEN_EDGES if curves else ())
            all_count = np.array([learn.seen(one, name, 1.0) for one in told])
            answers[name]["seen, all fixations"] = _agreement(all_count, looked)
    predicted, surface = (np.array(v) for v in zip(*((o.shares[MODEL], o.surface) for o in chosen), strict=True))
    low, high = intervals.interval(predicted, surface, learn.counts(chosen, view), numbers)
    answers[MODEL]["interval"] = {
        "holds": float(((measured >= low) & (measured <= high)).mean()),
        "above": float((measured > high).mean()),
        "width": float((high - low).mean()),
    }
    if told:
        answers[HALF] = _half(told)
    return answers


def _half(told: Sequence[Observed]) -> Row:
    """How well the even viewers predict the odd ones."""
    one, other = ([(o.made[part], o.inside[part]) for o in told] for part in (slice(0, None, 2), slice(1, None, 2)))
    predicted, measured = (np.array([inside.sum() / made.sum() for made, inside in half]) for half in (one, other))
    looked, will_look = (np.array([(inside > 0).mean() for _, inside in half]) for half in (one, other))
    return {"share": _agreement(predicted, measured), "seen": _agreement(looked, will_look)}


def _agreement(predicted: np.ndarray, measured: np.ndarray, edges: Sequence[float] = ()) -> Row:
    """Mean absolute error, correlation, bias, and with edges the calibration curve: means in bins of the predicted."""
    found: Row = {
        "error": float(np.abs(predicted - measured).mean()),
        "correlation": float(np.corrcoef(predicted, measured)[0, 1]),
        "bias": float((predicted - measured).mean()),
    }
    if edges:
        bins = np.digitize(predicted, edges[1:-1])
        shown = [one for one in np.unique(bins) if (bins == one).sum() >= LEAST]
        found["curve"] = [[float(side[bins == one].mean()) for one in shown] for side in (predicted, measured)]
    return found


# ---- what is shown


def tables(found: Row) -> dict[str, str]:
    """The tables of the page by name."""
    compared = json.loads(SCORES.read_text(encoding="utf-8"))
    return {
        "areas": shares_table(found),
        "seen": seen_table(found),
        "intervals": intervals_table(found),
        "scores": scores_table(compared["laboratories"]),
    }


def scores_table(laboratories: Mapping[str, Row]) -> str:
    """Correlation of the scores of maps with those of people, over the pictures of each laboratory, and their means."""
    head = ["score", *(f"{name} ({row['pictures']})" for name, row in laboratories.items())]
    rows = []
    for score in COMPARED:
        cells = (row[score] for row in laboratories.values())
        rows.append([f"`{score}`", *(f"{c['correlation']:.2f} ({c['map']:.2f}, {c['people']:.2f})" for c in cells)])
    return markdown.table(head, rows)


def shares_table(found: Row) -> str:
    """Mean absolute error and correlation of shares."""
    return _table(found, "share", "Error is the mean absolute error of the share, r the correlation.")


def seen_table(found: Row) -> str:
    """The same of the chance to be seen."""
    rows = [row for row in found["rows"] if row["prediction"] == MODEL and row["rule"] == RULES[0] and "seen" in row]
    bias = "; ".join(
        f"{row['laboratory']} {row['seen']['bias']:+.2f}, with all fixations {row['seen, all fixations']['bias']:+.2f}"
        for row in rows
    )
    return _table(found, "seen", f"Mean of predicted minus measured, of {MODEL} on boxes at random: {bias}.")


def intervals_table(found: Row) -> str:
    """How often the intervals hold."""
    head = ["boxes", *(f"{name}{' †' * (name in found['seen'])}" for name in CHECKED)]
    rows = []
    for rule in RULES:
        cells = [next(_rows(found, name, rule, MODEL))["interval"] for name in CHECKED]
        rows.append([rule, *(f"{cell['holds']:.0%} (width {cell['width']:.2f})" for cell in cells)])
    note = f"Expected: {found['level']:.0%}. Each laboratory with numbers that were fitted to the others."
    return f"{markdown.table(head, rows)}\n\n{note}{_seen_note(found)}"


def _table(found: Row, what: str, note: str) -> str:
    names = [name for name in CHECKED if any(what in row for row in _rows(found, name))]
    head = ["boxes", "prediction"]
    for name in names:
        head += [f"{name}{' †' * (name in found['seen'])} error", "r"]
    rows = []
    for rule in RULES:
        for prediction in (CENTER, GBVS, MODEL, HALF):
            cells = []
            for name in names:
                answer = next((row[what] for row in _rows(found, name, rule, prediction) if what in row), None)
                cells += [f"{answer['error']:.3f}", f"{answer['correlation']:.2f}"] if answer else ["", ""]
            rows.append([rule, f"**{prediction}**" if prediction == MODEL else prediction, *cells])
    return f"{markdown.table(head, rows)}\n\n{note}{_seen_note(found)}"


def _seen_note(found: Row) -> str:
    return f" †: {MODEL} has learned from these pictures." if found["seen"] else ""


def _rows(found: Row, laboratory: str, rule: str | None = None, prediction: str | None = None) -> Iterable[Row]:
    for row in found["rows"]:
        if row["laboratory"] == laboratory and rule in (None, row["rule"]) and prediction in (None, row["prediction"]):
            yield row


def figure(found: Row) -> plt.Figure:
    """Calibration curves on boxes at random: measured over predicted shares, and chances to be seen."""
    drawn, axes = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
    styles = {CENTER: (":", "#888888"), GBVS: ("--", "#0072b2"), MODEL: ("-", "#d55e00")}
    marks = dict(zip(CHECKED, "os^", strict=True))
    for cell, what, most in ((axes[0], "share", 0.45), (axes[1], "seen", 1.0)):
        cell.plot([0, most], [0, most], color="black", linewidth=0.6)
        for name in CHECKED:
            for row in _rows(found, name, RULES[0]):
                if what in row and row["prediction"] in styles:
                    line, color = styles[row["prediction"]]
                    cell.plot(
                        *row[what]["curve"], line, marker=marks[name], color=color, markersize=4, linewidth=1,
                        label=f"{row['prediction']}, {name}",
                    )  # fmt: skip
        cell.set(xlabel=f"predicted {what}", ylabel=f"measured {what}", xlim=(0, most), ylim=(0, most))
        cell.legend(fontsize=7)
    axes[0].set_title("share of the fixations")
    axes[1].set_title("share of the viewers who looked")
    return drawn


if __name__ == "__main__":
    main(sys.argv[1:])
