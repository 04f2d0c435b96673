"""Writes visual_clutter.json: PYTHON tests/golden/clutter/visual_clutter_answers.py ../shared/data

PYTHON is an interpreter with visual-clutter, an implementation of feature congestion under the MIT license. It pins old
versions of what it needs, and runs with new ones:

    python -m venv ENV && ENV/bin/pip install --no-deps visual-clutter pyrtools
    ENV/bin/pip install numpy scipy Pillow opencv-python-headless matplotlib tqdm requests scikit-image

It takes some minutes. Only numbers are kept; the pictures are drawn here, or lie beside the repository.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from PIL import Image

LONGEST = 256  # pixels of the pictures that are measured: the package is slow
PHOTOGRAPHS, PAGES = "osie/data/stimuli", "web"
EACH = 8


def drawn() -> dict[str, np.ndarray]:
    """Pictures that anybody can draw again, (96, 128, 3) uint8."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:96, :128]
    stripes = np.where((x // 6) % 2, 230, 40)
    checks = np.where((x // 8 + y // 8) % 2, 200, 60)
    waves = 128 + 100 * np.sin(x / 5 + 8 * np.sin(y / 17))
    cells = rng.integers(0, 256, (12, 16, 3)).repeat(8, 0).repeat(8, 1)
    ramp = np.stack([2 * x, 2 * y, 255 - 2 * x], axis=2)
    letters = np.where((x % 9 < 2) & (y % 14 < 9), 20, 255)
    pictures = {
        "stripes": stripes, "checks": checks, "waves": waves, "letters": letters, "cells": cells, "ramp": ramp,
        "gray noise": rng.integers(0, 256, (96, 128)), "color noise": rng.integers(0, 256, (96, 128, 3)),
    }  # fmt: skip
    return {
        name: np.ascontiguousarray((p if p.ndim == 3 else np.repeat(p[..., None], 3, axis=2)).astype(np.uint8))
        for name, p in pictures.items()
    }


def real(folder: Path) -> dict[str, np.ndarray]:
    """Photographs and web pages below a folder, by their paths below it, made smaller."""
    pictures = {}
    for place in (PHOTOGRAPHS, PAGES):
        paths = sorted((folder / place).glob("*.jpg"))
        for path in paths[:: len(paths) // EACH][:EACH]:
            picture = Image.open(path).convert("RGB")
            share = LONGEST / max(picture.size)
            size = round(picture.width * share), round(picture.height * share)
            name = path.relative_to(folder).as_posix()
            pictures[name] = np.asarray(picture.resize(size, Image.Resampling.BICUBIC))
    return pictures


def answer(picture: np.ndarray) -> float:
    from visual_clutter import Vlc

    measured = Vlc(picture, numlevels=3, contrast_filt_sigma=1, contrast_pool_sigma=3, color_pool_sigma=3)
    return round(float(measured.getClutter_FC(p=1, pix=0)[0]), 4)


if __name__ == "__main__":
    versions = f"visual-clutter {version('visual-clutter')}, numpy {np.__version__}"
    told = {
        "origin": f"{versions}; visual_clutter_answers.py says how",
        "drawn": {name: answer(picture) for name, picture in drawn().items()},
        "real": {name: answer(picture) for name, picture in real(Path(sys.argv[1])).items()},
    }
    Path(__file__).with_name("visual_clutter.json").write_text(json.dumps(told, indent=1) + "\n")
