"""Pictures of your own, with density maps or a CSV of fixations."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from helpers import Paint, Write, refused
from wepsam import datasets, maps
from wepsam.datasets import open_dataset


def test_densities_of_many_kinds(tmp_path: Path, paint: Paint, write: Write) -> None:
    """8 bit, 16 bit, gray stored as color, any size: the same density."""
    density = maps.density(np.array([(30, 20)]), (40, 60), 5.0)
    eight, sixteen = (np.rint(white * density / density.max()) for white in (255, 65535))
    kinds = [eight.astype(np.uint8), sixteen.astype(np.uint16), np.dstack([eight.astype(np.uint8)] * 3)]
    for number, kind in enumerate(kinds):
        write(tmp_path / "images" / f"{number}.JPG", paint(number, 40, 60), format="JPEG")
        write(tmp_path / "maps" / f"{number}.PNG", kind, format="PNG")
    for sample in open_dataset(f"maps={tmp_path}"):
        np.testing.assert_allclose(sample.density(), density, atol=density.max() / 200)


def test_an_all_black_density_says_nothing(tmp_path: Path, paint: Paint, write: Write) -> None:
    write(tmp_path / "images" / "a.png", paint(0, 8, 9))
    write(tmp_path / "maps" / "a.png", np.zeros((8, 9), np.uint8))
    (sample,) = open_dataset(f"maps={tmp_path}")
    np.testing.assert_allclose(sample.density(), 1 / 72)


def test_csv(tmp_path: Path, paint: Paint, write: Write) -> None:
    write(tmp_path / "stimuli" / "b.png", paint(0, 50, 100))
    write(tmp_path / "stimuli" / "a.JPG", paint(1, 50, 100), format="JPEG")
    write(tmp_path / "stimuli" / "unseen.png", paint(2))
    (tmp_path / "fixations.csv").write_text(
        "image,observer,x,y,duration_s\n"
        "b.png,zoe,0,0,.2\nb.png,al,99.9,49.9,.3\nb.png,zoe,10.5,20.25,.1\n"
        "b.png,al,100,20,.1\nb.png,al,20,-0.1,.1\nb.png,al,nan,3,.1\na.JPG,zoe,5,6,.1\n"
    )
    data = datasets.pictures_with_csv(tmp_path)
    assert [sample.id for sample in data] == ["a", "b"]
    assert data.sigma == data[1].sigma == 3  # 3 % of the longer side
    np.testing.assert_array_equal(data[1].fixations, [(0, 0), (99.9, 49.9), (10.5, 20.25)])
    assert data[0].sigma == 3
    np.testing.assert_array_equal(data[1].observer, [1, 0, 1])
    assert datasets.pictures_with_csv(tmp_path, sigma=7).sigma == 7


def test_csv_as_excel_and_windows_write_it(tmp_path: Path, paint: Paint, write: Write) -> None:
    """Byte order mark, CR LF, quotes, blanks behind commas, backslashes, an empty line at the end."""
    write(tmp_path / "stimuli" / "day 1" / "é.JPG", paint(0, 50, 100), format="JPEG")
    table = '\ufeffimage, observer, x, y\r\n"day 1\\é.JPG","A, B", 10, 20\r\nday 1\\é.JPG,C,3e1,40\r\n\r\n'
    (tmp_path / "fixations.csv").write_bytes(table.encode())
    (sample,) = open_dataset(f"csv={tmp_path}")
    assert sample.id == "day 1/é"
    np.testing.assert_array_equal(sample.fixations, [(10, 20), (30, 40)])
    np.testing.assert_array_equal(sample.observer, [0, 1])


def test_csv_of_pictures_in_folders_that_share_names(tmp_path: Path, paint: Paint, write: Write) -> None:
    for name in ("in/1.png", "out/1.png"):
        write(tmp_path / "stimuli" / name, paint(0))
    (tmp_path / "fixations.csv").write_text("image,observer,x,y\nout/1.png,a,1,2\nin/1.png,a,3,4\n")
    assert [sample.id for sample in open_dataset(f"csv={tmp_path}")] == ["in/1", "out/1"]
    write(tmp_path / "stimuli" / "in" / "1.bmp", paint(0))
    (tmp_path / "fixations.csv").write_text("image,observer,x,y\nin/1.bmp,a,1,2\nin/1.png,a,3,4\n")
    refused(lambda: open_dataset(f"csv={tmp_path}"), "in/1.bmp", "in/1.png", "differ in their suffix only")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (b"image,x,y\n", ["no column observer", "found image, x, y"]),
        (b"image;observer;x;y\na.png;1;2;3\n", ["separated by commas", "found image;observer;x;y"]),
        (b"", ["no column image, observer, x, y", "found nothing"]),
        (b"image,observer,x,y\na.png,1,2\n", ["line 2", "fewer fields"]),
        (b"image,observer,x,y\na.png,1,2,3\na.png,1,2,left\n", ["line 3", "not two numbers"]),
        (b"image,observer,x,y\na.png,1,,\n", ["line 2", "not two numbers"]),
        (b"image,x,y,observer\na.png,1,2\n", ["line 2", "fewer fields"]),
        (b"image,observer,x,y\nb.png,1,2,3\n", ["names b.png, which is not in", "stimuli"]),
        (b"image,observer,x,y\n\xe9.png,1,2,3\n", ["cannot be read", "UTF-8"]),
        ("image,observer,x,y\na.png,1,2,3\n".encode("utf-16"), ["cannot be read", "UTF-8"]),
        (b"image,observer,x,y\n", ["no pictures of "]),
    ],
)
def test_csv_that_cannot_be_understood(
    table: bytes, words: list[str], tmp_path: Path, paint: Paint, write: Write
) -> None:
    write(tmp_path / "stimuli" / "a.png", paint(0))
    (tmp_path / "fixations.csv").write_bytes(table)
    refused(lambda: open_dataset(f"csv={tmp_path}"), *words)


def test_csv_missing(tmp_path: Path) -> None:
    (tmp_path / "stimuli").mkdir()
    refused(lambda: open_dataset(f"csv={tmp_path}/"), f"no {tmp_path.name} at", f"expected {tmp_path}/fixations.csv")


def test_the_sigma_of_each_picture_is_its_own(tmp_path: Path, paint: Paint, write: Write) -> None:
    """An icon that comes first in the alphabet says nothing about the photographs."""
    for name, size in (("0icon", (48, 64)), ("photo", (300, 400)), ("tall", (500, 200)), ("wide", (300, 400))):
        write(tmp_path / "stimuli" / f"{name}.png", paint(0, *size))
    (tmp_path / "fixations.csv").write_text(
        "image,observer,x,y\n0icon.png,a,1,2\nphoto.png,a,1,2\ntall.png,a,3,4\nwide.png,a,3,4\n"
    )
    data = open_dataset(f"mine={tmp_path}")
    np.testing.assert_allclose([sample.sigma for sample in data], [1.92, 12, 15, 12])
    assert data.sigma == 12  # the usual one
    remarks = datasets.check("mine", tmp_path)["remarks"]
    assert remarks == ["sigma is 3 % of each picture's longer side, 1.92 to 15 pixels"]


def test_names_are_compared_as_people_see_them(tmp_path: Path, paint: Paint, write: Write) -> None:
    """An accent is one character or two (NFC, NFD), by system; a name in Latin-1 is no UTF-8, but a name."""
    for way in ("NFC", "NFD"):
        folder = tmp_path / way
        write(folder / "stimuli" / unicodedata.normalize("NFD", "d\u00e9j\u00e0 vu.png"), paint(0))
        write(folder / "maps" / unicodedata.normalize(way, "d\u00e9j\u00e0 vu.png"), np.full((9, 12), 9, np.uint8))
        name = unicodedata.normalize(way, "d\u00e9j\u00e0 vu.png")
        (folder / "fixations.csv").write_text(f"image,observer,x,y\n{name},a,1,2\n", encoding="utf-8")
        assert open_dataset(f"csv={folder}")[0].id == "d\u00e9j\u00e0 vu"
        (sample,) = datasets.pictures_with_maps(folder / "stimuli", folder / "maps")
        assert sample.id == "d\u00e9j\u00e0 vu"


def test_a_name_that_is_no_utf_8_can_be_written(tmp_path: Path, paint: Paint, write: Write) -> None:
    folder = tmp_path / "latin"
    for below in ("stimuli", "maps"):
        picture = write(folder / below / "plain.png", paint(0) if below == "stimuli" else np.full((9, 12), 9, np.uint8))
        try:
            os.rename(picture, os.path.join(os.fsencode(picture.parent), b"caf\xe9.png"))
        except OSError:
            pytest.skip("this disk holds names in UTF-8 only")
    (folder / "fixations.csv").write_text("image,observer,x,y\ncaf\u00e9.png,a,1,2\n", encoding="utf-8")
    for data in (open_dataset(f"csv={folder}"), datasets.pictures_with_maps(folder / "stimuli", folder / "maps")):
        assert data[0].id.encode() == b"caf\xc3\xa9"
        assert data[0].stimulus().shape == (90, 120, 3)


@pytest.mark.parametrize("name", ["../a.png", "x/../../a.png", "/etc/a.png"])
def test_a_table_names_pictures_below_its_folder_only(name: str, tmp_path: Path, paint: Paint, write: Write) -> None:
    write(tmp_path / "a.png", paint(0))
    write(tmp_path / "stimuli" / "x" / "a.png", paint(0))
    (tmp_path / "fixations.csv").write_text(f"image,observer,x,y\n{name},a,1,2\n")
    refused(lambda: open_dataset(f"csv={tmp_path}"), name, "expected a path below")


def test_tables_that_are_none(own_dataset: Path, caplog: pytest.LogCaptureFixture) -> None:
    table = own_dataset / "fixations.csv"
    table.write_text("image,observer,x,x,y\n000.png,a,1,2,3\n")
    refused(lambda: open_dataset(f"csv={own_dataset}"), table, "several columns x")
    table.write_text("image,observer,x,y\n000.png,a,inf,2\n000.png,a,9,9\n000.png,a,nan,1\n")
    assert open_dataset(f"csv={own_dataset}")[0].fixations.tolist() == [[9, 9]]  # type: ignore[union-attr]
    assert "2 fixations are NaN or infinite and are left out" in caplog.text
    table.unlink()
    os.mkfifo(table)
    with pytest.raises(OSError, match="not a regular file"):
        open_dataset(f"csv={own_dataset}")
