"""OSIE, EyeCrowd and Scene, from the NUS VIP lab: eye tracking with fixation points and observers."""

from pathlib import Path

import numpy as np

from wepsam.datasets.base import FixationDataset, Sample
from wepsam.datasets.errors import DatasetError
from wepsam.datasets.readers.own import pictures_with_csv
from wepsam.datasets.reading import (
    Folder,
    join_observers,
    load_structs,
    make_dataset,
    make_sample,
    require,
    usual_sigma,
)
from wepsam.images import image_size


def osie(folder: Folder) -> FixationDataset:
    """OSIE: 700 pictures of 800x600, 15 observers, free viewing for 3 s.

    Args:
        folder: with `data/stimuli/*.jpg` and `data/eye/fixations.mat`; or the folder `data` itself.

    Returns:
        700 samples, with the observer of each fixation.

    Raises:
        DatasetError: something is missing.
        ImportError: scipy, which reads .mat files, is not installed.

    References:
        Xu, Jiang, Wang, Kankanhalli, Zhao, "Predicting human gaze beyond pixels", Journal of Vision 2014.
    """
    root = Path(folder)
    if (root / "data").is_dir():
        root = root / "data"
    require("OSIE", folder, root / "stimuli", root / "eye" / "fixations.mat")
    samples = fixations_mat_samples(root / "eye" / "fixations.mat", root / "stimuli", sigma=24.0)
    return make_dataset("osie", samples, folder, sigma=24.0, pixels_per_degree=24.0)


def eyecrowd(folder: Folder) -> FixationDataset:
    """EyeCrowd: 500 pictures of crowds, 16 observers, free viewing for 5 s.

    Args:
        folder: with `stimuli/*.jpg` and `fixations.csv`; or as published, with `data/stimuli/*.jpg` and
            `data/eye/fixations.mat`.

    Returns:
        Samples with observers. sigma is 3 % of the longer side, because the dataset does not state it.

    Raises:
        DatasetError: something is missing.

    References:
        Jiang, Xu, Zhao, "Saliency in crowd", ECCV 2014.
    """
    return _csv_or_mat("eyecrowd", Path(folder), "eye")


def scene(folder: Folder) -> FixationDataset:
    """Scene: 500 SUN scenes, 10 to 12 observers each, noisy.

    Args:
        folder: with `stimuli/*.jpg` and `fixations.csv`; or as published, with `data/stimuli/*.jpg` and
            `data/tidy/fixations.mat`.

    Returns:
        Samples with observers. sigma is 3 % of the longer side, because the dataset does not state it.

    Raises:
        DatasetError: something is missing.

    References:
        Liang, Jiang, Liang, Zhao, "Saliency prediction with scene structural guidance", 2015.
    """
    return _csv_or_mat("scene", Path(folder), "tidy")


def _csv_or_mat(name: str, folder: Path, subfolder: str) -> FixationDataset:
    root = folder / "data" if (folder / "data").is_dir() else folder
    table = root / subfolder / "fixations.mat"
    if (folder / "fixations.csv").is_file() or not table.is_file():
        return pictures_with_csv(folder, name=name)
    require(name, folder, root / "stimuli")
    samples = fixations_mat_samples(table, root / "stimuli")
    return make_dataset(name, samples, folder)


def fixations_mat_samples(path: Path, stimuli: Path, *, sigma: float | None = None, skip: int = 0) -> list[Sample]:
    """The samples of a `fixations.mat` in OSIE's form: a struct per picture with `img` and `subjects{n}.fix_x, .fix_y`.

    Args:
        path: the file; its points count pixels from 1.
        stimuli: folder of the pictures. Missing ones are left out: a subset is also a dataset.
        sigma: of the densities, in pixels; None = 3 % of each picture's longer side.
        skip: number of fixations to leave out at the start of each observer's path.

    Raises:
        DatasetError: the file is not of this form.
    """
    samples = []
    for picture in load_structs(path, "fixations", ("img", "subjects")):
        file = stimuli / str(picture.img)
        if not file.is_file():
            continue
        try:
            paths = [
                np.c_[np.atleast_1d(s.fix_x), np.atleast_1d(s.fix_y)].astype(float)[skip:] - 1  # MATLAB counts from 1
                for s in np.atleast_1d(picture.subjects)
            ]
        except (AttributeError, ValueError):
            raise DatasetError(
                f"{path}: the subjects of {picture.img} have no fix_x and fix_y of equal length"
            ) from None
        own = usual_sigma(image_size(file)) if sigma is None else sigma
        samples.append(make_sample(file.stem, file, *join_observers(paths), own))
    return samples
