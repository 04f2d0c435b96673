"""Many files in a few: values stay as they are written, evaluations are read as before, and nothing else is taken."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pytest

from helpers import ROOT, made_up
from wepsam import gathered
from wepsam.evaluation import results
from wepsam.files import ForeignFileError


def test_values_stay_as_they_are_written(tmp_path: Path) -> None:
    files = {}
    for name, loss in (("b", "1e-05"), ("a", "2.50")):
        files[name] = tmp_path / f"{name}.csv"
        files[name].write_text(f"step,loss\r\n0,{loss}\r\n10,nan\r\n")
        (tmp_path / f"{name}.json").write_text(f'{{"loss": {loss}}}')
    gathered.gather_tables(files, tmp_path / "new" / "logs.csv", "run")
    lines = (tmp_path / "new" / "logs.csv").read_text().splitlines()
    assert lines == ["run,step,loss", "a,0,2.50", "a,10,nan", "b,0,1e-05", "b,10,nan"]
    assert gathered.read_tables(tmp_path / "new" / "logs.csv", "run")["b"][0] == {"step": "0", "loss": "1e-05"}
    gathered.gather_json({"a": tmp_path / "a.json"}, tmp_path / "all.json")
    gathered.gather_json({"b": tmp_path / "b.json"}, tmp_path / "all.json")
    assert gathered.read_json(tmp_path / "all.json") == {"a": {"loss": 2.5}, "b": {"loss": 1e-05}}


def test_tables_with_other_columns_are_refused(tmp_path: Path) -> None:
    for name in ("loss", "cc"):
        (tmp_path / f"{name}.csv").write_text(f"step,{name}\n0,1\n")
    gathered.gather_tables({"b": tmp_path / "loss.csv"}, tmp_path / "logs.csv", "run")
    with pytest.raises(ValueError, match=r"a has the columns step, cc, .*logs\.csv has step, loss"):
        gathered.gather_tables({"a": tmp_path / "cc.csv"}, tmp_path / "logs.csv", "run")


def test_gathered_evaluations_are_read_as_before(tmp_path: Path) -> None:
    for model in ("gbvs-128", "gbvs", "bms"):
        made_up(model, cc=[0.25, float("nan")], nss=[1.5, 2]).save(tmp_path)
    before = results.read(tmp_path)
    results.gather(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all-models.json", "all-scores.csv"]
    again = results.read(tmp_path)
    assert [e.about for e in again] == [e.about for e in before]
    assert [str(e.rows) for e in again] == [str(e.rows) for e in before]  # NaN is not equal to itself

    made_up("bms", cc=[0.5, 0.5], nss=[1, 1]).save(tmp_path)  # evaluated again
    assert results.read(tmp_path)[0].mean()["cc"] == 0.5
    results.gather(tmp_path)
    assert [e.mean()["cc"] for e in results.read(tmp_path)] == [0.5, 0.25, 0.25]


def test_what_is_no_evaluation_is_not_gathered(tmp_path: Path) -> None:
    made_up("gbvs", cc=[0.25]).save(tmp_path)
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(ValueError, match=r"other\.json and its \.csv are not results"):
        results.gather(tmp_path)
    (tmp_path / "other.json").unlink()
    results.gather(tmp_path)
    (tmp_path / "all-scores.csv").unlink()
    with pytest.raises(ValueError, match=r"all-models\.json and all-scores\.csv are not gathered results"):
        results.read(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"a": 1}', '{"a": []}', "[" * 100_000, '{"a": {"b": NaN'])
def test_what_is_not_gathered_is_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "all.json"
    path.write_text(text)
    (tmp_path / "new.json").write_text('{"loss": 1}')
    for use in (lambda: gathered.read_json(path), lambda: gathered.gather_json({"new": tmp_path / "new.json"}, path)):
        with pytest.raises(ForeignFileError, match=r"all\.json (is|cannot)") as caught:
            use()
        assert len(str(caught.value).splitlines()) == 1
    assert path.read_text() == text


@pytest.mark.parametrize(
    "text", ["", "step,loss\n1,2\n", "run,step\na\n", "run,step\na,1,2\n", "run\n\xff", 'run\n"' + "x" * 200_000]
)
def test_tables_that_are_none_are_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "logs.csv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ForeignFileError, match=r"logs\.csv is not a table \(") as caught:
        gathered.read_tables(path, "run")
    assert len(str(caught.value).splitlines()) == 1


def test_pipes_are_no_gathered_files(tmp_path: Path) -> None:
    for name in ("all.json", "all.csv"):
        os.mkfifo(tmp_path / name)
    with pytest.raises(OSError, match="not a regular file"):
        gathered.read_json(tmp_path / "all.json")
    with pytest.raises(OSError, match="not a regular file"):
        gathered.read_tables(tmp_path / "all.csv", "run")


def test_committed_runs_have_a_log_and_a_config() -> None:
    with (ROOT / "results" / "runs" / "logs.csv").open(newline="") as file:
        logged = {row["run"] for row in csv.DictReader(file)}
    assert logged == set(json.loads((ROOT / "results" / "runs" / "configs.json").read_text()))
