"""Intervals, files of results, fingerprints."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers import made_up
from wepsam.classical import center_gaussian
from wepsam.datasets import FixationDataset
from wepsam.evaluation import Evaluation, evaluate, read
from wepsam.evaluation.results import fingerprint, interval, read_current


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
