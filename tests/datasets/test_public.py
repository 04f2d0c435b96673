"""Readers of the public datasets on miniature trees in the true file formats, each layout that people have."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from helpers import Paint, Write, ids, refused, write_osie
from wepsam import datasets, maps
from wepsam.datasets import FixationDataset, open_dataset
from wepsam.datasets.about import of_reader


def structs(things: list[dict[str, Any]], column: bool = False) -> np.ndarray:
    """A MATLAB struct array, 1xN or Nx1."""
    array = np.empty((1, len(things)), dtype=[(name, object) for name in things[0]])
    for i, thing in enumerate(things):
        array[0, i] = tuple(thing.values())
    return array.T if column else array


def cell(things: list[Any]) -> np.ndarray:
    """A MATLAB cell array, 1xN."""
    array = np.empty((1, len(things)), object)
    for i, thing in enumerate(things):
        array[0, i] = thing
    return array


def save(path: Path, **variables: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, variables)
    return path


def marks(shape: tuple[int, int], *points: tuple[int, int], value: int = 1) -> np.ndarray:
    """(H, W) uint8 map that marks the (x, y) pixels, counted from 0."""
    found = np.zeros(shape, np.uint8)
    for x, y in points:
        found[y, x] = value
    return found


def peak(density: np.ndarray) -> tuple[int, int]:
    """(x, y) of the largest value."""
    row, column = np.unravel_index(density.argmax(), density.shape)
    return int(column), int(row)


def blob(shape: tuple[int, int], x: int, y: int) -> np.ndarray:
    """(H, W) uint8 density around a pixel."""
    density = maps.density(np.array([(x, y)]), shape, 3.0)
    return np.rint(255 * density / density.max()).astype(np.uint8)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "data set"
    folder.mkdir()
    return folder


def content(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(p): (p.stat().st_mtime_ns, p.stat().st_size) for p in sorted(folder.rglob("*"))}


def read(spec: str, folder: Path) -> FixationDataset:
    """Open the dataset; see that this left the folder as it was, and that the table of facts says the same."""
    before = content(folder)
    data = open_dataset(f"{spec}={folder}")
    for sample in data:
        assert sample.stimulus().shape == (*sample.size, 3)
    assert content(folder) == before
    about = of_reader(spec)
    assert about is not None
    assert data.name == spec
    assert data.pixels_per_degree == about.pixels_per_degree
    if about.sigma is not None:
        assert data.sigma == about.sigma
    return data


def same(sample: datasets.Sample, points: list[tuple[float, float]], observers: list[int] | None) -> None:
    assert sample.fixations is not None
    np.testing.assert_array_equal(sample.fixations, np.array(points, dtype=float).reshape(-1, 2))
    if observers is None:
        assert sample.observer is None
    else:
        np.testing.assert_array_equal(sample.observer, observers)


# ---- SALICON

COCO = {
    "train": "COCO_train2014_000000000009",
    "val": "COCO_val2014_000000000042",
    "test": "COCO_test2014_000000000001",
}


def gaze(picture: str) -> dict[str, Any]:
    """A .mat file of SALICON: two workers; the second has one fixation, and a mouse sample beside the picture."""
    workers = [
        {
            "location": np.array([(1.0, 1), (2.5, 3), (60, 40)]),
            "timestamp": np.array([[0, 10, 20]]).T,
            "fixations": np.array([(1, 1), (60, 40)], np.uint16),
        },
        {
            "location": np.array([(61.0, 10), (10, 20)]),
            "timestamp": np.array([[0, 10]]).T,
            "fixations": np.array([(30, 20)], np.uint16),
        },
    ]
    return {"image": picture, "resolution": np.array([[40, 60]]), "gaze": structs(workers, column=True)}


@pytest.fixture(params=["as published", "other names", "flat"])
def salicon(request: pytest.FixtureRequest, root: Path, paint: Paint, write: Write) -> Path:
    images, densities = ("stimuli", "saliency") if request.param == "other names" else ("images", "maps")
    for seed, (part, name) in enumerate(COCO.items()):
        below = "" if request.param == "flat" else part
        write(root / images / below / f"{name}.jpg", paint(seed, 40, 60))
        if part != "test":
            write(root / densities / below / f"{name}.png", blob((40, 60), 20 + seed, 30))
            save(root / "fixations" / below / f"{name}.mat", **gaze(name))
    return root


@pytest.mark.parametrize("edition", ["2015", "2017"])
def test_salicon(salicon: Path, edition: str) -> None:
    data = read(f"salicon-{edition}-fixations", salicon)
    assert (data.name, data.sigma, data.pixels_per_degree) == (f"salicon-{edition}-fixations", 19, None)
    assert ids(data) == [f"train/{COCO['train']}", f"val/{COCO['val']}"]
    assert (ids(data.split("train")), ids(data.split("validation"))) == (ids(data)[:1], ids(data)[1:])
    for sample in data:
        assert (sample.size, sample.sigma, sample.outside) == ((40, 60), 19, 0)
        same(sample, [(0, 0), (59, 39), (29, 19)], [0, 0, 1])  # MATLAB's pixel 1 is our pixel 0, and it is (x, y)
    mouse = read(f"salicon-{edition}-mouse", salicon)[0]
    same(mouse, [(0, 0), (1.5, 2), (59, 39), (9, 19)], [0, 0, 0, 1])
    assert mouse.outside == 1


def test_a_folder_may_be_called_output(salicon: Path) -> None:
    """Folders named Output are left out where CAT2000 has them, below its stimuli; not above."""
    assert len(read("salicon-2017-fixations", salicon.rename(salicon.with_name("Output")))) == 2


def test_salicon_densities_and_the_test_part(salicon: Path) -> None:
    data = read("salicon-2017-densities", salicon)
    assert not data.has_fixations
    assert [peak(sample.density()) for sample in data] == [(20, 30), (21, 30)]
    test = datasets.salicon(salicon, edition="2017", source="fixations", part="test")
    assert ids(test) == [f"test/{COCO['test']}"]
    assert not test[0].has_density
    assert ids(datasets.salicon(salicon, edition="2015", source="mouse", part="val")) == [f"val/{COCO['val']}"]


def test_salicon_reads_densities_on_demand(salicon: Path) -> None:
    for density in [*salicon.glob("maps/**/*.png"), *salicon.glob("saliency/**/*.png")]:
        density.write_bytes(b"not a picture")
    data = open_dataset(f"salicon-2015-densities={salicon}")
    with pytest.raises(OSError, match="cannot identify"):
        data[0].density()


def write_json(path: Path, name: str, notes: list[tuple[int, list[tuple[int, int]]]]) -> Path:
    """SALICON's older JSON: (worker, fixations as (row, column) counted from 1) of one picture."""
    image = {"id": 9, "width": 60, "height": 40, "file_name": f"{name}.jpg"}
    annotations = [{"id": i, "image_id": 9, "worker_id": w, "fixations": f} for i, (w, f) in enumerate(notes)]
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"info": {}, "type": "fixations", "images": [image], "annotations": annotations}))
    return path


