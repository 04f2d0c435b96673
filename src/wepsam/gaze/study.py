"""A dataset of one's own with what its table says beyond places: who, when, for how long, of which group."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from wepsam.datasets.base import FixationDataset, Sample
from wepsam.datasets.readers.own import read_own
from wepsam.files import as_seen
from wepsam.gaze import tables
from wepsam.gaze.pictures import Pictures
from wepsam.gaze.viewing import GazeError
from wepsam.spreadsheets import original


@dataclass(frozen=True, eq=False)
class Seen:
    """The fixations on one picture, each observer's in the order of time.

    Attributes:
        sample: the picture.
        observer: (N,) the names.
        points: (N, 2) pixels of the picture.
        onset: (N,) seconds since the picture appeared; NaN where the table does not say it.
        duration: (N,) seconds; NaN where the table does not say it.
        viewers: all who saw the picture, also those without a fixation on it.
    """

    sample: Sample
    observer: np.ndarray
    points: np.ndarray
    onset: np.ndarray
    duration: np.ndarray
    viewers: tuple[str, ...]

    def part(self, mask: np.ndarray) -> Seen:
        """The same with some of the fixations.

        Args:
            mask: (N,) bool, or places of fixations.

        Returns:
            Only these fixations; all viewers.
        """
        return replace(
            self, observer=self.observer[mask], points=self.points[mask], onset=self.onset[mask],
            duration=self.duration[mask],
        )  # fmt: skip

    def by(self, observers: Iterable[str]) -> Seen:
        """The same with some of the observers.

        Args:
            observers: their names.

        Returns:
            Their fixations; they alone are viewers.
        """
        wanted = set(observers)
        chosen = self.part(np.array([one in wanted for one in self.observer], dtype=bool))
        return replace(chosen, viewers=tuple(one for one in self.viewers if one in wanted))

    def until(self, seconds: float) -> Seen:
        """The fixations that began in the first seconds.

        Args:
            seconds: since the picture appeared.

        Returns:
            Only these fixations; all viewers.

        Raises:
            GazeError: the table has no onsets.
        """
        if len(self.onset) and not np.isfinite(self.onset).any():
            raise GazeError(f"nobody knows when the fixations on {self.sample.id} began: the table has no column onset")
        return self.part(self.onset < seconds)


@dataclass(frozen=True, eq=False)
class Study:
    """A dataset with times and observers by name.

    Attributes:
        folder: with stimuli/ and fixations.csv.
        dataset: as `wepsam evaluate` sees it.
        seen: by the path of the picture below stimuli/.
        groups: the group of each observer that has one.
    """

    folder: Path
    dataset: FixationDataset
    seen: dict[str, Seen]
    groups: dict[str, str]

    @property
    def observers(self) -> list[str]:
        """All of them, by name."""
        return sorted({one for seen in self.seen.values() for one in seen.viewers})

    def find(self, picture: str) -> Seen | None:
        """What people did with a picture.

        Args:
            picture: its name, with or without folders and suffix.

        Returns:
            The fixations; None if the picture is not in the study.
        """
        name = self._pictures.find(picture)
        return self.seen.get(name) if name else None

    @cached_property
    def _pictures(self) -> Pictures:
        return Pictures(self.folder / "stimuli")

    def group(self, name: str) -> list[str]:
        """The observers of a group.

        Args:
            name: of the group.

        Returns:
            Their names, sorted; at least one.

        Raises:
            GazeError: no observer is of this group.
        """
        members = [one for one in self.observers if self.groups.get(one) == name]
        if not members:
            there = ", ".join(sorted(set(self.groups.values()))) or "none"
            raise GazeError(f"no observer of {self.folder} is of the group {name!r}; the groups are {there}")
        return members


def read_study(
    folder: str | os.PathLike[str],
    groups: str | os.PathLike[str] | None = None,
    *,
    sigma: float | None = None,
) -> Study:
    """Read a folder that `wepsam gaze import` wrote, or any with stimuli/ and fixations.csv.

    Args:
        folder: the columns duration, onset and group may be missing.
        groups: a table with the columns observer and group, in place of the column group.
        sigma: standard deviation of the densities in pixels; by default 3 % of each picture's longer side.

    Returns:
        The fixations on each picture, and the groups of the observers.

    Raises:
        DatasetError: the folder is not as expected.
    """
    folder = Path(folder)
    dataset = read_own(as_seen(folder.resolve().name) or "study", folder, "csv", sigma=sigma)
    samples = {sample.id: sample for sample in dataset}
    table = tables.read(folder / "fixations.csv")
    images = [as_seen(one.replace("\\", "/")) for one in table.text("image")]
    observers = np.array([original(one) for one in table.text("observer")], dtype=object)
    points = np.column_stack([table.numbers("x"), table.numbers("y")])
    onset, duration = (
        table.numbers(name) if name in table else np.full(table.length, np.nan) for name in ("onset", "duration")
    )
    viewers = _viewers(folder)
    rows: dict[str, list[int]] = {}
    for row, image in enumerate(images):
        rows.setdefault(image, []).append(row)
    seen: dict[str, Seen] = {}
    for image in sorted({*rows, *viewers}):
        sample = samples.get(Path(image).with_suffix("").as_posix())
        if sample is None:  # all that was recorded on it is beside it
            continue
        mine = np.array(rows.get(image, []), dtype=int)
        inside = ((points[mine] >= 0) & (points[mine] < sample.size[::-1])).all(axis=1)
        mine = mine[inside]
        mine = mine[np.lexsort([mine, np.nan_to_num(onset[mine], nan=0), observers[mine].astype(str)])]
        people = tuple(sorted({*observers[mine].tolist(), *viewers.get(image, ())}))
        seen[image] = Seen(sample, observers[mine], points[mine], onset[mine], duration[mine], people)
    return Study(folder, dataset, seen, _groups(table, observers, groups))


def _viewers(folder: Path) -> dict[str, set[str]]:
    """Who saw each picture, as `wepsam gaze import` noted it."""
    found: dict[str, set[str]] = {}
    if (folder / "viewings.csv").is_file():
        table = tables.read(folder / "viewings.csv")
        for image, observer in zip(table.text("image"), table.text("observer"), strict=True):
            found.setdefault(as_seen(image), set()).add(original(observer))
    return found


def _groups(table: tables.Table, observers: np.ndarray, given: str | os.PathLike[str] | None) -> dict[str, str]:
    if given is not None:
        listed = tables.read(Path(given))
        return {
            who.strip(): group.strip()
            for who, group in zip(listed.text("observer"), listed.text("group"), strict=True)
            if group.strip()
        }
    if "group" not in table:
        return {}
    pairs = zip(observers.tolist(), table.text("group"), strict=True)
    return {who: original(group) for who, group in pairs if group.strip()}
