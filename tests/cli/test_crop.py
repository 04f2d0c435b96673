"""wepsam crop, as people type it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

import wepsam
from helpers import Paint, Run, Write, one_line
from picture_samples import exif

MODEL = ("--model", "center-gaussian")  # it sees nothing of a picture but its size


@pytest.fixture
def folder(tmp_path: Path, paint: Paint, write: Write) -> Path:
    """Pictures of 120x90 pixels, one of them in a folder of its own."""
    photos = tmp_path / "photos"
    write(photos / "a.png", paint(0))
    write(photos / "b.jpg", paint(1), quality=95)
    write(photos / "more" / "a.png", paint(2))
    return photos


def remark(err: str, words: str) -> None:
    """What went to stderr is one line that has these words."""
    assert err.count("\n") == 1
    assert words in err


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_one_aspect_keeps_names_and_folders(folder: Path, tmp_path: Path, wepsam_command: Run) -> None:
    out = tmp_path / "thumbs"
    code, printed, err = wepsam_command("crop", folder, "--aspect", "1:1", "--out", out, "--json", *MODEL)
    assert (code, err) == (0, "")
    assert names(out) == ["a.png", "b.jpg", "more/a.png"]
    found = json.loads(printed)
    assert [Path(one["file"]).relative_to(out).as_posix() for one in found] == names(out)
    for one in found:
        x0, y0, x1, y1 = one["box"]
        assert (y0, y1, x1 - x0, one["width"], one["height"]) == (0, 90, 90, 120, 90)
        assert one["shares"] == pytest.approx([x0 / 120, 0, x1 / 120, 1], abs=1e-5)
        assert one["kept"] == pytest.approx(0.9, abs=0.09)
        assert one["object_position"] == "50% 50%"
        with Image.open(one["file"]) as picture:
            assert picture.size == (90, 90)
    with Image.open(folder / "a.png") as whole, Image.open(out / "a.png") as part:
        assert np.array_equal(np.asarray(part), np.asarray(whole.crop(tuple(found[0]["box"]))))


def test_several_aspects_and_sizes_are_in_the_names(folder: Path, tmp_path: Path, wepsam_command: Run) -> None:
    out = tmp_path / "thumbs"
    arguments = ("crop", folder / "b.jpg", "--aspects", "16:9,4:5", "--size", "40x30", "--out", out, *MODEL)
    code, printed, err = wepsam_command(*arguments)
    assert (code, err) == (0, "")
    assert names(out) == ["b_16x9.jpg", "b_40x30.jpg", "b_4x5.jpg"]
    assert len(printed.splitlines()) == 5
    with Image.open(out / "b_40x30.jpg") as picture:
        assert (picture.size, picture.format) == ((40, 30), "JPEG")


def test_nothing_is_written_without_out(folder: Path, wepsam_command: Run) -> None:
    before = names(folder)
    code, printed, _ = wepsam_command("crop", folder, "--aspect", "9:16", "--json", *MODEL)
    assert code == 0
    assert [one["file"] for one in json.loads(printed)] == [None] * 3
    assert names(folder) == before


def test_a_crop_is_not_enlarged_unless_asked(folder: Path, tmp_path: Path, wepsam_command: Run) -> None:
    arguments = ("crop", folder / "a.png", "--size", "400x400", *MODEL)
    code, _, err = wepsam_command(*arguments, "--out", tmp_path / "own")
    assert code == 0
    remark(err, "the crop has 90x90 pixels and is not enlarged")
    with Image.open(tmp_path / "own" / "a.png") as picture:
        assert picture.size == (90, 90)
    code, _, err = wepsam_command(*arguments, "--out", tmp_path / "large", "--enlarge")
    assert (code, err) == (0, "")
    with Image.open(tmp_path / "large" / "a.png") as picture:
        assert picture.size == (400, 400)


def test_one_bad_picture_does_not_stop_the_others(folder: Path, tmp_path: Path, wepsam_command: Run) -> None:
    (folder / "bad.jpg").write_bytes(b"no picture")
    out = tmp_path / "thumbs"
    code, printed, err = wepsam_command("crop", folder, "--aspect", "1:1", "--out", out, "--json", *MODEL)
    assert code == 1
    assert len(json.loads(printed)) == 3
    remark(err, "bad.jpg")
    assert names(out) == ["a.png", "b.jpg", "more/a.png"]


def test_other_files_are_not_replaced(folder: Path, tmp_path: Path, wepsam_command: Run) -> None:
    out = tmp_path / "thumbs"
    out.mkdir()
    (out / "a.png").write_bytes(b"somebody else's")
    arguments = ("crop", folder, "--aspect", "1:1", "--out", out, *MODEL)
    code, _, err = wepsam_command(*arguments)
    assert code == 1
    remark(err, "--overwrite")
    assert (out / "a.png").read_bytes() == b"somebody else's"
    assert names(out) == ["a.png", "b.jpg", "more/a.png"]
    assert wepsam_command(*arguments, "--overwrite")[0] == 0
    assert wepsam_command(*arguments)[0] == 0  # the same again
    code, _, err = wepsam_command("crop", folder, "--aspect", "1:1", "--out", folder, *MODEL)
    assert code == 2
    one_line(err, "would be overwritten")


def test_crops_in_a_folder_of_pictures_are_not_cropped_again(folder: Path, wepsam_command: Run) -> None:
    for _ in range(2):
        assert wepsam_command("crop", folder, "--aspect", "1:1", "--out", folder / "thumbs", *MODEL)[0] == 0
    assert names(folder / "thumbs") == ["a.png", "b.jpg", "more/a.png"]


def test_a_turned_photograph_is_cropped_upright(tmp_path: Path, paint: Paint, wepsam_command: Run) -> None:
    tags = exif(6)
    tags[ExifTags.Base.Make] = "Acme"
    path = tmp_path / "turned.jpg"
    Image.fromarray(paint(0)).save(path, exif=tags)
    for arguments, makes in (((), "Acme"), (("--no-exif",), None)):
        out = tmp_path / f"out{len(arguments)}"
        code, printed, _ = wepsam_command(
            "crop", path, "--aspect", "1:1", "--keep", "0,0,1,0.1", "--out", out, "--json", *arguments, *MODEL
        )
        assert code == 0
        (found,) = json.loads(printed)
        assert (found["width"], found["height"]) == (90, 120)
        assert found["box"] == [0, 0, 90, 90]
        with Image.open(out / "turned.jpg") as picture:
            assert picture.size == (90, 90)
            got = picture.getexif()
            assert (got.get(ExifTags.Base.Orientation, 1), got.get(ExifTags.Base.Make)) == (1, makes)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((), "none; expected an aspect"),
        (("--aspect", "wide"), "expected width:height"),
        (("--size", "400"), "expected WIDTHxHEIGHT"),
        (("--size", "0x10"), "1 to 65,500 pixels"),
        (("--aspect", "16:9", "--size", "16x9"), "no two with the same numbers"),
        (("--aspect", "1:1", "--keep", "a"), "four numbers"),
        (("--aspect", "1:1", "--keep", "0.5,0,0.4,1"), "area to keep"),
    ],
)
def test_mistakes(arguments: tuple[str, ...], word: str, folder: Path, wepsam_command: Run) -> None:
    code, printed, err = wepsam_command("crop", folder, *arguments, *MODEL)
    assert (code, printed) == (2, "")
    one_line(err, word)


def test_one_pass_of_the_network_serves_all_crops(folder: Path) -> None:
    calls = []

    def model(stimulus: np.ndarray) -> np.ndarray:
        calls.append(stimulus.shape)
        found = np.ones(stimulus.shape[:2])
        found[10:30, 80:100] = 50
        return found

    answer = wepsam.attend(folder / "a.png", model=model)
    square, tall = (wepsam.crop(answer, aspect) for aspect in ("1:1", (9, 16)))
    assert len(calls) == 1
    assert square == wepsam.crop(folder / "a.png", 1, model=model)
    assert square.focal_point == pytest.approx((90 / 120, 20 / 90), abs=0.05)
    for found in (square, tall):
        assert found.box[0] <= 80
        assert found.box[2] >= 100
        assert found.cut == ()


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 300), (2, 900), (333, 77)])
def test_odd_pictures(height: int, width: int, tmp_path: Path, paint: Paint, write: Write, wepsam_command: Run) -> None:
    path = write(tmp_path / "odd ,;'.png", np.resize(paint(0), (height, width, 3)))
    out = tmp_path / "out"
    code, printed, _ = wepsam_command(
        "crop", path, "--aspects", "1:1,16:9,9:16", "--size", "5x4", "--out", out, "--json", *MODEL
    )
    assert code == 0
    for found in json.loads(printed):
        x0, y0, x1, y1 = found["box"]
        assert 0 <= x0 < x1 <= width
        assert 0 <= y0 < y1 <= height
        with Image.open(found["file"]) as picture:
            assert list(picture.size) == found["size"]
