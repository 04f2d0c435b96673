"""What the studies came to, written into a Markdown file: tables into its places, figures beside it."""

from collections.abc import Callable, Sequence
from pathlib import Path

from wepsam.evaluation.table import insert
from wepsam.reproduction import charts, tables
from wepsam.reproduction.outcomes import Arm, read_study
from wepsam.reproduction.table1 import table1

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
    figures = into.with_suffix("")
    figures.mkdir(parents=True, exist_ok=True)
    written = [into]
    for study in studies:
        if study not in REPORTS:
            raise ValueError(f"there are reports of {', '.join(REPORTS)}, not of {study}")
        arms = read_study(results, study)
        table, draw = REPORTS[study]
        insert(into, study, table(arms))
        written.append(figures / f"{study}.png")
        draw(arms, written[-1])
    if evaluated:
        insert(into, "table1", table1(evaluated))
    return written
