"""The results of a study: gathering in parts or again changes nothing, and every run is complete."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helpers import ROOT
from wepsam.reproduction import run_files


def write_run(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "log.csv").write_text("step,loss\r\n0,0.50\r\n10,0.10\r\n")
    (folder / "scores.csv").write_text("dataset,cc\r\nosie,0.50000\r\n")
    (folder / "job.json").write_text(json.dumps({"ended": "done"}, indent=1))
    (folder / "best.safetensors").write_text("large")
    return folder


def test_a_study_is_three_files(tmp_path: Path) -> None:
    run_files.gather([write_run(tmp_path / "runs" / name) for name in ("b-seed1", "a-seed0")], tmp_path / "study")
    assert sorted(path.name for path in (tmp_path / "study").iterdir()) == ["jobs.json", "logs.csv", "scores.csv"]
    runs = run_files.read(tmp_path / "study")
    assert list(runs) == ["a-seed0", "b-seed1"]
    log = [{"step": "0", "loss": "0.50"}, {"step": "10", "loss": "0.10"}]
    assert runs["b-seed1"] == run_files.RunFiles(log, [{"dataset": "osie", "cc": "0.50000"}], {"ended": "done"})


def test_gathered_in_parts_or_again_is_the_same(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / "runs" / name) for name in "abc"]
    run_files.gather(runs, tmp_path / "whole")
    for part in (runs[2:], runs[:2], runs[1:]):
        run_files.gather(part, tmp_path / "parts")
    for path in (tmp_path / "whole").iterdir():
        assert (tmp_path / "parts" / path.name).read_bytes() == path.read_bytes()


def test_a_run_is_in_all_files(tmp_path: Path) -> None:
    run_files.gather([write_run(tmp_path / name) for name in "ab"], tmp_path / "study")
    jobs = tmp_path / "study" / "jobs.json"
    jobs.write_text(json.dumps({"a": json.loads(jobs.read_text())["a"]}))
    with pytest.raises(ValueError, match="study: b must be in all three files"):
        run_files.read(tmp_path / "study")


def test_committed_results_are_complete() -> None:
    for study in (ROOT / "results" / "reproduction").iterdir():
        for run in run_files.read(study).values():
            assert run.log[0]["step"] == "0"
            assert run.job["job"]["arm"].startswith(f"{study.name}/")
