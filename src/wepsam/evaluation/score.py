"""A model on a dataset: one row of scores per picture, and a record of how they were made."""

import logging
import math
import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import wepsam
from wepsam import resolve
from wepsam.calibration.presets import Which
from wepsam.classical.center_bias import CenterBias
from wepsam.datasets import FixationDataset, Sample, learned, open_dataset
from wepsam.datasets.by_name import parse, refuse_namesakes
from wepsam.datasets.clips import is_clips, open_clips
from wepsam.evaluation import fingerprints
from wepsam.evaluation.map_folder import MapFolder
from wepsam.evaluation.people import ALWAYS, PEOPLE
from wepsam.evaluation.results import Evaluation, file_of, origin, read_current, refuse_other
from wepsam.evaluation.running import PartialRows, in_order
from wepsam.evaluation.subject import Answer, Subject, subject
from wepsam.files import below, remove_leftovers
from wepsam.metrics import ON_REQUEST, PROTOCOLS, score
from wepsam.prediction.predictor import QUALITIES
from wepsam.progress import bar

Scorable = Subject | MapFolder | resolve.Model
"""A subject, a folder of maps, or a model as `wepsam.predict` takes it."""
Dataset = FixationDataset | str
"""A dataset, or "NAME=FOLDER" as the command takes it."""

# What the record of an evaluation says about the variants of the metrics.
NOTES = {
    "mit": {
        "auc_judd": "exact expectation over the order of equal values",
        "auc_borji": "exact expectation, step 0.1",
        "auc_shuffled": "exact expectation over all other pictures, step 0.1",
        "info_gain": "bit over the center bias of all other pictures",
    },
    "tuebingen": {
        "auc_shuffled": "all fixations of all other pictures",
        "info_gain": "bit over the center bias of all other pictures",
    },
}
log = logging.getLogger("wepsam")


