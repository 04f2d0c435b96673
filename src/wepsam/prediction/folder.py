"""Prediction for many files: what `wepsam predict` does."""

import math
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from wepsam import colormaps, files, kinds, maps, overlays, progress, resolve
from wepsam._picture_costs import pixels_that_allow
from wepsam.calibration.presets import Which
from wepsam.files import PlaceError, below, remove_leftovers, replacing
from wepsam.images import MAX_PIXELS, ImageError, allowed_bytes, pixel_count, read_image, save_image
from wepsam.prediction import drawing, ordered, predictor, targets
from wepsam.video.folder import check, predict_clip
from wepsam.video.maps_in_time import GRID
from wepsam.video.watching import FPS

SCALES = ("own", "common")
# Bytes a pixel that work on a picture takes: its map; stimulus, overlay and what Pillow needs to write them; the log
# density with the arrays that it is made from.
MAP, DRAWING, LOG = 7, 11, 32
FAILURES = (ImageError, PlaceError, OSError, MemoryError)  # of one picture; the others are done


@dataclass
class Predicted:
    """The outcome of `predict`.

    Attributes:
        written: for each picture and clip its files, by kind.
        failed: one line for each picture or clip that could not be read, predicted or written.
        doubted: for each picture that does not look like the photographs that the model has learned from, what it looks
            like: "web page", "chart" or "page of text".
        sheet: the contact sheet, if there is one.
        clips: those of `written` that are clips.
    """

    written: dict[str, dict[str, str]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    doubted: dict[str, str] = field(default_factory=dict)
    sheet: str | None = None
    clips: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Answer:
    """A prediction for one picture.

    Attributes:
        stimulus: (H, W, 3) uint8; None if nothing is drawn over it.
        saliency_map: (H, W).
        log_density: (H, W) float64, to base e; None if it is not wanted.
        doubt: what the picture looks like, if the model has not learned from such pictures.
    """

    stimulus: np.ndarray | None
    saliency_map: np.ndarray
    log_density: np.ndarray | None
    doubt: str | None = None


# Long by its parameters and their documentation.
def predict(
    images: targets.Images,
    out: str | PathLike[str],
    *,
    model: resolve.Model = predictor.DEFAULT,
    save: str | Iterable[str] = ("map", "overlay"),
    sheet: bool = False,
    quality: str = predictor.QUALITIES[0],
    calibration: Which = None,
    max_pixels: int | None = None,
    workers: int = -1,
    bits: bool = False,
    overlay_strength: float = overlays.STRENGTH,
    colors: str = colormaps.DEFAULT,
    scale: str = SCALES[0],
    legend: bool = True,
    fps: float = FPS,
    grid: int = GRID,
    shown: str | tuple[int, int] | None = None,
) -> Predicted:
    """Predict where people will look in pictures and clips, folders of them, or those named in list files.

    A file that is named, here or in a list file, gives OUT/STEM_map.png and so on. A file that is found below a folder
    keeps its path below that folder: OUT/SUB/STEM_map.png. A picture that cannot be read is reported, and the work goes
    on with the next. A `wepsam.PictureWarning` is issued for each picture that does not look like a photograph, if the
    card of the model says that it has learned from photographs.

    A clip gives a clip. Its maps are predicted at `fps` frames a second and stand on one scale; see
    docs/how-to/video.md. Animated pictures (GIF, APNG, WebP) count as pictures, of which the first frame is taken.

    Args:
        images: a picture, clip, folder (searched recursively) or list file (.txt), or several of them.
        out: folder for the results; made if missing.
        model: a shipped model, a classical model, an .onnx file, or a function from an (H, W, 3) uint8 stimulus to its
            (H, W) map >= 0.
        save: what to write, as a sequence or comma-separated:

            - map: 8-bit PNG, the lowest value black, the highest white; of a clip two PNGs to look at, a frame a second
              with its map, and the clip as a line of time;
            - overlay: JPEG, the map in colors over the picture, with a legend below; of a clip an .mp4 file with its
              sound, without a legend, at most 1280 pixels long;
            - npz: of a clip alone: `maps` (T, h, w) float32, each sums to 1, and `times` (T,) in seconds;
            - overlay-png: the same as a PNG, without loss and several times as large;
            - npy: the map as the model gives it, (H, W) float32;
            - density: the probability that a fixation falls into each pixel, (H, W) float64, sums to 1;
            - log-density: its natural logarithm, (H, W) float64. Models other than wepsam's weights get a millionth of
              the probability spread evenly, because their maps may be 0.
        sheet: also write OUT/sheet.png: picture, map and overlay of the first 12 pictures.
        quality: of wepsam's weights, "best" or "fast"; see `Predictor`.
        calibration: the name of one in the model's card ("typical", the name of a laboratory, "none"), a file that
            `wepsam adapt` wrote, or a `wepsam.Calibration`. None: the card's default for wepsam's weights, and none
            for any other model.
        max_pixels: refuse pictures with more pixels; by default `images.MAX_PIXELS`. Overlays of
            more than 58 megapixels take more than 1 GB and need a `max_pixels` above the default: 7 bytes for each.
        workers: how many pictures at a time, in threads; -1 for one per core. A function given as `model` is called
            from several threads at once.
        bits: write the log density to base 2, as STEM_log2-density.npy.
        overlay_strength: opacity of the overlay's color, from 0 to 1.
        colors: name of a color ramp, see `colormaps.NAMES`.
        scale: "own" draws each map from its own minimum to its own maximum. "common" draws the maps, overlays and sheet
            of all pictures from 0 to the largest value of the run, so that the same saliency has the same color in all
            of them. Saliency is compared as a multiple of the picture's average. Each picture is then predicted twice,
            the first time to find the largest value: no map has to be kept.
        legend: show the scale below overlays and sheet, the overlay's colors as they look over white. The numbers are
            multiples of the picture's average. Without a legend an overlay has the picture's size.
        fps: frames of a clip that the model sees in each second; the overlay shows all frames, and between two maps
            what lies between them.
        grid: cells of the longer side of the maps in an .npz file.
        shown: (width, height) of clips on the screen, or "1280x720"; None: pixel by pixel. People look closer at what
            is shown larger, so the typical calibration depends on it.

    Returns:
        What was written, and what failed.

    Raises:
        ImageError: there is no picture, a path does not exist, two results would have the same name (also if only
            upper and lower case differ), or a result would overwrite a picture. Nothing has been written then.
        ValueError: another argument that is not as described, or nothing of `save` applies to what is given.
    """
    endings, clip_endings = _endings(save, bits)
    check(fps, grid, shown)
    if scale not in SCALES:
        raise ValueError(f"scale is {' or '.join(SCALES)}, not {scale!r}")
    overlays.check_strength(overlay_strength)
    colormaps.colors(colors)
    workers = ordered.worker_count(workers)
    folder = Path(out)
    sheet_file = folder / targets.SHEET if sheet else None
    pictures, clips = targets.find_all(images, folder, endings, clip_endings, sheet_file)
    _check_saves(save, endings, clip_endings, pictures, clips)
    cores, workers, most = workers, max(1, min(workers, len(pictures))), max_pixels or MAX_PIXELS
    with_stimulus = sheet or bool(targets.OVERLAYS & set(endings))
    with_log = bool({"density", "log-density"} & set(endings))
    needed = MAP + DRAWING * with_stimulus + LOG * with_log
    in_order = partial(
        ordered.in_order,
        workers=workers,
        size=lambda picture: needed * pixel_count(picture.path, max_pixels=most),
        room=ordered.room(workers),
    )
    # A picture at a time has all cores to itself; several, and the frames of a clip, have one each.
    alone = workers == 1 and not clips
    opened = resolve.predictor(model, quality=quality, threads=0 if alone else 1, calibration=calibration)
    answer = partial(
        _answer,
        opened,
        max_pixels=most,
        bytes_per_pixel=needed,
        with_stimulus=with_stimulus,
        with_log=with_log,
    )
    folder.mkdir(parents=True, exist_ok=True)
    highest = None if scale == "own" or not pictures else _highest(answer, pictures, in_order)
    style = drawing.Style(overlay_strength, colors, legend, highest)
    done = _predict(answer, pictures, style, in_order, folder, sheet_file)
    if clips:
        settings = {"fps": fps, "grid": grid, "shown": shown, "workers": cores, "max_pixels": max_pixels}
        _predict_clips(opened, clips, drawing.Style(overlay_strength, colors, legend), folder, done, settings)
    for place in {target.parent for picture in [*pictures, *clips] for target in picture.targets.values()}:
        remove_leftovers(place)
    if getattr(model, "warn", True):  # a predictor that was opened without warnings gives none here either
        for path, doubt in done.doubted.items():
            kinds.warn(kinds.message(doubt, path))
    return done


def _endings(save: str | Iterable[str], bits: bool) -> tuple[dict[str, str], dict[str, str]]:
    """How the names of the files to write end, by kind: those of a picture, and those of a clip."""
    names = save.split(",") if isinstance(save, str) else save
    kinds = [stripped for name in names if (stripped := name.strip())]
    unknown = [kind for kind in kinds if kind not in (*targets.SAVES, "npz")]
    if unknown or (isinstance(save, str) and not kinds):
        given = ", ".join(unknown) or save
        raise ValueError(f"save takes {', '.join(targets.SAVES)}, not {given!r}; of clips it takes map, overlay, npz")
    if bits and "log-density" not in kinds:
        raise ValueError("bits is the unit of log-density, which is not to be saved: add log-density, or drop bits")
    endings = {kind: targets.SAVES[kind] for kind in kinds if kind in targets.SAVES}
    if bits:
        endings["log-density"] = targets.BITS
    # The sheet and the line of time stand for the maps of a clip.
    of_clip = [own for kind in kinds for own in (("sheet", "timeline") if kind == "map" else (kind,))]
    return endings, {kind: targets.CLIP_SAVES[kind] for kind in of_clip if kind in targets.CLIP_SAVES}


def _check_saves(save: Any, endings: Any, clip_endings: Any, pictures: list, clips: list) -> None:
    """ValueError if nothing of what is to be saved applies to pictures, where there are some, or to clips."""
    kinds = save if isinstance(save, str) else ",".join(save)
    if kinds and pictures and not endings:
        raise ValueError(f"{kinds} is saved of clips alone, and {pictures[0].path} is a picture; add npy, for example")
    if kinds and clips and not clip_endings:
        raise ValueError(f"{kinds} is saved of pictures alone, and {clips[0].path} is a clip; add npz, for example")


def _predict_clips(
    model: resolve.Predict,
    clips: list[targets.Picture],
    style: drawing.Style,
    out: Path,
    done: Predicted,
    settings: dict,
) -> None:
    """Predict for clips, one after another: each uses all workers."""
    for clip in clips:
        try:
            done.written[str(clip.path)] = predict_clip(clip, out, model, style, **settings)
            done.clips.append(str(clip.path))
        except (*FAILURES, ImportError) as error:
            done.failed.append(files.naming(clip.path, str(error) or "not enough memory"))


def _answer(
    model: resolve.Predict, path: Path, *, max_pixels: int, bytes_per_pixel: int, with_stimulus: bool, with_log: bool
) -> Answer:
    most = int(allowed_bytes(max_pixels) / bytes_per_pixel)
    if (pixels := pixel_count(path, max_pixels=max_pixels)) > most:
        raise ImageError(
            f"{path}: {pixels:,} pixels, and what is to be saved allows {most:,}; save less (a map alone "
            f"takes least memory), or raise max_pixels (--max-pixels) to {pixels_that_allow(pixels * bytes_per_pixel)}"
        )
    if not isinstance(model, predictor.Predictor):
        stimulus = read_image(path, max_pixels=max_pixels)
        saliency_map = model(stimulus)
        return Answer(stimulus, saliency_map, maps.to_log_density(saliency_map) if with_log else None)
    # A predictor reads the file itself if it can: it decodes no more of it than it needs.
    drawn_over = read_image(path, max_pixels=max_pixels) if with_stimulus else None
    stimulus, shape = model.read(path if drawn_over is None else drawn_over, max_pixels)
    density = model.low_resolution(stimulus)
    log_density = predictor.log_density(density, shape) if with_log else None
    return Answer(drawn_over, predictor.saliency_map(density, shape), log_density, model.doubt(stimulus))


def _highest(
    answer: Callable[[Path], Answer], pictures: list[targets.Picture], in_order: Callable[..., Generator]
) -> float:
    """The largest value of all maps, as a multiple of its picture's average."""

    def work(picture: targets.Picture) -> float:
        try:
            saliency_map = answer(picture.path).saliency_map
        except FAILURES:  # reported in the second pass
            return 0.0
        return float(saliency_map.max()) / drawing.average(saliency_map)

    with closing(in_order(work, pictures)) as values:
        shown = progress.track(pictures, "finding the scale")
        return max(value for _, value in zip(shown, values, strict=True)) or 1.0


def _predict(
    answer: Callable[[Path], Answer],
    pictures: list[targets.Picture],
    style: drawing.Style,
    in_order: Callable[..., Generator],
    out: Path,
    sheet_file: Path | None,
) -> Predicted:
    done = Predicted()
    rows: list[list[np.ndarray]] = []
    names: list[tuple[str, str]] = []

    def work(picture: targets.Picture) -> tuple[list[np.ndarray] | None, str | None] | str:
        """Write a picture's files.

        Returns its row of the sheet, if it may be among the first, and the doubt about it; or why it failed.
        """
        try:
            found = answer(picture.path)
            is_drawn = not {"map", *targets.OVERLAYS}.isdisjoint(picture.targets)
            levels = style.levels(found.saliency_map) if is_drawn else None
            for kind, target in picture.targets.items():
                below(out, target.relative_to(out).as_posix())  # a link in there may lead elsewhere
                target.parent.mkdir(parents=True, exist_ok=True)
                _save(kind, target, found, levels, style)
        except FAILURES as error:
            text = str(error) or "not enough memory"
            return text if isinstance(error, ImageError) else f"{picture.path}: {text}"
        if sheet_file is None or len(rows) >= drawing.SHEET_ROWS:
            return None, found.doubt
        assert found.stimulus is not None
        return drawing.sheet_row(found.stimulus, found.saliency_map, style), found.doubt

    with closing(in_order(work, pictures)) as outcomes:
        for picture, outcome in zip(progress.track(pictures, "predicting"), outcomes, strict=True):
            if isinstance(outcome, str):
                done.failed.append(outcome)
                continue
            done.written[str(picture.path)] = {kind: str(target) for kind, target in picture.targets.items()}
            row, doubt = outcome
            if doubt:
                done.doubted[str(picture.path)] = doubt
            if row is not None and len(rows) < drawing.SHEET_ROWS:
                rows.append(row)
                names.append((picture.name, f"looks like a {doubt}" if doubt else ""))
    if sheet_file is not None and rows:
        save_image(sheet_file, drawing.sheet(rows, names, style), drawn=True)
        done.sheet = str(sheet_file)
    return done


def _save(kind: str, target: Path, found: Answer, levels: np.ndarray | None, style: drawing.Style) -> None:
    if kind == "map":
        assert levels is not None
        save_image(target, levels, drawn=True)
    elif kind in targets.OVERLAYS:
        assert found.stimulus is not None
        save_image(target, drawing.overlay(found.stimulus, found.saliency_map, style, levels), drawn=True)
    elif kind == "npy":
        _save_array(target, found.saliency_map.astype(np.float32, copy=False))
    else:
        assert found.log_density is not None
        base = math.log(2) if target.name.endswith(targets.BITS) else 1
        _save_array(target, np.exp(found.log_density) if kind == "density" else found.log_density / base)


def _save_array(path: Path, values: np.ndarray) -> None:
    with replacing(path) as temporary:
        np.save(temporary, values)
