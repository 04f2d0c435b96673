"""Scores on clips: several moments of each second, beside the center, motion and other people.

At each moment the map of that time is compared with the fixations in progress (NSS, AUC, information gain over the
center of all other clips) and with their density, to which looks shortly before and after count as well (CC, SIM, KL).
A clip's score is the mean over its moments, so a long fixation counts more than a short one.

Each clip's scores are kept on disk until all subjects are scored: an interrupted evaluation goes on from them, unless
the clips, the looks, the model or the code have changed.
"""

import logging
import os
import platform
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import wepsam
from wepsam import maps, metrics, progress, resolve
from wepsam.calibration.presets import Which
from wepsam.datasets import learned
from wepsam.datasets.clips import ClipDataset, ClipSample, Looks
from wepsam.evaluation import fingerprints
from wepsam.evaluation.results import Evaluation, file_of
from wepsam.evaluation.running import PartialRows
from wepsam.evaluation.subject import subject
from wepsam.files import below, remove_leftovers, shown
from wepsam.images import resize
from wepsam.prediction import ordered
from wepsam.prediction.predictor import QUALITIES, Predictor
from wepsam.shapes import grid
from wepsam.video.maps_in_time import GRID
from wepsam.video.reading import Clip, about, frames
from wepsam.video.viewing import Model
from wepsam.video.watching import FPS, watch

STEP = 0.2  # seconds from one moment to the next
NEAR = 0.35  # seconds before and after a moment in which a look counts for its density
DEGREE = 40.0  # pixels per degree of a clip that is shown pixel by pixel on a screen at arm's length
METRICS = ("nss", "auc_judd", "cc", "sim", "kl_div", "info_gain")
REFERENCES = ("center-bias", "motion", "half-of-observers")
HALVES = 2  # random halves of the observers, each of which predicts the other
EVEN = 1e-3  # share of motion that is spread evenly, so that no look has a probability of 0
# The code that scores on clips depend on, besides `fingerprints.CODE`.
CODE = ("video", "prediction", "calibration", "shapes.py", "evaluation/clips.py")

log = logging.getLogger("wepsam")

Predictions = Callable[[float], list[tuple[np.ndarray, Looks]]]  # second -> maps, each with the looks it is scored on


@dataclass(frozen=True)
class Scene:
    """A clip as it is scored.

    Attributes:
        sample: the clip.
        clip: what the file says.
        shape: (h, w) of the maps.
        looks: points in cells of the maps.
        sigma: of densities, in cells.
        center: (h, w) density of all other clips.
    """

    sample: ClipSample
    clip: Clip
    shape: tuple[int, int]
    looks: Looks
    sigma: float
    center: np.ndarray


def evaluate_all(
    model: resolve.Model,
    dataset: ClipDataset,
    out: str | os.PathLike[str],
    *,
    sigma: float | None = None,
    references: bool = False,
    quality: str = QUALITIES[0],
    calibration: Which = None,
    workers: int = -1,
) -> Iterator[tuple[Path, Evaluation]]:
    """Score a model on clips, and with `references` the center, motion, people, and the model frame by frame.

    Args:
        model: as for `resolve.predictor`.
        dataset: the clips.
        out: folder to save into, as OUT/DATASET-SPLIT/MODEL.csv and .json.
        sigma: of densities, in pixels of the clips; None: one degree, DEGREE pixels.
        references: also score what a table shows beside the model.
        quality: as for `resolve.predictor`.
        calibration: as for `resolve.predictor`.
        workers: frames at a time; -1 for one per core.

    Yields:
        The CSV and its evaluation; the model first. Its `pictures` are clips.
    """
    predict = resolve.predictor(model, quality=quality, threads=1, calibration=calibration)
    name = _name(model, predict, quality, calibration)
    scenes = _scenes(dataset, sigma or DEGREE)
    asked = subject(predict, threads=1).record
    known = asked | _known(predict, dataset)
    subjects: dict[str, tuple[Any, dict[str, Any]]] = {name: (_watching(predict, workers), known)}
    if references:
        if isinstance(predict, Predictor):
            subjects[f"{name}-still"] = _watching(predict.low_resolution, workers), asked
        subjects |= {"center-bias": (_center, {}), "motion": (_motion, {})}
        if all(scene.looks.observers is not None for scene in scenes):
            subjects["half-of-observers"] = _people, {}
    folder = below(out, f"{dataset.name}-{dataset.split}")
    made = _record(dataset, scenes, sigma or DEGREE)
    kept = []
    for one, (open_on, about_it) in subjects.items():
        record = {"model": one} | made | about_it
        partial = PartialRows(file_of(folder, one).with_name(f".{one}.partial.csv"), record, len(METRICS))
        kept.append(partial)
        with closing(partial):
            for place, scene in enumerate(progress.track(scenes, f"{one} on {dataset.name}")):
                if place not in partial.rows:
                    with open_on(scene) as predictions:
                        partial.add(place, [*_score(scene, predictions).values()])
        rows = tuple(
            {"id": scene.sample.id} | dict(zip(METRICS, partial.rows[place], strict=True))
            for place, scene in enumerate(scenes)
        )
        result = Evaluation(rows, record)
        yield result.save(folder), result
    for partial in kept:  # not before: whoever is interrupted at the last subject keeps the first
        partial.remove()
    remove_leftovers(folder)


