"""wepsam areas, as people type it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helpers import Run, one_line

MODEL = ("--model", "center-gaussian")  # it sees nothing of a picture but its size
AREAS = [{"label": "middle", "box": [0.3, 0.3, 0.7, 0.7]}, {"label": "corner", "box": [-0.1, 0, 0.4, 0.4]}]
KEYS = ["label", "share", "share_low", "share_high", "lift", "center_share", "surface", "seen"]


@pytest.fixture
def areas(tmp_path: Path) -> Path:
    path = tmp_path / "areas.json"
    path.write_text(json.dumps(AREAS))
    return path


def test_areas(photos: Path, areas: Path, wepsam_command: Run) -> None:
    code, out, err = wepsam_command("areas", photos / "0.png", "--areas", areas, *MODEL)
    assert code == 0
    head, middle, corner, rest, _, note = out.splitlines()
    assert head.split()[:3] == ["area", "share", "90"]
    assert middle.split()[0] == "middle"
    assert middle.split()[-1] == "1"
    assert corner.split()[-1] == "2"
    assert rest.startswith("everything else")
    assert "15 viewers, 3 s" in note
    assert "corner: 20% of it lies outside the picture" in err
    assert "areas overlap" in err
    code, out, err = wepsam_command("areas", photos / "0.png", "-a", areas, "--json", "--fixations", 3, *MODEL)
    assert code == 0
    assert "areas overlap" in err
    printed = json.loads(out)
    assert [sorted(area) for area in printed] == [sorted(KEYS)] * 2
    for area in printed:
        assert area["share_low"] <= area["share"] <= area["share_high"]
        assert area["lift"] == pytest.approx(area["share"] / area["surface"], rel=1e-4)
        assert area["seen"] == pytest.approx(1 - (1 - area["share"]) ** 3, rel=1e-4)


def test_mistakes_are_one_line(photos: Path, areas: Path, tmp_path: Path, wepsam_command: Run) -> None:
    picture = photos / "0.png"
    for arguments, code, word in [
        ((picture, "--areas", tmp_path / "nowhere.json"), 1, "nowhere.json"),
        ((tmp_path / "nowhere.png", "--areas", areas), 2, "nowhere.png"),
        ((picture, "--areas", areas, "--unit", "inches"), 2, "inches"),
        ((picture, "--areas", areas, "--viewers", "0"), 2, "viewers"),
        ((picture, "--areas", areas, "--seconds", "nan"), 2, "seconds"),
        ((picture,), 2, "--areas"),
    ]:
        found, out, err = wepsam_command("areas", *arguments, *MODEL)
        assert (found, out) == (code, ""), arguments
        one_line(err, word)
    areas.write_text('[{"label": "a\\u001b", "box": [0, 0, 1, 1]}]')
    code, _, err = wepsam_command("areas", picture, "--areas", areas, *MODEL)
    assert code == 2
    assert "\x1b" not in err
    one_line(err, "control characters")
