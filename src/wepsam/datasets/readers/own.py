"""Your own datasets: pictures with density maps, with maps of points, or with a CSV file of fixations."""

import csv
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from wepsam.datasets.base import FixationDataset, Sample
from wepsam.datasets.color_values import ramp
from wepsam.datasets.coordinates import in_pixels
from wepsam.datasets.density_files import read_marks
from wepsam.datasets.errors import DatasetError
from wepsam.datasets.reading import (
    Folder,
    file_for,
    make_dataset,
    make_sample,
    marked_pixels,
    require,
    stem_below,
    usual_sigma,
)
from wepsam.files import as_seen, check_regular
from wepsam.images import image_size
from wepsam.sources import find_images


def pictures_with_maps(
    pictures: Folder, densities: Folder, *, name: str = "pictures_with_maps", sigma: float = 0.0, colors: str = ""
) -> FixationDataset:
    """Any folder of pictures, with a folder of density maps that have the same relative stems.

    Args:
        pictures: folder, searched recursively.
        densities: folder of the maps: gray, 8 bit or more, any size, any largest value.
        name: of the dataset, and of its split file if there is one.
        sigma: standard deviation of the densities in pixels; 0 if unknown.
        colors: the name of the color map in which the maps are drawn, such as "jet"; "" for gray maps.

    Returns:
        A sample for each picture, sorted by name, with a density and without fixations.

    Raises:
        DatasetError: a folder is missing, a picture has no map, or no color map has this name.
    """
    pictures = Path(pictures)
    if colors:
        ramp(colors)  # says so now if there is none of this name
    samples = [
        Sample(id, path, image_size(path), sigma=sigma, density_path=file, density_colors=colors)
        for id, path, file in _pairs(name, pictures, Path(densities))
    ]
    return make_dataset(name, samples, pictures.parent, sigma=sigma)


def pictures_with_points(
    pictures: Folder, marks: Folder, *, name: str = "pictures_with_points", sigma: float | None = None
) -> FixationDataset:
    """The same with maps that mark the fixated pixels, white on black; the observers are unknown.

    Args:
        pictures: folder, searched recursively.
        marks: folder of the maps, each of the size of its picture.
        name: of the dataset.
        sigma: standard deviation of the densities in pixels; None = 3 % of each picture's longer side.

    Raises:
        DatasetError: a folder is missing, a picture has no map, or a map has another size than its picture.
    """
    pictures, samples = Path(pictures), []
    for id, path, file in _pairs(name, pictures, Path(marks)):
        size = image_size(path)
        points = marked_pixels(file, read_marks(file), size)
        samples.append(make_sample(id, path, points, None, usual_sigma(size) if sigma is None else sigma))
    return make_dataset(name, samples, pictures.parent, sigma=sigma)


def pictures_with_csv(
    folder: Folder,
    *,
    table: Folder | None = None,
    name: str = "pictures_with_csv",
    sigma: float | None = None,
    coordinates: str | None = None,
    pooled: bool = False,
) -> FixationDataset:
    """Any folder with `stimuli/` and `fixations.csv` with the columns image, observer, x, y (others are ignored).

    Args:
        folder: the column image is a path below `stimuli/`; x and y are pixels of the picture, counted from 0.
            Pictures without a row are left out.
        table: the CSV file, if it lies elsewhere; the column image is then a path below `folder` itself.
        name: of the dataset, and of its split file if there is one.
        sigma: standard deviation of the densities in pixels; None = 3 % of each picture's longer side, about one
            degree at the usual viewing distances.
        coordinates: what x and y count, if not pixels; see `coordinates.conversion`. Shares of width and height are
            recognized.
        pooled: the fixations of all observers are together; there is no column observer.

    Returns:
        A sample for each picture with a row, sorted by name.

    Raises:
        DatasetError: a file, picture or column is missing, a number cannot be read, or so many fixations lie outside
            their pictures that they must count something else.
    """
    stimuli = Path(folder) if table else Path(folder) / "stimuli"
    table = Path(table or Path(folder) / "fixations.csv")
    require(name, folder, stimuli, table)
    points: dict[str, list[tuple[float, float]]] = defaultdict(list)
    observers: dict[str, list[str]] = defaultdict(list)
    for number, row in _rows(table, ("image", "x", "y") if pooled else ("image", "observer", "x", "y")):
        image = as_seen(row["image"].replace("\\", "/"))
        if not pooled:
            observers[image].append(row["observer"])
        try:
            points[image].append((float(row["x"]), float(row["y"])))
        except ValueError:
            raise DatasetError(f"{table} line {number}: x and y are not two numbers") from None
    paths = _named(name, sorted(points), stimuli, table)
    sizes = {image: image_size(path) for image, path in paths.items()}
    fixations, note = in_pixels({image: np.array(points[image]) for image in paths}, sizes, table, coordinates)
    samples = []
    for image, path in paths.items():
        observer = None if pooled else np.unique(observers[image], return_inverse=True)[1]
        own = usual_sigma(sizes[image]) if sigma is None else sigma
        samples.append(make_sample(Path(image).with_suffix("").as_posix(), path, fixations[image], observer, own))
    return make_dataset(name, samples, folder, sigma=sigma, note=note)


