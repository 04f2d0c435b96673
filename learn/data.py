"""What the scripts read and where they write: photographs, patches of them, the training pictures of datasets."""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from wepsam import classical, progress
from wepsam.datasets import Sample, read_dataset
from wepsam.files import replacing
from wepsam.images import read_image
from wepsam.progress import track
from wepsam.reproduction.laboratories import LABORATORIES

CONSTANTS = Path(classical.__file__).parent / "bases"
FIXATIONS = ("osie", "dut_omron", "eyecrowd", "scene")  # the datasets below DATA


def folder(description: str | None, name: str) -> Path:
    """The folder that is the script's only argument.

    Args:
        description: the script's docstring, which --help prints.
        name: of the argument: PHOTOS or DATA.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar=name, help="see `python -c 'import learn; help(learn)'`")
    chosen: Path = parser.parse_args().folder
    if not chosen.is_dir():
        parser.error(f"{chosen} is no folder")
    progress.show()
    return chosen


def photographs(folder: Path) -> list[np.ndarray]:
    """The .jpg and .png pictures below a folder, in the order of their paths; (H, W, 3) uint8 each."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix in (".jpg", ".png"))
    return [read_image(path) for path in track(paths, "photographs")]


def patches_of(picture: np.ndarray, side: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, side * side * 3) float32 patches in [0, 1], from random places of an (H, W, 3) uint8 picture."""
    height, width = picture.shape[:2]
    rows, columns = rng.integers(0, height - side + 1, count), rng.integers(0, width - side + 1, count)
    patches = [picture[r : r + side, c : c + side].ravel() for r, c in zip(rows, columns, strict=True)]
    return np.array(patches, np.float32) / 255


def training_pictures(name: str, data: Path) -> list[Sample]:
    """The pictures of a dataset's training part whose density is known; in DATA/NAME, unless LABORATORIES says more."""
    dataset = read_dataset(name, data / LABORATORIES.get(name, name))
    return [sample for sample in dataset.split("train") if sample.has_density]


def some_training_pictures(name: str, data: Path, count: int, rng: np.random.Generator) -> list[Sample]:
    """As many random ones of a dataset's training pictures, or all of them if there are fewer."""
    samples = training_pictures(name, data)
    return [samples[i] for i in sorted(rng.permutation(len(samples))[:count])]


def save(name: str, **arrays: np.ndarray) -> None:
    """Write arrays into bases/NAME.npz, in half precision, and print their shapes."""
    halves: dict[str, Any] = {key: values.astype(np.float16) for key, values in arrays.items()}
    CONSTANTS.mkdir(exist_ok=True)
    with replacing(CONSTANTS / f"{name}.npz") as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, **halves)
    print(f"{name}: " + ", ".join(f"{key} {values.shape}" for key, values in arrays.items()))
