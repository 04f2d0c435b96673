"""A model by name: one place that knows what `gbvs`, `wepsam-lite` and `own.onnx` mean."""

import os
from collections.abc import Callable, Sequence

import numpy as np

from wepsam import cards
from wepsam.calibration import presets
from wepsam.calibration.presets import Which
from wepsam.hub import names as hub_names
from wepsam.prediction.loading import load, models
from wepsam.prediction.predictor import QUALITIES, Predictor

Predict = Callable[[np.ndarray], np.ndarray]
"""(H, W, 3) uint8 RGB -> (H, W) saliency map >= 0."""
Model = Predict | str | os.PathLike[str]
"""A predictor or any function like it, the name of a model, or an .onnx file."""


def predictor(
    model: Model,
    *,
    quality: str = QUALITIES[0],
    threads: int = 0,
    providers: str | Sequence[str] | None = None,
    calibration: Which = None,
) -> Predict:
    """The predictor that a name or a file stands for.

    Args:
        model: the name of a classical model (`wepsam.classical.CLASSICAL`) or of shipped weights (`wepsam.models()`),
            the path of an .onnx file that `wepsam export` wrote, a model on the Hub (hf:owner/name), or a predictor,
            which is returned as it is.
        quality: "best" or "fast", for wepsam weights; see `wepsam.Predictor`.
        threads: of ONNX Runtime, for wepsam weights; 0 lets it choose.
        providers: of ONNX Runtime, for wepsam weights; None takes all local ones, the fastest first.
        calibration: the name of one in the model's card, a file, or a `wepsam.Calibration`. None: the card's default
            for wepsam weights, and none for any other model.

    Returns:
        A function: (H, W, 3) uint8 RGB stimulus -> (H, W) saliency map, >= 0. A classical model without a calibration
        is the entry of `CLASSICAL` itself. Weights do not warn of pictures: whoever predicts for many reports them.

    Raises:
        ValueError: no such model (the message lists all) or calibration, or a quality other than "best" for a model
            that has only one.
        WeightsError: the weights are missing or damaged.
    """
    if isinstance(model, str | os.PathLike):
        if is_weights(model):
            return load(model, threads, quality, providers=providers, calibration=calibration, warn=False)
        from wepsam.classical import CLASSICAL  # imports every classical model: not for those who only want weights

        name = os.fspath(model)
        if name not in CLASSICAL:
            raise ValueError(
                f"no model {name!r}; expected an .onnx file or one of {', '.join(names())}; or hf:owner/name"
            )
        expect_best(quality, name)
        return _calibrated(CLASSICAL[name], name, calibration)
    expect_best(quality, "a function")
    return _calibrated(model, str(getattr(model, "name", "model")), calibration)


def _calibrated(predict: Predict, name: str, calibration: Which) -> Predict:
    if calibration is None:
        return predict
    if isinstance(predict, Predictor):
        raise ValueError(f"{name} was opened with a calibration of its own; open it with the other one")
    from wepsam.prediction.calibrated import Calibrated

    card = {"name": name, "calibrations": {}} | cards.load(cards.CLASSICAL_CARD)["models"].get(name, {})
    return Calibrated(predict, name, presets.find(calibration, card))


def expect_best(quality: str, what: str) -> None:
    """ValueError for a quality other than "best", where a model has no other."""
    if quality != QUALITIES[0]:
        raise ValueError(f"quality {quality!r} applies only to wepsam weights by name or file, not to {what}")


def is_weights(model: str | os.PathLike[str]) -> bool:
    """Whether this is the path of an .onnx file, or the name of shipped weights or of a model on the Hub."""
    return hub_names.is_name(model) or os.fspath(model).endswith(".onnx") or os.fspath(model) in models()


def names() -> tuple[str, ...]:
    """The names of all models: shipped weights, then the classical ones."""
    from wepsam.classical import CLASSICAL

    return (*models(), *CLASSICAL)


def classical_name(predict: Predict) -> str | None:
    """The name of a classical model, or None for any other function."""
    from wepsam.classical import CLASSICAL

    return next((name for name, model in CLASSICAL.items() if model is predict), None)
