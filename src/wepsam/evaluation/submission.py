"""Submissions to the boards of MIT300, CAT2000 and SALICON: write them, check them, pack them."""

import base64
import io
import json
import logging
import os
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from PIL import Image

from wepsam import maps
from wepsam._picture_costs import MAX_MAP_PIXELS
from wepsam._picture_files import open_picture
from wepsam.calibration.presets import Which
from wepsam.datasets import FixationDataset, Sample
from wepsam.evaluation.map_folder import SUFFIXES, MapFolder, map_size, read_map
from wepsam.evaluation.subject import Subject, subject
from wepsam.files import ForeignFileError, below, check_regular, foreign, parse_json, replacing
from wepsam.images import image_size, save_image
from wepsam.progress import track
from wepsam.resolve import Model
from wepsam.sources import find_images

JSON = "results.json"  # the one file of a SALICON submission
LEAST = 1e-6  # share of a log-density that is uniform, because no pixel is impossible
TOLERANCE = 1e-3  # of |logsumexp|, as the board has it


log = logging.getLogger("wepsam")


@dataclass(frozen=True)
class Benchmark:
    """What a board takes.

    Attributes:
        pictures: number of test pictures.
        forms: of maps; the first is the default.
    """

    pictures: int
    forms: tuple[str, ...]


BENCHMARKS = {
    "mit300": Benchmark(300, ("png", "npy", "log-density")),
    "cat2000": Benchmark(2000, ("png", "npy", "log-density")),
    "salicon": Benchmark(5000, ("json", "png")),
}


def submit(
    model: Subject | MapFolder | Model,
    stimuli: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    benchmark: str,
    form: str = "",
    zip: bool = False,
    calibration: Which = None,
) -> list[Path]:
    """Write a model's maps of a board's test pictures, as the board takes them.

    Args:
        model: what `evaluate` takes as a model, except the references, which need to know where people looked.
        stimuli: the folder of test pictures.
        out: a new or empty folder; the maps lie in it as the stimuli do in theirs.
        benchmark: "mit300", "cat2000" or "salicon".
        form: of the maps, one that the board takes; by default its first.
            "png" (all three): 8 bit gray, the largest value of a map is 255, and 0 stays 0.
            "npy" (mit300, cat2000): float32, as the model gave it.
            "log-density" (mit300, cat2000): .npy, float32 natural logarithm of a distribution over the pixels.
            "json" (salicon): one file with a base64 PNG for each picture.
        zip: also write OUT.zip.
        calibration: of the model; see `evaluate`.

    Returns:
        The files; the zip, if any, is the last.

    Raises:
        ValueError: no such board, form or model; a reference; a folder `out` that is not empty; or a map that does not
            fit its stimulus.
    """
    board = _board(benchmark)
    form = form or board.forms[0]
    if form not in board.forms:
        raise ValueError(f"{benchmark} takes {', '.join(board.forms)}, not {form!r}")
    out = Path(out)
    samples = read_stimuli(stimuli)
    if out.exists() and any(out.iterdir()):
        raise ValueError(f"{out} is not empty; a submission needs a folder of its own")
    chosen = subject(model, threads=0, calibration=calibration)
    if chosen.is_reference:
        raise ValueError(f"{chosen.name} needs fixations, and those of test pictures are not published; choose a model")
    chosen = chosen.on(FixationDataset(benchmark, tuple(samples), sigma=0.0))
    out.mkdir(parents=True, exist_ok=True)
    answers = _answers(chosen, samples)
    written = [_write_json(answers, out / JSON)] if form == "json" else _write_maps(answers, out, form)
    return [*written, pack(out)] if zip else written


