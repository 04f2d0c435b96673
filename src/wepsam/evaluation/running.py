"""Scoring many pictures: divided among processes, and kept on disk so that an interrupted evaluation goes on."""

import json
import logging
import os
import pickle
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from functools import lru_cache
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TextIO

from wepsam import cores, processes
from wepsam.files import write_bytes, write_text

FEW = 8  # pictures; for so few, starting the processes takes longer than the work
log = logging.getLogger("wepsam")


def in_order(work: Callable[[int], Any], places: Sequence[int], workers: int = -1) -> Iterator[Any]:
    """The results of work(place) in the order of the places, each as soon as it and those before it are done.

    Args:
        work: is sent to each process once. If it cannot be pickled (an open session, for example), or joblib is not
            installed, everything runs in this process, one place after another.
        places: what to work on.
        workers: number of processes; -1 for one per core.
    """
    workers = cores.usable() if workers == -1 else workers
    packed = _pickled(work) if workers > 1 and len(places) > FEW and find_spec("joblib") else None
    if packed is None:
        yield from map(work, places)
        return
    from joblib import Parallel, delayed, parallel_config

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "work.pickle"
        write_bytes(path, packed)
        # With a process per core, linear algebra gets one thread in each.
        with parallel_config(backend="loky", inner_max_num_threads=1):
            parallel = Parallel(
                n_jobs=min(workers, len(places)), batch_size=1, return_as="generator",
                initializer=processes.end_with, initargs=(os.getpid(),),
            )  # fmt: skip
            with processes.starting():
                results = parallel(delayed(_work)(path, os.getcwd(), place) for place in places)
            with closing(results):
                yield from results


def _pickled(work: Any) -> bytes | None:
    # cloudpickle also takes closures and functions of a notebook. Older versions of joblib bring their own copy.
    cloudpickle = import_module("cloudpickle" if find_spec("cloudpickle") else "joblib.externals.cloudpickle")
    try:
        return cloudpickle.dumps(work)
    except (pickle.PicklingError, TypeError, AttributeError, ValueError):
        return None


def _work(path: Path, folder: str, place: int) -> Any:
    os.chdir(folder)  # joblib reuses its processes; relative paths must mean what they mean to the caller
    return _unpickled(path)(place)


@lru_cache(maxsize=1)
def _unpickled(path: Path) -> Callable[[int], Any]:
    return pickle.loads(path.read_bytes())


class PartialRows:
    """Rows of scores, written one by one; the next evaluation goes on from them if it is the same evaluation.

    The first line of the file is the evaluation's fingerprint. Each other line is a position in the dataset and its
    scores with all their digits.

    Attributes:
        rows: scores by position, from an earlier, interrupted run and from this one.
    """

    def __init__(self, path: Path | None, identity: dict[str, Any], columns: int) -> None:
        """Take over the rows of a file whose fingerprint is that of `identity`.

        Args:
            path: the file; None keeps nothing on disk.
            identity: everything that the scores depend on.
            columns: number of scores in a row.
        """
        self.path, self.rows, self._columns = path, dict[int, list[float]](), columns
        self._file: TextIO | None = None
        if path is None:
            return
        fingerprint = sha256(json.dumps(identity, sort_keys=True, default=str).encode()).hexdigest()
        path.parent.mkdir(parents=True, exist_ok=True)
        self.rows = _read_rows(path, fingerprint, columns)
        if self.rows:
            log.info("%s: %d rows of an interrupted evaluation are kept", path, len(self.rows))
        # Without the torn last line that a killed process may have left.
        write_text(path, f"# {fingerprint}\n" + "".join(_line(k, row) for k, row in self.rows.items()))
        self._file = path.open("a", encoding="utf-8", newline="")

    def add(self, position: int, scores: Sequence[float]) -> None:
        """Keep a row; it is written at once."""
        self.rows[position] = list(scores)
        if self._file:
            try:
                self._file.write(_line(position, scores))
                self._file.flush()
            except OSError as error:
                raise type(error)(error.errno, error.strerror, str(self.path)) from error

    def close(self) -> None:
        if self._file:
            with suppress(OSError):  # a full disk, which `add` has reported
                self._file.close()

    def remove(self) -> None:
        """Delete the file: all rows are kept elsewhere now."""
        self.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def _read_rows(path: Path, fingerprint: str, columns: int) -> dict[int, list[float]]:
    """The rows of an interrupted evaluation with this fingerprint; the log says if there are only others."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True) if path.is_file() else []
    rows: dict[int, list[float]] = {}
    if lines[:1] == [f"# {fingerprint}\n"]:
        for line in lines[1:]:
            cells = line.removesuffix("\n").split(",")
            with suppress(ValueError):  # torn or damaged: scored again
                if line.endswith("\n") and len(cells) == columns + 1 and int(cells[0]) >= 0:
                    rows[int(cells[0])] = [float(cell) for cell in cells[1:]]
    elif len(lines) > 1:
        message = "%s: %d rows of an interrupted evaluation are made again, something that they depend on has changed"
        log.info(message, path, len(lines) - 1)
    return rows


def _line(position: int, scores: Sequence[float]) -> str:
    return ",".join([str(position), *(repr(float(score)) for score in scores)]) + "\n"
