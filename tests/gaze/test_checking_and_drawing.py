"""Studies whose observers agree, or not; groups that differ, or not; drawings of them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers import Paint, Run, Write
from wepsam.gaze import GazeError, check, draw, read_study
from wepsam.gaze.groups import compare

NAMES = [f"{letter}{number}" for letter in "ab" for number in range(5)]


def make(folder: Path, paint: Paint, write: Write, shift: float = 0.0, odd: bool = False, seed: int = 1) -> Path:
    """Ten observers on four pictures of 120x90; group b looks further to the right by a shift, one looks anywhere."""
    rng = np.random.default_rng(seed)
    with_rows = [["image", "observer", "x", "y", "duration", "onset", "group"]]
    for number in range(4):
        write(folder / "stimuli" / f"{number}.png", paint(number))
        target = rng.uniform((25, 25), (60, 65))
        for name in NAMES:
            for step in range(10):
                point = rng.normal(target, 6) + ((shift, 0) if name[0] == "b" else (0, 0))
                if odd and name == "a0":
                    point = rng.uniform(0, (120, 90))
                x, y = np.clip(point, 0, (119, 89))
                with_rows.append([f"{number}.png", name, x, y, 0.2, 0.3 * step, name[0]])  # type: ignore[list-item]
    with (folder / "fixations.csv").open("w", newline="") as file:
        csv.writer(file).writerows(with_rows)
    return folder


def test_people_who_agree_and_one_who_does_not(tmp_path: Path, paint: Paint, write: Write) -> None:
    study = make(tmp_path / "study", paint, write, odd=True)
    said = check(study, tmp_path / "out").said
    odd = [one["observer"] for one in said["observers"] if one["agrees_with_nobody"]]
    assert odd == ["a0"]
    assert any("a0 agrees with nobody" in line for line in said["remarks"])
    assert said["agreement"]["nss"]["low"] > 1
    assert said["agreement"]["nss"]["low"] <= said["agreement"]["nss"]["mean"] <= said["agreement"]["nss"]["high"]
    assert said["ceiling"]["people"]["info_gain"]["mean"] > 0
    assert said["numbers"]["fixations"] == 400
    assert said["numbers"]["duration"]["median"] == 0.2
    page = (tmp_path / "out" / "check.html").read_text()
    assert "Do people agree?" in page
    assert 'src="http' not in page
    assert json.loads((tmp_path / "out" / "check.json").read_text()) == said


def test_an_observer_whose_calibration_drifted(tmp_path: Path, paint: Paint, write: Write) -> None:
    study = make(tmp_path / "study", paint, write)
    lines = (study / "fixations.csv").read_text().splitlines()
    moved = [line.split(",") for line in lines]
    for row in moved[1:]:
        if row[1] == "b2":
            row[2] = str(min(float(row[2]) + 20, 119))
    (study / "fixations.csv").write_text("\n".join(",".join(row) for row in moved) + "\n")
    said = check(study, tmp_path / "out").said
    (drifted,) = [one for one in said["observers"] if one["observer"] == "b2"]
    assert drifted["drift"] == pytest.approx([20 / 120, 0], abs=0.03)
    assert any(line.startswith("b2: fixations lie +1") for line in said["remarks"])


def test_one_observer_and_nobody_else(tmp_path: Path, paint: Paint, write: Write) -> None:
    write(tmp_path / "stimuli" / "p.png", paint(0))
    (tmp_path / "fixations.csv").write_text("image,observer,x,y\np.png,o,10,10\np.png,o,20,10\n")
    said = check(tmp_path).said
    assert said["agreement"] is None
    assert said["ceiling"] is None
    assert "a single observer cannot agree with anybody" in said["remarks"]


def test_groups_that_differ_and_groups_that_do_not(tmp_path: Path, paint: Paint, write: Write) -> None:
    far = read_study(make(tmp_path / "far", paint, write, shift=30))
    found, p = compare([*far.seen.values()], far.group("a"), far.group("b"))
    assert p == pytest.approx(2 / 252)  # of all ways: as they are, and exchanged
    for one in found:
        assert one.p == pytest.approx(2 / 252)
        assert one.significant.any()
        assert one.difference.sum() == pytest.approx(0, abs=1e-9)
        columns = np.arange(one.first.shape[1])
        assert (one.second.sum(axis=0) @ columns) > (one.first.sum(axis=0) @ columns)
    same = read_study(make(tmp_path / "same", paint, write, seed=3))
    _, p = compare([*same.seen.values()], same.group("a"), same.group("b"))
    assert p > 0.05
    with pytest.raises(GazeError, match="two or more in each"):
        compare([*same.seen.values()], ["a0"], ["b0", "b1"])


def test_chance_finds_differences_as_rarely_as_it_says(tmp_path: Path, paint: Paint, write: Write) -> None:
    """Groups drawn at random of the same people: p is below 20 % in about a fifth of the cases."""
    study = read_study(make(tmp_path / "study", paint, write))
    rng, seen = np.random.default_rng(0), [*study.seen.values()][:1]
    found = []
    for _ in range(40):
        order = rng.permutation(NAMES)
        found.append(compare(seen, order[:4].tolist(), order[4:8].tolist())[1])
    assert 0.05 < np.mean(np.array(found) <= 0.2) < 0.4


def test_drawings(tmp_path: Path, paint: Paint, write: Write, wepsam_command: Run) -> None:
    study, out = make(tmp_path / "study", paint, write, shift=30), tmp_path / "out"
    call = ("gaze", "draw", study, "--as", "heat,fixations,scanpaths,difference", "--out", out, "--size", 600)
    code, printed, err = wepsam_command(*call, "--picture", "0.png", "--first", 1)
    assert code == 0, err
    assert "on any of the pictures: p = 0.00794" in err
    names = sorted(path.name for path in out.iterdir())
    assert names == [f"0_people-{kind}_1s.png" for kind in ("difference", "fixations", "heat", "scanpaths")]
    assert len(printed.splitlines()) == 4
    with Image.open(out / "0_people-heat_1s.png") as picture:
        assert picture.width == 600
    draw(study, out, kinds="scanpaths", pictures=["1.png"], observers=["a1", "b/x"][:1], each=True)
    assert (out / "1_people-scanpaths_a1.png").is_file()
    (out / "2_people-heat.png").write_bytes(b"mine")
    done = draw(study, out)
    assert len(done.failed) == 1
    assert (out / "2_people-heat.png").read_bytes() == b"mine"
    for wrong, reason in (
        ({"kinds": "fog"}, "drawings of people are"), ({"observers": ["x"]}, "no observer 'x'"),
        ({"pictures": ["x.png"]}, "has no picture x.png"), ({"group": "c"}, "no observer of"),
        ({"kinds": "difference", "compare_groups": "a"}, "of two groups"),
    ):  # fmt: skip
        with pytest.raises(GazeError, match=reason):
            draw(study, out, **wrong)  # type: ignore[arg-type]


def test_heat_is_where_people_looked(tmp_path: Path, write: Write) -> None:
    write(tmp_path / "stimuli" / "p.png", np.full((100, 200, 3), 90, np.uint8))
    (tmp_path / "fixations.csv").write_text("image,observer,x,y,onset\np.png,o,150,30,0\np.png,o,20,80,2\n")
    seen = read_study(tmp_path).seen["p.png"]
    from wepsam.drawing import Style
    from wepsam.gaze import drawing

    changed = np.abs(drawing.heat(seen.until(1), Style(legend=False)).astype(int) - 90).sum(axis=2)
    assert changed.shape == (100, 200)
    assert np.unravel_index(changed.argmax(), changed.shape) == pytest.approx((30, 150), abs=5)
    assert changed[80, 20] == 0
