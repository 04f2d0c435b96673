"""Drawings of many files, and `wepsam draw` as people type it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers import Paint, Run, Write, one_line
from wepsam.drawing import Style, folder
from wepsam.images import read_image
from wepsam.prediction import targets

MODEL = ("--model", "center-gaussian")
AREAS = [{"label": "middle", "box": [0.3, 0.3, 0.7, 0.7]}]


@pytest.fixture
def photos(tmp_path: Path, paint: Paint, write: Write) -> Path:
    write(tmp_path / "photos" / "a.png", paint(0))
    write(tmp_path / "photos" / "sub" / "b.jpg", paint(1))
    return tmp_path / "photos"


def test_a_folder(photos: Path, tmp_path: Path, wepsam_command: Run) -> None:
    """All kinds of all pictures; a broken one does not stop the others."""
    (photos / "broken.png").write_bytes(b"junk")
    areas = tmp_path / "areas.json"
    areas.write_text(json.dumps(AREAS))
    out = tmp_path / "out"
    kinds = "heat,map,fog,contours,hot-spots,areas"
    arguments = (photos, "--as", kinds, "--areas", areas, "--svg", "--out", out, *MODEL)
    code, printed, err = wepsam_command("draw", *arguments, "--json")
    assert code == 1
    assert "broken.png" in err
    assert "1 of 3 pictures failed" in err
    written = json.loads(printed)["written"]
    assert {Path(path).name for path in written} == {"a.png", "b.jpg"}
    files = [Path(path) for kinds_of in written.values() for path in kinds_of.values()]
    assert len(files) == 2 * (6 + 3)
    assert (out / "sub" / "b_colored-map.png") in files
    for file in files:
        assert file.suffix == ".svg" or read_image(file).shape[1] == 120
    code, printed, _ = wepsam_command("draw", *arguments)  # again: our own files may be replaced
    assert code == 1
    assert sorted(printed.splitlines()) == sorted(map(str, files))


def test_drawings_are_not_taken_for_photographs(photos: Path, wepsam_command: Run) -> None:
    code, first, _ = wepsam_command("draw", photos, "--as", "heat,fog", "--out", photos, *MODEL)
    assert code == 0
    code, again, _ = wepsam_command("draw", photos, "--as", "heat,fog", "--out", photos, *MODEL)
    assert (code, again) == (0, first)
    assert len(targets.found(photos)) == 2


def test_files_of_others_are_not_replaced(photos: Path, tmp_path: Path, wepsam_command: Run) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "a_fog.png").write_bytes((photos / "a.png").read_bytes())
    (out / "a_contours.svg").write_text("<svg/>")
    for arguments in (("fog",), ("contours", "--svg")):
        code, printed, err = wepsam_command("draw", photos / "a.png", "--as", *arguments, "--out", out, *MODEL)
        assert (code, printed) == (1, "")
        assert "wepsam did not draw it" in err
    assert (out / "a_contours.svg").read_text() == "<svg/>"
    np.testing.assert_array_equal(read_image(out / "a_fog.png"), read_image(photos / "a.png"))


def test_before_and_after(photos: Path, tmp_path: Path, wepsam_command: Run) -> None:
    pair = photos / "a.png", photos / "sub" / "b.jpg"
    code, out, _ = wepsam_command("draw", *pair, "--as", "before-after", "--out", tmp_path / "out", *MODEL)
    assert (code, out.strip()) == (0, str(tmp_path / "out" / "before-after.png"))
    assert read_image(out.strip()).shape[1] > 240
    code, _, err = wepsam_command("draw", pair[0], "--as", "before-after", "--out", tmp_path / "out", *MODEL)
    assert code == 2
    one_line(err, "exactly two pictures, got 1")


def test_print_resolution_and_size(photos: Path, tmp_path: Path) -> None:
    done = folder.draw(photos / "a.png", tmp_path / "out", style=Style(size=600, dpi=300), model="center-gaussian")
    (written,) = done.written.values()
    with Image.open(written["heat"]) as drawn:
        assert drawn.info["dpi"] == pytest.approx((300, 300), abs=0.01)
        assert drawn.width == 600


def test_large_pictures_are_drawn_in_full(tmp_path: Path, paint: Paint, write: Write) -> None:
    """A network reads a large JPEG at an eighth of its size, but the drawing has all pixels."""
    write(tmp_path / "large.jpg", paint(1, 5000, 4000))
    done = folder.draw(tmp_path / "large.jpg", tmp_path / "out", kinds="contours", quality="fast")
    (written,) = done.written.values()
    with Image.open(written["contours"]) as drawn:
        assert drawn.width == 4000


def test_mistakes_are_one_line(photos: Path, tmp_path: Path, wepsam_command: Run) -> None:
    out = tmp_path / "out"
    for arguments, word in [
        (("--as", "gaze"), "gaze"),
        (("--as", ""), "drawings are heat"),
        (("--as", "areas"), "--areas FILE"),
        (("--as", "heat", "--svg"), "SVG is for contours"),
        (("--as", "contours", "--lines-only"), "add --svg"),
        (("--colors", "hot"), "hot"),
        (("--opacity", "2"), "opacity=2"),
        (("--size", "3"), "size=3"),
        (("--dpi", "nan"), "dpi"),
        (("--viewport", "wide"), "1280x800"),
    ]:
        code, printed, err = wepsam_command("draw", photos, "--out", out, *arguments, *MODEL)
        assert (code, printed) == (2, ""), arguments
        one_line(err, word)
        assert not out.exists()