@pytest.mark.parametrize("below", ["", "annotations"])
def test_salicon_json(root: Path, below: str, paint: Paint, write: Write) -> None:
    for part, looked in (("train", [(77, [(1, 1), (40, 60)]), (5, [(2, 3)])]), ("val", [(5, [(4, 6)]), (8, [])])):
        write(root / "images" / part / f"{COCO[part]}.jpg", paint(0, 40, 60))
        write_json(root / below / f"fixations_{part}2014.json", COCO[part], looked)  # type: ignore[arg-type]
    train, val = read("salicon-2015-fixations", root)
    same(train, [(0, 0), (59, 39), (2, 1)], [0, 0, 1])  # (row, column) there, (x, y) here
    same(val, [(5, 3)], [1])  # worker 5 again
    table = root / below / "fixations_train2014.json"
    refused(lambda: open_dataset(f"salicon-2015-mouse={root}"), table, "no mouse paths")
    refused(lambda: open_dataset(f"salicon-2017-fixations={root}"), table, "2015 edition", "2017")
    only_val = datasets.salicon(root, edition="2015", source="fixations", part="val")
    assert ids(only_val) == [f"val/{COCO['val']}"]
    write(root / "images" / "train" / "COCO_train2014_000000000010.jpg", paint(1))
    refused(lambda: open_dataset(f"salicon-2015-fixations={root}"), "000000000010.jpg has no annotations", table)
    table.write_text('{"images": []}')
    refused(lambda: open_dataset(f"salicon-2015-fixations={root}"), table, "not SALICON's JSON", "annotations")