# What `read_own` reads, and what lies in a folder with it.
KINDS = {"csv": ("stimuli", "fixations.csv"), "maps": ("images", "maps"), "points": ("images", "points")}


def read_own(
    name: str,
    folder: Path,
    kind: str,
    *,
    sigma: float | None = None,
    pixels_per_degree: float | None = None,
    coordinates: str | None = None,
    colors: str = "",
) -> FixationDataset:
    """Your own data in a folder of one of the KINDS.

    Args:
        name: of the dataset.
        folder: "csv": with stimuli/ and fixations.csv; "maps": images/ and maps/ (densities); "points": images/ and
            points/ (or maps/), which mark the fixated pixels.
        kind: one of KINDS.
        sigma: standard deviation of the densities in pixels; by default one degree, or 3 % of each picture's longer
            side.
        pixels_per_degree: of visual angle.
        coordinates: what the columns x and y count; "csv" only.
        colors: as `pictures_with_maps` takes it; "maps" only.

    Raises:
        DatasetError: the folder is not as expected, or a number is not positive.
    """
    for value, what in ((sigma, "sigma"), (pixels_per_degree, "pixels per degree")):
        if value is not None and not 0 < value < np.inf:
            raise DatasetError(f"{what} has to be a positive number, not {value:g}")
    if coordinates is not None and kind != "csv":
        raise DatasetError(f"{name} has maps; coordinates are for fixations in a table (csv)")
    if colors and kind != "maps":
        raise DatasetError(f"{name} has {kind}; a color map is for density maps: {name}:maps:{colors}=FOLDER")
    blur = pixels_per_degree if sigma is None else sigma
    images, maps = folder / "images", folder / "maps"
    if kind == "csv":
        data = pictures_with_csv(folder, name=name, sigma=blur, coordinates=coordinates)
    elif kind == "maps":
        data = pictures_with_maps(images, maps, name=name, sigma=blur or 0.0, colors=colors)
    else:
        points = folder / "points"
        data = pictures_with_points(images, points if points.is_dir() else maps, name=name, sigma=blur)
    return replace(data, own=True, folder=folder, pixels_per_degree=pixels_per_degree)


def _pairs(name: str, pictures: Path, maps: Path) -> Iterator[tuple[str, Path, Path]]:
    """Id, picture and map of each picture."""
    require(name, pictures.parent, pictures, maps)
    files = {stem_below(path, maps): path for path in find_images([maps])}
    for path in find_images([pictures]):
        stem = stem_below(path, pictures)
        yield stem, path, file_for(name, path, stem, files, maps)


def _named(name: str, images: list[str], stimuli: Path, table: Path) -> dict[str, Path]:
    """The file of each picture that the table names. Names are compared as people see them."""
    seen: dict[str, Path] | None = None
    paths = {}
    for image in images:
        path = stimuli / image
        if os.path.isabs(image) or ".." in path.parts[len(stimuli.parts) :]:
            raise DatasetError(f"{name}: {table} names {image}; expected a path below {stimuli}")
        if not path.is_file():
            if seen is None:
                seen = {as_seen(file.relative_to(stimuli).as_posix()): file for file in find_images([stimuli])}
            if image not in seen:
                raise DatasetError(f"{name}: {table} names {image}, which is not in {path.parent}")
            path = seen[image]
        paths[image] = path
    return paths


def _rows(table: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and content of each row of a CSV file that must have these columns."""
    check_regular(table)
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:  # -sig: Excel begins with a byte order mark
            rows = csv.DictReader(file, skipinitialspace=True)
            header = rows.fieldnames or ()
            if missing := [column for column in columns if column not in header]:
                raise DatasetError(
                    f"{table} has no column {', '.join(missing)}: expected {', '.join(columns)}, "
                    f"separated by commas, found {' '.join(', '.join(header).split())[:200] or 'nothing'}"
                )
            if twice := [column for column in columns if header.count(column) > 1]:
                raise DatasetError(
                    f"{table} has several columns {', '.join(twice)}; which one is it? Rename the others"
                )
            for row in rows:
                if any(row[column] is None for column in columns):
                    raise DatasetError(f"{table} line {rows.line_num} has fewer fields than the first line")
                yield rows.line_num, row
    except (UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{table} cannot be read: {error}; expected a CSV in UTF-8") from None
