"""Maps as the boards of MIT300, CAT2000 and SALICON take them, and a look at whether they will."""

import base64
import binascii
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from PIL import Image

from wepsam import maps
from wepsam.datasets import Sample
from wepsam.evaluation.map_folder import SUFFIXES, MapFolder, map_size, read_map
from wepsam.files import replacing
from wepsam.images import image_size, save_image
from wepsam.progress import track
from wepsam.sources import find_images

JSON = "results.json"  # SALICON's one file
LEAST = 1e-6  # share of a log-density that is the same everywhere, for no pixel is impossible
TOLERANCE = 1e-3  # of |logsumexp|, the board's


@dataclass(frozen=True)
class Benchmark:
    """What a board takes: `forms`, the first by default, of maps for so many test `pictures`."""

    pictures: int
    forms: tuple[str, ...]


BENCHMARKS = {
    "mit300": Benchmark(300, ("png", "npy", "log-density")),
    "cat2000": Benchmark(2000, ("png", "npy", "log-density")),
    "salicon": Benchmark(5000, ("json", "png")),
}


def stimuli(folder: Path) -> list[Sample]:
    """The test pictures of a folder; each's id is its path in there. CAT2000's `Output` folders hold no stimuli.

    Raises:
        ValueError: no pictures, or two of one name.
    """
    found: dict[str, Path] = {}
    for path in find_images(folder):
        id = path.relative_to(folder).as_posix()
        if "Output" in PurePosixPath(id).parts:
            continue
        key = PurePosixPath(id).with_suffix("").as_posix()
        if key in found:
            raise ValueError(f"{folder} has both {found[key].name} and {path.name}; their maps would have one name")
        found[key] = path
    if not found:
        raise ValueError(f"no pictures in {folder}")
    return [Sample(p.relative_to(folder).as_posix(), p, image_size(p)) for p in found.values()]


def submit(
    model: Callable[[np.ndarray], np.ndarray] | MapFolder, folder: Path, out: Path, *, benchmark: str, form: str = ""
) -> list[Path]:
    """Write a model's maps of all stimuli in a folder for a board.

    Args:
        model: a predictor, or maps that were made elsewhere.
        folder: the stimuli.
        out: a new or empty folder; maps lie in it as the stimuli do in theirs.
        benchmark: one of BENCHMARKS.
        form: "png" (8 bit gray, the map's largest value 255, 0 stays 0), "npy" (float32, as the model gave it),
            "log-density" (.npy, natural logarithm of a distribution over the pixels) or "json" (one file with a
            base64 PNG per picture); by default the board's first.

    Returns:
        The files.

    Raises:
        ValueError: no such board or form, a folder with something in it, or a map that does not fit its stimulus.
    """
    board = _board(benchmark)
    form = form or board.forms[0]
    if form not in board.forms:
        raise ValueError(f"{benchmark} takes {', '.join(board.forms)}, not {form!r}")
    samples = stimuli(folder)
    if out.exists() and any(out.iterdir()):
        raise ValueError(f"{out} is not empty; a submission has a folder of its own")
    if isinstance(model, MapFolder):
        model.check(samples)
    out.mkdir(parents=True, exist_ok=True)
    answers = _answers(model, samples)
    if form == "json":
        return [_write_json(answers, out / JSON)]
    written = []
    for sample, saliency_map in answers:
        path = (out / sample.id).with_suffix(".png" if form == "png" else ".npy")
        path.parent.mkdir(parents=True, exist_ok=True)
        if form == "png":
            save_image(path, _gray(saliency_map))
        else:
            values = _log_density(saliency_map) if form == "log-density" else saliency_map
            with replacing(path) as temporary:
                np.save(temporary, values.astype(np.float32))
        written.append(path)
    return written


def pack(out: Path) -> Path:
    """A zip of a submission beside it; returns its path."""
    path = out.resolve().with_name(f"{out.resolve().name}.zip")
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(p for p in out.rglob("*") if p.is_file()):
            archive.write(file, file.relative_to(out).as_posix())
    return path


