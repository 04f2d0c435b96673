"""iSUN: gaze of crowd workers on SUN pictures, tracked by their own webcams."""

from pathlib import Path
from typing import Any

import numpy as np

from wepsam.datasets.base import FixationDataset, Sample
from wepsam.datasets.errors import DatasetError
from wepsam.datasets.reading import (
    Folder,
    check_choice,
    from_matlab,
    join_observers,
    load_structs,
    make_dataset,
    make_sample,
    not_found,
    require,
    resolution,
    scaled,
    usual_sigma,
)
from wepsam.images import image_size

FIELDS = {"fixations": "fixation", "gaze": "location"}


def isun(folder: Folder, *, source: str = "fixations", part: str = "all") -> FixationDataset:
    """iSUN: 6,000 + 926 + 2,000 pictures of the SUN database, each with the webcam gaze of a few workers.

    Args:
        folder: with `training.mat` and `validation.mat` (each a struct array of that name: `image`, `resolution`,
            `gaze(worker).location, .timestamp, .fixation`), `images/*.jpg`, and for densities `saliency/*.mat` with
            the variable `I`. Missing pictures are left out.
        source: "fixations", "gaze" (all samples of the tracker) or "densities" (as published, read on demand).
        part: "training", "validation", "all" (both), or "testing" (pictures only).

    Returns:
        Samples with ids like training/sun_aaaulhwrhqgejnyt. We assume that points count from 1, as in SALICON's files
        for the same challenge, and that sigma is 3 % of the picture's longer side: the publication states neither.

    Raises:
        DatasetError: something is missing.

    References:
        Xu, Ehinger, Zhang, Finkelstein, Kulkarni, Xiao, "TurkerGaze: crowdsourcing saliency with webcam based eye
        tracking", arXiv:1504.06755, 2015.
    """
    check_choice("iSUN", "source", source, (*FIELDS, "densities"))
    check_choice("iSUN", "part", part, ("training", "validation", "all", "testing"))
    root = Path(folder)
    if not (root / "images").is_dir():
        raise not_found("iSUN", folder, "images/, training.mat, validation.mat")
    names = ("training", "validation") if part == "all" else (part,)
    tables = {name: root / f"{name}.mat" for name in names}
    if part == "all":  # one of the two is also a dataset
        tables = {name: path for name, path in tables.items() if path.is_file()} or tables
    require("iSUN", folder, *tables.values())
    samples = []
    for name, table in tables.items():
        fields = ("image", "gaze") if source in FIELDS and name != "testing" else ("image",)
        for picture in load_structs(table, name, fields):
            path = root / "images" / f"{picture.image}.jpg"
            if not path.is_file():
                continue
            id = f"{name}/{picture.image}"
            size = image_size(path)
            sigma = usual_sigma(size)
            if name == "testing":
                samples.append(Sample(id, path, size, sigma=sigma))
            elif source == "densities":
                density = root / "saliency" / f"{picture.image}.mat"
                if not density.is_file():
                    raise DatasetError(f"iSUN: {path} has no map {density}")
                samples.append(Sample(id, path, size, sigma=sigma, density_path=density))
            else:
                points, observer = join_observers(_points(table, picture, FIELDS[source]))
                points = scaled(points, resolution(getattr(picture, "resolution", None)) or size, size)
                samples.append(make_sample(id, path, points, observer, sigma))
    name = "isun" if source == "fixations" else f"isun-{source}"
    return make_dataset(name, samples, folder)


def _points(table: Path, picture: Any, field: str) -> list[np.ndarray]:
    """The (N, 2) points of each worker; a picture that nobody viewed has an empty gaze."""
    try:
        return [from_matlab(getattr(worker, field)) for worker in np.atleast_1d(picture.gaze)]
    except AttributeError:
        raise DatasetError(f"{table}: gaze has no field {field}") from None
