"""The cores that a process may use: affinity and control groups of both versions."""

import math
import os
from pathlib import Path

import pytest

from wepsam import cores
from wepsam.prediction import ordered


def group(root: Path, files: dict[str, str], membership: str) -> float:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "membership").write_text(membership)
    return cores._quota(root, root / "membership")


@pytest.mark.parametrize(
    ("files", "membership", "expected"),
    [
        ({"cpu.max": "150000 100000\n"}, "0::/\n", 1.5),
        ({"cpu.max": "max 100000\n"}, "0::/\n", math.inf),
        ({"a/cpu.max": "200000 100000", "a/b/cpu.max": "max 100000"}, "0::/a/b\n", 2.0),  # the group around it
        ({"cpu.max": "50000 100000"}, "0::/outside/the/container\n", 0.5),
        ({"cpu/x/cpu.cfs_quota_us": "300000", "cpu/x/cpu.cfs_period_us": "100000"}, "4:cpu,cpuacct:/x\n3:pids:/y", 3.0),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, "4:cpu:/\n", math.inf),
        ({}, "nonsense", math.inf),
    ],
)
def test_quotas(tmp_path: Path, files: dict[str, str], membership: str, expected: float) -> None:
    assert group(tmp_path, files, membership) == expected


def test_no_control_groups(tmp_path: Path) -> None:
    assert cores._quota(tmp_path, tmp_path / "none") == math.inf


def test_workers_and_threads_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(cores, "_quota", lambda *_: 2.5)
    assert cores.usable() == cores.threads() == ordered.worker_count(-1) == 3
    monkeypatch.setattr(cores, "_quota", lambda *_: math.inf)
    assert cores.usable() == 8
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    assert cores.threads() == 0  # all of the machine: ONNX Runtime knows best
