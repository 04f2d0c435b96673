"""Interrupted + resumed = uninterrupted; many processes = one."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wepsam
from helpers import Run
from wepsam.classical import center_gaussian
from wepsam.datasets import FixationDataset
from wepsam.evaluation import Evaluation, evaluate
from wepsam.evaluation.running import in_order


@pytest.fixture
def one_process() -> None:
    """Here, several processes do start."""


class Interrupted(Exception):
    pass


def stopping_after(pictures: int) -> Callable[[np.ndarray], np.ndarray]:
    calls = 0

    def predict(stimulus: np.ndarray) -> np.ndarray:
        nonlocal calls
        calls += 1
        if calls > pictures:
            raise Interrupted
        return center_gaussian(stimulus)

    return predict


@pytest.fixture
def partial(tmp_path: Path) -> Path:
    """Where the rows of an interrupted evaluation of `m` are."""
    return tmp_path / "own-all" / ".m.partial.csv"


def score(model: Callable[[np.ndarray], np.ndarray], data: FixationDataset, out: Path, **options: Any) -> Evaluation:
    return evaluate(model, data, **{"name": "m", "out": out, "workers": 1} | options)


def test_it_goes_on_where_it_stopped(own: FixationDataset, partial: Path, tmp_path: Path) -> None:
    whole = evaluate(stopping_after(12), own, name="m", workers=1)
    with pytest.raises(Interrupted):
        score(stopping_after(5), own, tmp_path)
    assert len(partial.read_text().splitlines()) == 1 + 5
    with pytest.raises(Interrupted):
        score(stopping_after(3), own, tmp_path)
    assert score(stopping_after(4), own, tmp_path) == whole
    assert sorted(path.name for path in partial.parent.iterdir()) == ["m.csv", "m.json"]


def test_a_torn_line_is_scored_again(own: FixationDataset, partial: Path, tmp_path: Path) -> None:
    whole = evaluate(stopping_after(12), own, name="m", workers=1)
    with pytest.raises(Interrupted):
        score(stopping_after(5), own, tmp_path)
    rows = partial.read_bytes()
    for cut in range(rows.rindex(b"\n4,"), len(rows)):
        partial.write_bytes(rows[:cut])
        assert score(stopping_after(9), own, tmp_path) == whole


def test_rows_of_another_evaluation_are_not_used(own: FixationDataset, partial: Path, tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        score(stopping_after(5), own, tmp_path)
    rows = partial.read_bytes()
    for folder, change in (("own-train", {"split": "train"}), ("own-all", {"name": "n"})):
        other = tmp_path / folder / f".{change.get('name', 'm')}.partial.csv"
        other.parent.mkdir(exist_ok=True)
        other.write_bytes(rows)
        with pytest.raises(Interrupted):
            score(stopping_after(11), own, tmp_path, **change)
    with pytest.raises(Interrupted):  # one picture less, so eleven to score
        score(stopping_after(10), own[1:], tmp_path)
    assert len(partial.read_text().splitlines()) == 1 + 10


def test_processes_score_as_one_does(own: FixationDataset) -> None:
    for model in (center_gaussian, "gold-standard"):
        # NaN, which is not equal to itself, has one repr.
        assert repr(evaluate(model, own, workers=2)) == repr(evaluate(model, own, workers=1))


def whose(place: int) -> tuple[int, int]:
    return place, os.getpid()


def test_the_work_is_really_divided_and_stays_in_order() -> None:
    places, processes = zip(*in_order(whose, range(3, 40), workers=2), strict=True)
    assert places == tuple(range(3, 40))
    assert os.getpid() not in processes
    assert set(next(zip(*in_order(lambda place: whose(place)[::-1], range(40), 2), strict=True))) != {os.getpid()}
    for few_or_one in (in_order(whose, range(3), 2), in_order(whose, range(40), 1)):
        assert {process for _, process in few_or_one} == {os.getpid()}
    lock = threading.Lock()  # cannot travel
    assert {process for _, process in in_order(lambda place: (bool(lock), *whose(place))[1:], range(40), 2)} == {
        os.getpid()
    }


def test_an_onnx_model_travels_by_its_path_and_what_cannot_travel_stays(own: FixationDataset) -> None:
    model = wepsam.load(threads=1)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again(own[0].stimulus()), model(own[0].stimulus()))
    assert evaluate(model, own, workers=2) == evaluate(model, own, workers=1)
    session = model._session
    assert evaluate(lambda stimulus: center_gaussian(stimulus) + 0 * bool(session), own, workers=2).rows


def test_killed_and_started_again(own_dataset: Path, tmp_path: Path, wepsam_command: Run) -> None:
    lines = (own_dataset / "fixations.csv").read_text().splitlines()
    for copy in range(1, 20):
        for old in (own_dataset / "stimuli").glob("???.png"):
            (own_dataset / "stimuli" / f"{old.stem}-{copy}.png").write_bytes(old.read_bytes())
        lines += [line.replace(".png", f"-{copy}.png") for line in lines[1:145]]
    (own_dataset / "fixations.csv").write_text("\n".join(lines) + "\n")
    command = ["evaluate", "half-of-observers", "-d", f"csv={own_dataset}", "--split", "all", "-o"]
    assert wepsam_command(*command, tmp_path / "whole", "--workers", "1")[0] == 0
    folder = tmp_path / "killed" / "own-all"
    partial = folder / ".half-of-observers.partial.csv"
    process = subprocess.Popen(
        [sys.executable, "-m", "wepsam", *command, str(tmp_path / "killed"), "--workers", "2"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        if partial.exists() and partial.read_bytes().count(b"\n") > 20:
            break
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)  # it and its workers
    process.wait()
    assert partial.exists() or process.returncode == 0  # faster than we looked
    assert wepsam_command(*command, tmp_path / "killed", "--workers", "1")[0] == 0
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []
    for name in ("half-of-observers.csv", "half-of-observers.json"):
        assert (folder / name).read_bytes() == (tmp_path / "whole" / "own-all" / name).read_bytes()
