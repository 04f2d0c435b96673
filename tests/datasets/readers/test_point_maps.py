"""CAT2000 and Toronto, whose fixations are maps of the fixated pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dataset_files import blob, cell, marks, peak, read, same, save
from helpers import Paint, Write, ids, refused
from wepsam import datasets
from wepsam.datasets import open_dataset


@pytest.mark.parametrize("below", ["trainSet", ""])
def test_cat2000(below: str, root: Path, paint: Paint, write: Write) -> None:
    train = root / below
    for category in ("Action", "Art"):
        write(train / "Stimuli" / category / "001.jpg", paint(0, 40, 60))
        write(train / "Stimuli" / category / "Output" / "001_Saliency.jpg", paint(1, 40, 60))
        save(train / "FIXATIONLOCS" / category / "001.mat", fixLocs=marks((40, 60), (59, 39), (3, 20), (0, 0)))
        write(train / "FIXATIONMAPS" / category / "001.jpg", blob((40, 60), 12, 30))
        write(train / "FIXATIONMAPS" / category / "Output" / "001.jpg", blob((40, 60), 50, 3))
    data = read("cat2000", root)
    assert (data.name, data.sigma, ids(data)) == ("cat2000", 40, ["Action/001", "Art/001"])
    same(data[1], [(0, 0), (3, 20), (59, 39)], None)
    data = read("cat2000-densities", root)
    assert np.abs(np.subtract(peak(data[0].density()), (12, 30))).max() <= 1
    write(root / "testSet" / "Stimuli" / "Art" / "201.jpg", paint(0, 40, 60))
    test = datasets.cat2000(root, part="test")
    assert (ids(test), test[0].has_density) == (["Art/201"], False)


def test_cat2000_missing_or_broken(root: Path, paint: Paint, write: Write) -> None:
    refused(lambda: open_dataset(f"cat2000={root}"), f"no CAT2000 at {root}", "trainSet/Stimuli/<Category>/001.jpg")
    write(root / "Stimuli" / "Art" / "001.jpg", paint(0, 40, 60))
    refused(lambda: open_dataset(f"cat2000={root}"), root / "FIXATIONLOCS", "docs/reference/datasets.md")
    mat = save(root / "FIXATIONLOCS" / "Art" / "001.mat", fixLocs=marks((60, 40), (1, 1)))
    refused(lambda: open_dataset(f"cat2000={root}"), f"{mat} is 40x60, its picture 60x40")
    save(mat, fixLocs="text")
    refused(lambda: open_dataset(f"cat2000={root}"), mat, "not a map of numbers")
    mat.rename(mat.with_name("002.mat"))
    refused(lambda: open_dataset(f"cat2000={root}"), "001.jpg has no map", mat)


def test_cat2000_with_another_variable(root: Path, paint: Paint, write: Write) -> None:
    write(root / "Stimuli" / "Art" / "001.jpg", paint(0, 40, 60))
    save(root / "FIXATIONLOCS" / "Art" / "001.mat", fixations=marks((40, 60), (59, 39), (3, 20)))
    same(read("cat2000", root)[0], [(3, 20), (59, 39)], None)


@pytest.mark.parametrize("pictures", [1, 2, 3])
def test_toronto(pictures: int, root: Path, paint: Paint, write: Write) -> None:
    fixdens = root / "eyetrackingdata" / "fixdens"
    for number in range(1, pictures + 1):
        write(fixdens / "Original Image Set" / f"{number}.jpg", paint(number, 40, 60))
    save(fixdens / "origfixdata.mat", white=cell([marks((40, 60), (n, 2 * n), (59, 39)) for n in range(pictures)]))
    data = read("toronto", root)
    assert (data.name, data.sigma, len(data)) == ("toronto", 0.03 * 60, pictures)
    for n, sample in enumerate(data):
        same(sample, [(n, 2 * n), (59, 39)], None)
    assert ids(read("toronto", fixdens)) == ids(data)
    (fixdens / "origfixdata.mat").unlink()
    refused(lambda: open_dataset(f"toronto={root}"), f"no Toronto at {root}", "Original Image Set", "origfixdata.mat")
