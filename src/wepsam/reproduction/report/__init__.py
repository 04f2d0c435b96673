"""What the studies came to, written into a Markdown file: tables into its places, figures beside it."""

from collections.abc import Callable, Sequence
from pathlib import Path

from wepsam.markdown import insert
from wepsam.reproduction.boards.table1 import table1
from wepsam.reproduction.report import charts, tables
from wepsam.reproduction.report.claims import in_short
from wepsam.reproduction.report.outcomes import Arm, read_study
from wepsam.reproduction.report.schedule import schedule

REPORTS: dict[str, tuple[Callable[[dict[str, Arm]], str], Callable[[dict[str, Arm], Path], None]]] = {
    "plateau": (tables.plateau, charts.plateau),
    "convergence": (tables.convergence, charts.convergence),
    "labels": (tables.labels, charts.labels),
    "selection": (tables.selection, charts.selection),
    "encoder": (tables.encoder, charts.encoder),
}


def report(studies: list[str], results: Path, into: Path, evaluated: Sequence[Path] = ()) -> list[Path]:
    """Draw the figures beside a Markdown file and put the tables into its places.

    Args:
        studies: names in REPORTS.
        results: the folder that `reproduce` collected into.
        into: docs/reproduction.md; figures go into docs/reproduction/.
        evaluated: folders that `wepsam evaluate` wrote, for the scores beside the paper's Table 1; none, no such table.

    Returns:
        What was written.

    Raises:
        ValueError: no such study, or the file has no place for a table.
        FileNotFoundError: a study has no results.
    """
    if unknown := [study for study in studies if study not in REPORTS]:
        raise ValueError(f"there are reports of {', '.join(REPORTS)}, not of {unknown[0]}")
    figures = into.with_suffix("")
    figures.mkdir(parents=True, exist_ok=True)
    for name, table in blocks(studies, results, evaluated).items():
        insert(into, name, table)
    written = [into]
    for study in studies:
        written.append(figures / f"{study}.png")
        REPORTS[study][1](read_study(results, study), written[-1])
    return written


def blocks(studies: Sequence[str], results: Path, evaluated: Sequence[Path] = ()) -> dict[str, str]:
    """What is made of the results, by the name of its place: the studies' tables, and what is said of all in short.

    Raises:
        FileNotFoundError: a study has no results.
    """
    known = {name: read_study(results, name) for name in ("pre", *REPORTS) if (results / name).is_dir()}
    made = {study: REPORTS[study][0](known.get(study) or read_study(results, study)) for study in studies}
    made |= {"in-short": in_short(known), "schedule": schedule(known)}
    return made | ({"table1": table1(evaluated)} if evaluated else {})
