"""wepsam predict."""

import dataclasses

import typer

import wepsam
from wepsam.cli import options, output


def predict(
    images: options.Images,
    out: options.PredictOut,
    model: options.PredictModel = "wepsam-lite",
    save: options.Save = "map,overlay",
    sheet: options.Sheet = False,
    quality: options.Quality = "best",
    max_pixels: options.MaxPixels = None,
    workers: options.Workers = -1,
    as_json: options.Json = False,
) -> None:
    """Predict where people will look in pictures.

    Writes STEM_map.png, STEM_overlay.png or STEM.npy for each picture, at the size of the picture. A picture that cannot
    be read is reported, and the others are done; the exit code is then 1.

        wepsam predict street.jpg --out maps/
        wepsam predict photos/ --out maps/ --save npy --quality fast
        wepsam predict photos/ --out maps/ --sheet --model gbvs
    """
    from wepsam.prediction.folder import SAVES, predict_files

    kinds = list(dict.fromkeys(output.names([save])))
    if not kinds or set(kinds) - set(SAVES):
        raise ValueError(f"--save takes {', '.join(SAVES)}, not {save!r}")
    # A picture at a time has all cores for itself; several have one each.
    loaded = wepsam.load(model, threads=0 if workers == 1 else 1, quality=quality)
    done = predict_files(images, out, loaded, kinds, sheet=sheet, max_pixels=max_pixels, workers=workers)
    if as_json:
        output.print_json(dataclasses.asdict(done))
    else:
        for kind in kinds:
            print(f"{len(done.written)} {kind}{'' if kind == 'npy' else 's'}: {out}/{SAVES[kind].format(stem='*')}")
        if done.sheet:
            print(f"contact sheet: {done.sheet}")
    for failure in done.failed:
        output.complain(failure)
    if done.failed:
        output.complain(f"{len(done.failed)} of {len(done.failed) + len(done.written)} pictures failed")
        raise typer.Exit(1)
