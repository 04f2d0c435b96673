"""Shared by the benchmarks: JPEGs of ImageNet's size, and timing."""

import io
import resource
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from wepsam.images import read_image

LONGEST = 500  # pixels: ImageNet's usual size


def timed(
    work: Callable[[], object], pictures: int, repeats: int = 7, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Seconds per picture, the best of several repeats after a warm-up."""
    work()
    best = float("inf")
    for _ in range(repeats):
        begin = clock()
        work()
        best = min(best, clock() - begin)
    return best / pictures


def processor_time() -> float:
    """Seconds of processor time of this process and its children; other work on the machine hardly adds to it."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def as_jpeg(path: Path) -> bytes:
    """The picture as a JPEG of at most LONGEST pixels on its longer side."""
    picture = Image.fromarray(read_image(path))
    picture.thumbnail((LONGEST, LONGEST))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
