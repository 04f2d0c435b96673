"""Step 3: a model fitted to pictures of your own: its calibration alone in seconds, or its weights."""

import logging
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wepsam import resolve
from wepsam.adaptation import calibrating, folder, picture, wording
from wepsam.adaptation.calibrating import CrossValidated, Seen, Source
from wepsam.calibration.presets import Named
from wepsam.datasets import FixationDataset, pictures_with_csv, pictures_with_maps
from wepsam.evaluation import Evaluation
from wepsam.evaluation.change import Change
from wepsam.evaluation.results import interval, origin
from wepsam.training.devices import UNDIVIDED, Devices

LEAST = 10  # pictures; fewer are too few to learn from and to test on
FEW = 50  # pictures; with fewer, the intervals are wide

log = logging.getLogger("wepsam")


@dataclass(frozen=True)
class Adapted:
    """The result of an adaptation.

    Attributes:
        change: scores before and after; each picture is scored by what was not fitted to it.
        origin: the name or path of the model as it was.
        summary: what was found, in sentences.
        model: the adapted .onnx file; None for a model without weights.
        calibration: the calibration in OUT/calibration.json; None after `readout` or `full`.
        weights: the checkpoint, after `readout` or `full`.
    """

    change: Change
    origin: str
    summary: str
    model: Path | None
    calibration: Named | None = None
    weights: Path | None = None

    @property
    def before(self) -> Evaluation:
        """Scores of the model as it was."""
        return self.change.before

    @property
    def after(self) -> Evaluation:
        """Scores of the adapted models, each on pictures that it was not fitted to."""
        return self.change.after

    @property
    def gains(self) -> list[str]:
        """Titles of the metrics that improved: the 95 % interval of the change excludes zero."""
        return self.change.gains

    @property
    def losses(self) -> list[str]:
        """Titles of the metrics that became worse: the 95 % interval of the change excludes zero."""
        return self.change.losses


# Long by its parameters and their documentation.
def adapt(
    pictures: str | os.PathLike[str] | FixationDataset,
    out: str | os.PathLike[str],
    *,
    fixations: str | os.PathLike[str] | None = None,
    maps: str | os.PathLike[str] | None = None,
    model: resolve.Model = "wepsam-lite",
    readout: bool = False,
    full: bool = False,
    folds: int = 5,
    devices: Devices = UNDIVIDED,
) -> Adapted:
    """Step 3: fit a model to pictures of your own, and measure whether that helps.

    By default only the calibration is fitted: how sharp, centered, blurred and noisy the maps are. The model is asked
    once about each picture, so 50 pictures take seconds. OUT gets calibration.json, adapted.onnx with its card,
    before-after.png and scores/. If the fixations of pictures that it was not fitted to do not become more likely,
    the calibration stays as it was.

    With `readout` or `full`, the light network's weights are tuned (needs torch; minutes to hours). OUT/all holds the
    checkpoint, and an interrupted run, called again, resumes.

    Args:
        pictures: a folder of pictures, or a dataset; 10 or more, better 50.
        out: folder for the results. Files in it that are not of this adaptation are never replaced.
        fixations: for a folder: a CSV with the columns image (a path below `pictures`), observer, x, y in pixels.
        maps: for a folder, instead of `fixations`: a folder of density maps with the names of the pictures.
        model: the name of a model, an .onnx file or a predictor. To tune weights: the light network, by the name of a
            shipped model, as an .onnx file, a run or a checkpoint.
        readout: tune the readout and the center bias, some 150 numbers.
        full: tune all layers except the first stages.
        folds: parts of the pictures; each part is scored by what was fitted to the others.
        devices: with `readout` or `full`: the processes that divide each batch, as in `pretrain`.

    Returns:
        The adapted model, its scores before and after, and what was found in words.

    Raises:
        ValueError: too few pictures, a model that cannot be adapted, neither or both of `fixations` and `maps`, or a
            folder with other files of our names.
    """
    if readout and full:
        raise ValueError("readout and full are two ways to tune a network; choose one of them")
    if readout or full:
        from wepsam.training.adaptation import tune

        if not isinstance(model, str | os.PathLike):
            raise ValueError("readout and full tune weights: give a model by name or file, not a function")
        dataset, out = _opened(pictures, fixations, maps, folds), Path(out)
        folder.refuse_calibration(out)
        tuned = tune(dataset, out, model, full=full, folds=folds, devices=devices)
        return Adapted(tuned.change, str(model), tuned.summary, tuned.model, weights=tuned.weights)
    if devices != UNDIVIDED:
        raise ValueError("a calibration is fitted in seconds, in one process; devices go with readout or full")
    return _calibrated(_opened(pictures, fixations, maps, folds), Path(out), model, folds)


