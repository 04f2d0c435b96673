"""A model by name: what the names mean, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import wepsam
from helpers import Paint
from wepsam import resolve
from wepsam.classical import CLASSICAL
from wepsam.prediction.predictor import Predictor


def test_classical_models_are_the_functions_themselves() -> None:
    for name, model in CLASSICAL.items():
        assert resolve.predictor(name) is model
        assert resolve.predictor(model) is model
        assert resolve.classical_name(model) == name


def test_weights_by_name_and_by_file(paint: Paint) -> None:
    path = wepsam.load("wepsam-lite").weights
    expected = wepsam.load("wepsam-lite", quality="fast")(paint(0))
    for model in ("wepsam-lite", str(path), path):
        predictor = resolve.predictor(model, quality="fast", threads=1)
        assert isinstance(predictor, Predictor)
        np.testing.assert_array_equal(predictor(paint(0)), expected)


def test_what_is_refused(tmp_path: Path) -> None:
    for model in ("gvbs", str(tmp_path), tmp_path):
        with pytest.raises(
            ValueError, match=r"no model '.*'; expected an \.onnx file or one of .*wepsam-lite.*, gbvs,"
        ):
            resolve.predictor(model)
    with pytest.raises(ValueError, match=r"no weights .*nowhere\.onnx"):
        resolve.predictor(tmp_path / "nowhere.onnx")
    for model in ("gbvs", np.mean):
        with pytest.raises(ValueError, match="quality 'fast' applies only to wepsam weights"):
            resolve.predictor(model, quality="fast")
    with pytest.raises(ValueError, match="quality is best or fast, not 'slow'"):
        resolve.predictor("wepsam-lite", quality="slow")


def test_weights_do_not_import_the_classical_models() -> None:
    code = "import sys; from wepsam import resolve; resolve.predictor('wepsam-paper'); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "wepsam.classical" not in loaded
