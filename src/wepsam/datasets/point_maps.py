"""CAT2000 and Toronto: their fixations are maps that mark the fixated pixels, all observers together."""

from pathlib import Path

import numpy as np

from wepsam.datasets.base import DatasetError, FixationDataset, Sample, load_mat
from wepsam.datasets.reading import (
    Folder,
    absent,
    by_stem,
    choose,
    dataset,
    expect,
    first_of,
    pair,
    pictures,
    points_of_map,
    sample,
)
from wepsam.images import image_size


def cat2000(folder: Folder, *, source: str = "fixations", part: str = "train") -> FixationDataset:
    """CAT2000: 2,000 pictures with fixations in 20 categories, 18 observers, 5 s; and 2,000 test pictures without.

    All pictures are 1920x1080; most are narrower and stand between bars of plain gray.

    Args:
        folder: with `trainSet/` (and `testSet/`), or one of them directly: `Stimuli/<Category>/001.jpg`,
            `FIXATIONLOCS/<Category>/001.mat` (a map `fixLocs`), `FIXATIONMAPS/<Category>/001.jpg` (densities). What
            lies in folders named Output is left out.
        source: "fixations" (from FIXATIONLOCS; a pixel counts once, observers are unknown) or "densities".
        part: "train", or "test": pictures only.

    Returns:
        Samples with ids like Action/001.

    Raises:
        DatasetError: something is missing, or a map is not as large as its picture.

    References:
        Borji, Itti, "CAT2000: a large scale fixation dataset for boosting saliency research", CVPR workshop 2015,
        arXiv:1505.03581.
    """
    choose("CAT2000", "source", source, ("fixations", "densities"))
    choose("CAT2000", "part", part, ("train", "test"))
    root = first_of(Path(folder) / f"{part}Set") or Path(folder)
    stimuli, sigma = root / "Stimuli", 40.0
    if not stimuli.is_dir():
        raise absent("CAT2000", folder, f"{part}Set/Stimuli/<Category>/001.jpg")
    name = "cat2000" if source == "fixations" else "cat2000-densities"
    marks = root / ("FIXATIONLOCS" if source == "fixations" else "FIXATIONMAPS")
    if part == "train":
        expect("CAT2000", folder, marks)
    found = {} if part == "test" else by_stem(marks, (".mat",) if source == "fixations" else ())
    samples = []
    for path in pictures(stimuli):
        id, size = path.relative_to(stimuli).with_suffix("").as_posix(), image_size(path)
        if part == "test":
            samples.append(Sample(id, path, size, sigma=sigma))
        elif source == "densities":
            samples.append(Sample(id, path, size, sigma=sigma, density_path=pair("CAT2000", path, id, found, marks)))
        else:
            samples.append(fix_locs(id, path, pair("CAT2000", path, id, found, marks, ".mat"), sigma))
    return dataset(name, samples, folder, sigma=sigma)


def toronto(folder: Folder) -> FixationDataset:
    """Toronto: 120 pictures of 681x511, 20 observers (whose fixations are not told apart), 4 s.

    Args:
        folder: with `Original Image Set/1.jpg` to 120.jpg and `origfixdata.mat` (a cell `white{n}`: the map of picture
            n), or with `eyetrackingdata/fixdens/` that has them. sigma, which the set does not state: 3 % of the
            longer side, 20 pixels. The lists of single observers (Raw/) are not in pixels of the pictures: not read.

    Raises:
        DatasetError: something is missing, or a map is not as large as its picture.

    References:
        Bruce, Tsotsos, "Saliency based on information maximization", NIPS 2005.
    """
    below = Path("eyetrackingdata", "fixdens")
    root = first_of(Path(folder) / below, Path(folder) / below.name) or Path(folder)
    stimuli, table = root / "Original Image Set", root / "origfixdata.mat"
    if not stimuli.is_dir() or not table.is_file():
        raise absent("Toronto", folder, f"{stimuli} and {table}")
    white = load_mat(table, "white")
    # A cell array; but scipy makes an ordinary array of a cell of one.
    maps = list(white) if white.dtype == object or white.ndim == 3 else [white]
    samples = []
    for number, marks in enumerate(maps, start=1):
        path = stimuli / f"{number}.jpg"
        if path.is_file():
            size = image_size(path)
            points = points_of_map(table, marks, size)
            samples.append(sample(str(number), path, points, None, 0.03 * max(size)))
    return dataset("toronto", samples, folder, sigma=samples[0].sigma if samples else 0.0)


def fix_locs(id: str, path: Path, file: Path, sigma: float) -> Sample:
    """The sample of a picture and its .mat file with a map `fixLocs`, as CAT2000 and FIGRIM have it.

    Raises:
        DatasetError: no such map, or it is not as large as the picture.
    """
    marks = np.asarray(load_mat(file, "fixLocs"))
    if marks.dtype.kind not in "biuf":
        raise DatasetError(f"{file}: fixLocs is no map of numbers")
    return sample(id, path, points_of_map(file, marks, image_size(path)), None, sigma)
