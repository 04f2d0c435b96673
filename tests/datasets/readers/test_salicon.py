"""SALICON, in the layouts in which people have it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dataset_files import blob, marks, peak, read, same, save, structs
from helpers import Paint, Write, ids, refused
from wepsam import datasets
from wepsam.datasets import open_dataset

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


@pytest.mark.parametrize("edition", ["2015", "2017"])
def test_salicon_of_maps_that_mark_pixels(root: Path, edition: str, paint: Paint, write: Write) -> None:
    for part in ("train", "val"):
        write(root / "images" / part / f"{COCO[part]}.jpg", paint(0, 40, 60))
    write(root / "fixations" / "train" / f"{COCO['train']}.png", marks((40, 60), (59, 39), (3, 20), value=255))
    write(root / "fixations" / "val" / f"{COCO['val']}.png", marks((80, 120), (100, 70), value=255))
    train, val = read(f"salicon-{edition}-fixations", root)
    same(train, [(3, 20), (59, 39)], None)
    same(val, [(50, 35)], None)
    refused(lambda: open_dataset(f"salicon-{edition}-mouse={root}"), "SALICON's mouse", "fixations/train/*.mat")
    write(root / "fixations" / "val" / f"{COCO['val']}.png", marks((120, 80), (1, 1), value=255))
    refused(lambda: open_dataset(f"salicon-{edition}-fixations={root}"), COCO["val"], "(120, 80)")


def test_salicon_of_resized_pictures(root: Path, paint: Paint, write: Write) -> None:
    """The resolution in the file says on which grid the workers looked."""
    write(root / "images" / "train" / f"{COCO['train']}.jpg", paint(0, 20, 30))
    save(root / "fixations" / "train" / f"{COCO['train']}.mat", **gaze(COCO["train"]))
    (sample,) = read("salicon-2017-fixations", root)
    same(sample, [(0, 0), (29.5, 19.5), (14.5, 9.5)], [0, 0, 1])
    assert sample.sigma == 19 / 2


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
    get = "docs/reference/datasets.md says where to get it"
    refused(lambda: open_dataset(f"salicon-2017-mouse={root}"), f"no SALICON at {root}: expected images/train/", get)
    write(root / "images" / "train" / f"{COCO['train']}.jpg", paint(0))
    refused(lambda: open_dataset(f"salicon-2017-mouse={root}"), "SALICON's mouse", "fixations/train/*.mat", get)
    refused(lambda: open_dataset(f"salicon-2017-densities={root}"), "SALICON's densities", "maps/train/", get)
    save(root / "fixations" / "train" / "other.mat", **gaze("other"))
    refused(lambda: open_dataset(f"salicon-2017-mouse={root}"), f"{COCO['train']}.jpg has no map", ".mat")
    mat = save(root / "fixations" / "train" / f"{COCO['train']}.mat", gaze=structs([{"x": 1}]))
    refused(lambda: open_dataset(f"salicon-2017-mouse={root}"), mat, "gaze has no field location")
    refused(lambda: datasets.salicon(root, edition="2017", source="mouse", part="val"), "pictures in", "images/val")
