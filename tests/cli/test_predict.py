"""wepsam predict, as people type it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from helpers import Run, one_line

MODEL = ("--model", "center-gaussian")  # it sees nothing of a picture but its size


def test_predict(photos: Path, tmp_path: Path, wepsam_command: Run) -> None:
    out_folder = tmp_path / "out"
    code, out, err = wepsam_command("predict", photos, "--out", out_folder, "--save", "npy, map", "--sheet", *MODEL)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"3 npy: {out_folder}/*.npy",
        f"3 maps: {out_folder}/*_map.png",
        f"contact sheet: {out_folder}/sheet.png",
    ]
    (photos / "broken.JPG").write_bytes(b"")
    code, out, err = wepsam_command("predict", photos, "-o", out_folder, "--json", *MODEL)
    assert code == 1
    done = json.loads(out)
    assert len(done["written"]) == 3
    assert done["failed"] == [f"{photos / 'broken.JPG'}: the file is empty"]
    assert err.splitlines()[-2:] == [done["failed"][0], "1 of 4 pictures failed"]
    code, _, err = wepsam_command("predict", photos, "-o", out_folder, "--save", "jpg")
    assert code == 2
    assert "save takes map, overlay, overlay-png, npy, density, log-density, not 'jpg'" in err
    code, _, err = wepsam_command("predict", tmp_path / "nowhere", "-o", out_folder)
    assert code == 2
    one_line(err, "nowhere: no such file or folder")


def test_options_of_predict_are_heard(photos: Path, tmp_path: Path, wepsam_command: Run) -> None:
    bits = ("predict", photos, "-o", tmp_path / "bits", "--save", "log-density,density", "--bits", *MODEL)
    code, out, err = wepsam_command(*bits)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"3 log-densities: {tmp_path / 'bits'}/*_log2-density.npy",
        f"3 densities: {tmp_path / 'bits'}/*_density.npy",
    ]
    overlay = ("predict", photos / "0.png", "-o", tmp_path, "--save", "overlay", *MODEL)
    styles = [(), ("--overlay-strength", 0.2), ("--colors", "gray"), ("--no-legend",), ("--scale", "common")]
    pictures = []
    for style in styles:
        assert wepsam_command(*overlay, *style)[0] == 0
        pictures.append((tmp_path / "0_overlay.jpg").read_bytes())
    assert len(set(pictures)) == len(styles)
    for wrong in (("--colors", "pink"), ("--scale", "log"), ("--overlay-strength", 2), ("--bits",)):
        code, _, err = wepsam_command(*overlay, *wrong)
        assert code == 2
        one_line(err, wrong[-1].removeprefix("--") if isinstance(wrong[-1], str) else wrong[-1])


def test_names_that_the_terminal_cannot_show(photos: Path, tmp_path: Path) -> None:
    """A name that the encoding of the terminal lacks does not stop a command."""
    page = tmp_path / "ünï"
    shutil.copytree(photos, page)
    command = [sys.executable, "-m", "wepsam", "predict", str(page), "-o", str(page / "out"), "--save", "npy", *MODEL]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    result = subprocess.run(command, capture_output=True, text=True, env=environment, encoding="ascii")
    assert (result.returncode, result.stderr) == (0, "")
    assert "\\xfcn\\xef" in result.stdout
