"""Pictures in folders, lists and behind links."""

from __future__ import annotations

from pathlib import Path

import pytest

from picture_samples import refusal
from wepsam.sources import find_images

pytestmark = pytest.mark.filterwarnings("error")  # no warning of Pillow's reaches the user


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_find_images_in_folders(tmp_path: Path) -> None:
    expected = [touch(tmp_path / name) for name in ("B.JPG", "a.png", "c/a.webp", "c/d/e.tiff", "z.jpeg")]
    for name in ("notes.txt", ".hidden.jpg", ".git/x.png", "c/.thumbnails/y.jpg", "c/readme.md", "jpg"):
        touch(tmp_path / name)
    assert find_images([tmp_path]) == expected
    assert find_images(tmp_path) == find_images(str(tmp_path)) == expected
    assert find_images(iter([expected[2], tmp_path])) == [expected[2], *expected[:2], *expected[3:]]
    assert find_images([]) == []
    (tmp_path / "empty").mkdir()
    assert find_images([tmp_path / "empty"]) == []


def test_find_images_keeps_files_as_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / "b.strange")
    touch(tmp_path / "a.jpg")
    touch(tmp_path / ".hidden" / "c.png")
    monkeypatch.chdir(tmp_path)
    assert find_images(["b.strange", "a.jpg", "./a.jpg", tmp_path / "a.jpg"]) == [
        Path("b.strange"),
        Path("a.jpg"),
    ]
    assert find_images(".hidden") == [Path(".hidden/c.png")]


def test_find_images_in_lists(tmp_path: Path) -> None:
    a, b = touch(tmp_path / "pictures/a b.jpg"), touch(tmp_path / "pictures/ü.png")
    other = touch(tmp_path / "other.raw")
    lines = "\ufeff# from the camera\r\n\r\npictures/ü.png\r\n  pictures/a b.jpg  \n"
    lines += f"../{tmp_path.name}/other.raw\npictures\n"
    path = tmp_path / "list.TXT"
    path.write_text(lines, encoding="utf-8", newline="")
    assert find_images(path) == [b, a, tmp_path / ".." / tmp_path.name / "other.raw"]
    path.write_text(str(other), encoding="utf-8")
    assert find_images([path]) == [other]
    path.write_text("a.jpg\n", encoding="utf-8")
    assert "no such file" in refusal(str(tmp_path / "a.jpg"), [path], find_images)


@pytest.mark.parametrize("name", ["a.jpg", "folder", "list.txt"])
def test_find_images_names_what_is_missing(name: str, tmp_path: Path) -> None:
    assert "no such file or folder" in refusal(str(tmp_path / name), [tmp_path / name], find_images)


def test_find_images_survives_link_loops(tmp_path: Path) -> None:
    touch(tmp_path / "x/a.jpg")
    touch(tmp_path / "y/b.jpg")
    (tmp_path / "x/self").symlink_to(".")
    (tmp_path / "x/up").symlink_to("..")
    (tmp_path / "y/x").symlink_to("../x")
    found = find_images(tmp_path)
    assert sorted(path.name for path in found) == ["a.jpg", "b.jpg"]
    (tmp_path / "elsewhere").symlink_to("y")
    assert [path.name for path in find_images(tmp_path / "elsewhere")] == ["b.jpg", "a.jpg"]
