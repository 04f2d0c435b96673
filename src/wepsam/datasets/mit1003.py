"""MIT1003: the eye tracking set on which most saliency models were compared."""

from pathlib import Path

import numpy as np
from PIL import Image

from wepsam.datasets.base import DatasetError, FixationDataset, Sample
from wepsam.datasets.nus import fixations_mat
from wepsam.datasets.reading import Folder, absent, choose, dataset, first_of, pictures, points_of_map, sample
from wepsam.images import image_size

SIGMA = 35.0  # pixels: one degree


def mit1003(folder: Folder, *, source: str = "fixations", skip: int = 0) -> FixationDataset:
    """MIT1003: 1003 pictures, longer side 1024, 15 observers, free viewing for 3 s.

    The raw gaze in `DATA/<observer>/<picture>.mat` (240 Hz) is not read: fixations are found in it by the dataset's own
    `checkFixations.m`, and a port that nobody compared with it would give other fixations under the same name.
    docs/datasets.md has the lines of MATLAB or Octave that run it and write `fixations.mat`.

    Args:
        folder: with `ALLSTIMULI/` (or `stimuli/`) and, for fixations, `fixations.mat` in OSIE's form (with
            observers) or `ALLFIXATIONMAPS/<stem>_fixPts.jpg` (fixated pixels, no observers); for densities
            `ALLFIXATIONMAPS/<stem>_fixMap.jpg`. If there are both kinds of fixations, fixations.mat is read.
        source: "fixations" or "densities".
        skip: how many fixations at the start of each path in fixations.mat are left out. By convention the first,
            which lies at the center, does not count; the usual files, and ours, are already without it: 0.

    Raises:
        DatasetError: something is missing.

    References:
        Judd, Ehinger, Durand, Torralba, "Learning to predict where humans look", ICCV 2009.
    """
    choose("MIT1003", "source", source, ("fixations", "densities"))
    root = Path(folder)
    stimuli = first_of(root / "ALLSTIMULI", root / "stimuli")
    if stimuli is None:
        raise absent("MIT1003", folder, "ALLSTIMULI/ (or stimuli/)")
    name = "mit1003" if source == "fixations" else "mit1003-densities"
    table, maps = first_of(root / "fixations.mat", root / "eye" / "fixations.mat"), root / "ALLFIXATIONMAPS"
    if source == "fixations" and table is not None:
        samples = fixations_mat(table, stimuli, sigma=SIGMA, skip=skip)
    elif maps.is_dir():
        samples = [_of_maps(path, maps, source) for path in pictures(stimuli)]
    elif (root / "DATA").is_dir():
        raise DatasetError(
            f"{root} has MIT1003's raw gaze only (DATA/<observer>/*.mat); "
            f"docs/datasets.md says how to make fixations.mat of it with the dataset's own checkFixations.m"
        )
    else:
        raise absent("MIT1003's " + source, folder, "fixations.mat or ALLFIXATIONMAPS/")
    return dataset(name, samples, folder, sigma=SIGMA, pixels_per_degree=35.0)


def _of_maps(path: Path, maps: Path, source: str) -> Sample:
    file = maps / f"{path.stem}_{'fixPts' if source == 'fixations' else 'fixMap'}.jpg"
    if not file.is_file():
        raise DatasetError(f"MIT1003: {path} has no map {file}")
    if source == "densities":
        return Sample(path.stem, path, image_size(path), sigma=SIGMA, density_path=file)
    with Image.open(file, formats=["JPEG"]) as picture:
        # White dots on black. JPEG makes them 236 or more, and the pixels around them 37 at most (at quality 75).
        marks = np.asarray(picture.convert("L")) > 128
    return sample(path.stem, path, points_of_map(file, marks, image_size(path)), None, SIGMA)
