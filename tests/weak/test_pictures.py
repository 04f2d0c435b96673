"""What is to be labelled: folders, lists, archives in their true format, and a server that speaks the S3 protocol."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from helpers import Paint, Run, Write
from wepsam import files
from wepsam.images import ImageError
from wepsam.weak import store
from wepsam.weak.inspection import inspect
from wepsam.weak.labeling import label
from wepsam.weak.pictures import find_pictures, read_pictures


@pytest.fixture
def photos(tmp_path: Path, paint: Paint, write: Write) -> Path:
    """Six small JPEGs in two folders."""
    for seed in range(6):
        write(tmp_path / "photos" / "ab"[seed % 2] / f"{seed}.jpg", paint(seed))
    return tmp_path / "photos"


def tar(path: Path, members: dict[str, bytes] | list[tuple[str, bytes]], **options: object) -> Path:
    with tarfile.open(path, "w", **options) as archive:  # type: ignore[call-overload]
        for name, data in dict(members).items() if isinstance(members, dict) else members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*.jpg"))}


def rows_of(weak: str | Path, columns: list[str] | None = None) -> list[dict]:
    return [row for table in store.read_parts(weak, columns) for row in table.to_pylist()]


LABEL = ["status", "reason", "stimulus", "map", "map_height", "map_width", "entropy", "width", "height"]


def test_a_folder_is_sorted_and_has_ids_below_what_all_paths_share(photos: Path) -> None:
    pictures = find_pictures(photos)
    assert [p.id for p in pictures[:]] == ["a/0.jpg", "a/2.jpg", "a/4.jpg", "b/1.jpg", "b/3.jpg", "b/5.jpg"]
    assert all(p.path == f"{photos}/{p.id}" and not p.archive for p in pictures[:])
    assert [p.id for p in find_pictures(photos / "a")[:]] == ["0.jpg", "2.jpg", "4.jpg"]
    assert [p.id for p in find_pictures(photos / "a/0.jpg")[:]] == ["0.jpg"]
    assert [p.id for p in pictures[4:]] == ["b/3.jpg", "b/5.jpg"]


def test_a_path_that_comes_twice_stands_once_and_is_counted(photos: Path, wepsam_command: Run) -> None:
    pictures = find_pictures([photos, photos / "a", photos / "b/1.jpg"])
    assert len(pictures) == 6
    assert pictures.repeated == 4
    code, out, err = wepsam_command("label", photos, photos / "a", photos.parent / "weak", "--workers", 1)
    assert (code, out.splitlines()[0]) == (0, "6 read: 6 kept, 0 rejected, 0 failed")
    assert "3 paths are named more than once; each is labelled once" in err


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_an_archive_gives_the_same_labels_as_its_pictures(photos: Path, tmp_path: Path, format: int) -> None:
    """In the archive's own order, whatever else is in there; a long name takes a header of another kind."""
    deep = "d" * 60 + "/" + "e" * 60 + "/" if format != tarfile.USTAR_FORMAT else ""
    members = {f"./{deep}{name}": data for name, data in reversed(contents(photos).items())}
    tar(tmp_path / "photos.tar", {"./README": b"not a picture", **members, "./.cache/x.jpg": b"hidden"}, format=format)
    pictures = find_pictures(tmp_path / "photos.tar")
    assert [p.id for p in pictures[:]] == [f"photos.tar/{deep}{name}" for name in reversed(contents(photos))]
    label(photos, tmp_path / "one", workers=1, part_size=2)
    label(tmp_path / "photos.tar", tmp_path / "other", workers=1, part_size=4)
    one, other = rows_of(tmp_path / "one", LABEL), rows_of(tmp_path / "other", LABEL)
    assert one == list(reversed(other))
    assert rows_of(tmp_path / "other")[0]["path"] == f"{tmp_path}/photos.tar/{deep}b/5.jpg"


