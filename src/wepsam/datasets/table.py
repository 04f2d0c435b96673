"""The names of the datasets, as -d NAME=FOLDER has them. A table, so that there is one place to add a reader."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from wepsam.datasets.base import DatasetError, FixationDataset
from wepsam.datasets.figrim import figrim
from wepsam.datasets.isun import isun
from wepsam.datasets.mit1003 import mit1003
from wepsam.datasets.nus import eyecrowd, osie, scene
from wepsam.datasets.objects import dut_omron, pascal_s
from wepsam.datasets.own import pictures_with_csv, pictures_with_maps
from wepsam.datasets.point_maps import cat2000, toronto
from wepsam.datasets.reading import Folder
from wepsam.datasets.salicon import salicon

# A name says which kind of ground truth it is, where a dataset has several: the names stand in results files, and
# scores on mouse paths, fixations or densities are not to be compared. Without an ending it is fixations.
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
    """The dataset that "NAME=FOLDER" means, as on the command line.

    Raises:
        DatasetError: not of this form, or an unknown name.
    """
    name, separator, folder = spec.partition("=")
    if not separator:
        raise DatasetError(f"{spec!r} is not NAME=FOLDER with a NAME among {', '.join(DATASETS)}")
    return read_dataset(name, folder)


def read_dataset(name: str, folder: Folder) -> FixationDataset:
    """The dataset of that name in a folder (a leading ~ is the home folder: behind a "=" the shell leaves it).

    Raises:
        DatasetError: unknown name, or what the reader raises.
    """
    if name not in DATASETS:
        close = [known for known in DATASETS if name and known.split("-")[0] == name.lower().split("-")[0]]
        raise DatasetError(
            f"{f'{name}={folder}'!r} is not NAME=FOLDER with a NAME among {', '.join(close or DATASETS)}"
        )
    return DATASETS[name](Path(folder).expanduser())
