"""FIGRIM: eye tracking while observers memorized pictures."""

from pathlib import Path
from typing import Any

import numpy as np

from wepsam.datasets.base import FixationDataset, Sample
from wepsam.datasets.errors import DatasetError
from wepsam.datasets.readers.point_maps import fix_locs_sample
from wepsam.datasets.reading import (
    Folder,
    check_choice,
    file_for,
    files_by_stem,
    first_existing,
    from_matlab,
    list_pictures,
    load_structs,
    make_dataset,
    make_sample,
    not_found,
)
from wepsam.images import image_size

SIGMA = 33.0  # pixels, as in the dataset's own code for the maps

# Part -> folder of pictures, file of the struct with observers, ending of the names FIXATIONLOCS and FIXATIONMAPS.
PARTS = {
    "targets": ("Targets", "allImages_release.mat", ""),
    "fillers": ("Fillers", "allImages_fillers.mat", "_fillers"),
}


def figrim(folder: Folder, *, source: str = "fixations", part: str = "all") -> FixationDataset:
    """FIGRIM: 630 targets and 2,157 fillers of 1000x1000 in 21 categories, about 15 observers each, a memory task.

    Args:
        folder: with `Targets/<category>/*.jpg` and `Fillers/<category>/*.jpg`, or one of them. For fixations:
            `allImages_release.mat` and `allImages_fillers.mat` (with observers; also in `targetData/` and
            `fillerData/`), or `FIXATIONLOCS/<category>/*.mat` and `FIXATIONLOCS_fillers/` (maps `fixLocs` of all
            observers together). For densities: `FIXATIONMAPS/` and `FIXATIONMAPS_fillers/`.
        source: "fixations" or "densities".
        part: "targets", "fillers" or "all" (those that exist).

    Returns:
        Samples with ids like targets/highway/sun_abc. The fixations are those of the first viewing ("enc"), as in the
        published maps. An observer has the same number in all pictures of a part.

    Raises:
        DatasetError: something is missing.

    References:
        Bylinskii, Isola, Bainbridge, Torralba, Oliva, "Intrinsic and extrinsic effects on image memorability", Vision
        Research 2015.
    """
    check_choice("FIGRIM", "source", source, ("fixations", "densities"))
    check_choice("FIGRIM", "part", part, (*PARTS, "all"))
    root = Path(folder)
    parts = [name for name in PARTS if part in (name, "all") and (root / PARTS[name][0]).is_dir()]
    if not parts:
        raise not_found("FIGRIM", folder, "Targets/<category>/*.jpg or Fillers/<category>/*.jpg")
    samples: list[Sample] = []
    for name in parts:
        samples += _densities(root, name) if source == "densities" else _fixations(root, name)
    name = "figrim" if source == "fixations" else "figrim-densities"
    return make_dataset(name, samples, folder, sigma=SIGMA, pixels_per_degree=SIGMA)


def _densities(root: Path, part: str) -> list[Sample]:
    stimuli, maps = root / PARTS[part][0], root / f"FIXATIONMAPS{PARTS[part][2]}"
    if not maps.is_dir():
        raise not_found("FIGRIM's densities", root, f"{maps.name}/")
    densities = files_by_stem(maps)
    samples = []
    for stem, path in files_by_stem(stimuli).items():
        density = file_for("FIGRIM", path, stem, densities, maps)
        samples.append(Sample(f"{part}/{stem}", path, image_size(path), sigma=SIGMA, density_path=density))
    return samples


def _fixations(root: Path, part: str) -> list[Sample]:
    folder, table, ending = PARTS[part]
    stimuli, marks = root / folder, root / f"FIXATIONLOCS{ending}"
    if (file := first_existing(root / table, root / f"{part[:-1]}Data" / table)) is not None:
        return _from_struct(file, stimuli, part)
    if not marks.is_dir():
        raise not_found("FIGRIM's fixations", root, f"{table} or {marks.name}/")
    mats = files_by_stem(marks, (".mat",))
    return [
        fix_locs_sample(f"{part}/{stem}", path, file_for("FIGRIM", path, stem, mats, marks, ".mat"), SIGMA)
        for stem, path in files_by_stem(stimuli).items()
    ]


def _from_struct(file: Path, stimuli: Path, part: str) -> list[Sample]:
    """From allImages(picture).userdata(observer).fixations.enc, (N, 2) points as (x, y), counted from 1."""
    paths = {path.name: path for path in list_pictures(stimuli)}
    samples = []
    for picture in load_structs(file, "allImages", ("filename", "userdata")):
        path = paths.get(str(picture.filename))
        if path is None:
            continue  # a subset of the pictures is also a dataset
        points, observers = [np.empty((0, 2))], [np.empty(0, dtype=int)]
        for number, observer in enumerate(np.atleast_1d(picture.userdata)):
            fixations = _first_viewing(file, observer)
            points.append(fixations)
            observers.append(np.full(len(fixations), number))
        id = f"{part}/{path.relative_to(stimuli).with_suffix('').as_posix()}"
        samples.append(make_sample(id, path, np.concatenate(points), np.concatenate(observers), SIGMA))
    return samples


def _first_viewing(file: Path, observer: Any) -> np.ndarray:
    """(N, 2) points; the fields of an observer who did not see the picture are empty."""
    if not hasattr(observer, "fixations"):
        raise DatasetError(f"{file}: userdata has no field fixations")
    return from_matlab(getattr(observer.fixations, "enc", np.empty(0)))
