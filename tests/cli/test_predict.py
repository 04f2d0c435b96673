"""wepsam predict, with a predictor that knows nothing of the picture but its size."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import Run, one_line
from wepsam.classical import center_gaussian


def test_the_predict_command(
    photos: Path, tmp_path: Path, wepsam_command: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wepsam.prediction.predictor.load", lambda name, **_: center_gaussian)
    out_folder = tmp_path / "out"
    code, out, err = wepsam_command("predict", photos, "--out", out_folder, "--save", "npy, map", "--sheet")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"3 npy: {out_folder}/*.npy",
        f"3 maps: {out_folder}/*_map.png",
        f"contact sheet: {out_folder}/sheet.png",
    ]
    (photos / "broken.JPG").write_bytes(b"")
    code, out, err = wepsam_command("predict", photos, "-o", out_folder, "--json")
    assert code == 1
    done = json.loads(out)
    assert len(done["written"]) == 3
    assert done["failed"] == [f"{photos / 'broken.JPG'}: the file is empty"]
    assert err.splitlines()[-2:] == [done["failed"][0], "1 of 4 pictures failed"]
    code, _, err = wepsam_command("predict", photos, "-o", out_folder, "--save", "jpg")
    assert code == 2
    assert "save takes map, overlay, npy, density, log-density, not 'jpg'" in err
    code, _, err = wepsam_command("predict", tmp_path / "nowhere", "-o", out_folder)
    assert code == 2
    one_line(err, "nowhere: no such file or folder")


def test_names_that_the_terminal_cannot_show(photos: Path, tmp_path: Path) -> None:
    """Neither an ASCII terminal nor a name that is no UTF-8 stops a command."""
    page = tmp_path / "ünï"
    shutil.copytree(photos, page)
    script = (
        "import wepsam.prediction.predictor; from wepsam.classical import center_gaussian; "
        "wepsam.prediction.predictor.load = lambda name, **_: center_gaussian; from wepsam.cli import main; main()"
    )
    command = [sys.executable, "-c", script, "predict", str(page), "-o", str(page / "out"), "--save", "npy"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    result = subprocess.run(command, capture_output=True, text=True, env=environment, encoding="ascii")
    assert (result.returncode, result.stderr) == (0, "")
    assert "\\xfcn\\xef" in result.stdout
