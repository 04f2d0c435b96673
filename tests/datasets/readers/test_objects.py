"""DUT-OMRON, as published and as pictures with densities, and PASCAL-S."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dataset_files import blob, cell, peak, read, same, save, save_7_3, version_7_3
from helpers import Paint, Write, ids, refused
from wepsam import datasets, maps
from wepsam.datasets import open_dataset


def test_dut_omron_of_points(root: Path, paint: Paint, write: Write) -> None:
    """Counted from 0; the first row, of observer 0, is the picture's size."""
    for name, rows in (
        ("im001", [(60, 40, 0), (0, 0, 1), (59, 39, 1), (10, 20, 3)]),
        ("im002", [(60, 40, 0), (7, 8, 2), (60, 8, 2)]),
        ("im003", [(60, 40, 0)]),
    ):
        write(root / "DUT-OMRON-image" / f"{name}.jpg", paint(0, 40, 60))
        save(root / "DUT-OMRON-eye-fixations" / "mat" / f"{name}.mat", s=np.array(rows, np.int16))
    data = read("dut_omron", root)
    assert (data.name, data.sigma, ids(data)) == ("dut_omron", 0.03 * 60, ["im001", "im002", "im003"])
    same(data[0], [(0, 0), (59, 39), (10, 20)], [0, 0, 2])
    same(data[1], [(7, 8)], [1])
    assert data[1].outside == 1
    same(data[2], [], [])
    mat = save(root / "DUT-OMRON-eye-fixations" / "mat" / "im003.mat", s=np.ones((4, 2)))
    refused(lambda: open_dataset(f"dut_omron={root}"), mat, "(4, 2), expected (N, 3)")


@pytest.mark.parametrize("pictures", [1, 3])
def test_pascal_s(pictures: int, root: Path, paint: Paint, write: Write) -> None:
    for number in range(1, pictures + 1):
        write(root / "datasets" / "imgs" / "pascal" / f"{number}.jpg", paint(number, 40, 60))
        write(root / "algmaps" / "pascal" / "humanFix" / f"{number}.png", blob((40, 60), number, 5))
    rows = [np.array([(1, 1, 1), (40, 60, 2), (3, 5 + n, 2)], float) for n in range(pictures)]
    table = root / "datasets" / "fixations" / "pascalFix.mat"
    save(table, fixCell=cell([*rows[:-1], rows[-1][1:2]]).T)
    data = read("pascal_s", root)
    assert (data.name, data.sigma, ids(data)[-1]) == ("pascal_s", 0.03 * 60, str(pictures))
    for n, sample in enumerate(data[:-1]):
        same(sample, [(0, 0), (59, 39), (4 + n, 2)], [0, 1, 1])  # (row, column, observer) there
    same(data[-1], [(59, 39)], [1])
    assert peak(read("pascal_s-densities", root)[0].density()) == (1, 5)
    assert ids(read("pascal_s", root / "datasets")) == ids(data)


def test_pascal_s_missing_or_as_published(root: Path, paint: Paint, write: Write) -> None:
    refused(lambda: open_dataset(f"pascal_s={root}"), f"no PASCAL-S at {root}", "datasets/imgs/pascal/1.jpg")
    write(root / "datasets" / "imgs" / "pascal" / "1.jpg", paint(0))
    refused(lambda: open_dataset(f"pascal_s={root}"), "datasets/fixations/pascalFix.mat")
    refused(lambda: open_dataset(f"pascal_s-densities={root}"), "algmaps/pascal/humanFix/")
    table = version_7_3(root / "datasets" / "fixations" / "pascalFix.mat")
    refused(lambda: open_dataset(f"pascal_s={root}"), table, "damaged MATLAB 7.3 (HDF5)")


def test_pascal_s_as_published(root: Path, paint: Paint, write: Write) -> None:
    """pascalFix.mat has version 7.3; nobody looked at the second picture, once at the third."""
    for number in (1, 2, 3):
        write(root / "datasets" / "imgs" / "pascal" / f"{number}.jpg", paint(number, 40, 30 * number))
    cells = [np.array([(1, 1, 1), (40, 30, 2)]), np.empty((0, 0)), np.array([(3.0, 5, 2)])]
    save_7_3(root / "datasets" / "fixations" / "pascalFix.mat", fixCell=cells)
    data = read("pascal_s", root)
    same(data[0], [(0, 0), (29, 39)], [0, 1])
    same(data[1], [], [])
    same(data[2], [(4, 2)], [1])
    assert [sample.sigma for sample in data] == [0.03 * 40, 0.03 * 60, 0.03 * 90]  # of each picture


def test_dut_omron_of_resized_pictures(root: Path, paint: Paint, write: Write) -> None:
    """The size that the file of fixations says need not be that of the picture at hand."""
    write(root / "DUT-OMRON-image" / "im001.jpg", paint(0, 20, 30))
    rows = np.array([(60, 40, 0), (0, 0, 1), (59, 39, 1), (10, 20, 3)], np.int16)
    save(root / "DUT-OMRON-eye-fixations" / "mat" / "im001.mat", s=rows)
    same(read("dut_omron", root)[0], [(0, 0), (29.5, 19.5), (5, 10)], [0, 0, 2])


@pytest.fixture
def omron_folder(tmp_path: Path, paint: Paint, write: Write) -> Path:
    """DUT-OMRON's layout: 224x224 pictures, 64x64 densities with a largest value of 255."""
    folder = tmp_path / "dut_omron"
    for seed, part in enumerate(["train", "train", "val"]):
        density = maps.density(np.array([(20 + 10 * seed, 30)]), (64, 64), 4.0)
        write(folder / "images" / part / f"{seed:04d}.jpg", paint(seed, 224, 224))
        write(folder / "maps" / part / f"{seed:04d}.png", np.rint(255 * density / density.max()).astype(np.uint8))
    return folder


def test_dut_omron(omron_folder: Path) -> None:
    data = open_dataset(f"dut_omron={omron_folder}/")
    assert [sample.id for sample in data] == ["train/0000", "train/0001", "val/0002"]
    assert not data.has_fixations
    for seed, sample in enumerate(data):
        assert (sample.fixations, sample.observer, sample.size) == (None, None, (224, 224))
        density = sample.density()
        assert density.shape == sample.size
        assert density.sum() == pytest.approx(1)
        row, column = np.unravel_index(density.argmax(), density.shape)
        # Where the small density has its peak, half pixel centers considered.
        assert abs(column + 0.5 - (20.5 + 10 * seed) * 3.5) < 2
        assert abs(row + 0.5 - 30.5 * 3.5) < 2
        with pytest.raises(ValueError, match="which observer"):
            sample.observed_by(np.array([0]))


def test_missing_densities(omron_folder: Path, tmp_path: Path, paint: Paint, write: Write) -> None:
    write(omron_folder / "images" / "val" / "0002.png", paint(5))
    refused(lambda: datasets.dut_omron(omron_folder), "0002.jpg", "0002.png", "differ in their suffix only")
    write(omron_folder / "images" / "val" / "0009.jpg", paint(5))
    refused(lambda: datasets.dut_omron(omron_folder), "images/val/0009.jpg has no map", "maps/val/0009.*")
    refused(lambda: datasets.dut_omron(tmp_path / "x"), "no dut_omron at", "x/images", "x/maps")
    for folder in ("images", "maps"):
        (tmp_path / "y" / folder).mkdir(parents=True)
    refused(lambda: datasets.dut_omron(tmp_path / "y"), "no pictures of dut_omron")