# Long by its parameters and their documentation.
def evaluate(
    model: Scorable,
    dataset: Dataset,
    *,
    out: str | os.PathLike[str] | None = None,
    name: str | None = None,
    split: str | None = None,
    sigma: float | None = None,
    pixels_per_degree: float | None = None,
    coordinates: str | None = None,
    protocol: str = "mit",
    also: Sequence[str] = (),
    resize: bool = False,
    quality: str = QUALITIES[0],
    calibration: Which = None,
    workers: int = -1,
) -> Evaluation:
    """Score a model on every picture of a dataset.

    Point metrics need fixations. Where a dataset publishes only densities, `nss_density` and `auc_density` say what
    NSS and AUC would be if fixations were drawn from them; they are not comparable with the point versions.

    Args:
        model: the name of a model, an .onnx file, a predictor ((H, W, 3) uint8 -> (H, W) map), a folder of maps made
            by another tool, or a reference: "center-bias", "one-observer", "half-of-observers", "gold-standard". See
            `wepsam.evaluation.subject.subject`.
        dataset: a `FixationDataset`, scored as it is; or "NAME=FOLDER", as the command takes it.
        out: folder to save into, as OUT/DATASET-SPLIT[-PROTOCOL]/MODEL.csv and .json. An interrupted evaluation goes
            on from its rows there, if nothing that the scores depend on has changed: pictures, fixations, densities,
            weights and card, maps, settings, the code of the metrics (of a function, only its name is compared). The
            log says how many rows are kept, or that all are made again. None saves nothing.
        name: of the model, for files and tables; by default its own, with "-fast" at that quality and the name of a
            calibration that was asked for.
        split: of "NAME=FOLDER", the part to score: "validation" (the default for public datasets), "train" or "all"
            (the default for your own data). Of a `FixationDataset`, what the record says; by default "all".
        sigma: of "NAME=FOLDER" with your own data: standard deviation of the densities in pixels; by default one
            degree, or 3 % of each picture's longer side.
        pixels_per_degree: of the same: of visual angle.
        coordinates: of the same: what x and y count, if not pixels; see `wepsam.datasets.open_dataset`.
        protocol: conventions of the metrics, one of `metrics.PROTOCOLS`: "mit" or "tuebingen".
        also: metrics beyond the protocol's, of `metrics.ON_REQUEST`: "emd".
        resize: bring the maps of a folder to the size of their stimuli.
        quality: "best" or "fast", for wepsam weights by name or file.
        calibration: of a model by name, file or function: the name of one in its card ("typical", the name of a
            laboratory, "none"), a file that `wepsam adapt` wrote, or a `wepsam.Calibration`. None: the card's default
            for wepsam weights, and none for any other model.
        workers: processes among which the pictures are divided; -1 for one per core. One process is used without
            joblib, and for a model that cannot be pickled.

    Returns:
        The scores, one row per picture. Logs a warning if the model has learned from these pictures.

    Raises:
        ValueError: no pictures; no such model, protocol, metric or split; a reference that this dataset cannot give;
            a map that is missing or of another size than its picture.
        DatasetError: "NAME=FOLDER" cannot be read.
    """
    part, split = _open(dataset, split, sigma, pixels_per_degree, coordinates)
    table = _table(protocol, also)
    chosen = subject(
        model, name=name, quality=quality, resize=resize, threads=_threads(workers), calibration=calibration
    )
    seen = _seen(chosen, part, split)
    bias = CenterBias(part)
    chosen = chosen.on(part, bias)
    assert chosen.answer is not None
    truths = _Truths(part, bias)
    metrics = [m for m, needs in table.items() if truths.offers(m, needs)]
    about = {
        "model": chosen.name, "dataset": part.name, "split": split, "pictures": len(part),
        "of_pictures": part.total, "protocol": protocol,
        **NOTES.get(protocol, {}), "sigma": part.sigma, **({"note": part.note} if part.note else {}),
        **chosen.record, **seen, **fingerprints.of_data(part), **origin(part), "code_sha256": fingerprints.code(),
        "versions": {"wepsam": wepsam.__version__, "numpy": version("numpy"), "python": platform.python_version()},
    }  # fmt: skip
    work = _Work(part, chosen.answer, truths, metrics, protocol, densities=not chosen.at_fixations_only)
    folder = None if out is None else _folder(out, part, split, protocol)
    kept = None if folder is None else file_of(folder, chosen.name).with_name(f".{chosen.name}.partial.csv")
    refuse_other(folder, part)
    partial = PartialRows(kept, about | {"metrics": metrics}, len(metrics))
    _score_all(work, partial, f"{chosen.name} on {part.name}", workers)
    rows = tuple({"id": s.id} | dict(zip(metrics, partial.rows[k], strict=True)) for k, s in enumerate(part))
    result = Evaluation(rows, about)
    if folder is not None:
        result.save(folder)
        remove_leftovers(folder)
    partial.remove()
    return result


