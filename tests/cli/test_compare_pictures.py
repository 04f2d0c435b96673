"""wepsam compare-pictures, as people type it."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image

from helpers import Run, one_line

MODEL = ("--model", "center-gaussian")  # it sees nothing of a picture but its size
AREAS = '[{"label": "middle", "box": [0.3, 0.3, 0.7, 0.7]}, {"label": "gone", "box": [0, 0, 0.2, 0.2]}]'
OTHERS = '[{"label": "middle", "box": [0, 0, 0.1, 0.1]}, {"label": "new", "box": [0.4, 0.4, 0.6, 0.6]}]'


def test_compare_pictures(photos: Path, tmp_path: Path, wepsam_command: Run) -> None:
    (tmp_path / "a.json").write_text(AREAS)
    (tmp_path / "b.json").write_text(OTHERS)
    a, b, out = photos / "0.png", photos / "1.png", tmp_path / "difference.png"
    code, text, err = wepsam_command("compare-pictures", a, b, "--areas", tmp_path / "a.json", *MODEL)
    assert code == 0
    head, middle, gone, rest, *_ = text.splitlines()
    assert head.split()[:3] == ["area", "A", "B"]
    assert middle.split()[-1] == gone.split()[-1] == "undecided"
    assert rest.startswith("everything else")
    both = ("-a", tmp_path / "a.json", "--areas-b", tmp_path / "b.json", "--out", out)
    code, text, err = wepsam_command("compare-pictures", a, b, *both, "--json", *MODEL)
    assert code == 0
    assert "in A only, so without a verdict: gone" in err
    saved = json.loads(text)
    assert [change["verdict"] for change in saved["changes"]] == ["A gets more"]
    assert saved["only_b"] == ["new"]
    with Image.open(out) as drawn:
        assert drawn.width > 900
    assert wepsam_command("compare-pictures", a, b, "--out", out, *MODEL)[0] == 0  # drawn anew


def test_mistakes_are_one_line_and_nothing_is_lost(photos: Path, tmp_path: Path, wepsam_command: Run) -> None:
    a, b = photos / "0.png", photos / "1.png"
    before = a.read_bytes()
    for arguments, code, word in [
        ((a, b, "--out", a), 2, "has not drawn"),
        ((a, b, "--out", tmp_path / "x.webp"), 2, ".png"),
        ((a, tmp_path / "nowhere.png"), 2, "nowhere.png"),
        ((a, b, "--areas", tmp_path / "nowhere.json"), 1, "nowhere.json"),
        ((a,), 2, "B is missing"),
    ]:
        found, out, err = wepsam_command("compare-pictures", *arguments, *MODEL)
        assert (found, out) == (code, ""), arguments
        one_line(err, word)
    assert a.read_bytes() == before
