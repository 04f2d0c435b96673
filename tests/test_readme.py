"""The README tells the truth: its tables come from the results files, its commands and names exist."""

import csv
import json
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import wepsam
from wepsam import cards
from wepsam.classical import CLASSICAL
from wepsam.classical.ensemble import card as ensemble_card
from wepsam.cli import reference
from wepsam.evaluation import read
from wepsam.evaluation.comparison import differences, score_table
from wepsam.evaluation.table import as_markdown
from wepsam.markdown import insert

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
RESULTS = sorted(path.parent for path in (ROOT / "results").glob("*/wepsam-paper.json"))


@pytest.mark.parametrize("folder", RESULTS, ids=lambda path: path.name)
def test_tables_are_those_of_the_results(folder):
    assert insert(ROOT / "README.md", folder.name, as_markdown(score_table(read(folder))), write=False)


VARIANTS = {"gbvs-128", "gbvs-256", "gbvs-512", "gbvs-graph", "center-gaussian", "rare2012-raw"}


def test_the_tables_of_the_training_free_models_are_those_of_the_results():
    folders = sorted((ROOT / "results" / "classical").iterdir())
    assert folders
    for folder in folders:
        assert insert(ROOT / "docs" / "classical.md", folder.name, as_markdown(score_table(read(folder))), write=False)
        if folder.name.endswith("-validation"):  # what the ensemble is worth
            known = {e.about["model"]: e for e in read(folder)}
            chosen = [known[name] for name in ("ensemble", *ensemble_card()["numbers"]["models"], "gbvs")]
            table = as_markdown(differences(chosen, "gbvs"))
            assert insert(ROOT / "docs" / "classical.md", f"{folder.name}-minus-gbvs", table, write=False)
    shown = {evaluation.about["model"] for folder in folders for evaluation in read(folder)}
    assert set(CLASSICAL) - shown <= VARIANTS


def test_the_card_of_the_training_free_models_is_that_of_the_results():
    """`wepsam models` tells of each how fast it is and what it scores; no number is typed."""
    known = cards.classical()
    measured = {e.about["model"]: e.mean() for e in read(ROOT / "results" / "classical" / cards.SCORED_ON)}
    for name, model in known.items():
        assert model["what"]
        if name not in VARIANTS:
            assert model.get("milliseconds"), f"{name}: python -m benchmarks.classical --card ..."
            assert model["scores"][cards.SCORED_ON] == pytest.approx(measured[name], abs=1e-4), name


@pytest.mark.parametrize("model", ["wepsam-lite", "wepsam-paper"])
@pytest.mark.parametrize("folder", RESULTS, ids=lambda path: path.name)
def test_results_are_of_the_shipped_weights(folder, model):
    about = json.loads((folder / f"{model}.json").read_text())
    card = wepsam.models()[model]
    assert about["weights"] == card["sha256"]
    for metric, scores in about["scores"].items():  # the CSV that the card was written from has six digits
        assert card["scores"][folder.name][metric] == pytest.approx(scores, abs=1e-4), metric


@pytest.mark.parametrize("folder", RESULTS, ids=lambda path: path.name)
def test_the_shipped_networks_beat_what_they_come_after(folder):
    """On both picture sets, in the five metrics that we hold them to, by the means of the rows themselves."""

    def mean(model: str, metric: str) -> float:
        with (folder / f"{model}.csv").open(newline="") as file:
            return float(np.mean([float(row[metric]) for row in csv.DictReader(file)]))

    points = "auc_judd" if folder.name.startswith("osie") else "auc_density"
    spread = "nss" if folder.name.startswith("osie") else "nss_density"
    order = ("center-bias", "gbvs", "wepsam-paper-first", "wepsam-paper", "wepsam-lite-fast", "wepsam-lite")
    for rival, model in pairwise(order):
        for metric in (points, spread, "cc", "sim"):
            assert mean(model, metric) > mean(rival, metric), (rival, metric)
        assert mean(model, "kl_div") < mean(rival, "kl_div"), rival


def test_numbers_in_the_text_are_those_of_the_card_and_of_the_benchmark():
    """Size from the card; speed, at the default quality and the fast one, from the page that the benchmark writes."""
    text, card = " ".join(README.split()), wepsam.models()["wepsam-lite"]
    assert f"{card['parameters'] / 1e6:.1f} million parameters, {card['bytes'] / 1e6:.1f} MB" in text
    benchmarks = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    (row,) = re.findall(r"\| wepsam-lite, best: picture -> map \| ([\d.]+) \| ([\d.]+) x fast \|", benchmarks)
    best, times = map(float, row)
    assert (round(1000 / best), round(times)) == (8, 8)
    assert "answers in an eighth of a second, or in an eighth of that" in text
    assert text.count("an eighth of the work") == 2
    numbers = ensemble_card()["numbers"]
    assert 2 + sum(map(len, numbers["models"].values())) == 11
    assert "by eleven fitted numbers" in text


def test_both_validation_sets_are_there():
    assert [folder.name for folder in RESULTS] == ["dut_omron-validation", "osie-validation"]


def test_commands_and_names_exist():
    known = {context.info_name for context in reference.contexts()}
    for command in re.findall(r"`?wepsam (\w+)", README):
        assert command in known or command.isupper(), command
    for name in re.findall(r"wepsam\.(\w+)\(", README):
        assert hasattr(wepsam, name), name
    modules = r"`((?:classical|weak|networks|training|datasets|metrics|evaluation)/[a-z_.]*|[a-z_]+\.py)`"
    assert len(re.findall(modules, README)) > 8
    for path in re.findall(modules, README):
        assert (ROOT / "src/wepsam" / path).exists(), path


def test_links_lead_somewhere():
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
