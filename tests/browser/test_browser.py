"""What a browser computes from the shipped files is what Python does: make browser (needs Node and npm)."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import wepsam
from helpers import ROOT
from web import build
from wepsam.shapes import input_shape

HERE = Path(__file__).parent
STEPS = ROOT / "tests" / "golden" / "predict" / "steps.json"

# Step -> the field of its entries that holds the result. FLOAT32: those whose result has about seven digits.
RESULTS = {
    "input_shape": "shape", "resize": "resized", "mean": "density", "calibration": "calibrated", "enlarge": "enlarged",
    "saliency_map": "map",
}  # fmt: skip
FLOAT32 = ("calibration", "enlarge", "saliency_map")

needs_node = pytest.mark.skipif(not shutil.which("node"), reason="no Node")
needs_runtime = pytest.mark.skipif(
    not (ROOT / "web" / "node_modules" / "onnxruntime-web").is_dir(), reason="no onnxruntime-web: make browser"
)


@needs_node
def test_the_steps_around_the_network_are_those_of_python():
    told = subprocess.run(["node", HERE / "steps.mjs"], input=STEPS.read_bytes(), check=True, capture_output=True)
    ours, expected = json.loads(told.stdout), json.loads(STEPS.read_bytes())
    for step, result in RESULTS.items():
        for answer, entry in zip(ours[step], expected[step], strict=True):
            values = np.ravel(entry[result])
            np.testing.assert_allclose(np.ravel(answer), values, rtol=2e-6 if step in FLOAT32 else 1e-9, err_msg=step)


# BROWSER_MODEL: an .onnx file of one's own, to check it too.
@needs_node
@needs_runtime
@pytest.mark.parametrize("name", [*wepsam.models(), *filter(None, [os.environ.get("BROWSER_MODEL")])])
def test_the_browser_gives_the_same_map(name, paint, tmp_path):
    model = wepsam.load(name, threads=1)
    side = model.card.get("input_size")
    for height, width in [(side, side)] if side else [input_shape(480, 640), input_shape(900, 300)]:
        stimulus = paint(5, height, width)
        stimulus.tofile(tmp_path / "stimulus.raw")
        (expected,) = model._run(stimulus[None])
        size = [str(height), str(width)]
        command = ["node", HERE / "run.mjs", _file(name), tmp_path / "stimulus.raw", *size, tmp_path / "map"]
        told = subprocess.run(command, check=True, capture_output=True, text=True)
        assert told.stdout.split() == ["1", *map(str, expected.shape)]
        assert told.stderr == ""
        ours = np.fromfile(tmp_path / "map", np.float32).reshape(expected.shape)
        assert expected.max() > 2 * expected.mean()  # not a flat map, with which all would agree
        assert np.abs(ours - expected).max() < 1e-4 * expected.max()


@needs_runtime
def test_the_page_is_not_built_over_other_files(tmp_path):
    build.build(tmp_path / "site")
    build.build(tmp_path / "site")
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "index.html").write_text("mine")
    with pytest.raises(ValueError, match="holds other files"):
        build.build(tmp_path / "thesis")
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["index.html"]


def _file(name):
    return name if name.endswith(".onnx") else Path(wepsam.__file__).parent / "weights" / f"{name}.onnx"
