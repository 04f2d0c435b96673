"""Foreign files of each kind, changed in some hundred ways: a right answer or one line, in bounded time and memory.

The seeds are fixed, so what fails here fails everywhere. `make fuzz` runs others for an hour.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from fuzz.kinds import KINDS
from fuzz.mutations import mutated
from fuzz.running import FINE, FOUND, Kind, change, judged, replay, run

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is measured through /proc")

CASES = 200  # of each kind: some seconds


@pytest.mark.parametrize("kind", KINDS)
def test_a_right_answer_or_one_line(kind: str) -> None:
    tally = run(kind, range(CASES))
    assert tally.cases == CASES
    assert not tally.found, f"{dict(tally.outcomes)}: {', '.join(map(str, tally.found))}"
    assert tally.outcomes["answer"] > 0  # some changes are harmless: the case reached the reader


@pytest.mark.parametrize("path", sorted(p for p in FOUND.rglob("*") if p.is_file()), ids=str)
def test_what_was_found_once_stays_mended(path: Path) -> None:
    verdict = replay(path)
    assert verdict.outcome in FINE, verdict.message


def test_cases_are_the_same_everywhere(tmp_path: Path) -> None:
    KINDS["tables"].make(tmp_path)
    once, again = ([change("tables", tmp_path, seed) for seed in range(20)] for _ in range(2))
    assert once == again
    assert len({data for _, data in once}) > 15


@pytest.mark.parametrize("name", ["a.json", "a.csv", "a.bin", "a.onnx"])
@pytest.mark.parametrize("data", [b"", b"x", b'{"a": [1, {"b": null}]}', bytes(1000)])
def test_any_file_can_be_changed(name: str, data: bytes) -> None:
    for seed in range(50):
        assert isinstance(mutated(data, name, np.random.default_rng(seed)), bytes)


def broken(error: BaseException) -> Kind:
    def use(folder: Path, changed: str) -> None:
        raise error

    return Kind(lambda folder: None, use)


class ForeignError(Exception):
    """Of a library."""


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (AssertionError("2 is not 3"), "wrong answer"),
        (ForeignError("a.txt"), "traceback"),
        (KeyError("columns"), "traceback"),
        (ValueError("invalid literal"), "traceback"),
        (ValueError("a.txt has no rows"), "one line"),
        (ValueError("a.txt:\nno rows"), "lines"),
        (FileNotFoundError(2, "No such file or directory", "a.txt"), "one line"),
    ],
)
def test_the_judge(tmp_path: Path, error: Exception, outcome: str) -> None:
    (tmp_path / "a.txt").write_bytes(b"good")
    assert judged(broken(error), tmp_path, "a.txt", b"changed").outcome == outcome
    assert (tmp_path / "a.txt").read_bytes() == b"good"


def test_a_hog_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def large(folder: Path, changed: str) -> None:
        np.ones(20_000_000)

    def long(folder: Path, changed: str) -> None:
        sum(range(20_000_000))

    (tmp_path / "a.txt").write_bytes(b"good")
    for use, limit, outcome in ((large, "MEGABYTES", "memory"), (long, "SECONDS", "slow")):
        monkeypatch.setattr(f"fuzz.running.{limit}", 0.1)
        assert judged(Kind(lambda folder: None, use), tmp_path, "a.txt", b"").outcome == outcome
