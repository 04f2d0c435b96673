"""Viewers who follow a known calibration of a known model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wepsam import Calibration, maps
from wepsam.datasets import FixationDataset, pictures_with_csv

pytest.importorskip("scipy")
SHAPE = 48, 64


@pytest.fixture
def viewers(tmp_path: Path) -> Callable[..., FixationDataset]:
    """A function: calibration, number of pictures -> pictures whose fixations are drawn from the calibrated red."""

    def made(truth: Calibration, count: int = 20, fixations: int = 60, name: str = "set") -> FixationDataset:
        rng = np.random.default_rng(0)
        folder, lines = tmp_path / name, ["image,observer,x,y"]
        folder.mkdir()
        for i in range(count):
            red = maps.to_unit(maps.blur(rng.random(SHAPE) ** 8, 2) ** 3)
            picture = np.rint(np.stack([255 * red, np.full(SHAPE, 90), 255 - 255 * red], axis=-1)).astype(np.uint8)
            Image.fromarray(picture).save(folder / f"{i:02}.png")
            cells = rng.choice(picture[..., 0].size, fixations, p=truth(picture[..., 0].astype(float)).ravel())
            lines += [f"{i:02}.png,{n % 6},{c % SHAPE[1] + 0.5},{c // SHAPE[1] + 0.5}" for n, c in enumerate(cells)]
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n")
        return pictures_with_csv(folder, table=tmp_path / f"{name}.csv", name=name, sigma=1)

    return made


def red(stimulus: np.ndarray) -> np.ndarray:
    """A model: the red of the picture."""
    return stimulus[..., 0].astype(np.float32)


@pytest.fixture
def model() -> Callable[[np.ndarray], np.ndarray]:
    return red
