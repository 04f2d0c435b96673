"""DUT-OMRON and PASCAL-S: salient-object datasets that also have eye tracking."""

from pathlib import Path

import numpy as np

from wepsam.datasets.base import FixationDataset
from wepsam.datasets.errors import DatasetError
from wepsam.datasets.mat_files import load_mat
from wepsam.datasets.readers.own import pictures_with_maps
from wepsam.datasets.reading import (
    Folder,
    check_choice,
    file_for,
    files_by_stem,
    first_existing,
    from_matlab,
    make_dataset,
    make_sample,
    not_found,
    resolution,
    scaled,
    usual_sigma,
)
from wepsam.images import image_size


def dut_omron(folder: Folder) -> FixationDataset:
    """DUT-OMRON: 5,168 pictures, 5 observers, free viewing for 2 s.

    Args:
        folder: the original `DUT-OMRON-image/*.jpg` and `DUT-OMRON-eye-fixations/mat/*.mat` (fixations); or the usual
            copies, `images/` and `maps/` (densities) with the same stems and subfolders (`images/train/0001.jpg`,
            `maps/train/0001.png`).

    Returns:
        From the original: fixations (its files count from 0) with observers, numbered within a picture; sigma is 3 %
        of the picture's longer side, because the dataset does not state it. Where a picture has another size than its
        file of fixations says, they are scaled to it. From the copies: densities.

    Raises:
        DatasetError: something is missing.

    References:
        Yang, Zhang, Lu, Ruan, Yang, "Saliency detection via graph-based manifold ranking", CVPR 2013.
    """
    root = Path(folder)
    stimuli, mats = root / "DUT-OMRON-image", root / "DUT-OMRON-eye-fixations" / "mat"
    if not (stimuli.is_dir() and mats.is_dir()):
        return pictures_with_maps(root / "images", root / "maps", name="dut_omron")
    fixation_files, samples = files_by_stem(mats, (".mat",)), []
    for stem, path in files_by_stem(stimuli).items():
        size = image_size(path)
        file = file_for("DUT-OMRON", path, stem, fixation_files, mats, ".mat")
        rows = _rows(file, load_mat(file, "s"))
        is_size = rows[:, 2] == 0  # the row of observer 0 is (width, height) of the picture
        grid = resolution(rows[is_size][0, 1::-1]) if is_size.any() else None
        rows = rows[rows[:, 2] > 0]
        points = scaled(rows[:, :2], grid or size, size)
        samples.append(make_sample(stem, path, points, rows[:, 2].astype(int) - 1, usual_sigma(size)))
    return make_dataset("dut_omron", samples, folder)


def pascal_s(folder: Folder, *, source: str = "fixations") -> FixationDataset:
    """PASCAL-S: 850 pictures of PASCAL VOC 2010, 8 to 12 observers (sources differ), 2 s.

    Args:
        folder: with `datasets/imgs/pascal/1.jpg` to 850.jpg and `datasets/fixations/pascalFix.mat` (a cell
            `fixCell{n}` of (row, column, observer), counted from 1), or `imgs/` and `fixations/` directly. For
            densities: `algmaps/pascal/humanFix/*.png`.
        source: "fixations" or "densities".

    Returns:
        Fixations with observers, or densities. sigma is 3 % of the picture's longer side.

    Raises:
        DatasetError: something is missing.

    References:
        Li, Hou, Koch, Rehg, Yuille, "The secrets of salient object segmentation", CVPR 2014.
    """
    check_choice("PASCAL-S", "source", source, ("fixations", "densities"))
    root = Path(folder)
    inner = first_existing(root / "datasets") or root
    stimuli, table = inner / "imgs" / "pascal", inner / "fixations" / "pascalFix.mat"
    if not stimuli.is_dir():
        raise not_found("PASCAL-S", folder, "datasets/imgs/pascal/1.jpg")
    if source == "densities":
        maps = first_existing(root / "algmaps" / "pascal" / "humanFix", inner / "algmaps" / "pascal" / "humanFix")
        if maps is None:
            raise not_found("PASCAL-S's densities", folder, "algmaps/pascal/humanFix/")
        return pictures_with_maps(stimuli, maps, name="pascal_s-densities")
    if not table.is_file():
        raise not_found("PASCAL-S's fixations", folder, "datasets/fixations/pascalFix.mat")
    cells = load_mat(table, "fixCell")
    cells = list(cells) if cells.dtype == object else [cells]  # a cell array of one is unpacked
    samples = []
    for number, cell in enumerate(cells, start=1):
        path = stimuli / f"{number}.jpg"
        if not path.is_file():
            continue
        rows, sigma = _rows(table, cell), usual_sigma(image_size(path))
        samples.append(make_sample(str(number), path, from_matlab(rows)[:, ::-1], rows[:, 2].astype(int) - 1, sigma))
    return make_dataset("pascal_s", samples, folder)


def _rows(file: Path, values: object) -> np.ndarray:
    """(N, 3) numbers: two coordinates and an observer. A single row may be flat; no rows may have any shape."""
    rows = np.asarray(values, dtype=np.float64)
    if rows.size == 0:
        return np.empty((0, 3))
    if rows.shape[-1] != 3:
        raise DatasetError(f"{file}: fixations of the shape {rows.shape}, expected (N, 3)")
    return rows.reshape(-1, 3)
