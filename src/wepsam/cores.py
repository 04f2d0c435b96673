"""How many cores this process may use, which in a container or under a scheduler is fewer than the machine has."""

import math
import os
from pathlib import Path, PurePosixPath

CGROUPS, MEMBERSHIP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def usable() -> int:
    """The cores that the process may use: by its affinity, and by the CPU time that its control groups grant it."""
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min(affinity, _quota(CGROUPS, MEMBERSHIP))))


def threads() -> int:
    """For ONNX Runtime: how many threads to start; 0 lets it choose.

    Left alone it starts one for each core of the machine, whatever the process may use.
    """
    count = usable()
    return count if count < (os.cpu_count() or 1) else 0


def _quota(root: Path, membership: Path) -> float:
    """Cores' worth of CPU time for this process' group and the groups around it; infinite without a limit.

    Args:
        root: where the control groups are mounted; version 1 has them in a folder `cpu` below it.
        membership: the file that names the process' own group, a line per hierarchy.
    """
    try:
        lines = [line.split(":", 2) for line in membership.read_text(encoding="ascii", errors="replace").splitlines()]
    except OSError:
        return math.inf
    least = math.inf
    for _, controllers, path in (line for line in lines if len(line) == 3):
        if controllers and "cpu" not in controllers.split(","):
            continue
        mount = root / "cpu" if controllers else root
        own = PurePosixPath(path.lstrip("/"))
        # In a container, the group's path may be that outside, and its files lie at the root of the mount.
        for group in (own, *own.parents, PurePosixPath()):
            least = min(least, _limit(mount / group))
    return least


def _limit(group: Path) -> float:
    """The limit of one group, in cores."""
    try:
        if (group / "cpu.max").exists():
            quota, period = (group / "cpu.max").read_text(encoding="ascii").split()
        else:
            files = (group / f"cpu.cfs_{name}_us" for name in ("quota", "period"))
            quota, period = (file.read_text(encoding="ascii").strip() for file in files)
        return int(quota) / int(period) if int(quota) > 0 and int(period) > 0 else math.inf
    except (OSError, ValueError):  # no such file, or "max"
        return math.inf
