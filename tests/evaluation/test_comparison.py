"""Means and paired differences, the latter against a slow version; folders of results put together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from helpers import made_up
from wepsam.evaluation import Evaluation, compare
from wepsam.evaluation.comparison import differences, missing_rows, score_table
from wepsam.evaluation.results import RESAMPLES
from wepsam.evaluation.table import as_markdown


def pair() -> tuple[Evaluation, Evaluation]:
    """Pictures differ much more than the models do."""
    rng = np.random.default_rng(0)
    easy = rng.normal(1, 1, 60)
    base, better = easy + rng.normal(0, 0.05, 60), easy + 0.1 + rng.normal(0, 0.05, 60)
    return made_up("base", nss=list(base)), made_up("better", nss=list(better))


def test_paired_intervals_are_those_of_a_slow_bootstrap() -> None:
    base, better = pair()
    (cell,) = differences([base, better], "base").rows["better"]
    one, other = better.scores("nss"), base.scores("nss")
    rng = np.random.default_rng(0)
    draws = rng.integers(0, 60, (RESAMPLES, 60))
    slow = sorted(sum(one[i] for i in draw) / 60 - sum(other[i] for i in draw) / 60 for draw in draws)
    assert cell.mean == pytest.approx(one.mean() - other.mean())
    assert cell.low == pytest.approx(np.quantile(slow, 0.025))
    assert cell.high == pytest.approx(np.quantile(slow, 0.975))
    own = score_table([base, better]).rows["better"][0]
    assert cell.high - cell.low < (own.high - own.low) / 5  # what pairing is for
    assert cell.marked


def test_a_difference_by_hand() -> None:
    nan = float("nan")
    base = made_up("base", nss=[1, 2, nan, 4], kl_div=[nan] * 4)
    same = made_up("same", nss=[1, 2, 3, nan], kl_div=[1, 1, 1, 1])
    more = made_up("more", nss=[2, 3, 9, 5], kl_div=[1, 1, 1, 1])
    table = differences([base, same, more], "base")
    assert list(table.rows) == ["more", "same"]
    cell, nothing = table.rows["same"]
    assert (cell.mean, cell.low, cell.high, cell.pictures, cell.marked) == (0, 0, 0, 2, False)
    assert (nothing.pictures, nothing.marked) == (0, False)
    cell, _ = table.rows["more"]
    assert (cell.mean, cell.low, cell.high, cell.pictures, cell.marked) == (1, 1, 1, 3, True)
    text = as_markdown(table)
    assert "| **more** | +1.000 [+1.000, +1.000] * | n/a |" in text
    assert "| **same** | +0.000 [+0.000, +0.000] | n/a |" in text
    assert "model minus base on the same pictures" in text


def test_differences_that_are_chance_are_marked_as_seldom_as_they_should() -> None:
    rng = np.random.default_rng(2)
    marked = []
    for _ in range(100):
        both = [made_up(name, nss=list(rng.normal(0, 1, 50))) for name in "ab"]
        marked.append(differences(both, "a").rows["b"][0].marked)
    assert sum(marked) < 14  # 5 in the mean; more than 13 once in 2000 times


def test_what_cannot_be_score_table() -> None:
    one = made_up("one", nss=[1, 2])
    with pytest.raises(ValueError, match="no results of two to compare with; there are one"):
        differences([one], "two")
    with pytest.raises(ValueError, match="protocols tuebingen and mit"):
        score_table([one, made_up("two", "tuebingen", nss=[1, 2])])
    with pytest.raises(ValueError, match="different pictures"):
        differences([one, made_up("two", nss=[1, 2, 3])], "one")


@pytest.mark.parametrize(
    "other",
    [
        made_up("b", nss=[1, 2, 3]),
        replace(
            made_up("b", nss=[1, 2]), about=made_up("b", nss=[1, 2]).about | {"dataset": "scene"}
        ),  # where pictures have the same ids
        replace(made_up("b", nss=[1, 2]), rows=tuple({"id": id, "nss": 1.0} for id in "12")),
    ],
)
def test_different_pictures_make_no_table(other: Evaluation) -> None:
    with pytest.raises(ValueError, match=r"b and a were evaluated on different pictures \(.*; 2 of toy \(all\)\)"):
        score_table([made_up("a", nss=[1, 2]), other])


def test_a_metric_without_a_title_has_its_name() -> None:
    assert score_table([made_up("m", nss=[1, 2], new_one=[1, 1])]).metrics == ("nss", "new_one")


def test_missing_rows() -> None:
    model = made_up("m", nss=[1, 2])
    assert missing_rows(score_table([model])) == ["center-bias", "gbvs", "one-observer", "gold-standard"]
    both = [model, made_up("gbvs", nss=[1, 2])]
    assert missing_rows(score_table(both)) == ["center-bias", "one-observer", "gold-standard"]
    assert missing_rows(differences(both, "gbvs")) == ["center-bias", "one-observer", "gold-standard"]
    densities = score_table([made_up("m", nss_density=[1, 2])])
    assert missing_rows(densities) == ["center-bias", "gbvs"]  # where no points are known


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    """Two folders of the same pictures, one of others."""
    saved = {
        "toy-all": [made_up("a", nss=[1, 2]), made_up("gbvs", nss=[0, 1])],
        "more/toy-all": [made_up("a", nss=[7, 7]), made_up("b", nss=[3, 3])],
        "other-all": [made_up("a", nss=[1, 2, 3]), made_up("gbvs", nss=[1, 1, 1])],
    }
    for folder, evaluations in saved.items():
        for evaluation in evaluations:
            evaluation.save(tmp_path / folder)
    return [tmp_path / folder for folder in saved]


def test_folders_of_the_same_pictures_make_one_table(folders: list[Path]) -> None:
    one, other = compare(folders)
    assert (one.name, list(one.rows)) == ("toy-all", ["gbvs", "a", "b"])
    assert one.rows["a"][0].mean == 1.5  # as the first folder has it
    assert (other.name, list(other.rows)) == ("other-all", ["gbvs", "a"])
    (alone,) = compare(str(folders[2]))
    assert alone == other


def test_models_are_chosen_by_name_and_compared_in_pairs(folders: list[Path]) -> None:
    scores, change = compare(folders[:2], models=["b"], paired="gbvs")
    assert (list(scores.rows), scores.base) == (["gbvs", "b"], None)
    assert (change.name, change.base, list(change.rows)) == ("toy-all-minus-gbvs", "gbvs", ["b"])
    assert [table.base for table in compare(folders, paired="gbvs")] == [None, "gbvs", None, "gbvs"]
    with pytest.raises(ValueError, match=r"no results of nobody in .*toy-all; there are a, gbvs, b"):
        compare(folders[:2], models=["nobody"])
    with pytest.raises(ValueError, match="no results of nobody to compare with"):
        compare(folders, paired="nobody")


def test_a_mistyped_folder_is_named(folders: list[Path]) -> None:
    with pytest.raises(ValueError, match=r"no folder .*toy-al; expected one that wepsam evaluate wrote"):
        compare([folders[0], folders[0].with_name("toy-al")])
    with pytest.raises(ValueError, match=r"no results in .*more; expected"):
        compare(folders[1].parent)


def test_the_note_says_who_is_left_out() -> None:
    people = made_up("one-observer", nss=[1, 2], emd=[1, 1])
    note = score_table([made_up("m", nss=[1, 2]), people]).note
    assert note.endswith("Bold: best model per metric. Human rows excluded. Not scored for all models: EMD.")
    assert "Human" not in score_table([made_up("m", nss=[1, 2])]).note


def test_scores_of_an_older_variant_of_a_metric_are_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for model in ("a", "b", "c"):
        one = made_up(model, auc_judd=[0.5, 0.6], nss=[1, 2])
        more = {} if model == "b" else {"auc_judd": "exact expectation over the order of equal values"}
        replace(one, about=one.about | more).save(tmp_path)
    compare(tmp_path)
    (line,) = caplog.messages
    assert line.startswith("AUC-Judd of b is another variant than that of the others; evaluate again")


def test_a_model_that_has_learned_from_the_pictures_is_marked_and_never_the_best() -> None:
    net, old = made_up("net", nss=[5, 5]), made_up("old", nss=[1, 2])
    for seen in (True, "part"):
        marked = replace(net, about=net.about | {"seen": seen})
        table = score_table([marked, old])
        text = as_markdown(table)
        assert "| **net** † | 5.000 ± 0.000 |" in text
        assert "| **old** | **1.500** ±" in text
        assert "†: has learned from these pictures, or from some of them" in table.note
        assert "| **net** † |" in as_markdown(differences([marked, old], "old"))
        assert "net is one of them" in differences([marked, old], "net").note
    for about in ({}, {"seen": False}):
        assert "†" not in as_markdown(score_table([replace(net, about=net.about | about), old]))
