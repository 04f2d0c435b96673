"""Areas in the exports of annotation programs: COCO and Label Studio."""

import math
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from wepsam.attention.areas import MOST_AREAS, MOST_POINTS, Area, AreaError, Mask, checked_label, number, shown

ELLIPSE = 64  # corners of the polygon that stands for an ellipse

Size = tuple[int, int]  # (height, width)


def is_coco(content: Any) -> bool:
    """Whether this is a COCO file: an object with annotations that have segmentations or boxes."""
    return isinstance(content, Mapping) and "annotations" in content and "result" not in content and (
        "images" in content or "categories" in content
    )  # fmt: skip


def coco(content: Mapping[str, Any], size: Size, picture: str = "") -> list[Area]:
    """The areas of one picture of a COCO file: polygons, masks that are not compressed, or boxes, in pixels.

    They have the names of their categories, numbered where one occurs several times.

    Args:
        content: of the JSON file.
        size: (height, width) of the picture, if the file does not say it.
        picture: its file name. Without one, the file may have only one picture.

    Raises:
        AreaError: it has no such picture, or is malformed.
    """
    images, annotations = _entries(content, "images"), _entries(content, "annotations")
    image = _chosen([(str(one.get("file_name", "")), one) for one in images], picture)
    own = (image.get("height"), image.get("width"))
    if all(isinstance(side, int) and side > 0 for side in own):
        size = own  # type: ignore[assignment]
    names = {_key(one.get("id")): one.get("name") for one in _entries(content, "categories")}
    shapes: list[tuple[Any, dict[str, Any]]] = []
    corners = 0
    for one in annotations:
        if images and _key(one.get("image_id")) != _key(image.get("id")):
            continue
        label = names.get(_key(one.get("category_id"))) or f"category {shown(one.get('category_id'))}"
        shape = _segmentation(one)
        corners += sum(len(points) for points in shape.get("polygons", ()) if isinstance(points, list)) // 2
        if len(shapes) >= MOST_AREAS or corners > MOST_POINTS:
            raise AreaError(f"more than {MOST_AREAS:,} areas or {MOST_POINTS:,} corners for one picture")
        shapes.append((label, shape))
    if not shapes:
        raise AreaError(f"no annotations for {picture or 'the picture'}")
    labels = numbered([label for label, _ in shapes])
    return [Area(label, **shape, pixels=size) for label, (_, shape) in zip(labels, shapes, strict=True)]


def _segmentation(annotation: Mapping[str, Any]) -> dict[str, Any]:
    """The shape of an annotation of COCO, as `Area` takes it."""
    segmentation, box = annotation.get("segmentation"), annotation.get("bbox")
    if isinstance(segmentation, Mapping):
        return {"mask": Mask(segmentation.get("size", ()), segmentation.get("counts", ()))}
    if isinstance(segmentation, list) and segmentation:
        return {"polygons": segmentation}
    try:
        x, y, width, height = (number(value) for value in box or ())
    except (TypeError, ValueError):
        raise AreaError(
            f"an annotation has the segmentation {shown(segmentation)} and the bbox {shown(box)}; expected polygons "
            "[[x, y, x, y, ...]], or [x, y, width, height]"
        ) from None
    return {"box": [x, y, x + width, y + height]}


def is_label_studio(content: Any) -> bool:
    """Whether this is an export of Label Studio: a task, a list of tasks, or a list of results."""
    entries = content if isinstance(content, list) else [content]
    return any(
        isinstance(one, Mapping)
        and (
            "result" in one
            or ("annotations" in one and not is_coco(one))
            or "completions" in one
            or _is_result(one)
            or _is_min(one.get("label"))
        )
        for one in entries
    )


def label_studio(content: Any, size: Size, picture: str = "") -> list[Area]:
    """The areas of one picture of an export of Label Studio (JSON or JSON-MIN), in percent.

    Rectangles, turned ones too, polygons and ellipses. They have the names of their labels, numbered where one occurs
    several times. Of several people's annotations of a picture the first is taken.

    Args:
        content: of the JSON file.
        size: (height, width) of the picture; a turned rectangle depends on its proportions.
        picture: its file name. Without one, the file may have only one picture.

    Raises:
        AreaError: it has no such picture, or something else than these shapes.
    """
    if isinstance(content, list) and content and isinstance(content[0], Mapping) and _is_result(content[0]):
        task: Mapping[str, Any] = {"result": content}
    else:
        tasks = content if isinstance(content, list) else [content]
        if not all(isinstance(one, Mapping) for one in tasks):
            raise AreaError("an entry of the list is no object; expected tasks of Label Studio")
        task = _chosen([(_picture_of(one), one) for one in tasks], picture)
    shapes: list[tuple[Any, dict[str, Any]]] = []
    for value in _values(task):
        if len(shapes) >= MOST_AREAS:
            raise AreaError(f"more than {MOST_AREAS:,} areas for one picture")
        shapes.append((_label(value), _percent(value, size)))
    if not shapes:
        raise AreaError(f"no annotations for {picture or 'the picture'}")
    labels = numbered([label for label, _ in shapes])
    return [Area(label, **shape, pixels=(100, 100)) for label, (_, shape) in zip(labels, shapes, strict=True)]


