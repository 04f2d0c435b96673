"""The real datasets, where they are at hand: counts, densities, alignment."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from helpers import ids
from wepsam import datasets, maps
from wepsam.classical import gbvs
from wepsam.datasets import FixationDataset, open_dataset


def committed(name: str) -> list[str]:
    lines = files("wepsam.datasets").joinpath("splits", f"{name}.txt").read_text().splitlines()
    return [line for line in lines if not line.startswith("#")]


@cache
def real(shared: Path, name: str) -> FixationDataset:
    return open_dataset(f"{name}={shared / 'data' / name}/")


@pytest.mark.parametrize(
    ("name", "pictures", "validation", "fixations"),
    [("osie", 600, 100, 140), ("dut_omron", 4104, 1108, None), ("eyecrowd", 500, 100, 253), ("scene", 500, 100, 88)],
)
def test_real_counts(shared: Path, name: str, pictures: int, validation: int, fixations: int | None) -> None:
    data = real(shared, name)
    assert len(data) == pictures == len({sample.id for sample in data})
    assert len(data.split("validation")) == validation
    assert sorted(ids(data.split("validation")) + ids(data.split("train"))) == ids(data)
    assert data.has_fixations == (fixations is not None)
    if fixations:
        found = datasets.check(name, shared / "data" / name)
        assert found["per_picture"]["mean"] == pytest.approx(fixations, abs=1)
        assert 10 < found["per_picture"]["sd"] < 16
        assert found["center"] == pytest.approx([0.5, 0.5], abs=0.07)
        assert 0.2 < found["spread"][0] < 0.24  # wider than high
        assert 0.15 < found["spread"][1] < 0.2
        counts = [len(sample.fixations) for sample in data if sample.fixations is not None]
        assert np.mean(counts) == pytest.approx(fixations, abs=1)
        assert min(counts) > 50
    else:
        assert ids(data.split("validation")) == committed("dut_omron")


@pytest.mark.parametrize("name", ["osie", "dut_omron", "eyecrowd", "scene"])
def test_real_densities(shared: Path, name: str) -> None:
    """Each sums to 1; together they lie on the middle, wider than high: the center bias."""
    data = real(shared, name)
    total = np.zeros((32, 32))
    for sample in data[:: len(data) // 40]:
        density = sample.density()
        assert density.shape == sample.size
        assert density.sum() == pytest.approx(1)
        assert density.min() >= 0
        total += maps.to_density(maps.enlarge(density, (32, 32)))
    places = (np.arange(32) + 0.5) / 32
    for axis, loose_spread in ((0, (0.15, 0.28)), (1, (0.13, 0.23))):
        share = maps.to_density(total.sum(axis=axis))
        center = share @ places
        assert abs(center - 0.5) < 0.08
        assert loose_spread[0] < np.sqrt(share @ (places - center) ** 2) < loose_spread[1]


@pytest.mark.parametrize("name", ["osie", "dut_omron", "eyecrowd", "scene"])
def test_real_fixations_lie_on_their_own_pictures(shared: Path, name: str) -> None:
    """Densities resemble GBVS of their own picture more than GBVS of the others; misaligned data would not."""
    data = real(shared, name)
    chosen = data[:: len(data) // 24][:24]
    human = np.stack([maps.enlarge(sample.density(), (32, 32)).ravel() for sample in chosen])
    teacher = np.stack([gbvs(sample.stimulus(), size=128, full_size=False).ravel() for sample in chosen])
    resemblance = np.corrcoef(human, teacher)[: len(chosen), len(chosen) :]
    own = np.diag(resemblance)
    others = (resemblance.sum(axis=1) - own) / (len(chosen) - 1)
    assert own.mean() > others.mean() + 0.03
    assert np.mean(own > others) > 0.6


def test_a_picture_that_two_laboratories_showed_is_on_one_side_of_both_splits(shared: Path) -> None:
    numbers = {}
    for name, folder in (("sjtu", "sjtu"), ("salicon-densities", "salicon")):
        data = open_dataset(f"{name}={shared / 'data' / folder}")
        numbers[name] = [{id[-12:] for id in ids(data.split(part))} for part in ("train", "validation")]
        assert min(map(len, numbers[name])) > 90
    (one, other) = numbers.values()
    assert len((one[0] | one[1]) & (other[0] | other[1])) == 102
    assert not one[0] & other[1]
    assert not one[1] & other[0]
