"""The frame of a classical model: check the stimulus, bring it to a working size, answer at the stimulus' size.

`classical_model` turns the idea of a model, a function from a small picture to a small map, into a predictor that keeps
the contract stated in `wepsam.classical`. GBVS, Itti's model and the models that learned from fixations answer in ways
of their own; they use `checked`, and `finished` where it fits.
"""

from collections.abc import Callable
from functools import update_wrapper
from importlib import import_module
from inspect import Signature, signature
from types import ModuleType
from typing import Concatenate, ParamSpec

import numpy as np

from wepsam import extras, images, maps, numba_cache, srgb

Shape = tuple[int, int]
Settings = ParamSpec("Settings")
Model = Callable[Concatenate[np.ndarray, Settings], np.ndarray]

FLAT = 1e-6  # a map whose values spread by less than this share of its largest value is constant but for rounding


def classical_model(
    working_shape: Callable[[int, int], Shape] | None = None,
) -> Callable[[Model[Settings]], Model[Settings]]:
    """Decorate a function from a picture at working size to a map, so that it becomes a predictor.

    The predictor refuses an array that is no stimulus. If the picture at working size has only one color, it answers
    zeros. Otherwise it brings the function's map to the stimulus' size and stretches it to [0, 1].

    Args:
        working_shape: from the stimulus' (height, width) to that of the picture; None leaves the stimulus as it is.
    """

    def decorate(model: Model[Settings]) -> Model[Settings]:
        def predictor(stimulus: np.ndarray, *args: Settings.args, **settings: Settings.kwargs) -> np.ndarray:
            height, width = checked(stimulus).shape[:2]
            picture = resized(stimulus, working_shape(height, width)) if working_shape else stimulus
            if uniform(picture):
                return np.zeros((height, width), np.float32)
            return finished(model(picture, *args, **settings), (height, width))

        update_wrapper(predictor, model)
        # For help(): callers pass the stimulus, not the picture at working size.
        picture, *others = signature(model).parameters.values()
        stimulus = picture.replace(name="stimulus", kind=picture.POSITIONAL_OR_KEYWORD)
        predictor.__signature__ = Signature([stimulus, *others])  # type: ignore[attr-defined]
        return predictor  # type: ignore[return-value]  # it may be called by keyword, too: stimulus=...

    return decorate


# ---- working sizes


def longer_side(pixels: int, *, shortest: int = 1, enlarge: bool = False) -> Callable[[int, int], Shape]:
    """A working shape with at most this many pixels on the longer side; with exactly as many if it may be enlarged.

    Args:
        pixels: of the longer side. The aspect is kept.
        shortest: a side with fewer pixels is stretched to this, so that filters of this size fit into a strip.
        enlarge: whether smaller stimuli are enlarged.
    """

    def working_shape(height: int, width: int) -> Shape:
        scale = pixels / max(height, width)
        scale = scale if enlarge else min(1, scale)
        return max(shortest, round(height * scale)), max(shortest, round(width * scale))

    return working_shape


def square(side: int) -> Callable[[int, int], Shape]:
    """A working shape of side x side pixels, whatever the stimulus' aspect."""
    return lambda height, width: (side, side)


# ---- the way in


def checked(stimulus: np.ndarray) -> np.ndarray:
    """The stimulus itself.

    Raises:
        ValueError: it is not (H, W, 3) uint8 with at least one pixel.
    """
    if stimulus.ndim != 3 or stimulus.shape[2] != 3 or stimulus.dtype != np.uint8 or 0 in stimulus.shape:
        raise ValueError(
            f"got an array of shape {stimulus.shape} and type {stimulus.dtype}, expected (H, W, 3) uint8 RGB; "
            "wepsam.read_image converts other pictures"
        )
    return stimulus


def resized(picture: np.ndarray, shape: Shape) -> np.ndarray:
    """An (h, w, 3) uint8 picture at another shape; the same array if it has that shape."""
    return picture if picture.shape[:2] == shape else images.resize(picture, shape)


def uniform(picture: np.ndarray) -> bool:
    """Whether all pixels have one color. Then nothing is salient, and rounding errors must not decide what is."""
    return bool((picture == picture[:1, :1]).all())


def lab(picture: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 sRGB -> (H, W, 3) float32 CIE L*a*b*, white point D65; L in [0, 100], gray has a = b = 0."""
    matrix = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    )
    # Divided by the XYZ of white, so that gray has a = b = 0 to the last bit.
    xyz = srgb.to_linear(picture) @ (matrix / matrix.sum(axis=1, keepdims=True)).T
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1).astype(np.float32)


# ---- the way out


def finished(saliency_map: np.ndarray, shape: Shape) -> np.ndarray:
    """An (h, w) map at the shape (H, W) of its stimulus, float32, stretched to [0, 1]; a constant map becomes zeros."""
    if np.ptp(saliency_map) <= FLAT * np.abs(saliency_map).max():
        return np.zeros(shape, np.float32)
    return maps.to_unit(maps.enlarge(maps.to_unit(saliency_map), shape)).astype(np.float32)


# ---- optional packages, imported when a model first needs them, because prediction works without them


def loops(name: str) -> ModuleType:
    """A module of this folder whose loops numba compiles, such as "gbvs_loops".

    Raises:
        ImportError: numba is not installed.
    """
    try:
        return numba_cache.load(f"wepsam.classical.{name}")
    except ModuleNotFoundError as error:
        raise extras.missing(error, "a classical model") from None


def scipy(name: str) -> ModuleType:
    """A module of scipy, such as "ndimage".

    Raises:
        ImportError: scipy is not installed.
    """
    try:
        return import_module(f"scipy.{name}")
    except ModuleNotFoundError as error:
        raise extras.missing(error, "a classical model") from None
