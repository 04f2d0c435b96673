"""wepsam draw."""

import dataclasses

import typer

from wepsam import files
from wepsam.cli import answer_options, options, output


def draw(
    pictures: options.Images,
    out: options.PredictOut,
    kinds: answer_options.DrawnKinds = "heat",
    areas: answer_options.AreasOfEach = None,
    unit: options.Unit = None,
    opacity: answer_options.Opacity = 0.75,
    colors: options.Colors = "ember",
    size: answer_options.DrawnSize = None,
    dpi: answer_options.Dpi = None,
    legend: answer_options.DrawnLegend = True,
    svg: answer_options.Svg = False,
    lines_only: answer_options.LinesOnly = False,
    viewport: options.Viewport = None,
    model: options.PredictModel = "wepsam-lite",
    quality: options.Quality = "best",
    calibration: options.CalibrationOf = None,
    max_pixels: options.MaxPixels = None,
    as_json: options.Json = False,
) -> None:
    """Draw where people will look: pictures that one wants to show.

    A picture that is named gives OUT/STEM_heat.png, OUT/STEM_fog.png and so on. A picture found below a folder keeps its
    path below that folder. Two pictures as before-after give OUT/before-after.png. Colors can be told apart by color-blind
    people; white stays white. A picture that cannot be read is reported and the others are done; the exit code is then 1.

        wepsam draw page.png --as heat,fog,contours,hot-spots --out drawings/
        wepsam draw page.png --as areas --areas areas.json --svg --out drawings/
        wepsam draw a.png b.png --as before-after --out drawings/
        wepsam draw long-page.png --viewport 1280x800 --out drawings/
        wepsam draw photos/ --as fog --size 1600 --opacity 0.6 --out drawings/
        wepsam draw photo.jpg --as contours --size 2400 --dpi 300 --out print/
    """
    from wepsam.drawing import folder
    from wepsam.drawing.styles import Style

    done = folder.draw(
        pictures, out, kinds=kinds, areas=areas, unit=unit, style=Style(opacity, colors, size, dpi, legend), svg=svg,
        lines_only=lines_only, model=model, quality=quality, calibration=calibration, max_pixels=max_pixels,
        viewport=viewport,
    )  # fmt: skip
    if as_json:
        output.print_json(dataclasses.asdict(done))
    else:
        paths = [path for written in done.written.values() for path in written.values()]
        for path in [*paths, *([done.before_after] if done.before_after else [])]:
            print(files.shown(path))
    for line in [*done.doubts, *done.failed]:
        output.to_stderr(line)
    if done.failed:
        output.to_stderr(f"{len(done.failed)} of {len(done.failed) + len(done.written)} pictures failed")
        raise typer.Exit(1)
