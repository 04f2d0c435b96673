"""What a report says, as a value for JSON. Its form is that of report.schema.json beside this file."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import wepsam
from wepsam.attention import intervals
from wepsam.attention.answers import Attention, rounded
from wepsam.attention.areas import steers
from wepsam.attention.comparing import Comparison
from wepsam.files import as_seen
from wepsam.gaze.measured import Measured
from wepsam.spreadsheets import inert

FORMAT, VERSION = "wepsam-report", 1
COLUMNS = (
    "picture", "label", "share", "share_low", "share_high", "lift", "center_share", "center_lift", "surface", "seen",
    "rank",
)  # fmt: skip
MEASURED = ("share", "share_low", "share_high", "dwell", "dwell_share", "first", "seen", "fixations", "observers")
SHARED = ("model", "weights", "calibration", "viewers", "viewport")  # said once, not for each picture


def content(
    answers: Sequence[Mapping[str, Any]],
    title: str,
    failed: Iterable[Mapping[str, str]] = (),
    comparisons: Sequence[Comparison] = (),
) -> dict[str, Any]:
    """The content of a report.

    Args:
        answers: of at least one picture, as `of_picture` gives them.
        title: of the page.
        failed: the pictures that could not be read, each with its error.
        comparisons: of the first picture with each other one, or none.
    """
    return {
        "format": FORMAT,
        "version": VERSION,
        "wepsam": wepsam.__version__,
        "created": date.today().isoformat(),
        "title": title,
        **{name: answers[0][name] for name in SHARED},
        "seconds": rounded(answers[0]["seconds"] / answers[0]["screens"]),
        "pictures": [{name: value for name, value in answer.items() if name not in SHARED} for answer in answers],
        "comparisons": [
            of_comparison(found, answers[0]["picture"], other["picture"])
            for found, other in zip(comparisons, answers[1:] if comparisons else [], strict=True)
        ],
        "failed": list(failed),
        "checked": intervals.card().get("checked", []),
    }


def names(short: Sequence[str], longer: Sequence[str] = ()) -> list[str]:
    """What a report calls pictures: names that differ, and that no page and no file chokes on.

    Args:
        short: of the files.
        longer: their paths, for those whose short name occurs several times. What is still the same is numbered.
    """
    seen = [_written(name) for name in short]
    if longer:
        seen = [_written(path) if seen.count(name) > 1 else name for name, path in zip(seen, longer, strict=True)]
    return [
        f"{name} ({seen[: place + 1].count(name)})" if seen.count(name) > 1 else name for place, name in enumerate(seen)
    ]


def _written(name: str) -> str:
    return "".join("?" if steers(letter) else letter for letter in as_seen(name))


def of_picture(answer: Attention, name: str, people: Sequence[Measured] | None = None) -> dict[str, Any]:
    """All numbers of one picture under the name that the report gives it.

    Args:
        answer: about the picture.
        name: of the report.
        people: what observers did with its areas; None if nobody was asked.
    """
    remarks = [line.removeprefix(f"{answer.picture}: ") for line in answer.warnings]
    measured = {} if people is None else {"people": [rounded(one.as_dict()) for one in people]}
    return answer.as_dict() | {"picture": name, "warnings": remarks} | measured


def of_comparison(found: Comparison, a: str, b: str) -> dict[str, Any]:
    """What differs between two pictures of these names."""
    known = {*found.a.warnings, *found.b.warnings}
    remarks = [line for line in found.warnings if line.partition(": ")[2] not in known and line not in known]
    said = found.as_dict()
    return (
        {"a": a, "b": b}
        | {name: said[name] for name in ("changes", "only_a", "only_b", "moved")}
        | {"warnings": remarks}
    )


def csv_of_areas(report: Mapping[str, Any]) -> str:
    """A row for each area of each picture. No cell is a formula for a spreadsheet.

    If people were asked, further columns say what they did.
    """
    text = io.StringIO()
    asked = MEASURED if any("people" in picture for picture in report["pictures"]) else ()
    columns = (*COLUMNS, *(f"people_{name}" for name in asked))
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for picture in report["pictures"]:
        measured = {one["label"]: one for one in picture.get("people", [])}
        for area in picture["areas"]:
            row = area | {"picture": picture["picture"]}
            row |= {f"people_{name}": measured.get(area["label"], {}).get(name) for name in asked}
            writer.writerow([inert(value) if isinstance(value := row[name], str) else value for name in columns])
    return text.getvalue()
