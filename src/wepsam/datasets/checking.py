"""What a dataset's folder holds, in numbers: to look at before anything is trained or scored on it."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from wepsam.datasets.about import of_reader
from wepsam.datasets.base import FixationDataset
from wepsam.datasets.by_name import read_dataset
from wepsam.datasets.density_files import read_map
from wepsam.datasets.reading import Folder

PROBES = 32  # number of densities that are opened; to open all would take minutes


def check(
    name: str,
    folder: Folder,
    *,
    sigma: float | None = None,
    pixels_per_degree: float | None = None,
    coordinates: str | None = None,
) -> dict[str, Any]:
    """Read a dataset and report what is in it.

    Args:
        name: as in DATASETS, or any for your own data.
        folder: the dataset's folder.
        sigma: for your own data; see `open_dataset`.
        pixels_per_degree: the same.
        coordinates: the same.

    Returns:
        The numbers of `summary`, with "name", "folder", and "remarks": what is missing or odd, a sentence each.

    Raises:
        DatasetError: the folder is not as expected.
        OSError: a picture or density cannot be read.
    """
    dataset = read_dataset(name, folder, sigma=sigma, pixels_per_degree=pixels_per_degree, coordinates=coordinates)
    numbers = summary(dataset)
    remarks = [dataset.note] if dataset.note else []
    about = of_reader(name)
    if about is not None and numbers["pictures"] != about.pictures:
        remarks.append(f"{numbers['pictures']} of the {about.pictures} pictures of {about.title} with ground truth")
    if empty := sum(not sample.has_density for sample in dataset):
        remarks.append(f"{empty} pictures without any fixation")
    if numbers["outside"]:
        total = numbers["outside"] + (numbers["fixations"] or 0)
        remarks.append(f"{numbers['outside']} of {total} fixations lie outside their picture and are left out")
    sigmas = [sample.sigma for sample in dataset]
    if min(sigmas) < max(sigmas):
        remarks.append(f"sigma is 3 % of each picture's longer side, {min(sigmas):g} to {max(sigmas):g} pixels")
    if numbers["fixations"] is not None and numbers["observers"] is None:
        remarks.append("the observers of the fixations are unknown")
    for sample in dataset.samples[:: max(1, len(dataset) // PROBES)]:
        if sample.density_path is not None and not read_map(sample.density_path, sample.density_colors).any():
            remarks.append(f"{sample.density_path} is empty")
    return {"name": name, "folder": str(Path(folder)), **numbers, "remarks": remarks}


def summary(dataset: FixationDataset) -> dict[str, Any]:
    """The numbers of a dataset.

    Returns:
        pictures: how many.
        fixations: how many; None where only densities are published.
        densities: how many are published.
        outside: fixations that lie outside their picture and are left out.
        per_picture: mean, sd, min and max of the number of fixations; None without fixations.
        observers: mean number per picture; None if unknown.
        center, spread: mean and standard deviation of (x / width, y / height), the center bias; None without fixations.
        sizes: the three most frequent picture sizes, as WxH, with the number of pictures.
        sigma, pixels_per_degree: as in `FixationDataset`.
    """
    sizes = Counter(f"{sample.size[1]}x{sample.size[0]}" for sample in dataset)
    numbers: dict[str, Any] = {
        "pictures": len(dataset),
        "fixations": None,
        "densities": sum(sample.density_path is not None for sample in dataset),
        "outside": sum(sample.outside for sample in dataset),
        "per_picture": None,
        "observers": None,
        "center": None,
        "spread": None,
        "sizes": dict(sizes.most_common(3)),
        "sigma": dataset.sigma,
        "pixels_per_degree": dataset.pixels_per_degree,
    }
    with_fixations = [(sample, sample.fixations) for sample in dataset if sample.fixations is not None]
    if not with_fixations:
        return numbers
    counts = np.array([len(fixations) for _, fixations in with_fixations])
    numbers["fixations"] = int(counts.sum())
    numbers["per_picture"] = {
        "mean": float(counts.mean()),
        "sd": float(counts.std()),
        "min": int(counts.min()),
        "max": int(counts.max()),
    }
    observers = [len(np.unique(sample.observer)) for sample, _ in with_fixations if sample.observer is not None]
    if observers:
        numbers["observers"] = float(np.mean(observers))
    if counts.sum():
        relative = np.concatenate(
            [fixations / (sample.size[1], sample.size[0]) for sample, fixations in with_fixations]
        )
        numbers["center"] = [float(v) for v in relative.mean(axis=0)]
        numbers["spread"] = [float(v) for v in relative.std(axis=0)]
    return numbers
