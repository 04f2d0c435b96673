"""FIGRIM: eye tracking while people tried to remember pictures."""

from pathlib import Path
from typing import Any

import numpy as np

from wepsam.datasets.base import DatasetError, FixationDataset, Sample
from wepsam.datasets.point_maps import fix_locs
from wepsam.datasets.reading import (
    Folder,
    absent,
    by_stem,
    choose,
    dataset,
    first_of,
    one_based,
    pair,
    pictures,
    sample,
    struct,
)
from wepsam.images import image_size

SIGMA = 33.0  # pixels, as in the dataset's own code that makes the maps

# Of each part: folder of pictures, struct with observers, end of the names FIXATIONLOCS and FIXATIONMAPS.
PARTS = {
    "targets": ("Targets", "allImages_release.mat", ""),
    "fillers": ("Fillers", "allImages_fillers.mat", "_fillers"),
}


def figrim(folder: Folder, *, source: str = "fixations", part: str = "all") -> FixationDataset:
    """FIGRIM: 630 targets and 2,157 fillers of 1000x1000 in 21 categories, some 15 observers each, a memory task.

    Args:
        folder: with `Targets/<category>/*.jpg` and `Fillers/<category>/*.jpg`, or one of them; for fixations
            `allImages_release.mat` and `allImages_fillers.mat` (with observers; also in `targetData/`,
            `fillerData/`), or else `FIXATIONLOCS/<category>/*.mat` and `FIXATIONLOCS_fillers/` (maps `fixLocs`, all
            observers together); for densities `FIXATIONMAPS/` and `FIXATIONMAPS_fillers/`.
        source: "fixations" or "densities".
        part: "targets", "fillers" or "all" that are there.

    Returns:
        Samples with ids like targets/highway/sun_abc. The fixations are those of the first time that a picture was
        seen ("enc"), as in the published maps. An observer has the same number in all pictures of a part.

    Raises:
        DatasetError: something is missing.

    References:
        Bylinskii, Isola, Bainbridge, Torralba, Oliva, "Intrinsic and extrinsic effects on image memorability", Vision
        Research 2015.
    """
    choose("FIGRIM", "source", source, ("fixations", "densities"))
    choose("FIGRIM", "part", part, (*PARTS, "all"))
    root = Path(folder)
    wanted = [name for name in PARTS if part in (name, "all") and (root / PARTS[name][0]).is_dir()]
    if not wanted:
        raise absent("FIGRIM", folder, "Targets/<category>/*.jpg or Fillers/<category>/*.jpg")
    samples: list[Sample] = []
    for name in wanted:
        samples += _densities(root, name) if source == "densities" else _fixations(root, name)
    full = "figrim" if source == "fixations" else "figrim-densities"
    return dataset(full, samples, folder, sigma=SIGMA, pixels_per_degree=SIGMA)


def _densities(root: Path, part: str) -> list[Sample]:
    stimuli, maps = root / PARTS[part][0], root / f"FIXATIONMAPS{PARTS[part][2]}"
    if not maps.is_dir():
        raise absent("FIGRIM's densities", root, f"{maps.name}/")
    found = by_stem(maps)
    samples = []
    for stem, path in by_stem(stimuli).items():
        density = pair("FIGRIM", path, stem, found, maps)
        samples.append(Sample(f"{part}/{stem}", path, image_size(path), sigma=SIGMA, density_path=density))
    return samples


def _fixations(root: Path, part: str) -> list[Sample]:
    folder, table, end = PARTS[part]
    stimuli, marks = root / folder, root / f"FIXATIONLOCS{end}"
    if (file := first_of(root / table, root / f"{part[:-1]}Data" / table)) is not None:
        return _of_struct(file, stimuli, part)
    if not marks.is_dir():
        raise absent("FIGRIM's fixations", root, f"{table} or {marks.name}/")
    found = by_stem(marks, (".mat",))
    return [
        fix_locs(f"{part}/{stem}", path, pair("FIGRIM", path, stem, found, marks, ".mat"), SIGMA)
        for stem, path in by_stem(stimuli).items()
    ]


def _of_struct(file: Path, stimuli: Path, part: str) -> list[Sample]:
    """From allImages(picture).userdata(observer).fixations.enc, (N, 2) points as (x, y), counted from 1."""
    found = {path.name: path for path in pictures(stimuli)}
    samples = []
    for picture in struct(file, "allImages", ("filename", "userdata")):
        path = found.get(str(picture.filename))
        if path is None:
            continue  # a subset of the pictures is a dataset too
        points, owner = [np.empty((0, 2))], [np.empty(0, dtype=int)]
        for number, observer in enumerate(np.atleast_1d(picture.userdata)):
            seen = _first_viewing(file, observer)
            points.append(seen)
            owner.append(np.full(len(seen), number))
        id = f"{part}/{path.relative_to(stimuli).with_suffix('').as_posix()}"
        samples.append(sample(id, path, np.concatenate(points), np.concatenate(owner), SIGMA))
    return samples


def _first_viewing(file: Path, observer: Any) -> np.ndarray:
    """Who did not see the picture has empty fields."""
    if not hasattr(observer, "fixations"):
        raise DatasetError(f"{file}: userdata has no field fixations")
    return one_based(getattr(observer.fixations, "enc", np.empty(0)))
