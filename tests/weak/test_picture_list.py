"""The list of pictures: order, ids, repeated paths, and names that are not text."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from helpers import Paint, Write, write_tar
from wepsam.images import ImageError
from wepsam.weak.labeling import label
from wepsam.weak.picture_list import PictureList, find_pictures


def test_a_folder_is_sorted_and_has_ids_below_what_all_paths_share(jpegs: Path) -> None:
    pictures = find_pictures(jpegs)
    assert [p.id for p in pictures[:]] == ["a/0.jpg", "a/2.jpg", "a/4.jpg", "b/1.jpg", "b/3.jpg", "b/5.jpg"]
    assert all(p.path == f"{jpegs}/{p.id}" and not p.archive for p in pictures[:])
    assert [p.id for p in find_pictures(jpegs / "a")[:]] == ["0.jpg", "2.jpg", "4.jpg"]
    assert [p.id for p in find_pictures(jpegs / "a/0.jpg")[:]] == ["0.jpg"]
    assert [p.id for p in pictures[4:]] == ["b/3.jpg", "b/5.jpg"]


def test_a_path_that_comes_twice_is_listed_once_and_counted(jpegs: Path, caplog: pytest.LogCaptureFixture) -> None:
    pictures = find_pictures([jpegs, jpegs / "a", jpegs / "b/1.jpg"])
    assert len(pictures) == 6
    assert pictures.repeated == 4
    assert label([jpegs, jpegs / "a"], jpegs.parent / "weak", workers=1) == {"kept": 6}
    assert "3 paths are named more than once; each is labeled once" in caplog.messages


def test_names_that_read_the_same_as_text(tmp_path: Path, paint: Paint, write: Write) -> None:
    write(tmp_path / "photos" / "caf\\xe9.png", paint(0))
    write(tmp_path / "photos" / "z.png", paint(1))
    try:
        os.rename(tmp_path / "photos" / "z.png", os.fsdecode(os.fsencode(tmp_path) + b"/photos/caf\xe9.png"))
    except OSError:
        pytest.skip("this disk takes UTF-8 names only")
    assert label(tmp_path / "photos", tmp_path / "weak", workers=1) == {"kept": 1, "failed": 1}


def test_compressed_archives_are_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(b"")
    with pytest.raises(ImageError, match=r"a\.tar\.gz: compressed archives .*; decompress it"):
        find_pictures(tmp_path / "a.tar.gz")


def test_an_archive_without_pictures(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no pictures in"):
        find_pictures(write_tar(tmp_path / "a.tar", {"a.txt": b"1"}))


def test_a_million_pictures_are_a_light_list() -> None:
    """Ids, paths and fingerprint come from the names when asked for, not before."""

    names = [f"n{k // 1300:08}/n{k // 1300:08}_{k}.JPEG" for k in range(100_000)]
    pictures = PictureList("/data/", names)
    assert pictures[99_999:][0].path == f"/data/{names[-1]}"
    assert len(pictures.fingerprint()) == 64