def read_stimuli(folder: str | os.PathLike[str]) -> list[Sample]:
    """The test pictures in a folder; the id of each is its path in there. CAT2000's `Output` folders are left out.

    Raises:
        ValueError: no pictures, or two with the same stem.
    """
    folder = Path(folder)
    paths: dict[str, Path] = {}
    for path in find_images(folder):
        id = path.relative_to(folder).as_posix()
        if "Output" in PurePosixPath(id).parts:
            continue
        key = PurePosixPath(id).with_suffix("").as_posix()
        if key in paths:
            raise ValueError(f"{folder} has both {paths[key].name} and {path.name}; their maps would have one name")
        paths[key] = path
    if not paths:
        raise ValueError(f"no pictures in {folder}")
    return [Sample(p.relative_to(folder).as_posix(), p, image_size(p)) for p in paths.values()]


def pack(out: str | os.PathLike[str]) -> Path:
    """Write a submission into OUT.zip, beside its folder, and return the path."""
    folder = Path(out).resolve()
    path = folder.with_name(f"{folder.name}.zip")
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(p for p in folder.rglob("*") if p.is_file()):
            archive.write(file, file.relative_to(folder).as_posix())
    return path


def check(out: str | os.PathLike[str], stimuli: str | os.PathLike[str], benchmark: str) -> list[str]:
    """What is wrong with a submission, one line each: names, sizes, kinds of files, sums of log-densities.

    Logs a warning if the folder of stimuli has more or fewer pictures than the board.

    Args:
        out: folder of maps, by any tool.
        stimuli: the folder of test pictures.
        benchmark: "mit300", "cat2000" or "salicon".

    Returns:
        The lines; empty if nothing is wrong.

    Raises:
        ValueError: no such board, no such folder, or no pictures.
    """
    board, out = _board(benchmark), Path(out)
    if not out.is_dir():
        raise ValueError(f"no folder {out}; expected the maps of a submission")
    samples = {PurePosixPath(s.id).with_suffix("").as_posix(): s for s in read_stimuli(stimuli)}
    if len(samples) != board.pictures:
        log.warning("%s has %d pictures, %s has %d", stimuli, len(samples), benchmark, board.pictures)
    if "json" in board.forms and (out / JSON).exists():
        return list(_check_json(out / JSON, samples))
    return _check_maps(out, samples, board.forms)


def _answers(chosen: Subject, samples: list[Sample]) -> Iterator[tuple[Sample, np.ndarray]]:
    for sample in track(samples, "maps"):
        yield sample, chosen.map(sample)


def _write_maps(answers: Iterator[tuple[Sample, np.ndarray]], out: Path, form: str) -> list[Path]:
    paths = []
    for sample, saliency_map in answers:
        path = below(out, sample.id).with_suffix(".png" if form == "png" else ".npy")
        path.parent.mkdir(parents=True, exist_ok=True)
        if form == "png":
            save_image(path, _gray(saliency_map))
        else:
            values = maps.to_log_density(saliency_map, LEAST) if form == "log-density" else saliency_map
            with replacing(path) as temporary:
                np.save(temporary, values.astype(np.float32))
        paths.append(path)
    return paths


def _gray(saliency_map: np.ndarray) -> np.ndarray:
    # Divided, not stretched: 0 stays 0, and a pixel that is twice as likely has twice the value.
    return np.rint(255 * saliency_map / (saliency_map.max() or 1)).astype(np.uint8)


def _write_json(answers: Iterator[tuple[Sample, np.ndarray]], path: Path) -> Path:
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        for number, (sample, saliency_map) in enumerate(answers):
            png = io.BytesIO()
            Image.fromarray(_gray(saliency_map)).save(png, "PNG")
            entry = {"image_id": _coco_id(sample), "saliency_map": base64.b64encode(png.getvalue()).decode()}
            file.write(("[\n" if number == 0 else ",\n") + json.dumps(entry))
        file.write("\n]\n")
    return path


def _coco_id(sample: Sample) -> int:
    """COCO_test2014_000000000042.jpg -> 42."""
    digits = re.search(r"(\d+)$", sample.path.stem)
    if digits is None:
        raise ValueError(f"{sample.id} has no COCO number at the end of its name, e.g. COCO_test2014_000000000042.jpg")
    return int(digits[1])


