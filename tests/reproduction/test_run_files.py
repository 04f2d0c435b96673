"""Files of many runs in a few: nothing is lost, and gathering in parts or again changes nothing."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from helpers import ROOT
from wepsam.reproduction import run_files


def write_run(folder: Path, loss: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "log.csv").write_text(f"step,loss\r\n0,{loss}\r\n10,0.10\r\n")
    (folder / "scores.csv").write_text("dataset,cc\r\nosie,0.50000\r\n")
    (folder / "job.json").write_text(json.dumps({"ended": "done", "loss": float(loss)}, indent=1))
    (folder / "best.safetensors").write_text("large")
    return folder


def test_runs_are_gathered_as_they_are_written(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / "runs" / name, loss) for name, loss in (("b-seed1", "1e-05"), ("a-seed0", "2.50"))]
    run_files.gather(runs, tmp_path / "results")
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == ["jobs.json", "logs.csv", "scores.csv"]
    assert (tmp_path / "results" / "logs.csv").read_text().splitlines() == [
        *("run,step,loss", "a-seed0,0,2.50", "a-seed0,10,0.10", "b-seed1,0,1e-05", "b-seed1,10,0.10")
    ]
    found = run_files.read(tmp_path / "results")
    assert list(found) == ["a-seed0", "b-seed1"]
    assert found["b-seed1"].log[0] == {"step": "0", "loss": "1e-05"}
    assert found["a-seed0"].scores == [{"dataset": "osie", "cc": "0.50000"}]
    assert found["a-seed0"].job == {"ended": "done", "loss": 2.5}


def test_gathered_in_parts_or_again_is_the_same(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / "runs" / name, "0.5") for name in "abc"]
    run_files.gather(runs, tmp_path / "whole")
    for part in (runs[2:], runs[:2], runs[1:]):
        run_files.gather(part, tmp_path / "parts")
    for path in (tmp_path / "whole").iterdir():
        assert (tmp_path / "parts" / path.name).read_bytes() == path.read_bytes()


def test_tables_with_other_columns_are_refused(tmp_path: Path) -> None:
    run_files.gather([write_run(tmp_path / "a", "0.5")], tmp_path / "results")
    other = write_run(tmp_path / "b", "0.5")
    (other / "log.csv").write_text("step,validation_loss\r\n0,0.5\r\n")
    with pytest.raises(ValueError, match=r"log\.csv of b has the columns step, validation_loss, expected step, loss"):
        run_files.gather([other], tmp_path / "results")


def test_a_run_is_in_all_files(tmp_path: Path) -> None:
    run_files.gather([write_run(tmp_path / name, "0.5") for name in "ab"], tmp_path / "results")
    jobs = tmp_path / "results" / "jobs.json"
    jobs.write_text(json.dumps({"a": json.loads(jobs.read_text())["a"]}))
    with pytest.raises(ValueError, match="results: b must be in all three files"):
        run_files.read(tmp_path / "results")


def test_committed_results_are_complete() -> None:
    """Every log begins before the first step, and the runs of a study are scored on as many pictures."""
    for study in (ROOT / "results" / "reproduction").iterdir():
        runs = run_files.read(study)
        assert all(run.log[0]["step"] == "0" for run in runs.values())
        assert all(run.job["job"]["arm"].startswith(f"{study.name}/") for run in runs.values())
    with (ROOT / "results" / "runs" / "logs.csv").open(newline="") as file:
        logged = {row["run"] for row in csv.DictReader(file)}
    assert logged == set(json.loads((ROOT / "results" / "runs" / "configs.json").read_text()))
