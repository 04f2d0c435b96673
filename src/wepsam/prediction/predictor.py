"""Prediction through ONNX Runtime. Needs numpy, Pillow and onnxruntime; no torch."""

import hashlib
import json
from collections.abc import Callable
from functools import partial
from importlib.resources import files
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from wepsam import maps
from wepsam.images import MAX_PIXELS, Source, read_sized, resize
from wepsam.shapes import SIDE_STEP, input_shape

DEFAULT = "wepsam-lite"
QUALITIES = ("best", "fast")  # the default first


class WeightsError(ValueError):
    """Weights are missing, damaged or not ours. One line."""


class Predictor:
    """A picture in, its saliency map out.

    Attributes:
        name: of the weights.
        card: what they are: architecture, data, terms, scores.
    """

    def __init__(
        self,
        weights: str | PathLike[str],
        threads: int = 0,
        quality: str = QUALITIES[0],
        center_bias: bool | np.ndarray = True,
    ) -> None:
        """Open an ONNX file that `wepsam export` wrote.

        Args:
            weights: the .onnx file; its card, the .json of the same name, lies beside it.
            threads: of ONNX Runtime; 0 lets it choose.
            quality: "best", the mean over several views (mirrored, smaller, larger) that the card names; or "fast", one
                view. To the paper's network it makes no difference.
            center_bias: of the light network. True adds the learnt one, False none; an (h, w) array of any size is
                added to the log density instead: people's own, such as the logarithm of where they look on average.

        Raises:
            WeightsError: a file is missing, or the weights are not those of the card (SHA-256).
            ValueError: no such quality; a center bias that is not (h, w) and finite, or other than True where the
                network has none of its own.
        """
        import onnxruntime

        path = Path(weights)
        self._opened = (path, threads, quality, center_bias)
        if quality not in QUALITIES:
            raise ValueError(f"quality is {' or '.join(QUALITIES)}, not {quality!r}")
        try:
            self.card: dict[str, Any] = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
            digest, expected = sha256(path), str(self.card["sha256"])
            self.name = str(self.card["name"])
            self._blur, self._floor = float(self.card["blur"]), float(self.card["floor"])
            self._sharpness = float(self.card.get("sharpness", 1))  # older cards have none
            self._views = _views(self.card, quality)
        except FileNotFoundError as error:
            raise WeightsError(f"no weights {path}: {Path(error.filename).name} is missing") from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise WeightsError(f"{path.with_suffix('.json')} is not a card of weights ({error})") from None
        if digest != expected:
            raise WeightsError(f"{path} is damaged: its SHA-256 is {digest[:12]}..., its card says {expected[:12]}...")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        # What this build of ONNX Runtime has, its best first; the one for a remote service sends pictures away.
        providers = [p for p in onnxruntime.get_available_providers() if p != "AzureExecutionProvider"]
        try:
            self._session = onnxruntime.InferenceSession(path, options, providers=providers)
        except Exception as error:  # its own kinds, from C++
            raise WeightsError(f"{path} cannot be opened: {str(error).splitlines()[0]}") from None
        self._fed, self._added = self._bias(center_bias)

    def __call__(self, stimulus: Source, max_pixels: int = MAX_PIXELS) -> np.ndarray:
        """Where people will look.

        Args:
            stimulus: a path, bytes, PIL picture or array; see `wepsam.read_image`.
            max_pixels: larger pictures are refused before they are decoded.

        Returns:
            (H, W) float32 at the picture's own size, >= 0, its largest value 1. Each value is proportional to the
            probability that a fixation falls there.

        Raises:
            ImageError: not a picture that can be read.
        """
        density, shape = self._read(stimulus, max_pixels)
        saliency_map = maps.enlarge(density / density.max(), shape)
        return saliency_map / saliency_map.max()

    def log_density(self, stimulus: Source, max_pixels: int = MAX_PIXELS) -> np.ndarray:
        """The natural logarithm of the probability that a fixation falls into each pixel.

        It is the network's log density, enlarged and normalized again.

        Returns:
            (H, W) float64 at the picture's own size, finite; its logsumexp is 0.

        Raises:
            ImageError: not a picture that can be read.
        """
        density, shape = self._read(stimulus, max_pixels)
        enlarged = maps.enlarge(_log(density), shape).astype(np.float64)
        return enlarged - enlarged.max() - np.log(np.exp(enlarged - enlarged.max()).sum())

    def low_resolution(self, stimulus: np.ndarray) -> np.ndarray:
        """The network's own density, the mean over its views of the picture, sharpened, blurred and floored as the
        card says.

        Args:
            stimulus: (H, W, 3) uint8 RGB of any size.

        Returns:
            (h, w) float64, >= 0, sums to 1: 32x32 cells, or a quarter of the light network's input.
        """
        height, width = stimulus.shape[:2]
        found: list[np.ndarray] = []
        for shape_of, mirrored in self._views:
            small = resize(stimulus, shape_of(height, width))[None]
            # People look at a mirrored picture alike; the network not quite, so both answers together are better.
            output = self._run(np.concatenate([small, small[:, :, ::-1]]) if mirrored else small)
            found.append(output[0] + output[1, :, ::-1] if mirrored else output[0])
        size = found[-1].shape  # of the largest; the others are brought to it
        # A map without any mass (it can happen where a linear output is cut at 0) says: anywhere.
        densities = [maps.to_density(m if m.shape == size else maps.enlarge(m, size)) for m in found]
        density = np.mean(densities, axis=0)
        if self._sharpness != 1:
            density = maps.to_density((density / density.max()) ** self._sharpness)
        if self._blur:
            density = maps.blur(density, self._blur)
        if self._added is not None:
            density = _softmax(_log(density) + maps.enlarge(self._added, size))
        return maps.to_density(density + self._floor * density.mean())

    def __reduce__(self) -> tuple[Any, ...]:
        """To another process travels the path; a session cannot, and is opened there."""
        return type(self), self._opened

    def _read(self, stimulus: Source, max_pixels: int) -> tuple[np.ndarray, tuple[int, int]]:
        """The density of a picture, and the picture's own (height, width)."""
        largest = self._views[-1][0](10_000, 10_000)[0]
        # Four times what is needed: what the decoder leaves out then makes no difference to speak of.
        picture, shape = read_sized(stimulus, smallest=4 * largest, max_pixels=max_pixels)
        return self.low_resolution(picture), shape

    def _run(self, stimuli: np.ndarray) -> np.ndarray:
        (output,) = self._session.run(None, {"stimuli": np.ascontiguousarray(stimuli), **self._fed})
        return np.asarray(output)

    def _bias(self, center_bias: bool | np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray | None]:
        """What is fed to have the density without the learnt center bias, and what is added to its logarithm."""
        if center_bias is True:
            return {}, None
        if "center_bias" not in {known.name for known in self._session.get_overridable_initializers()}:
            raise ValueError(f"{self.name} has no center bias of its own that could be left out; center_bias is True")
        none = {"center_bias": np.zeros((1, 1, 1, 1), np.float32)}
        if center_bias is False:
            return none, None
        added = np.asarray(center_bias, dtype=np.float32)
        if added.ndim != 2 or not np.isfinite(added).all():
            raise ValueError(f"the center bias is {added.shape}, expected True, False, or (h, w) finite logits")
        return none, added