def test_salicon_wants_to_know_what_to_read(salicon: Path) -> None:
    refused(lambda: open_dataset(f"salicon={salicon}"), "salicon-2015-fixations", "salicon-2017-mouse")
    with pytest.raises(TypeError, match="edition"):
        datasets.salicon(salicon, source="mouse")  # type: ignore[call-arg]
    for wrong, words in (
        ({"edition": "2016", "source": "mouse"}, ["the edition of SALICON is 2015 or 2017, not '2016'"]),
        ({"edition": "2017", "source": "eyes"}, ["fixations or mouse or densities, not 'eyes'"]),
        ({"edition": "2017", "source": "mouse", "part": "dev"}, ["train or val or all or test, not 'dev'"]),
    ):
        refused(lambda wrong=wrong: datasets.salicon(salicon, **wrong), *words)  # type: ignore[misc]


def test_salicon_missing(root: Path, paint: Paint, write: Write) -> None:
    get = "docs/datasets.md says where to get it"
    refused(lambda: open_dataset(f"salicon-2017-mouse={root}"), f"no SALICON at {root}: expected images/train/", get)
    write(root / "images" / "train" / f"{COCO['train']}.jpg", paint(0))
    refused(lambda: open_dataset(f"salicon-2017-mouse={root}"), "SALICON's mouse", "fixations/train/*.mat", get)
    refused(lambda: open_dataset(f"salicon-2017-densities={root}"), "SALICON's densities", "maps/train/", get)
    save(root / "fixations" / "train" / "other.mat", **gaze("other"))
    refused(lambda: open_dataset(f"salicon-2017-mouse={root}"), f"{COCO['train']}.jpg has no map", ".mat")
    mat = save(root / "fixations" / "train" / f"{COCO['train']}.mat", gaze=structs([{"x": 1}]))
    refused(lambda: open_dataset(f"salicon-2017-mouse={root}"), mat, "gaze has no field location")
    refused(lambda: datasets.salicon(root, edition="2017", source="mouse", part="val"), "pictures in", "images/val")


# ---- iSUN


def isun_gaze(*fixations: list[tuple[int, int]]) -> np.ndarray:
    return structs(
        [
            {"location": np.array([*f, (2, 2)]), "timestamp": np.arange(len(f) + 1)[:, None], "fixation": np.array(f)}
            for f in fixations
        ]
    )


@pytest.fixture
def isun(root: Path, paint: Paint, write: Write) -> Path:
    for name in ("sun_a", "sun_b", "sun_c"):
        write(root / "images" / f"{name}.jpg", paint(0, 40, 60))
        save(root / "saliency" / f"{name}.mat", I=blob((40, 60), 33, 11).astype(float))
    training = [
        {"image": "sun_a", "resolution": np.array([[40, 60]]), "gaze": isun_gaze([(1, 1), (60, 40)], [(7, 8)])},
        {"image": "sun_elsewhere", "resolution": np.array([[40, 60]]), "gaze": isun_gaze([(1, 1)])},
    ]
    validation = [{"image": "sun_b", "resolution": np.array([[40, 60]]), "gaze": isun_gaze([(3, 4)])}]
    testing = [{"image": "sun_c", "resolution": np.array([[40, 60]])}]
    save(root / "training.mat", training=structs(training, column=True))
    save(root / "validation.mat", validation=structs(validation, column=True))
    save(root / "testing.mat", testing=structs(testing, column=True))
    return root


def test_isun(isun: Path) -> None:
    data = read("isun", isun)
    assert (data.name, ids(data), data.sigma) == ("isun", ["training/sun_a", "validation/sun_b"], 0.03 * 60)
    same(data[0], [(0, 0), (59, 39), (6, 7)], [0, 0, 1])
    same(data[1], [(2, 3)], [0])
    assert ids(data.split("validation")) == ["validation/sun_b"]
    same(read("isun-gaze", isun)[0], [(0, 0), (59, 39), (1, 1), (6, 7), (1, 1)], [0, 0, 0, 1, 1])
    densities = read("isun-densities", isun)
    assert (densities.name, densities.has_fixations) == ("isun-densities", False)
    assert peak(densities[0].density()) == (33, 11)
    testing = datasets.isun(isun, part="testing")
    assert (ids(testing), testing[0].has_density) == (["testing/sun_c"], False)
    (isun / "validation.mat").unlink()
    assert ids(read("isun", isun)) == ["training/sun_a"]


