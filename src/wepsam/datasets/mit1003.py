"""MIT1003: the eye tracking set on which most saliency models were compared."""

from pathlib import Path

import numpy as np
from PIL import Image

from wepsam.datasets.base import DatasetError, FixationDataset, Sample, load_mat
from wepsam.datasets.gaze import find_fixations
from wepsam.datasets.nus import fixations_mat
from wepsam.datasets.reading import (
    Folder,
    absent,
    choose,
    dataset,
    first_of,
    of_observers,
    pictures,
    points_of_map,
    sample,
)
from wepsam.images import image_size

SIGMA = 35.0  # pixels: one degree
RATE = 240.0  # samples of the raw gaze in a second
PIXELS_PER_DEGREE_OF_RULE = 34.0  # with which the dataset's code counts degrees, where the paper says 35

FOUND_HERE = (
    "fixations found in the raw gaze of DATA/ by wepsam: the rule of the dataset's checkFixations.m, written anew and "
    "not compared with it on these files; a fixations.mat that the dataset's own code wrote would be read instead "
    "(docs/datasets.md)"
)


def mit1003(folder: Folder, *, source: str = "fixations", skip: int = 0) -> FixationDataset:
    """MIT1003: 1003 pictures, longer side 1024, 15 observers, free viewing for 3 s.

    Args:
        folder: with `ALLSTIMULI/` (or `stimuli/`) and, for fixations, one of these, the first that is there:
            `fixations.mat` in OSIE's form, of each observer, as the dataset's own code in MATLAB found them
            (docs/datasets.md has the lines that write it);
            `DATA/<observer>/<picture>.mat`, raw gaze, in which they are found by `gaze.find_fixations`: the same rule,
            written anew, which could not be compared with the original on these files (the dataset's `note` says so);
            `ALLFIXATIONMAPS/<stem>_fixPts.jpg`, the fixated pixels of all observers together.
            For densities `ALLFIXATIONMAPS/<stem>_fixMap.jpg`.
        source: "fixations" or "densities".
        skip: how many fixations at the start of each path in fixations.mat are left out. By convention the first,
            which lies at the center, does not count; the usual files, and ours, are already without it: 0. Of the
            raw gaze, the fixation in which the recording begins never counts.

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
    name, note = ("mit1003" if source == "fixations" else "mit1003-densities"), ""
    table, maps = first_of(root / "fixations.mat", root / "eye" / "fixations.mat"), root / "ALLFIXATIONMAPS"
    gaze = first_of(root / "DATA" / "DATA", root / "DATA")  # twice, where the archive was unpacked into a folder DATA
    if source == "fixations" and table is not None:
        samples = fixations_mat(table, stimuli, sigma=SIGMA, skip=skip)
    elif source == "fixations" and gaze is not None:
        samples, note = _of_gaze(stimuli, gaze), FOUND_HERE
    elif maps.is_dir():
        samples = [_of_maps(path, maps, source) for path in pictures(stimuli)]
    else:
        expected = "ALLFIXATIONMAPS/" if source == "densities" else "fixations.mat, DATA/ or ALLFIXATIONMAPS/"
        raise absent("MIT1003's " + source, folder, expected)
    return dataset(name, samples, folder, sigma=SIGMA, pixels_per_degree=35.0, note=note)


def _of_gaze(stimuli: Path, gaze: Path) -> list[Sample]:
    """From a .mat per observer and picture. Beside the observers' folders there are files of no interest here."""
    observers = sorted(p for p in gaze.iterdir() if p.is_dir() and not p.name.startswith((".", "__")))
    if not observers:
        raise absent("MIT1003's gaze", gaze, "a folder of each observer, <observer>/<picture>.mat")
    samples = []
    for path in pictures(stimuli):
        files = [observer / f"{path.stem}.mat" for observer in observers]
        if missing := [file for file in files if not file.is_file()]:
            raise DatasetError(f"MIT1003: {path} has no gaze {missing[0]} (missing of {len(missing)} observers)")
        samples.append(sample(path.stem, path, *of_observers(map(_looked, files)), SIGMA))
    return samples


def _looked(file: Path) -> np.ndarray:
    """(N, 2) fixations in a file of raw gaze: a struct, named after the picture, with DATA(1).eyeData."""
    whole = load_mat(file, None)  # MATLAB cuts names after 63 characters, so the variable is not always the stem
    try:
        gaze = np.asarray(np.atleast_1d(whole.DATA)[0].eyeData, dtype=np.float64)
        found = find_fixations(gaze, rate=RATE, pixels_per_degree=PIXELS_PER_DEGREE_OF_RULE)
    except (AttributeError, IndexError, TypeError, ValueError):
        raise DatasetError(f"{file} has no gaze: expected a struct with DATA(1).eyeData, (N, 2) numbers") from None
    # The fixation in which the recording begins lies on the cross that the observer had to look at. Blinks are
    # negative numbers, so their "fixations" lie beside the picture. Pixels are counted from 1, as in the dataset's
    # own figures and in fixations.mat.
    return found.fixations[found.start > 0] - 1


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
