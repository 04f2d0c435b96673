"""wepsam scores and wepsam benchmark: numbers of whole pictures, and what to compare them with."""

import warnings
from collections.abc import Mapping

import typer

import wepsam
from wepsam import files
from wepsam.cli import options, output


def scores(
    pictures: options.Images,
    model: options.PredictModel = "wepsam-lite",
    reference: options.Reference = None,
    quality: options.Quality = "best",
    calibration: options.CalibrationOf = None,
    max_pixels: options.MaxPixels = None,
    viewport: options.Viewport = None,
    as_json: options.Json = False,
) -> None:
    """Say how focused, how centered and how cluttered pictures are, beside other pictures.

    Focus is the share of the surface that holds 50 or 80 % of the attention. Places is how many places share the
    attention. Center is how much of it the middle of the picture explains. Clutter is feature congestion, which needs
    no model. Behind each number is its percentile: how many of 100 pictures of the reference have a lower one. A
    picture that cannot be read is reported and the others are done; the exit code is then 1.

        wepsam scores page.png
        wepsam scores photos/ --json
        wepsam scores page.png --reference ours.json
        wepsam scores long-page.png --viewport 1280x800
    """
    from wepsam import markdown, progress, resolve
    from wepsam.attention.answers import reference_of, rounded
    from wepsam.attention.scores import NAMES
    from wepsam.prediction import targets

    predict = resolve.predictor(model, quality=quality, calibration=calibration)
    rows, found = [], []
    doubts: list[str] = []
    failed: list[str] = []
    among = reference_of(reference, predict)
    for path in progress.track(targets.found(pictures), "scores"):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", wepsam.PictureWarning)  # printed below
                answer = wepsam.attend(path, model=predict, reference=among, max_pixels=max_pixels, viewport=viewport)
                made = answer.scores
        except wepsam.ImageError as error:
            failed.append(str(error))
            continue
        found.append({"picture": str(path), **rounded(made.as_dict()), "warnings": list(answer.warnings)})
        cells = [f"{value:.3g}" + _percentile(made.percentiles, name) for name, value in made.values().items()]
        rows.append([str(path), *cells, made.reference])
        doubts += [files.naming(path, line) for line in answer.warnings]
    if as_json:
        output.print_json(found)
    elif rows:
        print(markdown.table(["picture", *NAMES, "among"], [[markdown.escape(cell) for cell in row] for row in rows]))
    for line in [*doubts, *failed]:
        output.to_stderr(line)
    if failed:
        raise typer.Exit(1)


def benchmark(
    pictures: options.Images,
    out: options.ReferenceOut,
    name: options.ReferenceName = None,
    model: options.PredictModel = "wepsam-lite",
    quality: options.Quality = "best",
    calibration: options.CalibrationOf = None,
    max_pixels: options.MaxPixels = None,
) -> None:
    """Make a reference of your own pictures, for the percentiles of `wepsam scores`.

    At least 10 pictures have to be readable; with 100, percentiles are right to about five. A picture that cannot be
    read is reported and left out.

        wepsam benchmark campaigns/ --out ours.json
        wepsam scores page.png --reference ours.json
    """
    done = wepsam.benchmark(
        pictures, out, name=name, model=model, quality=quality, calibration=calibration, max_pixels=max_pixels
    )
    print(f"{out}: {done.reference.pictures} pictures")
    for line in done.failed:
        output.to_stderr(line)
    if done.failed:
        raise typer.Exit(1)


def _percentile(percentiles: Mapping[str, float], name: str) -> str:
    return f" (P{percentiles[name]:.0f})" if name in percentiles else ""
