"""SVG drawings are well-formed, complete and inert, whatever the labels are."""

from __future__ import annotations

import base64
import io
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from helpers import Answer, Paint
from wepsam import drawing
from wepsam.drawing.drawings import OUTLINED
from wepsam.images import is_drawn

NAME = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    "</text><script>alert(1)</script>",
    '" onload="alert(1)',
    "a & b <i>",
    "]]>",
    "\u4e2d\ufffe\U0001f600",
    "&lt;!--",
]


@pytest.mark.parametrize("kind", OUTLINED)
@pytest.mark.parametrize("picture", [True, False])
def test_svg(kind: str, picture: bool, answer: Answer, paint: Paint) -> None:
    pixels = paint(1, 300, 400)
    areas = [{"label": label, "box": [0, 0.15 * n, 1, 0.15 * n + 0.1]} for n, label in enumerate(HOSTILE)]
    text = drawing.draw_svg(answer(pixels, areas), kind, drawing.Style(size=200), picture=picture)
    root = ET.fromstring(text)
    assert (root.get("viewBox") or "").split()[2] == "200"
    allowed = {"svg", "title", "desc", "image", "polygon", "circle", "rect", "text"}
    assert {element.tag.removeprefix(NAME) for element in root.iter()} <= allowed
    for element in root.iter():
        assert not any(name.startswith("on") for name in element.attrib)
        assert ("href" in element.attrib) == (element.tag == f"{NAME}image")
    images = root.findall(f"{NAME}image")
    assert len(images) == picture
    for image in images:
        kind_of, _, data = (image.get("href") or "").partition(";base64,")
        assert kind_of == "data:image/jpeg"
        assert Image.open(io.BytesIO(base64.b64decode(data))).size == (200, 150)
    assert len(root.findall(f"{NAME}polygon")) % 2 == 0  # each line has its border
    if kind == "areas":
        written = [element.text or "" for element in root.findall(f"{NAME}text")]
        assert any(line.startswith("a & b <i> ") for line in written)
        assert "\ufffe" not in text


def test_the_same_scene_as_in_pixels(answer: Answer) -> None:
    """Corners of the outline are where the lines of the picture are."""
    found = answer(np.zeros((300, 400, 3), np.uint8), [{"label": "a", "box": [0.25, 0.5, 0.75, 0.75]}])
    root = ET.fromstring(drawing.draw_svg(found, "areas", picture=False))
    corners = [(element.get("points") or "").split() for element in root.findall(f"{NAME}polygon")]
    assert corners == [["100,150", "300,150", "300,225", "100,225"]] * 2
    drawn = drawing.draw(found, "areas", drawing.Style(legend=False))
    assert drawn[225, 150:250].max(axis=1).min() > 100
    assert drawn[260].max() == 0


def test_print_size_and_mark(answer: Answer, paint: Paint, tmp_path) -> None:
    text = drawing.draw_svg(answer(paint(1)), "contours", drawing.Style(size=600, dpi=300), picture=False)
    root = ET.fromstring(text)
    assert (root.get("width"), root.get("height")) == ("2in", "1.5in")
    (tmp_path / "a.svg").write_text(text, encoding="utf-8")
    assert is_drawn(tmp_path / "a.svg")
    with pytest.raises(ValueError, match="heat is made of pixels: SVG is for contours"):
        drawing.draw_svg(answer(paint(1)), "heat")
