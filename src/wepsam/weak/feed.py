"""Pictures and maps of a store, read ahead: threads read its parts, processes decode, in the order of the requests.

The memory it takes does not grow with the store: a few parts as they are stored, and a few decoded batches.
"""

import os
import queue
from collections import OrderedDict, deque
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import numpy as np

from wepsam import processes
from wepsam.files import PathOrUrl
from wepsam.shapes import Shape
from wepsam.weak import store

READERS = 4  # parts that are read at a time: behind a URL, waiting takes most of the time
Shapes = tuple[Shape, Shape]  # of stimuli and of maps
Work = tuple[PathOrUrl, list[tuple[int, dict[str, Any]]], Shapes]  # rows by part


class Feed:
    """Batches of stimuli and maps, requested some time before they are taken.

    Attributes:
        ahead: batches that may be requested and not yet taken.
    """

    def __init__(self, workers: int, largest: int, parts: int) -> None:
        """Start the processes.

        Args:
            workers: processes that decode.
            largest: bytes of the largest batch, decoded.
            parts: of the store to be held as they are stored, those used last.
        """
        self.ahead = 2 * workers + 2
        self._parts: OrderedDict[tuple[str, int], Future[Any]] = OrderedDict()
        self._most = parts
        self._places = [SharedMemory(create=True, size=largest) for _ in range(self.ahead)]
        self._free: queue.SimpleQueue[int] = queue.SimpleQueue()
        for place in range(self.ahead):
            self._free.put(place)
        self._requests: deque[tuple[int, Shapes, int, Future[tuple[int, Future[None]]]]] = deque()
        self._reader, self._readers = ThreadPoolExecutor(1), ThreadPoolExecutor(READERS)
        names = [place.name for place in self._places]
        self._decoders = ProcessPoolExecutor(workers, get_context("spawn"), _begin, (os.getpid(), names))
        with processes.starting():  # an executor starts its processes with the first work
            for done in [self._decoders.submit(_nothing) for _ in range(workers)]:
                done.result()

    def expect(self, folder: PathOrUrl, rows: np.ndarray, selected: np.ndarray, size: int) -> None:
        """Begin to read the parts of rows that are going to be requested.

        Args:
            folder: of the store.
            rows: row numbers over all parts.
            selected: the rows that are ever going to be requested, ascending; the others are not held.
            size: rows of a part.
        """
        for part in np.unique(rows // size):
            self._part(folder, int(part), selected, size)

    def request(
        self, number: int, folder: PathOrUrl, rows: np.ndarray, selected: np.ndarray, size: int, shapes: Shapes
    ) -> None:
        """Read and decode a batch; see `expect` and `store.read_rows`. Batches are taken in the order of requests."""
        parts = {int(part): self._part(folder, int(part), selected, size) for part in np.unique(rows // size)}
        prepared = self._reader.submit(self._prepare, folder, rows, parts, size, shapes)
        self._requests.append((number, shapes, len(rows), prepared))

    def requested(self) -> list[int]:
        """The numbers of the batches that were requested and not taken."""
        return [number for number, *_ in self._requests]

    def take(self) -> tuple[np.ndarray, np.ndarray]:
        """The stimuli and maps of the next batch, (N, H, W, 3) and (N, h, w) uint8.

        Raises:
            DamagedError: a part is missing or damaged.
            ChildProcessError: a worker was killed.
        """
        _, shapes, count, prepared = self._requests.popleft()
        try:
            place, decoded = prepared.result()
            decoded.result()
        except BrokenProcessPool:
            raise ChildProcessError(
                "a process that decodes pictures was killed, perhaps out of memory; the same command resumes"
            ) from None
        stimuli, maps = (view.copy() for view in _views(self._places[place].buf, count, shapes))
        self._free.put(place)
        return stimuli, maps

    def close(self) -> None:
        """End the processes."""
        self._reader.shutdown(wait=False, cancel_futures=True)
        self._readers.shutdown(wait=False, cancel_futures=True)
        for _ in self._places:  # whoever waits for a place may go on
            self._free.put(0)
        self._reader.shutdown()
        self._decoders.shutdown(cancel_futures=True)
        for place in self._places:
            place.close()
            place.unlink()

    def _part(self, folder: PathOrUrl, part: int, selected: np.ndarray, size: int) -> Future[Any]:
        key = (str(folder), part)
        if key not in self._parts:
            first, last = np.searchsorted(selected, [part * size, (part + 1) * size])
            rows = selected[first:last] - part * size
            self._parts[key] = self._readers.submit(store.stored, folder, part, rows)
        self._parts.move_to_end(key)
        while len(self._parts) > self._most:
            self._parts.popitem(last=False)
        return self._parts[key]

    def _prepare(
        self, folder: PathOrUrl, rows: np.ndarray, parts: dict[int, Future[Any]], size: int, shapes: Shapes
    ) -> tuple[int, Future[None]]:
        """In the thread that waits for parts: hand a batch to the decoders. Returns its place and when it is done."""
        records: list[Any] = [None] * len(rows)
        for part, read in parts.items():
            known, table = read.result()
            chosen = np.flatnonzero(rows // size == part)
            found = table.take(np.searchsorted(known, rows[chosen] - part * size)).to_pylist()
            for i, record in zip(chosen, found, strict=True):
                records[i] = (part, record)
        place = self._free.get()
        return place, self._decoders.submit(_decode, place, (folder, records, shapes))


# ---- in the processes that decode

_PLACES: list[SharedMemory] = []


def _begin(parent: int, names: Sequence[str]) -> None:
    processes.end_with(parent)
    _PLACES.extend(SharedMemory(name) for name in names)


def _nothing() -> None:
    pass


def _decode(place: int, work: Work) -> None:
    """Decode a batch into its place."""
    folder, records, shapes = work
    stimuli, maps = _views(_PLACES[place].buf, len(records), shapes)
    for (part, record), stimulus, teacher_map in zip(records, stimuli, maps, strict=True):
        store.decode(folder, part, record, stimulus, teacher_map)


def _views(memory: Any, count: int, shapes: Shapes) -> tuple[np.ndarray, np.ndarray]:
    stimuli = np.ndarray((count, *shapes[0], 3), np.uint8, memory)
    return stimuli, np.ndarray((count, *shapes[1]), np.uint8, memory, stimuli.nbytes)