def evaluate_all(
    model: Scorable,
    datasets: Dataset | Sequence[Dataset],
    out: str | os.PathLike[str],
    *,
    name: str | None = None,
    split: str | None = None,
    sigma: float | None = None,
    pixels_per_degree: float | None = None,
    coordinates: str | None = None,
    protocol: str = "mit",
    also: Sequence[str] = (),
    references: bool = False,
    resize: bool = False,
    quality: str = QUALITIES[0],
    calibration: Which = None,
    workers: int = -1,
) -> Iterator[tuple[Path, Evaluation]]:
    """Score a model on several datasets, and with `references` also what every comparison shows beside it.

    Args:
        model: as `evaluate` takes it, as everything but `datasets`, `out` and `references`.
        datasets: one or several, as `evaluate` takes them.
        out: folder to save into; see `evaluate`.
        name: of the model.
        split: of each "NAME=FOLDER".
        sigma: of your own data.
        pixels_per_degree: of your own data.
        coordinates: of your own data.
        protocol: conventions of the metrics.
        also: metrics beyond the protocol's.
        references: also center-bias, gbvs, one-observer and gold-standard. Those that are in the folder already, of
            the same data, protocol, code and version of wepsam, are not made again; the log says which and why. People
            are left out, with a warning, where a dataset does not say which observer looked where.
        resize: bring the maps of a folder to the size of their stimuli.
        quality: "best" or "fast".
        calibration: of a model by name, file or function.
        workers: processes; -1 for one per core.

    Yields:
        The CSV that was written, or was there already, and its evaluation; the model first, then the references,
        dataset by dataset. The next one is made when it is asked for.

    Raises:
        ValueError, DatasetError: as `evaluate`; or two datasets have one name.
    """
    several = [datasets] if isinstance(datasets, FixationDataset | str) else datasets
    of_clips = [dataset for dataset in several if isinstance(dataset, str) and is_clips(dataset)]
    if of_clips:
        yield from _on_clips(
            model, of_clips, out, split=split, sigma=sigma or pixels_per_degree, references=references,
            quality=quality, calibration=calibration, workers=workers,
        )  # fmt: skip
        several = [dataset for dataset in several if dataset not in of_clips]
        if not several:
            return
    # Otherwise the results of one would replace those of the other.
    refuse_namesakes(parse(dataset).name if isinstance(dataset, str) else dataset.name for dataset in several)
    chosen = subject(
        model, name=name, quality=quality, resize=resize, threads=_threads(workers), calibration=calibration
    )
    for dataset in several:
        part, part_split = _open(dataset, split, sigma, pixels_per_degree, coordinates)
        folder = _folder(out, part, part_split, protocol)
        rows: list[Subject | str] = [chosen, *(one for one in ALWAYS if references and one != chosen.name)]
        for one in rows:
            found = read_current(folder, one, part, part_split, protocol, also) if isinstance(one, str) else None
            try:
                result = found or evaluate(
                    one, part, out=out, split=part_split, protocol=protocol, also=also, workers=workers
                )
            except ValueError as error:
                if one not in PEOPLE:
                    raise
                log.warning("no row for %s: %s", one, error)
                continue
            yield folder / f"{result.about['model']}.csv", result


def _on_clips(
    model: Scorable, specs: Sequence[str], out: str | os.PathLike[str], split: str | None, **settings: Any
) -> Iterator[tuple[Path, Evaluation]]:
    """Scores on datasets of clips."""
    from wepsam.evaluation import clips

    if isinstance(model, Subject | MapFolder):
        raise ValueError("clips are scored with a model by name, file or function")
    for spec in specs:
        yield from clips.evaluate_all(model, open_clips(spec, split), out, **settings)


def _open(
    dataset: Dataset, split: str | None, sigma: float | None, pixels_per_degree: float | None, coordinates: str | None
) -> tuple[FixationDataset, str]:
    """The pictures to score, and the name of their split."""
    if isinstance(dataset, FixationDataset):
        part, split = dataset, split or "all"
    elif not isinstance(dataset, str):
        raise TypeError(f"evaluate scores one dataset, not a {type(dataset).__name__}; call it once for each dataset")
    else:
        whole = open_dataset(dataset, sigma=sigma, pixels_per_degree=pixels_per_degree, coordinates=coordinates)
        split = split or ("all" if whole.own else "validation")
        part = whole.split(split)
    if len(part):
        return part, split
    if isinstance(dataset, FixationDataset):
        raise ValueError(f"{dataset.name} has no pictures to score on")
    raise ValueError(f"{dataset} has no {split} pictures to score on; for all of its pictures, the split is all")


def _table(protocol: str, also: Sequence[str]) -> dict[str, Sequence[str]]:
    """The metrics of a protocol and those asked for besides, each with what it needs."""
    if protocol not in PROTOCOLS:
        raise ValueError(f"protocols are {', '.join(PROTOCOLS)}, not {protocol!r}")
    if unknown := set(also) - set(ON_REQUEST):
        raise ValueError(f"metrics on request are {', '.join(ON_REQUEST)}, not {', '.join(sorted(unknown))}")
    table = PROTOCOLS[protocol] | {name: ON_REQUEST[name] for name in dict.fromkeys(also)}
    return {name: metric.needs for name, metric in table.items()}


