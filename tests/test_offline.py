"""A predictor sends nothing, asks nobody and leaves nothing behind."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from helpers import ROOT

# The kernel ends the process with SIGSYS as soon as any of its threads, C++ included, opens a socket that is not
# local to the machine's own file system (a name server's included).
TRAP = """
import ctypes, platform, socket, struct, sys
number = {"x86_64": 41, "aarch64": 198}.get(platform.machine())  # of the system call `socket`
def step(code, yes, no, value): return struct.pack("HBBI", code, yes, no, value)
steps = [step(0x20, 0, 0, 0), step(0x15, 0, 3, number or 0), step(0x20, 0, 0, 16), step(0x15, 1, 0, socket.AF_UNIX),
         step(6, 0, 0, 0x80000000), step(6, 0, 0, 0x7FFF0000)]
code = ctypes.create_string_buffer(b"".join(steps))
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]
libc = ctypes.CDLL(None)
armed = bool(number) and sys.platform == "linux" and not libc.prctl(38, 1, 0, 0, 0) and not libc.prctl(
    22, 2, ctypes.byref(Program(len(steps), ctypes.addressof(code))), 0, 0)
"""
LIVE = """
import sys, time
import numpy as np
import wepsam
model = wepsam.load(quality="fast")
model(np.zeros((48, 64, 3), np.uint8))
time.sleep(float(sys.argv[1]))
model(np.zeros((48, 64, 3), np.uint8))
"""


def environment(home: Path) -> dict[str, str]:
    """An environment in which ONNX Runtime would send telemetry, with empty folders to leave something in."""
    changed = {"HOME": home / "home", "XDG_CACHE_HOME": home / "cache", "TMPDIR": home / "tmp"}
    for folder in ("home", "cache", "tmp"):
        (home / folder).mkdir()
    kept = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    return kept | {name: str(value) for name, value in changed.items()} | {"PYTHONPATH": str(ROOT / "src")}


def test_a_predictor_lives_20_seconds_alone_and_leaves_nothing(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", TRAP + LIVE, "20"], env=environment(tmp_path))
    seen = set()
    while process.poll() is None:  # where there is no trap, only what stays open for a moment is seen
        try:
            seen.update(psutil.Process(process.pid).net_connections("inet"))
        except psutil.Error:
            break
        time.sleep(0.05)
    assert process.wait() == 0
    assert not seen
    assert [path for path in tmp_path.rglob("*") if path.name not in ("home", "cache", "tmp")] == []


@pytest.mark.skipif(sys.platform != "linux", reason="the trap is Linux's seccomp")
def test_the_trap_sees_a_socket(tmp_path: Path) -> None:
    ask = "\nprint(armed, flush=True)\nsocket.socket(socket.AF_UNIX)\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM)"
    done = subprocess.run([sys.executable, "-c", TRAP + ask], capture_output=True, text=True)
    if done.stdout.strip() != "True":
        pytest.skip("this system does not let a process trap its own calls")
    assert done.returncode < 0


def test_onnxruntime_that_came_first_is_reported(tmp_path: Path) -> None:
    code = (
        "import logging, onnxruntime, wepsam; logging.basicConfig(); from wepsam import offline;"
        "offline.onnxruntime(); offline.onnxruntime()"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(tmp_path), capture_output=True, text=True)
    assert done.stderr.count("import wepsam first") == 1


def test_all_importers_come_through_one_door() -> None:
    """Nobody else imports onnxruntime, so nobody can forget the switch."""
    for folder in ("src", "benchmarks", "tests", "recipes", "learn"):
        for path in (ROOT / folder).rglob("*.py"):
            if path.name != "test_offline.py":
                lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
                assert not [line for line in lines if line.startswith(("import onnxruntime", "from onnxruntime"))], path
