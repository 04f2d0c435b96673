"""Labeling that is killed, starved, contested or damaged: nothing is lost or wrong, and one line says why."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers import Paint, Run, Write, rows_of, same_content
from wepsam.weak import labeling, store
from wepsam.weak.inspection import inspect
from wepsam.weak.labeling import label
from wepsam.weak.manifest import DamagedError, read_manifest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and mounts are those of POSIX")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory, paint: Paint, write: Write) -> Path:
    """Enough for some seconds of work, so that no kill comes too late; one is broken."""
    folder = tmp_path_factory.mktemp("many") / "photos"
    for seed in range(300):
        write(folder / f"{seed:03d}.png", paint(seed, 150, 200))
    (folder / "100.png").write_bytes(b"<html>")
    return folder


@pytest.fixture(scope="module")
def uninterrupted(photos: Path) -> Path:
    folder = photos.parent / "uninterrupted"
    label(photos, folder, workers=1, part_size=1)
    return folder


def parts_of(weak: Path) -> set[str]:
    return {path.name for path in weak.glob("part-*.parquet")}


# ---- killed


def work(photos: Path, weak: Path) -> None:
    label(photos, weak, workers=1, part_size=1)


def test_killed_at_random_moments_equals_uninterrupted(photos: Path, uninterrupted: Path, tmp_path: Path) -> None:
    """At least 20 times with -9: at the start, within a part, between parts, between the last part and the counts."""
    start = multiprocessing.get_context("forkserver")
    start.set_forkserver_preload(
        ["wepsam.weak.labeling", "wepsam.classical.gbvs_loops", "wepsam.classical.toolbox_loops"]
    )  # so that a start takes no second
    weak, rng, kills = tmp_path / "weak", np.random.default_rng(7), 0

    def begun() -> multiprocessing.process.BaseProcess:
        process = start.Process(target=work, args=(photos, weak))
        process.start()
        return process

    def killed(process: multiprocessing.process.BaseProcess) -> int:
        process.kill()
        process.join()
        return int(process.exitcode == -signal.SIGKILL)

    while kills < 20:
        for name in sorted(parts_of(weak))[:-100]:  # so that work is left for the next one, however fast the disk
            (weak / name).unlink()
        before = parts_of(weak)
        process = begun()
        if kills % 4:  # once it is at work; every fourth time anywhere, the start included
            while parts_of(weak) == before and process.is_alive():
                time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.05 if kills % 4 else 0.5))
        kills += killed(process)
        assert before <= parts_of(weak)
        assert len(parts_of(weak)) < 300
        for name in parts_of(weak) - before:
            assert pq.read_table(weak / name).num_rows == 1
        if parts_of(weak):
            with pytest.raises(DamagedError, match="is missing"):
                list(store.read_parts(weak))
    late = 0
    while late < 3:
        for name in rng.choice(sorted(parts_of(uninterrupted)), 5, replace=False):
            (weak / name).unlink(missing_ok=True)
        process = begun()
        while len(parts_of(weak)) < 300:
            time.sleep(0.0005)
        late += killed(process)
        if read_manifest(weak).counts is None and not (weak / "not_kept.csv").exists():
            late += 1  # between a part's data and its counts indeed
    label(photos, weak, workers=1, part_size=1)
    assert same_content(weak, uninterrupted)
    assert read_manifest(weak).counts == {"kept": 299, "failed": 1}
    inspect(weak, tmp_path / "look")


CHILD = """
import sys
from wepsam.weak.labeling import label
label(sys.argv[1], sys.argv[2], workers=int(sys.argv[3]), part_size=int(sys.argv[4]))
"""


def child(*arguments: object) -> psutil.Popen:
    command = [sys.executable, "-c", CHILD, *map(str, arguments)]
    return psutil.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True, text=True)


def test_killed_with_all_its_workers(photos: Path, uninterrupted: Path, tmp_path: Path) -> None:
    weak = tmp_path / "weak"
    for wanted in (3, 60):
        process = child(photos, weak, 2, 1)
        while len(parts_of(weak)) < wanted:
            assert process.poll() is None
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert len(parts_of(weak)) < 300
    label(photos, weak, workers=2, part_size=1)
    assert same_content(weak, uninterrupted)


@pytest.mark.long
def test_killed_fifty_times_on_real_photographs(shared: Path, tmp_path: Path) -> None:
    """With two workers, the whole group at once with -9, at any moment of a job of some seconds."""
    photos = tmp_path / "photos.txt"
    photos.write_text("\n".join(map(str, sorted((shared / "data/photos").rglob("*.jpg"))[:4000])))
    weak, rng = tmp_path / "weak", np.random.default_rng(0)
    for _ in range(50):
        process = child(photos, weak, 2, 20)
        time.sleep(rng.uniform(0.8, 1.6))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        for name in rng.permutation(sorted(parts_of(weak)))[:50]:  # so that work is left for the next one
            (weak / name).unlink()
    label(photos, weak, workers=2, part_size=20)
    label(photos, tmp_path / "uninterrupted", workers=2, part_size=20)
    assert same_content(weak, tmp_path / "uninterrupted")
    assert inspect(weak, tmp_path / "look")["read"] == 4000


@pytest.mark.long
def test_memory_does_not_grow_with_the_number_of_pictures(photos: Path, tmp_path: Path) -> None:
    """Ten times as many entries: less than 400 bytes of the command for each one more, and none of a worker."""
    (tmp_path / "links").mkdir()
    peaks = []
    for entries in (3_000, 30_000):
        lines = []
        for copy in range(entries // 300):
            link = tmp_path / "links" / f"{copy:03}"
            if not link.exists():
                link.symlink_to(photos)
            lines += [f"{link}/{path.name}" for path in sorted(photos.iterdir())]
        (tmp_path / "list.txt").write_text("\n".join(lines))
        process = child(tmp_path / "list.txt", tmp_path / f"{entries}", 2, 500)
        own, worker = 0, 0
        while process.poll() is None:
            with contextlib.suppress(psutil.NoSuchProcess):
                own = max(own, process.memory_info().rss)
                worker = max([worker, *(c.memory_info().rss for c in process.children(recursive=True))])
            time.sleep(0.1)
        out, _ = process.communicate()
        assert process.returncode == 0, out
        peaks.append((own, worker))
    assert peaks[1][0] - peaks[0][0] < 400 * 27_000
    assert peaks[1][1] < 1.1 * peaks[0][1]


def test_a_worker_that_is_killed_is_one_line(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_memory(*arguments: object) -> int:
        os.kill(os.getpid(), signal.SIGKILL)
        return 0

    monkeypatch.setattr(labeling, "make_part", out_of_memory)
    with pytest.raises(ChildProcessError, match="a worker was killed"):
        label(photos, tmp_path / "weak", workers=2, part_size=50)
    monkeypatch.undo()
    assert label(photos, tmp_path / "weak", workers=1, part_size=50)["kept"] == 299


def test_what_killed_jobs_left_is_removed_when_it_is_old(photos: Path, tmp_path: Path) -> None:
    """And nothing else, however hidden and old it is."""
    label(photos / "000.png", tmp_path, workers=1)
    half = ".wepsam-0123456789ab.tmp.parquet"
    others = [".eslintrc.json", ".data.csv", ".0123456789ab.parquet", ".tmpAbCdEf", ".wepsam.json", "sub.json"]
    for name in (half, ".wepsam-ba9876543210.tmp", ".wepsam-aaaaaaaaaaaa.tmp.json", *others):
        (tmp_path / name).write_bytes(b"half")
        if "aaaa" not in name:
            os.utime(tmp_path / name, (0, 0))
    (tmp_path / ".wepsam-bbbbbbbbbbbb.tmp").symlink_to("sub.json")
    label(photos / "000.png", tmp_path, workers=1)
    left = {path.name for path in tmp_path.iterdir()} - {"manifest.json", "not_kept.csv", "part-00000.parquet"}
    assert left == {*others, ".wepsam-aaaaaaaaaaaa.tmp.json", ".wepsam-bbbbbbbbbbbb.tmp"}


# ---- several at once


def test_two_jobs_divide_the_work(photos: Path, uninterrupted: Path, tmp_path: Path) -> None:
    """On one folder, at the same time: both end well, and hardly anything is done twice."""
    weak = tmp_path / "weak"
    jobs = [child(photos, weak, 1, 1) for _ in range(2)]
    for job in jobs:
        out, _ = job.communicate(timeout=120)
        assert job.returncode == 0, out
    assert same_content(weak, uninterrupted)


def test_of_two_jobs_with_other_settings_one_is_refused(photos: Path, tmp_path: Path) -> None:
    for attempt in range(3):
        jobs = [child(photos / "000.png", tmp_path / f"{attempt}", 1, size) for size in (3, 4)]
        ended = sorted((job.wait(60), job.communicate()[0]) for job in jobs)
        assert ended[0] == (0, "")
        assert ended[1][0] == 1
        assert "was labeled with gbvs at 128 px in parts of" in ended[1][1]
        read_manifest(tmp_path / f"{attempt}")


# ---- no room


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 96 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=96k", "none", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_one_line_and_the_work_goes_on_elsewhere(
    photos: Path, uninterrupted: Path, small_disk: Path, tmp_path: Path, wepsam_command: Run
) -> None:
    weak = small_disk / "weak"
    for workers in (1, 2):  # the second time there is no room from the start
        code, out, err = wepsam_command("label", photos, weak, "--workers", workers, "--part-size", 1)
        assert (code, out) == (1, "")
        last = err.splitlines()[-1]
        assert last.startswith(f"wepsam: {weak}/")
        assert last.endswith("No space left on device")
    assert 0 < len(parts_of(weak)) < 300
    assert not list(weak.glob(".*"))
    shutil.copytree(weak, tmp_path / "larger")
    label(photos, tmp_path / "larger", workers=1, part_size=1)
    assert same_content(tmp_path / "larger", uninterrupted)


LIMITED = f"""
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
{CHILD}
"""


def test_a_file_that_may_not_grow_is_no_part(photos: Path, tmp_path: Path) -> None:
    """Where no small disk can be mounted: a limit to the size of files."""
    command = [sys.executable, "-B", "-c", LIMITED, str(photos), str(tmp_path / "weak"), "1", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "File too large" in done.stderr.splitlines()[-1]
    assert [path.name for path in (tmp_path / "weak").iterdir()] == ["manifest.json"]


def test_a_folder_that_is_read_only(photos: Path, small_disk: Path, wepsam_command: Run) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    code, out, err = wepsam_command("label", photos, small_disk / "weak")
    assert (code, out) == (1, "")
    assert err.splitlines() == [f"wepsam: {small_disk}/weak: Read-only file system"]


# ---- damage


def rewritten(change: Callable[[pa.Table], pa.Table]) -> Callable[[Path, pa.Table], None]:
    return lambda path, table: pq.write_table(change(table), path)


def column(name: str, values: Callable[[list], list]) -> Callable[[Path, pa.Table], None]:
    def changed(table: pa.Table) -> pa.Table:
        at = table.schema.get_field_index(name)
        return table.set_column(
            at, table.schema.field(at), pa.array(values(table[name].to_pylist()), table.schema.types[at])
        )

    return rewritten(changed)


def one_bit_flipped(path: Path, table: pa.Table) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1  # within the stimuli
    path.write_bytes(data)


DAMAGE = {
    "a bit of a stimulus": one_bit_flipped,
    "cut": lambda path, table: path.write_bytes(path.read_bytes()[:-100]),
    "emptied": lambda path, table: path.write_bytes(b""),
    "a row lost": rewritten(lambda table: table.slice(1)),
    "a row twice": rewritten(lambda table: pa.concat_tables([table, table.slice(0, 1)])),
    "a column lost": rewritten(lambda table: table.drop_columns(["entropy"])),
    "a map cut": column("map", lambda maps: [m and m[:-1] for m in maps]),
    "a map lost": column("map", lambda maps: [None, *maps[1:]]),
    "an entropy lost": column("entropy", lambda values: [None, *values[1:]]),
    "a reason lost": column("reason", lambda reasons: [None] * len(reasons)),
    "an unknown status": column("status", lambda values: ["lost", *values[1:]]),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_inspect_names_the_damaged_part(photos: Path, tmp_path: Path, damage: str, wepsam_command: Run) -> None:
    weak = tmp_path / "weak"
    label(sorted(photos.iterdir())[98:106], weak, workers=1, part_size=4)  # with the broken one
    assert wepsam_command("inspect", weak)[0] == 0
    path = weak / "part-00000.parquet"
    DAMAGE[damage](path, pq.read_table(path))
    code, out, err = wepsam_command("inspect", weak)
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert f"{path} " in err
    assert "delete it and run wepsam label again" in err


def test_inspect_notices_pictures_of_another_list(photos: Path, tmp_path: Path, wepsam_command: Run) -> None:
    """Each part is sound, but one comes from elsewhere."""
    names = sorted(photos.iterdir())
    label(names[:8], tmp_path / "one", workers=1, part_size=4)
    label(names[1:9], tmp_path / "other", workers=1, part_size=4)
    shutil.copy(tmp_path / "other" / "part-00001.parquet", tmp_path / "one")
    code, _, err = wepsam_command("inspect", tmp_path / "one")
    assert code == 1
    assert "do not hold the pictures of its manifest.json" in err


def test_read_is_kept_and_rejected_and_failed(photos: Path, tmp_path: Path, paint: Paint, write: Write) -> None:
    """Whatever a picture is, it is one row: a bomb, nothing, a page, a wrong name, a flat one, a folder."""
    folder = tmp_path / "photos"
    write(folder / "good.jpg", paint(0))
    write(folder / "really a png.png", paint(1)).rename(folder / "really a png.jpg")
    write(folder / "flat.png", np.full((50, 50, 3), 7, np.uint8))
    data = (folder / "good.jpg").read_bytes()
    (folder / "cut.jpg").write_bytes(data[: len(data) // 2])
    (folder / "nothing.jpg").write_bytes(b"")
    (folder / "page.jpg").write_bytes(b"<!DOCTYPE html><html>404</html>")
    header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (60_000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    (folder / "bomb.png").write_bytes(header + (3_333_333_333).to_bytes(4, "big"))
    (folder / "no file.jpg").mkdir()
    os.mkfifo(folder / "pipe.jpg")
    counts = label(folder, tmp_path / "weak", workers=1, part_size=3)
    assert counts == {"kept": 2, "rejected": 1, "failed": 5}
    reasons = {id: row["reason"] for id, row in rows_of(tmp_path / "weak").items() if row["status"] == "failed"}
    assert set(reasons) == {"bomb.png", "cut.jpg", "nothing.jpg", "page.jpg", "pipe.jpg"}
    assert all(reason and len(reason.splitlines()) == 1 for reason in reasons.values())
    report = inspect(tmp_path / "weak", tmp_path)
    assert report["read"] == sum(report["counts"].values()) == 8


def test_the_counts_are_written_when_all_parts_are_there(photos: Path, tmp_path: Path) -> None:
    label(photos, tmp_path, workers=1, part_size=100)
    (tmp_path / "part-00001.parquet").unlink()
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["counts"] == {"kept": 299, "failed": 1}
    assert label(photos, tmp_path, workers=1, part_size=100) == {"kept": 299, "failed": 1}
