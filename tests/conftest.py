"""Pictures and datasets for the tests: generated ones, and real ones where they are at hand."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image

from helpers import ROOT, Paint, Run, Write

# The same examples in every run: what fails here fails everywhere. Others: pytest --hypothesis-profile=default
settings.register_profile("seeded", derandomize=True, deadline=None)
settings.load_profile("seeded")


@pytest.fixture(scope="module", params=["numpy", "compiled"])
def passes(request: pytest.FixtureRequest) -> Iterator[None]:
    """Maps of any size are scored in numpy, then by the compiled passes."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("wepsam.metrics._prepared.LARGE", np.inf if request.param == "numpy" else 1)
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real photographs and fixations that lies beside the repository."""
    folder = ROOT.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("no real datasets: ../shared/data is not there")
    return folder


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Photographs of scikit-image (astronaut.png, ...)."""
    folder = ROOT / ".venv" / "pictures"
    if not folder.is_dir():
        pytest.skip("no photographs: `make test` unpacks them into .venv/pictures")
    return folder


@pytest.fixture(scope="session")
def paint() -> Paint:
    """A function: seed, height, width -> a colored disc on noisy ground, (H, W, 3) uint8."""

    def painted(seed: int, height: int = 90, width: int = 120) -> np.ndarray:
        rng = np.random.default_rng(seed)
        ground, disc = rng.integers(40, 216, (2, 3))
        y, x = np.mgrid[:height, :width]
        row, column, radius = rng.uniform(0.25, 0.75) * height, rng.uniform(0.25, 0.75) * width, height / 6
        inside = (y - row) ** 2 + (x - column) ** 2 < radius**2
        picture = np.where(inside[..., None], disc, ground) + rng.normal(0, 6, (height, width, 3))
        pixels: np.ndarray = np.clip(picture, 0, 255).astype(np.uint8)
        return pixels

    return painted


@pytest.fixture(scope="session")
def write() -> Write:
    """A function: path, (H, W[, 3]) uint8 -> the path, written and its folders made."""

    def written(path: Path, picture: np.ndarray, **options: Any) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path, **options)
        return path

    return written


@pytest.fixture
def own_dataset(tmp_path: Path, paint: Paint, write: Write) -> Path:
    """A folder with stimuli/ and fixations.csv: 12 pictures, 4 observers who look at about the same place."""
    rng = np.random.default_rng(5)
    folder = tmp_path / "own"
    lines = ["image,observer,x,y,duration_s"]
    for number in range(12):
        write(folder / "stimuli" / f"{number:03d}.png", paint(number, 40, 60))
        place = rng.uniform((15, 10), (45, 30))
        for observer in "abcd":
            x, y = place + rng.normal(0, 3, 2)
            lines += [f"{number:03d}.png,{observer},{x + step:.2f},{y:.2f},0.2" for step in range(3)]
    (folder / "fixations.csv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture
def wepsam_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """A function: arguments -> (exit code, stdout, stderr) of `wepsam ARGUMENTS`."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERMINAL_WIDTH", "200")

    def run(*arguments: object) -> tuple[int, str, str]:
        from wepsam import cli

        monkeypatch.setattr(sys, "argv", ["wepsam", *map(str, arguments)])
        capsys.readouterr()  # without what the test printed before
        with pytest.raises(SystemExit) as exit_:
            cli.main()
        out, err = capsys.readouterr()
        return int(exit_.value.code or 0), out, err

    return run
