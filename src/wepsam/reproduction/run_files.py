"""The results of a study: the files of its runs, gathered into three.

RUNS/NAME/log.csv     -> STUDY/logs.csv      run, then the columns of log.csv: a row for each validation
RUNS/NAME/scores.csv  -> STUDY/scores.csv    run, then the columns of scores.csv: a row for each test picture
RUNS/NAME/job.json    -> STUDY/jobs.json     {NAME: what job.json holds}
"""

from collections.abc import Iterable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from wepsam import gathered
from wepsam.files import shown

RUN = "run"  # the column of names


@dataclass(frozen=True)
class RunFiles:
    """What is kept of one run.

    Attributes:
        log: a row for each validation, as the training loop wrote it.
        scores: a row for each test picture.
        job: what was trained, how it ended, and under which versions.
    """

    log: list[gathered.Row]
    scores: list[gathered.Row]
    job: dict[str, Any]


def gather(runs: Iterable[str | PathLike[str]], study: str | PathLike[str]) -> None:
    """Gather the files of finished runs. Runs that were gathered before are replaced; the others stay.

    Args:
        runs: folders with log.csv, scores.csv and job.json; a folder's name becomes the run's.
        study: folder for logs.csv, scores.csv and jobs.json.

    Raises:
        ValueError: a run's files have other columns than those of the other runs, or are not what they should be.
    """
    folders, study = {Path(folder).name: Path(folder) for folder in runs}, Path(study)
    for file, into in (("log.csv", "logs.csv"), ("scores.csv", "scores.csv")):
        gathered.gather_tables({run: folder / file for run, folder in folders.items()}, study / into, RUN)
    gathered.gather_json({run: folder / "job.json" for run, folder in folders.items()}, study / "jobs.json")


def read(study: str | PathLike[str]) -> dict[str, RunFiles]:
    """What `gather` wrote into a folder, by run.

    Raises:
        FileNotFoundError: a file is missing.
        ValueError: a file is not what `gather` wrote, or a run is not in all three.
    """
    study = Path(study)
    logs, scores = (gathered.read_tables(study / name, RUN) for name in ("logs.csv", "scores.csv"))
    jobs = gathered.read_json(study / "jobs.json")
    if partial := (set(logs) ^ set(scores)) | (set(logs) ^ set(jobs)):
        runs = ", ".join(map(shown, sorted(partial)))
        raise ValueError(f"{study}: {runs:.500} must be in all three files; gather the runs again")
    return {run: RunFiles(logs[run], scores[run], jobs[run]) for run in jobs}
