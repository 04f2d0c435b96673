"""NAME=FOLDER, and arguments that no reader knows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dataset_files import blob, marks
from helpers import Paint, Write, refused
from wepsam import datasets
from wepsam.datasets import FixationDataset, open_dataset


@pytest.mark.parametrize("spec", ["osie", "OSIE=x", "salicon=x", "=x", ""])
def test_what_is_not_name_and_folder(spec: str) -> None:
    known = "among salicon-2015-fixations, salicon-2015-mouse" if "salicon" in spec else "osie"
    refused(lambda: open_dataset(spec), repr(spec), "NAME=FOLDER", known)


def own_csv(folder: Path, paint: Paint, write: Write) -> Path:
    write(folder / "stimuli" / "a.png", paint(0))
    (folder / "fixations.csv").write_text("image,observer,x,y\na.png,1,2,3\n")
    return folder


def own_maps(folder: Path, paint: Paint, write: Write, below: str = "maps") -> Path:
    write(folder / "images" / "a.png", paint(0))
    write(folder / below / "a.png", blob((90, 120), 30, 40) if below == "maps" else marks((90, 120), (30, 40)))
    return folder


def test_own_data_has_any_name_and_its_kind_is_seen(tmp_path: Path, paint: Paint, write: Write) -> None:
    table, densities = own_csv(tmp_path / "A b", paint, write), own_maps(tmp_path / "B", paint, write)
    points = own_maps(tmp_path / "C", paint, write, "points")
    for folder, kind in ((table, "csv"), (densities, "maps"), (points, "points")):
        for said, name in (("pages", "pages"), (f"x:{kind}", "x"), (kind, folder.name)):
            data = open_dataset(f"{said}={folder}/")
            assert (data.name, data.own, data.has_fixations, len(data)) == (name, True, kind != "maps", 1)
    assert not open_dataset(f"eyecrowd={table}").own
    np.testing.assert_array_equal(open_dataset(f"p={points}")[0].fixations, [(30, 40)])


def test_own_data_is_never_taken_for_a_public_dataset(tmp_path: Path, paint: Paint, write: Write) -> None:
    folder = own_csv(tmp_path / "osie", paint, write)
    assert open_dataset(f"csv={folder}").name == "osie-csv"  # without OSIE's split
    refused(lambda: open_dataset(f"osie:csv={folder}"), "another NAME")
    for name in ("OSIE", "salicon-2016-fixations"):
        refused(lambda name=name: open_dataset(f"{name}={folder}"), "with a NAME among")  # type: ignore[misc]


def test_own_data_whose_kind_is_not_clear(tmp_path: Path, paint: Paint, write: Write) -> None:
    folder = own_maps(own_csv(tmp_path / "both", paint, write), paint, write)
    refused(lambda: open_dataset(f"mine={folder}"), "holds csv and maps", "mine:csv=FOLDER")
    assert open_dataset(f"mine:maps={folder}").name == "mine"
    (tmp_path / "empty").mkdir()
    refused(lambda: open_dataset(f"mine={tmp_path}/empty"), "stimuli and fixations.csv (csv) or images and maps (maps)")
    refused(lambda: open_dataset(f"mine:tsv={folder}"), "the kind 'tsv', expected a kind among csv, maps, points")


@pytest.mark.parametrize("name", ["../up", "a/b", ".hidden", "a\\b", "a\nb", "-x"])
def test_a_name_stands_for_a_folder(name: str, tmp_path: Path, paint: Paint, write: Write) -> None:
    folder = own_csv(tmp_path, paint, write)
    refused(lambda: open_dataset(f"{name}:csv={folder}"), "begins with a letter or digit and has no slashes")


def test_settings_are_for_own_data(tmp_path: Path, paint: Paint, write: Write) -> None:
    spec = f"mine={own_csv(tmp_path, paint, write)}"
    assert open_dataset(spec, sigma=7)[0].sigma == 7
    data = open_dataset(spec, pixels_per_degree=30)
    assert (data[0].sigma, data.sigma, data.pixels_per_degree) == (30, 30, 30)
    assert open_dataset(spec, sigma=7, pixels_per_degree=30).sigma == 7
    refused(lambda: open_dataset(spec, sigma=-1), "sigma has to be a positive number, not -1")
    refused(lambda: open_dataset("scene=x", sigma=3), "scene has its own sigma")


SOURCED: dict[str, Callable[..., FixationDataset]] = {
    name: getattr(datasets, name) for name in ("isun", "mit1003", "cat2000", "pascal_s", "figrim")
}


@pytest.mark.parametrize("name", SOURCED)
def test_an_unknown_source(name: str, root: Path) -> None:
    refused(lambda: SOURCED[name](root, source="eyes"), "the source of", "fixations or", "not 'eyes'")
