"""MIT1003: from its own code's fixations, from raw gaze, from maps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dataset_files import blob, cell, marks, peak, read, same, save, structs, version_7_3
from helpers import Paint, Write, ids, refused, write_osie
from wepsam import datasets
from wepsam.datasets import FixationDataset, open_dataset


@pytest.mark.parametrize("stimuli", ["ALLSTIMULI", "stimuli"])
def test_mit1003_of_observers(stimuli: str, root: Path, paint: Paint, write: Write) -> None:
    write_osie(root, {"i1.jpeg": [[(30, 20), (1, 1)], [(31, 21), (60, 40)]], "i2.jpeg": [[(30, 20)]]})
    for name in ("i1", "i2"):
        write(root / stimuli / f"{name}.jpeg", paint(0, 40, 60))
    data = read("mit1003", root)
    assert (data.name, data.sigma, data.pixels_per_degree, ids(data)) == ("mit1003", 35, 35, ["i1", "i2"])
    same(data[0], [(29, 19), (0, 0), (30, 20), (59, 39)], [0, 0, 1, 1])
    first, second = datasets.mit1003(root, skip=1)  # where the file still has the first fixation, at the center
    same(first, [(0, 0), (59, 39)], [0, 1])
    same(second, [], [])


def test_mit1003_of_maps(root: Path, paint: Paint, write: Write) -> None:
    """The points are JPEGs: pixels beside a white one are not quite black."""
    points = [(0, 0), (59, 0), (17, 9), (18, 9), (30, 25), (59, 39)]
    write(root / "ALLSTIMULI" / "i1.jpeg", paint(0, 40, 60))
    file = write(root / "ALLFIXATIONMAPS" / "i1_fixPts.jpg", marks((40, 60), *points, value=255), quality=75)
    write(root / "ALLFIXATIONMAPS" / "i1_fixMap.jpg", blob((40, 60), 40, 10))
    assert len(np.unique(np.asarray(Image.open(file)))) > 2
    (sample,) = read("mit1003", root)
    same(sample, sorted(points, key=lambda p: (p[1], p[0])), None)  # type: ignore[arg-type]
    (sample,) = read("mit1003-densities", root)
    assert np.abs(np.subtract(peak(sample.density()), (40, 10))).max() <= 1
    assert sample.fixations is None
    write(root / "ALLSTIMULI" / "i2.jpeg", paint(0, 40, 60))
    refused(lambda: open_dataset(f"mit1003={root}"), "i2.jpeg has no map", "i2_fixPts.jpg")
    refused(lambda: open_dataset(f"mit1003-densities={root}"), "i2_fixMap.jpg")
    write(root / "ALLFIXATIONMAPS" / "i2_fixPts.jpg", marks((20, 30), (1, 1), value=255))
    refused(lambda: open_dataset(f"mit1003={root}"), "i2_fixPts.jpg is 30x20, its picture 60x40")


LONG = "i" + "0123456789" * 7  # MATLAB cuts the names of variables after 63 characters


CENTER = (30.0, 20.0, 80)  # the cross that they had to look at


def recorded(file: Path, *rests: tuple[float, float, int], whole: bool = True) -> Path:
    """A file of raw gaze: 240 samples a second, in pixels of the picture, at each place for a number of them."""
    gaze = np.concatenate([np.tile([(x, y)], (samples, 1)) for x, y, samples in rests])
    trial = {"block": 1, "trial": 7, "eyeData": gaze.astype(float)}
    about = {"subName": file.parent.name, "when": "01-Jul-2008", "Nreps": 1, "imgName": f"{file.stem}.jpeg"}
    return save(file, **{file.stem[:63]: {**(about if whole else {}), "DATA": structs([trial])}})


@pytest.fixture
def raw_gaze(root: Path, paint: Paint, write: Write) -> Path:
    for stem in ("i1", LONG):
        write(root / "ALLSTIMULI" / f"{stem}.jpeg", paint(0, 40, 60))
    blink, beside = (-40.0, -700.0, 60), (75.0, 20.0, 60)
    recorded(
        root / "DATA" / "CNG" / "i1.mat", CENTER, (1, 1, 60), blink, (60, 40, 60), beside, (9, 30, 15), (20.5, 10, 60)
    )
    recorded(
        root / "DATA" / "ajs" / "i1.mat", CENTER, (45, 8, 580), (45, 21.75, 60), whole=False
    )  # 0.404 degrees apart
    recorded(root / "DATA" / "CNG" / f"{LONG}.mat", CENTER)
    recorded(root / "DATA" / "ajs" / f"{LONG}.mat", (30, 20, 8), (2, 3, 60), (30, 20, 60))
    save(root / "DATA" / "CNG_shuff_stimnames.mat", shuff_stimnames=cell(["i1.jpeg"]))
    (root / "DATA" / ".svn").mkdir()
    return root


@pytest.mark.parametrize("below", ["DATA", "DATA/DATA"])
def test_mit1003_of_raw_gaze(below: str, raw_gaze: Path) -> None:
    """Without the fixation in which the recording begins, whether it lasted or not, and without what lies beside."""
    if below != "DATA":
        (raw_gaze / "DATA").rename(raw_gaze / "moved")
        (raw_gaze / "DATA").mkdir()
        (raw_gaze / "moved").rename(raw_gaze / below)
    data = read("mit1003", raw_gaze)
    assert (data.name, data.sigma, data.pixels_per_degree, ids(data)) == ("mit1003", 35, 35, [LONG, "i1"])
    same(data[0], [(1, 2), (29, 19)], [1, 1])
    same(data[1], [(0, 0), (59, 39), (19.5, 9), (44, 7), (44, 20.75)], [0, 0, 0, 1, 1])
    assert data[1].outside == 2  # the blink too
    assert data.split("all").note == data[:1].note == data.note
    remark, *others = datasets.check("mit1003", raw_gaze)["remarks"]
    assert remark == data.note
    assert "by wepsam" in remark
    assert others == [
        "2 of the 1003 pictures of MIT1003 with ground truth",
        "2 of 9 fixations lie outside their picture and are left out",
    ]


def test_mit1003_takes_the_fixations_of_its_own_code_first(raw_gaze: Path, write: Write) -> None:
    for stem in ("i1", LONG):
        write(raw_gaze / "ALLFIXATIONMAPS" / f"{stem}_fixPts.jpg", marks((40, 60), (9, 9), value=255))
        write(raw_gaze / "ALLFIXATIONMAPS" / f"{stem}_fixMap.jpg", blob((40, 60), 9, 9))
    assert read("mit1003", raw_gaze).note  # raw gaze has observers, the maps have none
    assert not read("mit1003-densities", raw_gaze).note
    write_osie(raw_gaze, {"i1.jpeg": [[(5, 6)]]})
    data = read("mit1003", raw_gaze)
    same(data[0], [(4, 5)], [0])
    assert data.note == ""
    assert not any("wepsam" in remark for remark in datasets.check("mit1003", raw_gaze)["remarks"])


def test_mit1003_missing_or_broken(root: Path, paint: Paint, write: Write) -> None:
    def reading() -> FixationDataset:
        return open_dataset(f"mit1003={root}")

    refused(reading, f"no MIT1003 at {root}: expected ALLSTIMULI/")
    write(root / "ALLSTIMULI" / "i1.jpeg", paint(0, 40, 60))
    refused(reading, "expected fixations.mat, DATA/ or ALLFIXATIONMAPS/")
    (root / "DATA").mkdir()
    refused(reading, f"no MIT1003's gaze at {root / 'DATA'}", "<observer>/<picture>.mat")
    file = recorded(root / "DATA" / "hp" / "i1.mat", CENTER, (1, 1, 60))
    same(reading()[0], [(0, 0)], [0])
    for wrong in ({"DATA": 1}, {"DATA": np.zeros((0, 0))}, {"DATA": {"eyeData": "text"}}, {"imgName": "i1.jpeg"}, 3):
        save(file, i1=wrong)
        refused(reading, f"{file} has no gaze: expected a struct with DATA(1).eyeData, (N, 2)")
    save(file, i1={"DATA": {"eyeData": np.ones((720, 1))}})
    refused(reading, f"{file} has no gaze")
    save(file, i1=1, i2=2)
    refused(reading, f"{file} has 2 variables, expected one")
    file.write_bytes(file.read_bytes()[:150])
    refused(reading, f"{file} cannot be read")
    version_7_3(file)
    refused(reading, file, "MATLAB 7.3")
    recorded(root / "DATA" / "zb" / "i1.mat", CENTER)
    file.unlink()
    refused(reading, "i1.jpeg has no gaze", file, "missing for 1 observers")
    refused(lambda: open_dataset(f"mit1003-densities={root}"), "MIT1003's densities", "expected ALLFIXATIONMAPS/;")
    for bad in ({"img": "i1.jpeg", "subjects": {"fix_x": 1}}, {"img": "i1.jpeg"}):
        save(root / "fixations.mat", fixations=bad)
        refused(reading, "fixations.mat")
