"""MIT1003: the eye-tracking dataset on which most saliency models were compared."""

from pathlib import Path

import numpy as np

from wepsam._picture_files import open_map
from wepsam.datasets.base import FixationDataset, Sample
from wepsam.datasets.errors import DamagedError, DatasetError
from wepsam.datasets.gaze import find_fixations
from wepsam.datasets.mat_files import load_mat
from wepsam.datasets.readers.nus import fixations_mat_samples
from wepsam.datasets.reading import (
    Folder,
    check_choice,
    first_existing,
    join_observers,
    list_pictures,
    make_dataset,
    make_sample,
    marked_pixels,
    not_found,
)
from wepsam.files import foreign
from wepsam.images import image_size

SIGMA = 35.0  # pixels: one degree
RATE = 240.0  # samples of the raw gaze per second
RULE_PIXELS_PER_DEGREE = 34.0  # in the dataset's own code; its paper says 35

OWN_FIXATIONS = (
    "fixations found in the raw gaze of DATA/ by wepsam, which reimplements the rule of the dataset's checkFixations.m "
    "but was not compared with it on these files; a fixations.mat written by the dataset's own code would be read "
    "instead (docs/reference/datasets.md)"
)


def mit1003(folder: Folder, *, source: str = "fixations", skip: int = 0) -> FixationDataset:
    """MIT1003: 1003 pictures, longer side 1024, 15 observers, free viewing for 3 s.

    Args:
        folder: with `ALLSTIMULI/` (or `stimuli/`). For fixations, the first of these that exists:
            (1) `fixations.mat` in OSIE's form: the fixations of each observer, found by the dataset's own MATLAB code
            (docs/reference/datasets.md has the lines that write it).
            (2) `DATA/<observer>/<picture>.mat`: raw gaze, in which `gaze.find_fixations` finds the fixations. It
            reimplements the dataset's rule but could not be compared with the original on these files; the dataset's
            `note` says so.
            (3) `ALLFIXATIONMAPS/<stem>_fixPts.jpg`: the fixated pixels of all observers together.
            For densities: `ALLFIXATIONMAPS/<stem>_fixMap.jpg`.
        source: "fixations" or "densities".
        skip: number of fixations to leave out at the start of each path in fixations.mat. By convention the first one,
            at the center, does not count; the usual files, and ours, come without it, hence 0. In raw gaze, the
            fixation with which the recording begins never counts.

    Returns:
        1003 samples; with its `note` if the fixations were found in raw gaze.

    Raises:
        DatasetError: something is missing.

    References:
        Judd, Ehinger, Durand, Torralba, "Learning to predict where humans look", ICCV 2009.
    """
    check_choice("MIT1003", "source", source, ("fixations", "densities"))
    root = Path(folder)
    stimuli = first_existing(root / "ALLSTIMULI", root / "stimuli")
    if stimuli is None:
        raise not_found("MIT1003", folder, "ALLSTIMULI/ (or stimuli/)")
    name, note = ("mit1003" if source == "fixations" else "mit1003-densities"), ""
    table, maps = first_existing(root / "fixations.mat", root / "eye" / "fixations.mat"), root / "ALLFIXATIONMAPS"
    gaze = first_existing(root / "DATA" / "DATA", root / "DATA")  # DATA/DATA: unpacked into a folder named DATA
    if source == "fixations" and table is not None:
        samples = fixations_mat_samples(table, stimuli, sigma=SIGMA, skip=skip)
    elif source == "fixations" and gaze is not None:
        samples, note = _from_gaze(stimuli, gaze), OWN_FIXATIONS
    elif maps.is_dir():
        samples = [_from_maps(path, maps, source) for path in list_pictures(stimuli)]
    else:
        expected = "ALLFIXATIONMAPS/" if source == "densities" else "fixations.mat, DATA/ or ALLFIXATIONMAPS/"
        raise not_found("MIT1003's " + source, folder, expected)
    return make_dataset(name, samples, folder, sigma=SIGMA, pixels_per_degree=35.0, note=note)


def _from_gaze(stimuli: Path, gaze: Path) -> list[Sample]:
    """Samples from a .mat file per observer and picture. Other files beside the observers' folders are ignored."""
    observers = sorted(p for p in gaze.iterdir() if p.is_dir() and not p.name.startswith((".", "__")))
    if not observers:
        raise not_found("MIT1003's gaze", gaze, "a folder for each observer, <observer>/<picture>.mat")
    samples = []
    for path in list_pictures(stimuli):
        files = [observer / f"{path.stem}.mat" for observer in observers]
        if missing := [file for file in files if not file.is_file()]:
            raise DatasetError(f"MIT1003: {path} has no gaze {missing[0]} (missing for {len(missing)} observers)")
        samples.append(make_sample(path.stem, path, *join_observers(map(_fixations_of_file, files)), SIGMA))
    return samples


def _fixations_of_file(file: Path) -> np.ndarray:
    """(N, 2) fixations in a file of raw gaze: a struct named after the picture, with DATA(1).eyeData."""
    recording = load_mat(file)  # MATLAB cuts names after 63 characters, so the variable may not be the stem
    try:
        gaze = np.asarray(np.atleast_1d(recording.DATA)[0].eyeData, dtype=np.float64)
        scanpath = find_fixations(gaze, rate=RATE, pixels_per_degree=RULE_PIXELS_PER_DEGREE)
    except (AttributeError, IndexError, TypeError, ValueError):
        raise DatasetError(f"{file} has no gaze: expected a struct with DATA(1).eyeData, (N, 2) numbers") from None
    # The recording begins with a fixation of the cross that the observer had to look at. Blinks are negative numbers,
    # so their "fixations" lie outside the picture. Pixels count from 1, as in the dataset's own figures and in
    # fixations.mat.
    return scanpath.fixations[scanpath.start > 0] - 1


def _from_maps(path: Path, maps: Path, source: str) -> Sample:
    file = maps / f"{path.stem}_{'fixPts' if source == 'fixations' else 'fixMap'}.jpg"
    if not file.is_file():
        raise DatasetError(f"MIT1003: {path} has no map {file}")
    if source == "densities":
        return Sample(path.stem, path, image_size(path), sigma=SIGMA, density_path=file)
    with foreign(file, "cannot be read", DamagedError), open_map(file, ("JPEG",)) as picture:
        # White dots on black. JPEG (quality 75) makes the dots 236 or more, and the pixels around them at most 37.
        marks = np.asarray(picture.convert("L")) > 128
    return make_sample(path.stem, path, marked_pixels(file, marks, image_size(path)), None, SIGMA)
