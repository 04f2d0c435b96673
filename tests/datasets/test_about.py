"""The table of facts, and what is said of a folder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from helpers import ROOT, Paint, Run, Write, refused, write_osie
from wepsam import datasets
from wepsam.datasets import ABOUT, DATASETS
from wepsam.datasets.about import markdown


def test_every_public_reader_has_its_facts() -> None:
    named = [name for about in ABOUT.values() for name in about.names]
    assert sorted(named) == sorted(set(DATASETS) - {"csv", "maps"})
    assert len(set(named)) == len(named)
    for key, about in ABOUT.items():
        assert about.names[0].startswith(key)
        assert about.home.startswith("http")
        for fact in (about.title, about.observers, about.task, about.size, about.terms, about.citation, about.layout):
            assert fact
            assert "|" not in fact  # a cell of the table
            assert "\n" not in fact


def test_docs_have_the_table() -> None:
    text = (ROOT / "docs" / "datasets.md").read_text()
    assert markdown() in text, "run: wepsam datasets --markdown, and put the tables into docs/datasets.md"
    for name in DATASETS:
        assert f"`{name}`" in text or f"-d {name}=" in text


@pytest.fixture
def odd(tmp_path: Path, paint: Paint, write: Write) -> Path:
    """OSIE with two of its pictures: one with a glance beside the screen, one that nobody looked at."""
    folder = tmp_path / "OSIE"
    write_osie(folder, {"1.jpg": [[(31, 21), (61, 20)], [(31, 21), (1, 1)]], "2.jpg": [[], []]})
    for name, size in (("1.jpg", (40, 60)), ("2.jpg", (50, 100))):
        write(folder / "stimuli" / name, paint(0, *size))
    return folder


def test_check_by_hand(odd: Path) -> None:
    found = datasets.check("osie", odd)
    assert (found["name"], found["folder"]) == ("osie", str(odd))
    assert (found["pictures"], found["fixations"], found["densities"], found["outside"]) == (2, 3, 0, 1)
    assert found["per_picture"] == {"mean": 1.5, "sd": 1.5, "min": 0, "max": 3}
    assert found["observers"] == 1  # two of one picture, none of the other
    np.testing.assert_allclose(found["center"], [1 / 3, 1 / 3])  # (30, 20), (30, 20), (0, 0) of 60x40
    np.testing.assert_allclose(found["spread"], [2**0.5 / 6] * 2)
    assert found["sizes"] == {"60x40": 1, "100x50": 1}
    assert (found["sigma"], found["pixels_per_degree"]) == (24, 24)
    assert found["remarks"] == [
        "2 pictures of the 700 that OSIE has with ground truth",
        "1 pictures without any fixation",
        "1 of 4 fixations beside their picture, left out",
    ]


def test_check_of_densities(tmp_path: Path, paint: Paint, write: Write) -> None:
    for name, value in (("a", 9), ("b", 0)):
        write(tmp_path / "images" / f"{name}.png", paint(0, 40, 60))
        write(tmp_path / "maps" / f"{name}.png", np.full((4, 6), value, np.uint8))
    found = datasets.check("maps", tmp_path)
    assert (found["densities"], found["fixations"], found["observers"], found["center"]) == (2, None, None, None)
    assert found["remarks"] == [f"{tmp_path}/maps/b.png is empty"]


def test_check_of_what_is_not_there(tmp_path: Path) -> None:
    refused(lambda: datasets.check("osie", tmp_path), "no OSIE at")
    refused(lambda: datasets.check("mit300", tmp_path), "'mit300=", "NAME=FOLDER", "osie, dut_omron")


# ---- the command


def test_wepsam_datasets(wepsam_command: Run) -> None:
    code, out, err = wepsam_command("datasets")
    assert (code, err) == (0, "")
    for about in ABOUT.values():
        assert about.title in out
        assert about.home in out
        assert about.citation in out
        assert ", ".join(about.names) in out
    code, out, err = wepsam_command("datasets", "--json")
    assert json.loads(out)["cat2000"]["sigma"] == 40
    code, out, err = wepsam_command("datasets", "--markdown")
    assert (code, out) == (0, markdown())


def test_wepsam_datasets_check(odd: Path, wepsam_command: Run) -> None:
    code, out, err = wepsam_command("datasets", "check", "osie", odd)
    assert (code, err) == (0, "")
    for words in (
        "2 pictures; most frequent sizes: 1 of 60x40, 1 of 100x50",
        "3 fixations: 1.5 a picture (sd 1.5, 0 to 3)",
        "observers: 1.0 a picture",
        "x 0.333 (sd 0.236) of the width",
        "sigma 24 pixels; 24 pixels per degree",
        "note: 1 of 4 fixations beside their picture, left out",
    ):
        assert words in out
    code, out, err = wepsam_command("datasets", "check", "osie", odd, "--json")
    assert json.loads(out) == datasets.check("osie", odd)


def test_wepsam_datasets_check_of_densities(tmp_path: Path, paint: Paint, write: Write, wepsam_command: Run) -> None:
    write(tmp_path / "images" / "a.png", paint(0, 40, 60))
    write(tmp_path / "maps" / "a.png", np.full((4, 6), 7, np.uint8))
    code, out, err = wepsam_command("datasets", "check", "maps", tmp_path)
    assert (code, err) == (0, "")
    assert "densities, no fixations" in out
    assert "not stated how many pixels per degree" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "osie", "nowhere"], "no OSIE at nowhere: expected nowhere/stimuli"),
        (["check", "OSIE", "nowhere"], "'OSIE=nowhere' is not NAME=FOLDER with a NAME among osie"),
        (["check", "salicon", "x"], "among salicon-2015-fixations"),
        (["check", "osie"], "expected `wepsam datasets check NAME FOLDER`, not `wepsam datasets check osie`"),
        (["list"], "expected `wepsam datasets check NAME FOLDER`"),
    ],
)
def test_mistakes_are_one_line(arguments: list[str], words: str, wepsam_command: Run) -> None:
    code, out, err = wepsam_command("datasets", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("wepsam: ")
    assert len(err.splitlines()) == 1
    assert words in err
