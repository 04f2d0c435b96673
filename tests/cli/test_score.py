"""wepsam evaluate, as people type it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helpers import Run, one_line


def test_a_model_on_pictures_it_has_learned_from_is_warned_of(
    own_dataset: Path, tmp_path: Path, wepsam_command: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wepsam.classical.FITTED", ("center-gaussian",))
    monkeypatch.setattr("wepsam.classical.LEARNT_FROM", ("pictures_with_csv",))
    command = ("evaluate", "center-gaussian", "-d", f"csv={own_dataset}", "-o", tmp_path)
    said = "center-gaussian has learned from the training part of pictures_with_csv; these scores are optimistic"
    assert said in wepsam_command(*command, "--split", "all")[2]
    assert said not in wepsam_command(*command, "--split", "validation")[2]
    assert "optimistic" not in wepsam_command("evaluate", "gbvs", *command[2:], "--split", "all")[2]


def test_evaluate_for_programs(own_dataset: Path, tmp_path: Path, wepsam_command: Run) -> None:
    arguments = ["evaluate", "center-bias", "-d", f"csv={own_dataset}", "-o", tmp_path, "--json"]
    code, out, _ = wepsam_command(*arguments)
    assert code == 0
    about = json.loads(out, parse_constant=lambda constant: pytest.fail(constant))
    assert (about["model"], about["split"], about["pictures"]) == ("center-bias", "validation", 1)
    assert about["scores"]["auc_shuffled"]["mean"] is None  # one picture, no others
    assert about["scores"]["nss"]["mean"] is not None
    assert about == json.loads((tmp_path / "pictures_with_csv-validation" / "center-bias.json").read_text())


def test_evaluate_mistakes_exit_2(own_dataset: Path, tmp_path: Path, wepsam_command: Run) -> None:
    spec = f"csv={own_dataset}"
    code, _, err = wepsam_command("evaluate", "gbvs", "-d", own_dataset)
    assert code == 2
    one_line(err, "is not NAME=FOLDER with a NAME among osie,")
    code, _, err = wepsam_command("evaluate", "gbvs", "-d", f"osie={tmp_path}/nowhere/")
    assert code == 2
    one_line(err, f"no OSIE at {tmp_path}/nowhere: expected")
    code, _, err = wepsam_command("evaluate", "gbvs", "-d", spec, "--split", "test")
    assert code == 2
    one_line(err, "not 'test'")
    code, _, err = wepsam_command("evaluate", "gvbs", "-d", spec)
    assert code == 2
    one_line(err, "no model 'gvbs'")
    (own_dataset / "fixations.csv").write_text("image,observer,x,y\n000.png,a,3,3\n")
    code, _, err = wepsam_command("evaluate", "gbvs", "-d", spec)
    assert code == 2
    assert "has no validation pictures; for all of its pictures, the split is all" in err


def test_the_quality_of_predict_and_evaluate(wepsam_command: Run, own_dataset: Path, tmp_path: Path) -> None:
    picture = str(next((own_dataset / "stimuli").iterdir()))
    code, _, err = wepsam_command("predict", picture, "-o", str(tmp_path / "maps"), "--quality", "slow")
    assert (code, err) == (2, "wepsam: quality is best or fast, not 'slow'\n")
    code, _, err = wepsam_command("evaluate", "gbvs", "-d", f"csv={own_dataset}", "--quality", "fast")
    assert code == 2
    assert "quality 'fast' applies only to wepsam weights by name or file, not to gbvs" in err
    folder = tmp_path / "results"
    code, _, err = wepsam_command(
        *("evaluate", "wepsam-paper", "-d", f"csv={own_dataset}", "--split", "all", "-o", str(folder)),
        *("--quality", "fast", "--workers", "1"),
    )
    assert code == 0, err
    (found,) = folder.glob("*/wepsam-paper-fast.json")
    assert json.loads(found.read_text())["quality"] == "fast"