def _calibrated(dataset: FixationDataset, out: Path, model: resolve.Model, folds: int) -> Adapted:
    _refuse_checkpoint(model)
    source = calibrating.source(model)
    about = {"by": folder.BY, "model": source.name, "dataset": dataset.name}
    about |= {"folder": origin(dataset)["dataset_folder"]} if origin(dataset) else {}
    folder.check(out, about)
    seen, default = calibrating.look(source, dataset), source.default.calibration
    result = calibrating.calibrate(seen, default, folds)
    change = calibrating.scored(seen, result, default, dataset, source)
    found = _found(seen, result, source, change)
    adapted = Named(folder.NAME, result.fitted if result.helps else default, about | found)
    path = folder.write(out, adapted, change, source, found["summary"])
    picture.draw(out / folder.PICTURE, seen, result, default, change)
    return Adapted(change, source.name, found["summary"], path, adapted)


def _found(seen: list[Seen], result: CrossValidated, source: Source, change: Change) -> dict[str, Any]:
    """What `calibration.json` says about the fit."""
    observed, default = [one.observation for one in seen], source.default.calibration
    before, after = (wording.effects(calibration, observed) for calibration in (default, result.fitted))
    moved = {
        "area": after["area"] / before["area"] - 1, "from_center": after["from_center"] - before["from_center"]
    }  # fmt: skip
    numbers = wording.numbers(result.fitted, result.folds, default, moved)
    mean, low, high = interval(result.gains)
    summary = wording.summary(wording.sentence(numbers, source.default), (mean, low, high), change)
    likelihoods = [
        float(evaluation.scores(calibrating.LIKELIHOOD).mean()) for evaluation in (change.before, change.after)
    ]
    return {
        "summary": summary, "pictures": len(seen), "folds": len(result.folds), "default": source.default.name,
        "weights": change.before.about["weights"], "helps": result.helps,
        "log_likelihood": {
            "unit": "nats per fixation above an even density; each picture counts once, scored by a calibration "
            "that was not fitted to it",
            "before": round(likelihoods[0], 4), "after": round(likelihoods[1], 4),
            "gain": {"mean": round(mean, 4), "low": round(low, 4), "high": round(high, 4)},
        },
        "gains": change.gains, "losses": change.losses,
        "fit": result.fitted.as_dict(),
        "numbers": [number.as_dict() for number in numbers],
        "maps": {
            "area": {"unit": "share of the picture that an even density of the same entropy covers",
                     "before": round(before["area"], 4), "after": round(after["area"], 4)},
            "from_center": {"unit": "mean distance from the center; 1 is the corner",
                            "before": round(before["from_center"], 4), "after": round(after["from_center"], 4),
                            "people": round(wording.seen_from_center(observed), 4)},
        },
    }  # fmt: skip


def _refuse_checkpoint(model: resolve.Model) -> None:
    if isinstance(model, str | os.PathLike) and not resolve.is_weights(model):
        path = Path(model)
        if path.suffix == ".safetensors" or (path.is_dir() and os.fspath(model) not in resolve.names()):
            raise ValueError(
                f"{model} is a checkpoint, and a calibration needs an .onnx file: wepsam export it first, or tune it "
                "with --readout"
            )


def _opened(
    pictures: str | os.PathLike[str] | FixationDataset,
    fixations: str | os.PathLike[str] | None,
    maps: str | os.PathLike[str] | None,
    folds: int,
) -> FixationDataset:
    """The pictures of which it is known where people looked; ValueError if there are too few."""
    if folds < 2:
        raise ValueError(f"folds is {folds}; cross-validation needs 2 or more")
    dataset = _dataset(pictures, fixations, maps)
    known = replace(dataset, samples=tuple(sample for sample in dataset if sample.has_density), whole=dataset.total)
    if left_out := len(dataset) - len(known):
        log.warning("%d of %d pictures of %s have no fixations and are left out", left_out, len(dataset), dataset.name)
    least = max(LEAST, 2 * folds)
    if len(known) < least:
        raise ValueError(f"{known.name} has {len(known)} pictures; adapting needs {least} or more, better {FEW}")
    if len(known) < FEW:
        log.warning("%s has only %d pictures: expect wide intervals", known.name, len(known))
    return known


def _dataset(
    pictures: str | os.PathLike[str] | FixationDataset,
    fixations: str | os.PathLike[str] | None,
    densities: str | os.PathLike[str] | None,
) -> FixationDataset:
    if isinstance(pictures, FixationDataset):
        if fixations is not None or densities is not None:
            raise ValueError(f"{pictures.name} has its own fixations or maps; leave out fixations and maps")
        return pictures
    place = Path(pictures)
    name = place.resolve().name
    if fixations is not None and densities is None:
        dataset = pictures_with_csv(place, table=Path(fixations), name=name)
    elif densities is not None and fixations is None:
        dataset = pictures_with_maps(place, Path(densities), name=name)
    else:
        raise ValueError("expected a CSV of fixations (--fixations FILE) or a folder of density maps (--maps FOLDER)")
    return replace(dataset, own=True, folder=place)
