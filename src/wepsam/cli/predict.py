"""wepsam predict."""

import dataclasses
import warnings
from collections.abc import Mapping

import typer

import wepsam
from wepsam.cli import options, output

PLURALS = {
    "map": "maps", "overlay": "overlays", "overlay-png": "overlays", "npy": "npy", "density": "densities",
    "log-density": "log-densities",
}  # fmt: skip
CLIP_PLURALS = {"overlay": "overlays", "npz": "npz", "sheet": "sheets", "timeline": "timelines"}

DOUBTS = 10  # pictures that do not look like photographs, named one by one


def predict(
    images: options.ImagesAndClips,
    out: options.PredictOut,
    model: options.PredictModel = "wepsam-lite",
    save: options.Save = "map,overlay",
    sheet: options.Sheet = False,
    quality: options.Quality = "best",
    calibration: options.CalibrationOf = None,
    max_pixels: options.MaxPixels = None,
    workers: options.Workers = -1,
    bits: options.Bits = False,
    overlay_strength: options.OverlayStrength = 0.75,
    colors: options.Colors = "ember",
    scale: options.Scale = "own",
    legend: options.Legend = True,
    fps: options.Fps = 10.0,
    grid: options.Grid = 96,
    shown: options.Shown = None,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Predict where people will look in pictures and clips.

    A picture that is named gives OUT/STEM_map.png, OUT/STEM_overlay.jpg and so on, at the size of the picture. A
    picture found below a folder keeps its path below that folder. A picture that cannot be read is reported and the
    others are done; the exit code is then 1. A clip gives OUT/STEM_overlay.mp4, STEM_sheet.png and STEM_timeline.png.

        wepsam predict street.jpg --out maps/
        wepsam predict photos/ --out maps/ --save npy --quality fast
        wepsam predict before.png after.png --out maps/ --sheet --scale common
        wepsam predict photos/ --out maps/ --save log-density --bits
        wepsam predict photos/ --out maps/ --model gbvs
        wepsam predict clip.mp4 --out maps/ --quality fast
        wepsam predict clips/ --out maps/ --save npz --fps 5
        wepsam predict photos/ --out maps/ --calibration adapted/calibration.json
    """
    from wepsam.prediction import targets

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", wepsam.PictureWarning)  # printed below
        done = wepsam.predict(
            images, out, model=model, save=save, sheet=sheet, quality=quality, calibration=calibration,
            max_pixels=max_pixels, workers=workers, bits=bits, overlay_strength=overlay_strength, colors=colors,
            scale=scale, legend=legend, fps=fps, grid=grid, shown=shown,
        )  # fmt: skip
    pictures = len(done.written) - len(done.clips)
    if as_json:
        output.print_json(dataclasses.asdict(done))
    else:
        for kind in dict.fromkeys(output.names([save])):
            if kind in targets.SAVES and (pictures or not done.clips):
                ending = targets.BITS if bits and kind == "log-density" else targets.SAVES[kind]
                print(f"{pictures} {kind if pictures == 1 else PLURALS[kind]}: {out}/*{ending}")
        for kind, plural in CLIP_PLURALS.items():
            if done.clips and kind in done.written[done.clips[0]]:
                print(
                    f"{len(done.clips)} {kind if len(done.clips) == 1 else plural}: {out}/*{targets.CLIP_SAVES[kind]}"
                )
        if done.sheet:
            print(f"contact sheet: {done.sheet}")
    if done.doubted and not quiet:
        for line in doubts(done.doubted, pictures):
            output.to_stderr(line)
    for failure in done.failed:
        output.to_stderr(failure)
    if done.failed:
        what = "pictures and clips" if done.clips else "pictures"
        output.to_stderr(f"{len(done.failed)} of {len(done.failed) + len(done.written)} {what} failed")
        raise typer.Exit(1)


def doubts(doubted: Mapping[str, str], pictures: int) -> list[str]:
    """What to say of pictures that do not look like photographs: each of the first few, and the count of many.

    Args:
        doubted: what each of them looks like, by path.
        pictures: that were predicted.
    """
    from wepsam import kinds

    lines = [kinds.message(seen, path) for path, seen in [*doubted.items()][:DOUBTS]]
    if len(doubted) > DOUBTS:
        plurals = [kinds.PLURALS[seen] for seen in kinds.KINDS if seen in doubted.values()]
        lines.append(
            f"{len(doubted)} of {pictures} pictures look like {' or '.join(plurals)}; "
            "the model has learned from photographs"
        )
    return lines
