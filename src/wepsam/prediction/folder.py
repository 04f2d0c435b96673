"""Prediction for many files: what `wepsam predict` does."""

import os
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from os import PathLike
from pathlib import Path
from typing import TypeVar

import numpy as np

from wepsam import maps, overlays
from wepsam.files import replacing
from wepsam.images import MAX_PIXELS, ImageError, read_image, resize, save_image
from wepsam.prediction.predictor import Predictor
from wepsam.progress import track
from wepsam.sources import find_images

SAVES = {"map": "{stem}_map.png", "overlay": "{stem}_overlay.png", "npy": "{stem}.npy"}
SHEET_ROWS, SHEET_HEIGHT = 12, 180

T = TypeVar("T")


@dataclass
class Predicted:
    """What was done.

    Attributes:
        written: for each picture its files, by kind.
        failed: one line for each picture that could not be done.
        sheet: the contact sheet, if one was asked for.
    """

    written: dict[str, dict[str, str]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    sheet: str | None = None


def predict_files(
    images: Sequence[str | PathLike[str]],
    out: str | PathLike[str],
    model: Callable[[np.ndarray], np.ndarray],
    kinds: Sequence[str] = ("map", "overlay"),
    *,
    sheet: bool = False,
    max_pixels: int | None = None,
    workers: int = 1,
) -> Predicted:
    """Predict for pictures, folders and list files; a bad picture among them is noted and the rest done.

    Args:
        images: see `sources.find_images`.
        out: folder; made if missing.
        model: a predictor.
        kinds: what to write, of "map", "overlay" and "npy".
        sheet: also write `sheet.png`, picture | map | overlay of the first 12.
        max_pixels: pictures with more are refused; by default `images.MAX_PIXELS`.
        workers: how many pictures at a time, in threads; -1 for one per core. Above 1 the model is called from several
            threads at once, which a `Predictor` allows; it is fastest with threads=1.

    Raises:
        ImageError: there is no picture at all, or a path does not exist.
    """
    paths = find_images(images)
    if not paths:
        raise ImageError(f"no pictures in {', '.join(map(str, images))}")
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    stems = _stems(paths)
    targets = {folder / SAVES[kind].format(stem=stem) for stem in stems.values() for kind in kinds} | {
        folder / "sheet.png"
    }
    if overwritten := {p.resolve() for p in targets} & {p.resolve() for p in paths}:
        raise ImageError(
            f"{min(overwritten)} is a picture to predict for and would be overwritten; choose another folder"
        )
    done = Predicted()
    rows: list[list[np.ndarray]] = []
    limit = max_pixels or MAX_PIXELS

    def work(path: Path) -> tuple[dict[str, str], list[np.ndarray] | None] | str:
        """A picture's files and its row of the sheet, or why there are none."""
        try:
            stimulus = None
            if isinstance(model, Predictor) and not sheet and "overlay" not in kinds:
                saliency_map = model(path, limit)  # nobody needs all the pixels, and it decodes fewer
            else:
                stimulus = read_image(path, max_pixels=limit)
                saliency_map = model(stimulus)
            files = {kind: str(folder / SAVES[kind].format(stem=stems[path])) for kind in kinds}
            for kind, file in files.items():
                _save(kind, file, stimulus, saliency_map)
        except (ImageError, OSError, MemoryError) as error:
            told = str(error) or "not enough memory"
            return told if isinstance(error, ImageError) else f"{path}: {told}"
        if stimulus is None or not sheet or len(rows) >= SHEET_ROWS:  # `rows` has only those before this one
            return files, None
        return files, _sheet_row(stimulus, saliency_map)

    with closing(_in_order(work, paths, workers)) as outcomes:
        for path, outcome in zip(track(paths, "predicting"), outcomes, strict=True):
            if isinstance(outcome, str):
                done.failed.append(outcome)
                continue
            done.written[str(path)], row = outcome
            if row is not None and len(rows) < SHEET_ROWS:
                rows.append(row)
    if rows:
        done.sheet = str(folder / "sheet.png")
        save_image(done.sheet, _sheet(rows))
    return done


def _save(kind: str, file: str, stimulus: np.ndarray | None, saliency_map: np.ndarray) -> None:
    if kind == "map":
        overlays.save_map(file, saliency_map)
    elif kind == "overlay":
        assert stimulus is not None
        overlays.save_overlay(file, stimulus, saliency_map)
    else:
        with replacing(file) as temporary:
            np.save(temporary, saliency_map.astype(np.float32, copy=False))


def _in_order(work: Callable[[Path], T], paths: Sequence[Path], workers: int) -> Generator[T]:
    """work(path) of each, in their order. Threads do it, for decoders and ONNX Runtime let others run meanwhile."""
    workers = min(os.cpu_count() or 1 if workers == -1 else workers, len(paths))
    if workers <= 1:
        yield from map(work, paths)
        return
    from concurrent.futures import Future, ThreadPoolExecutor

    with ThreadPoolExecutor(workers) as pool:
        ahead: deque[Future[T]] = deque()
        try:
            for path in paths:
                ahead.append(pool.submit(work, path))
                if len(ahead) > 2 * workers:  # a slow picture holds up the others only then
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:  # interrupted: what has begun is finished, the rest is not begun
            for future in ahead:
                future.cancel()


def _stems(paths: Sequence[Path]) -> dict[Path, str]:
    """What each picture's files are called: its stem or, for all but the first of that stem, FOLDER_STEM_SUFFIX."""
    # Lower case, for disks on which A.png and a.png are one file.
    by_stem: dict[str, list[Path]] = {}
    for path in paths:
        by_stem.setdefault(path.stem.lower(), []).append(path)
    taken = set(by_stem)
    names = {}
    for same in by_stem.values():
        names[same[0]] = same[0].stem
        for path in same[1:]:
            name = base = f"{path.absolute().parent.name}_{path.name.replace('.', '_')}"
            number = 2
            while name.lower() in taken:
                name, number = f"{base}_{number}", number + 1
            taken.add(name.lower())
            names[path] = name
    return names


def _sheet_row(stimulus: np.ndarray, saliency_map: np.ndarray) -> list[np.ndarray]:
    """Picture, map and overlay, small enough for the sheet."""
    height, width = stimulus.shape[:2]
    shape = (SHEET_HEIGHT, max(1, round(SHEET_HEIGHT * width / height)))
    small = resize(stimulus, shape)
    small_map = maps.enlarge(saliency_map, shape)
    return [small, overlays.colorize(small_map), overlays.overlay(small, small_map)]


def _sheet(rows: list[list[np.ndarray]]) -> np.ndarray:
    """Two pictures beside each other, each with its map and overlay."""
    double = [[*chain(*rows[i : i + 2])] for i in range(0, len(rows), 2)]
    labels = ["picture", "saliency map", "overlay"] * (len(double[0]) // 3)
    return overlays.contact_sheet(double, labels=labels, height=SHEET_HEIGHT)