def test_shards_as_webdataset_writes_them(photos: Path, tmp_path: Path) -> None:
    """A sample is the files of one key: picture, class, metadata. Shards beside loose pictures, sorted together."""
    files_ = list(contents(photos).values())
    (tmp_path / "shards").mkdir()
    for shard in range(2):
        members = {}
        for k, data in enumerate(files_[3 * shard : 3 * shard + 3]):
            members |= {f"{shard}{k:05}.cls": b"7", f"{shard}{k:05}.jpg": data, f"{shard}{k:05}.json": b"{}"}
        tar(tmp_path / "shards" / f"train-{shard:06}.tar", members)
    (tmp_path / "shards" / "loose.jpg").write_bytes(files_[0])
    label(tmp_path / "shards", tmp_path / "weak", workers=2, part_size=3)
    rows = rows_of(tmp_path / "weak")
    assert [row["id"] for row in rows] == [
        "loose.jpg",
        *(f"train-000000.tar/00000{k}.jpg" for k in range(3)),
        *(f"train-000001.tar/10000{k}.jpg" for k in range(3)),
    ]
    assert {row["status"] for row in rows} == {"kept"}
    assert rows[0]["map"] == rows[1]["map"]
    assert store.read_manifest(tmp_path / "weak").counts == {"kept": 7}


def test_archives_within_an_archive(photos: Path, tmp_path: Path) -> None:
    """ImageNet's training set is an archive of a thousand archives, one for each class."""
    inner = {}
    for folder in "ab":
        members = contents(photos / folder)
        inner[f"n0{folder}.tar"] = tar(tmp_path / "inner.tar", members).read_bytes()
    (tmp_path / "inner.tar").unlink()
    tar(tmp_path / "train.tar", inner)
    label(tmp_path / "train.tar", tmp_path / "weak", workers=1)
    rows = rows_of(tmp_path / "weak")
    assert [row["id"] for row in rows] == [f"train.tar/n0{p.replace('/', '.tar/')}" for p in contents(photos)]
    label(photos, tmp_path / "plain", workers=1)
    assert [row["map"] for row in rows] == [row["map"] for row in rows_of(tmp_path / "plain")]


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
    photos: Path, tmp_path: Path, damage: Callable[[bytes], bytes], kept: int
) -> None:
    folder = tmp_path / "shards"
    folder.mkdir()
    data = contents(photos / "a")
    whole = tar(folder / "a.tar", data).read_bytes()
    (folder / "a.tar").write_bytes(damage(whole))
    tar(folder / "b.tar", contents(photos / "b"))
    counts = label(folder, tmp_path / "weak", workers=1)
    rows = {row["id"]: row for row in rows_of(tmp_path / "weak")}
    assert rows["a.tar"]["status"] == "failed"
    assert rows["a.tar"]["reason"].startswith("broken archive: ")
    assert [id for id, row in rows.items() if row["status"] == "kept" and id.startswith("a")] == [
        f"a.tar/{name}" for name in list(data)[:kept]
    ]
    assert [id for id in rows if id.startswith("b")] == ["b.tar/1.jpg", "b.tar/3.jpg", "b.tar/5.jpg"]
    assert sum(counts.values()) == len(rows)
    inspect(tmp_path / "weak", tmp_path)


def test_a_broken_archive_within_an_archive_leaves_the_next_one_whole(photos: Path, tmp_path: Path) -> None:
    good = tar(tmp_path / "inner.tar", contents(photos / "b")).read_bytes()
    (tmp_path / "inner.tar").unlink()
    tar(tmp_path / "train.tar", {"1.tar": b"no archive", "2.tar": good})
    pictures = find_pictures(tmp_path / "train.tar")[:]
    assert [p.id for p in pictures] == ["train.tar/1.tar", *(f"train.tar/2.tar/{k}.jpg" for k in (1, 3, 5))]
    assert [bool(p.flaw) for p in pictures] == [True, False, False, False]


def test_a_name_that_an_archive_has_twice(photos: Path, tmp_path: Path) -> None:
    data = contents(photos / "a")
    tar(tmp_path / "twice.tar", [("x.jpg", data["0.jpg"]), ("y.jpg", data["2.jpg"]), ("x.jpg", data["4.jpg"])])
    assert label(tmp_path / "twice.tar", tmp_path / "weak", workers=1) == {"kept": 2, "failed": 1}
    rows = rows_of(tmp_path / "weak")
    assert [row["id"] for row in rows] == ["twice.tar/x.jpg", "twice.tar/y.jpg", "twice.tar/x.jpg"]
    assert rows[2]["reason"].startswith("duplicate id")


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
    with pytest.raises(ImageError, match=r"a\.tar\.gz: a compressed archive, .* decompress it"):
        find_pictures(tmp_path / "a.tar.gz")


