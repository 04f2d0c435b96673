"""Progress of long work: bars in a terminal, lines elsewhere, nothing for what takes a moment.

The library is silent: progress goes to the logger "wepsam.progress". A program that wants to see it calls `show` once,
as the command line does. Rich takes a sixth of the time that `wepsam predict` needs to start, so only a bar imports it.
"""

from __future__ import annotations

import logging
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

FIRST = 3.0  # seconds until the rate is known well enough for an estimate
INTERVAL = 10.0  # seconds between two lines
LONG = 30.0  # seconds left from which an estimate is worth a line
WINDOW = 6  # the rate is that of the last so many lines

log = logging.getLogger(__name__)
T = TypeVar("T")
# What is done, how much of it is done, of how much (0: unknown); "" says only that the work goes on.
Listener = Callable[[str, float, float], None]
_LISTENER: ContextVar[Listener | None] = ContextVar("listener", default=None)


class Ended(Exception):
    """Raised by a listener that wants no more of the work; passed on as it is."""


class Bar(Protocol):
    """The progress of one piece of work."""

    def update(self, done: float, total: float | None = None, note: str | None = None) -> None:
        """Report how much is done.

        Args:
            done: from the beginning, not since the last update.
            total: if it has changed.
            note: a few words to show behind the numbers.
        """


class _ToStderr(logging.Handler):
    """Prints messages to what is stderr at that moment: Rich replaces it while a bar is drawn."""

    def emit(self, record: logging.LogRecord) -> None:
        if sys.stderr is None:
            return
        with suppress(OSError, ValueError):  # closed, or nobody reads it: no reason to end the work
            print(self.format(record), file=sys.stderr, flush=True)


_STDERR = _ToStderr(logging.INFO)


def show() -> None:
    """Print what the library logs to stderr, and draw bars if that is a terminal."""
    logger = logging.getLogger("wepsam")
    logger.setLevel(logging.INFO)
    logger.addHandler(_STDERR)  # adding it twice makes no difference


def hide() -> None:
    """Undo `show`: another process of the same work reports it."""
    logging.getLogger("wepsam").removeHandler(_STDERR)


def is_shown() -> bool:
    """Whether `show` was called."""
    return _STDERR in logging.getLogger("wepsam").handlers


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Tell a function what the work inside reports, and nobody else. What it raises ends the work."""
    before = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(before)


def beat() -> None:
    """Say that the work goes on where a report is long in coming: who listens may end it here."""
    if (listener := _LISTENER.get()) is not None:
        listener("", 0, 0)


@contextmanager
def bar(total: float, what: str, after: float = 0) -> Iterator[Bar]:
    """Report progress by hand.

    Args:
        total: how much there is to do; 0 if unknown.
        what: a word or two, such as "labeling".
        after: seconds before a bar appears. What an earlier run did is taken from the first update shown, and does
            not count as this run's speed.
    """
    if (listener := _LISTENER.get()) is not None:
        yield _Told(listener, total, what)
        return
    drawn = is_shown() and sys.stderr is not None and sys.stderr.isatty()
    drawn = drawn and not _Drawn.running  # a terminal has room for one bar: work inside that work logs lines
    shown = _Drawn(total, what, after) if drawn else _Lines(total, what, after)
    completed = False
    try:
        yield shown
        completed = True
    finally:
        shown.close(completed)


def track(things: Iterable[T], what: str) -> Iterator[T]:
    """Yield the things one by one and report progress if there are more than three of them."""
    total = len(things) if isinstance(things, Sized) else 0
    if total <= 3:
        yield from things
        return
    with bar(total, what) as shown:
        shown.update(0)
        for done, thing in enumerate(things, 1):
            yield thing
            shown.update(done)


class _Told:
    """Tells a function each update."""

    def __init__(self, listener: Listener, total: float, what: str) -> None:
        self._listener, self._total, self._what = listener, total, what

    def update(self, done: float, total: float | None = None, note: str | None = None) -> None:
        self._total = self._total if total is None else total
        self._listener(self._what, done, self._total)


class _Lines:
    """Log messages: an estimate if the work is long, then how far it is."""

    def __init__(self, total: float, what: str, after: float) -> None:
        self._total, self._what, self._note = total, what, ""
        self._first = max(FIRST, after)
        self._points: deque[tuple[float, float]] = deque(maxlen=WINDOW + 1)  # (time, done) of the start and of lines
        self._begin = self._next = self._done = 0.0
        self._estimated = self._logged = False

    def update(self, done: float, total: float | None = None, note: str | None = None) -> None:
        self._done = done
        self._total = self._total if total is None else total
        self._note = self._note if note is None else note
        now = time.monotonic()
        if not self._points:
            self._points.append((now, done))
            self._begin, self._next = now, now + self._first
        if now < self._next:
            return
        then, before = self._points[0]
        rate = (done - before) / (now - then)
        left = (self._total - done) / rate if rate > 0 and self._total else 0.0
        if not self._estimated and left >= LONG:
            log.info("%s: about %s at %s", self._what, _duration(left), _rate(rate))
            self._estimated = True
        elif now < self._begin + INTERVAL:  # soon over, or not known yet
            return
        else:
            self._log_state(rate, left)
        self._logged = True
        self._points.append((now, done))
        self._next = now + INTERVAL

    def _log_state(self, rate: float, left: float) -> None:
        parts = [f"{_count(self._done)}/{_count(self._total)}" if self._total else _count(self._done)]
        parts += [_rate(rate)] if rate > 0 else []
        parts += [f"{_clock(left)} left"] if left else []
        parts += [self._note] if self._note else []
        log.info("%s: %s", self._what, ", ".join(parts))

    def close(self, completed: bool) -> None:
        if self._logged and completed:
            log.info("%s: finished %s in %s", self._what, _count(self._done), _clock(time.monotonic() - self._begin))


class _Drawn:
    """A bar drawn by Rich."""

    running = 0

    def __init__(self, total: float, what: str, after: float) -> None:
        self._progress = _rich()
        self._task = self._progress.add_task(what, total=total or None, note="")
        self._begin = time.monotonic() + after
        self._started = False
        _Drawn.running += 1

    def update(self, done: float, total: float | None = None, note: str | None = None) -> None:
        if not self._started:
            if time.monotonic() < self._begin:
                return
            self._progress.reset(self._task, completed=int(done))
            self._progress.start()
            self._started = True
        fields = {} if note is None else {"note": note}
        self._progress.update(self._task, completed=done, total=total, **fields)  # type: ignore[arg-type]

    def close(self, completed: bool) -> None:
        _Drawn.running -= 1
        if self._started:
            self._progress.stop()


def _rich() -> Progress:
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
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text(_rate(speed) if speed else "", style="cyan")

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    return Progress(*columns, console=Console(file=sys.stderr), speed_estimate_period=60)


def _rate(speed: float) -> str:
    if speed < 0.1:
        return f"{60 * speed:.2g}/min"
    return f"{speed:.1f}/s" if speed < 100 else f"{speed:,.0f}/s"


def _count(number: float) -> str:
    return f"{round(number):,}"


def _clock(seconds: float) -> str:
    """0:42, 12:40, 3:05:00."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"


def _duration(seconds: float) -> str:
    """For an estimate: "50 seconds", "14 minutes", "3.5 hours"."""
    if seconds < 90:
        return f"{round(seconds, -1):.0f} seconds"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"
