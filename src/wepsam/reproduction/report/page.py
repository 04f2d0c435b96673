"""The page of the report: tables go into their places in a Markdown file, figures into a folder beside it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from os import PathLike
from pathlib import Path

from wepsam import markdown
from wepsam.files import foreign
from wepsam.reproduction.boards.paper_table import table1_markdown
from wepsam.reproduction.report import charts, claims, protocol, tables
from wepsam.reproduction.report.accelerator import accelerator_table
from wepsam.reproduction.report.outcomes import Arms, read_study
from wepsam.reproduction.report.schedule import schedule_table

# The table and the chart of each study.
REPORTS: dict[str, tuple[Callable[[Arms], str], Callable[[Arms, Path], None]]] = {
    "plateau": (tables.plateau_table, charts.plateau_chart),
    "convergence": (tables.convergence_table, charts.convergence_chart),
    "labels": (tables.fixation_table, charts.fixation_chart),
    "selection": (tables.selection_table, charts.selection_chart),
    "encoder": (tables.encoder_table, charts.encoder_chart),
    "deeper": (tables.deeper_table, charts.deeper_chart),
    "efficiency": (tables.efficiency_table, charts.efficiency_chart),
    "protocol": (protocol.protocol_table, protocol.protocol_chart),
}
# A study whose arms are shown beside those of this one.
BESIDE = {"deeper": "encoder", "efficiency": "deeper", "protocol": "pre"}
# The folder, beside that of the studies, of the trainings that recipes/paper_protocol.py has run on an accelerator.
ACCELERATOR = "protocol-accelerator"


def write_report(
    studies: Sequence[str],
    results: str | PathLike[str],
    page: str | PathLike[str],
    evaluated: Sequence[str | PathLike[str]] = (),
) -> list[Path]:
    """Put the tables into their places in a Markdown file, and draw the figures beside it.

    Args:
        studies: names in REPORTS.
        results: the folder that `reproduce` gathered results into.
        page: the Markdown file, docs/explanation/reproduction.md; its figures go beside it.
        evaluated: folders that `wepsam evaluate` wrote, for the scores beside the paper's Table 1. Without any, that
            table is left as it is.

    Returns:
        The files that were written.

    Raises:
        ValueError: no study has this name, or the page has no place for a table.
        FileNotFoundError: a study has no results.
    """
    page = Path(page)
    if unknown := [study for study in studies if study not in REPORTS]:
        raise ValueError(f"no report on the study {unknown[0]}: expected {', '.join(REPORTS)}")
    figures = page.with_suffix("")
    figures.mkdir(parents=True, exist_ok=True)
    for place, text in blocks(studies, results, evaluated).items():
        markdown.insert(page, place, text)
    written = [page]
    for study in studies:
        _, draw = REPORTS[study]
        arms = _arms({}, results, study)
        with _made_of(results, study):
            draw(arms, figures / f"{study}.png")
        written.append(figures / f"{study}.png")
    return written


def blocks(
    studies: Sequence[str], results: str | PathLike[str], evaluated: Sequence[str | PathLike[str]] = ()
) -> dict[str, str]:
    """The tables and lists of the page, in Markdown, by the name of their place.

    Args:
        studies: whose tables to make. The summary and the schedule are of all studies that have results.
        results: as for `write_report`.
        evaluated: as for `write_report`.

    Raises:
        FileNotFoundError: a study has no results.
        ForeignFileError: what its results hold is not enough for its table.
    """
    outcomes = {name: read_study(results, name) for name in ("pre", *REPORTS) if (Path(results) / name).is_dir()}
    texts = {}
    for study in studies:
        make_table, _ = REPORTS[study]
        arms = _arms(outcomes, results, study)
        with _made_of(results, study):
            texts[study] = make_table(arms)
    whole = [study for study in REPORTS if {study, BESIDE.get(study, study)} <= outcomes.keys()]
    with _made_of(results):
        claimed = claims.in_short({study: _arms(outcomes, results, study) for study in whole})
        texts |= {"in-short": claimed, "schedule": schedule_table(outcomes)}
    if "protocol" in studies and (there := Path(results).with_name(ACCELERATOR)).is_dir():
        with _made_of(there):
            texts[ACCELERATOR] = accelerator_table(there)
    if evaluated:
        texts["table1"] = table1_markdown(evaluated)
    return texts


def _arms(outcomes: Mapping[str, Arms], results: str | PathLike[str], study: str) -> Arms:
    """The arms of a study, and those of the study beside it; what `outcomes` does not have is read."""
    arms: Arms = {}
    for name in (BESIDE.get(study), study):
        if name is not None:
            arms |= outcomes.get(name) or read_study(results, name)
    return arms


def _made_of(results: str | PathLike[str], *study: str) -> AbstractContextManager[None]:
    """Whatever goes wrong inside is a lack of the results: an arm or a run is missing, or is another one."""
    return foreign(Path(results, *study), "cannot be reported: {}; reproduce it whole")