def _views(card: dict[str, Any], quality: str) -> list[tuple[Callable[[int, int], tuple[int, int]], bool]]:
    """How a picture is fed, the largest view last: from (height, width) to the input's shape; and mirrored too?"""
    if "input_size" in card:
        side = int(card["input_size"])
        return [(lambda *_: (side, side), bool(card["mirror"]))]
    if card["stride"] != SIDE_STEP:
        raise ValueError(f"stride {card['stride']}, expected {SIDE_STEP}")
    area, chosen = int(card["input_area"]), card["views"][quality]
    scales = sorted(float(scale) for scale in chosen["scales"])
    return [(partial(input_shape, area=round(area * scale**2)), bool(chosen["mirror"])) for scale in scales]


def _log(density: np.ndarray) -> np.ndarray:
    """Its logarithm; what float32 cannot tell from 0 counts as the smallest that it can."""
    return np.log(np.maximum(density, np.finfo(np.float32).tiny))


def _softmax(values: np.ndarray) -> np.ndarray:
    return maps.to_density(np.exp(values - values.max()))


def load(
    name: str | PathLike[str] = DEFAULT,
    threads: int = 0,
    quality: str = QUALITIES[0],
    center_bias: bool | np.ndarray = True,
) -> Predictor:
    """A predictor by the name of shipped weights, or by an .onnx file.

    Args:
        name: one of `models()`, or a path that ends in .onnx.
        threads: of ONNX Runtime; 0 lets it choose.
        quality: "best" or "fast"; see `Predictor`.
        center_bias: True, False or an array; see `Predictor`.

    Raises:
        WeightsError: no such weights.
        ValueError: another quality, or a center bias that does not fit.
    """
    return Predictor(weights_file(name), threads, quality, center_bias)


def weights_file(name: str | PathLike[str]) -> Path:
    """The .onnx file of shipped weights by their name; any other .onnx file is its own.

    Raises:
        WeightsError: no such weights.
    """
    if str(name).endswith(".onnx"):
        return Path(name)
    if name not in models():
        raise WeightsError(f"no model {name!r}: shipped are {', '.join(models())}; or give an .onnx file")
    return _shipped() / f"{name}.onnx"


def models() -> dict[str, dict[str, Any]]:
    """The shipped weights and their cards."""
    return {card.stem: json.loads(card.read_text(encoding="utf-8")) for card in sorted(_shipped().glob("*.json"))}


def sha256(path: Path) -> str:
    """Hexadecimal digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _shipped() -> Path:
    return Path(str(files("wepsam").joinpath("weights")))
