"""A reader's dataset as tensors: sizes, points, batches, worker processes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from helpers import Paint, Write
from wepsam import datasets, maps
from wepsam.datasets import FixationDataset, Sample


@pytest.fixture
def data(tmp_path: Path, paint: Paint, write: Write) -> FixationDataset:
    """Three pictures of two sizes; nobody has looked at the last one."""
    samples = []
    rng = np.random.default_rng(1)
    for k, (height, width) in enumerate([(30, 40), (31, 57), (30, 40)]):
        path = write(tmp_path / f"{k}.png", paint(k, height, width))
        points = rng.random((0 if k == 2 else 5 + k, 2)) * (width, height)
        samples.append(Sample(str(k), path, (height, width), points, sigma=2.0))
    return FixationDataset("mine", tuple(samples), 2.0)


def test_items_at_their_own_size(data: FixationDataset) -> None:
    tensors = data.torch()
    assert len(tensors) == 2
    for sample, item in zip(data, (tensors[0], tensors[1]), strict=False):
        assert item["id"] == sample.id
        np.testing.assert_array_equal((item["picture"] * 255).round().permute(1, 2, 0), sample.stimulus())
        np.testing.assert_allclose(item["density"], sample.density(), atol=1e-7)
        np.testing.assert_array_equal(item["fixations"], sample.fixations)


@pytest.mark.parametrize("size", [(15, 20), (64, 64), (1, 1), (7, 300)])
def test_points_stay_where_they_are_when_the_picture_is_resized(data: FixationDataset, size: tuple[int, int]) -> None:
    item, sample = data.torch(size=size)[1], data[1]
    assert item["picture"].shape == (3, *size)
    assert item["density"].shape == size
    assert item["density"].sum() == pytest.approx(1, abs=1e-5)
    assert sample.fixations is not None
    np.testing.assert_allclose(item["fixations"] / torch.tensor(size[::-1]), sample.fixations / (57, 31), rtol=1e-12)
    maps.pixels(item["fixations"].numpy(), size)  # none lies outside


def test_a_point_just_inside_the_border_stays_inside(data: FixationDataset) -> None:
    corner = np.nextafter(np.array([[57.0, 31.0]]), 0)
    sample = Sample("0", data[1].path, (31, 57), corner, sigma=2.0)
    for side in range(1, 90):
        item = FixationDataset("mine", (sample,), 2.0).torch(size=(side, side))[0]
        rows, columns = maps.pixels(item["fixations"].numpy(), (side, side))
        assert (rows[0], columns[0]) == (side - 1, side - 1)


def test_batches_of_one_size_are_stacked_others_are_lists(data: FixationDataset) -> None:
    (batch,) = DataLoader(same := data.torch(size=(16, 24)), batch_size=4, collate_fn=same.collate)
    assert batch["picture"].shape == (2, 3, 16, 24)
    assert batch["density"].shape == (2, 16, 24)
    assert [len(points) for points in batch["fixations"]] == [5, 6]
    (mixed,) = DataLoader(own := data.torch(), batch_size=4, collate_fn=own.collate)
    assert [picture.shape[1:] for picture in mixed["picture"]] == [(30, 40), (31, 57)]


def test_densities_without_fixations(tmp_path: Path, paint: Paint, write: Write) -> None:
    write(tmp_path / "images" / "a.png", paint(0, 20, 30))
    write(tmp_path / "maps" / "a.png", paint(1, 20, 30)[..., 0])
    tensors = datasets.pictures_with_maps(tmp_path / "images", tmp_path / "maps").torch(size=(10, 15))
    assert tensors.collate([tensors[0]]).keys() == {"id", "picture", "density"}


def test_workers_that_are_spawned_read_it(data: FixationDataset) -> None:
    tensors = data.torch(size=(16, 24))
    options = {"collate_fn": tensors.collate, "num_workers": 1, "multiprocessing_context": "spawn"}
    batches = list(DataLoader(tensors, **options))
    assert [batch["id"] for batch in batches] == [["0"], ["1"]]
    torch.testing.assert_close(batches[1]["picture"][0], tensors[1]["picture"])


@pytest.mark.parametrize("size", [(0, 5), (5,), 64, (3.5, 2), "ab"])
def test_sizes_that_are_none(data: FixationDataset, size: object) -> None:
    with pytest.raises(ValueError, match="expected \\(height, width\\)"):
        data.torch(size=size)  # type: ignore[arg-type]
