"""The names of the datasets, as in -d NAME=FOLDER. A table, so that there is one place to add a reader."""

import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from wepsam.datasets.base import FixationDataset
from wepsam.datasets.errors import DatasetError
from wepsam.datasets.readers.figrim import figrim
from wepsam.datasets.readers.isun import isun
from wepsam.datasets.readers.laboratories import emod, sjtu
from wepsam.datasets.readers.mit1003 import mit1003
from wepsam.datasets.readers.nus import eyecrowd, osie, scene
from wepsam.datasets.readers.objects import dut_omron, pascal_s
from wepsam.datasets.readers.own import KINDS, read_own
from wepsam.datasets.readers.point_maps import cat2000, toronto
from wepsam.datasets.readers.salicon import salicon
from wepsam.datasets.reading import Folder
from wepsam.files import as_seen

# The name says which ground truth a dataset has, if it has several: names stand in results files, and scores on mouse
# paths, fixations and densities must not be compared. A name without an ending means fixations.
DATASETS: dict[str, Callable[[Folder], FixationDataset]] = {
    "osie": osie,
    "dut_omron": dut_omron,
    "eyecrowd": eyecrowd,
    "scene": scene,
    "sjtu": sjtu,
    "emod": emod,
    **{
        f"salicon-{edition}-{source}": partial(salicon, edition=edition, source=source)
        for edition in ("2015", "2017")
        for source in ("fixations", "mouse", "densities")
    },
    "salicon-densities": partial(salicon, edition=None, source="densities"),
    "isun": isun,
    "isun-gaze": partial(isun, source="gaze"),
    "isun-densities": partial(isun, source="densities"),
    "mit1003": mit1003,
    "mit1003-densities": partial(mit1003, source="densities"),
    "cat2000": cat2000,
    "cat2000-densities": partial(cat2000, source="densities"),
    "toronto": toronto,
    "pascal_s": pascal_s,
    "pascal_s-densities": partial(pascal_s, source="densities"),
    "figrim": figrim,
    "figrim-densities": partial(figrim, source="densities"),
}
"""The reader of each public dataset by its name: a function of the folder."""


@dataclass(frozen=True)
class Spec:
    """What "NAME=FOLDER" says.

    Attributes:
        name: of the dataset.
        folder: with the dataset.
        kind: of your own data, one of `readers.own.KINDS`; None for a public dataset.
        colors: the name of the color map in which your own densities are drawn; "" for gray.
    """

    name: str
    folder: Path
    kind: str | None
    colors: str = ""


def open_dataset(
    spec: str,
    *,
    sigma: float | None = None,
    pixels_per_degree: float | None = None,
    coordinates: str | None = None,
) -> FixationDataset:
    """The dataset of "NAME=FOLDER", as on the command line.

    A NAME in DATASETS is that public dataset. Any other is a name for your own data: what kind it is shows in the
    folder (stimuli/ and fixations.csv; images/ and maps/; images/ and points/), or is said as NAME:csv=FOLDER,
    NAME:maps=FOLDER or NAME:points=FOLDER. NAME:maps:jet=FOLDER has densities in the colors of jet, or of any
    other color map of matplotlib's. csv=FOLDER, maps=FOLDER and points=FOLDER take the folder's own name.

    Args:
        spec: the text.
        sigma: for your own data: standard deviation of the densities in pixels.
        pixels_per_degree: for your own data: of visual angle; also sigma, if that is not given.
        coordinates: for your own fixations: what x and y count; see `coordinates.conversion`.

    Returns:
        The dataset; no picture has been decoded yet.

    Raises:
        DatasetError: the text is not of this form, the name is unknown, or the folder is not as expected.
    """
    known = parse(spec)
    if known.kind is not None:
        return read_own(
            known.name, known.folder, known.kind,
            sigma=sigma, pixels_per_degree=pixels_per_degree, coordinates=coordinates, colors=known.colors,
        )  # fmt: skip
    if any(value is not None for value in (sigma, pixels_per_degree, coordinates)):
        raise DatasetError(f"{known.name} has its own sigma and coordinates; they can be set for your own data only")
    return DATASETS[known.name](known.folder)


