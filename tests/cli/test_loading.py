"""What the commands and the torch-free half of the library load, and what they do where an extra is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from helpers import one_line

LIGHT = [
    *(
        "wepsam",
        "wepsam.cli",
        "wepsam.prediction.predictor",
        "wepsam.prediction.folder",
        "wepsam.datasets",
        "wepsam.metrics",
    ),
    *("wepsam.classical", "wepsam.evaluation", "wepsam.evaluation.table", "wepsam.images", "wepsam.overlays"),
    *("wepsam.maps", "wepsam.weak.selection"),
]


def python(code: str) -> str:
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_predicting_scoring_and_reading_do_not_load_torch() -> None:
    loaded = set(python(f"import {', '.join(LIGHT)}, sys; print(*sys.modules)").split())
    assert set(LIGHT) <= loaded
    assert not loaded & {"torch", "lightning", "cv2", "numba", "scipy", "pyarrow", "joblib", "matplotlib", "onnx"}
    assert not loaded & {"huggingface_hub", "httpx2", "tqdm"}


@pytest.mark.parametrize("arguments", [["--help"], ["publish", "--help"], ["models"]])
def test_commands_load_nothing_of_the_hub(arguments: list[str]) -> None:
    call = f"import sys\nsys.argv = ['wepsam', *{arguments!r}]\nfrom wepsam.cli import command\ncommand()\n"
    loaded = python(f"{call}print(*sys.modules)").splitlines()[-1].split()
    assert "wepsam.cli.publish" in loaded
    assert not {"huggingface_hub", "httpx2", "wepsam.hub.publishing", "torch"} & set(loaded)


WITHOUT = """
import sys
from importlib.machinery import PathFinder

ABSENT = {"cv2", "numba", "scipy", "pyarrow", "matplotlib", "torch", "joblib", "lightning", "safetensors", "onnx"}

class Core:
    '''Finds what is installed, but for the extras.'''
    @staticmethod
    def find_spec(name, path=None, target=None):
        return None if name.partition(".")[0] in ABSENT else PathFinder.find_spec(name, path, target)

sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not PathFinder] + [Core]
"""


def test_the_core_works_without_the_extras(osie_like: Path) -> None:
    """Imports, predictors without extras and scores; whatever needs an extra says which in one line."""
    code = f"""{WITHOUT}
import {", ".join(LIGHT)}
import numpy as np
import wepsam
from wepsam.cards import describe
from wepsam.classical import center_gaussian
from wepsam.datasets import osie
stimulus = np.zeros((20, 30, 3), np.uint8)
print(center_gaussian(stimulus).shape)
for call in (lambda: wepsam.classical.gbvs(stimulus), lambda: osie({str(osie_like)!r})):
    try:
        call()
    except ImportError as error:
        print(error)
"""
    assert python(code).splitlines() == [
        "(20, 30)",
        "a classical model needs numba: pip install 'wepsam[classical]'",
        "reading fixations.mat needs scipy: pip install 'wepsam[classical]'",
    ]


@pytest.fixture
def osie_like(tmp_path: Path) -> Path:
    (tmp_path / "stimuli").mkdir()
    (tmp_path / "eye").mkdir()
    (tmp_path / "eye" / "fixations.mat").touch()
    return tmp_path


def test_a_command_whose_extra_is_missing_says_so() -> None:
    code = f"{WITHOUT}\nsys.argv = ['wepsam', 'label', '.', 'weak']\nfrom wepsam.cli import main\nmain()"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 1
    one_line(result.stderr, "wepsam.label needs ", "pip install 'wepsam[train]'")


@pytest.mark.parametrize(
    "call",
    [["predict", "a.png", "--model", "hf:a/b", "-o", "out"], ["publish", "wepsam-lite", "a/b", "--folder", "out"]],
)
def test_the_hub_without_its_extra(call: list[str], tmp_path: Path) -> None:
    without = WITHOUT.replace('"cv2"', '"huggingface_hub", "cv2"')
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png")
    code = f"{without}\nsys.argv = ['wepsam', *{call!r}]\nfrom wepsam.cli import main\nmain()"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert result.returncode == 1
    one_line(result.stderr, "a model on the Hugging Face Hub needs huggingface_hub: pip install 'wepsam[hub]'")
    assert not (tmp_path / "out").exists()


def test_models_needs_the_core_only() -> None:
    code = f"{WITHOUT}\nsys.argv = ['wepsam', 'models']\nfrom wepsam.cli import main\nmain()"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "\nrare2012 " in result.stdout
