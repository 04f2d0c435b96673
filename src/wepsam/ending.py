"""How a command ends: with its work, on Ctrl-C, on SIGTERM, or because nobody reads what it prints.

Nothing here imports the rest of the package: it is in place before the first second of imports.
"""

from __future__ import annotations

import atexit
import io
import os
import signal
import sys
import time
from _thread import start_new_thread  # threading's locks may be held where a signal arrives
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, NoReturn

LINES = {
    signal.SIGINT: "wepsam: interrupted; the same command resumes the work\n",
    signal.SIGTERM: "wepsam: terminated; the same command resumes the work\n",
}
GRACE = 5.0  # seconds for work that is under way; files are written whole or not at all


class Ended(BaseException):
    """A signal asked the command to end. Not an Exception, so that no handler of errors takes it for one."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def run(command: Callable[[], int]) -> NoReturn:
    """Run a command and exit with its code; on a signal with one line and 128 + its number."""
    _open_streams()
    try:
        with _signals():
            code = command()
    except Ended as ended:
        for number in LINES:
            signal.signal(number, signal.SIG_IGN)
        _say(LINES[signal.Signals(ended.number)])
        with suppress(OSError):  # what Python and the libraries complain about from here on concerns nobody
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        code = 128 + ended.number
    sys.exit(code)


class _Stdout(io.FileIO):
    """The file behind stdout: its errors say so, and the first of them is kept."""

    failed: OSError | None = None

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as error:
            self.failed = self.failed or type(error)(error.errno, error.strerror, "stdout")
            raise self.failed from error


@contextmanager
def printing() -> Iterator[Callable[[], OSError | None]]:
    """Let stdout write any name, and say what went wrong with it.

    Yields:
        A function that writes what is still waiting. It returns why something that was printed could not be written (a
        closed pipe, a full disk), or None.
    """
    if type(sys.stdout) is not io.TextIOWrapper:  # a test's, a notebook's
        yield lambda: None
        return
    before, file = sys.stdout, _Stdout(sys.stdout.fileno(), "w", closefd=False)
    sys.stdout = stdout = io.TextIOWrapper(
        io.BufferedWriter(file),
        before.encoding,
        errors="backslashreplace",  # a name may hold what the terminal's encoding does not
        line_buffering=before.line_buffering,
    )

    def finish() -> OSError | None:
        with suppress(OSError, ValueError):
            stdout.flush()
        if file.failed:  # into nothing with the rest, or Python would complain once more
            os.dup2(os.open(os.devnull, os.O_WRONLY), file.fileno())
        return file.failed

    try:
        yield finish
    finally:
        sys.stdout = before


def _open_streams() -> None:
    """Give each standard stream that is closed a place: otherwise the next file that is opened gets its number.

    What is printed to a closed stdout is an error, as other programs have it; stderr goes into nothing.
    """
    for descriptor, flags in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            os.set_inheritable(os.open(os.devnull, flags), True)  # it gets the lowest free number
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115  (for the whole process)
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


@contextmanager
def _signals() -> Iterator[None]:
    """Raise `Ended` for a signal inside. One that is ignored, as by nohup, stays ignored."""
    handlers: dict[int, Any] = {}
    began = False

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal began
        if began:  # it does not end, or not fast enough for somebody
            _end_at_once(number)
        began = True
        start_new_thread(_end_after, (GRACE, number))
        raise Ended(number)

    def unraisable(about: Any) -> None:
        if isinstance(about.exc_value, Ended):  # raised where Python drops exceptions
            _end_at_once(about.exc_value.number)
        before(about)

    before, sys.unraisablehook = sys.unraisablehook, unraisable
    with suppress(ValueError):  # not in the main thread
        for one, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGTERM, signal.SIG_DFL)):
            if signal.getsignal(one) == usual:
                handlers[one] = signal.signal(one, handle)
    try:
        yield
    finally:
        sys.unraisablehook = before
        if not began:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            if handlers:
                atexit.register(_at_exit)


def _at_exit() -> None:
    """While Python ends, an exception would be a traceback."""
    for number in LINES:
        if signal.getsignal(number) in (signal.default_int_handler, signal.SIG_DFL):
            signal.signal(number, lambda number, frame: _end_at_once(number))


def _end_after(seconds: float, number: int) -> None:
    time.sleep(seconds)
    _end_at_once(number)


def _end_at_once(number: int) -> NoReturn:
    _say(LINES[signal.Signals(number)])
    os._exit(128 + number)


def _say(line: str) -> None:
    """Print a line to stderr, past Python's buffers, which a signal may have interrupted."""
    with suppress(OSError):
        if os.isatty(2):
            line = f"\x1b[?25h\n{line}"  # a bar may have hidden the cursor; ^C stands at the beginning of the line
        os.write(2, line.encode())
