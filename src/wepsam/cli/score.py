"""wepsam datasets, evaluate, submit: human fixations, scores on them, and the public benchmarks."""

import dataclasses
from pathlib import Path
from typing import Any

import typer

import wepsam
from wepsam.cli import layout, options, output

DATASETS = layout.group(
    "datasets",
    """List the fixation datasets that can be read, or check a folder.

    Nothing is downloaded: the list says where to get each dataset, and under which terms.

        wepsam datasets
        wepsam datasets check osie data/OSIE/
    """,
)
SUBMIT = layout.group(
    "submit",
    """Write or check maps for MIT300, CAT2000 or SALICON.

    The fixations of these public benchmarks are secret: their organizers score the maps that you send.

        wepsam submit write wepsam-paper MIT300/ --benchmark mit300 --out mine/ --zip
        wepsam submit check theirs/ MIT300/ --benchmark mit300
    """,
)


@DATASETS.callback(invoke_without_command=True)
def datasets(context: typer.Context, as_markdown: options.Markdown = False, as_json: options.Json = False) -> None:
    """`wepsam datasets` alone does what `wepsam datasets list` does."""
    if context.invoked_subcommand is None:
        list_datasets(as_markdown, as_json)


def list_datasets(as_markdown: options.Markdown = False, as_json: options.Json = False) -> None:
    """List the fixation datasets that can be read.

    For each: its names for --dataset, size, task, home page, license terms, and the publication to cite.

        wepsam datasets list
        wepsam datasets list --json
    """
    from wepsam.datasets import about

    if as_json:
        output.print_json({name: dataclasses.asdict(entry) for name, entry in about.ABOUT.items()})
    elif as_markdown:
        print(about.markdown(), end="")
    else:
        for entry in about.ABOUT.values():
            print(
                f"{entry.title}: {entry.pictures:,} pictures ({entry.size}), {entry.task}; observers: {entry.observers}"
            )
            print(f"  -d {', '.join(entry.names)}\n  {entry.home}; terms: {entry.terms}\n  {entry.citation}")
        print(
            "Your own, under any other name: -d NAME=FOLDER (stimuli/ and fixations.csv, images/ and maps/, or images/ and "
            "points/)"
        )


def check_dataset(
    name: options.DatasetName,
    folder: options.DatasetFolder,
    sigma: options.Sigma = None,
    pixels_per_degree: options.PixelsPerDegree = None,
    coordinates: options.Coordinates = None,
    as_json: options.Json = False,
) -> None:
    """Read a dataset's folder; say what is in it and what is missing.

    Counts pictures, fixations and observers, and says where people looked on average, to compare with the publication.

        wepsam datasets check osie data/OSIE/
        wepsam datasets check salicon-2017-fixations data/SALICON/
        wepsam datasets check pages own/pages/ --pixels-per-degree 36
    """
    from wepsam.datasets import checking

    report = checking.check(name, folder, sigma=sigma, pixels_per_degree=pixels_per_degree, coordinates=coordinates)
    if as_json:
        output.print_json(report)
        return
    sizes = ", ".join(f"{number} of {size}" for size, number in report["sizes"].items())
    degree = report["pixels_per_degree"]
    print(f"{folder}: {report['pictures']} pictures; most frequent sizes: {sizes}")
    if report["fixations"] is None:
        print("densities, no fixations" if report["densities"] else "no ground truth")
    else:
        each, observers = report["per_picture"], report["observers"]
        print(
            f"{report['fixations']} fixations: {each['mean']:.1f} a picture "
            f"(sd {each['sd']:.1f}, {each['min']} to {each['max']})"
        )
        print("observers: unknown" if observers is None else f"observers: {observers:.1f} a picture")
        if report["center"]:
            (x, y), (dx, dy) = report["center"], report["spread"]
            print(f"where: x {x:.3f} (sd {dx:.3f}) of the width, y {y:.3f} (sd {dy:.3f}) of the height")
    scale = f"{degree:g} pixels per degree" if degree else "pixels per degree unknown"
    print(f"sigma {report['sigma']:g} pixels; {scale}")
    for remark in report["remarks"]:
        print(f"note: {remark}")


