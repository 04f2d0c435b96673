"""Which pictures something has learned from: a dataset's name -> the part of it, "train", "validation" or "all".

Cards of weights say it as "learned_from", `classical.LEARNED_FROM` says it of the fitted classical models. A score on
pictures that a model has learned from is optimistic, so `evaluate` records it and tables mark it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from wepsam import card_fields
from wepsam.datasets.about import of_reader
from wepsam.datasets.base import FixationDataset, held_out_ids

LearnedFrom = Mapping[str, str]
"""By dataset, the part of it: "train", "validation" or "all"."""
Seen = bool | str  # True: all of the pictures; "part": some; False: none

WORDS = {"train": "the training part", "validation": "the validation part", "all": "all"}


def of_datasets(datasets: Iterable[FixationDataset]) -> dict[str, str]:
    """What somebody has learned from who learns from each picture of these datasets, or of these parts of them."""
    return merged({dataset.name: dataset.part} for dataset in datasets)


def merged(several: Iterable[LearnedFrom]) -> dict[str, str]:
    """All of it together; two different parts of a dataset count as all of it."""
    together: dict[str, str] = {}
    for learned in several:
        for name, part in learned.items():
            together[name] = part if together.get(name, part) == part else "all"
    return together


def of_record(record: Mapping[str, Any]) -> dict[str, str]:
    """What the record of a training run says; of earlier runs, which do not say it, as it follows from their lists.

    A dataset that also chose the best weights had its validation part left out; any other was learned as a whole.

    Args:
        record: with "learned_from", or with the lists "training" and "validation": "NAME: COUNT" and more.

    Raises:
        ValueError: its "learned_from" is none.
    """
    if "learned_from" in record:
        card_fields.learned_from("learned_from", record["learned_from"])
        return dict(record["learned_from"])
    training, validation = (_names(record.get(key)) for key in ("training", "validation"))
    return {name: "train" if name in validation else "all" for name in training}


def of_card(card: Mapping[str, Any]) -> dict[str, str] | None:
    """What the checked card of weights says, or the record of the training in it; None if neither is there."""
    if "learned_from" in card:
        return dict(card["learned_from"])
    training, validation = card.get("training"), card.get("validation")
    if not isinstance(training, dict) or not isinstance(training.get("training"), list):
        return None
    data = validation.get("data") if isinstance(validation, dict) else None
    return of_record({"training": training["training"], "validation": data})


def from_which(learned: LearnedFrom, dataset: FixationDataset, part: str) -> dict[str, set[str]]:
    """The ids of the pictures that are known, by the name of the dataset that they were learned from.

    Readers of one dataset, such as salicon-densities and salicon-2017-fixations, read the same pictures.

    Args:
        learned: what a model has learned from.
        dataset: the pictures to score.
        part: of their dataset, "train", "validation" or "all", where `dataset.part` does not know it.
    """
    part = part if dataset.part == "all" else dataset.part
    found = {}
    for name, known_part in learned.items():
        if name == dataset.name or _same_pictures(name, dataset.name):
            ids = _known(name, known_part, dataset, part)
            if ids:
                found[name] = ids
    return found


def seen(learned: LearnedFrom, dataset: FixationDataset, part: str) -> Seen:
    """Whether something has learned from the pictures to score: True, "part" or False; arguments as `from_which`."""
    known = set().union(*from_which(learned, dataset, part).values())
    return "part" if 0 < len(known) < len(dataset) else bool(known)


def _known(name: str, known_part: str, dataset: FixationDataset, part: str) -> set[str]:
    if known_part == "all":
        return {sample.id for sample in dataset}
    one_rule = name == dataset.name or (held_out_ids(name) is None and held_out_ids(dataset.name) is None)
    if one_rule and part != "all":  # a part does not know what the whole was divided by
        return {sample.id for sample in dataset} if part == known_part else set()
    return {sample.id for sample in replace(dataset, name=name).split(known_part)}


def _same_pictures(one: str, other: str) -> bool:
    """Whether two names are readers of one public dataset."""
    about = of_reader(one)
    return about is not None and other in about.names


def _names(data: Any) -> list[str]:
    """The names in a list such as ["osie: 500", "weak: 9853 of lowest entropy", 600, "1c43ef18"]: only osie."""
    texts = [entry for entry in data if isinstance(entry, str)] if isinstance(data, list | tuple) else []
    return [match[1] for text in texts if (match := re.fullmatch(r"(.+): \d+", text))]
