"""Prediction for clips: what `wepsam predict` does with them."""

import logging
import time
from pathlib import Path

from wepsam import files
from wepsam.images import save_image
from wepsam.prediction.drawing import Style
from wepsam.prediction.targets import Picture
from wepsam.video import pictures
from wepsam.video.maps_in_time import GRID
from wepsam.video.viewing import Model, shown_as
from wepsam.video.watching import FPS, watch

MOST_FPS, MOST_GRID = 240.0, 1024

log = logging.getLogger("wepsam")


def check(fps: float, grid: int, shown: str | tuple[int, int] | None = None) -> None:
    """ValueError for settings that cannot be."""
    if not 0 < fps <= MOST_FPS:
        raise ValueError(f"fps is {fps:g}: expected frames a second, above 0 and at most {MOST_FPS:g}")
    if not 2 <= grid <= MOST_GRID:
        raise ValueError(f"grid is {grid}: expected cells of the longer side of a map, 2 to {MOST_GRID}")
    shown_as((1, 1), shown)


def predict_clip(
    clip: Picture,
    out: Path,
    model: Model,
    style: Style,
    *,
    fps: float = FPS,
    grid: int = GRID,
    shown: str | tuple[int, int] | None = None,
    workers: int = 1,
    max_pixels: int | None = None,
) -> dict[str, str]:
    """Write what is wanted of one clip, each file whole or not at all.

    Args:
        clip: the file, and the files to write: overlay, npz, sheet, timeline.
        out: the folder for the results, which contains them.
        model: as for `watch`.
        style: how maps are drawn.
        fps: as for `watch`.
        grid: as for `watch`.
        shown: as for `watch`.
        workers: as for `watch`.
        max_pixels: as for `watch`.

    Returns:
        The files, by kind.

    Raises:
        VideoError: the clip cannot be read.
        OSError: a file cannot be written.
    """
    began = time.monotonic()
    for target in clip.targets.values():
        files.below(out, target.relative_to(out).as_posix())  # a link in there may lead elsewhere
        target.parent.mkdir(parents=True, exist_ok=True)
    with watch(
        clip.path,
        model,
        _place(clip.targets, out),
        fps=fps,
        grid=grid,
        shown=shown,
        workers=workers,
        max_pixels=max_pixels,
    ) as watched:
        for line in watched.remarks:
            log.warning("%s: %s", files.shown(clip.name), line)
        for kind, target in clip.targets.items():
            if kind == "npz":
                watched.maps.save(target)
            elif kind == "sheet":
                save_image(target, pictures.sheet(watched, style), drawn=True)
            elif kind == "timeline":
                save_image(target, pictures.timeline(watched, style), drawn=True)
            else:
                pictures.write_overlay(watched, target, style, workers, max_pixels)
        took = max(time.monotonic() - began, 1e-3)
        log.info(
            "%s: %.1f s of clip, %d maps, in %.1f s: %.1f times as fast as it plays",
            files.shown(clip.name), watched.end, len(watched.maps), took, watched.end / took,
        )  # fmt: skip
    return {kind: str(target) for kind, target in clip.targets.items()}


def _place(targets: dict[str, Path], out: Path) -> Path:
    return next(iter(targets.values())).parent if targets else out
