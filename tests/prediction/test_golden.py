"""What tests/golden/predict/ and docs/how-to/deploy.md tell ports to other languages is what Python does."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np

import wepsam
from helpers import ROOT
from recipes import predict_golden
from wepsam import shapes
from wepsam.images import read_image

ANEW = "run: python recipes/predict_golden.py"


def golden(name: str) -> dict[str, Any]:
    return json.loads((predict_golden.GOLDEN / name).read_bytes())


def assert_same(ours: Any, expected: Any, tolerance: float, where: str) -> None:
    """Every number, name and length of two values of JSON."""
    if isinstance(expected, dict):
        assert list(ours) == list(expected), f"{where}; {ANEW}"
        for name in expected:
            assert_same(ours[name], expected[name], tolerance, f"{where}.{name}")
    elif isinstance(expected, list) and any(isinstance(part, dict) for part in expected):
        assert len(ours) == len(expected), f"{where}; {ANEW}"
        for place, (one, other) in enumerate(zip(ours, expected, strict=True)):
            assert_same(one, other, tolerance, f"{where}[{place}]")
    elif isinstance(expected, list):
        np.testing.assert_allclose(ours, expected, rtol=0, atol=tolerance, err_msg=f"{where}; {ANEW}")
    else:
        assert ours == expected, f"{where}; {ANEW}"


def test_the_steps_are_those_of_the_file() -> None:
    assert_same(json.loads(json.dumps(predict_golden.steps())), golden("steps.json"), 1e-7, "steps")


def test_the_golden_outputs_are_of_the_weights_that_ship() -> None:
    shipped = wepsam.models()[predict_golden.MODEL]["sha256"]
    assert golden("whole.json")["sha256"] == shipped, f"the golden outputs are stale: of other weights; {ANEW}"


def test_the_golden_outputs_are_those_of_the_pictures() -> None:
    for name, (shape, _) in predict_golden.PICTURES.items():
        path = predict_golden.GOLDEN / f"{name}.png"
        assert np.array_equal(read_image(path), read_image(predict_golden.drawn(shape))), ANEW
    for ours, expected in zip(predict_golden.whole()["cases"], golden("whole.json")["cases"], strict=True):
        assert_same(json.loads(json.dumps(ours)), expected, 1e-4, expected["picture"])


def test_the_page_names_the_constants_of_the_package() -> None:
    page = (ROOT / "docs" / "how-to" / "deploy.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| `\w+` \| ([\d.]+) \| `shapes\.(\w+)` \|$", page, re.MULTILINE)
    assert len(named) == 3
    for value, name in named:
        assert float(value) == getattr(shapes, name), name
