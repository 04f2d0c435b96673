"""CAT2000 and Toronto: their fixations come as maps that mark the fixated pixels of all observers together."""

from pathlib import Path

import numpy as np

from wepsam.datasets.base import FixationDataset, Sample
from wepsam.datasets.errors import DatasetError
from wepsam.datasets.mat_files import load_mat
from wepsam.datasets.reading import (
    Folder,
    check_choice,
    file_for,
    files_by_stem,
    first_existing,
    list_pictures,
    make_dataset,
    make_sample,
    marked_pixels,
    not_found,
    require,
    usual_sigma,
)
from wepsam.images import image_size


def cat2000(folder: Folder, *, source: str = "fixations", part: str = "train") -> FixationDataset:
    """CAT2000: 2,000 pictures in 20 categories with fixations of 18 observers, 5 s; 2,000 test pictures without.

    All pictures have 1920x1080 pixels; most are narrower and padded with plain gray bars.

    Args:
        folder: with `trainSet/` (and `testSet/`), or one of them directly: `Stimuli/<Category>/001.jpg`,
            `FIXATIONLOCS/<Category>/001.mat` (a map `fixLocs`), `FIXATIONMAPS/<Category>/001.jpg` (densities). Folders
            named Output are ignored.
        source: "fixations" (from FIXATIONLOCS; a pixel counts once, observers are unknown) or "densities".
        part: "train", or "test" (pictures only).

    Returns:
        Samples with ids like Action/001.

    Raises:
        DatasetError: something is missing, or a map and its picture differ in size.

    References:
        Borji, Itti, "CAT2000: a large scale fixation dataset for boosting saliency research", CVPR workshop 2015,
        arXiv:1505.03581.
    """
    check_choice("CAT2000", "source", source, ("fixations", "densities"))
    check_choice("CAT2000", "part", part, ("train", "test"))
    root = first_existing(Path(folder) / f"{part}Set") or Path(folder)
    stimuli, sigma = root / "Stimuli", 40.0
    if not stimuli.is_dir():
        raise not_found("CAT2000", folder, f"{part}Set/Stimuli/<Category>/001.jpg")
    name = "cat2000" if source == "fixations" else "cat2000-densities"
    marks = root / ("FIXATIONLOCS" if source == "fixations" else "FIXATIONMAPS")
    if part == "train":
        require("CAT2000", folder, marks)
    files = {} if part == "test" else files_by_stem(marks, (".mat",) if source == "fixations" else ())
    samples = []
    for path in list_pictures(stimuli):
        id, size = path.relative_to(stimuli).with_suffix("").as_posix(), image_size(path)
        if part == "test":
            samples.append(Sample(id, path, size, sigma=sigma))
        elif source == "densities":
            density = file_for("CAT2000", path, id, files, marks)
            samples.append(Sample(id, path, size, sigma=sigma, density_path=density))
        else:
            samples.append(fix_locs_sample(id, path, file_for("CAT2000", path, id, files, marks, ".mat"), sigma))
    return make_dataset(name, samples, folder, sigma=sigma)


def toronto(folder: Folder) -> FixationDataset:
    """Toronto: 120 pictures of 681x511, 20 observers (not distinguished), 4 s.

    Args:
        folder: with `Original Image Set/1.jpg` to 120.jpg and `origfixdata.mat` (a cell array `white{n}`, the map of
            picture n); or a folder with both in `eyetrackingdata/fixdens/`.

    Returns:
        Fixations without observers: the lists of single observers (Raw/) are not in pixels of the pictures and are not
        read. sigma is 3 % of the longer side, 20 pixels, because the dataset does not state it.

    Raises:
        DatasetError: something is missing, or a map and its picture differ in size.

    References:
        Bruce, Tsotsos, "Saliency based on information maximization", NIPS 2005.
    """
    subfolder = Path("eyetrackingdata", "fixdens")
    root = first_existing(Path(folder) / subfolder, Path(folder) / subfolder.name) or Path(folder)
    stimuli, table = root / "Original Image Set", root / "origfixdata.mat"
    if not stimuli.is_dir() or not table.is_file():
        raise not_found("Toronto", folder, f"{stimuli} and {table}")
    white = load_mat(table, "white")
    # A cell array; but scipy turns a cell array of one into an ordinary array.
    maps = list(white) if white.dtype == object or white.ndim == 3 else [white]
    samples = []
    for number, marks in enumerate(maps, start=1):
        path = stimuli / f"{number}.jpg"
        if path.is_file():
            size = image_size(path)
            points = marked_pixels(table, marks, size)
            samples.append(make_sample(str(number), path, points, None, usual_sigma(size)))
    return make_dataset("toronto", samples, folder)


def fix_locs_sample(id: str, path: Path, file: Path, sigma: float) -> Sample:
    """The sample of a picture and its .mat file with a map `fixLocs` (or `fixations`), as in CAT2000 and FIGRIM.

    Raises:
        DatasetError: there is no such map, or it differs in size from the picture.
    """
    marks = np.asarray(load_mat(file, "fixLocs", "fixations"))
    if marks.dtype.kind not in "biuf":
        raise DatasetError(f"{file}: fixLocs is not a map of numbers")
    return make_sample(id, path, marked_pixels(file, marks, image_size(path)), None, sigma)
