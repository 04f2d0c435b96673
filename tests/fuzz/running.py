"""Run cases in a process of their own and judge each: an answer, one clear line, or something to keep.

A case is a kind and a seed, and always the same. What goes wrong is kept as found/KIND/HASH/NAME, and `replay` runs it
again.
"""

from __future__ import annotations

import hashlib
import math
import multiprocessing
import os
import resource
import shutil
import time
import traceback
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psutil

import wepsam
from fuzz.kinds import KINDS, Kind
from fuzz.mutations import mutated
from wepsam.cli import errors

FOUND = Path(__file__).parent / "found"
SECONDS = 10  # of one core, for one file
WALL = 180  # seconds, for one file on a machine with much else to do
MEGABYTES = 1200  # for one file
ROOM = 8 << 30  # bytes that a case can ask for at most, beyond what the process has: it protects the machine
SOURCE = Path(wepsam.__file__).parent
ALIKE = 2  # files that are kept of one fault
FINE = ("answer", "one line")


@dataclass
class Verdict:
    """What became of a case."""

    outcome: str  # one of FINE, or: traceback, lines, wrong answer, slow, memory, crash
    message: str = ""
    seconds: float = 0.0
    megabytes: float = 0.0


@dataclass
class Tally:
    """Counts of the cases of one kind."""

    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0  # the slowest
    megabytes: float = 0.0  # the largest
    found: list[Path] = field(default_factory=list)

    @property
    def cases(self) -> int:
        return self.outcomes.total()

    def add(self, verdict: Verdict) -> None:
        self.outcomes[verdict.outcome] += 1
        self.seconds, self.megabytes = max(self.seconds, verdict.seconds), max(self.megabytes, verdict.megabytes)


# ---- one case


def change(kind: str, folder: Path, seed: int) -> tuple[str, bytes]:
    """The file of a case, relative to the folder of good files, and what it becomes."""
    rng = np.random.default_rng([zlib.crc32(kind.encode()), seed])
    pattern = KINDS[kind].changed[rng.integers(len(KINDS[kind].changed))]
    paths = sorted(path for path in folder.glob(pattern) if path.is_file())
    path = paths[rng.integers(len(paths))]
    return path.relative_to(folder).as_posix(), mutated(path.read_bytes(), path.name, rng)


def judged(kind: Kind, folder: Path, name: str, data: bytes) -> Verdict:
    """Put changed bytes in the place of a good file, use it, and put the good one back."""
    path = folder / name
    kept = {p: p.read_bytes() for p in (path, path.with_suffix(".json")) if p.is_file()}
    path.write_bytes(data)
    kind.again(path)
    before, began = _forget_peak(), time.process_time()
    try:
        kind.use(folder, name)
        verdict = Verdict("answer")
    except AssertionError:
        verdict = Verdict("wrong answer", traceback.format_exc())
    except Exception as error:
        verdict = _of_error(error, folder, path)
    verdict.seconds, verdict.megabytes = time.process_time() - began, (_peak() - before) / 2**20
    for place, good in kept.items():
        place.write_bytes(good)
    if verdict.seconds > SECONDS:
        return Verdict("slow", verdict.message, verdict.seconds, verdict.megabytes)
    if verdict.megabytes > MEGABYTES:
        return Verdict("memory", verdict.message, verdict.seconds, verdict.megabytes)
    return verdict


def _of_error(error: Exception, folder: Path, path: Path) -> Verdict:
    """One clear line is an error of wepsam's own, or one that the command line handles and that names the place."""
    line = errors.one_line(error)
    own = type(error).__module__.split(".")[0] == "wepsam" or _is_said_by_wepsam(error)
    named = isinstance(error, errors.HANDLED) and (str(folder) in line or path.name in line)
    if not (own or named) or not line:
        return Verdict("traceback", "".join(traceback.format_exception(error)))
    if len(str(error).splitlines()) != 1 or len(line) > 2000:
        return Verdict("lines", f"{type(error).__name__}: {error}"[:5000])
    return Verdict("one line", f"{type(error).__name__}: {line}")


