"""Intervals, files of results, fingerprints."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers import Run, made_up
from wepsam.classical import center_gaussian
from wepsam.datasets import FixationDataset
from wepsam.evaluation import Evaluation, evaluate, read
from wepsam.evaluation.results import fingerprint, gather, interval, read_current


def test_interval_by_hand() -> None:
    assert interval(np.array([3.0])) == (3, 3, 3)
    assert interval(np.array([2.0, 2.0, 2.0])) == (2, 2, 2)
    mean, low, high = interval(np.array([1.0, 2.0, np.nan, 3.0]))
    assert (mean, low, high) == (2, pytest.approx(1, abs=0.4), pytest.approx(3, abs=0.4))
    assert all(np.isnan(value) for value in (*interval(np.array([])), *interval(np.array([np.nan]))))


def test_interval_is_as_wide_as_theory_says_and_covers_as_often() -> None:
    rng = np.random.default_rng(1)
    scores = rng.normal(5, 2, 400)
    mean, low, high = interval(scores)
    assert high - low == pytest.approx(2 * 1.96 * scores.std() / 20, rel=0.05)
    covered = []
    for _ in range(200):
        mean, low, high = interval(rng.normal(0, 1, 40))
        assert low < mean < high
        covered.append(low < 0 < high)
    assert 0.9 < np.mean(covered) < 0.98


def strict(text: str) -> Any:
    """JSON as the standard has it, without NaN."""

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    return json.loads(text, parse_constant=refuse)


POINT_METRICS = ["auc_judd", "auc_borji", "auc_shuffled", "nss", "info_gain", "cc", "sim", "kl_div"]


def test_saved_and_read_again(own: FixationDataset, tmp_path: Path) -> None:
    result = evaluate(center_gaussian, own.split("validation"), name="center", split="validation")
    path = result.save(tmp_path / "results")
    assert path == tmp_path / "results" / "center.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["id", *POINT_METRICS]
    assert [row["id"] for row in rows] == ["010"]
    about = strict(path.with_suffix(".json").read_text())
    assert (about["model"], about["dataset"], about["split"]) == ("center", "own", "validation")
    assert (about["pictures"], about["protocol"], about["sigma"]) == (1, "mit", pytest.approx(1.8))
    assert about["scores"]["nss"]["pictures"] == 1
    assert about["scores"]["nss"]["mean"] == pytest.approx(float(rows[0]["nss"]), rel=1e-5)
    assert about["scores"]["auc_shuffled"] == {"mean": None, "low": None, "high": None, "pictures": 0}
    assert "wepsam" in about["versions"]
    (again,) = read(tmp_path / "results")
    assert again.about == {key: value for key, value in about.items() if key != "scores"}
    for name in POINT_METRICS:
        np.testing.assert_allclose(again.scores(name), result.scores(name), rtol=1e-5)


def test_ids_of_any_kind_survive(tmp_path: Path) -> None:
    about = made_up("m", nss=[1.0]).about
    Evaluation(({"id": 'a, "b"/ñ\u2028', "nss": float("nan")},), about).save(tmp_path)
    (again,) = read(tmp_path)
    assert again.rows[0]["id"] == 'a, "b"/ñ\u2028'
    assert np.isnan(again.rows[0]["nss"])


def test_files_that_are_no_results(tmp_path: Path) -> None:
    assert read(tmp_path) == read(tmp_path / "nowhere") == []
    for content in ("{}", "[]", "", '{"scores": {}}'):
        (tmp_path / "other.json").write_text(content)
        with pytest.raises(ValueError, match=r"other\.json and its \.csv are not results of wepsam evaluate"):
            read(tmp_path)


def test_what_need_not_be_scored_again(own: FixationDataset, tmp_path: Path) -> None:
    """A saved evaluation counts if pictures, split, protocol, version and metrics are those that are wanted."""
    assert read_current(tmp_path, "center-gaussian", own, "all", "mit") is None
    evaluate("center-gaussian", own).save(tmp_path)
    same = ("center-gaussian", own, "all", "mit")
    assert read_current(tmp_path, *same) is not None
    for other in (
        ("gbvs", own, "all", "mit"),
        ("center-gaussian", own[1:], "all", "mit"),
        ("center-gaussian", replace(own, sigma=1.0), "all", "mit"),
        ("center-gaussian", own, "validation", "mit"),
        ("center-gaussian", own, "all", "tuebingen"),
        (*same, ["emd"]),
    ):
        assert read_current(tmp_path, *other) is None
    path = tmp_path / "center-gaussian.json"
    path.write_text(path.read_text().replace('"wepsam": "', '"wepsam": "0.0.'))
    assert read_current(tmp_path, *same) is None


def test_the_fingerprint_is_of_ids_sizes_and_numbers_of_fixations(own: FixationDataset) -> None:
    """The same pictures elsewhere are the same."""
    moved = replace(own, samples=tuple(replace(s, path=Path("elsewhere")) for s in own))
    assert fingerprint(moved) == fingerprint(own) != fingerprint(own[1:])
    fewer = replace(own[0], fixations=own[0].fixations[1:], observer=own[0].observer[1:])
    assert fingerprint(replace(own, samples=(fewer, *own.samples[1:]))) != fingerprint(own)


# ---- damaged files


def _saved(folder: Path) -> tuple[Path, Path]:
    made_up("good", nss=[1.0, 2.0]).save(folder)
    table = made_up("bad", nss=[1.0, 2.0]).save(folder)
    return table, table.with_suffix(".json")


DAMAGED_TABLES = [
    "", "id\n", "id,nss\n", "nss\n1\n2\n", "id,nss\n0,1\n", "id,nss\n0,1\n1,2\n2,3\n", "id,nss\n0,x\n1,2\n", "\0\0",
    "id,nss\n0\n1,2\n", "id,nss\n0,1,2\n1,2\n", "id,nss\n0,1\n0,2\n", "id,cc\n0,1\n1,2\n", "id,nss\n0,\n1,NaN?\n",
]  # fmt: skip
DAMAGED_RECORDS: list[str] = ["[]", "7", "null", "{}", '{"scores": {}}', "{", "[" * 100_000, '"text"', "NaN"]
CHANGED: list[dict[str, Any]] = [
    {"model": 7}, {"model": None}, {"dataset": []}, {"pictures": "NaN"}, {"pictures": 3}, {"protocol": {}},
    {"scores": []}, {"scores": {"cc": {}}}, {"split": 1.5}, {"dataset_sha256": ["x"]}, {"truth_sha256": 1},
    {"versions": "1"}, {"maps": [1]},
]  # fmt: skip


def _damage(folder: Path) -> list[Callable[[], object]]:
    table, record = _saved(folder)
    about = json.loads(record.read_text())
    return [
        *(partial(table.write_text, text) for text in DAMAGED_TABLES),
        *(partial(record.write_text, text) for text in DAMAGED_RECORDS),
        *(partial(record.write_text, json.dumps(about | change)) for change in CHANGED),
        *(partial(path.write_bytes, b"\xff\xfe\x00\x80") for path in (table, record)),
        table.unlink,
    ]


@pytest.mark.parametrize("number", range(len(DAMAGED_TABLES) + len(DAMAGED_RECORDS) + len(CHANGED) + 3))
def test_a_damaged_result_is_one_line_and_ends_nothing(number: int, tmp_path: Path, wepsam_command: Run) -> None:
    _damage(tmp_path)[number]()
    with pytest.raises(ValueError, match=r"bad\.json and its \.csv are not results of wepsam evaluate") as caught:
        read(tmp_path)
    assert len(str(caught.value).splitlines()) == 1
    damaged: list[str] = []
    assert [e.about["model"] for e in read(tmp_path, damaged)] == ["good"]
    assert len(damaged) == 1
    code, out, err = wepsam_command("compare", tmp_path, "-m", "good")
    assert (code, "good" in out, "bad.json" in err, len(err.splitlines())) == (1, True, True, 1)
    for suffix in (".json", ".csv"):
        (tmp_path / f"good{suffix}").unlink()
    code, out, err = wepsam_command("compare", tmp_path)
    assert (code, out, "bad.json" in err, len(err.splitlines())) == (2, "", True, 1)


@pytest.mark.parametrize(
    "id",
    ["=1+1", "@SUM(A1)", "+7", "-x.jpg", "\tx", "'", "''", "'=x", "'plain", "a,b [1]", "x\ny", "\uff1d1", '="a"'],
)  # fmt: skip
def test_ids_are_inert_in_a_spreadsheet_and_read_back(id: str, tmp_path: Path) -> None:
    path = Evaluation(({"id": id, "nss": -1.5},), made_up("m", nss=[1.0]).about).save(tmp_path)
    assert read(tmp_path)[0].rows == ({"id": id, "nss": -1.5},)
    gather(tmp_path)
    assert read(tmp_path)[0].rows == ({"id": id, "nss": -1.5},)
    for file in tmp_path.glob("*.csv"):
        with file.open(newline="", encoding="utf-8") as opened:
            assert not any(row["id"].startswith(tuple("=+-@\t\r\n\uff1d")) for row in csv.DictReader(opened))
    assert path.name == "m.csv"


def test_a_source_that_is_not_utf_8_is_saved(tmp_path: Path) -> None:
    about = made_up("m", nss=[1.0]).about | {"source": b"maps/caf\xe9".decode(errors="surrogateescape")}
    Evaluation(({"id": "0", "nss": 1.0},), about).save(tmp_path)
    assert read(tmp_path)[0].about == about
