"""docs/gallery.md says what results/gallery says, and its pictures were chosen by their rules."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest

import wepsam
from helpers import ROOT
from recipes import gallery, gallery_drawings, gallery_measure, gallery_tables
from wepsam import markdown
from wepsam.datasets import ABOUT
from wepsam.evaluation.results import read
from wepsam.files import read_json
from wepsam.images import read_image

ANSWERS = read_json(gallery_drawings.ANSWERS)


def test_the_tables_are_those_of_the_results() -> None:
    for name, table in gallery_tables.tables().items():
        assert markdown.insert(gallery.PAGE, name, table, write=False), f"{name}: run: python recipes/gallery.py"


def test_the_answers_are_of_the_shipped_weights() -> None:
    assert ANSWERS["weights"] == wepsam.models()["wepsam-lite"]["sha256"], "python recipes/gallery.py with its options"


@pytest.mark.parametrize("name", ["chelsea.png", "coins.png"])
def test_a_photograph_gets_the_answer_of_the_page(pictures: Path, name: str) -> None:
    if not (pictures / name).exists():
        pytest.skip(f"no {name}: `make test` unpacks it")
    said, answer = ANSWERS["photographs"][name], wepsam.attend(pictures / name)
    assert [spot.share for spot in answer.hot_spots] == pytest.approx(said["hot_spots"], abs=2e-3)
    assert answer.scores.focus_50 == pytest.approx(said["focus"], abs=2e-3)


def test_every_validation_picture_is_there_with_its_score() -> None:
    found = gallery_measure.pictures()
    folders = {path.name.removesuffix("-validation"): path for path in (ROOT / "results").glob("*-validation")}
    assert set(found) == set(folders)
    for name, folder in folders.items():
        models = {one.about["model"]: one for one in read(folder)}
        metric = "nss" if "nss" in models["wepsam-lite"].metrics else "nss_density"
        scores = {row["id"]: row[metric] for row in models["wepsam-lite"].rows}
        assert {row["id"]: row["nss"] for row in found[name]} == pytest.approx(scores, rel=1e-3)
        assert (name in gallery_measure.OBSERVED) == (gallery_measure.CEILING in models)


def test_the_chosen_pictures_are_the_ends_and_the_middle() -> None:
    for rows in gallery_measure.pictures().values():
        ratios = [row["relative"] for row in rows]
        chosen = {which: row["relative"] for which, row in gallery_measure.chosen(rows).items()}
        assert chosen["best"] == max(ratios)
        assert chosen["worst"] == min(ratios)
        assert chosen["median"] == pytest.approx(np.median(ratios), abs=0.02)


def test_what_was_named_by_eye_is_what_the_rule_draws() -> None:
    """In its order, which tells nothing of the scores; half of the pictures are the worst of their laboratory."""
    with gallery_measure.BY_EYE.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    drawn = gallery_measure.looked_at(gallery_measure.pictures())
    assert [(line["laboratory"], line["id"]) for line in lines] == [(r["laboratory"], r["id"]) for r, _ in drawn]
    assert sum(low for _, low in drawn) == len(drawn) / 2
    assert {line["main"] for line in lines} | {"face", "text"} == set(gallery_tables.SEEN)


def test_what_the_text_says_of_errors_is_so() -> None:
    """The wider the map, the less it agrees with people, everywhere; beside other observers it is hardly worse."""
    labs = gallery_measure.pictures()
    for name, rows in labs.items():
        assert gallery_tables.correlation({name: rows}, "cc", "focus")[2] < 0, name
    observed = {name: labs[name] for name in gallery_measure.OBSERVED}
    assert abs(gallery_tables.correlation(observed, "relative", "focus")[0]) < 0.2
    assert abs(gallery_tables.correlation(labs, "cc", "agreement")[0]) < 0.2


def test_what_the_text_says_of_what_pictures_show_is_so() -> None:
    with gallery_measure.BY_EYE.open(encoding="utf-8", newline="") as file:
        named = {(line["laboratory"], line["id"]): line for line in csv.DictReader(file)}
    drawn = [
        (row["laboratory"] == "dut_omron", low, named[row["laboratory"], row["id"]])
        for row, low in gallery_measure.looked_at(gallery_measure.pictures())
    ]

    def share(largest: bool, low: bool, **what: str) -> float:
        lines = [line for one, other, line in drawn if (one, other) == (largest, low)]
        return sum(line.items() >= what.items() for line in lines) / len(lines)

    for largest in (True, False):
        assert share(largest, True, main="people") < share(largest, False, main="people") / 2 + 0.01
        assert share(largest, True, face="1") < share(largest, False, face="1")
        assert abs(share(largest, True, text="1") - share(largest, False, text="1")) < 0.1
    bare = [share(True, low, main="nothing") + share(True, low, main="building") for low in (True, False)]
    assert bare[0] > 0.5 > bare[1]
    assert share(False, True, main="nothing") == share(False, False, main="nothing")


def test_a_rank_correlation_by_hand() -> None:
    rows = [{"x": x, "y": y} for x, y in [(1, 10), (2, 20), (3, 40), (4, 30)] * 10]  # in tens, with the ranks of fours
    mean, low, high = gallery_tables.correlation({"one": rows}, "x", "y")
    assert mean == pytest.approx(0.8)  # 1 - 6 * 2 / (4 * 15)
    assert low <= mean <= high
    turned = [row | {"y": -row["y"]} for row in rows]
    assert gallery_tables.correlation({"one": rows, "two": turned}, "x", "y")[0] == pytest.approx(0)


def test_only_densities_of_open_laboratories_are_drawn() -> None:
    """And no photograph of a dataset: the pictures of the page are three sheets, none of them large."""
    assert len(gallery_drawings.DRAWN) == 4
    assert all(ABOUT[name].terms.startswith("MIT license") for name in gallery_drawings.DRAWN)
    sheets = {path.name: path for path in gallery_drawings.FIGURES.iterdir()}
    assert set(sheets) == {"photographs.jpg", "people.jpg", "pages.jpg"}
    assert all(path.stat().st_size < 200_000 for path in sheets.values())
    maps = read_image(sheets["people.jpg"]).reshape(-1, 3).astype(int)
    blue = maps[:, 2] - maps[:, :2].max(axis=1) > 40  # the ramp goes from black over violet to yellow
    assert not (blue & (maps[:, 1] > 120)).any(), "no sky, no clothes: the ramp alone"


def test_every_page_is_ours_and_asks_for_nothing() -> None:
    pages = {path.stem: path.read_text(encoding="utf-8") for path in gallery_drawings.PAGES.glob("*.html")}
    assert set(pages) == set(gallery_drawings.ELEMENTS) == set(ANSWERS["pages"])
    for text in pages.values():
        assert not re.search(r"https?:|src=|url\(|<script|<link", text)


@pytest.mark.parametrize("page", ["gallery.md", "comparison.md"])
def test_links_lead_to_files_and_headings(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!http)([^)#]+)#?([^)]*)\)", text)
    assert links
    for target, anchor in links:
        path = ROOT / "docs" / target
        assert path.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in [re.sub(r"[^a-z0-9 -]", "", line.lower()).replace(" ", "-") for line in headings], anchor
