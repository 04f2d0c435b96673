"""Prediction through ONNX Runtime. Needs numpy, Pillow and onnxruntime; no torch."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any, Literal, Self, overload

import numpy as np

from wepsam import card_fields, cards, kinds, maps
from wepsam.calibration import presets
from wepsam.calibration.presets import Which
from wepsam.cards import WeightsError
from wepsam.images import MAX_PIXELS, ImageError, Source, pixel_count, read_sized, resize
from wepsam.prediction import ordered, views
from wepsam.prediction.sessions import first_line, open_session

DEFAULT = "wepsam-lite"
QUALITIES = card_fields.QUALITIES  # the default first


class Predictor:
    """Predicts the saliency map of a picture.

        model = wepsam.load()
        saliency_map = model("street.jpg")
        for saliency_map in model.many(paths):
            ...

    Several threads may call one predictor. Pickled, it is opened again from its file.

    Attributes:
        name: of the weights.
        card: what is known about the weights: architecture, data, terms, scores.
        weights: the path of the .onnx file.
        quality: "best" or "fast".
        center_bias: True, False or an array, as it was given.
        calibration: what is done to the network's density, with its name; see `wepsam.Calibration`.
        warn: whether pictures that do not look like photographs are warned of.
    """

    name: str
    card: dict[str, Any]
    weights: Path
    quality: str
    center_bias: bool | np.ndarray
    calibration: presets.Named
    warn: bool

    def __init__(
        self,
        weights: str | PathLike[str],
        threads: int = 0,
        quality: str = QUALITIES[0],
        center_bias: bool | np.ndarray = True,
        providers: str | Sequence[str] | None = None,
        calibration: Which = None,
        warn: bool = True,
    ) -> None:
        """Open an ONNX file that `wepsam export` wrote.

        Args:
            weights: the .onnx file; its card, the .json file of the same name, lies beside it.
            threads: of ONNX Runtime; 0 lets it choose.
            quality: "best", the mean over several views (mirrored, smaller, larger) that the card names; or "fast", one
                view. The paper's network has only one view.
            center_bias: of the light network. True adds the learned one and the calibration's, False neither. An (h, w)
                array of any size is added to the log density instead of both, such as the logarithm of where observers
                look on average.
            providers: ONNX Runtime's execution providers in order of preference, such as "CUDAExecutionProvider" for
                an NVIDIA GPU (needs the package onnxruntime-gpu). By default all local providers of the installed
                ONNX Runtime, the fastest first. Predictions of other providers differ in the last digits.
            calibration: how sharp, centered, blurred and noisy the densities are: the name of a calibration in the card
                ("typical", for pictures of a laboratory that you do not know; "none"; names of laboratories), a .json
                file that `wepsam adapt` wrote, or a `wepsam.Calibration`. None: the card's default.
            warn: issue a `wepsam.PictureWarning` for a picture that does not look like a photograph, if the card says
                that the network has learned from photographs ("pictures").

        Raises:
            WeightsError: a file is missing or cannot be opened, or the weights are not those of the card (SHA-256).
            ValueError: no such quality or calibration; a provider that is not installed or does not start; a center
                bias that is not (h, w) and finite, or other than True for a network that has none of its own.
        """
        path = Path(weights)
        self.weights, self.quality, self.center_bias = path, quality, center_bias
        self._threads, self._providers, self.warn = threads, providers, warn
        if quality not in QUALITIES:
            raise ValueError(f"quality is {' or '.join(QUALITIES)}, not {quality!r}")
        self.card, data = cards.read_weights(path)
        self.name = str(self.card["name"])
        self.calibration = presets.find(calibration, self.card)
        self._views = views.of_card(self.card, quality)
        self._session = open_session(path, data, threads, providers)
        self._fed, self._added = self._bias(center_bias)

    def __call__(self, stimulus: Source, max_pixels: int = MAX_PIXELS) -> np.ndarray:
        """Predict where people will look.

        Args:
            stimulus: a path, bytes, PIL picture or array; see `wepsam.read_image`.
            max_pixels: larger pictures are refused before they are decoded.

        Returns:
            (H, W) float32 at the picture's own size, >= 0, its largest value 1. Each value is proportional to the
            probability that a fixation falls there.

        Raises:
            ImageError: the picture cannot be read.
        """
        return saliency_map(*self._density(stimulus, max_pixels))

    def log_density(self, stimulus: Source, max_pixels: int = MAX_PIXELS) -> np.ndarray:
        """Predict the natural logarithm of the probability that a fixation falls into each pixel.

        It is the logarithm of the calibrated density, enlarged and normalized again.

        Args:
            stimulus: a path, bytes, PIL picture or array; see `wepsam.read_image`.
            max_pixels: larger pictures are refused before they are decoded.

        Returns:
            (H, W) float64 at the picture's own size, finite; its logsumexp is 0.

        Raises:
            ImageError: the picture cannot be read.

        Examples:
            >>> import numpy as np, wepsam
            >>> log_density = wepsam.load().log_density(np.full((120, 160, 3), 128, np.uint8))
            >>> round(float(np.exp(log_density).sum()), 6)
            1.0
        """
        return log_density(*self._density(stimulus, max_pixels))

    @overload
    def many(
        self,
        pictures: Iterable[Source],
        *,
        workers: int = ...,
        max_pixels: int = ...,
        return_errors: Literal[False] = ...,
    ) -> Iterator[np.ndarray]: ...

    @overload
    def many(
        self, pictures: Iterable[Source], *, workers: int = ..., max_pixels: int = ..., return_errors: Literal[True]
    ) -> Iterator[np.ndarray | ImageError]: ...

    def many(
        self,
        pictures: Iterable[Source],
        *,
        workers: int = -1,
        max_pixels: int = MAX_PIXELS,
        return_errors: bool = False,
    ) -> Iterator[np.ndarray | ImageError]:
        """Predict for many pictures, several at a time, in bounded memory.

            for path, saliency_map in zip(paths, model.many(paths)):
                ...

        Pictures are taken from the iterable as they are needed, at most two per worker ahead of the map that is
        yielded: the iterable may be long, or a generator. Each worker is a thread that computes on one core.

        Args:
            pictures: paths, bytes, PIL pictures or arrays; see `wepsam.read_image`.
            workers: how many pictures at a time; -1 for one per core.
            max_pixels: larger pictures are refused before they are decoded.
            return_errors: yield the ImageError of a picture that cannot be read in the place of its map, and go on.
                By default it is raised when its turn comes, as the built-in `map` does, and the iteration ends.

        Yields:
            What the predictor returns for each picture, in the order of the pictures.

        Raises:
            ValueError: `workers` is neither -1 nor at least 1.
            ImageError: a picture cannot be read, unless `return_errors`.
        """
        count = ordered.worker_count(workers)
        model = self._single if count > 1 else self

        def work(picture: Source) -> tuple[np.ndarray | ImageError, str | None]:
            try:
                pixels, shape = model.read(picture, max_pixels)
            except ImageError as error:
                if not return_errors:
                    raise
                return error, None
            doubt = kinds.message(doubted, picture) if self.warn and (doubted := model.doubt(pixels)) else None
            return saliency_map(model.low_resolution(pixels), shape), doubt

        def size(picture: Source) -> int:
            return 8 * pixel_count(picture, max_pixels=max_pixels)  # bytes of the stimulus and its map

        return _warning(ordered.in_order(work, pictures, count, size, ordered.room(count)))

    def with_settings(self, quality: str | None = None, calibration: Which = None) -> Self:
        """A predictor that shares this one's session and has another quality or calibration.

        Args:
            quality: "best" or "fast"; None: as it is.
            calibration: as for `Predictor`; None: as it is.

        Returns:
            The other predictor; this one stays as it is.

        Raises:
            ValueError: no such quality or calibration.
        """
        other = object.__new__(type(self))  # copy.copy would open the file again, as unpickling does
        other.__dict__ |= {name: value for name, value in self.__dict__.items() if name != "_single"}
        if quality is not None:
            if quality not in QUALITIES:
                raise ValueError(f"quality is {' or '.join(QUALITIES)}, not {quality!r}")
            other.quality, other._views = quality, views.of_card(self.card, quality)
        if calibration is not None:
            other.calibration = presets.find(calibration, self.card)
        return other

    def enlarged(self, times: float) -> Self:
        """A predictor that shares this one's session and sees pictures with so many times the usual sides.

        Scales of the card become one.

        Args:
            times: factor of both sides, above 0.

        Returns:
            The other predictor; this one, if its weights have an input of one fixed size.
        """
        if "input_area" not in self.card:
            return self
        other = self.with_settings()
        mirrored = any(mirrored for _, mirrored in self._views)
        other._views = [(views.of_area(float(self.card["input_area"]) * times**2), mirrored)]
        return other

    @cached_property
    def _single(self) -> Self:
        """This predictor with one thread: the session's own threads would compete with the workers."""
        if self._threads == 1:
            return self
        return type(self)(self.weights, 1, self.quality, self.center_bias, self._providers, self.calibration, self.warn)

    def read(self, stimulus: Source, max_pixels: int = MAX_PIXELS) -> tuple[np.ndarray, tuple[int, int]]:
        """Read a picture, decoding no more of it than `low_resolution` needs.

        Args:
            stimulus: a path, bytes, PIL picture or array; see `wepsam.read_image`.
            max_pixels: larger pictures are refused before they are decoded.

        Returns:
            (H, W, 3) uint8 RGB, and the picture's own (height, width).

        Raises:
            ImageError: the picture cannot be read.
        """
        largest = self._views[-1][0](10_000, 10_000)[0]
        # Four times what is needed: what the decoder leaves out then makes no visible difference.
        return read_sized(stimulus, smallest=4 * largest, max_pixels=max_pixels)

    def doubt(self, stimulus: np.ndarray) -> str | None:
        """What a picture looks like, if that is not what the network has learned from.

        Args:
            stimulus: (H, W, 3) uint8 RGB, as `read` gives it.

        Returns:
            A kind such as "web page", see `wepsam.looks_like`. None for a photograph, and for any picture if the card
            does not say that the network has learned from photographs.
        """
        if self.card.get("pictures") != card_fields.PHOTOGRAPHS:
            return None
        seen = kinds.kind(stimulus)
        return None if seen == kinds.PHOTOGRAPH else seen

    def low_resolution(self, stimulus: np.ndarray) -> np.ndarray:
        """Predict the density at the network's own resolution.

        Args:
            stimulus: (H, W, 3) uint8 RGB of any size.

        Returns:
            (h, w) float64, >= 0, sums to 1: 32x32 cells, or a quarter of the light network's input.
        """
        calibration = self.calibration.calibration
        density = calibration.mean(self.scale_densities(stimulus))
        if self.center_bias is True:
            return calibration(density)
        return calibration.without_center()(density, self._added)

    def scale_densities(self, stimulus: np.ndarray) -> list[np.ndarray]:
        """Predict one density for each size in which the network sees a picture, without a calibration.

        Args:
            stimulus: (H, W, 3) uint8 RGB of any size.

        Returns:
            (h, w) float64 densities, the smallest size first, all at the resolution of the largest; each is the mean
            over the picture and its mirror image, where the quality says so.
        """
        height, width = stimulus.shape[:2]
        outputs: list[np.ndarray] = []
        for shape_of, mirrored in self._views:
            small = resize(stimulus, shape_of(height, width))[None]
            # People look at a mirrored picture in the mirrored way; the network does so only roughly, so the mean of
            # both answers is better.
            output = self._run(np.concatenate([small, small[:, :, ::-1]]) if mirrored else small)
            outputs.append(output[0] + output[1, :, ::-1] if mirrored else output[0])
        size = outputs[-1].shape  # of the largest view; the others are enlarged to it
        # A map without any mass, which a linear output cut at 0 can give, counts as uniform.
        return [maps.to_density(m if m.shape == size else maps.enlarge(m, size)) for m in outputs]

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the path, because a session cannot be pickled."""
        return type(self), (
            self.weights, self._threads, self.quality, self.center_bias, self._providers, self.calibration,
            self.warn,
        )  # fmt: skip

    def _density(self, stimulus: Source, max_pixels: int) -> tuple[np.ndarray, tuple[int, int]]:
        """The density at the network's own resolution, and the picture's (height, width); with a warning if due."""
        picture, shape = self.read(stimulus, max_pixels)
        if self.warn and (doubted := self.doubt(picture)):
            kinds.warn(kinds.message(doubted, stimulus))
        return self.low_resolution(picture), shape

    def _run(self, stimuli: np.ndarray) -> np.ndarray:
        try:
            (output,) = self._session.run(None, {"stimuli": np.ascontiguousarray(stimuli), **self._fed})
        except Exception as error:  # ONNX Runtime's own kinds, from C++
            raise WeightsError(f"{self.weights} cannot predict: {first_line(error)}") from None
        if output.ndim != 3 or len(output) != len(stimuli) or not (np.isfinite(output).all() and output.min() >= 0):
            raise WeightsError(
                f"{self.weights} answers {output.shape}, expected ({len(stimuli)}, h, w) finite values >= 0; "
                "they are not weights of wepsam export"
            )
        return np.asarray(output)

    def _bias(self, center_bias: bool | np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray | None]:
        """What to feed to get the density without the learned center bias, and what to add to its logarithm."""
        if center_bias is True:
            return {}, None
        if "center_bias" not in {known.name for known in self._session.get_overridable_initializers()}:
            raise ValueError(f"{self.name} has no center bias of its own that could be left out; center_bias is True")
        none = {"center_bias": np.zeros((1, 1, 1, 1), np.float32)}
        if center_bias is False:
            return none, None
        added = maps.numbers(center_bias, "center bias").astype(np.float32)
        if added.ndim != 2 or not np.isfinite(added).all():
            raise ValueError(f"the center bias is {added.shape}, expected True, False, or (h, w) finite logits")
        return none, added


def _warning(
    answers: Generator[tuple[np.ndarray | ImageError, str | None]],
) -> Iterator[np.ndarray | ImageError]:
    """The answers without their doubts, which become warnings in the thread that takes the answers."""
    with closing(answers):
        for answer, doubt in answers:
            if doubt:
                kinds.warn(doubt)
            yield answer


def saliency_map(density: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A low-resolution density as (H, W) float32 at a picture's size, its largest value 1."""
    enlarged = maps.enlarge(density / density.max(), shape)
    enlarged /= enlarged.max()
    return enlarged


def log_density(density: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The natural logarithm of a low-resolution density, (H, W) float64 at a picture's size; its logsumexp is 0."""
    enlarged = maps.enlarge(_log(density), shape).astype(np.float64)
    enlarged -= enlarged.max()
    enlarged -= np.log(np.exp(enlarged).sum())
    return enlarged


def _log(density: np.ndarray) -> np.ndarray:
    """The logarithm; a value that float32 cannot tell from 0 counts as the smallest that it can."""
    return np.log(np.maximum(density, np.finfo(np.float32).tiny))
