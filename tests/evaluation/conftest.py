"""What the tests of evaluation share."""

from pathlib import Path

import pytest

from wepsam.datasets import FixationDataset, open_dataset


@pytest.fixture
def own(own_dataset: Path) -> FixationDataset:
    """12 pictures of 40x60 pixels, 4 observers who look at about the same place."""
    return open_dataset(f"csv={own_dataset}")


@pytest.fixture(autouse=True)
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dozen pictures are scored in this process: starting others takes longer. test_running.py starts them."""
    monkeypatch.setattr("wepsam.evaluation.running.FEW", 100)
