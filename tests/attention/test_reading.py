"""Areas in every form that people have, and what is refused."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from wepsam.attention.areas import Area, AreaError, write_areas
from wepsam.attention.reading import read_areas

SIZE = (60, 80)  # height, width
BOX = (0.25, 0.5, 0.75, 1.0)  # 20, 30, 60, 60 pixels


def read(content: Any, **options: Any) -> tuple[Area, ...]:
    return read_areas(content, SIZE, "street.jpg", **options)


def refused(content: Any, *words: str, **options: Any) -> None:
    with pytest.raises(AreaError) as caught:
        read(content, **options)
    text = str(caught.value)
    assert len(text.splitlines()) == 1
    assert text.isprintable()
    assert len(text) < 600
    for word in words:
        assert word in text, text


COCO = {
    "images": [
        {"id": 7, "file_name": "other.jpg", "height": 10, "width": 10},
        {"id": 8, "file_name": "photos/street.jpg", "height": 30, "width": 40},
    ],
    "categories": [{"id": 1, "name": "person"}, {"id": 2, "name": "dog"}],
    "annotations": [
        {"image_id": 8, "category_id": 1, "segmentation": [[10, 15, 30, 15, 30, 30, 10, 30]], "bbox": [0, 0, 1, 1]},
        {"image_id": 7, "category_id": 1, "segmentation": [[1, 1, 2, 1, 2, 2]]},
        {"image_id": 8, "category_id": 2, "bbox": [10, 15, 20, 15]},
        {"image_id": 8, "category_id": 1, "segmentation": {"size": [2, 4], "counts": [3, 1, 1, 1, 2]}},
    ],
}
CAR = {"x": 25, "y": 50, "width": 50, "height": 50, "rectanglelabels": ["Car"]}
RESULTS = [
    {"type": "choices", "value": {"choices": ["good"]}},
    {"type": "rectanglelabels", "value": CAR | {"rotation": 0}},
    {"value": {"points": [[25, 50], [75, 50], [75, 100], [25, 100]], "polygonlabels": ["Sky"]}},
]
TASKS = [
    {"data": {"image": "/upload/1/x.jpg"}},
    {"data": {"image": "/upload/1/ab12-street.jpg"}, "annotations": [{"result": RESULTS}]},
]
CORNERS = [[0.25, 0.5], [0.75, 0.5], [0.75, 1], [0.25, 1]]
HALVES = [[20, 30, 40, 30, 40, 60, 20, 60], [40, 30, 60, 30, 60, 60, 40, 60]]
RECTANGLE = {"x": 20, "y": 30, "width": 40, "height": 30, "top": 30}
ON_PAGE = {"label": "a", "x": 40, "y": 60, "width": 80, "height": 60}
FORMS: dict[str, tuple[Any, list[str]]] = {
    "shares": ([{"label": "buy", "box": BOX}], ["buy"]),
    "an object": ({"unit": "shares", "areas": [{"name": "buy", "box": BOX}]}, ["buy"]),
    "pixels, as they look": ([{"label": "buy", "box": [20, 30, 60, 60]}], ["buy"]),
    "pixels, as it says": ([{"label": "a", "box": [20, 30, 60, 60], "unit": "pixels"}], ["a"]),
    "percent": ({"unit": "percent", "areas": [{"label": "a", "box": [25, 50, 75, 100]}]}, ["a"]),
    "a polygon": ([{"label": "a", "polygon": CORNERS}], ["a"]),
    "polygons": ([{"label": "a", "polygons": HALVES}], ["a"]),
    "a mask": ([{"label": "a", "mask": {"size": [2, 4], "counts": [3, 1, 1, 1, 2]}}], ["a"]),
    "a browser": ([RECTANGLE | {"selector": "#buy"}], ["#buy"]),
    "a browser, nested": ([{"id": "buy", "rect": {"left": 20, "top": 30, "right": 60, "bottom": 60}}], ["buy"]),
    "a browser, half the pixels": ({"devicePixelRatio": 0.5, "areas": [ON_PAGE]}, ["a"]),
    "a browser, its viewport": ({"viewport": {"width": 160, "height": 120}, "areas": [ON_PAGE]}, ["a"]),
    "COCO": (COCO, ["person 1", "dog", "person 2"]),
    "Label Studio": (TASKS, ["Car", "Sky"]),
    "results of Label Studio": (RESULTS[1:], ["Car", "Sky"]),
    "JSON-MIN of Label Studio": ([{"image": "street.jpg", "label": [CAR] * 2}], ["Car 1", "Car 2"]),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_area(form: str, tmp_path: Path) -> None:
    content, labels = FORMS[form]
    path = tmp_path / "areas.json"
    path.write_text(json.dumps(content))
    grid = np.linspace(0, 1, 5)
    expected = Area("box", box=BOX).coverage(grid, grid)
    for areas in (read(content), read(path), read(str(path))):
        assert [area.label for area in areas] == labels
        for area in areas:
            np.testing.assert_allclose(area.coverage(grid, grid), expected, atol=1e-6)
            assert area.surface == pytest.approx(0.25, abs=1e-6)
            assert area.outside == 0
    write_areas(path, areas)
    again = read(path)
    assert [area.label for area in again] == labels
    for one, other in zip(areas, again, strict=True):
        np.testing.assert_allclose(one.coverage(grid, grid), other.coverage(grid, grid))


@pytest.mark.parametrize(
    "text",
    [
        "label,x0,y0,x1,y1\nbuy,0.25,0.5,0.75,1.0\n",
        "\ufeffLabel;X;Y;Width;Height\n'=buy;20;30;40;30\n\n",
        "left,top,right,bottom,label,unit\n25,50,75,100,buy,percent\n",
        "label,x,y\nbuy,20,30\nbuy,60,30\nbuy,60,60\nbuy,20,60\n",
        'label\txmin\tymin\txmax\tymax\tnote\n"buy"\t20\t30\t60\t60\thello\n',
    ],
)
def test_tables(text: str, tmp_path: Path) -> None:
    path = tmp_path / "areas.csv"
    path.write_text(text, encoding="utf-8")
    (area,) = read(path)
    assert area.label.lstrip("=") == "buy"
    assert area.surface == pytest.approx(0.25)
    grid = np.linspace(0, 1, 5)
    np.testing.assert_allclose(area.coverage(grid, grid), Area("box", box=BOX).coverage(grid, grid), atol=1e-6)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "columns"),
        ("label,x0\na,1\n", "label, x0, y0, x1, y1"),
        ("label,x0,y0,x1,y1\na,1,2\n", "line 2 has 3 cells"),
        ("label,x0,y0,x1,y1\na,1,2,x,4\n", "line 2: x1 is 'x'"),
        ("label,x0,y0,x1,y1\na,1,2,nan,4\n", "finite"),
        ("label,x0,y0,x1,y1\na,.1,.1,.2,.2\na,.1,.1,.2,.2\n", "two areas"),
        ("label,label,x0,y0,x1,y1\n", "each once"),
        ("label,x0,y0,x1,y1\n" + "a,.1,.1,.2,.2\n" * 60_000, "more than"),
    ],
)
def test_tables_that_are_refused(text: str, word: str, tmp_path: Path) -> None:
    path = tmp_path / "areas.csv"
    path.write_text(text)
    refused(path, "areas.csv", word)


def test_masks(tmp_path: Path) -> None:
    values = np.zeros((30, 40), np.uint8)
    values[15:, 10:20], values[15:, 20:30] = 100, 200
    gray, palette, color = (tmp_path / name for name in ("gray.png", "palette.png", "color.png"))
    Image.fromarray(values).save(gray)
    indexed = Image.fromarray(values).convert("P")
    indexed.putdata(((values // 100).ravel()).tolist())
    indexed.save(palette)
    Image.fromarray(np.stack([values, 0 * values, 0 * values], axis=2)).save(color)
    assert [area.label for area in read(gray)] == ["gray 100", "gray 200"]
    assert [area.label for area in read(palette)] == ["index 1", "index 2"]
    assert [area.label for area in read(color)] == ["#640000", "#c80000"]
    for areas in map(read, (gray, palette, color)):
        assert [area.surface for area in areas] == pytest.approx([0.125, 0.125])
    Image.fromarray(values > 0).save(tmp_path / "button.png")
    (area,) = read(tmp_path / "button.png")
    assert (area.label, area.surface) == ("button", pytest.approx(0.25))
    assert [area.label for area in read(values)] == ["value 100", "value 200"]


def test_masks_that_are_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pictures = {
        "noise.png": (rng.integers(0, 9999, (60, 80), dtype=np.uint16), "was it smoothed"),
        "empty.png": (np.zeros((60, 80), np.uint8), "0 everywhere"),
        "turned.png": (np.ones((80, 60), np.uint8), "transposed"),
        "other.png": (np.ones((60, 60), np.uint8), "proportions"),
    }
    for name, (values, word) in pictures.items():
        Image.fromarray(values).save(tmp_path / name)
        refused(tmp_path / name, name, word)
    Image.fromarray(np.ones((60, 80), np.uint8)).save(tmp_path / "a.jpg")
    refused(tmp_path / "a.jpg", "save it as PNG")
    (tmp_path / "b.png").write_bytes(b"no picture")
    refused(tmp_path / "b.png", "b.png has no areas")


WRONG: list[tuple[Any, tuple[str, ...]]] = [
    (3, ("int",)),
    ("text", ("str",)),
    ({"boxes": []}, ("boxes", "expected")),
    ([3], ("area 1 is 3",)),
    ([{"label": "a"}], ("area 1 has no box",)),
    ([{"label": "a", "box": [0.1, 0.2, 0.3]}], ("'a'", "four numbers")),
    ([{"label": "a", "box": [0.1, 0.2, float("nan"), 0.4]}], ("nan",)),
    ([{"label": "a", "box": [0.1, 0.2, float("inf"), 0.4]}], ("inf",)),
    ([{"label": "a", "box": [0, 0, 10**400, 1]}], ("'a'",)),
    ([{"label": "a", "box": [0.1, 0.2, True, 0.4]}], ("True",)),
    ([{"label": "a", "box": ["0.1", 0.2, 0.3, 0.4]}], ("'0.1'",)),
    ([{"label": "a", "box": [0.5, 0.2, 0.5, 0.4]}], ("empty",)),
    ([{"label": "a", "box": [0.5, 0.2, 0.3, 0.4]}], ("x0 < x1",)),
    ([{"label": "a", "x": 10, "y": 10, "width": -5, "height": 5}], ("empty",)),
    ([{"label": "a", "x": 10, "y": 10, "width": None, "height": 5}], ("has no box",)),
    ([{"label": "a", "box": [1.1, 0.2, 1.3, 0.4]}], ("'a' lies outside the picture",)),
    ([{"label": "a", "box": [100, 100, 200, 200]}], ("outside the picture",)),
    ([{"label": "a", "box": [1e9, 1e9, 2e9, 2e9]}], ("sides",)),
    ([{"label": "a", "box": [0.1, 0.1, 0.2, 0.2]}, {"label": "b", "box": [10, 10, 20, 20]}], ("look like",)),
    ([{"label": "a", "polygon": [[0, 0], [1, 1]]}], ("at least 3",)),
    ([{"label": "a", "polygon": [[0, 0], [0.5, 0.5], [1, 1]]}], ("empty",)),
    ([{"label": "a", "polygon": [[0.1 + 0.7 * t, 0.3 + 0.5 * t] for t in (0, 0.3, 0.7, 1)]}], ("empty",)),
    ([{"label": "a", "polygon": {"x": 1}}], ("corners",)),
    ([{"label": "a", "polygons": [{"0": 1}]}], ("corners",)),
    ([{"label": "a", "polygon": [[0, 0], [0, 1], [1]]}], ("corners",)),
    ([{"label": "a", "polygon": [0, 0, 0, 1, 1]}], ("corners",)),
    ([{"label": "a", "polygon": "hello"}], ("corners",)),
    ([{"label": "a", "polygons": 3}], ("polygons",)),
    ([{"label": "a", "polygon": [[0.1, 0.1]] * 30_000}], ("corners",)),
    ([{"label": "a", "mask": {"size": [2, 2], "counts": "abc"}}], ("compressed",)),
    ([{"label": "a", "mask": {"size": [2, 2], "counts": [1, 1]}}], ("2 pixels",)),
    ([{"label": "a", "mask": {"size": [1 << 14, 8], "counts": [1 << 17]}}], ("at most",)),
    ([{"label": "a", "mask": {"size": [2, 2], "counts": [4]}}], ("empty",)),
    ([{"label": "a\x1b[31m", "box": BOX}], ("control characters",)),
    ([{"label": "a\u202eb", "box": BOX}], ("control characters",)),
    ([{"label": "\ud800", "box": BOX}], ("control characters",)),
    ([{"label": "a" * 500, "box": BOX}], ("characters",)),
    ([{"label": ["a"], "box": BOX}], ("label",)),
    ([{"label": "a", "box": BOX}, {"label": " a\n", "box": BOX}], ("two areas have the label 'a'",)),
    ([{"label": str(n), "box": BOX} for n in range(501)], ("at most 500",)),
    ([{"label": str(n), "mask": {"size": [1, 2], "counts": [1, 1]}} for n in range(101)], ("101 masks",)),
    ({"unit": "inches", "areas": []}, ("inches",)),
    ({"viewport": [0, 10], "areas": [{"label": "a", "box": [20, 30, 60, 60]}]}, ("viewport",)),
    ({"images": 3, "annotations": []}, ("images",)),
    ({"images": [], "annotations": [], "categories": []}, ("0 pictures",)),
    ({**COCO, "annotations": [{"image_id": 8, "category_id": 1, "bbox": [1, 2, 3]}]}, ("bbox",)),
    ({**COCO, "annotations": [{"image_id": 9, "bbox": [1, 2, 3, 4]}]}, ("no annotations",)),
    ([{"data": {"image": "a.jpg"}, "annotations": []}] * 2, ("2 pictures",)),
    ([{"data": {}, "annotations": [{"result": [{"value": {"rle": [1], "brushlabels": ["a"]}}]}]}], ("brush",)),
    ([{"data": {}, "annotations": [{"result": [{"value": {"x": 1, "y": 2, "width": "3", "height": 4}}]}]}], ("'3'",)),
    ([{"data": {}, "annotations": [{"result": [{"value": {"x": 1, "y": 2}}]}]}], ("width",)),
    ([{"data": {}, "annotations": [{"result": 3}]}], ("result",)),
]  # fmt: skip


@pytest.mark.parametrize("place", range(len(WRONG)))
def test_what_is_no_area_is_refused_in_one_line(place: int, tmp_path: Path) -> None:
    content, words = WRONG[place]
    path = tmp_path / "areas.json"
    path.write_text(json.dumps(content))
    refused(path, "areas.json", *words)
    if isinstance(content, list | dict):
        refused(content, *words)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "[1e999]", '{"areas": [' + "9" * 5000 + "]}", "\xff\xfe"])
def test_files_that_are_no_json(text: str, tmp_path: Path) -> None:
    path = tmp_path / "areas.json"
    path.write_text(text, encoding="latin-1")
    refused(path, "areas.json")
    path.write_bytes(b" " * (9 << 20))
    refused(path, "expected at most")


def test_a_byte_order_mark_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "areas.json"
    path.write_text(json.dumps([{"label": "a", "box": BOX}]), encoding="utf-8-sig")
    assert read(path)[0].box == BOX


def test_a_huge_polygon_is_measured_in_bounded_time() -> None:
    rng = np.random.default_rng(0)
    begun = time.process_time()
    (area,) = read([{"label": "a", "polygon": rng.uniform(0, 1, (20_000, 2)).tolist()}])
    assert 0 < area.surface <= 1
    assert time.process_time() - begun < 20


def test_what_lies_outside_the_picture_is_said() -> None:
    areas = read(
        [
            {"label": "a", "box": [-0.5, 0.5, 0.5, 1.0]},
            {"label": "b", "polygon": [[0.5, 0], [1.5, 0], [1.5, 1], [0.5, 1]]},
        ]
    )
    assert [area.surface for area in areas] == pytest.approx([0.25, 0.5])
    assert [area.outside for area in areas] == pytest.approx([0.5, 0.5])


def test_turned_shapes_of_label_studio() -> None:
    """A rectangle that is turned by a quarter about its upper left corner, in pixels."""
    turned = {"x": 50, "y": 50, "width": 15, "height": 20, "rotation": 90, "rectanglelabels": ["a"]}
    ellipse = {"x": 50, "y": 50, "radiusX": 15, "radiusY": 20, "rotation": 90, "ellipselabels": ["b"]}
    first, second = read([{"value": turned}, {"value": ellipse}])
    np.testing.assert_allclose(
        first.polygons[0], [(0.5, 0.5), (0.5, 0.7), (0.35, 0.7), (0.35, 0.5)], atol=1e-9
    )  # 15 % of 80 pixels are 20 % of 60
    assert np.ptp(second.polygons[0], axis=0) == pytest.approx([0.3, 0.4], abs=1e-3)


def test_areas_made_by_hand() -> None:
    area = Area("face", polygons=[[(20, 30), (60, 30), (60, 60), (20, 60)]], pixels=SIZE)  # type: ignore[list-item, arg-type]
    assert area.surface == pytest.approx(0.25)
    assert read([area]) == (area,)
    rng = np.random.default_rng(0)
    pixels = rng.random((13, 17)) < 0.4
    noise = Area("noise", mask=pixels)  # type: ignore[arg-type]
    assert noise.surface == pytest.approx(pixels.mean())
    np.testing.assert_allclose(noise.coverage(np.linspace(0, 1, 14), np.linspace(0, 1, 18)), pixels, atol=1e-9)
    for wrong in ({}, {"box": BOX, "polygons": [BOX]}):
        with pytest.raises(AreaError, match="exactly one"):
            Area("a", **wrong)  # type: ignore[arg-type]
    assert read(None) == ()