def _is_said_by_wepsam(error: Exception) -> bool:
    """Whether a statement of wepsam raised it, and not something that wepsam called."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    written = Path(frame.filename).is_relative_to(SOURCE) and (frame.line or "").startswith("raise ")
    return written and isinstance(error, errors.HANDLED)


def _forget_peak() -> int:
    """Bytes in memory now; the largest since is `_peak`."""
    Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _peak() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) << 10


# ---- many cases, watched from outside


def run(kind: str, seeds: Iterable[int], *, seconds: float = math.inf, keep: Path | None = FOUND) -> Tally:
    """Run the cases of a kind.

    Args:
        kind: a name in KINDS.
        seeds: of the cases.
        seconds: after which to stop, without those that making the good files takes.
        keep: folder for what goes wrong.
    """
    tally, left, seen = Tally(), iter(seeds), Counter[str]()
    with TemporaryDirectory(prefix="fuzz") as good, TemporaryDirectory(prefix="fuzz") as folder:
        KINDS[kind].make(Path(good))
        watched = _Watched(kind, Path(good), Path(folder))
        end = time.monotonic() + seconds
        for seed in left:
            if time.monotonic() > end:
                break
            name, data = change(kind, Path(good), seed)
            verdict = watched.case(name, data)
            tally.add(verdict)
            if verdict.outcome not in FINE and keep is not None:
                where = _where(verdict)
                if seen[where] < ALIKE:
                    tally.found.append(_keep(keep, kind, name, data))
                seen[where] += 1
        watched.end()
    return tally


def _where(verdict: Verdict) -> str:
    """What a fault has in common with others like it: the last line of wepsam's in its traceback."""
    own = [line for line in verdict.message.splitlines() if str(SOURCE) in line]
    return f"{verdict.outcome} {own[-1] if own else verdict.message[:40]}"


def replay(path: Path, folder: Path = FOUND) -> Verdict:
    """Run a kept file again."""
    kind, _, *file = path.resolve().relative_to(folder.resolve()).parts
    with TemporaryDirectory(prefix="fuzz") as good, TemporaryDirectory(prefix="fuzz") as changed:
        KINDS[kind].make(Path(good))
        watched = _Watched(kind, Path(good), Path(changed))
        verdict = watched.case("/".join(file), path.read_bytes())
        watched.end()
    return verdict


def _keep(folder: Path, kind: str, name: str, data: bytes) -> Path:
    """Write a file as KIND/HASH/NAME, which says all that `replay` needs."""
    path = folder / kind / hashlib.sha256(data).hexdigest()[:12] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


class _Watched:
    """A process that runs cases, begun again when one of them ends it."""

    def __init__(self, kind: str, good: Path, folder: Path) -> None:
        self.kind, self.good, self.folder = kind, good, folder
        self._begin()

    def _begin(self) -> None:
        shutil.rmtree(self.folder)
        shutil.copytree(self.good, self.folder)
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(self.kind, self.folder, theirs), daemon=True)
        self.process.start()
        theirs.close()
        self.pipe.recv()  # ready: modules are loaded, a good file was read

    def case(self, name: str, data: bytes) -> Verdict:
        self.pipe.send((name, data))
        began, before = time.monotonic(), self._seconds()
        while not self.pipe.poll(0.5):
            if not self.process.is_alive():
                break
            used = self._seconds() - before
            if used > 2 * SECONDS or time.monotonic() - began > WALL:
                return self._again(Verdict("slow", "did not end", used))
        try:
            verdict: Verdict = self.pipe.recv()
        except (EOFError, ConnectionError):
            self.process.join(10)
            return self._again(Verdict("crash", f"the process ended with {self.process.exitcode}"))
        return verdict

    def _seconds(self) -> float:
        try:
            times = psutil.Process(self.process.pid).cpu_times()
        except psutil.Error:
            return 0.0
        return float(times.user + times.system)

    def _again(self, verdict: Verdict) -> Verdict:
        self.end()
        self._begin()
        return verdict

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def _work(name: str, folder: Path, pipe: Connection) -> None:
    """The process: one case after the other."""
    import logging
    import warnings

    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    os.environ["TQDM_DISABLE"] = "1"
    kind = KINDS[name]
    first = next(p for p in sorted(folder.glob(kind.changed[0])) if p.is_file())
    kind.use(folder, first.relative_to(folder).as_posix())  # all modules are loaded before anything is measured
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + ROOM, size + ROOM))
    pipe.send("ready")
    while True:
        case: Any = pipe.recv()
        pipe.send(judged(kind, folder, *case))
