"""What can be scored: models, folders of maps, references. All of them answer a sample with maps.

A subject is made from a name, a file, a folder or a Python function, and its record says what it was made from. So a
saved result can be turned into a subject again, to draw its maps, and be checked.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from wepsam import classical, resolve
from wepsam.calibration import presets
from wepsam.calibration.presets import Named, Which
from wepsam.classical.center_bias import CenterBias
from wepsam.datasets import FixationDataset, Sample, learned
from wepsam.datasets.learned import LearnedFrom
from wepsam.evaluation import fingerprints
from wepsam.evaluation.map_folder import MapFolder
from wepsam.evaluation.people import AT_FIXATIONS_ONLY, REFERENCES
from wepsam.hub import names
from wepsam.maps import numbers
from wepsam.prediction.calibrated import Calibrated
from wepsam.prediction.loading import models
from wepsam.prediction.predictor import QUALITIES, Predictor

Answer = Callable[[Sample], Iterable[tuple[np.ndarray, Sample]]]
"""For a sample: saliency maps, each with the sample that it is scored against."""
Fit = Callable[[FixationDataset, CenterBias | None], tuple[Answer, dict[str, Any]]]
"""Of a dataset and its center bias, if that is known: what answers for its samples, and a record."""


@dataclass(frozen=True)
class Subject:
    """Anything that can be scored. First `on(dataset)`, then call it with that dataset's samples.

    Attributes:
        name: of the model, for files and tables.
        record: what the JSON of a result says about it. "weights": their SHA-256, or None. "card_sha256": of
            what their card says about prediction. "source": the name or path it was made from, unless that is its
            name, with the commit of a model on the Hub; None for a Python function, which has neither. "quality":
            unless "best". "center_bias": unless the network's own; "center_bias_sha256": of an array. After `on` also
            "maps" or "gold_standard".
        fit: makes it ready for a dataset; see `on`.
        is_reference: whether it needs to know where people looked.
        at_fixations_only: whether metrics that compare with a density are meaningless for it.
        answer: gives the maps of a sample; None before `on`.
        learned_from: the parts of datasets that it has learned from; None where nobody says it.
    """

    name: str
    record: dict[str, Any]
    fit: Fit
    is_reference: bool = False
    at_fixations_only: bool = False
    answer: Answer | None = None
    learned_from: LearnedFrom | None = None

    def on(self, dataset: FixationDataset, bias: CenterBias | None = None) -> "Subject":
        """This subject, ready for the samples of a dataset: maps are checked, references are fitted.

        Args:
            dataset: what it will be asked about.
            bias: the dataset's center bias, where it is known already.

        Returns:
            The subject that can be called.

        Raises:
            ValueError: maps are missing or of another size, or the dataset does not say what a reference needs.
        """
        answer, record = self.fit(dataset, bias)
        return replace(self, answer=answer, record=self.record | record)

    def __call__(self, sample: Sample) -> Iterable[tuple[np.ndarray, Sample]]:
        """The (H, W) maps of a sample, each with the sample that holds the truth for it.

        A model has one map, and the truth is the sample itself. People have one map per observer or split, each with
        the fixations of the other observers.
        """
        if self.answer is None:
            raise TypeError(f"{self.name} has not been fitted: call on(dataset) first")
        return self.answer(sample)

    def map(self, sample: Sample) -> np.ndarray:
        """The first map of a sample; for a model the only one.

        Args:
            sample: of the dataset that it was made ready for.

        Returns:
            (H, W) float.
        """
        return next(iter(self(sample)))[0]


def subject(
    model: "Subject | MapFolder | resolve.Model",
    *,
    name: str | None = None,
    quality: str = QUALITIES[0],
    resize: bool = False,
    threads: int = 1,
    calibration: Which = None,
) -> Subject:
    """What a name, a file, a folder or a function stands for, ready to be scored.

    Args:
        model: anything `wepsam.resolve.predictor` takes; a folder of maps, by path or as a `MapFolder`; or a
            reference: "center-bias" (the mean density of all other pictures), "one-observer" and "half-of-observers"
            (against the other observers), "gold-standard" (all other observers against one; scored at fixations
            only). A name means the model, whatever folder has the same name.
        name: for files and tables; by default the model's own, with "-fast" at that quality, and with the name of a
            calibration that was asked for.
        quality: "best" or "fast", for wepsam weights by name or file.
        resize: whether maps of a folder are brought to the size of their stimuli (bilinear); it is recorded.
        threads: of ONNX Runtime, for wepsam weights by name or file; 0 lets it choose.
        calibration: of a model by name, file or function; see `resolve.predictor`.

    Raises:
        ValueError: no such model or calibration; a folder without maps, or one that has the name of a model; or an
            option that does not apply to this model.
    """
    if isinstance(model, Subject):
        return replace(model, name=name or model.name)
    if isinstance(model, str | os.PathLike) and _is_folder(os.fspath(model)):
        model = MapFolder(model, resize=resize)
    elif resize:
        raise ValueError(f"resize applies only to a folder of maps, not to {model}")
    if calibration is not None and (isinstance(model, MapFolder) or model in REFERENCES):
        raise ValueError(f"a calibration applies to models, not to {getattr(model, 'folder', model)}")
    if isinstance(model, MapFolder):
        resolve.expect_best(quality, f"the folder {model.folder}")
        return _folder(model, name)
    if isinstance(model, str) and model in REFERENCES:
        resolve.expect_best(quality, model)
        return _reference(model, name or model)
    return _predictor(model, name, quality, threads, calibration)


def from_record(about: dict[str, Any], dataset: FixationDataset) -> Subject:
    """The subject of a saved result, ready for the dataset and checked against the record.

    Args:
        about: `Evaluation.about`, as it was saved.
        dataset: the pictures that were scored.

    Raises:
        ValueError: it cannot be made again (a Python function, a center bias of its own), or its weights or maps are
            gone or have changed since.
    """
    source = about.get("source", about["model"])
    if source is None:
        raise ValueError("it was a Python function, which a result does not hold")
    if "center_bias" in about:
        raise ValueError(f"it had another center bias ({about['center_bias']}), which a result does not hold")
    resize = bool(about.get("maps", {}).get("resized"))
    quality = about.get("quality", QUALITIES[0])
    fields = about.get("calibration")
    calibration = None if fields is None else Named.from_dict(str(fields.get("name")), fields)
    again = subject(source, name=about["model"], quality=quality, resize=resize, threads=0, calibration=calibration).on(
        dataset
    )
    before = {"card_sha256": again.record.get("card_sha256")} | about  # older results do not know their card
    if any(again.record.get(key) != before.get(key) for key in ("weights", "card_sha256", "maps")):
        raise ValueError("it has changed since it was evaluated")
    return again


def _is_folder(model: str) -> bool:
    return model not in (*REFERENCES, *resolve.names()) and Path(model).is_dir()


def _folder(folder: MapFolder, name: str | None) -> Subject:
    name = name or folder.name
    if name in (*REFERENCES, *resolve.names()):
        raise ValueError(f"the folder {folder.folder} has the name of a model, and so would its results; rename it")
    answer, source = _OneMap(folder), str(folder.folder)
    if not _is_folder(source):  # alone, its name would mean the model
        source = os.path.join(os.curdir, source)
    record = {"weights": None, "source": source}
    return Subject(name, record, lambda dataset, _: (answer, {"maps": folder.check(dataset)}))


def _reference(reference: str, name: str) -> Subject:
    def fit(dataset: FixationDataset, bias: CenterBias | None) -> tuple[Answer, dict[str, Any]]:
        answer = REFERENCES[reference](dataset, bias or CenterBias(dataset))
        return answer, getattr(answer, "record", {})

    record = {"weights": None} | _source(reference, name)
    at_fixations_only = reference in AT_FIXATIONS_ONLY
    return Subject(name, record, fit, is_reference=True, at_fixations_only=at_fixations_only, learned_from={})


def _predictor(model: resolve.Model, name: str | None, quality: str, threads: int, calibration: Which) -> Subject:
    predict = resolve.predictor(model, quality=quality, threads=threads, calibration=calibration)
    source: str | None
    if isinstance(predict, Predictor) and (on_hub := names.of_file(predict.weights)):
        own, source = predict.name, str(on_hub)  # its commit is part of what it is
    elif isinstance(model, str | os.PathLike):
        source = os.fspath(model)
        own = Path(source).stem if resolve.is_weights(source) else source
    elif isinstance(predict, Predictor):
        own = predict.name
        shipped = models().get(own, {}).get("sha256") == predict.card["sha256"]
        source = own if shipped else str(predict.weights)
    elif isinstance(predict, Calibrated):
        source = resolve.classical_name(predict.predict)
        own = predict.name
    else:
        source = resolve.classical_name(predict)
        own = source or str(getattr(predict, "name", "model"))
    more: dict[str, Any] = {}
    if isinstance(predict, Predictor):
        if predict.quality != QUALITIES[0]:
            own += f"-{predict.quality}"
            more["quality"] = predict.quality
        if predict.center_bias is not True:
            more["center_bias"] = "none" if predict.center_bias is False else "custom"
        if isinstance(predict.center_bias, np.ndarray):
            more["center_bias_sha256"] = fingerprints.of_array(predict.center_bias)
        more["card_sha256"] = fingerprints.of_card(predict.card)
    named = getattr(predict, "calibration", None)
    if isinstance(named, Named) and named != presets.default(predict.card if isinstance(predict, Predictor) else {}):
        own += f"-{named.name}"
        more["calibration"] = {"name": named.name} | named.calibration.as_dict()
    name = name or own
    answer = _OneMap(_Asked(predict, name))
    record = {"weights": getattr(predict, "card", {}).get("sha256")} | _source(source, name) | more
    return Subject(name, record, lambda *_: (answer, {}), learned_from=_learned_from(predict, source))


def _learned_from(predict: resolve.Predict, source: str | None) -> LearnedFrom | None:
    """What a predictor has learned from: its card says it, or it is a classical model; None of any other function."""
    if isinstance(predict, Predictor):
        return learned.of_card(predict.card)
    if source is None:
        return None
    return classical.LEARNED_FROM.get(source, {})


def _source(source: str | None, name: str) -> dict[str, str | None]:
    """For the record: where a subject comes from, unless its name says so."""
    return {} if source == name else {"source": source}


@dataclass(frozen=True)
class _Asked:
    """A predictor's map of a sample."""

    predict: resolve.Predict
    name: str

    def __call__(self, sample: Sample) -> np.ndarray:
        saliency_map = self.predict(sample.stimulus())
        if np.shape(saliency_map) != sample.size:
            raise ValueError(
                f"{self.name} answers a map of shape {np.shape(saliency_map)} for {sample.id}, expected {sample.size}"
            )
        return numbers(saliency_map, f"map of {self.name} for {sample.id}")


@dataclass(frozen=True)
class _OneMap:
    """One map for a sample, against all that is known of it."""

    answer: Callable[[Sample], np.ndarray]

    def __call__(self, sample: Sample) -> list[tuple[np.ndarray, Sample]]:
        return [(self.answer(sample), sample)]
