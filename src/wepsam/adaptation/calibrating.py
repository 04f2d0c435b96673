"""Fit a model's calibration to pictures, and find out on pictures that it was not fitted to whether that helps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wepsam import resolve
from wepsam.calibration.definition import NEUTRAL, Calibration
from wepsam.calibration.fitting import Observation, fit, log_likelihood, observation
from wepsam.calibration.presets import NONE, Named
from wepsam.datasets import FixationDataset, Sample
from wepsam.evaluation import Evaluation, evaluate
from wepsam.evaluation.change import Change
from wepsam.evaluation.subject import Subject
from wepsam.hub import names
from wepsam.prediction.calibrated import Calibrated, uncalibrated
from wepsam.prediction.predictor import Predictor, saliency_map
from wepsam.progress import bar, track

STRENGTH = 0.1  # pictures' worth of evidence that the model's own calibration counts
LIKELIHOOD = "log_likelihood"  # the column


@dataclass(frozen=True)
class Source:
    """A model as an adaptation sees it.

    Attributes:
        name: of the model, as it was given.
        density: (H, W, 3) uint8 -> (h, w) density without a calibration, at low resolution; sums to 1.
        default: the calibration that the model has now.
        predictor: of weights; None for any other model.
    """

    name: str
    density: Callable[[np.ndarray], np.ndarray]
    default: Named
    predictor: Predictor | None = None


@dataclass(frozen=True)
class Seen:
    """A picture that the model was asked about.

    Attributes:
        sample: the picture.
        density: (h, w) float32 without a calibration.
        observation: the same and the fixations, as a fit sees them.
    """

    sample: Sample
    density: np.ndarray
    observation: Observation


@dataclass(frozen=True)
class CrossValidated:
    """A calibration, and what it brings on pictures that it was not fitted to.

    Attributes:
        fitted: the calibration of the highest likelihood on all pictures.
        folds: for each fold the calibration that was fitted to the pictures of all others.
        fold_of: (N,) the fold of each picture.
        gains: (N,) of each picture: how much more likely its fixations are under the calibration that was fitted to
            other pictures than under the default, in nats per fixation.
    """

    fitted: Calibration
    folds: tuple[Calibration, ...]
    fold_of: np.ndarray
    gains: np.ndarray

    @property
    def helps(self) -> bool:
        """Whether the fixations of pictures that it was not fitted to became more likely on average."""
        return float(self.gains.mean()) > 0

    def of(self, place: int) -> Calibration:
        """The calibration that was not fitted to this picture."""
        return self.folds[self.fold_of[place]]


def source(model: resolve.Model) -> Source:
    """A model by name, file or function, without its calibration.

    Raises:
        ValueError: no such model, or a predictor that was opened with another center bias than its own.
        WeightsError: the weights are missing or damaged.
    """
    predict = resolve.predictor(model)
    if isinstance(predict, Predictor):
        if predict.center_bias is not True:
            raise ValueError(f"{predict.name} was opened with another center bias; adapting needs center_bias=True")
        on_hub = names.of_file(predict.weights)
        name, mean = predict.name if model is predict else str(on_hub or model), predict.calibration.calibration.mean
        return Source(name, lambda stimulus: mean(predict.scale_densities(stimulus)), predict.calibration, predict)
    default = predict.calibration if isinstance(predict, Calibrated) else Named(NONE, NEUTRAL)
    plain = predict.predict if isinstance(predict, Calibrated) else predict
    name = resolve.classical_name(plain) or str(getattr(predict, "name", "model"))
    return Source(name, uncalibrated(plain), default)


def look(model: Source, dataset: FixationDataset) -> list[Seen]:
    """Ask a model once about each picture."""
    seen = []
    for sample in track(dataset.samples, f"asking {model.name} about {dataset.name}"):
        density = model.density(sample.stimulus())
        seen.append(Seen(sample, density.astype(np.float32), observation(density, sample)))
    return seen


def calibrate(seen: Sequence[Seen], default: Calibration, folds: int, strength: float = STRENGTH) -> CrossValidated:
    """Fit a calibration to all pictures, and one to all but those of each fold.

    Args:
        seen: the pictures.
        default: the calibration that the model has; with few pictures the fit stays close to it.
        folds: parts of the pictures.
        strength: how many pictures' worth of evidence the default counts.
    """
    observed = [one.observation for one in seen]
    # Shuffled, because neighbors resemble each other.
    fold_of = np.random.default_rng(0).permutation(len(seen)) % folds

    def fitted(chosen: np.ndarray, start: Calibration | None) -> Calibration:
        part = [one for one, is_chosen in zip(observed, chosen, strict=True) if is_chosen]
        found = fit([part], prior=default, start=start, strength=strength).calibration
        return replace(found, scale_weights=default.scale_weights)

    with bar(folds + 1, "fitting") as progress:
        progress.update(0)
        whole = fitted(np.ones(len(seen), dtype=bool), None)
        progress.update(1)
        parts = []
        for fold in range(folds):
            parts.append(fitted(fold_of != fold, whole))
            progress.update(fold + 2)
    after = [log_likelihood(parts[fold], [one]) for fold, one in zip(fold_of, observed, strict=True)]
    before = [log_likelihood(default, [one]) for one in observed]
    return CrossValidated(whole, tuple(parts), fold_of, np.subtract(after, before))


def scored(
    seen: Sequence[Seen], result: CrossValidated, default: Calibration, dataset: FixationDataset, model: Source
) -> Change:
    """The usual scores, and the log likelihood, before and after; each picture by a calibration not fitted to it."""
    return Change(
        _evaluation("before", seen, [default] * len(seen), dataset, model),
        _evaluation("after", seen, [result.of(place) for place in range(len(seen))], dataset, model),
    )


def _evaluation(
    name: str, seen: Sequence[Seen], calibrations: Sequence[Calibration], dataset: FixationDataset, model: Source
) -> Evaluation:
    by_id = {one.sample.id: (one, calibration) for one, calibration in zip(seen, calibrations, strict=True)}

    def answer(sample: Sample) -> list[tuple[np.ndarray, Sample]]:
        one, calibration = by_id[sample.id]
        return [(saliency_map(calibration(one.density), sample.size), sample)]

    weights = model.predictor.card["sha256"] if model.predictor else None
    subject = Subject(name, {"weights": weights, "source": model.name}, lambda *_: (answer, {}))
    scores = evaluate(subject, dataset, workers=1)
    rows = []
    for row in scores.rows:
        one, calibration = by_id[row["id"]]
        rows.append(row | {LIKELIHOOD: log_likelihood(calibration, [one.observation])})
    return replace(scores, rows=tuple(rows))
