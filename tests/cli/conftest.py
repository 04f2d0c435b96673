"""What the tests of several commands share."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers import Paint, Write


@pytest.fixture
def photos(tmp_path: Path, paint: Paint, write: Write) -> Path:
    for seed in range(3):
        write(tmp_path / "photos" / f"{seed}.png", paint(seed))
    return tmp_path / "photos"
