"""What the benchmarks share: JPEGs such as ImageNet has, a clock, tables."""

import io
import resource
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from wepsam.images import read_image
from wepsam.markdown import table as table

LONGEST = 500  # pixels: ImageNet's usual size


def timed(
    work: Callable[[], object], pictures: int, repeats: int = 7, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Seconds a picture, the best of some repeats after a warm-up."""
    work()
    best = float("inf")
    for _ in range(repeats):
        begin = clock()
        work()
        best = min(best, clock() - begin)
    return best / pictures


def processor_time() -> float:
    """Seconds that this process and those it started have computed: hardly more where others share the machine."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def as_jpeg(path: Path) -> bytes:
    picture = Image.fromarray(read_image(path))
    picture.thumbnail((LONGEST, LONGEST))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
