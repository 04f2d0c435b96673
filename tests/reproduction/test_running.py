"""All studies in tiny, from the data to the report."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers import Paint, Run, Write, write_osie
from wepsam import maps
from wepsam.networks.lite import LiteConfig
from wepsam.reproduction import run_files
from wepsam.reproduction.jobs import study_pictures
from wepsam.reproduction.studies import DENSITY, FULL, HE, SMOKE, STUDIES, Human, Job, with_starts


@pytest.fixture
def data(tmp_path: Path, paint: Paint, write: Write) -> Path:
    """A folder like the one that the studies use: photographs and the four datasets, all in their true formats."""
    folder, rng = tmp_path / "data", np.random.default_rng(0)
    for seed in range(24):
        write(folder / "photos" / f"{seed:02}.jpg", paint(seed, 144, 192))
    looked = {}
    for number in range(1001, 1025):
        write(folder / "osie" / "data" / "stimuli" / f"{number}.jpg", paint(number, 60, 80))
        looked[f"{number}.jpg"] = [[tuple(rng.uniform((20, 15), (60, 45)))] * 3 for _ in range(2)]
    write_osie(folder / "osie" / "data", looked)
    for part, first, count in (("train", 1, 24), ("val", 3006, 12)):
        for number in range(first, first + count):
            density = maps.density(rng.uniform(10, 54, (3, 2)), (64, 64), 4.0)
            write(folder / "dut_omron" / "images" / part / f"{number:04}.jpg", paint(number, 64, 64))
            write(
                folder / "dut_omron" / "maps" / part / f"{number:04}.png",
                np.rint(255 * density / density.max()).astype(np.uint8),
            )
    for name in ("eyecrowd", "scene"):
        rows = ["image,observer,x,y"]
        for seed in range(12):
            write(folder / name / "stimuli" / f"{seed:02}.jpg", paint(seed, 60, 80))
            rows += [f"{seed:02}.jpg,{o},{x:.1f},{y:.1f}" for o, (x, y) in enumerate(rng.uniform(20, 50, (3, 2)))]
        (folder / name / "fixations.csv").write_text("\n".join(rows))
    return folder


def test_the_studies_in_tiny_from_data_to_report(data: Path, tmp_path: Path, wepsam_command: Run) -> None:
    """The code of the full studies carries out all runs; a second call has nothing left to do but the report."""
    out, results, document = tmp_path / "runs", tmp_path / "results", tmp_path / "report.md"
    places = ("in-short", "schedule", *STUDIES)
    document.write_text("".join(f"# {name}\n<!-- table:{name} -->\n<!-- /table -->\n" for name in places))
    command = ("reproduce", "--smoke", "--data", data, "--out", out, "--results", results, "--workers", 2)
    code, printed, err = wepsam_command(*command)
    assert code == 0, err
    jobs = with_starts([job for study in STUDIES.values() for job in study(SMOKE)])
    assert printed == f"{len(jobs)} runs: {results}\n"
    for study in ("pre", *STUDIES):
        assert sorted(path.name for path in (results / study).iterdir()) == ["jobs.json", "logs.csv", "scores.csv"]
        runs = run_files.read(results / study)
        assert sorted(f"{study}/{run}" for run in runs) == sorted(job.name for job in jobs if job.study == study)
        for run, files in runs.items():
            with (out / study / run / "scores.csv").open(newline="") as file:
                assert files.scores == list(csv.DictReader(file))

    weights = {path: path.stat().st_mtime_ns for path in out.rglob("*.safetensors")}
    gathered = {path: path.read_bytes() for path in results.rglob("*.*")}
    code, printed, err = wepsam_command(*command, "--report", document)
    assert code == 0, err
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.safetensors")} == weights
    assert {path: path.read_bytes() for path in results.rglob("*.*")} == gathered
    assert printed.splitlines()[1:] == [str(document), *(str(tmp_path / "report" / f"{name}.png") for name in STUDIES)]
    for name in STUDIES:
        with Image.open(tmp_path / "report" / f"{name}.png") as picture:
            assert picture.width > 700
    cc = np.mean([float(row["cc"]) for row in run_files.read(results / "labels")["weak-as-long-1-seed0"].scores])
    last = [line for line in document.read_text().splitlines() if line.startswith("| 100% (")][1]
    assert last.split(" | ")[2] == f"{cc:.3f}"


def test_a_choice_of_pictures_is_the_same_for_every_network(data: Path, tmp_path: Path) -> None:
    """A teacher that sees pictures in their aspect learns from those of its student, which sees squares."""
    job, means = Job("study/arm", Human(share=0.3), 100, 100, DENSITY), []
    for network in (HE, LiteConfig(area=64 * 64)):
        pictures = study_pictures(job, data, tmp_path, FULL, network)
        parts = (pictures.training, pictures.validation, pictures.test)
        means.append([sorted(s.mean() for group in part for s in group.stimuli) for part in parts])
    assert len(pictures.training) > 1
    for squares, others in zip(*means, strict=True):
        np.testing.assert_allclose(squares, others, atol=0.5)
