"""The studies of the paper's claim: what they compare, and that their tables come from the files of results."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers import ROOT, Paint, Run, Write, write_osie
from wepsam import evaluate, maps
from wepsam.classical import CLASSICAL
from wepsam.datasets import open_dataset
from wepsam.markdown import insert
from wepsam.reproduction.boards.table1 import table1
from wepsam.reproduction.report import REPORTS, blocks, claims
from wepsam.reproduction.report.outcomes import Arm, Difference, Outcome, labels_needed, over_seeds
from wepsam.reproduction.studies import FULL, SMOKE, STUDIES, Human, Job, with_starts


def test_runs_have_names_of_their_own_and_come_after_their_starts() -> None:
    jobs = with_starts([job for study in STUDIES.values() for job in study(FULL)])
    assert len({job.name for job in jobs}) == len(jobs)
    for place, job in enumerate(jobs):
        assert job.start in (None, "imagenet", *jobs[:place])


def test_compared_arms_see_as_many_pictures() -> None:
    jobs = {job.name: job for job in STUDIES["labels"](FULL) + STUDIES["convergence"](FULL) + STUDIES["encoder"](FULL)}

    def seen(name: str) -> int:
        job = jobs[name]
        return job.pictures + (job.start.pictures if isinstance(job.start, Job) else 0)

    assert seen("convergence/weak-seed4") == seen("convergence/random-longer-seed4")
    assert seen("encoder/imagenet-weak-seed2") == seen("encoder/imagenet-seed2") == seen("encoder/random-weak-seed2")
    for name, job in jobs.items():
        if name.startswith("labels/ensemble"):  # nothing differs but the teacher
            rival = jobs[name.replace("ensemble", "weak")]
            assert isinstance(job.start, Job)
            assert isinstance(rival.start, Job)
            assert replace(job, start=None, arm="") == replace(rival, start=None, arm="")
            assert replace(job.start, data=rival.start.data, arm=rival.start.arm) == rival.start
        elif "as-long" in name:  # compared at equal fine-tuning
            assert job.pictures == jobs[name.replace("weak-as-long", "random")].pictures
        elif name.startswith("labels/weak"):
            assert isinstance(job.data, Human)
            assert seen(name) == seen(name.replace("weak", "random"))


def test_over_seeds_by_hand() -> None:
    mean, half = over_seeds(np.array([[1.0], [2.0], [3.0]]))
    assert mean == pytest.approx(2)
    assert half == pytest.approx(4.302653 / 3**0.5, rel=1e-6)  # t of 2 degrees of freedom, standard deviation 1


def test_labels_needed_by_hand() -> None:
    shares, scores = (0.01, 0.1, 1.0), (0.2, 0.4, 0.5)
    assert labels_needed(shares, scores, 0.4) == pytest.approx(0.1)
    assert labels_needed(shares, scores, 0.3) == pytest.approx(10**-1.5)  # half way, over the logarithm
    assert labels_needed(shares, scores, 0.1) == pytest.approx(0.01)
    assert labels_needed(shares, scores, 0.6) == np.inf


@pytest.fixture
def data(tmp_path: Path, paint: Paint, write: Write) -> Path:
    """A folder like the one that the studies are done with: photographs, and the four sets, all in their true forms."""
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
    """All runs of all studies by the code that does the full ones; then nothing is left to do; the report is theirs."""
    out, results, document = tmp_path / "runs", tmp_path / "results", tmp_path / "report.md"
    places = ("in-short", "schedule", *STUDIES)
    document.write_text("".join(f"# {name}\n<!-- table:{name} -->\n<!-- /table -->\n" for name in places))
    command = ("reproduce", "--smoke", "--data", data, "--out", out, "--results", results, "--workers", 2)
    code, said, err = wepsam_command(*command)
    assert code == 0, err
    jobs = with_starts([job for study in STUDIES.values() for job in study(SMOKE)])
    assert said == f"{len(jobs)} runs: {results}\n"
    for job in jobs:
        assert sorted(p.name for p in (results / job.name).iterdir()) == ["job.json", "log.csv", "scores.csv"]

    made = {path: path.stat().st_mtime_ns for path in out.rglob("*.safetensors")}
    code, said, err = wepsam_command(*command, "--report", document)
    assert code == 0, err
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.safetensors")} == made
    assert said.splitlines()[1:] == [str(document), *(str(tmp_path / "report" / f"{name}.png") for name in STUDIES)]
    for name in STUDIES:
        with Image.open(tmp_path / "report" / f"{name}.png") as picture:
            assert picture.width > 700
    with (results / "labels/weak-as-long-1-seed0/scores.csv").open(newline="") as file:
        cc = np.mean([float(row["cc"]) for row in csv.DictReader(file)])
    last = [line for line in document.read_text().splitlines() if line.startswith("| 100% (")][1]
    assert last.split(" | ")[2] == f"{cc:.3f}"


def test_table_1_quotes_and_measures(own_dataset: Path, tmp_path: Path) -> None:
    """Quoted beside measured, which are the means; what GBVS has is taken away from both. Who has no row has none."""
    data = open_dataset(f"csv={own_dataset}")
    made = {name: evaluate(CLASSICAL[name], data, name=name) for name in ("gbvs", "gbvs-128")}
    made["center-bias"] = evaluate("center-bias", data)
    for name in ("own", "cas"):
        made[name] = evaluate(CLASSICAL["gbvs-128"], data, name=name)
    made["own"].about["weights"] = "abc"  # which networks have
    for one in made.values():
        one.save(tmp_path)
    above, below = table1([tmp_path]).split("**Minus GBVS on the same pictures**")
    rows, leads = (
        {line.split(" | ")[0]: line.split(" | ")[1:] for line in part.splitlines()} for part in (above, below)
    )
    assert "**MIT300, quoted, and 12 pictures of pictures_with_csv (all), measured**" in above
    assert "| MKL | *0.78* / — | *0.78* / — | *0.42* / — | *0.42* / — | *1.10* / — | *1.08* / — |" in above.splitlines()
    own, gbvs = made["own"].mean(), made["gbvs"].mean()
    assert rows["| **own**"][2].startswith(f"— / {own['cc']:.2f} ± ")
    assert rows["| GBVS"][2].startswith(f"*0.48* / {gbvs['cc']:.2f} ± ")
    assert rows["| CAS"][2].startswith(f"*0.36* / {made['cas'].mean()['cc']:.2f} ± ")
    assert leads["| CAS"][2].startswith(f"*-0.12* / {made['cas'].mean()['cc'] - gbvs['cc']:+.2f} ± ")  # .36 - .48
    assert leads["| **own**"][2].startswith(f"— / {own['cc'] - gbvs['cc']:+.2f} ± ")
    assert not any("center" in name or "128" in name or "MKL" in name for name in leads)


def outcome(losses: list[float], cc: list[float], pictures: int) -> Outcome:
    log = {"step": 10.0 * np.arange(len(losses)), "validation_loss": np.array(losses)}
    about = {"training": ["made up", pictures], "mean_map_loss": 1.0}
    return Outcome(log, {metric: np.array(cc) for metric in ("cc", "nss", "kl")}, about)


def test_the_plateau_is_left_when_the_loss_stays_below() -> None:
    assert outcome([2.0, 0.9, 1.0, 0.94, 0.93], [0.5], 9).left == 30  # the .9 was luck
    assert outcome([2.0, 1.0, 0.96, 0.94], [0.5], 9).left is None


@pytest.mark.parametrize(
    ("found", "word"),
    [((0.2, 0.1, 0.3, 0.1, 0.3), "ahead"), ((0.2, 0.1, 0.3, -0.1, 0.3), "not to be told apart"),
     ((0.2, -0.1, 0.3, 0.1, 0.3), "not to be told apart"), ((-0.2, -0.3, -0.1, -0.3, -0.1), "behind")],
)  # fmt: skip
def test_ahead_is_what_pictures_and_seeds_agree_on(found: tuple[float, ...], word: str) -> None:
    assert claims.verdict(Difference(*found)) == word


def test_what_is_said_in_short_of_labels_follows_the_results() -> None:
    """A random start that gets .2, .3, .4 with 10, 100, 1,000 pictures, and others better and worse than it."""
    scores = {
        "random-0.01": 0.2, "random-0.1": 0.3, "random-1": 0.4,
        "weak-0.01": 0.3, "weak-0.1": 0.3, "weak-1": 0.35, "weak-as-long-1": 0.45,
    }  # fmt: skip
    arms = {
        name: Arm((outcome([1.0], [cc, cc], round(1000 * float(name.rpartition("-")[2]))),))
        for name, cc in scores.items()
    }
    said = claims.labels(arms)
    assert "With 10 fixation pictures a random start needs 10.0 times as many" in said
    assert "with 100, 1.0 times" in said
    assert "ahead on 10 (+0.100), not to be told apart on 100 (+0.000), behind on 1,000 (-0.050) pictures" in said
    assert "on top, it is ahead on 1,000 (+0.050)." in said
    assert "ensemble" not in said
    arms |= {
        name: Arm((outcome([1.0], [cc, cc], pictures),))
        for name, cc, pictures in (("ensemble-0.1", 0.32, 100), ("ensemble-as-long-1", 0.44, 1000))
    }
    assert "instead of GBVS' it is ahead on 100 (+0.020), behind on 1,000 (-0.010) pictures." in claims.labels(arms)


def test_the_document_is_that_of_the_results() -> None:
    """Every table and list of docs/reproduction.md is what its command makes of the files; no score is typed."""
    document, results = ROOT / "docs" / "reproduction.md", ROOT / "results"
    sets = ("osie-validation", "dut_omron-validation")
    evaluated = [
        folder for name in sets for folder in (results / name, results / "classical" / name) if folder.is_dir()
    ]
    done = [study for study in REPORTS if (results / "reproduction" / study).is_dir()]
    assert len(done) >= 4
    made = blocks(done, results / "reproduction", evaluated)
    for name, table in made.items():
        assert insert(document, name, table, write=False), f"{name}: run the command that the document tells"
    text = document.read_text(encoding="utf-8")
    for name, table in re.findall(r"<!-- table:(.+?) -->\n(.*?)<!-- /table -->", text, flags=re.DOTALL):
        assert name in made or not table, f"{name} has no results"
    prose = re.sub(r"<!-- table:.*?<!-- /table -->", "", text, flags=re.DOTALL)
    assert not re.search(r"\d\.\d\d", prose)
