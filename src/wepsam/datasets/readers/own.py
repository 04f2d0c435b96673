"""Your own datasets: pictures with density maps, or with a CSV file of fixations."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from wepsam.datasets.base import FixationDataset, Sample
from wepsam.datasets.errors import DatasetError
from wepsam.datasets.reading import Folder, file_for, make_dataset, make_sample, require
from wepsam.images import image_size
from wepsam.sources import find_images


def pictures_with_maps(
    pictures: Folder, densities: Folder, *, name: str = "pictures_with_maps", sigma: float = 0.0
) -> FixationDataset:
    """Any folder of pictures, with a folder of density maps that have the same relative stems.

    Args:
        pictures: folder, searched recursively.
        densities: folder of the maps: 8 bit or more, any size, any largest value.
        name: of the dataset, and of its split file if there is one.
        sigma: standard deviation of the densities in pixels; 0 if unknown.

    Raises:
        DatasetError: a folder is missing, or a picture has no map.
    """
    pictures, densities = Path(pictures), Path(densities)
    require(name, pictures.parent, pictures, densities)
    files = {path.relative_to(densities).with_suffix("").as_posix(): path for path in find_images([densities])}
    samples = []
    for path in find_images([pictures]):
        stem = path.relative_to(pictures).with_suffix("").as_posix()
        density = file_for(name, path, stem, files, densities)
        samples.append(Sample(stem, path, image_size(path), sigma=sigma, density_path=density))
    return make_dataset(name, samples, pictures.parent, sigma=sigma)


def pictures_with_csv(
    folder: Folder, *, table: Folder | None = None, name: str = "pictures_with_csv", sigma: float | None = None
) -> FixationDataset:
    """Any folder with `stimuli/` and `fixations.csv` with the columns image, observer, x, y (others are ignored).

    Args:
        folder: the column image is a path below `stimuli/`; x and y are pixels of the picture, counted from 0.
            Pictures without a row are left out.
        table: the CSV file, if it lies elsewhere; the column image is then a path below `folder` itself.
        name: of the dataset, and of its split file if there is one.
        sigma: standard deviation of the densities in pixels; None = 3 % of the first picture's longer side, about one
            degree at the usual viewing distances.

    Raises:
        DatasetError: a file, picture or column is missing, or a number cannot be read.
    """
    stimuli = Path(folder) if table else Path(folder) / "stimuli"
    table = Path(table or Path(folder) / "fixations.csv")
    require(name, folder, stimuli, table)
    points: dict[str, list[tuple[float, float]]] = defaultdict(list)
    observers: dict[str, list[str]] = defaultdict(list)
    for number, row in _rows(table, ("image", "observer", "x", "y")):
        image = row["image"].replace("\\", "/")
        observers[image].append(row["observer"])
        try:
            points[image].append((float(row["x"]), float(row["y"])))
        except ValueError:
            raise DatasetError(f"{table} line {number}: x and y are not two numbers") from None
    samples = []
    for image in sorted(points):
        path = stimuli / image
        if not path.is_file():
            raise DatasetError(f"{name}: {table} names {image}, which is not in {path.parent}")
        if sigma is None:
            sigma = 0.03 * max(image_size(path))
        _, observer = np.unique(observers[image], return_inverse=True)
        id = Path(image).with_suffix("").as_posix()
        samples.append(make_sample(id, path, np.array(points[image]), observer, sigma))
    return make_dataset(name, samples, folder, sigma=sigma or 0.0)


def _rows(table: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and content of each row of a CSV file that must have these columns."""
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:  # -sig: Excel begins with a byte order mark
            rows = csv.DictReader(file, skipinitialspace=True)
            header = rows.fieldnames or ()
            if missing := [column for column in columns if column not in header]:
                raise DatasetError(
                    f"{table} has no column {', '.join(missing)}: expected {', '.join(columns)}, "
                    f"separated by commas, found {', '.join(header) or 'nothing'}"
                )
            for row in rows:
                if any(row[column] is None for column in columns):
                    raise DatasetError(f"{table} line {rows.line_num} has fewer fields than the first line")
                yield rows.line_num, row
    except (UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{table} cannot be read: {error}; expected a CSV in UTF-8") from None
