"""Focus, places and centeredness: by hand and by laws. Percentiles: by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wepsam
from wepsam import maps
from wepsam.attention import reference, scores
from wepsam.attention.reference import Reference


def spot(side: int, sigma: float) -> np.ndarray:
    x = (np.arange(side) + 0.5) / side - 0.5
    return maps.to_density(np.exp(-0.5 * np.add.outer(x**2, x**2) / sigma**2))


def test_focus_by_hand() -> None:
    density = np.array([[0.1, 0.4], [0.2, 0.3]])
    assert scores.focus(density, 0.4) == pytest.approx(1 / 4)
    assert scores.focus(density, 0.5) == pytest.approx((1 + 1 / 3) / 4)
    assert scores.focus(density, 1.0) == pytest.approx(1)
    assert scores.focus(np.full((5, 7), 1 / 35), 0.8) == pytest.approx(0.8)
    one = np.zeros((10, 10))
    one[3, 4] = 1
    assert scores.focus(one, 0.8) == pytest.approx(0.008)


def test_the_resolution_of_the_map_does_not_matter() -> None:
    for held in scores.HELD:
        assert scores.focus(spot(30, 0.1), held) == pytest.approx(scores.focus(spot(120, 0.1), held), rel=0.03)
    assert scores.places(spot(30, 0.1), (600, 600)) == pytest.approx(
        scores.places(spot(120, 0.1), (600, 600)), rel=0.03
    )


def test_places_by_hand() -> None:
    density = np.zeros((48, 64))
    density[1, 1] = 1
    assert scores.places(density, (600, 800)) == pytest.approx(1)
    density[:4, 60:] = 1 / 16
    assert scores.places(density / 2, (600, 800)) == pytest.approx(2)
    assert scores.places(np.full((48, 64), 1 / 3072), (600, 800)) == pytest.approx(12 * 16)
    assert scores.places(np.ones((1, 1)), (1, 1)) == pytest.approx(1)


def test_centeredness() -> None:
    left, right = np.zeros((4, 6)), np.zeros((4, 6))
    left[:, :3] = right[:, 3:] = 1 / 12
    assert scores.centeredness(left, left) == pytest.approx(1)
    assert scores.centeredness(left, right) == 0
    assert scores.centeredness(left, np.full((4, 6), 1 / 24)) == pytest.approx(0.5)


def rows(count: int = 11) -> list[dict[str, float]]:
    return [dict.fromkeys(scores.NAMES, float(value)) for value in range(count)]


def test_percentiles_by_hand(tmp_path: Path) -> None:
    made = reference.of_scores("ours", rows())
    values = dict(zip(scores.NAMES, (0.0, 5.0, 7.5, -3.0, 99.0), strict=True))
    assert list(made.percentiles(values).values()) == pytest.approx([0, 50, 75, 0, 100])
    reference.write(tmp_path / "ours.json", made)
    assert reference.read(tmp_path / "ours.json") == made
    same = reference.of_scores("same", [dict.fromkeys(scores.NAMES, 1.0)] * 10)
    assert same.percentiles({"clutter": 1.0})["clutter"] == pytest.approx(50)
    assert same.percentiles({"clutter": 1.1})["clutter"] == pytest.approx(100)
    with pytest.raises(ValueError, match="9 pictures"):
        reference.of_scores("few", rows(9))


def test_the_references_of_the_package() -> None:
    assert reference.names() == ["photographs", "web pages"]
    photographs, pages = map(reference.shipped, reference.names())
    assert photographs.pictures > 300
    assert pages.pictures == 50
    assert photographs.percentiles({"clutter": 0.1})["clutter"] == 0
    # After new weights: python -m learn.reference DATA, then python recipes/areas_check.py
    assert photographs.model == pages.model == wepsam.models()["wepsam-lite"]["sha256"]
    with pytest.raises(ValueError, match="photographs, web pages"):
        reference.shipped("paintings")


GOOD = Reference("a", 10, {name: [*map(float, range(101))] for name in scores.NAMES}).as_dict()
WRONG: list[tuple[Any, str]] = [
    (3, "quantiles"),
    ({}, "quantiles"),
    ({**GOOD, "name": "a\x1b"}, "name"),
    ({**GOOD, "name": 3}, "name"),
    ({**GOOD, "pictures": "many"}, "pictures"),
    ({**GOOD, "quantiles": {**GOOD["quantiles"], "clutter": [1.0]}}, "101 numbers"),
    ({**GOOD, "quantiles": {**GOOD["quantiles"], "clutter": [float("nan")] * 101}}, "101 numbers"),
    ({**GOOD, "quantiles": {**GOOD["quantiles"], "clutter": [*map(float, range(101, 0, -1))]}}, "do not rise"),
]


@pytest.mark.parametrize(("content", "word"), WRONG)
def test_files_that_are_no_reference(content: Any, word: str, tmp_path: Path) -> None:
    path = tmp_path / "reference.json"
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=word) as caught:
        reference.read(path)
    assert len(str(caught.value).splitlines()) == 1
    assert "reference.json is not a reference" in str(caught.value)
