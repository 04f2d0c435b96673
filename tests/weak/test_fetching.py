"""Pictures that vanish, and pictures and labels behind a server that speaks the S3 protocol."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from helpers import Run, jpeg_files, stored_rows, write_tar
from wepsam import files
from wepsam.weak import store
from wepsam.weak.fetching import read_pictures
from wepsam.weak.inspection import inspect
from wepsam.weak.labeling import label
from wepsam.weak.picture_list import find_pictures


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


def put(jpegs: Path, url: str) -> None:
    for name, data in jpeg_files(jpegs).items():
        files.write_bytes(f"{url}/{name}", data)


def same_rows(one: str | Path, other: str | Path) -> bool:
    columns = [name for name in store.SCHEMA.names if name != "path"]
    return stored_rows(one, columns) == stored_rows(other, columns)


def test_a_picture_that_vanishes_is_one_failed_row(jpegs: Path, tmp_path: Path) -> None:
    """So does an archive; whatever is still there is labeled."""
    write_tar(jpegs / "c.tar", jpeg_files(jpegs / "a"))
    pictures = find_pictures(jpegs)
    (jpegs / "b/3.jpg").unlink()
    (jpegs / "c.tar").unlink()
    assert label(pictures, tmp_path / "weak", workers=1) == {"kept": 5, "failed": 4}
    reasons = {row["id"]: row["reason"] for row in stored_rows(tmp_path / "weak") if row["status"] == "failed"}
    assert list(reasons) == ["b/3.jpg", *(f"c.tar/{k}.jpg" for k in (0, 2, 4))]
    assert set(reasons.values()) == {"No such file or directory"}


@pytest.mark.parametrize("workers", [1, 2])
def test_from_s3_to_s3_is_what_it_is_here(jpegs: Path, tmp_path: Path, bucket: str, workers: int) -> None:
    put(jpegs, f"{bucket}/photos")
    files.write_bytes(f"{bucket}/photos/.hidden/x.jpg", b"")
    files.write_bytes(f"{bucket}/photos/a/empty.jpg", b"")
    (jpegs / "a/empty.jpg").write_bytes(b"")
    counts = label(f"{bucket}/photos", f"{bucket}/weak", workers=workers, part_size=2)
    assert counts == {"kept": 6, "failed": 1}
    label(jpegs, tmp_path / "weak", workers=1, part_size=2)
    assert same_rows(f"{bucket}/weak", tmp_path / "weak")
    assert stored_rows(f"{bucket}/weak")[0]["path"] == f"{bucket}/photos/a/0.jpg"

    order = store.select(f"{bucket}/weak", 3)
    np.testing.assert_array_equal(order, store.select(tmp_path / "weak", 3))
    for there, here in zip(
        store.read_rows(f"{bucket}/weak", order), store.read_rows(tmp_path / "weak", order), strict=True
    ):
        np.testing.assert_array_equal(there, here)
    report = inspect(f"{bucket}/weak", tmp_path / "look")
    assert report["counts"] == {"kept": 6, "rejected": 0, "failed": 1}
    assert f"{bucket}/photos/a/empty.jpg" in files.read_bytes(f"{bucket}/weak/not_kept.csv").decode()


def test_s3_work_goes_on_where_it_stopped(jpegs: Path, bucket: str, wepsam_command: Run) -> None:
    put(jpegs, f"{bucket}/photos")
    label(f"{bucket}/photos", f"{bucket}/weak", workers=1, part_size=2)
    whole = stored_rows(f"{bucket}/weak")
    files._system("s3").rm_file(f"{bucket}/weak/part-00001.parquet")
    code, _, err = wepsam_command("inspect", f"{bucket}/weak", "--out", "look")
    assert code == 1
    assert "part-00001.parquet is missing" in err
    code, out, _ = wepsam_command("label", f"{bucket}/photos", f"{bucket}/weak", "--workers", 1, "--part-size", 2)
    assert (code, out.splitlines()[0]) == (0, "6 read: 6 kept, 0 rejected, 0 failed")
    assert stored_rows(f"{bucket}/weak") == whole
    code, _, err = wepsam_command("label", f"{bucket}/photos", f"{bucket}/weak", "--size", 256)
    assert code == 2
    assert "was labeled with gbvs at 128 px" in err
    assert wepsam_command("inspect", f"{bucket}/weak")[0] == 2  # where should it draw?


def test_archives_and_lists_on_s3(jpegs: Path, tmp_path: Path, bucket: str) -> None:
    files.write_bytes(f"{bucket}/shards/a.tar", write_tar(tmp_path / "a.tar", jpeg_files(jpegs / "a")).read_bytes())
    files.write_bytes(
        f"{bucket}/shards/b.tar", write_tar(tmp_path / "b.tar", jpeg_files(jpegs / "b")).read_bytes()[:-9000]
    )
    files.write_bytes(f"{bucket}/list.txt", b"shards/a.tar\n# the other one is cut off\n" + f"{bucket}/shards".encode())
    pictures = find_pictures(f"{bucket}/list.txt")
    assert pictures.repeated == 1
    label(pictures, tmp_path / "weak", workers=1, part_size=4)
    assert {row["id"].partition("/")[0] for row in stored_rows(tmp_path / "weak")} == {"a.tar", "b.tar"}
    label(jpegs / "a", tmp_path / "plain", workers=1)
    assert [r["map"] for r in stored_rows(tmp_path / "weak")][:3] == [r["map"] for r in stored_rows(tmp_path / "plain")]
    assert stored_rows(tmp_path / "weak")[-1]["reason"].startswith("broken archive")


def test_what_vanishes_from_s3_is_a_failed_row_and_a_server_that_does_is_not(
    jpegs: Path, tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(jpegs, f"{bucket}/photos")
    pictures = find_pictures([f"{bucket}/photos", str(jpegs)])  # some there, some here
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
    for url, words in (
        (f"{s3}/nothing", "no such file or folder"),
        ("s3://no-such-bucket/x", "no-such-bucket/x"),
        ("gopher://host/x", "cannot open gopher:// URLs"),
    ):
        code, _, err = wepsam_command("label", url, tmp_path / "weak")
        assert code in (1, 2)
        assert words in err
        assert len(err.splitlines()) == 1
