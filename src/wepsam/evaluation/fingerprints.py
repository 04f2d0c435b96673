"""What a result depends on, as checksums: equal for two people with the same data, different after any change."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from wepsam.datasets import FixationDataset
from wepsam.datasets.clips import ClipSample, Looks
from wepsam.files import as_seen

# The code that makes scores and references. A change of it, even of a comment, makes references again and interrupted
# evaluations begin anew; saved results stay comparable.
CODE = ("metrics", "classical", "maps.py", "imresize.py", "evaluation/people.py", "evaluation/score.py")
# The keys of a record that say on what data a result was made, and in which words they differ. Older
# results have only the first, or none.
DATA = {
    "dataset_sha256": "pictures",
    "truth_sha256": "fixations or densities",
    "pictures_sha256": "contents of pictures",
}
BESIDE = ("scores", "speed", "learned_from")  # fields of a card that change no prediction
REMEMBERED = 1 << 16  # files whose checksums are remembered


def of_data(dataset: FixationDataset) -> dict[str, str]:
    """The checksums of a dataset by the keys of `DATA`, for the record of a result."""
    return {
        "dataset_sha256": fingerprint(dataset),
        "truth_sha256": truth(dataset),
        "pictures_sha256": _sha256([as_seen(s.id), _content(s.path)] for s in dataset),
    }


def fingerprint(dataset: FixationDataset) -> str:
    """SHA-256 of each picture's id, size and number of fixations; equal if two people have the same pictures."""
    lines = ([s.id, *map(int, s.size), None if s.fixations is None else len(s.fixations)] for s in dataset)
    return hashlib.sha256(json.dumps(list(lines)).encode()).hexdigest()


def truth(dataset: FixationDataset) -> str:
    """SHA-256 of all that predictions are compared with: fixations, their observers, sigma, published densities."""
    return _sha256(
        [
            as_seen(sample.id),
            *map(int, sample.size),
            None if sample.fixations is None else of_array(sample.fixations),
            None if sample.observer is None else of_array(sample.observer),
            float(sample.sigma),
            None if sample.density_path is None else _content(sample.density_path),
            *([sample.density_colors] if sample.density_colors else []),
        ]
        for sample in dataset
    )


def of_clips(scored: Iterable[tuple[ClipSample, tuple[int, int], Looks]]) -> dict[str, str]:
    """As `of_data`, of clips: each sample with its size and where people looked."""
    names, truths, contents = [], [], []
    for sample, size, looks in scored:
        name = as_seen(sample.id)
        names.append([name, *map(int, size), len(looks.points)])
        numbers = (looks.points, looks.begin, looks.end, looks.observers)
        truths.append([name, *(None if values is None else of_array(values) for values in numbers)])
        contents.append([name, _content(sample.path)])
    return dict(zip(DATA, (_sha256(names), _sha256(truths), _sha256(contents)), strict=True))


@cache
def code(*names: str) -> str:
    """SHA-256 of sources; without names, of those in `CODE`."""
    package = Path(str(files("wepsam")))
    sources = [path for name in names or CODE for path in sorted([package / name, *(package / name).rglob("*.py")])]
    digest = hashlib.sha256()
    for path in sources:
        if path.is_file():
            digest.update(path.relative_to(package).as_posix().encode() + b"\n" + path.read_bytes())
    return digest.hexdigest()


def of_card(card: Mapping[str, Any]) -> str:
    """SHA-256 of what the card of weights says about prediction; scores and the like are added to it later."""
    return _sha256([sorted((key, value) for key, value in card.items() if key not in BESIDE)])


def of_array(values: np.ndarray) -> str:
    """SHA-256 of an array's shape and numbers, as float64."""
    array = np.ascontiguousarray(values, dtype="<f8")
    return hashlib.sha256(f"{array.shape}".encode() + array.tobytes()).hexdigest()


def changed(about: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """What has changed since a result was saved, in words.

    Args:
        about: the record of the result.
        wanted: what a result of today would have in its record.
    """
    words = DATA | {"code_sha256": "code of metrics or references", "wepsam": "version of wepsam"}
    found = []
    for key, value in wanted.items():
        if key not in about:
            found.append(f"{words.get(key, key)} (not recorded)")
        elif about[key] != value:
            found.append(words.get(key, key))
    return found


def _sha256(lines: Iterable[Any]) -> str:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(json.dumps(line).encode() + b"\n")
    return digest.hexdigest()


def _content(path: Path) -> str | None:
    """SHA-256 of a file; None if there is none, which a map folder or a reference need not care about."""
    try:
        if not path.is_file():  # a pipe would be waited for
            return None
        status = os.stat(path)
        times = status.st_mtime_ns, status.st_ctime_ns
        return _content_of(os.path.abspath(path), status.st_dev, status.st_ino, status.st_size, *times)
    except OSError:
        return None


@lru_cache(maxsize=REMEMBERED)
def _content_of(path: str, *version: int) -> str:
    """The same, once for each state of the file: every model and reference of one command asks for it."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
