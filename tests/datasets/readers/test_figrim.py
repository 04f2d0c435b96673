"""FIGRIM, with observers and as maps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dataset_files import blob, marks, peak, read, same, save, structs
from helpers import Paint, Write, ids, refused
from wepsam import datasets
from wepsam.datasets import open_dataset


def figrim_picture(name: str, *looked: list[tuple[float, float]] | None) -> dict[str, Any]:
    """An element of allImages; an observer who did not see the picture (None) has empty fields."""
    empty = np.zeros((0, 0))

    def observer(points: list[tuple[float, float]] | None) -> dict[str, Any]:
        if points is None:
            return {"trial": empty, "fixations": empty, "SDT": empty}
        again = np.array([(9.0, 9.0)])  # of the second and third viewing, which do not count
        fixations = {"enc": np.array(points, float).reshape(-1, 2), "rec": again, "rec2": again}
        return {"trial": 12, "fixations": fixations, "SDT": np.array([[4, 1, 1]])}

    return {
        "filename": f"{name}.jpg",
        "category": "bridge",
        "impath": f"Targets/bridge/{name}.jpg",
        "userdata": structs([observer(points) for points in looked]),
    }


@pytest.fixture
def figrim(root: Path, paint: Paint, write: Write) -> Path:
    for part, end, name in (("Targets", "", "sun_t"), ("Fillers", "_fillers", "sun_f")):
        write(root / part / "bridge" / f"{name}.jpg", paint(0, 40, 60))
        save(root / f"FIXATIONLOCS{end}" / "bridge" / f"{name}.mat", fixLocs=marks((40, 60), (5, 6)).astype(bool))
        write(root / f"FIXATIONMAPS{end}" / "bridge" / f"{name}.jpg", blob((40, 60), 22, 7))
    return root


@pytest.mark.parametrize("below", ["", "Data"])
def test_figrim_of_observers(below: str, figrim: Path) -> None:
    targets = [
        figrim_picture("sun_t", [(1, 1), (60, 40)], None, [(12.5, 8)]),
        figrim_picture("sun_elsewhere", [(1, 1)]),
    ]
    fillers = [figrim_picture("sun_f", None, [(2, 3), (61, 3)], [])]
    save(figrim / (below and "targetData") / "allImages_release.mat", allImages=structs(targets))
    save(figrim / (below and "fillerData") / "allImages_fillers.mat", allImages=structs(fillers))
    data = read("figrim", figrim)
    assert (data.name, data.sigma, data.pixels_per_degree) == ("figrim", 33, 33)
    assert ids(data) == ["fillers/bridge/sun_f", "targets/bridge/sun_t"]
    same(data[0], [(1, 2)], [1])
    assert data[0].outside == 1
    same(data[1], [(0, 0), (59, 39), (11.5, 7)], [0, 0, 2])
    assert ids(datasets.figrim(figrim, part="targets")) == ["targets/bridge/sun_t"]


def test_figrim_of_maps(figrim: Path) -> None:
    data = read("figrim", figrim)
    assert ids(data) == ["fillers/bridge/sun_f", "targets/bridge/sun_t"]
    for sample in data:
        same(sample, [(5, 6)], None)
    for sample in read("figrim-densities", figrim):
        assert np.abs(np.subtract(peak(sample.density()), (22, 7))).max() <= 1


def test_figrim_missing_or_broken(figrim: Path, tmp_path: Path) -> None:
    refused(lambda: open_dataset(f"figrim={tmp_path}"), "no FIGRIM at", "Targets/<category>/*.jpg")
    save(figrim / "allImages_release.mat", allImages=structs([{"filename": "sun_t.jpg", "userdata": 3}]))
    refused(lambda: open_dataset(f"figrim={figrim}"), "allImages_release.mat", "no field fixations")
    (figrim / "allImages_release.mat").unlink()
    (figrim / "FIXATIONLOCS").rename(figrim / "elsewhere")
    refused(lambda: open_dataset(f"figrim={figrim}"), "FIGRIM's fixations", "allImages_release.mat or FIXATIONLOCS/")
    (figrim / "FIXATIONMAPS_fillers").rename(figrim / "elsewhere too")
    refused(lambda: open_dataset(f"figrim-densities={figrim}"), "FIGRIM's densities", "FIXATIONMAPS_fillers/")
