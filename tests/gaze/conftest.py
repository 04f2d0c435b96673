"""Pictures that people saw."""

from __future__ import annotations

from pathlib import Path

import pytest

from gaze.miniatures import SIZES
from helpers import Paint, Write


@pytest.fixture
def stimuli(tmp_path: Path, paint: Paint, write: Write) -> Path:
    """A folder with the pictures of the miniatures."""
    for name, (width, height) in SIZES.items():
        write(tmp_path / "pictures" / name, paint(1, height, width))
    return tmp_path / "pictures"