def _check_maps(out: Path, samples: dict[str, Sample], forms: tuple[str, ...]) -> list[str]:
    """What is wrong with a folder of maps; `samples` by the names that their maps should have."""
    maps_by_name: dict[str, list[Path]] = {}
    for path in sorted(p for p in out.rglob("*") if p.is_file()):
        maps_by_name.setdefault(path.relative_to(out).with_suffix("").as_posix(), []).append(path)
    wrong: list[str] = []
    is_log: dict[str, bool] = {}
    for name, paths in maps_by_name.items():
        if name not in samples or len(paths) > 1:
            what = "no stimulus has this name" if name not in samples else "more than one file for one stimulus"
            wrong.append(f"{', '.join(p.relative_to(out).as_posix() for p in paths)}: {what}")
            continue
        try:
            is_log[name] = _check_map(paths[0], samples[name], forms)
        except ValueError as error:
            wrong.append(str(error))
    wrong += [f"{sample.id}: no map" for name, sample in samples.items() if name not in maps_by_name]
    if len(set(is_log.values())) > 1:
        logs, others = ([name for name, value in is_log.items() if value == kind] for kind in (True, False))
        wrong.append(f"{len(logs)} log-densities ({logs[0]}, ...) beside {len(others)} maps ({others[0]}, ...)")
    return wrong


def _check_map(path: Path, sample: Sample, forms: tuple[str, ...]) -> bool:
    """Whether a map is a log-density; ValueError with one line if it is not what the board takes."""
    suffix = path.suffix.lower()
    allowed = (".png", ".jpg", ".jpeg") + ((".npy",) if "npy" in forms else ())
    if suffix not in allowed:
        kinds = " or ".join(allowed)
        raise ValueError(f"{path} is not a map" if suffix not in SUFFIXES else f"{path}: expected {kinds}")
    if (size := map_size(path)) != sample.size:
        raise ValueError(f"{path} is {size[1]}x{size[0]}, its stimulus {sample.size[1]}x{sample.size[0]}")
    if suffix != ".npy":
        with Image.open(path) as picture:
            if picture.mode.startswith(("I", "F")):
                raise ValueError(f"{path} has more than 8 bit")
    values = read_map(path, negative=True)
    if values.min() >= 0:
        return False
    total = float(values.max() + np.log(np.exp(values - values.max()).sum()))
    if not abs(total) < TOLERANCE:
        raise ValueError(f"{path} has negative values, but as a log-density its logsumexp is {total:.4g}, expected 0")
    return True


def _check_json(path: Path, samples: dict[str, Sample]) -> Iterator[str]:
    by_id = {_coco_id(sample): sample for sample in samples.values()}
    try:
        with foreign(path, "is not a list of {image_id, saliency_map}"):
            check_regular(path)
            entries = parse_json(path.read_bytes())
            answers = [(int(entry["image_id"]), entry["saliency_map"]) for entry in entries]
    except ForeignFileError as error:
        yield str(error)
        return
    seen: set[int] = set()
    for id, text in answers:
        if id not in by_id or id in seen:
            yield f"image_id {id}: {'twice' if id in seen else 'no stimulus has this name'}"
        elif complaint := _check_png(text, by_id[id]):
            yield f"image_id {id}: {complaint}"
        seen.add(id)
    yield from (f"{sample.id}: no map" for id, sample in by_id.items() if id not in seen)


def _check_png(text: Any, sample: Sample) -> str:
    try:
        with open_picture(base64.b64decode(text, validate=True), MAX_MAP_PIXELS) as (picture, size):
            if picture.format != "PNG" or picture.mode != "L":
                return f"a {picture.format} of mode {picture.mode}, expected a PNG of 8 bit gray"
            if size != sample.size:
                return f"{size[1]}x{size[0]}, its stimulus {sample.size[1]}x{sample.size[0]}"
            picture.load()
    except Exception:  # base64 and Pillow raise almost anything
        return "saliency_map is not a PNG in base64"
    return ""


def _board(name: str) -> Benchmark:
    if name not in BENCHMARKS:
        raise ValueError(f"benchmarks are {', '.join(BENCHMARKS)}, not {name!r}")
    return BENCHMARKS[name]
