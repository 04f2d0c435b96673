"""Read MATLAB's .mat files, of any version and from anybody: in a process of its own, because a damaged one can end it.

scipy reads versions 4 to 7, h5py reads 7.3. One process is started at the first file and reads all that follow.
"""

import atexit
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from wepsam import extras
from wepsam._picture_costs import MAX_MAP_PIXELS
from wepsam.datasets.errors import DatasetError

MAX_BYTES = 1 << 30  # of the data in a file of fixations
MAX_MAP_BYTES = 8 * MAX_MAP_PIXELS  # the same of one map
PROGRAM = Path(__file__).with_name("_mat_process.py")


def load_mat(path: Path, *names: str, most: int = MAX_BYTES) -> Any:
    """A variable of a .mat file: structs as objects, arrays without sides of length 1.

    Args:
        path: the file.
        names: of the variable; the first of them that the file has. Without names: the file's only variable.
        most: bytes of data, as in `load_variables`.

    Raises:
        DatasetError: the file is missing or damaged, or has no such variable.
        ImportError: scipy (version 7.3: h5py) is not installed.
    """
    found = load_variables(path, names or None, most=most)
    if not names:
        if len(found) != 1:
            raise DatasetError(f"{path} has {len(found)} variables, expected one")
        return next(iter(found.values()))
    for name in names:
        if name in found:
            return found[name]
    raise DatasetError(f"{path} has no variable {' or '.join(map(repr, names))}")


def load_variables(
    path: Path, names: Sequence[str] | None = None, *, squeeze: bool = True, most: int = MAX_BYTES
) -> dict[str, Any]:
    """The variables of a .mat file by name.

    Args:
        path: the file.
        names: only these, as far as the file has them; None for all.
        squeeze: whether arrays lose their sides of length 1.
        most: bytes of data: a file of 2 MB can hold 2 GB of zeros. The process may take twice that.

    Raises:
        DatasetError, ImportError: as `load_mat`.
    """
    if find_spec("scipy") is None:
        raise _missing("scipy", path)
    request = os.path.abspath(path), None if names is None else tuple(names), squeeze, most
    try:
        kind, value = _READER.ask(request)
    except (EOFError, OSError, pickle.UnpicklingError) as error:
        raise DatasetError(
            f"{path} cannot be read: it ended the process that reads .mat files, so it is damaged; save it again"
        ) from error
    if kind == "missing":
        raise _missing(value, path)
    if kind == "error":
        raise DatasetError(f"{path} cannot be read: {' '.join(str(value).split())}")
    return value


def _missing(module: str, path: Path) -> ImportError:
    error = ModuleNotFoundError(f"No module named {module!r}", name=module)
    return extras.missing(error, f"reading {path.name}")


def _received(stream: IO[bytes]) -> Any:
    """An answer of the process. Arrays follow its pickle, so that they are in memory only once."""
    data, sizes = pickle.load(stream)
    buffers = [bytearray(size) for size in sizes]
    for buffer in buffers:
        left = memoryview(buffer)
        while left:
            if not (count := stream.readinto(left)):  # type: ignore[attr-defined]
                raise EOFError
            left = left[count:]
    return pickle.loads(data, buffers=buffers)


class _Reader:
    """The process that reads; started when it is first asked, and again after a file has ended it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, request: tuple[Any, ...]) -> tuple[str, Any]:
        """The answer to a request; EOFError if the process ended over it."""
        with self._lock:
            process = self._running()
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                pickle.dump(request, process.stdin)
                process.stdin.flush()
                return _received(process.stdout)
            except BaseException:  # also an interruption: its answer would be taken for that of the next request
                self._stop()
                raise

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None or self._process.poll() is not None:
            self._stop()
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(PROGRAM)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self._process

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._stop()

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def forked(self) -> None:
        """In a process that was just forked: what reads belongs to the other one, whose thread may be asking it."""
        self._lock = threading.Lock()
        process, self._process = self._process, None
        if process is not None:
            process.returncode = 0  # not this one's child, so not to be waited for
            for pipe in (process.stdin, process.stdout):
                pipe.raw.close()  # type: ignore[union-attr]  # not what is buffered: it is the other process's


_READER = _Reader()
atexit.register(_READER.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_READER.forked)