def _record(dataset: ClipDataset, scenes: list[Scene], sigma: float) -> dict[str, Any]:
    """What is recorded of every subject: on what, how, and with which code it was scored."""
    return {
        "dataset": dataset.name, "split": dataset.split, "pictures": len(scenes), "of_pictures": dataset.total,
        "unit": "clips", "protocol": "mit", "sigma": sigma,
        "info_gain": "bit over the center of all other clips, by the definition (tuebingen)",
        "moments": f"every {STEP} s; densities of looks within {NEAR} s",
        **fingerprints.of_clips([(scene.sample, scene.clip.size, scene.looks) for scene in scenes]),
        "code_sha256": fingerprints.code(*fingerprints.CODE, *CODE),
        "versions": {name: version(name) for name in ("numpy", "av", "onnxruntime", "pillow")}
        | {"wepsam": wepsam.__version__, "python": platform.python_version()},
    }  # fmt: skip


def _known(predict: Model, dataset: ClipDataset) -> dict[str, Any]:
    """What is recorded of weights alone: their quality, and whether they have learned from these clips."""
    if not isinstance(predict, Predictor):
        return {}
    seen = learned.of_card(predict.card)
    return {"quality": predict.quality} | ({} if seen is None else {"seen": dataset.name in seen})


def _name(model: resolve.Model, predict: Model, quality: str, calibration: Which) -> str:
    name = str(getattr(predict, "name", None) or (model if isinstance(model, str) else "model"))
    name = Path(name).stem if name.endswith(".onnx") else name
    said = calibration if isinstance(calibration, str) else "custom" if calibration is not None else ""
    parts = [name, *([quality] if quality != QUALITIES[0] else []), *([Path(said).stem] if said else [])]
    return "-".join(parts)


def _scenes(dataset: ClipDataset, sigma: float) -> list[Scene]:
    clips = [about(sample.path) for sample in dataset.samples]
    shapes = [grid(*clip.size, GRID) for clip in clips]
    looks = [
        _on_grid(sample.read(), clip.size, shape)
        for sample, clip, shape in zip(dataset.samples, clips, shapes, strict=True)
    ]
    shares = [each.points / shape[::-1] for each, shape in zip(looks, shapes, strict=True)]
    found = []
    for place, (sample, clip, shape) in enumerate(zip(dataset.samples, clips, shapes, strict=True)):
        cells = sigma * shape[1] / clip.size[1]
        others = [points for other, points in enumerate(shares) if other != place] or shares
        points = np.concatenate(others) * shape[::-1]
        center = maps.density(np.minimum(points, np.array(shape[::-1]) - 1e-6), shape, cells)
        found.append(Scene(sample, clip, shape, looks[place], cells, center))
    return found


def _on_grid(looks: Looks, size: tuple[int, int], shape: tuple[int, int]) -> Looks:
    """The looks inside the clip, in cells of its maps."""
    height, width = size
    inside = np.asarray((looks.points >= 0).all(1) & (looks.points < (width, height)).all(1))
    kept = looks.where(inside)
    points = np.minimum(kept.points * shape[::-1] / (width, height), np.array(shape[::-1]) - 1e-6)
    return Looks(points, kept.begin, kept.end, kept.observers)


