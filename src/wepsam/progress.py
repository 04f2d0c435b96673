"""Progress bars on stderr, with the rate and the time left; silent for what is over at once.

Rich, which draws them, takes a sixth of the time that `wepsam predict` needs to start: imported with the first bar.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress


class Bar:
    """One progress bar."""

    def __init__(self, progress: Progress, total: float, what: str, after: float) -> None:
        self._progress = progress
        self._begin = time.monotonic() + after
        self._task = progress.add_task(what, total=total, note="")
        self.started = False

    def update(self, completed: float, total: float | None = None, note: str | None = None) -> None:
        """Set how much is done, and, where given, of how much, and a word behind the bar."""
        fields = {} if note is None else {"note": note}
        if not self.started and time.monotonic() < self._begin:
            return
        if not self.started:
            # What an earlier run did is not taken for this one's speed.
            self._progress.reset(self._task, completed=int(completed))
            self._progress.start()
            self.started = True
        self._progress.update(self._task, completed=completed, total=total, **fields)  # type: ignore[arg-type]


@contextmanager
def bar(total: float, what: str, after: float = 0) -> Iterator[Bar]:
    """A bar to be advanced by hand; it shows from the first update on, or the first after so many seconds."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class RateColumn(ProgressColumn):
        """Things a second."""

        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if not speed else f"{speed:.1f}/s" if speed < 100 else f"{speed:.0f}/s", style="cyan")

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    progress = Progress(*columns, console=Console(file=sys.stderr), speed_estimate_period=60)
    shown = Bar(progress, total, what, after)
    try:
        yield shown
    finally:
        if shown.started:
            progress.stop()


T = TypeVar("T")


def track(things: Iterable[T], what: str) -> Iterator[T]:
    """The things, one by one, with a bar if there are more than a handful of them."""
    total = len(things) if isinstance(things, Sized) else 0
    if total <= 3:
        yield from things
        return
    with bar(total, what) as shown:
        shown.update(0)
        for done, thing in enumerate(things, 1):
            yield thing
            shown.update(done)
