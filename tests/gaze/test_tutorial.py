"""The four commands of docs/how-to/eye-tracking.md, on EyeLink files and their pictures."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import numpy as np
import pytest

from gaze import miniatures
from gaze.miniatures import Looked
from helpers import ROOT, Paint, Run, Write

PAGE = (ROOT / "docs" / "how-to" / "eye-tracking.md").read_text(encoding="utf-8")


def commands() -> list[list[str]]:
    """The lines between the marks of the tutorial, without the program's name."""
    text = PAGE.split("<!-- tutorial -->")[1].split("<!-- /tutorial -->")[0]
    return [shlex.split(line)[1:] for line in text.splitlines() if line.startswith("wepsam ")]


def test_an_asc_file_becomes_an_adapted_model_and_a_report(
    tmp_path: Path, paint: Paint, write: Write, wepsam_command: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(5)
    sizes = {f"{number:02d}.png": (320, 240) for number in range(10)}
    monkeypatch.setattr(miniatures, "SIZES", sizes)
    (tmp_path / "recordings").mkdir()
    for number, (name, (width, height)) in enumerate(sizes.items()):
        write(tmp_path / "pictures" / name, paint(number, height, width))
    for observer in ("s01", "s02", "s03"):
        mine = []
        for name, size in sizes.items():
            duration = rng.integers(150, 300, 8)
            onset = np.cumsum(np.concatenate([[30], duration[:-1] + 40]))
            points = np.round(rng.normal(0.5, 0.15, (8, 2)).clip(0.02, 0.98) * size, 1)
            mine.append(Looked(observer, name, points, onset, duration))
        (tmp_path / "recordings" / f"{observer}.asc").write_text(miniatures.asc(mine, kind="fit", eyes="LR"))
    (tmp_path / "areas.json").write_text('[{"label": "middle", "box": [0.3, 0.3, 0.7, 0.7]}]')
    monkeypatch.chdir(tmp_path)
    lines = commands()
    assert [line[0] for line in lines] == ["gaze", "gaze", "adapt", "report"]
    for line in lines:
        code, out, err = wepsam_command(*line)
        assert code == 0, (line, out, err)
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert len(report["pictures"]) == 10
    for picture in report["pictures"]:
        (area,) = picture["people"]
        assert area["observers"] == 3
        assert area["fixations"] <= 24
    check = json.loads((tmp_path / "study" / "check.json").read_text())
    assert check["numbers"]["fixations"] == 240
    assert (tmp_path / "adapted" / "adapted.onnx").is_file()
