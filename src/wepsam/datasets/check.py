"""What a dataset's folder holds, in numbers: to be looked at before anything is trained or scored on it."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from wepsam.datasets.about import of_reader
from wepsam.datasets.base import FixationDataset, read_map
from wepsam.datasets.reading import Folder
from wepsam.datasets.table import read_dataset

PROBED = 32  # densities that are opened; to open all would take minutes


def check(name: str, folder: Folder) -> dict[str, Any]:
    """Read a dataset and say what was found.

    Args:
        name: as in DATASETS.
        folder: that the person has.

    Returns:
        `summary` of it, with name, folder and `remarks`: what is missing or odd, a sentence each.

    Raises:
        DatasetError: the folder is not as expected.
        OSError: a picture or density cannot be read.
    """
    data = read_dataset(name, folder)
    found = summary(data)
    remarks = [data.note] if data.note else []
    about = of_reader(name)
    if about is not None and found["pictures"] != about.pictures:
        remarks.append(f"{found['pictures']} pictures of the {about.pictures} that {about.title} has with ground truth")
    if empty := sum(not sample.has_density for sample in data):
        remarks.append(f"{empty} pictures without any fixation")
    if found["outside"]:
        total = found["outside"] + (found["fixations"] or 0)
        remarks.append(f"{found['outside']} of {total} fixations beside their picture, left out")
    if found["fixations"] is not None and found["observers"] is None:
        remarks.append("observers are not told apart")
    for sample in data.samples[:: max(1, len(data) // PROBED)]:
        if sample.density_path is not None and not read_map(sample.density_path).any():
            remarks.append(f"{sample.density_path} is empty")
    return {"name": name, "folder": str(Path(folder)), **found, "remarks": remarks}


def summary(data: FixationDataset) -> dict[str, Any]:
    """The numbers of a dataset.

    Returns:
        pictures; fixations (their number, None where only densities are published); densities (how many are
        published); outside (fixations left out); per_picture (mean, standard deviation, smallest and largest number
        of fixations); observers (mean number for each picture, None if unknown); center and spread (mean and standard
        deviation of x / width and y / height: the center bias); sizes (the three most frequent, as WxH, with their
        number); sigma, pixels_per_degree.
    """
    sizes = Counter(f"{sample.size[1]}x{sample.size[0]}" for sample in data)
    found: dict[str, Any] = {
        "pictures": len(data),
        "fixations": None,
        "densities": sum(sample.density_path is not None for sample in data),
        "outside": sum(sample.outside for sample in data),
        "per_picture": None,
        "observers": None,
        "center": None,
        "spread": None,
        "sizes": dict(sizes.most_common(3)),
        "sigma": data.sigma,
        "pixels_per_degree": data.pixels_per_degree,
    }
    known = [(sample, sample.fixations) for sample in data if sample.fixations is not None]
    if not known:
        return found
    numbers = np.array([len(fixations) for _, fixations in known])
    found["fixations"] = int(numbers.sum())
    found["per_picture"] = {
        "mean": float(numbers.mean()),
        "sd": float(numbers.std()),
        "min": int(numbers.min()),
        "max": int(numbers.max()),
    }
    looked = [len(np.unique(sample.observer)) for sample, _ in known if sample.observer is not None]
    if looked:
        found["observers"] = float(np.mean(looked))
    if numbers.sum():
        relative = np.concatenate([fixations / (sample.size[1], sample.size[0]) for sample, fixations in known])
        found["center"] = [float(v) for v in relative.mean(axis=0)]
        found["spread"] = [float(v) for v in relative.std(axis=0)]
    return found
