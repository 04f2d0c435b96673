"""The names of the datasets, as in -d NAME=FOLDER. A table, so that there is one place to add a reader."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from wepsam.datasets.base import FixationDataset
from wepsam.datasets.errors import DatasetError
from wepsam.datasets.readers.figrim import figrim
from wepsam.datasets.readers.isun import isun
from wepsam.datasets.readers.mit1003 import mit1003
from wepsam.datasets.readers.nus import eyecrowd, osie, scene
from wepsam.datasets.readers.objects import dut_omron, pascal_s
from wepsam.datasets.readers.own import pictures_with_csv, pictures_with_maps
from wepsam.datasets.readers.point_maps import cat2000, toronto
from wepsam.datasets.readers.salicon import salicon
from wepsam.datasets.reading import Folder

# The name says which ground truth a dataset has, if it has several: names stand in results files, and scores on mouse
# paths, fixations and densities must not be compared. A name without an ending means fixations.
DATASETS: dict[str, Callable[[Folder], FixationDataset]] = {
    "osie": osie,
    "dut_omron": dut_omron,
    "eyecrowd": eyecrowd,
    "scene": scene,
    **{
        f"salicon-{edition}-{source}": partial(salicon, edition=edition, source=source)
        for edition in ("2015", "2017")
        for source in ("fixations", "mouse", "densities")
    },
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
    "csv": pictures_with_csv,
    "maps": lambda folder: pictures_with_maps(Path(folder) / "images", Path(folder) / "maps"),
}


def open_dataset(spec: str) -> FixationDataset:
    """The dataset of "NAME=FOLDER", as on the command line.

    Raises:
        DatasetError: the text is not of this form, the name is unknown, or the folder is not as expected.
    """
    name, separator, folder = spec.partition("=")
    if not separator:
        raise DatasetError(f"{spec!r} is not NAME=FOLDER with a NAME among {', '.join(DATASETS)}")
    return read_dataset(name, folder)


def read_dataset(name: str, folder: Folder) -> FixationDataset:
    """The dataset of this name in a folder.

    Args:
        name: as in DATASETS.
        folder: a leading ~ is the home folder, because the shell does not expand it behind a "=".

    Raises:
        DatasetError: the name is unknown, or the folder is not as expected.
    """
    if name not in DATASETS:
        similar = [known for known in DATASETS if name and known.split("-")[0] == name.lower().split("-")[0]]
        spec = f"{name}={os.fspath(folder)}"
        raise DatasetError(f"{spec!r} is not NAME=FOLDER with a NAME among {', '.join(similar or DATASETS)}")
    return DATASETS[name](Path(folder).expanduser())