def _threads(workers: int) -> int:
    """Threads of ONNX Runtime: one picture at a time has all cores, several at a time have one each."""
    return 0 if workers == 1 else 1


def _folder(out: str | os.PathLike[str], dataset: FixationDataset, split: str, protocol: str) -> Path:
    return below(out, f"{dataset.name}-{split}{'' if protocol == 'mit' else f'-{protocol}'}")


def _seen(chosen: Subject, dataset: FixationDataset, split: str) -> dict[str, learned.Seen]:
    """For the record: whether a subject has learned from these pictures, where that is known; warns if it has."""
    if chosen.learned_from is None:
        return {}
    for name in learned.from_which(chosen.learned_from, dataset, split):
        part = learned.WORDS[chosen.learned_from[name]]
        log.warning("%s has learned from %s of %s; these scores are optimistic", chosen.name, part, name)
    return {"seen": learned.seen(chosen.learned_from, dataset, split)}


def _score_all(work: "_Work", partial: PartialRows, what: str, workers: int) -> None:
    """Score the pictures that have no row yet."""
    total = len(work.dataset)
    todo = [place for place in range(total) if place not in partial.rows]
    try:
        # Three pictures are done before anybody has read the bar.
        with bar(total, what, after=0 if total > 3 else math.inf) as progress:
            progress.update(len(partial.rows))
            for place, scores in zip(todo, in_order(work, todo, workers), strict=True):
                partial.add(place, scores)
                progress.update(len(partial.rows))
    finally:
        partial.close()


class _Truths:
    """What the metrics need to know about a sample."""

    def __init__(self, dataset: FixationDataset, bias: CenterBias) -> None:
        self.dataset, self.bias = dataset, bias
        self._last: tuple[str, tuple[np.ndarray | None, np.ndarray]] | None = None
        # Positions as shares of the picture, so that fixations can be moved between pictures of different sizes.
        self.relative = {
            s.id: s.fixations / (s.size[1], s.size[0]) for s in dataset if s.fixations is not None and len(s.fixations)
        }

    def offers(self, metric: str, needs: Sequence[str]) -> bool:
        if "fixations" in needs:
            return self.dataset.has_fixations
        # The stand-ins for point metrics are for datasets without points only.
        return not (metric.endswith("_density") and self.dataset.has_fixations)

    def of(self, sample: Sample, *, densities: bool = True) -> dict[str, np.ndarray | None]:
        others, baseline = self._elsewhere(sample)
        return {
            "fixations": sample.fixations,
            "density": sample.density() if densities and sample.has_density else None,
            "other_fixations": others,
            "baseline": baseline,
        }

    def _elsewhere(self, sample: Sample) -> tuple[np.ndarray | None, np.ndarray]:
        """Fixations and center bias of the other pictures; the same for all observers of one picture, so kept."""
        if self._last is None or self._last[0] != sample.id:
            others = [points for id, points in self.relative.items() if id != sample.id]
            scaled = np.concatenate(others) * (sample.size[1], sample.size[0]) if others else None
            self._last = sample.id, (scaled, self.bias.without(sample))
        return self._last[1]


@dataclass
class _Work:
    """The scores of one picture, by its place in the dataset, with all they need: it is sent to other processes."""

    dataset: FixationDataset
    answer: Answer
    truths: _Truths
    metrics: Sequence[str]
    protocol: str
    densities: bool  # whether metrics that compare with a density mean anything

    def __call__(self, place: int) -> list[float]:
        # People give several predictions for a picture, each with its own truth: the mean of their scores counts.
        scored = []
        for saliency_map, against in self.answer(self.dataset[place]):
            truth: dict[str, Any] = self.truths.of(against, densities=self.densities)
            scored.append(score(saliency_map, **truth, metrics=self.metrics, protocol=self.protocol))
        return [_mean([scores[name] for scores in scored]) for name in self.metrics]


def _mean(scores: list[float]) -> float:
    known = [s for s in scores if not np.isnan(s)]
    return float(np.mean(known)) if known else float("nan")