def read_dataset(name: str, folder: Folder, **own: Any) -> FixationDataset:
    """The dataset of this name in a folder: `open_dataset` of "NAME=FOLDER".

    Args:
        name: as in DATASETS, or any for your own data.
        folder: a leading ~ is the home folder, because the shell does not expand it behind a "=".
        own: as `open_dataset` takes it.

    Returns:
        The dataset; no picture has been decoded yet.

    Raises:
        DatasetError: the name is unknown, or the folder is not as expected.
    """
    return open_dataset(f"{name}={os.fspath(folder)}", **own)


def parse(spec: str) -> Spec:
    """The name, folder and kind of "NAME=FOLDER"; of the folder only the names in it are looked at.

    Raises:
        DatasetError: as `open_dataset`.
    """
    said, separator, place = spec.partition("=")
    name, colon, kind = said.partition(":")
    kind, _, colors = kind.partition(":")
    folder = Path(place).expanduser()
    if not separator or not name or not place:
        raise _unknown(spec, name)
    if name in DATASETS and not colon:
        return Spec(name, folder, None)
    if name in DATASETS or (colon and kind not in KINDS):
        expected = f"a kind among {', '.join(KINDS)}" if kind not in KINDS else "another NAME: this one is a dataset's"
        raise DatasetError(f"{spec!r} has the kind {kind!r}, expected {expected}")
    if name in KINDS and not colon:
        return Spec(_folder_name(folder, name), folder, name)
    if not _can_name(name):
        raise DatasetError(f"{spec!r}: a NAME begins with a letter or digit and has no slashes, not {name!r}")
    if colon:
        return Spec(as_seen(name), folder, kind, colors)
    return Spec(as_seen(name), folder, _kind(spec, name, folder))


def refuse_namesakes(names: Iterable[str]) -> None:
    """Raise DatasetError if two datasets have one name: in results and records, one would stand for the other."""
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise DatasetError(
            f"two datasets are named {twice[0]}; give one another name: NAME=FOLDER, for your own csv NAME:csv=FOLDER"
        )


def _kind(spec: str, name: str, folder: Path) -> str:
    """The kind of your own data in a folder."""
    families = {known.split("-")[0] for known in DATASETS if "-" in known}  # their names say which ground truth
    mistyped = name.lower() in DATASETS or name.lower().split("-")[0] in families
    found = [kind for kind, parts in KINDS.items() if all((folder / part).exists() for part in parts)]
    if not found or mistyped:
        raise _unknown(spec, name)
    if len(found) > 1:
        raise DatasetError(f"{folder} holds {' and '.join(found)}; say which: {name}:{found[0]}=FOLDER")
    return found[0]


def _unknown(spec: str, name: str) -> DatasetError:
    similar = [known for known in DATASETS if name and known.split("-")[0] == name.lower().split("-")[0]]
    layouts = " or ".join(f"{' and '.join(parts)} ({kind})" for kind, parts in KINDS.items())
    return DatasetError(
        f"{spec!r} is not NAME=FOLDER with a NAME among {', '.join(similar or DATASETS)}; your own data may have any "
        f"other NAME, with {layouts} in FOLDER"
    )


def _folder_name(folder: Path, kind: str) -> str:
    """The name of your own data that has none but its folder's; never that of a public dataset, which has a split."""
    name = "".join(letter for letter in as_seen(folder.resolve().name) if letter.isprintable() and letter not in ":\\")
    name = name.lstrip(". ") or kind
    return f"{name}-{kind}" if name in DATASETS else name


def _can_name(name: str) -> bool:
    """Whether a name can stand for a folder of results."""
    return name[0].isalnum() and name.isprintable() and not set(name) & set("/\\:") and len(name.encode()) < 200
