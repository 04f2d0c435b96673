"""Areas as people have them: our JSON, boxes of a browser, CSV; other forms are in `exports` and `mask_pictures`.

Every reader takes the picture's size and gives areas in shares of its sides. What is malformed is refused in one line.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np

from wepsam import files
from wepsam.attention import exports, mask_pictures
from wepsam.attention.areas import MOST_AREAS, MOST_POINTS, Area, AreaError, Mask, check_labels, number, shown
from wepsam.spreadsheets import original

MOST_BYTES = 8 << 20  # of a file; in memory, a value may take 25 times as much as its text
MOST_ROWS = MOST_AREAS + MOST_POINTS  # of a CSV
SHARES, PIXELS, PERCENT = "shares", "pixels", "percent"
UNITS = (SHARES, PIXELS, PERCENT)
# Without a unit, numbers are shares of the sides if none is outside of these, and pixels otherwise.
LEAST_SHARE, LARGEST_SHARE = -1.0, 2.0

NAMES = ("label", "name", "selector", "id")  # of an area, the first that is there
RECTANGLES = (  # fields of a box: left, top, right and bottom, or width and height
    ("x0", "y0", "x1", "y1"),
    ("xmin", "ymin", "xmax", "ymax"),
    ("x", "y", "width", "height"),
    ("left", "top", "width", "height"),
    ("left", "top", "right", "bottom"),
)
NESTED = ("rect", "boundingClientRect")  # a rectangle of a browser beside its label
FORMS = 'expected [{"label": "buy", "box": [x0, y0, x1, y1]}, ...] or another form that docs/how-to/attention.md shows'

Size = tuple[int, int]  # (height, width)
Given = str | PathLike[str] | Mapping[str, Any] | np.ndarray | Iterable[Any] | None
"""A file with areas, the content of such a JSON file, an array of labels, or `Area`s; None: no areas."""


def read_areas(given: Given, size: Size, picture: str = "", unit: str | None = None) -> tuple[Area, ...]:
    """The areas of a picture.

    Args:
        given: a file (.json in any of the forms, .csv, or a picture whose gray values are areas), the content of such a
            JSON file, a list of `Area`s, or an (H, W) array in which each value but 0 is an area.
        size: (height, width) of the picture.
        picture: its file name, which chooses among several pictures in a file of COCO or Label Studio.
        unit: "shares" of the sides, "pixels" or "percent", for boxes and polygons that do not say it themselves. None:
            shares if all numbers are between -1 and 2, otherwise pixels.

    Returns:
        The areas, with labels that differ, in the order in which they were given.

    Raises:
        AreaError: something is no area; one line.
        OSError: the file cannot be read.
    """
    if unit is not None and unit not in UNITS:
        raise AreaError(f"the unit of areas is {shown(unit)}; expected {', '.join(UNITS)}")
    if given is None:
        return ()
    if isinstance(given, str | PathLike):
        path = Path(fspath(given))
        files.check_regular(path)
        with files.foreign(path, "has no areas", AreaError):
            try:
                return _of_file(path, size, picture, unit)
            except AreaError as error:
                raise AreaError(f"{files.shown(path)}: {error}") from None
    if isinstance(given, np.ndarray):
        return _checked(mask_pictures.of_values(given, size))
    if isinstance(given, Mapping):
        return _of_json(given, size, picture, unit)
    content = list(given)
    if all(isinstance(one, Area) for one in content):
        return _checked(content)
    return _of_json(content, size, picture, unit)


def _checked(areas: Sequence[Area]) -> tuple[Area, ...]:
    check_labels(areas)
    return tuple(areas)


def _of_file(path: Path, size: Size, picture: str, unit: str | None) -> tuple[Area, ...]:
    if path.suffix.lower() in mask_pictures.SUFFIXES:
        areas = mask_pictures.read(path, size)
    elif path.suffix.lower() in (".csv", ".tsv"):
        areas = _of_csv(path, size, unit)
    else:
        return _of_json(files.read_json(path, MOST_BYTES), size, picture, unit)
    return _checked(areas)


def _of_json(content: Any, size: Size, picture: str, unit: str | None) -> tuple[Area, ...]:
    """The areas in the value of a JSON file, whatever program wrote it."""
    if exports.is_coco(content):
        areas = exports.coco(content, size, picture)
    elif exports.is_label_studio(content):
        areas = exports.label_studio(content, size, picture)
    else:
        areas = _of_own(content, size, unit)
    return _checked(areas)


def _of_own(content: Any, size: Size, unit: str | None) -> list[Area]:
    """The areas of our own JSON, or of the rectangles that a browser gives."""
    if isinstance(content, Mapping):
        if "areas" not in content:
            raise AreaError(f"an object with {shown(list(content)[:3])}; {FORMS}")
        unit = content.get("unit", unit)
        if unit is not None and unit not in UNITS:
            raise AreaError(f"the unit is {shown(unit)}; expected {', '.join(UNITS)}")
        size = _page(content, size)
        content = content["areas"]
    if not isinstance(content, list | tuple):
        raise AreaError(f"a {type(content).__name__}; {FORMS}")
    if len(content) > MOST_AREAS:
        raise AreaError(f"{len(content):,} areas, expected at most {MOST_AREAS:,}")
    shapes = [_shape(entry, place) for place, entry in enumerate(content, 1)]
    return _areas(shapes, size, unit)


Shape = tuple[str, dict[str, Any], str | None]  # label; box, polygons or mask as `Area` takes them; unit


def _shape(entry: Any, place: int) -> Shape:
    """What one entry of a list says."""
    if not isinstance(entry, Mapping):
        raise AreaError(f"area {place} is {shown(entry)}; {FORMS}")
    label = next((entry[name] for name in NAMES if entry.get(name) not in (None, "")), f"area {place}")
    unit = entry.get("unit")
    if unit is not None and unit not in UNITS:
        raise AreaError(f"the unit of area {place} is {shown(unit)}; expected {', '.join(UNITS)}")
    if "box" in entry:
        return label, {"box": entry["box"]}, unit
    if "polygon" in entry or "polygons" in entry:
        polygons = [entry["polygon"]] if "polygon" in entry else entry["polygons"]
        if not isinstance(polygons, list | tuple) or not polygons:
            raise AreaError(f"the polygons of area {place} are {shown(polygons)}; expected lists of corners [x, y]")
        return label, {"polygons": polygons}, unit
    if "mask" in entry:
        mask = entry["mask"] if isinstance(entry["mask"], Mapping) else {}
        return label, {"mask": Mask(mask.get("size", ()), mask.get("counts", ()))}, SHARES
    inner = next((entry[name] for name in NESTED if isinstance(entry.get(name), Mapping)), entry)
    return label, {"box": rectangle(inner, place)}, unit


def rectangle(fields: Mapping[str, Any], place: int | str) -> list[Any]:
    """[x0, y0, x1, y1] of named fields, as a browser or a table has them."""
    names = next((names for names in RECTANGLES if all(fields.get(name) not in (None, "") for name in names)), None)
    if names is None:
        raise AreaError(f"area {place} has no box, polygon or mask, only {shown(list(fields)[:4])}; {FORMS}")
    try:
        left, top, right, bottom = (number(fields[name]) for name in names)
    except ValueError as error:
        raise AreaError(f"area {place}: {error}; expected numbers for {', '.join(names)}") from None
    return [left, top, left + right, top + bottom] if "width" in names else [left, top, right, bottom]


def _areas(shapes: Sequence[Shape], size: Size, unit: str | None) -> list[Area]:
    """Shapes as areas, in the unit that they say or that their numbers show."""
    if sum(_corners(shape) for _, shape, _ in shapes) > MOST_POINTS:
        raise AreaError(f"the polygons have more than {MOST_POINTS:,} corners together")
    guessed = unit or _unit([shape for _, shape, own in shapes if own is None])
    areas = []
    for label, shape, own in shapes:
        counted = own or guessed
        pixels = {SHARES: None, PIXELS: size, PERCENT: (100, 100)}[counted]
        areas.append(Area(label, **shape, pixels=pixels))
    return areas


def _corners(shape: Mapping[str, Any]) -> int:
    return sum(len(points) for points in shape.get("polygons", ()) if isinstance(points, Sequence))


def _unit(shapes: Iterable[Mapping[str, Any]]) -> str:
    """What the numbers of these shapes count, if nobody says it."""
    found: set[str] = set()
    for shape in shapes:
        # Malformed numbers are left to `Area`, which says what is wrong with them.
        values = [v for v in _flat([shape.get("box"), shape.get("polygons")]) if isinstance(v, int | float) and v == v]
        if values and (min(values) < LEAST_SHARE or max(values) > LARGEST_SHARE):
            found.add(PIXELS)
        elif values and any(v != int(v) for v in values):
            found.add(SHARES)
    if len(found) > 1:
        raise AreaError(
            'some areas look like shares of the sides, others like pixels; say "unit": "shares" or "pixels"'
        )
    return found.pop() if found else SHARES


def _flat(value: Any) -> Iterable[Any]:
    """The numbers in lists of lists, at most three deep."""
    for one in value:
        if isinstance(one, list | tuple):
            for inner in one:
                if isinstance(inner, list | tuple):
                    yield from (v for pair in inner for v in (pair if isinstance(pair, list | tuple) else (pair,)))
                else:
                    yield inner


def _page(content: Mapping[str, Any], size: Size) -> Size:
    """(height, width) of the page that rectangles of a browser count in; that of the picture if it is not said."""
    viewport, ratio = content.get("viewport"), content.get("devicePixelRatio")
    try:
        if isinstance(viewport, Mapping):
            viewport = [viewport["width"], viewport["height"]]
        if viewport is not None:
            width, height = (number(side) for side in viewport)
        else:
            scale = 1.0 if ratio is None else number(ratio)
            height, width = size[0] / scale, size[1] / scale
        if not (height > 0 and width > 0):
            raise ValueError
    except (TypeError, ValueError, KeyError, ZeroDivisionError):
        wrong = f"viewport is {shown(viewport)}" if viewport is not None else f"devicePixelRatio is {shown(ratio)}"
        raise AreaError(f"the {wrong}; expected [width, height] in CSS pixels, or a ratio above 0") from None
    return height, width  # type: ignore[return-value]


def _of_csv(path: Path, size: Size, unit: str | None) -> list[Area]:
    """A row per box (label and a rectangle), or a row per corner (label, x, y)."""
    with path.open(newline="", encoding="utf-8-sig") as file:  # -sig: Excel begins with a byte order mark
        files.check_regular(path, MOST_BYTES)
        head = file.readline()
        separator = max(",;\t", key=head.count)
        columns = [name.strip().lower() for name in next(csv.reader([head], delimiter=separator), [])]
        rows = csv.reader(file, delimiter=separator, skipinitialspace=True)
        if "label" not in columns or len(set(columns)) < len(columns):
            raise AreaError(f"a table with the columns {shown(columns)}; expected label, x0, y0, x1, y1, each once")
        entries: list[dict[str, Any]] = []
        for row in rows:
            if len(entries) >= MOST_ROWS:
                raise AreaError(f"more than {MOST_ROWS:,} rows")
            if any(cell.strip() for cell in row):
                entries.append(_row(columns, row, rows.line_num + 1))
    boxes = any(set(names) <= set(columns) for names in RECTANGLES)
    if not boxes:
        entries = _joined(entries, columns)
    if len(entries) > MOST_AREAS:
        raise AreaError(f"{len(entries):,} areas, expected at most {MOST_AREAS:,}")
    return _areas([_shape(entry, place) for place, entry in enumerate(entries, 1)], size, unit)


def _row(columns: Sequence[str], row: Sequence[str], line: int) -> dict[str, Any]:
    """The cells of a row by column, with numbers where they are numbers."""
    if len(row) != len(columns):
        raise AreaError(f"line {line} has {len(row)} cells, the first line {len(columns)}")
    entry: dict[str, Any] = {}
    for name, cell in zip(columns, (cell.strip() for cell in row), strict=True):
        if name in ("label", "unit"):
            entry[name] = original(cell) if name == "label" else cell or None
            continue
        try:
            entry[name] = float(cell)
        except ValueError:
            if any(name in names for names in RECTANGLES):
                raise AreaError(f"line {line}: {name} is {shown(cell)}, expected a number") from None
    return entry


def _joined(entries: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> list[dict[str, Any]]:
    """Rows of corners as polygons, one for each label."""
    if not {"x", "y"} <= set(columns):
        raise AreaError(f"a table with the columns {shown(columns)}; expected label, x0, y0, x1, y1, or label, x, y")
    polygons: dict[str, dict[str, Any]] = {}
    for entry in entries:
        area = polygons.setdefault(entry["label"], {"label": entry["label"], "polygon": [], "unit": entry.get("unit")})
        area["polygon"].append([entry["x"], entry["y"]])
    return list(polygons.values())
