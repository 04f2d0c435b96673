"""wepsam label and wepsam inspect, as people type them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from helpers import Run, one_line
from wepsam.weak.labeling import label


def test_label_and_inspect(photos: Path, tmp_path: Path, wepsam_command: Run) -> None:
    (photos / "void.jpg").write_bytes(b"")
    weak = tmp_path / "weak"
    code, out, err = wepsam_command("label", photos, weak, "--workers", 1)
    assert code == 0
    assert out.splitlines() == ["4 read: 3 kept, 0 rejected, 1 failed", f"look at them: wepsam inspect {weak}"]
    assert err == ""  # over too soon for a line of progress

    code, out, err = wepsam_command("inspect", weak)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == f"{weak}: gbvs at 128 px, 1 part"
    assert lines[1] == "read 4 = 3 kept + 0 rejected + 1 failed"
    assert lines[2] == "  1 the file is empty"
    assert lines[-2:] == [str(weak / "entropy.png"), str(weak / "lowest-middle-highest.png")]

    code, out, err = wepsam_command("inspect", weak, "--json", "--out", tmp_path / "look")
    report = json.loads(out)
    assert report["counts"] == {"kept": 3, "rejected": 0, "failed": 1}
    assert all(Path(picture).parent == tmp_path / "look" for picture in report["pictures"])


def test_label_a_list(photos: Path, tmp_path: Path, wepsam_command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The entries count from the list's own folder, wherever the command is run."""
    (photos / "chosen.txt").write_text("# two of three\n0.png\n\n2.png\n")
    monkeypatch.chdir(tmp_path)
    code, out, _ = wepsam_command("label", "photos/chosen.txt", "weak/", "--workers", 1)
    assert (code, out.splitlines()[0]) == (0, "2 read: 2 kept, 0 rejected, 0 failed")


def test_label_mistakes_are_one_line_and_exit_2(photos: Path, tmp_path: Path, wepsam_command: Run) -> None:
    weak = tmp_path / "weak"
    assert wepsam_command("label", photos, weak, "--workers", 1)[0] == 0
    code, out, err = wepsam_command("label", photos, weak, "--workers", 1, "--size", "none")
    assert (code, out) == (2, "")
    one_line(err, f"{weak} was labeled with gbvs at 128 px", "this run asks for gbvs at full size")
    code, _, err = wepsam_command("label", photos / "0.png", weak, "--workers", 1)
    assert code == 2
    one_line(err, "from another list of 3 photographs", "this run has 1")
    (tmp_path / "empty").mkdir()
    code, _, err = wepsam_command("label", tmp_path / "empty", tmp_path / "new")
    assert code == 2
    one_line(err, f"no pictures in {tmp_path / 'empty'}")
    code, _, err = wepsam_command("label", tmp_path / "nowhere", tmp_path / "new")
    assert code == 2
    one_line(err, "nowhere: no such file or folder")
    code, _, err = wepsam_command("label", photos, tmp_path / "new", "--teacher", "toy")
    assert code == 2
    one_line(err, "no model 'toy'", "gbvs, gbvs-128, ")
    for size in ("0", "-3", "big", "1.5"):
        code, _, err = wepsam_command("label", photos, tmp_path / "new", f"--size={size}")
        assert code == 2
        assert f"--size takes a number of pixels or none, not '{size}'" in err
    code, _, err = wepsam_command("label", photos / "0.png", photos / "1.png")  # "label *.png", the folder forgotten
    assert code == 2
    assert "is a file" in err
    code, _, err = wepsam_command("inspect", photos / "0.png")
    assert code == 2
    one_line(err, "no weak labels at", "0.png")
    code, _, err = wepsam_command("inspect", photos)
    assert code == 2
    one_line(err, f"no weak labels at {photos}: expected manifest.json")
    assert not (tmp_path / "new").exists()


def test_folders_that_cannot_be_written_are_one_line(photos: Path, wepsam_command: Run) -> None:
    """A file stands where the folder should be: to root too it is no folder."""
    code, _, err = wepsam_command("label", photos, photos / "0.png" / "weak")
    assert code == 1
    one_line(err, photos / "0.png" / "weak", "Not a directory")


def test_inspect_of_unfinished_work_exits_1(photos: Path, tmp_path: Path, wepsam_command: Run) -> None:
    weak = tmp_path / "weak"
    wepsam_command("label", photos, weak, "--workers", 1)
    (weak / "part-00000.parquet").unlink()
    code, _, err = wepsam_command("inspect", weak)
    assert code == 1
    one_line(err, "part-00000.parquet is missing: run the same wepsam label again")


INTERRUPTIBLE = """
import signal
from wepsam.cli import main

signal.signal(signal.SIGINT, signal.default_int_handler)
main()
"""


@pytest.mark.skipif(os.name == "nt", reason="no signals")
@pytest.mark.parametrize("workers", [1, 2])
def test_control_c(workers: int, photos: Path, tmp_path: Path) -> None:
    """Ctrl-C goes to the whole group, workers included, and ends it at once; the same call goes on."""
    for copy in range(300):
        shutil.copy(photos / f"{copy % 3}.png", photos / f"copy{copy}.png")
    weak = tmp_path / "weak"
    command = [sys.executable, "-c", INTERRUPTIBLE, "label", str(photos), str(weak), "--part-size", "3"]
    command += ["--workers", str(workers)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    while not all((weak / f"part-{part:05d}.parquet").exists() for part in range(workers)):  # all are at work
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"read:" not in out
    assert b"interrupted; the same command resumes the work" in out
    if workers == 1:  # joblib's idle workers may complain
        assert b"Traceback" not in out
    assert len(list(weak.glob("*.parquet"))) < 101
    assert label(photos, weak, workers=1, part_size=3) == {"kept": 303}
