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

import numpy as np
import pytest

import wepsam
from helpers import Run
from wepsam.classical import center_gaussian
from wepsam.datasets import FixationDataset, open_dataset
from wepsam.evaluation import evaluate
from wepsam.evaluation.parallel import in_order


@pytest.fixture
def own(own_dataset: Path) -> FixationDataset:
    return open_dataset(f"csv={own_dataset}")


class Interrupted(Exception):
    pass


def stopping_after(pictures: int) -> Callable[[np.ndarray], np.ndarray]:
    asked = []

    def predict(stimulus: np.ndarray) -> np.ndarray:
        asked.append(1)
        if len(asked) > pictures:
            raise Interrupted
        return center_gaussian(stimulus)

    return predict


def test_it_goes_on_where_it_stopped(own: FixationDataset, tmp_path: Path) -> None:
    path = tmp_path / ".m.partial.csv"
    whole = evaluate(center_gaussian, own, name="m")
    with pytest.raises(Interrupted):
        evaluate(stopping_after(5), own, name="m", partial=path)
    assert len(path.read_text().splitlines()) == 1 + 5
    with pytest.raises(Interrupted):
        evaluate(stopping_after(3), own, name="m", partial=path)
    again = evaluate(stopping_after(4), own, name="m", partial=path)
    assert again == whole
    assert not path.exists()


def test_a_torn_line_is_scored_again(own: FixationDataset, tmp_path: Path) -> None:
    path = tmp_path / ".m.partial.csv"
    whole = evaluate(center_gaussian, own, name="m")
    with pytest.raises(Interrupted):
        evaluate(stopping_after(5), own, name="m", partial=path)
    kept = path.read_bytes()
    for cut in range(kept.rindex(b"\n4,"), len(kept)):
        path.write_bytes(kept[:cut])
        assert evaluate(stopping_after(9), own, name="m", partial=path) == whole


def test_what_something_else_left_is_not_used(own: FixationDataset, tmp_path: Path) -> None:
    path = tmp_path / ".m.partial.csv"
    for change in ({"name": "n"}, {"split": "train"}):
        with pytest.raises(Interrupted):
            evaluate(stopping_after(5), own, name="m", partial=path)
        evaluate(stopping_after(12), own, **{"name": "m", "partial": path} | change)
    with pytest.raises(Interrupted):
        evaluate(stopping_after(5), own, name="m", partial=path)
    with pytest.raises(Interrupted):  # one picture less, so eleven to score
        evaluate(stopping_after(10), own[1:], name="m", partial=path)
    assert len(path.read_text().splitlines()) == 1 + 10


def test_processes_score_as_one_does(own: FixationDataset) -> None:
    for model in (center_gaussian, "gold-standard"):
        # NaN, which is not equal to itself, has one repr.
        assert repr(evaluate(model, own, workers=2)) == repr(evaluate(model, own))


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
    assert evaluate(model, own, workers=2) == evaluate(model, own)
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
    folder = tmp_path / "killed" / "pictures_with_csv-all"
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
        assert (folder / name).read_bytes() == (tmp_path / "whole" / "pictures_with_csv-all" / name).read_bytes()
