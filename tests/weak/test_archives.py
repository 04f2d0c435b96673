"""Pictures in tar archives in their true format: plain, as shards, nested, damaged."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers import jpeg_files, stored_rows, write_tar
from wepsam.weak.inspection import inspect
from wepsam.weak.labeling import label
from wepsam.weak.manifest import read_manifest
from wepsam.weak.picture_list import find_pictures

LABEL = ["status", "reason", "stimulus", "map", "map_height", "map_width", "entropy", "width", "height"]


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_an_archive_gives_the_same_labels_as_its_pictures(jpegs: Path, tmp_path: Path, format: int) -> None:
    """In the archive's own order, whatever else is in there; a long name takes a header of another kind."""
    deep = "d" * 60 + "/" + "e" * 60 + "/" if format != tarfile.USTAR_FORMAT else ""
    members = {f"./{deep}{name}": data for name, data in reversed(jpeg_files(jpegs).items())}
    write_tar(
        tmp_path / "photos.tar", {"./README": b"not a picture", **members, "./.cache/x.jpg": b"hidden"}, format=format
    )
    pictures = find_pictures(tmp_path / "photos.tar")
    assert [p.id for p in pictures[:]] == [f"photos.tar/{deep}{name}" for name in reversed(jpeg_files(jpegs))]
    label(jpegs, tmp_path / "one", workers=1, part_size=2)
    label(tmp_path / "photos.tar", tmp_path / "other", workers=1, part_size=4)
    one, other = stored_rows(tmp_path / "one", LABEL), stored_rows(tmp_path / "other", LABEL)
    assert one == list(reversed(other))
    assert stored_rows(tmp_path / "other")[0]["path"] == f"{tmp_path}/photos.tar/{deep}b/5.jpg"


def test_shards_as_webdataset_writes_them(jpegs: Path, tmp_path: Path) -> None:
    """A sample is the files of one key: picture, class, metadata. Shards beside loose pictures, sorted together."""
    files_ = list(jpeg_files(jpegs).values())
    (tmp_path / "shards").mkdir()
    for shard in range(2):
        members = {}
        for k, data in enumerate(files_[3 * shard : 3 * shard + 3]):
            members |= {f"{shard}{k:05}.cls": b"7", f"{shard}{k:05}.jpg": data, f"{shard}{k:05}.json": b"{}"}
        write_tar(tmp_path / "shards" / f"train-{shard:06}.tar", members)
    (tmp_path / "shards" / "loose.jpg").write_bytes(files_[0])
    label(tmp_path / "shards", tmp_path / "weak", workers=2, part_size=3)
    rows = stored_rows(tmp_path / "weak")
    assert [row["id"] for row in rows] == [
        "loose.jpg",
        *(f"train-000000.tar/00000{k}.jpg" for k in range(3)),
        *(f"train-000001.tar/10000{k}.jpg" for k in range(3)),
    ]
    assert {row["status"] for row in rows} == {"kept"}
    assert rows[0]["map"] == rows[1]["map"]
    assert read_manifest(tmp_path / "weak").counts == {"kept": 7}


def test_archives_within_an_archive(jpegs: Path, tmp_path: Path) -> None:
    """ImageNet's training set is an archive of a thousand archives, one for each class."""
    inner = {}
    for folder in "ab":
        members = jpeg_files(jpegs / folder)
        inner[f"n0{folder}.tar"] = write_tar(tmp_path / "inner.tar", members).read_bytes()
    (tmp_path / "inner.tar").unlink()
    write_tar(tmp_path / "train.tar", inner)
    label(tmp_path / "train.tar", tmp_path / "weak", workers=1)
    rows = stored_rows(tmp_path / "weak")
    assert [row["id"] for row in rows] == [f"train.tar/n0{p.replace('/', '.tar/')}" for p in jpeg_files(jpegs)]
    label(jpegs, tmp_path / "plain", workers=1)
    assert [row["map"] for row in rows] == [row["map"] for row in stored_rows(tmp_path / "plain")]


def damaged_header(data: bytes) -> bytes:
    return data.replace(b"2.jpg", b"2.jpx", 1)  # the header's checksum is wrong now


def cut_in_a_picture(data: bytes) -> bytes:
    return data[: data.index(b"4.jpg") + 700]


def without_end(data: bytes) -> bytes:
    return data.rstrip(b"\0")