def _is_result(entry: Mapping[str, Any]) -> bool:
    return isinstance(entry.get("value"), Mapping)


def _values(task: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The shapes of a task, with their labels."""
    people = task.get("annotations", task.get("completions"))
    results = task.get("result")
    if isinstance(people, list) and people and isinstance(people[0], Mapping):
        results = people[0].get("result")
    if results is None:
        results = [{"value": value} for value in task.get("label") or ()]  # JSON-MIN
    if not isinstance(results, list) or not all(isinstance(one, Mapping) for one in results):
        raise AreaError(f"the result is {shown(results)}; expected a list of objects")
    for one in results:
        if not _is_result(one):
            raise AreaError(f"a result has the value {shown(one.get('value'))}; expected an object")
        if any(key in one["value"] for key in ("x", "points", "rle")):  # not a choice or a text
            yield one["value"]


def _percent(value: Mapping[str, Any], size: Size) -> dict[str, Any]:
    """A shape of Label Studio as `Area` takes it, in percent of the sides."""
    if "points" in value:
        return {"polygons": [value["points"]]}
    if "rle" in value:
        raise AreaError("a brush of Label Studio; export it as a PNG mask instead")
    try:
        x, y = number(value["x"]), number(value["y"])
        turned = math.radians(number(value.get("rotation") or 0))
        if "radiusX" in value:
            angle = np.linspace(0, 2 * np.pi, ELLIPSE, endpoint=False)
            right, down = number(value["radiusX"]) * np.cos(angle), number(value["radiusY"]) * np.sin(angle)
        else:
            width, height = number(value["width"]), number(value["height"])
            if not turned:
                return {"box": [x, y, x + width, y + height]}
            right, down = np.array([0, width, width, 0]), np.array([0, 0, height, height])
    except (KeyError, ValueError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise AreaError(f"a shape of Label Studio: {what}; expected x, y, width and height in percent") from None
    # It is turned in pixels, not in percent.
    aspect = size[1] / size[0]
    across = right * math.cos(turned) - down / aspect * math.sin(turned)
    along = right * aspect * math.sin(turned) + down * math.cos(turned)
    return {"polygons": [np.stack([x + across, y + along], axis=1).tolist()]}


def _label(value: Mapping[str, Any]) -> Any:
    """The first label of a shape, which stands in a list named by its kind."""
    lists = [names for key, names in value.items() if key.endswith("labels") and isinstance(names, list) and names]
    return lists[0][0] if lists else "area"


def _is_min(value: Any) -> bool:
    """Whether this is the list of shapes of JSON-MIN."""
    return (
        isinstance(value, list)
        and bool(value)
        and isinstance(value[0], Mapping)
        and bool({"x", "points"} & {*value[0]})
    )


def _picture_of(task: Mapping[str, Any]) -> str:
    """The file name of a task's picture."""
    data = task.get("data") if isinstance(task.get("data"), Mapping) else task
    assert isinstance(data, Mapping)
    names = [value for key, value in data.items() if isinstance(value, str) and key in ("image", "img", "url", "photo")]
    return str(task.get("file_upload") or (names[0] if names else ""))


def _chosen(named: list[tuple[str, Mapping[str, Any]]], picture: str) -> Mapping[str, Any]:
    """The entry of a picture: the one of its name, or the only one."""
    if len(named) == 1:
        return named[0][1]
    wanted = _file(picture)
    # Label Studio puts a checksum and a hyphen before the names of uploaded files.
    found = [one for name, one in named if wanted in (_file(name), _file(name).partition("-")[2])]
    if len(found) != 1:
        raise AreaError(f"{len(named)} pictures, {len(found)} of them named {shown(wanted)}; expected one")
    return found[0]


def _file(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).name


def numbered(labels: list[Any]) -> list[str]:
    """Labels that differ: of those that occur several times each gets a number."""
    checked = [checked_label(label) for label in labels]
    count: dict[str, int] = {}
    answer = []
    for label in checked:
        count[label] = count.get(label, 0) + 1
        answer.append(f"{label} {count[label]}" if checked.count(label) > 1 else label)
    return answer


def _entries(content: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    entries = content.get(name, [])
    if not isinstance(entries, list) or not all(isinstance(one, Mapping) for one in entries):
        raise AreaError(f"{name} is {shown(entries)}; expected a list of objects")
    return entries


def _key(value: Any) -> Any:
    """An id that can be looked up; others match nothing but themselves."""
    return value if isinstance(value, int | str) else shown(value)
