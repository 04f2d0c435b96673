"""Progress: nothing without `show`, lines outside a terminal, bars in one."""

from __future__ import annotations

import logging
import os
import pty
import subprocess
import sys
from types import SimpleNamespace

import pytest

from wepsam import progress


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> SimpleNamespace:
    """A clock that moves only when a test moves it; what is logged is captured."""
    caplog.set_level(logging.INFO, "wepsam")
    fake = SimpleNamespace(now=100.0, monotonic=lambda: fake.now)
    monkeypatch.setattr(progress, "time", fake)
    return fake


def test_a_listener_hears_all_of_the_work_inside_and_may_end_it(
    clock: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    heard = []

    def hear(what: str, done: float, total: float) -> None:
        heard.append((what, done, total))
        if done == 3:
            raise KeyboardInterrupt

    def work() -> None:
        with progress.heard_by(hear), progress.bar(0, "watching") as bar:
            bar.update(1)
            bar.update(2, 5)
            bar.update(3)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert heard == [("watching", 1, 0), ("watching", 2, 5), ("watching", 3, 5)]
    with progress.bar(10, "others") as bar:  # outside nobody listens
        clock.now += 20
        bar.update(1)
    assert len(heard) == 3


def test_a_long_job_says_an_estimate_first_and_then_a_line_every_ten_seconds(
    clock: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    with progress.bar(10_000, "labeling") as bar:
        for second in range(36):
            clock.now = 100 + second
            bar.update(12.3 * second)
    assert caplog.messages == [
        "labeling: about 14 minutes at 12.3/s",  # after 3 seconds
        "labeling: 160/10,000, 12.3/s, 13:20 left",
        "labeling: 283/10,000, 12.3/s, 13:10 left",
        "labeling: 406/10,000, 12.3/s, 13:00 left",
        "labeling: finished 430 in 0:35",
    ]
    assert {record.name for record in caplog.records} == {"wepsam.progress"}


def test_short_work_says_nothing(clock: SimpleNamespace, caplog: pytest.LogCaptureFixture) -> None:
    for _ in progress.track(range(90), "predicting"):
        clock.now += 0.1
    assert not caplog.messages


def test_work_of_half_a_minute_has_lines_but_no_estimate(
    clock: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in progress.track(range(25), "predicting"):
        clock.now += 1
    assert caplog.messages == [
        "predicting: 10/25, 1.0/s, 0:15 left",
        "predicting: 20/25, 1.0/s, 0:05 left",
        "predicting: finished 25 in 0:25",
    ]


def test_what_an_earlier_run_did_is_not_speed(clock: SimpleNamespace, caplog: pytest.LogCaptureFixture) -> None:
    with progress.bar(1000, "training") as bar:
        for second in range(0, 12, 4):
            clock.now = 100 + second
            bar.update(900 + second, note="loss 0.5")
            if second == 0:
                assert not caplog.messages
    assert caplog.messages[0] == "training: about 2 minutes at 1.0/s"


def test_slow_things_and_unknown_totals(clock: SimpleNamespace, caplog: pytest.LogCaptureFixture) -> None:
    with progress.bar(100, "runs", after=1) as bar:
        bar.update(0)
        clock.now += 60
        bar.update(0, note="2 at a time")
        clock.now += 60
        bar.update(1, total=10)
    with progress.bar(0, "reading") as bar:
        bar.update(0)
        clock.now += 20
        bar.update(40)
    assert caplog.messages == [
        "runs: 0/100, 2 at a time",
        "runs: about 18 minutes at 0.5/min",
        "runs: finished 1 in 2:00",
        "reading: 40, 2.0/s",
        "reading: finished 40 in 0:20",
    ]


def test_work_that_fails_is_not_finished(clock: SimpleNamespace, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        with progress.bar(50, "x") as bar:
            bar.update(0)
            clock.now += 20
            bar.update(10)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert len(caplog.messages) == 1
    assert "finished" not in caplog.messages[0]


WORK = """
import logging, sys
from types import SimpleNamespace
from wepsam import progress
clock = SimpleNamespace(now=0.0, monotonic=lambda: clock.now)
progress.time = clock
if "show" in sys.argv:
    progress.show()
    progress.show()
for _ in progress.track(range(100), "working"):
    clock.now += 1
logging.getLogger("wepsam.weak").warning("a warning")
print("done")
"""


def run(*arguments: str) -> tuple[str, str]:
    result = subprocess.run([sys.executable, "-c", WORK, *arguments], capture_output=True, text=True, check=True)
    return result.stdout, result.stderr


def test_the_library_is_silent_until_it_is_shown() -> None:
    assert run() == ("done\n", "")
    out, err = run("show")
    assert out == "done\n"
    lines = err.splitlines()
    assert lines[0] == "working: about 2 minutes at 1.0/s"
    assert lines[-1] == "a warning"
    assert len(lines) == len(set(lines)) == 12
    assert "\x1b" not in err  # nothing that only a terminal understands


def test_a_closed_stderr_does_not_end_the_work() -> None:
    command = f"{sys.executable} -c '{WORK}' show 2>&-"
    result = subprocess.run(["bash", "-c", command], stdout=subprocess.PIPE, text=True, check=True)
    assert result.stdout == "done\n"


def test_bars_are_drawn_in_a_terminal() -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    subprocess.run(
        [sys.executable, "-c", WORK, "show"], stderr=theirs, stdout=subprocess.DEVNULL, env=environment, check=True
    )
    os.close(theirs)
    drawn = os.read(ours, 100_000).decode()
    os.close(ours)
    assert "100/100" in drawn
    assert "\x1b" in drawn
    assert "about" not in drawn
    assert "a warning" in drawn


def test_work_inside_of_work_has_no_bar_of_its_own() -> None:
    """A terminal shows one bar: a second one would be an error of Rich."""
    work = (
        "from wepsam import progress; progress.show()\n"
        "for _ in progress.track(range(5), 'pictures'):\n"
        "    with progress.bar(3, 'screens') as shown: shown.update(3)\n"
    )
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    subprocess.run([sys.executable, "-c", work], stderr=theirs, env=environment, check=True)
    os.close(theirs)
    drawn = os.read(ours, 100_000).decode()
    os.close(ours)
    assert "5/5" in drawn
    assert "screens" not in drawn
