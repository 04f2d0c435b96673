"""What `check` says of a folder, in Python and on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from helpers import Paint, Run, Write, refused, write_osie
from wepsam import datasets


@pytest.fixture
def odd(tmp_path: Path, paint: Paint, write: Write) -> Path:
    """OSIE with two of its pictures: one with a glance beside the screen, one that nobody looked at."""
    folder = tmp_path / "OSIE"
    write_osie(folder, {"1.jpg": [[(31, 21), (61, 20)], [(31, 21), (1, 1)]], "2.jpg": [[], []]})
    for name, size in (("1.jpg", (40, 60)), ("2.jpg", (50, 100))):
        write(folder / "stimuli" / name, paint(0, *size))
    return folder


def test_check_by_hand(odd: Path) -> None:
    numbers = datasets.check("osie", odd)
    assert (numbers["name"], numbers["folder"]) == ("osie", str(odd))
    assert (numbers["pictures"], numbers["fixations"], numbers["densities"], numbers["outside"]) == (2, 3, 0, 1)
    assert numbers["per_picture"] == {"mean": 1.5, "sd": 1.5, "min": 0, "max": 3}
    assert numbers["observers"] == 1  # two of one picture, none of the other
    np.testing.assert_allclose(numbers["center"], [1 / 3, 1 / 3])  # (30, 20), (30, 20), (0, 0) of 60x40
    np.testing.assert_allclose(numbers["spread"], [2**0.5 / 6] * 2)
    assert numbers["sizes"] == {"60x40": 1, "100x50": 1}
    assert (numbers["sigma"], numbers["pixels_per_degree"]) == (24, 24)
    assert numbers["remarks"] == [
        "2 of the 700 pictures of OSIE with ground truth",
        "1 pictures without any fixation",
        "1 of 4 fixations lie outside their picture and are left out",
    ]


def test_check_of_densities(tmp_path: Path, paint: Paint, write: Write) -> None:
    for name, value in (("a", 9), ("b", 0)):
        write(tmp_path / "images" / f"{name}.png", paint(0, 40, 60))
        write(tmp_path / "maps" / f"{name}.png", np.full((4, 6), value, np.uint8))
    numbers = datasets.check("maps", tmp_path)
    assert (numbers["densities"], numbers["fixations"], numbers["observers"], numbers["center"]) == (
        2,
        None,
        None,
        None,
    )
    assert numbers["remarks"] == [f"{tmp_path}/maps/b.png is empty"]


def test_check_of_what_is_not_there(tmp_path: Path) -> None:
    refused(lambda: datasets.check("osie", tmp_path), "no OSIE at")
    refused(lambda: datasets.check("mit300", tmp_path), "'mit300=", "NAME=FOLDER", "osie, dut_omron")


def test_wepsam_datasets_check(odd: Path, wepsam_command: Run) -> None:
    code, out, err = wepsam_command("datasets", "check", "osie", odd)
    assert (code, err) == (0, "")
    for words in (
        "2 pictures; most frequent sizes: 1 of 60x40, 1 of 100x50",
        "3 fixations: 1.5 a picture (sd 1.5, 0 to 3)",
        "observers: 1.0 a picture",
        "x 0.333 (sd 0.236) of the width",
        "sigma 24 pixels; 24 pixels per degree",
        "note: 1 of 4 fixations lie outside their picture and are left out",
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
    assert "pixels per degree" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "osie", "nowhere"], "no OSIE at nowhere: expected nowhere/stimuli"),
        (["check", "OSIE", "nowhere"], "'OSIE=nowhere' is not NAME=FOLDER with a NAME among osie"),
        (["check", "salicon", "x"], "among salicon-2015-fixations"),
    ],
)
def test_mistakes_are_one_line(arguments: list[str], words: str, wepsam_command: Run) -> None:
    code, out, err = wepsam_command("datasets", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("wepsam: ")
    assert len(err.splitlines()) == 1
    assert words in err
