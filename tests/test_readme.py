"""README and the pages of results are true: tables come from the results, commands, names, files and links exist."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

import wepsam
from benchmarks import first_map
from helpers import ROOT
from recipes import areas_check, crop_check, kinds_table, pairs_check, readme_table
from wepsam import cards, kinds, markdown
from wepsam.classical import CLASSICAL
from wepsam.classical.ensemble import card as ensemble_card
from wepsam.cli import reference
from wepsam.datasets import ABOUT
from wepsam.evaluation.comparison import differences, score_table
from wepsam.evaluation.over_datasets import mean_over_datasets
from wepsam.evaluation.results import read
from wepsam.evaluation.table import as_markdown

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))
HOW_TO = {page: (ROOT / page).read_text(encoding="utf-8") for page in PAGES if "/how-to/" in page}
PIPELINE = (ROOT / "docs" / "explanation" / "pipeline.md").read_text(encoding="utf-8")
CLASSICAL_PAGE = ROOT / "docs" / "reference" / "classical.md"
RESULTS = sorted((ROOT / "results").glob("*-validation"))
CHOSEN_ON = [folder for folder in RESULTS if folder.name.startswith(("dut_omron", "osie"))]
CLASSICAL_RESULTS = sorted((ROOT / "results" / "classical").iterdir())
VARIANTS = {"gbvs-128", "gbvs-256", "gbvs-512", "gbvs-graph", "center-gaussian", "rare2012-raw"}


def test_the_readme_has_the_short_table() -> None:
    table = readme_table.short_table(ROOT / "results")
    assert markdown.insert(ROOT / "README.md", "readme", table, write=False), "run: python recipes/readme_table.py"


def test_the_rates_of_warnings_are_those_that_were_measured() -> None:
    rates, page = kinds.card()["rates"], ROOT / "docs" / "explanation" / "kinds.md"
    assert markdown.insert(page, "rates", kinds_table.rates_table(rates), write=False), "python recipes/kinds_table.py"
    assert markdown.insert(page, "measures", kinds_table.measures_table(kinds.card()["rule"]), write=False)
    assert markdown.insert(page, "kinds", kinds_table.sentence(rates), write=False)


def test_the_tables_of_areas_are_those_that_were_measured() -> None:
    for name, table in areas_check.tables(json.loads(areas_check.RESULT.read_text(encoding="utf-8"))).items():
        assert markdown.insert(areas_check.PAGE, name, table, write=False), "run: python recipes/areas_check.py"
    pairs = pairs_check.table(json.loads(pairs_check.RESULT.read_text(encoding="utf-8")))
    assert markdown.insert(pairs_check.PAGE, "pairs", pairs, write=False), "run: python recipes/pairs_check.py"


def test_the_tables_of_crops_are_those_that_were_measured() -> None:
    found, faces = (json.loads(path.read_text(encoding="utf-8")) for path in (crop_check.RESULT, crop_check.FACES))
    for name, table in crop_check.tables(found, faces).items():
        assert markdown.insert(crop_check.PAGE, name, table, write=False), "run: python recipes/crop_check.py"


@pytest.mark.parametrize("folder", RESULTS, ids=lambda path: path.name)
def test_tables_are_those_of_the_results(folder: Path) -> None:
    table = as_markdown(score_table(read(folder)))
    assert markdown.insert(ROOT / "docs" / "reference" / "results.md", folder.name, table, write=False)


def test_the_means_over_laboratories_are_those_of_the_results() -> None:
    for table in mean_over_datasets([read(folder) for folder in RESULTS]):
        assert markdown.insert(
            ROOT / "docs" / "reference" / "results.md", table.name, as_markdown(table), write=False
        ), table.name


@pytest.mark.parametrize("folder", CLASSICAL_RESULTS, ids=lambda path: path.name)
def test_tables_of_classical_models_are_those_of_the_results(folder: Path) -> None:
    evaluations = {e.about["model"]: e for e in read(folder)}
    table = as_markdown(score_table(list(evaluations.values())))
    assert markdown.insert(CLASSICAL_PAGE, folder.name, table, write=False)
    if folder.name.endswith("-validation"):  # the ensemble and its members
        members = [evaluations[name] for name in ("ensemble", *ensemble_card()["numbers"]["models"], "gbvs")]
        table = as_markdown(differences(members, "gbvs"))
        assert markdown.insert(CLASSICAL_PAGE, f"{folder.name}-minus-gbvs", table, write=False)


def test_every_classical_model_is_evaluated() -> None:
    evaluated = {evaluation.about["model"] for folder in CLASSICAL_RESULTS for evaluation in read(folder)}
    assert set(CLASSICAL) - evaluated <= VARIANTS


def test_the_card_of_classical_models_is_that_of_the_results() -> None:
    """`wepsam models` prints speed and scores of each model; no number is typed."""
    measured = {e.about["model"]: e.mean() for e in read(ROOT / "results" / "classical" / cards.SCORED_ON)}
    for name, model in cards.classical().items():
        assert model["what"]
        if name not in VARIANTS:
            assert model.get("milliseconds"), f"{name}: run python -m benchmarks.classical --card ..."
            assert model["scores"][cards.SCORED_ON] == pytest.approx(measured[name], abs=1e-4), name


@pytest.mark.parametrize("model", ["wepsam-lite", "wepsam-paper"])
@pytest.mark.parametrize("folder", RESULTS, ids=lambda path: path.name)
def test_results_are_of_the_shipped_weights(folder: Path, model: str) -> None:
    (evaluation,) = (one for one in read(folder) if one.about["model"] == model)
    card = wepsam.models()[model]
    assert evaluation.about["weights"] == card["sha256"]
    if evaluation.about.get("seen"):
        assert folder.name not in card["scores"]
        return
    # The scores in the card were computed before they were rounded to six digits.
    for metric, scores in evaluation.summary()["scores"].items():
        assert card["scores"][folder.name][metric] == pytest.approx(scores, abs=1e-4), metric


@pytest.mark.parametrize("folder", CHOSEN_ON, ids=lambda path: path.name)
def test_each_shipped_network_is_better_than_the_one_before(folder: Path) -> None:
    """On both sets of pictures that chose the weights."""
    means = {evaluation.about["model"]: evaluation.mean() for evaluation in read(folder)}
    points = ("auc_judd", "nss") if folder.name.startswith("osie") else ("auc_density", "nss_density")
    order = ("center-bias", "gbvs", "wepsam-paper-first", "wepsam-paper", "wepsam-lite-fast", "wepsam-lite")
    for worse, better in pairwise(order):
        for metric in (*points, "cc"):
            assert means[better][metric] > means[worse][metric], (worse, metric)
        assert means[better]["kl_div"] < means[worse]["kl_div"], worse


def test_each_shipped_network_is_better_than_the_one_before_over_the_laboratories() -> None:
    unseen = mean_over_datasets([read(folder) for folder in RESULTS])[-1]
    order = ("center-bias", "gbvs", "wepsam-paper", "wepsam-lite-fast", "wepsam-lite")
    means = {model: dict(zip(unseen.metrics, unseen.rows[model], strict=True)) for model in order}
    for worse, better in pairwise(order):
        for metric in unseen.metrics:
            gain = means[better][metric].mean - means[worse][metric].mean
            assert (gain > 0) == (metric != "kl_div"), (worse, metric)


def test_the_validation_sets_of_all_laboratories_are_there() -> None:
    names = ("dut_omron", "emod", "eyecrowd", "osie", "salicon-densities", "scene", "sjtu")
    assert [folder.name for folder in RESULTS] == [f"{name}-validation" for name in names]
    for folder in RESULTS:
        models = {evaluation.about["model"] for evaluation in read(folder)}
        assert {"center-bias", "gbvs-128", "gbvs", "wepsam-paper", "wepsam-lite-fast", "wepsam-lite"} <= models
        assert ("half-of-observers" in models) == (folder.name.split("-")[0] in ("osie", "eyecrowd", "scene"))


def test_numbers_in_the_text_are_those_of_the_card_and_of_the_benchmark() -> None:
    """Size from the card; speed at both qualities from the page that the benchmark writes."""
    text, card = " ".join(HOW_TO["docs/how-to/predict.md"].split()), wepsam.models()["wepsam-lite"]
    assert f"{card['parameters'] / 1e6:.1f} million parameters, {card['bytes'] / 1e6:.1f} MB" in text
    benchmarks = (ROOT / "docs" / "reference" / "benchmarks.md").read_text(encoding="utf-8")
    (row,) = re.findall(r"\| wepsam-lite, best: picture -> map \| ([\d.]+) \| ([\d.]+) x fast \|", benchmarks)
    best, times = map(float, row)
    assert times > 3, "wepsam predict --help says a third of the time or less"
    (scale,) = card["views"]["best"]["scales"]
    assert card["views"]["best"]["mirror"]
    assert "It sees each picture and its mirror image; fast mode is one view with less than half of the pixels" in text
    assert scale**-2 < 0.5
    assert f"in 1/{1000 / best:.0f} s, or in 1/{1000 / best * times:.0f} s in fast mode" in " ".join(README.split())


def test_the_time_of_the_first_map_is_the_measured_one() -> None:
    sentence = first_map.sentence(json.loads(first_map.RESULT.read_text(encoding="utf-8")))
    assert markdown.insert(ROOT / "README.md", "first-map", sentence, write=False), "python -m benchmarks.first_map"


def test_the_readme_counts_the_datasets_as_the_registry_does() -> None:
    assert len(ABOUT) == 13
    assert "Thirteen public datasets" in HOW_TO["docs/how-to/score.md"]
    assert "thirteen public datasets" in README


def test_the_ensemble_has_eleven_numbers() -> None:
    numbers = ensemble_card()["numbers"]
    assert 2 + sum(map(len, numbers["models"].values())) == 11
    assert "eleven numbers" in CLASSICAL_PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", ["README.md", "docs/explanation/pipeline.md", *HOW_TO])
def test_commands_and_names_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    known = {context.command_path.partition(" ")[2] for context in reference.contexts()}
    groups = {name.split()[0] for name in known if " " in name}
    code = [
        *re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE),
        *re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text),
    ]
    for words in re.findall(r"(?:^|bin/)wepsam ([a-z]\w*(?: [a-z]\w*)?)", "\n".join(code), re.MULTILINE):
        name, _, below = words.partition(" ")
        assert name in known, words
        assert name not in groups or words in known, below
    for name in re.findall(r"wepsam\.(\w+)\(", text):
        assert hasattr(wepsam, name), name


def test_files_exist() -> None:
    rooms = sorted(path.name for path in (ROOT / "src" / "wepsam").iterdir() if path.is_dir())
    files = re.findall(rf"`((?:{'|'.join(rooms)})/[a-z_.]*|[a-z_]+\.py)`", PIPELINE)
    assert len(files) > 8
    for file in files:
        assert (ROOT / "src" / "wepsam" / file).exists(), file


@pytest.mark.parametrize("page", ["README.md", "results/README.md", "CONTRIBUTING.md", "SECURITY.md", *PAGES])
def test_links_lead_somewhere(page: str) -> None:
    folder = (ROOT / page).parent
    text = re.sub(r"^```.*?^```", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", text):
        assert (folder / target).exists(), target


def test_results_have_a_place_in_their_readme() -> None:
    """Every file below results/ is of a kind that results/README.md explains."""
    explained = (ROOT / "results" / "README.md").read_text(encoding="utf-8")
    for path in (ROOT / "results").iterdir():
        assert f"`{path.name}/" in explained or path.name == "README.md", path
