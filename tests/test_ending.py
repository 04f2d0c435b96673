"""Commands that are interrupted, terminated or killed, and those that nobody listens to."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest

from helpers import Paint, Write

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are those of POSIX")


@pytest.fixture
def photos(tmp_path: Path, paint: Paint, write: Write) -> Path:
    for seed in range(80):
        write(tmp_path / "photos" / f"{seed}.png", paint(seed, 150, 200))
    return tmp_path / "photos"


def command(*arguments: object) -> psutil.Popen:
    return psutil.Popen(
        [sys.executable, "-m", "wepsam", *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
        # A shell that starts the tests in the background has them, and their children, ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def until(is_so: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def members(session: int) -> list[int]:
    """The processes of a session that have not ended."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except (ProcessLookupError, psutil.NoSuchProcess, PermissionError):
            pass
    return found


def label_at_work(photos: Path, weak: Path, parts: int) -> psutil.Popen:
    process = command("label", photos, weak, "--workers", 2, "--part-size", 2, "--size", "none")
    until(lambda: len(list(weak.glob("part-*"))) >= parts if parts else weak.exists() and process.children())
    return process


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
@pytest.mark.parametrize("parts", [0, 2])
def test_a_signal_is_one_line_and_leaves_no_worker(
    photos: Path, tmp_path: Path, number: signal.Signals, code: int, parts: int
) -> None:
    """While workers start, and while they work. Ctrl-C goes to all, SIGTERM to the command."""
    process = label_at_work(photos, tmp_path / "weak", parts)
    (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (code, "")
    (line,) = (line for line in err.splitlines() if not line.startswith("labeling: "))
    assert line.endswith("; the same command resumes the work")
    until(lambda: not members(process.pid), 10)
    assert not list((tmp_path / "weak").glob("not_kept*"))


def test_workers_end_with_a_killed_parent(photos: Path, tmp_path: Path) -> None:
    process = label_at_work(photos, tmp_path / "weak", 1)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()  # returns once nobody has its pipes
    until(lambda: not members(process.pid), 10)
    before = sorted((tmp_path / "weak").iterdir())
    time.sleep(0.5)
    assert sorted((tmp_path / "weak").iterdir()) == before


EVALUATION = """
import sys, time

def slow(place):
    open(f"{sys.argv[1]}/{place}", "w")
    time.sleep(100)

def evaluate():
    from wepsam.evaluation.running import in_order
    list(in_order(lambda place: slow(place), range(20), 2))

def reproduce():
    from wepsam.reproduction import running
    with running._pool(2) as pool:
        list(pool.map(time.sleep, [100, 100]))

if __name__ == "__main__":
    globals()[sys.argv[2]]()
"""


@pytest.mark.parametrize("what", ["evaluate", "reproduce"])
def test_other_workers_end_with_a_killed_parent(tmp_path: Path, what: str) -> None:
    script = tmp_path / "script.py"
    script.write_text(EVALUATION)
    process = psutil.Popen([sys.executable, str(script), str(tmp_path), what], start_new_session=True)
    until(lambda: len(process.children()) >= 3)  # two workers, and the one that cleans up after them
    process.kill()
    process.wait()
    until(lambda: not members(process.pid), 20)


@pytest.mark.parametrize("redirection", ["1>&-", ">/dev/full", "| true"])
def test_a_stdout_that_takes_nothing_is_one_line(redirection: str) -> None:
    if "full" in redirection and not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    script = f"{sys.executable} -m wepsam datasets list {redirection}; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run([shutil.which("bash") or "sh", "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("wepsam: stdout: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_closed_stderr_is_nobody_elses_file(photos: Path, tmp_path: Path) -> None:
    """Neither stdout nor the next file that is opened gets what stderr should have got."""
    (photos / "bad.png").write_bytes(b"<html>")
    script = f"{sys.executable} -m wepsam predict {photos}/1.png {photos}/bad.png -o {tmp_path}/out --model itti 2>&-"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == ["1 map", "1 overlay"]
    script = f"{sys.executable} -m wepsam label {photos} {tmp_path}/weak --workers 2 --part-size 40 2>&- 0<&-"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stdout.startswith("81 read: 80 kept, 0 rejected, 1 failed")


FORK = """
import os, sys, threading, time
import numpy as np
from wepsam import _picture_files
from wepsam.images import read_image
picture = np.zeros((2, 2, 3), np.uint8)
def read():
    with _picture_files.pillow_limit(None):
        time.sleep(0.5)
threading.Thread(target=read).start()
time.sleep(0.1)
if (child := os.fork()) == 0:
    read_image(sys.argv[1])
    os._exit(7)
print(os.waitpid(child, 0)[1] >> 8)
"""


def test_a_process_forked_while_another_thread_reads_does_not_hang(tmp_path: Path, write: Write) -> None:
    write(tmp_path / "a.png", np.zeros((4, 4, 3), np.uint8))
    done = subprocess.run(
        [sys.executable, "-c", FORK, str(tmp_path / "a.png")], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stdout == "7\n"