def test_an_archive_without_pictures(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no pictures in"):
        find_pictures(tar(tmp_path / "a.tar", {"a.txt": b"1"}))


def test_a_picture_that_vanishes_is_one_failed_row(photos: Path, tmp_path: Path) -> None:
    """So does an archive; whatever is still there is labelled."""
    tar(photos / "c.tar", contents(photos / "a"))
    pictures = find_pictures(photos)
    (photos / "b/3.jpg").unlink()
    (photos / "c.tar").unlink()
    assert label(pictures, tmp_path / "weak", workers=1) == {"kept": 5, "failed": 4}
    reasons = {row["id"]: row["reason"] for row in rows_of(tmp_path / "weak") if row["status"] == "failed"}
    assert list(reasons) == ["b/3.jpg", *(f"c.tar/{k}.jpg" for k in (0, 2, 4))]
    assert set(reasons.values()) == {"No such file or directory"}


def test_a_million_pictures_are_a_light_list() -> None:
    """Ids, paths and fingerprint come from the names when asked for, not before."""
    from wepsam.weak.pictures import Pictures

    names = [f"n{k // 1300:08}/n{k // 1300:08}_{k}.JPEG" for k in range(100_000)]
    pictures = Pictures("/data/", names)
    assert pictures[99_999:][0].path == f"/data/{names[-1]}"
    assert len(pictures.fingerprint()) == 64


# ---- behind a URL


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """A bucket on a real server of the S3 protocol, on the loopback; workers find it by the environment."""
    from joblib.externals.loky import get_reusable_executor
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    before = dict(os.environ)
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    files._system.cache_clear()
    get_reusable_executor().shutdown(wait=True)  # workers of earlier tests have another environment
    system = files._system("s3")
    system.mkdir("bucket")
    yield "s3://bucket"
    os.environ.clear()
    os.environ |= before
    files._system.cache_clear()
    type(system).clear_instance_cache()
    server.stop()


@pytest.fixture
def bucket(s3: str, request: pytest.FixtureRequest) -> str:
    """A folder of the bucket that is this test's own."""
    return f"{s3}/{request.node.name.replace('[', '-').replace(']', '')}"


def put(photos: Path, url: str) -> None:
    for name, data in contents(photos).items():
        files.write_bytes(f"{url}/{name}", data)


def same_rows(one: str | Path, other: str | Path) -> bool:
    columns = [name for name in store.SCHEMA.names if name != "path"]
    return rows_of(one, columns) == rows_of(other, columns)


@pytest.mark.parametrize("workers", [1, 2])
def test_from_s3_to_s3_is_what_it_is_here(photos: Path, tmp_path: Path, bucket: str, workers: int) -> None:
    put(photos, f"{bucket}/photos")
    files.write_bytes(f"{bucket}/photos/.hidden/x.jpg", b"")
    files.write_bytes(f"{bucket}/photos/a/empty.jpg", b"")
    (photos / "a/empty.jpg").write_bytes(b"")
    counts = label(f"{bucket}/photos", f"{bucket}/weak", workers=workers, part_size=2)
    assert counts == {"kept": 6, "failed": 1}
    label(photos, tmp_path / "weak", workers=1, part_size=2)
    assert same_rows(f"{bucket}/weak", tmp_path / "weak")
    assert rows_of(f"{bucket}/weak")[0]["path"] == f"{bucket}/photos/a/0.jpg"

    order = store.select(f"{bucket}/weak", 3)
    np.testing.assert_array_equal(order, store.select(tmp_path / "weak", 3))
    for there, here in zip(
        store.read_rows(f"{bucket}/weak", order), store.read_rows(tmp_path / "weak", order), strict=True
    ):
        np.testing.assert_array_equal(there, here)
    report = inspect(f"{bucket}/weak", tmp_path / "look")
    assert report["counts"] == {"kept": 6, "rejected": 0, "failed": 1}
    assert f"{bucket}/photos/a/empty.jpg" in files.read_bytes(f"{bucket}/weak/not_kept.csv").decode()


def test_s3_work_goes_on_where_it_stopped(photos: Path, bucket: str, wepsam_command: Run) -> None:
    put(photos, f"{bucket}/photos")
    label(f"{bucket}/photos", f"{bucket}/weak", workers=1, part_size=2)
    whole = rows_of(f"{bucket}/weak")
    files._system("s3").rm_file(f"{bucket}/weak/part-00001.parquet")
    code, _, err = wepsam_command("inspect", f"{bucket}/weak", "--out", "look")
    assert code == 1
    assert "part-00001.parquet is missing" in err
    code, out, _ = wepsam_command("label", f"{bucket}/photos", f"{bucket}/weak", "--workers", 1, "--part-size", 2)
    assert (code, out.splitlines()[0]) == (0, "6 read: 6 kept, 0 rejected, 0 failed")
    assert rows_of(f"{bucket}/weak") == whole
    code, _, err = wepsam_command("label", f"{bucket}/photos", f"{bucket}/weak", "--size", 256)
    assert code == 2
    assert "was labelled with gbvs at 128 px" in err
    assert wepsam_command("inspect", f"{bucket}/weak")[0] == 2  # where should it draw?


def test_archives_and_lists_on_s3(photos: Path, tmp_path: Path, bucket: str) -> None:
    files.write_bytes(f"{bucket}/shards/a.tar", tar(tmp_path / "a.tar", contents(photos / "a")).read_bytes())
    files.write_bytes(f"{bucket}/shards/b.tar", tar(tmp_path / "b.tar", contents(photos / "b")).read_bytes()[:-9000])
    files.write_bytes(f"{bucket}/list.txt", b"shards/a.tar\n# the other one is cut off\n" + f"{bucket}/shards".encode())
    pictures = find_pictures(f"{bucket}/list.txt")
    assert pictures.repeated == 1
    label(pictures, tmp_path / "weak", workers=1, part_size=4)
    assert {row["id"].partition("/")[0] for row in rows_of(tmp_path / "weak")} == {"a.tar", "b.tar"}
    label(photos / "a", tmp_path / "plain", workers=1)
    assert [r["map"] for r in rows_of(tmp_path / "weak")][:3] == [r["map"] for r in rows_of(tmp_path / "plain")]
    assert rows_of(tmp_path / "weak")[-1]["reason"].startswith("broken archive")


def test_what_vanishes_from_s3_is_a_failed_row_and_a_server_that_does_is_not(
    photos: Path, tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(photos, f"{bucket}/photos")
    pictures = find_pictures([f"{bucket}/photos", str(photos)])  # some there, some here
    files._system("s3").rm_file(f"{bucket}/photos/b/3.jpg")
    sources = list(read_pictures(pictures[:]))
    assert [type(source) for _, source in sources].count(bytes) == 5
    assert [type(source) for _, source in sources].count(str) == 6
    assert label(pictures, tmp_path / "weak", workers=1) == {"kept": 11, "failed": 1}

    system = files._system("s3")
    monkeypatch.setattr(system, "cat_ranges", lambda *_, **__: [ConnectionError("the server is gone")])
    with pytest.raises(OSError, match=rf"{bucket}/photos/a/0\.jpg: the server is gone"):
        list(read_pictures(find_pictures(f"{bucket}/photos/a/0.jpg")[:]))


def test_of_two_that_start_on_s3_one_makes_the_manifest(bucket: str) -> None:
    files.write_bytes(f"{bucket}/manifest.json", b"first", new=True)
    with pytest.raises(FileExistsError):
        files.write_bytes(f"{bucket}/manifest.json", b"second", new=True)
    assert files.read_bytes(f"{bucket}/manifest.json") == b"first"


def test_urls_that_lead_nowhere_are_one_line(s3: str, tmp_path: Path, wepsam_command: Run) -> None:
    for url, told in (
        (f"{s3}/nothing", "no such file or folder"),
        ("s3://no-such-bucket/x", "no-such-bucket/x"),
        ("gopher://host/x", "cannot open gopher:// URLs"),
    ):
        code, _, err = wepsam_command("label", url, tmp_path / "weak")
        assert code in (1, 2)
        assert told in err
        assert len(err.splitlines()) == 1


def test_parquet_parts_need_nothing_of_ours(photos: Path, tmp_path: Path) -> None:
    label(photos, tmp_path / "weak", workers=1, part_size=4)
    table = pq.read_table(sorted((tmp_path / "weak").glob("part-*.parquet")))
    assert table.num_rows == 6
