"""wepsam report: one page about pictures."""

import dataclasses

import typer

import wepsam
from wepsam import files
from wepsam.cli import answer_options, options, output


def report(
    pictures: options.ImagesAndClips,
    out: answer_options.ReportOut,
    areas: answer_options.AreasOfEach = None,
    compare: answer_options.CompareAll = False,
    title: answer_options.Title = None,
    as_pdf: answer_options.AsPdf = False,
    viewport: options.Viewport = None,
    people: options.People = None,
    model: options.PredictModel = "wepsam-lite",
    unit: options.Unit = None,
    viewers: options.Viewers = 15,
    seconds: options.Seconds = 3.0,
    fixations: options.SeenBy = None,
    quality: options.Quality = "best",
    calibration: options.CalibrationOf = None,
    reference: options.Reference = None,
    max_pixels: options.MaxPixels = None,
    as_json: options.Json = False,
) -> None:
    """Write one page about pictures or clips, to send to somebody.

    The page shows where people will look, what each area gets and how sure that is, how focused and how cluttered the
    pictures are, and where to doubt it. It is one file that opens without a network: report.html. The same numbers are in
    report.json and areas.csv. A picture that cannot be read is named on the page, and the exit code is then 1.

        wepsam report page.png --out report/
        wepsam report designs/ --areas areas.json --out report/
        wepsam report before.png after.png --compare --title "Two designs" --out report/ --pdf
        wepsam report long-page.png --viewport 1280x800 --out report/
        wepsam report study/stimuli/ --areas areas.json --people study/ --out report/
        wepsam report clip.mp4 --areas areas.json --out report/

    Needs pip install 'wepsam[report]'.
    """
    done = wepsam.report(
        pictures, out, areas, compare=compare, title=title, as_pdf=as_pdf, viewport=viewport, people=people, model=model, unit=unit, viewers=viewers, seconds=seconds,
        fixations=fixations, quality=quality, calibration=calibration, reference=reference, max_pixels=max_pixels,
    )  # fmt: skip
    if as_json:
        output.print_json(dataclasses.asdict(done))
    else:
        for path in (done.page, done.numbers, done.table, done.pdf):
            if path is not None:
                print(files.shown(path))
    for line in [*done.warnings, *done.failed]:
        output.to_stderr(line)
    if done.failed:
        raise typer.Exit(1)
