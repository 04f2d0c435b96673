"""Until the library has them: choices that the commands still make themselves."""

import dataclasses
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import wepsam


def together(folders: list[Path]) -> dict[Path, list[Any]]:
    from wepsam.evaluation.comparison import together as tables

    for folder in folders:
        if not folder.is_dir():
            raise ValueError(f"no folder {folder}: expected one that wepsam evaluate wrote")
    return tables(folders)


def chosen(evaluations: list[Any], names: list[str], folder: Path) -> list[Any]:
    known = {e.about["model"]: e for e in evaluations}
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"no results of {unknown[0]} in {folder}; there are {', '.join(known)}")
    return [known[name] for name in dict.fromkeys(names)]


def model(name: str, *, threads: int = 0, resize: bool = False, quality: str = "best") -> Any:
    from wepsam.classical import CLASSICAL
    from wepsam.evaluation import REFERENCES, MapFolder

    if quality != "best" and (name in {*REFERENCES, *CLASSICAL} or Path(name).is_dir()):
        raise ValueError(f"--quality is for wepsam's own weights, {name} is none of them")
    if name in REFERENCES:
        return name
    if name in CLASSICAL:
        return CLASSICAL[name]
    if name not in wepsam.models() and Path(name).is_dir():
        folder = MapFolder(name, resize=resize)
        if folder.name in (*REFERENCES, *CLASSICAL, *wepsam.models()):
            raise ValueError(f"the folder {name} has the name of another model; rename it, its results are called so")
        return folder
    if resize:
        raise ValueError(f"--resize is for a folder of maps, {name} is none")
    return wepsam.load(name, threads, quality)


def figures(evaluations: list[Any], out: Path, base: str, specs: list[str], metric: str, most: int) -> Iterator[Path]:
    from wepsam.evaluation import figures
    from wepsam.evaluation.comparison import FIRST, LAST

    first, known = evaluations[0], {e.about["model"]: e for e in evaluations}
    metric = _metric(first, metric)
    out /= f"{first.about['dataset']}-{first.about['split']}"
    chosen = [e for name, e in known.items() if name not in (base, *FIRST, *LAST)] or [
        e for name, e in known.items() if name not in (base, *LAST)
    ]
    for one in chosen:
        if base in known:
            yield figures.scatter(one, known[base], metric, out)
    part = _evaluated(first, specs)
    if part is None:
        return
    for one in chosen:
        names = dict.fromkeys([one.about["model"], *([base] if base in known else [])])
        shown = [(known[name], answer) for name in names if (answer := _answer(known[name], part))]
        yield from figures.sheets(one, shown, part, metric, out, most=most)


def sheet(evaluations: list[Any], path: Path, specs: list[str], metric: str) -> Path:
    from wepsam.evaluation import figures

    first = evaluations[0]
    part = _evaluated(first, specs)
    if part is None:
        raise ValueError(f"--range-sheet needs the pictures: --dataset NAME=FOLDER of {first.about['dataset']}")
    shown = [(one, answer) for one in evaluations if (answer := _answer(one, part))]
    figures.range_sheet(first, shown, part, _metric(first, metric), path)
    return path


def _metric(evaluation: Any, metric: str) -> str:
    """The metric that figures show."""
    metric = metric or next(name for name in ("nss", "nss_density", *evaluation.metrics) if name in evaluation.metrics)
    if metric not in evaluation.metrics:
        raise ValueError(f"--metric is one of {', '.join(evaluation.metrics)}, not {metric!r}")
    return metric


def _evaluated(evaluation: Any, specs: list[str]) -> Any:
    """The part of a dataset that was evaluated, if it is among those given."""
    from wepsam.datasets import open_dataset

    parts = [open_dataset(spec).split(evaluation.about["split"]) for spec in specs]
    return next((part for part in parts if part.name == evaluation.about["dataset"]), None)


def _answer(evaluation: Any, dataset: Any) -> Any:
    """A function from a sample to the map that was scored; None, with a line on stderr, if it cannot be had again."""
    from wepsam.classical import CenterBias
    from wepsam.evaluation import MapFolder
    from wepsam.evaluation.references import PEOPLE

    about = evaluation.about
    name = about["model"]
    if name in PEOPLE:
        return None
    if name == "center-bias":
        return CenterBias(dataset).without
    try:
        resized, quality = bool(about.get("maps", {}).get("resized")), about.get("quality", "best")
        found = model(about.get("source", name), resize=resized, quality=quality)
        if isinstance(found, MapFolder):
            same = found.check(dataset) == about["maps"]
        else:
            same = getattr(found, "card", {}).get("sha256") == about.get("weights")
        if not same:
            raise ValueError("it has changed since it was evaluated")
    except ValueError as error:
        print(f"no maps of {name} on the sheets: {' '.join(str(error).split())}", file=sys.stderr)
        return None
    return found if isinstance(found, MapFolder) else lambda sample: found(sample.stimulus())


def settings(name: str, stage: int, changes: list[str] | None) -> Any:
    from wepsam.training.settings import SETTINGS

    if name not in SETTINGS:
        raise ValueError(f"settings are {', '.join(SETTINGS)}, not {name!r}")
    return _changed(SETTINGS[name][stage], changes)


def start(start: str | None, settings: str) -> str | None:
    """As the stages take it."""
    if start is None and settings == "lite":
        return "imagenet"
    return None if start == "random" else start


def network(changes: list[str] | None, settings: str) -> Any:
    from wepsam.networks.lite import LiteConfig
    from wepsam.networks.mr_cnn import MrCnnConfig
    from wepsam.networks.paper import PaperConfig

    if settings == "lite":
        return _changed(LiteConfig(), changes)
    if settings == "mr_cnn":
        return _changed(MrCnnConfig(), changes)
    # The paper's start goes with the paper's settings; it would not learn in a few epochs.
    plain = PaperConfig() if settings != "shipped" else PaperConfig(init="he")
    return _changed(plain, changes)


def _changed(value: Any, changes: list[str] | None) -> Any:
    """A frozen dataclass with some fields replaced by NAME=VALUE (JSON, or plain text); NAME.FIELD goes deeper."""
    for change in changes or ():
        name, separator, text = change.partition("=")
        name, _, below = name.partition(".")
        if not separator or name not in {field.name for field in dataclasses.fields(value)}:
            known = ", ".join(field.name for field in dataclasses.fields(value))
            raise ValueError(f"{change!r} is not NAME=VALUE with a NAME among {known}")
        if below:
            new = _changed(getattr(value, name), [f"{below}={text}"])
        else:
            try:
                new = json.loads(text)
            except ValueError:
                new = text
            new = tuple(new) if isinstance(new, list) else new
            old = getattr(value, name)
            same_kind = isinstance(new, int | float) if isinstance(old, int | float) else isinstance(new, type(old))
            if not same_kind or isinstance(new, bool) != isinstance(old, bool):
                raise ValueError(f"{name} is {old!r} by default; {text!r} is of another kind")
        value = dataclasses.replace(value, **{name: new})
    return value
