"""Weights by what people call them: the name of shipped ones, a file, or a model on the Hub."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from wepsam import cards
from wepsam.calibration.presets import Which
from wepsam.cards import WeightsError
from wepsam.hub import names
from wepsam.prediction.predictor import DEFAULT, QUALITIES, Predictor


def load(
    name: str | PathLike[str] = DEFAULT,
    threads: int = 0,
    quality: str = QUALITIES[0],
    center_bias: bool | np.ndarray = True,
    providers: str | Sequence[str] | None = None,
    calibration: Which = None,
    warn: bool = True,
) -> Predictor:
    """Open shipped weights by name, an .onnx file, or a model on the Hugging Face Hub.

    Args:
        name: one of `models()`, a path that ends in .onnx, or hf:owner/name, also with @ and a branch, tag or commit. A
            model on the Hub (extra [hub]) is downloaded once; without a network it is taken from the cache.
        threads: of ONNX Runtime; 0 lets it choose.
        quality: "best" or "fast"; see `Predictor`.
        center_bias: True, False or an array; see `Predictor`.
        providers: such as "CUDAExecutionProvider"; see `Predictor`.
        calibration: "typical", the name of a laboratory, a file or a `wepsam.Calibration`; see `Predictor`.
        warn: of pictures that do not look like photographs; see `Predictor`.

    Returns:
        The predictor: it takes a picture and returns an (H, W) float32 map.

    Raises:
        WeightsError: no such weights, or they cannot be opened, or the Hub cannot be reached.
        ValueError: no such quality, provider or calibration, or a center bias that does not fit.
        ImportError: a model on the Hub, without huggingface_hub.

    Examples:
        >>> import numpy as np, wepsam
        >>> picture = np.full((120, 160, 3), 128, np.uint8)
        >>> picture[40:80, 90:130] = 220, 40, 30  # a red square on gray
        >>> saliency_map = wepsam.load()(picture)
        >>> saliency_map.shape, bool(saliency_map[60, 110] > saliency_map[60, 20])
        ((120, 160), True)
    """
    return Predictor(weights_file(name), threads, quality, center_bias, providers, calibration, warn)


def weights_file(name: str | PathLike[str]) -> Path:
    """The .onnx file of shipped weights by their name, or of a model on the Hub; any other .onnx file as it is.

    Raises:
        WeightsError: no such weights.
    """
    if names.is_name(name):
        from wepsam.hub import fetching

        return fetching.fetch(name)
    if str(name).endswith(".onnx"):
        return Path(name)
    if name not in models():
        shipped = ", ".join(models())
        raise WeightsError(f"no model {name!r}: shipped are {shipped}; or give an .onnx file, or hf:owner/name")
    return cards.SHIPPED / f"{name}.onnx"


def models() -> dict[str, dict[str, Any]]:
    """The cards of the shipped weights.

    Returns:
        By name, the card as it stands in its JSON file: what the weights take, what they have learned from, their
        scores and SHA-256.

    Examples:
        >>> import wepsam
        >>> sorted(wepsam.models())
        ['cnn_vlm-lite0', 'mr_cnn', 'wepsam-lite', 'wepsam-paper']
    """
    return cards.shipped()
