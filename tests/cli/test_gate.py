"""wepsam gate, as a build pipeline calls it: its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

import wepsam
from helpers import Run, one_line

MODEL = ("--model", "center-gaussian")  # it sees nothing of a picture but its size


@pytest.fixture
def areas(tmp_path: Path) -> Path:
    path = tmp_path / "areas.json"
    path.write_text('[{"label": "buy now", "box": [0.3, 0.3, 0.7, 0.7]}, {"label": "#a", "box": [0, 0, 0.1, 0.1]}]')
    return path


def test_exit_codes(photos: Path, areas: Path, tmp_path: Path, wepsam_command: Run) -> None:
    call = ("gate", photos / "0.png", "--areas", areas, *MODEL)
    code, out, _ = wepsam_command(*call, "--require", '"buy now".share >= 5%', "-r", "#a.rank == 2")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["holds", "holds"]
    code, out, _ = wepsam_command(*call, "--require", '"buy now".share >= 5%', "-r", "#a.rank == 1")
    assert code == 1
    assert [line.split()[0] for line in out.splitlines()] == ["holds", "FAILS"]
    (tmp_path / "rules.txt").write_text('# ours\n"buy now".share > 99%\n')
    code, out, _ = wepsam_command(*call, "--rules", tmp_path / "rules.txt", "--json")
    assert code == 1
    (answer,) = json.loads(out)
    assert (answer["holds"], answer["rules"][0]["limit"]) == (False, 0.99)
    assert answer["rules"][0]["low"] < answer["rules"][0]["value"] < answer["rules"][0]["high"]


def test_mistakes_are_2_and_one_line(photos: Path, areas: Path, tmp_path: Path, wepsam_command: Run) -> None:
    call = ("gate", photos / "0.png", "--areas", areas)
    for arguments, word in [
        ((*call, "-r", "footer.share > 0"), "no area 'footer'"),
        ((*call, "-r", "share > 0"), "LABEL.share"),
        ((*call, "-r", "#a.change > 0"), "--against"),
        (call, "0 rules"),
        ((*call, "--rules", tmp_path / "nowhere.txt"), "nowhere.txt"),
        (("gate", photos / "0.png", "-a", tmp_path / "nowhere.json", "-r", "clutter > 0"), "nowhere.json"),
        (("gate", tmp_path / "nowhere.png", "-r", "clutter > 0"), "nowhere.png"),
    ]:
        code, out, err = wepsam_command(*arguments, *MODEL)
        assert (code, out) == (2, ""), arguments
        one_line(err, word)


def test_remarks_name_their_picture_and_names_do_not_steer_a_terminal(tmp_path: Path, wepsam_command: Run) -> None:
    Image.new("RGB", (8, 80)).save(tmp_path / "tall\x1b[31m.png")
    (tmp_path / "broken\x1b[31m.png").write_bytes(b"nothing")
    for command in (("gate", "-r", "focus_50 <= 1"), ("scores",), ("draw", "--out", tmp_path / "out")):
        code, out, err = wepsam_command(command[0], tmp_path, *command[1:], *MODEL)
        assert code == 1
        assert "\x1b" not in out + err
        assert r"tall\x1b[31m.png" in err
        assert "10.0 times as high as wide" in err


def test_a_broken_picture_fails_and_the_others_are_checked(photos: Path, wepsam_command: Run) -> None:
    (photos / "0.png").write_bytes(b"no picture")
    code, out, err = wepsam_command("gate", photos, "-r", "focus_50 < 1", *MODEL)
    assert code == 1
    states = [line.split()[0] for line in out.splitlines()]
    assert states[0] == "FAILS"
    assert set(states[1:]) == {"holds"}
    assert "0.png" in err


def test_strict(photos: Path, areas: Path, wepsam_command: Run) -> None:
    call = ("gate", photos / "0.png", "-a", areas, "-r", "#a.share < 1", *MODEL)  # intervals of another model: a remark
    code, out, err = wepsam_command(*call)
    assert code == 0
    assert "intervals" in err
    code, out, _ = wepsam_command(*call, "--strict")
    assert code == 1
    assert "--strict" in out.splitlines()[-1]


def test_against_an_earlier_version(photos: Path, areas: Path) -> None:
    (found,) = wepsam.gate(
        photos / "1.png", "moved < 100%", areas, against=photos / "0.png", model=MODEL[1], strict=False
    )
    assert found.holds
    (found,) = wepsam.gate(photos / "1.png", iter(["#a.change == 0"]), areas, against=photos / "1.png", model=MODEL[1])
    assert found.holds