@pytest.mark.parametrize(
    ("damage", "kept"), [(damaged_header, 1), (cut_in_a_picture, 2), (without_end, 3), (lambda data: b"<html>", 0),
                         (lambda data: b"", 0)],
)  # fmt: skip
def test_a_broken_archive_is_one_failed_row_and_what_stands_before_is_kept(
    jpegs: Path, tmp_path: Path, damage: Callable[[bytes], bytes], kept: int
) -> None:
    folder = tmp_path / "shards"
    folder.mkdir()
    data = jpeg_files(jpegs / "a")
    whole = write_tar(folder / "a.tar", data).read_bytes()
    (folder / "a.tar").write_bytes(damage(whole))
    write_tar(folder / "b.tar", jpeg_files(jpegs / "b"))
    counts = label(folder, tmp_path / "weak", workers=1)
    rows = {row["id"]: row for row in stored_rows(tmp_path / "weak")}
    assert rows["a.tar"]["status"] == "failed"
    assert rows["a.tar"]["reason"].startswith("broken archive: ")
    assert [id for id, row in rows.items() if row["status"] == "kept" and id.startswith("a")] == [
        f"a.tar/{name}" for name in list(data)[:kept]
    ]
    assert [id for id in rows if id.startswith("b")] == ["b.tar/1.jpg", "b.tar/3.jpg", "b.tar/5.jpg"]
    assert sum(counts.values()) == len(rows)
    inspect(tmp_path / "weak", tmp_path)


def test_a_broken_archive_within_an_archive_leaves_the_next_one_whole(jpegs: Path, tmp_path: Path) -> None:
    good = write_tar(tmp_path / "inner.tar", jpeg_files(jpegs / "b")).read_bytes()
    (tmp_path / "inner.tar").unlink()
    write_tar(tmp_path / "train.tar", {"1.tar": b"no archive", "2.tar": good})
    pictures = find_pictures(tmp_path / "train.tar")[:]
    assert [p.id for p in pictures] == ["train.tar/1.tar", *(f"train.tar/2.tar/{k}.jpg" for k in (1, 3, 5))]
    assert [bool(p.flaw) for p in pictures] == [True, False, False, False]


def test_a_name_that_an_archive_has_twice(jpegs: Path, tmp_path: Path) -> None:
    data = jpeg_files(jpegs / "a")
    write_tar(tmp_path / "twice.tar", [("x.jpg", data["0.jpg"]), ("y.jpg", data["2.jpg"]), ("x.jpg", data["4.jpg"])])
    assert label(tmp_path / "twice.tar", tmp_path / "weak", workers=1) == {"kept": 2, "failed": 1}
    rows = stored_rows(tmp_path / "weak")
    assert [row["id"] for row in rows] == ["twice.tar/x.jpg", "twice.tar/y.jpg", "twice.tar/x.jpg"]
    assert rows[2]["reason"].startswith("duplicate id")


def negative_size(size: int) -> bytes:
    """A member whose PAX header has this size: tarfile would read it again and again."""
    record = f"size={size}\n"
    header = f"{len(record) + 3} {record}".encode()
    one, other = tarfile.TarInfo("x"), tarfile.TarInfo("a.jpg")
    one.type, one.size = tarfile.XHDTYPE, len(header)
    return one.tobuf(tarfile.USTAR_FORMAT) + header.ljust(512, b"\0") + other.tobuf(tarfile.USTAR_FORMAT) + bytes(1024)


@pytest.mark.parametrize("size", [-512, -1024, -1536, -2048, -(10**30), 10**30])
def test_an_impossible_size_ends_one_archive(jpegs: Path, tmp_path: Path, size: int) -> None:
    (jpegs / "bad.tar").write_bytes(negative_size(size))
    assert label(jpegs, tmp_path / "weak", workers=1) == {"kept": 6, "failed": 1}
    (failed,) = (row for row in stored_rows(tmp_path / "weak") if row["status"] == "failed")
    assert failed["id"] == "bad.tar"
    assert failed["reason"].startswith("broken archive: ")


def test_a_thousand_archives_inside_each_other(jpegs: Path, tmp_path: Path) -> None:
    data = (jpegs / "a" / "0.jpg").read_bytes()
    inner, name = data, "0.jpg"
    for _ in range(1200):
        member = tarfile.TarInfo(name)
        member.size = len(inner)
        inner = member.tobuf(tarfile.USTAR_FORMAT) + inner + bytes(-len(inner) % 512 + 1024)
        name = "n.tar"
    (jpegs / "deep.tar").write_bytes(inner)
    assert label(jpegs, tmp_path / "weak", workers=1) == {"kept": 6, "failed": 1}
    (failed,) = (row for row in stored_rows(tmp_path / "weak") if row["status"] == "failed")
    assert failed["reason"] == "more than 16 archives inside each other"


def test_a_name_that_leads_out_of_its_archive_is_a_failed_row(jpegs: Path, tmp_path: Path) -> None:
    data = (jpegs / "a" / "0.jpg").read_bytes()
    write_tar(tmp_path / "photos.tar", {"../../x.jpg": data, "a/../../y.jpg": data, "z.jpg": data})
    assert label(tmp_path / "photos.tar", tmp_path / "weak", workers=1) == {"kept": 1, "failed": 2}


def test_a_pipe_is_no_archive(jpegs: Path, tmp_path: Path) -> None:
    os.mkfifo(jpegs / "pipe.tar")
    assert label(jpegs, tmp_path / "weak", workers=1) == {"kept": 6, "failed": 1}
