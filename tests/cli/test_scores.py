"""wepsam scores and wepsam benchmark, as people type them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helpers import Paint, Run, Write, one_line
from wepsam.attention import reference
from wepsam.attention.scores import NAMES

MODEL = ("--model", "center-gaussian")  # it sees nothing of a picture but its size


def test_scores_beside_own_pictures(
    photos: Path, tmp_path: Path, paint: Paint, write: Write, wepsam_command: Run
) -> None:
    folder, out = tmp_path / "ours", tmp_path / "ours.json"
    for number in range(10):
        write(folder / f"{number}.png", paint(number))
    code, printed, err = wepsam_command("benchmark", folder, "--out", out, *MODEL)
    assert (code, printed, err) == (0, f"{out}: 10 pictures\n", "")
    code, printed, err = wepsam_command("scores", photos, "--reference", out, *MODEL)
    assert (code, err) == (0, "")
    head, _, *rows = printed.splitlines()
    assert [cell.strip() for cell in head.strip("|").split("|")] == ["picture", *NAMES, "among"]
    assert len(rows) == 3
    assert all(row.endswith("| ours |") for row in rows)
    code, printed, _ = wepsam_command("scores", photos / "0.png", "--json", *MODEL)
    (found,) = json.loads(printed)
    assert found["reference"] == "photographs"
    assert set(found["percentiles"]) == set(NAMES)
    assert 0 < found["focus_50"] < found["focus_80"] < 1
    assert found["centeredness"] == pytest.approx(0.9, abs=0.1)


def test_pictures_that_cannot_be_read(photos: Path, tmp_path: Path, wepsam_command: Run) -> None:
    (photos / "broken.jpg").write_bytes(b"")
    code, printed, err = wepsam_command("scores", photos, "--json", *MODEL)
    assert code == 1
    assert len(json.loads(printed)) == 3
    assert err == f"{photos / 'broken.jpg'}: the file is empty\n"
    code, _, err = wepsam_command("benchmark", photos, "--out", tmp_path / "few.json", *MODEL)
    assert code == 2
    one_line(err, "3 pictures that can be read")
    assert not (tmp_path / "few.json").exists()
    for arguments, word in (
        (("scores", photos / "0.png", "--reference", "paintings"), "paintings"),
        (("scores", tmp_path / "nothing"), "nothing"),
        (("benchmark", photos, "--out", tmp_path / "a.json", "--name", "a\nb"), "one line"),
    ):
        code, _, err = wepsam_command(*arguments, *MODEL)
        assert code == 2
        one_line(err, word)


def test_a_reference_of_other_weights_is_said_once(photos: Path, tmp_path: Path, wepsam_command: Run) -> None:
    quantiles = dict.fromkeys(NAMES, [0.0] * reference.QUANTILES)
    reference.write(tmp_path / "theirs.json", reference.Reference("theirs", 10, quantiles, model="0" * 64))
    code, printed, err = wepsam_command(
        "scores", photos, "--reference", tmp_path / "theirs.json", "--quality", "fast", "--json"
    )
    assert code == 0
    assert len(json.loads(printed)) == 3
    assert err.count("the reference theirs was made with other weights") == 1
