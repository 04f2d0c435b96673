"""OSIE, EyeCrowd and Scene."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dataset_files import read, same
from helpers import Paint, Write, ids, refused, write_osie
from wepsam import datasets
from wepsam.datasets import open_dataset

LOOKED: dict[str, list[list[tuple[float, float]]]] = {
    "1001.jpg": [[(1, 1), (800, 600)], [(400.5, 300.25), (801, 10), (10, 0.5)], []],
    "1003.jpg": [[(20, 30)]],
}


@pytest.fixture
def osie_folder(tmp_path: Path, paint: Paint, write: Write) -> Path:
    folder = write_osie(tmp_path / "OSIE" / "data", LOOKED).parent
    for name in LOOKED:
        write(folder / "data" / "stimuli" / name, paint(1, 600, 800))
    return folder


def test_the_miniature_osie_is_built_like_the_true_one(osie_folder: Path, shared: Path) -> None:
    from scipy.io import loadmat

    def kinds(value: Any) -> Any:
        """The nesting down to the first leaves."""
        if value.dtype == object:
            return "cell", value.shape[1], kinds(value.flat[0])
        if value.dtype.names:
            return {name: kinds(value[name].flat[0]) for name in value.dtype.names}
        return value.dtype.kind, value.ndim

    ours, theirs = (
        kinds(loadmat(folder / "data" / "eye" / "fixations.mat")["fixations"])
        for folder in (osie_folder, shared / "data" / "osie")
    )
    assert ours == theirs


def test_osie(osie_folder: Path) -> None:
    data = datasets.osie(osie_folder)
    assert (data.name, data.sigma, data.pixels_per_degree, len(data)) == ("osie", 24, 24, 2)
    first, second = data
    assert (first.id, first.size, first.sigma) == ("1001", (600, 800), 24)
    assert first.fixations is not None
    # MATLAB's pixel 1 is our pixel 0. Glances beside the screen are dropped, their observer keeps the others.
    np.testing.assert_array_equal(first.fixations, [(0, 0), (799, 599), (399.5, 299.25)])
    np.testing.assert_array_equal(first.observer, [0, 0, 1])
    np.testing.assert_array_equal(second.fixations, [(19, 29)])
    assert first.stimulus().shape == (600, 800, 3)


def test_osie_from_any_folder_of_the_tree(osie_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(osie_folder.parent)
    monkeypatch.setenv("HOME", str(osie_folder.parent))
    for spec in ("OSIE", "OSIE/", "./OSIE/data/", osie_folder, "~/OSIE"):
        assert len(open_dataset(f"osie={spec}")) == 2


def test_osie_with_some_of_its_pictures(osie_folder: Path) -> None:
    (osie_folder / "data" / "stimuli" / "1001.jpg").unlink()
    assert [sample.id for sample in datasets.osie(osie_folder)] == ["1003"]
    (osie_folder / "data" / "stimuli" / "1003.jpg").unlink()
    refused(lambda: datasets.osie(osie_folder), "no pictures of osie", osie_folder)


def test_osie_with_one_picture_in_its_file(tmp_path: Path, paint: Paint, write: Write) -> None:
    write_osie(tmp_path, {"7.jpg": [[(5, 6), (7, 8)], [(9, 9)]]})
    write(tmp_path / "stimuli" / "7.jpg", paint(0))
    (sample,) = datasets.osie(tmp_path)
    np.testing.assert_array_equal(sample.fixations, [(4, 5), (6, 7), (8, 8)])


def test_osie_missing_or_broken(osie_folder: Path, tmp_path: Path) -> None:
    mat = osie_folder / "data" / "eye" / "fixations.mat"
    for content in (mat.read_bytes()[:2000], b"", b"not MATLAB's"):
        mat.write_bytes(content)
        refused(lambda: datasets.osie(osie_folder), f"{mat} cannot be read")
    from scipy.io import savemat

    savemat(mat, {"fixation": 1})
    refused(lambda: datasets.osie(osie_folder), mat, "no variable 'fixations'")
    mat.unlink()
    refused(lambda: datasets.osie(osie_folder), f"no OSIE at {osie_folder}: expected {mat}")
    refused(lambda: datasets.osie(tmp_path / "nowhere"), "nowhere/stimuli", "nowhere/eye/fixations.mat")


@pytest.mark.parametrize(("name", "below"), [("eyecrowd", "eye"), ("scene", "tidy")])
def test_eyecrowd_and_scene_of_mat_files(name: str, below: str, root: Path, paint: Paint, write: Write) -> None:
    write_osie(root / "data", {"1.jpg": [[(1, 1), (60, 40)], [(3, 4)]], "2.jpg": [[(5, 6)]]})
    (root / "data" / "eye").rename(root / "data" / below)
    refused(lambda: open_dataset(f"{name}={root}"), f"no {name} at {root}", "data/stimuli")
    for picture in ("1.jpg", "2.jpg"):
        write(root / "data" / "stimuli" / picture, paint(0, 40, 60))
    data = read(name, root)
    assert (data.name, data.sigma, ids(data)) == (name, 0.03 * 60, ["1", "2"])
    same(data[0], [(0, 0), (59, 39), (2, 3)], [0, 0, 1])
    write(root / "stimuli" / "1.jpg", paint(0, 20, 30))  # smaller copies beside it, with a table of their own
    (root / "fixations.csv").write_text("image,observer,x,y\n1.jpg,a,29,19\n")
    same(read(name, root)[0], [(29, 19)], [0])