def evaluate(
    model: options.Subject,
    dataset: options.Datasets,
    out: options.EvaluateOut = Path("results"),
    split: options.Split = None,
    sigma: options.Sigma = None,
    pixels_per_degree: options.PixelsPerDegree = None,
    coordinates: options.Coordinates = None,
    protocol: options.Protocol = "mit",
    also: options.Also = None,
    references: options.References = False,
    resize: options.Resize = False,
    quality: options.Quality = "best",
    calibration: options.CalibrationOf = None,
    workers: options.Workers = -1,
    as_json: options.Json = False,
) -> None:
    """Score a model on human fixations.

    Writes OUT/DATASET-SPLIT/MODEL.csv, a row per picture, and MODEL.json with means, 95 % intervals and settings. An
    interrupted command resumes. `wepsam compare` makes tables from these files. Of several datasets the mean is printed
    too, in which each counts once.

        wepsam evaluate wepsam-paper -d osie=data/OSIE --references
        wepsam evaluate own.onnx -d osie=data/OSIE -d dut_omron=data/DUT --out results/
        wepsam evaluate their_maps/ -d osie=data/OSIE
        wepsam evaluate one-observer -d osie=data/OSIE
        wepsam evaluate gbvs -d osie=data/OSIE --calibration typical
        wepsam evaluate wepsam-lite -d pages=own/pages/ --references
        wepsam evaluate wepsam-lite -d clips=data/video --references
    """
    from wepsam.evaluation import comparison, over_datasets, score, table

    saved: dict[Path, list[Any]] = {}
    for path, result in score.evaluate_all(
        model, dataset, out, split=split, sigma=sigma, pixels_per_degree=pixels_per_degree, coordinates=coordinates,
        protocol=protocol, also=also or (), references=references, resize=resize, quality=quality, calibration=calibration,
        workers=workers,
    ):  # fmt: skip
        saved.setdefault(path.parent, []).append(result)
        if not as_json:
            scored = f"{result.about['pictures']} of {result.about.get('of_pictures', '?')} {result.about.get('unit', 'pictures')}"
            means = ", ".join(f"{metric} {value:.3f}" for metric, value in result.mean().items())
            print(f"{path}: {means}; {scored}")
    for results in saved.values():
        if as_json:
            output.print_json([result.summary() for result in results] if references else results[0].summary())
        elif references:
            print(f"\n{table.as_markdown(comparison.score_table(results))}")
    for over in over_datasets.mean_over_datasets(list(saved.values())) if len(saved) > 1 else []:
        if as_json:
            output.print_json(over_datasets.summary(over))
        else:
            print(f"\n{table.as_markdown(over)}")


def write_submission(
    model: options.SubmitModel,
    stimuli: options.Stimuli,
    benchmark: options.Benchmark,
    out: options.SubmitOut,
    form: options.Form = "",
    zip: options.Zip = False,
    calibration: options.CalibrationOf = None,
) -> None:
    """Write a map for each test picture of a benchmark.

    The result is checked as `wepsam submit check` does it: a complaint is a line, and the exit code is then 1.

        wepsam submit write wepsam-paper MIT300/ --benchmark mit300 --out mine/ --zip
        wepsam submit write their_maps/ SALICON/ --benchmark salicon --out mine/
    """
    written = wepsam.submit(model, stimuli, out, benchmark=benchmark, form=form, zip=zip, calibration=calibration)
    files = len(written) - zip
    _print_check(out, stimuli, benchmark, f"{files} file{'s' * (files > 1)}, ")
    if zip:
        print(written[-1])


def check_submission(submission: options.Submission, stimuli: options.Stimuli, benchmark: options.Benchmark) -> None:
    """Check a submission, whoever wrote it.

    Compares names, sizes, kinds of files and sums of log-densities with what the benchmark takes. A complaint is a
    line, and the exit code is then 1.

        wepsam submit check theirs/ MIT300/ --benchmark mit300
    """
    _print_check(submission, stimuli, benchmark)


def _print_check(folder: Path, stimuli: Path, benchmark: str, written: str = "") -> None:
    from wepsam.evaluation import submission

    complaints = submission.check(folder, stimuli, benchmark)
    for line in complaints:
        print(line)
    if complaints:
        output.to_stderr(f"{folder} is wrong in {len(complaints)} way{'s' * (len(complaints) > 1)}")
        raise typer.Exit(1)
    print(f"{folder}: {written}each as {benchmark} takes it")


layout.add(DATASETS, list_datasets, word="list")
layout.add(DATASETS, check_dataset, word="check")
layout.add(SUBMIT, write_submission, word="write")
layout.add(SUBMIT, check_submission, word="check")