def test_isun_missing_or_broken(isun: Path, tmp_path: Path) -> None:
    refused(lambda: open_dataset(f"isun={tmp_path}"), f"no iSUN at {tmp_path}: expected images/, training.mat")
    (isun / "saliency" / "sun_a.mat").unlink()
    refused(lambda: open_dataset(f"isun-densities={isun}"), "sun_a.jpg has no map", "saliency/sun_a.mat")
    save(isun / "saliency" / "sun_a.mat", I=np.zeros((2, 3, 4)))
    data = open_dataset(f"isun-densities={isun}")  # on demand: reading does not open it
    refused(data[0].density, "sun_a.mat: I has the shape (2, 3, 4), expected a map (H, W)")
    save(isun / "training.mat", training=structs([{"image": "sun_a", "gaze": structs([{"place": 1}])}]))
    refused(lambda: open_dataset(f"isun={isun}"), "training.mat", "no field fixation")
    for table in isun.glob("*.mat"):
        table.unlink()
    refused(lambda: open_dataset(f"isun={isun}"), "no iSUN at", "training.mat", "validation.mat")


# ---- EyeCrowd and Scene as published


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


# ---- MIT1003


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
        "2 pictures of the 1003 that MIT1003 has with ground truth",
        "2 of 9 fixations beside their picture, left out",
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
    refused(reading, "i1.jpeg has no gaze", file, "missing of 1 observers")
    refused(lambda: open_dataset(f"mit1003-densities={root}"), "MIT1003's densities", "expected ALLFIXATIONMAPS/;")
    for bad in ({"img": "i1.jpeg", "subjects": {"fix_x": 1}}, {"img": "i1.jpeg"}):
        save(root / "fixations.mat", fixations=bad)
        refused(reading, "fixations.mat")


# ---- CAT2000, Toronto: maps of the fixated pixels


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
    refused(lambda: open_dataset(f"cat2000={root}"), root / "FIXATIONLOCS", "docs/datasets.md")
    mat = save(root / "FIXATIONLOCS" / "Art" / "001.mat", fixLocs=marks((60, 40), (1, 1)))
    refused(lambda: open_dataset(f"cat2000={root}"), f"{mat} is 40x60, its picture 60x40")
    save(mat, fixLocs="text")
    refused(lambda: open_dataset(f"cat2000={root}"), mat, "no map of numbers")
    mat.rename(mat.with_name("002.mat"))
    refused(lambda: open_dataset(f"cat2000={root}"), "001.jpg has no map", mat)


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


# ---- DUT-OMRON as published, PASCAL-S


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


def version_7_3(path: Path) -> Path:
    """What `save -v7.3` begins with: a header of 512 bytes with the version 2.0, then HDF5."""
    path.parent.mkdir(parents=True, exist_ok=True)
    header = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM"
    path.write_bytes(header.ljust(512, b"\0") + b"\x89HDF\r\n\x1a\n" + bytes(512))
    return path


def test_pascal_s_missing_or_as_published(root: Path, paint: Paint, write: Write) -> None:
    refused(lambda: open_dataset(f"pascal_s={root}"), f"no PASCAL-S at {root}", "datasets/imgs/pascal/1.jpg")
    write(root / "datasets" / "imgs" / "pascal" / "1.jpg", paint(0))
    refused(lambda: open_dataset(f"pascal_s={root}"), "datasets/fixations/pascalFix.mat")
    refused(lambda: open_dataset(f"pascal_s-densities={root}"), "algmaps/pascal/humanFix/")
    table = version_7_3(root / "datasets" / "fixations" / "pascalFix.mat")
    refused(lambda: open_dataset(f"pascal_s={root}"), table, "MATLAB 7.3 (HDF5)", "scipy cannot read", "-v7")


# ---- FIGRIM


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


# ---- all of them


SOURCED: dict[str, Callable[..., FixationDataset]] = {
    name: getattr(datasets, name) for name in ("isun", "mit1003", "cat2000", "pascal_s", "figrim")
}


@pytest.mark.parametrize("name", SOURCED)
def test_an_unknown_source(name: str, root: Path) -> None:
    refused(lambda: SOURCED[name](root, source="eyes"), "the source of", "fixations or", "not 'eyes'")
