"""Processes that work for this one: they end when it ends, however it ends, and leave Ctrl-C to it."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

TRACKERS = ("multiprocessing.resource_tracker", "joblib.externals.loky.backend.resource_tracker")
INTERVAL = 0.5  # seconds between two looks at whether the parent is alive


def end_with(parent: int) -> None:
    """In a worker: end this process soon after its parent has ended, even if that was killed.

    A thread looks, because the kernel's own way (PR_SET_PDEATHSIG) also fires when only the thread that started the
    worker ends.

    Args:
        parent: the process that started this one.
    """
    if os.name == "nt" or parent == os.getpid():
        return  # on Windows a process keeps the number of its dead parent
    started_by = os.getppid()
    if started_by != parent and not _is_alive(parent):  # it ended before this process looked
        os._exit(1)

    def watch() -> None:
        while os.getppid() == started_by:
            time.sleep(INTERVAL)
        os._exit(1)

    threading.Thread(target=watch, name="ends with its parent", daemon=True).start()


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def starting() -> Iterator[None]:
    """While workers are started inside: Ctrl-C waits until they are, and never reaches the workers.

    They inherit that it is blocked. A worker that it interrupted while it starts would print a traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    for name in TRACKERS:
        with suppress(ImportError, AttributeError):
            import_module(name).ensure_running()  # it is started first of all, and unblocks Ctrl-C then
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with _postponed():
            yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _postponed() -> Iterator[None]:
    """Keep SIGINT and SIGTERM, which another thread may receive, for the end of the block."""
    came: list[int] = []
    handlers: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():  # only there Python allows it
        for one in (signal.SIGINT, signal.SIGTERM):
            if callable(signal.getsignal(one)):
                handlers[one] = signal.signal(one, lambda number, frame: came.append(number))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number in came[:1]:
            signal.raise_signal(number)
