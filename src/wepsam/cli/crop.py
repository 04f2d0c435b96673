"""wepsam crop."""

import typer

import wepsam
from wepsam.cli import answer_options, options, output


def crop(
    images: options.Images,
    out: answer_options.CropOut = None,
    aspect: answer_options.Aspects = None,
    size: answer_options.Sizes = None,
    keep: answer_options.Keep = None,
    enlarge: answer_options.Enlarge = False,
    exif: answer_options.Exif = True,
    overwrite: answer_options.Overwrite = False,
    model: options.PredictModel = "wepsam-lite",
    quality: options.Quality = "best",
    calibration: options.CalibrationOf = None,
    max_pixels: options.MaxPixels = None,
    workers: options.Workers = -1,
    as_json: options.Json = False,
) -> None:
    """Crop pictures to where people look.

    A crop is the largest window of its aspect. It keeps as much of the attention as it can, and its border goes through
    no hot spot if another place keeps nearly as much. A crop of one size lies close to that of the next, so thumbnails do
    not jump. Crops keep the picture's name, format, EXIF and color profile, and are upright. With several aspects or
    sizes the names say which: photo_16x9.jpg. Without --out nothing is written. A picture that cannot be read is reported
    and the others are done; the exit code is then 1.

        wepsam crop photo.jpg --size 400x400 --out thumbs/
        wepsam crop photos/ --aspects 1:1,16:9,4:5 --out thumbs/
        wepsam crop photo.jpg --aspect 16:9 --json
        wepsam crop photo.jpg --aspect 9:16 --keep 0.6,0.1,0.8,0.3 --out thumbs/

    --json prints for each crop its box in pixels, the share of the attention that it keeps, how many hot spots it cuts,
    the focal point, and the CSS object-position that shows the same crop in a page.
    """
    from wepsam import markdown

    done = wepsam.crop_pictures(
        images, out, aspect=output.names(aspect), size=output.names(size), keep=_box(keep), enlarge=enlarge, exif=exif,
        overwrite=overwrite, model=model, quality=quality, calibration=calibration, max_pixels=max_pixels,
        workers=workers,
    )  # fmt: skip
    if as_json:
        output.print_json([made.as_dict() for made in done.made])
    elif done.made:
        rows = [
            [
                markdown.escape(made.file or made.picture), made.label, ", ".join(map(str, made.crop.box)),
                f"{made.crop.kept:.0%}", f"{len(made.crop.cut)} of {made.hot_spots}", made.crop.object_position,
            ]
            for made in done.made
        ]  # fmt: skip
        print(markdown.table(["picture", "crop", "x0, y0, x1, y1", "keeps", "hot spots cut", "object-position"], rows))
    for line in dict.fromkeys(_named(made.picture, line) for made in done.made for line in made.warnings):
        output.to_stderr(line)
    for line in done.failed:
        output.to_stderr(line)
    if done.failed:
        raise typer.Exit(1)


def _named(picture: str, line: str) -> str:
    return line if line.startswith(picture) else f"{picture}: {line}"


def _box(text: str | None) -> tuple[float, float, float, float] | None:
    if text is None:
        return None
    from wepsam.attention.cropping import checked_box

    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        raise ValueError(f"--keep is {text!r:.80}; expected four numbers x0,y0,x1,y1 in shares of the sides") from None
    return checked_box(values)
