"""Prediction through ONNX Runtime. Needs numpy, Pillow and onnxruntime; no torch."""

import hashlib
import json
from importlib.resources import files
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from wepsam import maps
from wepsam.images import MAX_PIXELS, Source, image_size, read_image, resize

DEFAULT = "wepsam-paper"


class WeightsError(ValueError):
    """Weights are missing, damaged or not ours. One line."""


class Predictor:
    """A picture in, its saliency map out.

    Attributes:
        name: of the weights.
        card: what they are: architecture, data, terms, scores.
    """

    def __init__(self, weights: str | PathLike[str], threads: int = 0) -> None:
        """Open an ONNX file that `wepsam export` wrote.

        Args:
            weights: the .onnx file; its card, the .json of the same name, lies beside it.
            threads: of ONNX Runtime; 0 lets it choose.

        Raises:
            WeightsError: a file is missing, or the weights are not those of the card (SHA-256).
        """
        import onnxruntime

        path = Path(weights)
        self._opened = (path, threads)
        try:
            self.card: dict[str, Any] = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
            digest, expected = sha256(path), self.card["sha256"]
            self.name, self._size = str(self.card["name"]), int(self.card["input_size"])
            self._mirror, self._blur, self._floor = (self.card[key] for key in ("mirror", "blur", "floor"))
        except FileNotFoundError as error:
            raise WeightsError(f"no weights {path}: {Path(error.filename).name} is missing") from None
        except (ValueError, KeyError, TypeError) as error:
            raise WeightsError(f"{path.with_suffix('.json')} is not a card of weights ({error})") from None
        if digest != expected:
            raise WeightsError(f"{path} is damaged: its SHA-256 is {digest[:12]}..., its card says {expected[:12]}...")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        # What this build of ONNX Runtime has, its best first; the one for a remote service sends pictures away.
        providers = [p for p in onnxruntime.get_available_providers() if p != "AzureExecutionProvider"]
        self._session = onnxruntime.InferenceSession(path, options, providers=providers)

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
        shape = image_size(stimulus, max_pixels=max_pixels)
        # Four times what is needed: what the decoder leaves out then makes no difference to speak of.
        picture = read_image(stimulus, smallest=4 * self._size, max_pixels=max_pixels)
        small = resize(picture, (self._size, self._size))
        saliency_map = maps.enlarge(self.low_resolution(small[None])[0], shape)
        return saliency_map / saliency_map.max()

    def __reduce__(self) -> tuple[Any, ...]:
        """To another process travels the path; a session cannot, and is opened there."""
        return type(self), self._opened

    def low_resolution(self, stimuli: np.ndarray) -> np.ndarray:
        """The network's own maps, averaged with the mirrored picture's, blurred and floored as the card says.

        Args:
            stimuli: (B, 128, 128, 3) uint8 RGB.

        Returns:
            (B, 32, 32) float32, > 0 somewhere in each map, mean 1.
        """
        if self._mirror:
            # People look at a mirrored picture alike; the network not quite, so both answers together are better.
            both = self._run(np.concatenate([stimuli, stimuli[:, :, ::-1]]))
            output = both[: len(stimuli)] + both[len(stimuli) :, :, ::-1]
        else:
            output = self._run(stimuli)
        # A map without any mass (it can happen where a linear output is cut at 0) says: anywhere.
        saliency_maps = [maps.blur(maps.to_density(m), self._blur) for m in output]
        saliency_maps = [m / m.mean() + self._floor for m in saliency_maps]
        return np.stack([(m / m.mean()).astype(np.float32) for m in saliency_maps])

    def _run(self, stimuli: np.ndarray) -> np.ndarray:
        (output,) = self._session.run(None, {"stimuli": np.ascontiguousarray(stimuli)})
        return np.asarray(output)


def load(name: str | PathLike[str] = DEFAULT, threads: int = 0) -> Predictor:
    """A predictor by the name of shipped weights, or by an .onnx file.

    Args:
        name: one of `models()`, or a path that ends in .onnx.
        threads: of ONNX Runtime; 0 lets it choose.

    Raises:
        WeightsError: no such weights.
    """
    if str(name).endswith(".onnx"):
        return Predictor(name, threads)
    if name not in models():
        raise WeightsError(f"no model {name!r}: shipped are {', '.join(models())}; or give an .onnx file")
    return Predictor(_shipped() / f"{name}.onnx", threads)


def models() -> dict[str, dict[str, Any]]:
    """The shipped weights and their cards."""
    return {card.stem: json.loads(card.read_text(encoding="utf-8")) for card in sorted(_shipped().glob("*.json"))}


def sha256(path: Path) -> str:
    """Hexadecimal digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _shipped() -> Path:
    return Path(str(files("wepsam").joinpath("weights")))
