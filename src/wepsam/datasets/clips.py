"""Datasets of clips with fixations in time: the layout clips/ with fixations.csv, and that of DHF1K."""

import csv
import math
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wepsam.datasets.errors import DatasetError
from wepsam.datasets.mat_files import load_mat
from wepsam.files import foreign
from wepsam.images import read_image
from wepsam.sources import CLIPS

DHF1K = "dhf1k"
CSV = ("clips", "fixations.csv")  # what a folder of the first layout holds
DHF1K_RATE = 30.0  # frames a second of all its clips
DHF1K_TRAIN = 600  # its first clips are for training, the next 100 for validation
LASTS = 0.3  # seconds of a fixation whose duration is not known
SPLITS = ("all", "train", "validation")


@dataclass(frozen=True, eq=False)
class Looks:
    """Where people looked in a clip, and when.

    Attributes:
        points: (N, 2) (x, y) in pixels of the clip, counted from 0.
        begin: (N,) seconds from the first frame.
        end: (N,) seconds.
        observers: (N,) numbers; None if nobody is named.
    """

    points: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    observers: np.ndarray | None

    def during(self, begin: float, end: float) -> "Looks":
        """Those in progress at some moment of [begin, end]."""
        chosen = (self.begin <= end) & (self.end > begin)
        return self.where(chosen)

    def where(self, chosen: np.ndarray) -> "Looks":
        """Some of them."""
        observers = None if self.observers is None else self.observers[chosen]
        return Looks(self.points[chosen], self.begin[chosen], self.end[chosen], observers)


@dataclass(frozen=True, eq=False)
class ClipSample:
    """A clip of a dataset.

    Attributes:
        id: its name, without a suffix.
        path: its file.
        read: reads where people looked.
    """

    id: str
    path: Path
    read: Callable[[], Looks]


@dataclass(frozen=True)
class ClipDataset:
    """Clips with fixations.

    Attributes:
        name: of the dataset.
        samples: sorted by name.
        split: which part of the dataset they are.
        total: clips in the folder.
    """

    name: str
    samples: tuple[ClipSample, ...]
    split: str
    total: int


def is_clips(spec: str) -> bool:
    """Whether "NAME=FOLDER" names clips rather than pictures, by the name or by what is in the folder."""
    name, _, place = spec.partition("=")
    folder = Path(place).expanduser()
    return bool(place) and (name == DHF1K or _is_dhf1k(folder) or all((folder / part).exists() for part in CSV))


def open_clips(spec: str, split: str | None = None) -> ClipDataset:
    """The dataset of "NAME=FOLDER".

    Args:
        spec: with a folder that holds clips/ and fixations.csv (columns video, observer, t_ms, duration_ms, x, y; the
            name of a clip without its suffix, pixels of the clip), or that of DHF1K: video/001.AVI and
            annotation/0001/fixation/0001.png, a picture for each frame (or fixation/maps/0001.mat).
        split: of DHF1K "train", "validation" (the default) or "all"; any other dataset has "all" only.

    Raises:
        DatasetError: the folder is not as expected, or there is no such part.
    """
    name, _, place = spec.partition("=")
    folder = Path(place).expanduser()
    is_dhf1k = name == DHF1K or _is_dhf1k(folder)
    split = split or ("validation" if is_dhf1k else "all")
    if split not in (SPLITS if is_dhf1k else SPLITS[:1]):
        raise DatasetError(f"{name} has no {split} clips; choose {' or '.join(SPLITS if is_dhf1k else SPLITS[:1])}")
    found = _dhf1k(folder) if is_dhf1k else _with_csv(folder)
    chosen = [
        sample for sample in found
        if split == "all" or (int(sample.id) <= DHF1K_TRAIN) == (split == "train")
    ]  # fmt: skip
    if not chosen:
        raise DatasetError(f"{folder} holds no {split} clips with fixations; docs/how-to/video.md shows the layouts")
    return ClipDataset(name, tuple(chosen), split, len(found))


def _is_dhf1k(folder: Path) -> bool:
    return (folder / "video").is_dir() and (folder / "annotation").is_dir()


def _with_csv(folder: Path) -> list[ClipSample]:
    table = folder / CSV[1]
    rows: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    observers: dict[str, int] = {}
    with foreign(table, "is not a table of fixations", DatasetError), table.open(newline="", encoding="utf-8-sig") as f:
        reader = csv.DictReader(f)
        if lacking := {"video", "t_ms", "x", "y"} - set(reader.fieldnames or ()):
            raise ValueError(f"it has no column {', '.join(sorted(lacking))}")
        for row in reader:
            begin = float(row["t_ms"]) / 1000
            lasts = float(row.get("duration_ms") or 1000 * LASTS) / 1000
            who = observers.setdefault(row.get("observer") or "", len(observers))
            values = (float(row["x"]), float(row["y"]), begin, begin + lasts, who)
            if all(map(math.isfinite, values)):
                rows[row["video"]].append(values)
    files = sorted(path for path in (folder / CSV[0]).iterdir() if path.suffix.lower() in CLIPS)
    named = "observer" in (reader.fieldnames or ())

    def reading(name: str) -> Callable[[], Looks]:
        values = np.array(rows[name])
        return lambda: Looks(values[:, :2], values[:, 2], values[:, 3], values[:, 4].astype(int) if named else None)

    if unknown := sorted(set(rows) - {path.stem for path in files} - {path.name for path in files}):
        raise DatasetError(f"{table} has fixations of {unknown[0]!r:.80}, and {folder / CSV[0]} has no such clip")
    keys = [(path, path.stem if path.stem in rows else path.name) for path in files]
    return [ClipSample(path.stem, path, reading(key)) for path, key in keys if key in rows]


def _dhf1k(folder: Path) -> list[ClipSample]:
    if not _is_dhf1k(folder):
        raise DatasetError(f"no DHF1K at {folder}: expected video/001.AVI and annotation/0001/fixation/")
    found = []
    for path in sorted((folder / "video").iterdir()):
        if not (path.suffix.lower() in CLIPS and re.fullmatch(r"\d{1,6}", path.stem)):
            continue
        place = folder / "annotation" / f"{int(path.stem):04d}" / "fixation"
        if place.is_dir():
            found.append(ClipSample(f"{int(path.stem):04d}", path, lambda place=place: _of_frames(place)))  # type: ignore[misc]
    return found


def _of_frames(place: Path) -> Looks:
    """The looks of one clip: a picture for each frame, counted from 1, that is not black where somebody looked."""
    pictures = sorted(path for path in place.iterdir() if path.suffix.lower() == ".png")
    inside = place / "maps"
    mats = sorted(inside.glob("*.mat")) if not pictures and inside.is_dir() else []
    points, begins = [], []
    for path in pictures or mats:
        with foreign(path, "is not the fixations of a frame", DatasetError):
            number = int(path.stem)
            where = read_image(path).max(2) if path in pictures else np.asarray(load_mat(path, "I"))
        rows, columns = np.nonzero(where)
        points.append(np.stack([columns, rows], axis=1))
        begins.append(np.full(len(rows), (number - 1) / DHF1K_RATE))
    if not points:
        raise DatasetError(f"{place} holds no pictures of fixations, expected 0001.png and so on")
    begin = np.concatenate(begins)
    return Looks(np.concatenate(points).astype(float), begin, begin + 1 / DHF1K_RATE, None)
