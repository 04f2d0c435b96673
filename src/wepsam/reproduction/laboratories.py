"""Leave one laboratory out: how right is a model for a laboratory that its calibration has never seen?

A calibration is fitted to the validation pictures of all laboratories but one, each of which counts once, and the model
is scored with it on the one. Only pictures that the model has not learned from take part.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from wepsam import resolve
from wepsam.calibration.fitting import Fitted, Observation, fit, observe
from wepsam.calibration.presets import TYPICAL, Named
from wepsam.datasets import FixationDataset, open_dataset
from wepsam.evaluation import Evaluation, evaluate
from wepsam.prediction.calibrated import uncalibrated

# Name of the dataset -> its folder below DATA.
LABORATORIES = {
    "osie": "osie", "dut_omron": "dut_omron", "eyecrowd": "eyecrowd", "scene": "scene", "sjtu": "sjtu",
    "salicon-densities": "salicon", "emod": "emod",
}  # fmt: skip
LEFT_OUT = "left-out"  # the name of a calibration that has not seen the laboratory that it is scored on
MOST = 110  # pictures of a laboratory that a fit sees

Observed = Mapping[str, Sequence[Observation]]  # by the name of the laboratory


def validation_parts(data: str | os.PathLike[str], names: Sequence[str] = tuple(LABORATORIES)) -> list[FixationDataset]:
    """The validation pictures of the laboratories, from the folder that has all of them."""
    return [open_dataset(f"{name}={Path(data) / LABORATORIES[name]}").split("validation") for name in names]


def observe_all(model: resolve.Model, parts: Sequence[FixationDataset], quality: str = "best") -> dict[str, list]:
    """What a fit has to know of a model: each laboratory's pictures, at most MOST, evenly chosen."""
    density_of = uncalibrated(resolve.predictor(model, quality=quality))
    return {part.name: observe(density_of, part[:: -(-len(part) // MOST)]) for part in parts}


def typical(observed: Observed, without: str | None = None) -> Fitted:
    """The calibration of all laboratories together, or of all but one."""
    return fit([pictures for name, pictures in observed.items() if name != without])


def described(fitted: Fitted, observed: Observed, name: str, without: str | None = None) -> Named:
    """A fit with its name and origin, as a card holds it."""
    about = {
        "pictures": {lab: len(pictures) for lab, pictures in observed.items() if lab != without},
        "log_likelihood": round(fitted.log_likelihood, 4),
        "without_calibration": round(fitted.before, 4),
        "unit": "nats per fixation above a uniform density, mean over the laboratories",
    }
    return Named(name, fitted.calibration, about)


def presets(observed: Observed) -> dict[str, Named]:
    """The typical calibration, and one for each laboratory, by name."""
    alone = {name: {name: pictures} for name, pictures in observed.items()}
    return {TYPICAL: described(typical(observed), observed, TYPICAL)} | {
        name: described(typical(one), one, name) for name, one in alone.items()
    }


def leave_one_out(
    model: resolve.Model,
    parts: Sequence[FixationDataset],
    observed: Observed,
    out: str | os.PathLike[str],
    *,
    quality: str = "best",
    workers: int = -1,
) -> list[Evaluation]:
    """Score a model on each laboratory with the calibration of the others.

    Args:
        model: a name, an .onnx file or a function.
        parts: the pictures to score on, a dataset for each laboratory.
        observed: of the laboratories that the calibrations may be fitted to; see `observe_all`.
        out: folder for the results, as OUT/LABORATORY-validation/MODEL-left-out.csv.
        quality: of the model.
        workers: processes; see `evaluate`.

    Returns:
        The scores of each part.
    """
    results = []
    for part in parts:
        calibration = described(typical(observed, part.name), observed, LEFT_OUT, part.name)
        results.append(
            evaluate(
                model, part, out=out, split="validation", quality=quality, calibration=calibration, workers=workers
            )
        )
    return results
