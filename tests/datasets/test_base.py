"""Samples, slices and splits."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from helpers import Paint, Write, ids
from wepsam.datasets import FixationDataset, Sample, open_dataset


def test_pictures_are_upright_and_so_is_their_size(tmp_path: Path, paint: Paint, write: Write) -> None:
    tags = Image.Exif()
    tags[ExifTags.Base.Orientation] = 6
    write(tmp_path / "stimuli" / "a.jpg", paint(0, 40, 60), exif=tags)
    (tmp_path / "fixations.csv").write_text("image,observer,x,y\na.jpg,1,39,59\na.jpg,1,59,39\n")
    (sample,) = open_dataset(f"csv={tmp_path}")
    assert sample.size == (60, 40) == sample.stimulus().shape[:2]
    np.testing.assert_array_equal(sample.fixations, [(39, 59)])


def test_a_sample_by_hand() -> None:
    fixations = np.array([(0, 0), (2, 1), (2, 1), (1, 0)])
    sample = Sample("a", Path("a.png"), (2, 3), fixations, np.array([7, 7, 8, 9]), sigma=0)
    np.testing.assert_allclose(sample.density(), np.array([[1, 1, 0], [0, 0, 2]]) / 4)
    np.testing.assert_array_equal(sample.observed_by(np.array([8, 9])).fixations, [(2, 1), (1, 0)])
    nobody = sample.observed_by(np.array([1]))
    assert (sample.has_density, nobody.has_density) == (True, False)
    with pytest.raises(ValueError, match="no fixations"):
        nobody.density()
    with pytest.raises(ValueError, match="neither"):
        Sample("a", Path("a.png"), (2, 3)).density()


def numbered(name: str, ids: list[str]) -> FixationDataset:
    return FixationDataset(name, tuple(Sample(id, Path(id), (1, 1)) for id in ids), 1.0)


def test_the_split_of_an_own_dataset_is_a_checksum() -> None:
    """crc32(id) divisible by ten, as zlib and any other CRC-32 says: the same tenth, whatever else is there."""
    data = numbered("own", [f"{i:03d}" for i in range(100)])
    validation = ids(data.split("validation"))
    assert " ".join(validation) == "010 012 018 019 027 031 039 045 051 064 071 072 073 079 098"
    assert sorted(validation + ids(data.split("train"))) == ids(data.split("all"))
    assert ids(data[10:20].split("validation")) == ["010", "012", "018", "019"]
    assert ids(numbered("own", ["beach", "cat", "street", "a/b"]).split("validation")) == ["street"]


def test_unknown_parts() -> None:
    with pytest.raises(ValueError, match=r'"train", "validation" and "all", not \'test\''):
        numbered("own", ["a"]).split("test")


def committed(name: str) -> list[str]:
    lines = files("wepsam.datasets").joinpath("splits", f"{name}.txt").read_text().splitlines()
    return [line for line in lines if not line.startswith("#")]


def test_the_committed_splits() -> None:
    every_seventh_is_missing = [str(n) for n in range(1001, 1701) if (n - 1001) % 7]
    assert committed("osie") == every_seventh_is_missing[3::6]
    assert len(committed("osie")) == 100
    assert len(set(committed("dut_omron"))) == len(committed("dut_omron")) == 1108
    assert all(id.startswith("val/") for id in committed("dut_omron"))
    for name in ("eyecrowd", "scene"):
        assert committed(name) == [f"{n:03}" for n in range(1, 501)][2::5]
    assert len(committed("emod")) == 61
    numbers = {name: {id[-12:] for id in committed(name)} for name in ("sjtu", "salicon-densities")}
    assert numbers["sjtu"] & numbers["salicon-densities"]  # the pairs that both have lie on the same side


def test_a_dataset_that_comes_in_parts_keeps_them() -> None:
    for train, validation in (("train", "val"), ("training", "validation")):
        data = numbered("own", [f"{part}/{i}" for part in (train, validation) for i in range(3)])
        assert ids(data.split("train")) == [f"{train}/{i}" for i in range(3)]
        assert ids(data.split("validation")) == [f"{validation}/{i}" for i in range(3)]
    alone = numbered("own", [f"val/{i}" for i in range(30)])  # one part only: a tenth, as of any dataset
    assert 0 < len(alone.split("validation")) < 30


def test_a_committed_split_does_not_depend_on_what_is_at_hand() -> None:
    data = numbered("osie", ["1002", "1005", "1006", "1012"])
    assert ids(data.split("validation")) == ["1005", "1012"]
    assert ids(data.split("train")) == ["1002", "1006"]


def test_datasets_slice() -> None:
    data = numbered("own", ["a", "b", "c"])
    assert (len(data), data[1].id, ids(data[1:]), data[1:].name) == (3, "b", ["b", "c"], "own")


def test_a_few_pictures_of_ones_own_have_one_for_validation() -> None:
    for some in ("ab", "pqrs"):
        dataset = FixationDataset("own", tuple(Sample(i, Path(i), (1, 1)) for i in some), 1.0)
        validation = dataset.split("validation")
        assert len(validation) >= 1
        assert len(validation) + len(dataset.split("train")) == len(some)
    assert len(FixationDataset("own", (Sample("a", Path("a"), (1, 1)),), 1.0).split("train")) in (0, 1)
