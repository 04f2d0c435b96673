"""Folders of photographs for the tests of weak labels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from helpers import HTML, Paint, Write
from wepsam import progress


@pytest.fixture
def photos(tmp_path: Path, paint: Paint, write: Write) -> Path:
    """Twelve files that look like photographs: eight are, one is blank, three are broken. And a note."""
    folder = tmp_path / "photos"
    for seed in range(5):
        write(folder / f"{seed}.png", paint(seed))
    for seed in range(5, 8):  # upper case, as cameras write it; larger than the network's input
        write(folder / "sub" / f"DSC_{seed}.JPG", paint(seed, 150 + 60 * seed, 400), quality=90)
    write(folder / "blank.png", np.full((60, 80, 3), 200, np.uint8))
    data = (folder / "sub" / "DSC_5.JPG").read_bytes()
    (folder / "cut.jpg").write_bytes(data[: len(data) // 3])
    (folder / "sub" / "page.JPG").write_bytes(HTML)
    (folder / "void.png").write_bytes(b"")
    (folder / "notes.doc").write_text("not a picture, and does not claim to be one")
    return folder


@pytest.fixture
def jpegs(tmp_path: Path, paint: Paint, write: Write) -> Path:
    """Six small JPEGs in two folders."""
    for seed in range(6):
        write(tmp_path / "photos" / "ab"[seed % 2] / f"{seed}.jpg", paint(seed))
    return tmp_path / "photos"


@pytest.fixture
def bar_updates(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, float]]:
    """(done, total) of every update of a progress bar."""
    updates: list[tuple[float, float]] = []

    @contextmanager
    def bar(total: float, what: str, after: float = 0) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(update=lambda done: updates.append((done, total)))

    monkeypatch.setattr(progress, "bar", bar)
    return updates
