"""A folder for a dataset."""

from pathlib import Path

import pytest


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "data set"
    folder.mkdir()
    return folder