def check(out: Path, folder: Path, benchmark: str) -> list[str]:
    """What is wrong with a submission, a line each: names, sizes, kinds of files, sums of log-densities.

    Args:
        out: folder with the maps, whoever wrote them.
        folder: the stimuli.
        benchmark: one of BENCHMARKS.

    Returns:
        The lines; none if all is well.
    """
    forms = _board(benchmark).forms
    samples = {PurePosixPath(s.id).with_suffix("").as_posix(): s for s in stimuli(folder)}
    if "json" in forms and (out / JSON).exists():
        return list(_check_json(out / JSON, samples))
    found: dict[str, list[Path]] = {}
    for path in sorted(p for p in out.rglob("*") if p.is_file()):
        found.setdefault(path.relative_to(out).with_suffix("").as_posix(), []).append(path)
    wrong, logs = [], {}
    for name, paths in found.items():
        if name not in samples or len(paths) > 1:
            stranger = "no stimulus is called so" if name not in samples else "more than one file for one stimulus"
            wrong.append(f"{', '.join(p.relative_to(out).as_posix() for p in paths)}: {stranger}")
            continue
        try:
            logs[name] = _check_map(paths[0], samples[name], forms)
        except ValueError as error:
            wrong.append(str(error))
    wrong += [f"{sample.id}: no map" for name, sample in samples.items() if name not in found]
    if len(set(logs.values())) > 1:
        some = [[name for name, is_log in logs.items() if is_log == kind] for kind in (True, False)]
        wrong.append(f"{len(some[0])} log-densities ({some[0][0]}, ...) beside {len(some[1])} maps ({some[1][0]}, ...)")
    return wrong


def _answers(
    model: Callable[[np.ndarray], np.ndarray] | MapFolder, samples: list[Sample]
) -> Iterator[tuple[Sample, np.ndarray]]:
    for sample in track(samples, "maps"):
        saliency_map = model(sample) if isinstance(model, MapFolder) else model(sample.stimulus())
        if saliency_map.shape != sample.size:
            raise ValueError(f"the map of {sample.id} has the shape {saliency_map.shape}, its stimulus {sample.size}")
        yield sample, saliency_map


def _gray(saliency_map: np.ndarray) -> np.ndarray:
    # Only divided, not stretched: where a map has no mass it stays 0, and a pixel twice as likely stays so.
    return np.rint(255 * saliency_map / (saliency_map.max() or 1)).astype(np.uint8)


def _log_density(saliency_map: np.ndarray) -> np.ndarray:
    return np.log((1 - LEAST) * maps.to_density(saliency_map) + LEAST / saliency_map.size)


def _write_json(answers: Iterator[tuple[Sample, np.ndarray]], path: Path) -> Path:
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as file:
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


def _check_map(path: Path, sample: Sample, forms: tuple[str, ...]) -> bool:
    """Whether this is a log-density; ValueError with a line if it is not what the board takes."""
    suffix = path.suffix.lower()
    allowed = (".png", ".jpg", ".jpeg") + ((".npy",) if "npy" in forms else ())
    if suffix not in allowed:
        kinds = " or ".join(allowed)
        raise ValueError(f"{path} is no map" if suffix not in SUFFIXES else f"{path}: expected {kinds}")
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
        entries = json.loads(path.read_text(encoding="utf-8"))
        answers = [(int(entry["image_id"]), entry["saliency_map"]) for entry in entries]
    except (ValueError, TypeError, KeyError) as error:
        yield f"{path} is no list of {{image_id, saliency_map}} ({' '.join(str(error).split())})"
        return
    seen: set[int] = set()
    for id, text in answers:
        if id not in by_id or id in seen:
            yield f"image_id {id}: {'twice' if id in seen else 'no stimulus is called so'}"
        elif complaint := _check_png(text, by_id[id]):
            yield f"image_id {id}: {complaint}"
        seen.add(id)
    yield from (f"{sample.id}: no map" for id, sample in by_id.items() if id not in seen)


def _check_png(text: Any, sample: Sample) -> str:
    try:
        with Image.open(io.BytesIO(base64.b64decode(text, validate=True)), formats=["PNG"]) as picture:
            picture.load()
            if picture.mode != "L":
                return f"a PNG of kind {picture.mode}, expected 8 bit gray"
            if (picture.height, picture.width) != sample.size:
                return f"{picture.width}x{picture.height}, its stimulus {sample.size[1]}x{sample.size[0]}"
    except (binascii.Error, OSError, ValueError, TypeError, SyntaxError):
        return "saliency_map is no PNG in base64"
    return ""


def _board(name: str) -> Benchmark:
    if name not in BENCHMARKS:
        raise ValueError(f"benchmarks are {', '.join(BENCHMARKS)}, not {name!r}")
    return BENCHMARKS[name]
