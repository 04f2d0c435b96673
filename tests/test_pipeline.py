"""The pipeline by its commands, small but real: from photographs and fixations to a model that is scored."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from helpers import Paint, Run, Write

SMALL = ["--network", "hidden=16", "--network", "filters=[4,8,8]"]
QUICK = ["--set", "epochs=2", "--set", "batch_size=4", "--set", "precision=32-true"]


def test_from_photographs_to_scores(
    tmp_path: Path, paint: Paint, write: Write, wepsam_command: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = ["image,observer,x,y"]
    rng = np.random.default_rng(0)
    for seed in range(24):
        write(tmp_path / f"photos/{seed:02}.jpg", paint(seed))
        write(tmp_path / f"own/stimuli/{seed:02}.png", paint(seed))
        rows += [
            f"{seed:02}.png,{o},{x:.1f},{y:.1f}" for o in range(3) for x, y in rng.uniform((20, 20), (100, 70), (5, 2))
        ]
    (tmp_path / "own/fixations.csv").write_text("\n".join(rows))

    def do(*arguments: object) -> str:
        code, out, err = wepsam_command(*arguments)
        assert code == 0, err
        return out

    do("label", "photos", "weak", "--workers", 1)
    out = do("pretrain", "weak", "--keep", 0.9, "--out", "runs/pre", *QUICK, *SMALL)
    assert "runs/pre/best.safetensors" in out
    do("finetune", "--start", "runs/pre", "-d", "csv=own", "--out", "runs/fine", *QUICK)
    do("finetune", "-d", "csv=own", "--out", "runs/random", *QUICK, *SMALL)
    start = {run: json.loads(Path(f"runs/{run}/config.json").read_text())["start"] for run in ("fine", "random")}
    assert start["random"][0] == "random"
    assert start["fine"][0].startswith("weak: 22 of lowest entropy")

    do("export", "runs/fine", "own.onnx")
    written = do("predict", "photos", "--model", "own.onnx", "--out", "maps", "--save", "npy")
    assert written.startswith("24 npy")
    assert np.load("maps/03.npy").shape == (90, 120)
    do("evaluate", "own.onnx", "-d", "csv=own", "--split", "all")
    do("evaluate", "center-bias", "-d", "csv=own", "--split", "all")
    table = do("compare", "results/own-all")
    assert "center bias (fitted)" in table
    assert "**own**" in table


@pytest.mark.parametrize(
    ("change", "reason"),
    [("epochs=many", "another kind"), ("batch_size=true", "another kind"), ("augmentation=1", "another kind"),
     ("augmentation.zoom=1", "mirror, geometry, color"), ("speed=1", "epochs, batch_size"), ("epochs", "NAME=VALUE")],
)  # fmt: skip
def test_settings_that_do_not_exist_or_fit(tmp_path: Path, wepsam_command: Run, change: str, reason: str) -> None:
    code, _, err = wepsam_command("pretrain", tmp_path, "--out", tmp_path / "run", "--set", change)
    assert code == 2
    assert reason in err


def test_recipes_are_listed(tmp_path: Path, wepsam_command: Run) -> None:
    code, _, err = wepsam_command("pretrain", tmp_path, "--out", tmp_path / "run", "--recipe", "best")
    assert code == 2
    for recipe in ("paper", "juntingnet", "shipped", "lite", "mr_cnn", "cnn_vlm"):
        assert recipe in err
