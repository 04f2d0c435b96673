"""Predictors and datasets of wepsam in pysaliency, and datasets of pysaliency in wepsam.

pysaliency (Matthias Kümmerer's library, the code of the current MIT/Tübingen board) scores models that give a saliency
map or a log density for a stimulus. It reads the pixel of a fixation as wepsam does, (int(y), int(x)).

    model = saliency_map_model(wepsam.load())           # or log_density_model(...), for information gain
    stimuli, fixations = to_pysaliency(dataset)
    model.AUC(stimuli, fixations)

This module imports pysaliency, and with it torch, only when a function is called. pysaliency needs older versions of
numpy and setuptools than wepsam: see docs/how-to/interop.md.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image

from wepsam import maps
from wepsam.datasets import FixationDataset, Sample
from wepsam.images import image_size, read_image, save_image
from wepsam.resolve import Predict

__all__ = ["from_pysaliency", "log_density_model", "saliency_map_model", "to_pysaliency"]


def saliency_map_model(predictor: Predict, **options: Any) -> Any:
    """A predictor as a `pysaliency.SaliencyMapModel`.

    Args:
        predictor: (H, W, 3) uint8 RGB -> (H, W) saliency map: `wepsam.load()`, `CLASSICAL["gbvs"]`, a function.
        options: of pysaliency's class. By default it keeps all maps in memory; `caching=False` keeps none,
            `memory_cache_size=100` keeps 100.

    Returns:
        The model. Its maps are those of the predictor as float64: pysaliency sums in the type of the maps, and float32
        changes SIM and KL by up to 1e-7.

    Raises:
        ImportError: pysaliency is not installed.
        ImageError: the model is asked for the map of an array that is not a picture.
    """

    class PredictorSaliencyMapModel(_pysaliency().SaliencyMapModel):  # type: ignore[misc]
        def _saliency_map(self, stimulus: np.ndarray) -> np.ndarray:
            return _predicted(predictor, stimulus)

    return PredictorSaliencyMapModel(**options)


def log_density_model(predictor: Predict, *, floor: float = 1e-3, **options: Any) -> Any:
    """A predictor as a `pysaliency.Model`: the map divided by its sum is the probability of a fixation.

    Args:
        predictor: (H, W, 3) uint8 RGB -> (H, W) saliency map >= 0.
        floor: share of the probability that is spread evenly over all pixels, in [0, 1]. Without it, a single fixation
            where the map is 0 makes the information gain -inf. A floor of 0.001 limits the loss there to 10 bits below
            chance and costs at most 0.0015 bits elsewhere.
        options: of pysaliency's class, as for `saliency_map_model`.

    Returns:
        The model: (H, W) float64 natural logarithms whose logsumexp is 0. A map of zeros counts as uniform.

    Raises:
        ImportError: pysaliency is not installed.
        ValueError: a floor outside [0, 1]; later, a map with negative or infinite values.
    """
    if not 0 <= floor <= 1:
        raise ValueError(f"the floor is {floor:g}, expected a share of the probability in [0, 1]")

    class PredictorModel(_pysaliency().Model):  # type: ignore[misc]
        def _log_density(self, stimulus: np.ndarray) -> np.ndarray:
            with np.errstate(divide="ignore"):  # only for a floor of 0, where -inf is correct
                return maps.to_log_density(_predicted(predictor, stimulus), floor)

    return PredictorModel(**options)


def to_pysaliency(dataset: FixationDataset, *, cached: bool = False) -> tuple[Any, Any]:
    """A dataset as pysaliency holds it: pictures by path, and all their fixations in one object.

    Args:
        dataset: with fixations; the pictures keep their order and their files.
        cached: whether pysaliency keeps the decoded pictures in memory.

    Returns:
        `pysaliency.FileStimuli`, and `pysaliency.Fixations` without times and histories: `n` is the index of the
        picture, `subjects` are the observers (where they are unknown 1 for all, pysaliency's default).

    Raises:
        ImportError: pysaliency is not installed.
        ValueError: the dataset publishes only densities, or an EXIF tag rotates a picture, which pysaliency ignores.
    """
    pysaliency = _pysaliency()
    points = []
    for sample in dataset:
        if sample.fixations is None:
            raise ValueError(
                f"{dataset.name} has no fixations for {sample.id}, only a density; pysaliency needs points"
            )
        _expect_upright(sample.path)
        points.append(np.asarray(sample.fixations, dtype=np.float64).reshape(-1, 2))
    x, y = np.concatenate([np.empty((0, 2)), *points]).T
    number = np.repeat(np.arange(len(points)), [len(p) for p in points])
    observers = [sample.observer for sample in dataset if sample.observer is not None]
    subjects = np.concatenate(observers) if observers and len(observers) == len(dataset) else None
    stimuli = pysaliency.FileStimuli([str(sample.path) for sample in dataset], cached=cached)
    return stimuli, pysaliency.Fixations.create_without_history(x, y, number, subjects=subjects)


def from_pysaliency(
    stimuli: Any,
    fixations: Any,
    *,
    name: str,
    sigma: float,
    pixels_per_degree: float | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> FixationDataset:
    """Stimuli and fixations of pysaliency as a dataset for `evaluate` and fine-tuning.

    Args:
        stimuli: `FileStimuli`, whose files stay where they are, or arrays, which are written into `folder`.
        fixations: `Fixations` or `FixationTrains`. Those outside their picture are left out, as the readers of wepsam
            do.
        name: of the dataset. The name of a dataset that wepsam reads (`osie`) selects its validation pictures, which
            are listed by the ids of its published files.
        sigma: standard deviation in pixels of the Gaussian that makes fixations a density, usually one degree.
        pixels_per_degree: of visual angle, if known.
        folder: where stimuli that are arrays are written, as 00000.png, 00001.png, ...; files there are replaced.

    Returns:
        The dataset, sorted by id. An id is the name of the file without suffix, with as many of its folders as are
        needed to tell all files apart (`Action/001`). Pictures without fixations are kept, times and histories are
        not.

    Raises:
        ValueError: no stimuli, arrays without a folder, two files with one id, a picture that an EXIF tag rotates, or
            fixations of a stimulus that does not exist.
        ImageError: a stimulus cannot be read or written.
    """
    if not len(stimuli):
        raise ValueError("there are no stimuli")
    number = np.asarray(fixations.n, dtype=np.intp)
    if number.size and not 0 <= number.min() <= number.max() < len(stimuli):
        raise ValueError(
            f"the fixations are of stimulus {number.max()}, and there are {len(stimuli)} stimuli; the two must match"
        )
    points = np.column_stack([fixations.x, fixations.y]).astype(np.float64)
    observers = np.asarray(fixations.subjects).astype(np.intp)
    paths = _paths(stimuli, None if folder is None else Path(folder))
    order = np.argsort(number, kind="stable")
    parts = np.split(order, np.searchsorted(number[order], np.arange(1, len(paths))))  # fixations of each stimulus
    samples = []
    for id, path, part in zip(_ids(paths), paths, parts, strict=True):
        height, width = image_size(path)
        x, y = points[part].T
        seen = part[(x >= 0) & (x < width) & (y >= 0) & (y < height)]
        samples.append(Sample(id, path, (height, width), points[seen], observers[seen], sigma))
    return FixationDataset(name, tuple(sorted(samples, key=lambda s: s.id)), sigma, pixels_per_degree)


def _pysaliency() -> Any:
    try:
        import pysaliency
    except ImportError as error:
        # Also if pysaliency is installed, but not torch or pkg_resources, which it imports.
        raise ImportError(
            f"needs pysaliency ({error}): pip install pysaliency==0.2.22 torch==2.13.0 'setuptools<81' 'numpy<2.4'"
        ) from None
    return pysaliency


def _predicted(predictor: Predict, stimulus: np.ndarray) -> np.ndarray:
    """(H, W) float64. pysaliency passes the file's own channels: gray as (H, W), transparency as a fourth channel."""
    return np.asarray(predictor(read_image(np.asarray(stimulus))), dtype=np.float64)


def _paths(stimuli: Any, folder: Path | None) -> list[Path]:
    """The file of each stimulus; stimuli in memory are written first."""
    if hasattr(stimuli, "filenames"):
        paths = [Path(os.fsdecode(filename)) for filename in stimuli.filenames]
        for path in paths:
            _expect_upright(path)
        return paths
    if folder is None:
        raise ValueError("these stimuli are arrays, and a dataset needs files: give a folder=... to write them into")
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{place:05d}.png" for place in range(len(stimuli))]
    for path, stimulus in zip(paths, stimuli, strict=True):
        save_image(path, read_image(np.asarray(stimulus.stimulus_data)))
    return paths


def _ids(paths: Sequence[Path]) -> list[str]:
    """Names without suffix, with as many folders before them as are needed to tell them apart."""
    stems = [path.absolute().with_suffix("").parts for path in paths]
    longest = max(map(len, stems), default=1)
    for parts in range(1, longest + 1):
        ids = ["/".join(stem[-parts:]) for stem in stems]
        if len(set(ids)) == len(ids):
            return ids
    second = next(path for place, path in enumerate(paths) if stems[place] in stems[:place])
    raise ValueError(f"{second} is there twice, or beside a file that differs only in its suffix; remove one")


def _expect_upright(path: Path) -> None:
    """ValueError for a picture that an EXIF tag rotates: pysaliency ignores the tag, so its pixels are others."""
    with Image.open(path) as picture:
        orientation = picture.getexif().get(ExifTags.Base.Orientation, 1)
    if orientation in range(2, 9):
        raise ValueError(
            f"{path} is rotated by its EXIF orientation ({orientation}), which pysaliency ignores; "
            "save it upright first: wepsam.images.save_image(new, wepsam.read_image(old))"
        )
