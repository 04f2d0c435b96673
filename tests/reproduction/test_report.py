"""The report: statistics by hand, and claims, tables and pages that follow the results."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from helpers import ROOT
from wepsam import markdown
from wepsam.files import ForeignFileError
from wepsam.reproduction.report import claims, page, tables
from wepsam.reproduction.report.outcomes import (
    DEEPER,
    LIGHT,
    Arm,
    Difference,
    Outcome,
    over_seeds,
    read_study,
    share_needed,
)


def test_over_seeds_by_hand() -> None:
    mean, half = over_seeds(np.array([[1.0], [2.0], [3.0]]))
    assert mean == pytest.approx(2)
    assert half == pytest.approx(4.302653 / 3**0.5, rel=1e-6)  # t of 2 degrees of freedom, standard deviation 1


def test_the_share_needed_by_hand() -> None:
    shares, scores = (0.01, 0.1, 1.0), (0.2, 0.4, 0.5)
    assert share_needed(shares, scores, 0.4) == pytest.approx(0.1)
    assert share_needed(shares, scores, 0.3) == pytest.approx(10**-1.5)  # half way, over the logarithm
    assert share_needed(shares, scores, 0.1) == pytest.approx(0.01)
    assert share_needed(shares, scores, 0.6) == np.inf


def outcome(losses: list[float], cc: list[float], pictures: int) -> Outcome:
    log = {"step": 10.0 * np.arange(len(losses)), "validation_loss": np.array(losses)}
    job = {"settings": {"batch_size": 16}, "start": {"pictures": 3000}}
    about = {"training": ["made up", pictures], "mean_map_loss": 1.0, "job": job}
    return Outcome(log, {metric: np.array(cc) for metric in ("cc", "nss", "kl")}, about)


def test_the_plateau_is_left_when_the_loss_stays_below() -> None:
    assert outcome([2.0, 0.9, 1.0, 0.94, 0.93], [0.5], 9).left_plateau == 30  # a single .9 does not count
    assert outcome([2.0, 1.0, 0.96, 0.94], [0.5], 9).left_plateau is None


@pytest.mark.parametrize(
    ("change", "word"),
    [((0.2, 0.1, 0.3, 0.1, 0.3), "ahead"), ((0.2, 0.1, 0.3, -0.1, 0.3), "indistinguishable"),
     ((0.2, -0.1, 0.3, 0.1, 0.3), "indistinguishable"), ((-0.2, -0.3, -0.1, -0.3, -0.1), "behind")],
)  # fmt: skip
def test_ahead_is_what_pictures_and_seeds_agree_on(change: tuple[float, ...], word: str) -> None:
    assert claims.verdict(Difference(*change)) == word


def test_the_claim_on_labels_follows_the_results() -> None:
    """A random start with .2, .3, .4 for 10, 100, 1,000 pictures, and starts that are better and worse."""
    scores = {
        "random-0.01": 0.2, "random-0.1": 0.3, "random-1": 0.4,
        "weak-0.01": 0.3, "weak-0.1": 0.3, "weak-1": 0.35, "weak-as-long-1": 0.45,
    }  # fmt: skip
    arms = {
        name: Arm((outcome([1.0], [cc, cc], round(1000 * float(name.rpartition("-")[2]))),))
        for name, cc in scores.items()
    }
    claim = claims.fixation_claim(arms)
    assert "With 10 fixation pictures, a random start needs 10.0 times as many" in claim
    assert "with 100, it needs 1.0 times as many" in claim
    assert "ahead with 10 (+0.100), indistinguishable with 100 (+0.000), behind with 1,000 (-0.050) pictures" in claim
    assert "on top, it is ahead with 1,000 (+0.050)." in claim
    assert "ensemble" not in claim
    arms |= {
        name: Arm((outcome([1.0], [cc, cc], pictures),))
        for name, cc, pictures in (("ensemble-0.1", 0.32, 100), ("ensemble-as-long-1", 0.44, 1000))
    }
    assert "of GBVS, it is ahead with 100 (+0.020), behind with 1,000 (-0.010) pictures." in claims.fixation_claim(arms)


def arm(*cc: float, pictures: int = 450) -> Arm:
    """A seed for each mean; two pictures, .1 apart."""
    return Arm(tuple(outcome([1.0], [mean - 0.05, mean + 0.05], pictures) for mean in cc))


def test_whether_deeper_networks_gain_more_follows_the_results() -> None:
    arms = {
        "five-layer-random-0.1": arm(0.3, 0.3), "five-layer-weak-0.1": arm(0.35, 0.35),
        "vgg16-random-0.1": arm(0.3, 0.3), "vgg16-weak-0.1": arm(0.4, 0.42),
        "googlenet-random-0.1": arm(0.3, 0.3), "googlenet-weak-0.1": arm(0.36, 0.33),
        "random": arm(0.5, 0.5, 0.5), "random-weak": arm(0.5, 0.5, 0.5), "imagenet": arm(0.9),
    }  # fmt: skip
    claim = claims.deeper_claim(arms)
    assert "with 450 fixation pictures" in claim
    assert "five layers by +0.050 [+0.050, +0.050], of VGG-16 (13 convolutions) by +0.110 [+0.110, +0.110]" in claim
    assert "of EfficientNet-lite0 by +0.000" in claim
    assert "VGG-16 (13 convolutions) gains more (+0.060 [+0.060, +0.060])" in claim
    assert claim.endswith("gains about as much (-0.005 [-0.005, -0.005]).")  # the seeds do not agree
    table = tables.deeper_table(arms)
    assert [row.split(" | ")[1] for row in table.splitlines()[2:6]] == [*DEEPER.values(), LIGHT]
    assert "2 to 3 seeds; 2 test pictures." in table


def test_what_a_teacher_saves_is_counted_in_pictures_of_a_random_start() -> None:
    """The arms that have more seeds are compared at those that all have."""
    arms = {
        f"{start}-{share:g}": arm(*scores, pictures=round(1000 * share))
        for start, curve in {
            "five-layer-random": {0.01: (0.2, 0.9), 0.1: (0.3, 0.9), 1.0: (0.4, 0.9)},
            "five-layer-weak": {0.01: (0.25, 0.9), 0.1: (0.3, 0.9), 1.0: (0.35, 0.9)},
            "five-layer-light": {0.01: (0.3,), 0.1: (0.45,)},
            "vgg16-random": {0.1: (0.9, 0.9)},
            "teacher": {0.01: (0.5,), 0.1: (0.6,)},
        }.items()
        for share, scores in curve.items()
    }
    claim = claims.efficiency_claim(arms)
    assert "by +0.100 [+0.100, +0.100] with 10 and by +0.150 [+0.150, +0.150] with 100 pictures" in claim
    assert "needs 10.0x as many with 10 and more than 10x as many with 100." in claim
    assert claim.endswith("Against the student of GBVS it is ahead with 10 (+0.050) and 100 (+0.150).")
    arms["five-layer-light-0.01"] = arm(0.1, pictures=10)
    assert "needs at most 1.0x as many with 10 and" in claims.efficiency_claim(arms)
    arms["five-layer-light-0.01"] = arm(0.3, pictures=10)
    table = tables.efficiency_table(arms)
    assert "| 1% (10) | 1 | 0.200 | 0.250 | 0.300 | +0.100" in table
    assert "| 10.0x as many | +0.050" in table
    assert "| 0.500 |" in table
    arms["five-layer-random-0.1"] = arm(0.1, 0.9, pictures=100)
    claim = claims.efficiency_claim(arms)
    assert "needs 46.4x as many with 10. With 100 it is worse than with fewer, so nothing is said there." in claim


def test_a_study_without_results_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="has no results; run: wepsam reproduce --study labels"):
        read_study(tmp_path, "labels")


RESULTS = ROOT / "results" / "reproduction" / "plateau"


def changed(folder: Path, change: Callable[[dict], object]) -> Path:
    """The results of the study "plateau", with a change to the record of one of its runs."""
    study = shutil.copytree(RESULTS, folder / "plateau")
    jobs = json.loads((study / "jobs.json").read_text())
    change(jobs["rate-0.3-seed0"])
    (study / "jobs.json").write_text(json.dumps(jobs))
    return folder


@pytest.mark.parametrize(
    "change",
    [
        lambda run: run.clear(),
        lambda run: run.update(job=[]),
        lambda run: run["job"].update(arm=5),
        lambda run: run["job"].update(arm="plateau/another"),
        lambda run: run["job"].pop("settings"),
        lambda run: run["job"]["settings"].update(seed="0"),
        lambda run: run["job"]["settings"].update(batch_size=-1),
        lambda run: run.update(training=[]),
        lambda run: run.update(training="x"),
        lambda run: run.update(ended=None),
        lambda run: run.update(mean_map_loss="a lot\nof it"),
    ],
)
def test_a_record_that_was_edited_is_one_line(tmp_path: Path, change: Callable[[dict], object]) -> None:
    with pytest.raises(ForeignFileError, match="plateau") as caught:
        page.blocks(["plateau"], changed(tmp_path, change))
    assert len(str(caught.value).splitlines()) == 1


def test_how_a_run_ended_is_shown_and_does_nothing_else(tmp_path: Path) -> None:
    text = page.blocks(["plateau"], changed(tmp_path, lambda run: run.update(ended="<img src=x> | *x*")))["plateau"]
    assert r"&lt;img src=x&gt; \| \*x\*" in text


def test_the_document_is_that_of_the_results() -> None:
    """Every table and list of that page is what its command makes of the results; no score is typed."""
    document, results = ROOT / "docs" / "explanation" / "reproduction.md", ROOT / "results"
    sets = ("osie-validation", "dut_omron-validation")
    evaluated = [
        folder for name in sets for folder in (results / name, results / "classical" / name) if folder.is_dir()
    ]
    done = [study for study in page.REPORTS if (results / "reproduction" / study).is_dir()]
    assert len(done) >= 4
    made = page.blocks(done, results / "reproduction", evaluated)
    for name, table in made.items():
        assert markdown.insert(document, name, table, write=False), f"{name}: run the command in the document"
    text = document.read_text(encoding="utf-8")
    for name, table in re.findall(r"<!-- table:(.+?) -->\n(.*?)<!-- /table -->", text, flags=re.DOTALL):
        assert name in made or not table, f"{name} has no results"
    prose = re.sub(r"<!-- table:.*?<!-- /table -->", "", text, flags=re.DOTALL)
    assert not re.search(r"\d\.\d\d", prose)
