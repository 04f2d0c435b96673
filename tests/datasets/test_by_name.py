"""NAME=FOLDER, and arguments that no reader knows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from helpers import refused
from wepsam import datasets
from wepsam.datasets import FixationDataset, open_dataset


@pytest.mark.parametrize("spec", ["osie", "OSIE=x", "salicon=x", "=x", ""])
def test_what_is_not_name_and_folder(spec: str) -> None:
    known = "among salicon-2015-fixations, salicon-2015-mouse" if "salicon" in spec else "osie"
    refused(lambda: open_dataset(spec), repr(spec), "NAME=FOLDER", known)


SOURCED: dict[str, Callable[..., FixationDataset]] = {
    name: getattr(datasets, name) for name in ("isun", "mit1003", "cat2000", "pascal_s", "figrim")
}


@pytest.mark.parametrize("name", SOURCED)
def test_an_unknown_source(name: str, root: Path) -> None:
    refused(lambda: SOURCED[name](root, source="eyes"), "the source of", "fixations or", "not 'eyes'")
