"""wepsam reproduce."""

from pathlib import Path

from wepsam.cli import options


def reproduce(
    study: options.Studies = None,
    data: options.StudyData = Path("data"),
    out: options.StudyOut = Path("runs/reproduction"),
    results: options.StudyResults = None,
    report: options.Report = None,
    evaluated: options.Evaluated = None,
    smoke: options.Smoke = False,
    train: options.Train = True,
    workers: options.StudyWorkers = -1,
) -> None:
    """Repeat the paper's experiments: does weak pre-training help?

    Each study is a set of training runs. Finished runs are skipped, so that an interrupted command resumes. All studies
    take some eight hours of one core; --smoke takes minutes.

        wepsam reproduce --smoke --out runs/smoke/
        wepsam reproduce --study labels --data data/ --results results/ --report reproduction.md
        wepsam reproduce --no-train --results results/ --report reproduction.md

    Needs pip install 'wepsam[train]'.
    """
    from wepsam.reproduction import running
    from wepsam.reproduction.report import page
    from wepsam.reproduction.studies import FULL, SMOKE, STUDIES

    names = list(dict.fromkeys(study or STUDIES))
    if unknown := set(names) - set(STUDIES):
        raise ValueError(f"--study is one of {', '.join(STUDIES)}, not {', '.join(sorted(unknown))}")
    results = results or out / "results"
    if train:
        done = running.reproduce(names, data, out, results=results, size=SMOKE if smoke else FULL, workers=workers)
        print(f"{len(done)} runs: {results}")
    if report is not None:
        for path in page.write_report(names, results, report, evaluated or []):
            print(path)
