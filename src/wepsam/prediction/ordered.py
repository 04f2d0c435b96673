"""Work on many things side by side, with the results in order and a bound on how many are under way."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def worker_count(workers: int) -> int:
    """How many workers a number stands for: -1 is one per core.

    Raises:
        ValueError: 0, or below -1.
    """
    if workers != -1 and workers < 1:
        raise ValueError(f"workers={workers}: expected -1 (one per core) or at least 1")
    return os.cpu_count() or 1 if workers == -1 else workers


def in_order(work: Callable[[T], R], things: Iterable[T], workers: int) -> Generator[R]:
    """Yield work(thing) for each thing, in order.

    Threads do the work, because decoders and ONNX Runtime release Python's lock. The things are taken from the iterable
    as they are needed: at most 2 `workers` + 1 of them are waiting, in work or finished ahead of the one to be yielded.

    An exception in `work` is raised where its result would be yielded. Then, or if the generator is closed, work that
    has begun is finished and no further work begins.
    """
    if workers == 1:
        yield from map(work, things)
        return
    with ThreadPoolExecutor(workers) as pool:
        ahead: deque[Future[R]] = deque()
        try:
            for thing in things:
                ahead.append(pool.submit(work, thing))
                if len(ahead) > 2 * workers:  # a slow picture holds up the others only from here on
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for future in ahead:
                future.cancel()
