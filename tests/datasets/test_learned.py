"""Which pictures a model has learned from: what records and cards say, and what of that is scored."""

from __future__ import annotations

from pathlib import Path

import pytest

from wepsam import cards, classical
from wepsam.datasets import FixationDataset, Sample, learned
from wepsam.datasets.base import held_out_ids
from wepsam.reproduction.laboratories import LABORATORIES


def dataset(name: str, ids: list[str]) -> FixationDataset:
    return FixationDataset(name, tuple(Sample(id, Path(id), (10, 10)) for id in sorted(ids)), 1.0)


@pytest.fixture
def osie() -> FixationDataset:
    return dataset("osie", [str(number) for number in range(1001, 1701)])


def test_a_part_is_seen_where_it_was_learned(osie: FixationDataset) -> None:
    train = {"osie": "train"}
    assert learned.seen(train, osie.split("train"), "train") is True
    assert learned.seen(train, osie.split("validation"), "validation") is False
    assert learned.seen(train, osie.split("validation"), "all") is False  # a part that does not say that it is one
    assert learned.seen(train, osie, "all") == "part"
    assert learned.seen(train, osie[:3], "all") is True
    assert learned.from_which(train, osie, "all") == {"osie": {s.id for s in osie.split("train")}}
    assert learned.seen({"osie": "all"}, osie.split("validation"), "validation") is True
    assert learned.seen({"scene": "all"}, osie, "all") is False
    assert learned.seen({}, osie, "all") is False


def test_readers_of_one_dataset_read_the_same_pictures() -> None:
    listed = held_out_ids("salicon-densities")
    assert listed is not None
    held_out = sorted(listed)
    ids = [f"{part}/COCO_{part}2014_{number:012}" for part in ("train", "val") for number in range(5)] + held_out
    one = dataset("salicon-densities", ids)
    validation = one.split("validation")
    assert learned.seen({"salicon-densities": "train"}, validation, "validation") is False
    # The folders of the 2017 edition are other parts than our list: its train folder has some that we hold out.
    assert learned.seen({"salicon-2017-fixations": "train"}, validation, "validation") == "part"
    assert learned.seen({"salicon-2017-mouse": "all"}, validation, "validation") is True
    assert learned.seen({"isun": "all"}, validation, "validation") is False
    mit = dataset("mit1003-densities", [f"i{number}" for number in range(100)])
    assert learned.seen({"mit1003": "train"}, mit.split("validation"), "validation") is False
    assert learned.seen({"mit1003": "train"}, mit.split("train"), "train") is True
    own = dataset("own", ["a", "b", "c"])  # one picture in ten, at least one
    assert learned.seen({"own": "train"}, own.split("validation"), "validation") is False


def test_a_part_knows_that_it_is_one(osie: FixationDataset) -> None:
    assert [part.part for part in (osie, osie[:3], osie.split("all"))] == ["all"] * 3
    assert [osie.split("train")[:3].part, osie.split("validation").part] == ["train", "validation"]
    assert osie.split("train").split("train").part == "train"
    assert learned.of_datasets([osie.split("train"), dataset("mine", ["a"])]) == {"osie": "train", "mine": "all"}
    one = dataset("mine", ["a"])  # without a validation part, all is for training
    assert learned.of_datasets([one.split("train")]) == {"mine": "all"}
    folders = dataset("mine", [f"{part}/{number}" for part in ("train", "val") for number in range(30)])
    assert learned.of_datasets([folders.split("train")]) == {"mine": "train"}
    assert learned.seen({"mine": "train"}, folders.split("validation"), "all") is False


def test_two_parts_are_all_of_a_dataset() -> None:
    assert learned.merged([{"a": "train"}, {"a": "train", "b": "all"}]) == {"a": "train", "b": "all"}
    assert learned.merged([{"a": "train"}, {"a": "validation"}]) == {"a": "all"}


def test_records_of_earlier_runs_say_it_by_their_lists() -> None:
    record = {
        "training": ["osie: 500", "scene: 500", "weak: 9 of lowest entropy", 1009, "57b599dc"],
        "validation": ["osie: 100", 100, "005a965f"],
    }
    assert learned.of_record(record) == {"osie": "train", "scene": "all"}
    assert learned.of_record(record | {"learned_from": {"osie": "all"}}) == {"osie": "all"}
    for nothing in ({}, {"training": ["none", 0]}, {"training": None}, {"training": "osie: 500"}):
        assert learned.of_record(nothing) == {}
    for wrong in (["osie"], {"osie": "test"}, {"osie": ["train"]}, "osie"):
        with pytest.raises(ValueError, match="its learned_from"):
            learned.of_record({"learned_from": wrong})


def test_a_card_that_says_nothing_is_not_one_that_has_learned_nothing() -> None:
    assert learned.of_card({}) is None
    assert learned.of_card({"training": "long"}) is None
    assert learned.of_card({"learned_from": {}}) == {}


@pytest.mark.parametrize("name", ["wepsam-lite", "wepsam-paper", "mr_cnn"])
def test_the_shipped_cards_say_what_follows_from_their_training(name: str) -> None:
    card = cards.shipped()[name]
    before = {"osie": "train", "dut_omron": "train", "eyecrowd": "all", "scene": "all"}  # a fifth was held out
    expected = dict.fromkeys(LABORATORIES, "train") if name == "wepsam-lite" else before
    assert card["learned_from"] == expected
    assert before == classical.LEARNED_FROM["judd"]
    without = {key: value for key, value in card.items() if key != "learned_from"}
    assert learned.of_card(without) == expected
