"""What the benchmarks share: JPEGs such as ImageNet has, a clock, tables."""

import io
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image

from wepsam.images import read_image

LONGEST = 500  # pixels: ImageNet's usual size


def timed(work: Callable[[], object], pictures: int, repeats: int = 7) -> float:
    """Seconds a picture, the best of some repeats after a warm-up."""
    work()
    best = float("inf")
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begin)
    return best / pictures


def as_jpeg(path: Path) -> bytes:
    picture = Image.fromarray(read_image(path))
    picture.thumbnail((LONGEST, LONGEST))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