def _score(scene: Scene, predictions: Predictions) -> dict[str, float]:
    """The mean over the moments of a clip; NaN if nobody looked at it."""
    end = float(scene.looks.end.max()) if len(scene.looks.end) else 0.0
    rows = []
    for moment in np.arange(STEP / 2, end, STEP):
        scored = [_at(scene, prediction, truth, float(moment)) for prediction, truth in predictions(float(moment))]
        known = [scores for scores in scored if scores is not None]
        if known:
            rows.append(np.mean([list(scores.values()) for scores in known], axis=0))
    means = np.mean(rows, axis=0) if rows else np.full(len(METRICS), np.nan)
    return dict(zip(METRICS, map(float, means), strict=True))


def _at(scene: Scene, prediction: np.ndarray, truth: Looks, moment: float) -> dict[str, float] | None:
    """The scores of one map at one moment; None if nobody looks."""
    now, near = truth.during(moment, moment).points, truth.during(moment - NEAR, moment + NEAR).points
    if not len(now):
        return None
    density = maps.density(near, scene.shape, scene.sigma)
    scores = metrics.score(prediction, fixations=now, density=density, metrics=METRICS[:-1])
    gain = metrics.info_gain(prediction, now, scene.center, protocol="tuebingen")
    return scores | {"info_gain": gain}


def _watching(model: Model, workers: int) -> Any:
    """A model, of whose maps the last one that is not later than a moment counts."""

    @contextmanager
    def opened(scene: Scene) -> Iterator[Predictions]:
        folder = Path(tempfile.gettempdir())  # for a file without a name: who is killed leaves nothing there
        with watch(scene.sample.path, model, folder, fps=FPS, workers=ordered.worker_count(workers)) as watched:
            for line in watched.remarks:
                log.warning("%s: %s", shown(scene.sample.path), line)
            times = np.asarray(watched.maps.times)
            yield lambda moment: [(watched.maps[_latest(times, moment)], scene.looks)]

    return opened


@contextmanager
def _center(scene: Scene) -> Iterator[Predictions]:
    yield lambda _: [(scene.center, scene.looks)]


@contextmanager
def _motion(scene: Scene) -> Iterator[Predictions]:
    """How much each place changes from one frame to the next."""
    times, found = [], []
    last = None
    for frame in frames(scene.sample.path, FPS, 640):
        gray = resize(frame.pixels, scene.shape).mean(2)
        change = np.zeros(scene.shape) if last is None else np.abs(gray - last)
        density = maps.to_density(maps.blur(change, scene.sigma))
        times.append(frame.time)
        found.append((1 - EVEN) * density + EVEN / density.size)
        last = gray
    yield lambda moment: [(found[_latest(times, moment)], scene.looks)]


def _latest(times: Sequence[float] | np.ndarray, moment: float) -> int:
    """The place of the last time that is not later than a moment; before all of them the first."""
    return max(0, int(np.searchsorted(times, moment + 1e-6)) - 1)


@contextmanager
def _people(scene: Scene) -> Iterator[Predictions]:
    """Half of the observers, by their looks near a moment, predict the other half."""
    observers = scene.looks.observers
    assert observers is not None
    rng, everyone = np.random.default_rng(0), np.unique(observers)
    pairs: list[tuple[Looks, Looks]] = []
    for _ in range(HALVES):
        half = np.isin(observers, rng.permutation(everyone)[: len(everyone) // 2])
        pairs += [
            (scene.looks.where(half), scene.looks.where(~half)),
            (scene.looks.where(~half), scene.looks.where(half)),
        ]

    def at(moment: float) -> list[tuple[np.ndarray, Looks]]:
        found = []
        for seen, truth in pairs:
            near = seen.during(moment - NEAR, moment + NEAR).points
            if len(near):
                density = maps.density(near, scene.shape, scene.sigma)
                found.append((0.99 * density + 0.01 * scene.center, truth))
        return found

    yield at
