"""iSUN."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dataset_files import blob, peak, read, same, save, structs
from helpers import Paint, Write, ids, refused
from wepsam import datasets
from wepsam.datasets import open_dataset


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
