"""Means over datasets, against slow versions: each counts once, and nobody's mean is over other datasets."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from helpers import made_up
from wepsam.evaluation import Evaluation, compare, mean_over_datasets
from wepsam.evaluation.over_datasets import summary
from wepsam.evaluation.table import FORMATS, as_csv, as_markdown


def on(dataset: str, model: str, seen: object = None, protocol: str = "mit", **scores: list[float]) -> Evaluation:
    one = made_up(model, protocol, **scores)
    more = {"dataset": dataset} | ({} if seen is None else {"seen": seen})
    return replace(one, about=one.about | more)


def three() -> list[list[Evaluation]]:
    """A large dataset, a small one, and one of densities."""
    rng = np.random.default_rng(0)
    sets = []
    for name, count, nss in (("large", 300, "nss"), ("small", 20, "nss"), ("maps", 40, "nss_density")):
        easy = rng.normal(1 + count / 300, 0.5, count)
        sets.append(
            [
                on(name, model, **{nss: list(easy + gain + rng.normal(0, 0.05, count)), "kl_div": list(1 - easy / 9)})
                for model, gain in (("base", 0.0), ("better", 0.1))
            ]
        )
    return sets


def test_each_dataset_counts_once_and_the_worst_is_named() -> None:
    sets = three()
    (table,) = mean_over_datasets(sets)
    assert table.datasets == ("large", "small", "maps")
    assert table.metrics == ("nss_or_density", "kl_div")
    means = {e[0].about["dataset"]: e[0].scores(e[0].metrics[0]).mean() for e in sets}
    cell = table.rows["base"][0]
    assert cell.mean == pytest.approx(sum(means.values()) / 3)
    assert cell.worst == (min(means, key=lambda name: means[name]), pytest.approx(min(means.values())))
    assert cell.pictures == 360
    kl = {e[0].about["dataset"]: e[0].scores("kl_div").mean() for e in sets}
    assert table.rows["base"][1].worst == (max(kl, key=lambda name: kl[name]), pytest.approx(max(kl.values())))
    assert table.rows["better"][0].marked
    assert "NSS or NSS of the density: at fixations on large, small; of the density on maps." in table.note


def test_intervals_are_those_of_a_slow_bootstrap_within_each_dataset() -> None:
    sets = three()
    table, change = mean_over_datasets(sets, paired="base")
    rng = np.random.default_rng(9)
    drawn: dict[str, list[float]] = {"score": [], "change": []}
    for _ in range(2000):
        score, difference = [], []
        for base, better in sets:
            one, other = better.scores(better.metrics[0]), base.scores(base.metrics[0])
            places = rng.integers(0, len(one), len(one))
            score.append(one[places].mean())
            difference.append((one - other)[places].mean())
        drawn["score"].append(float(np.mean(score)))
        drawn["change"].append(float(np.mean(difference)))
    for cell, values in ((table.rows["better"][0], drawn["score"]), (change.rows["better"][0], drawn["change"])):
        low, high = np.quantile(values, [0.025, 0.975])
        assert (cell.low, cell.high) == (
            pytest.approx(low, abs=0.1 * (high - low)),
            pytest.approx(high, abs=0.1 * (high - low)),
        )
    cell = change.rows["better"][0]
    assert list(change.rows) == ["better"]
    assert cell.marked
    assert (
        cell.high - cell.low < (table.rows["better"][0].high - table.rows["better"][0].low) / 3
    )  # what pairing is for
    assert (change.name, change.base) == ("over-datasets-minus-base", "base")


def test_the_order_of_datasets_changes_no_number() -> None:
    sets = three()
    (one,), (other,) = mean_over_datasets(sets), mean_over_datasets(sets[::-1])
    for model, cells in one.rows.items():
        for a, b in zip(cells, other.rows[model], strict=True):
            assert (a.mean, a.low, a.high) == pytest.approx((b.mean, b.low, b.high))
            assert a.worst == b.worst


def test_datasets_of_the_same_size_are_drawn_independently() -> None:
    """Otherwise the interval of their mean would be as wide as that of one."""
    scores = list(np.random.default_rng(1).normal(0, 1, 50))
    (table,) = mean_over_datasets([[on(f"set{k}", "m", cc=scores)] for k in range(9)])
    (single,) = mean_over_datasets([[on(f"set{k}", "m", cc=s)] for k, s in enumerate((scores, [0.0] * 50))])
    cell, one = table.rows["m"][0], single.rows["m"][0]
    assert (cell.high - cell.low) / (2 * (one.high - one.low)) == pytest.approx(1 / 3, rel=0.15)


def test_a_model_that_lacks_a_dataset_is_left_out_and_named() -> None:
    sets = three()
    sets[0].append(on("large", "half-of-observers", nss=[1.0] * 300, kl_div=[0.0] * 300))
    (table,) = mean_over_datasets(sets)
    assert list(table.rows) == ["base", "better"]
    assert "Left out, not scored on all of them: half-of-observers (not on small, maps)." in table.note


def test_a_metric_that_one_dataset_does_not_offer_is_left_out_and_named() -> None:
    sets = [[on("a", "m", cc=[1, 2], info_gain=[0, 1])], [on("b", "m", cc=[3, 4])]]
    (table,) = mean_over_datasets(sets)
    assert table.metrics == ("cc",)
    assert "Not offered by all of them: IG (bit)." in table.note


def test_a_model_without_any_score_on_a_dataset_has_no_mean_of_the_others() -> None:
    nan = float("nan")
    sets = [[on("a", "m", cc=[1, 2], sim=[1, nan])], [on("b", "m", cc=[nan, nan], sim=[3, nan])]]
    (table,) = mean_over_datasets(sets)
    cc, sim = table.rows["m"]
    assert np.isnan(cc.mean)
    assert "| n/a |" in as_markdown(table)
    assert (sim.mean, sim.pictures) == (2, 2)


def test_models_that_have_seen_pictures_get_a_dagger_and_a_table_without_those_pictures() -> None:
    sets = [
        [on("a", "net", False, cc=[3, 3]), on("a", "old", False, cc=[1, 1])],
        [on("b", "net", True, cc=[9, 9]), on("b", "old", False, cc=[2, 2])],
        [on("c", "net", False, cc=[4, 4]), on("c", "old", cc=[3, 3])],
    ]
    everything, unseen = mean_over_datasets(sets)
    assert (everything.name, unseen.name) == ("over-datasets", "over-unseen-datasets")
    assert everything.seen == {"net"}
    assert not everything.rows["net"][0].marked  # never the best
    assert (unseen.datasets, unseen.seen) == (("a", "c"), frozenset())
    assert unseen.rows["net"][0].mean == 3.5
    assert unseen.rows["net"][0].marked
    assert (
        "Mean over the 2 of 3 datasets from whose pictures none of these models has learned: a (2, all)" in unseen.note
    )
    assert "†: has learned from these pictures of b, so the mean is optimistic" in everything.note
    assert "| **net** † |" in as_markdown(everything)
    assert "<th>net †</th>" in FORMATS["html"](everything)
    assert "net $\\dagger$ &" in FORMATS["latex"](everything)
    _, _, _, change = mean_over_datasets(sets, paired="old")
    assert (change.name, change.datasets) == ("over-unseen-datasets-minus-old", ("a", "c"))
    assert change.rows["net"][0].worst == ("c", 1)
    assert change.rows["net"][0].mean == 1.5


def test_csv_and_json_say_what_the_table_says() -> None:
    sets = [
        [on("a", "m", "part", cc=[1, 3]), on("a", "o", cc=[0, 0])],
        [on("b", "m", cc=[3, 5]), on("b", "o", cc=[1, 1])],
    ]
    (table,) = mean_over_datasets(sets)
    rows = list(csv.DictReader(io.StringIO(as_csv(table))))
    assert [(r["model"], r["mean"], r["seen"], r["worst"], r["worst_mean"]) for r in rows] == [
        ("m", "3", "1", "a", "2"), ("o", "0.5", "0", "a", "0"),
    ]  # fmt: skip
    found = summary(table)
    assert found["datasets"] == ["a", "b"]
    assert found["models"]["m"]["seen"]
    assert found["models"]["m"]["scores"]["cc"]["mean"] == 3
    assert found["models"]["m"]["scores"]["cc"]["worst"] == {"dataset": "a", "mean": 2}


@pytest.mark.parametrize(
    ("sets", "words"),
    [
        ([[on("a", "m", cc=[1, 2])]], "two datasets or more"),
        ([[on("a", "m", cc=[1, 2])], [on("a", "m", cc=[1, 2, 3])]], "two sets of pictures of a"),
        ([[on("a", "m", cc=[1, 2])], [on("b", "n", cc=[1, 2])]], "no model has results on all of a, b"),
        ([[on("a", "m", cc=[1, 2])], [on("b", "m", protocol="tuebingen", cc=[1])]], "protocols mit and tuebingen"),
    ],
)
def test_what_has_no_mean_over_datasets_is_refused_in_a_line(sets: list[list[Evaluation]], words: str) -> None:
    with pytest.raises(ValueError, match=f"no mean over datasets: .*{words}") as error:
        mean_over_datasets(sets)
    assert "\n" not in str(error.value)


def test_a_base_without_results_on_all_datasets_is_refused() -> None:
    sets = [[on("a", "m", cc=[1, 2]), on("a", "n", cc=[1, 2])], [on("b", "m", cc=[1, 2])]]
    with pytest.raises(ValueError, match="n has no results on all of a, b"):
        mean_over_datasets(sets, paired="n")


def test_compare_puts_the_means_behind_the_tables(tmp_path: Path) -> None:
    for evaluation in [e for group in three() for e in group]:
        evaluation.save(tmp_path / f"{evaluation.about['dataset']}-all")
    folders = sorted(tmp_path.iterdir())
    names = [table.name for table in compare(folders, paired="base")]
    assert names[-2:] == ["over-datasets", "over-datasets-minus-base"]
    assert len(names) == 8
    (table,) = compare(folders, models=["better"])[3:]
    assert list(table.rows) == ["better"]
    assert [table.name for table in compare(folders[:1])] == ["large-all"]


def test_hostile_names_in_a_note_are_escaped_once() -> None:
    """A bar within a longer name, or a backslash, must not end its escape."""
    sets = [[on(name, "m", cc=[1, 2]), on(name, name, cc=[1, 2])] for name in ("x|", "|", "<b>")]
    (table,) = mean_over_datasets(sets)
    note = as_markdown(table).split("\n\n")[1]
    assert "x\\| (2, all), \\| (2, all), &lt;b&gt; (2, all)" in note
