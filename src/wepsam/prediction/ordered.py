"""Work on many things side by side, with the results in order and a bound on how many are under way."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from wepsam import cores

T = TypeVar("T")
R = TypeVar("R")


def worker_count(workers: int) -> int:
    """How many workers a number stands for: -1 is one per core that this process may use.

    Raises:
        ValueError: 0, or below -1.
    """
    if workers != -1 and workers < 1:
        raise ValueError(f"workers={workers}: expected -1 (one per core) or at least 1")
    return cores.usable() if workers == -1 else workers


def room(workers: int) -> int:
    """The bytes for pictures that are worked on together: as for one of the largest, or for a photograph per worker."""
    return max(1_200_000_000, 150_000_000 * workers)


def in_order(
    work: Callable[[T], R],
    things: Iterable[T],
    workers: int,
    size: Callable[[T], int] | None = None,
    room: int = 0,
) -> Generator[R]:
    """Yield work(thing) for each thing, in order.

    Threads do the work, because decoders and ONNX Runtime release Python's lock. The things are taken from the iterable
    as they are needed: at most 2 `workers` + 1 of them are waiting, in work or finished ahead of the one to be yielded.
    Together they take no more than `room`, unless one alone takes more: large things are worked on one at a time.

    An exception in `work` is raised where its result would be yielded. Then, or if the generator is closed, work that
    has begun is finished and no further work begins.
    """
    if workers == 1:
        yield from map(work, things)
        return
    with ThreadPoolExecutor(workers) as pool:
        ahead: deque[tuple[Future[R], int]] = deque()
        try:
            for thing in things:
                needed = size(thing) if size else 0
                while ahead and needed + sum(taken for _, taken in ahead) > room:
                    yield ahead.popleft()[0].result()
                ahead.append((pool.submit(work, thing), needed))
                if len(ahead) > 2 * workers:  # a slow picture holds up the others only from here on
                    yield ahead.popleft()[0].result()
            while ahead:
                yield ahead.popleft()[0].result()
        finally:
            for future, _ in ahead:
                future.cancel()
