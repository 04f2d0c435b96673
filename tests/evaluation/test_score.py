"""Scores of models that one can check by hand, the references, intervals, files and tables."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers import Paint, Run, Write
from wepsam import maps, metrics
from wepsam.classical import CLASSICAL, CenterBias, center_gaussian
from wepsam.datasets import FixationDataset, Sample, open_dataset
from wepsam.evaluation import Evaluation, evaluate, read, score
from wepsam.evaluation.score import interval
from wepsam.evaluation.table import insert, markdown
from wepsam.metrics import METRICS

POINT_METRICS = ["auc_judd", "auc_borji", "auc_shuffled", "nss", "info_gain", "cc", "sim", "kl_div"]
DENSITY_METRICS = ["cc", "sim", "kl_div", "nss_density", "auc_density"]


@pytest.fixture
def own(own_dataset: Path) -> FixationDataset:
    return open_dataset(f"csv={own_dataset}")


def knowing(data: FixationDataset, answer: Callable[[Sample], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    """A predictor that recognizes the picture."""
    answers = {sample.stimulus().tobytes(): answer(sample) for sample in data}
    return lambda stimulus: answers[stimulus.tobytes()]


def uniform(stimulus: np.ndarray) -> np.ndarray:
    return np.ones(stimulus.shape[:2], np.float32)


# ---- what scores must be


def test_who_knows_the_density_scores_perfectly(own: FixationDataset) -> None:
    result = evaluate(knowing(own, Sample.density), own, name="perfect")
    assert result.metrics == POINT_METRICS
    assert [row["id"] for row in result.rows] == [sample.id for sample in own]
    np.testing.assert_allclose(result.scores("cc"), 1)
    np.testing.assert_allclose(result.scores("sim"), 1)
    np.testing.assert_allclose(result.scores("kl_div"), 0, atol=1e-9)
    assert (result.scores("info_gain") > 0).all()
    others: list[Any] = [uniform, center_gaussian, "center-bias", "one-observer", "half-of-observers"]
    for other in [*others, knowing(own, lambda sample: maps.blur(sample.density(), 4))]:
        rival = evaluate(other, own)
        assert (result.scores("nss") > rival.scores("nss")).all()
        assert (result.scores("kl_div") < rival.scores("kl_div")).all()


def test_a_metric_beyond_the_protocol_is_asked_for_by_name(own: FixationDataset) -> None:
    asked = evaluate(center_gaussian, own, also=["emd", "emd"])
    assert asked.metrics == [*POINT_METRICS, "emd"]
    expected = [metrics.emd(center_gaussian(sample.stimulus()), sample.density()) for sample in own]
    np.testing.assert_allclose(asked.scores("emd"), expected)
    for name in POINT_METRICS:
        np.testing.assert_array_equal(asked.scores(name), evaluate(center_gaussian, own).scores(name))
    with pytest.raises(ValueError, match="on request are emd, not wmd"):
        evaluate(center_gaussian, own, also=["wmd"])


def test_a_uniform_map_is_chance(own: FixationDataset) -> None:
    mean = evaluate(uniform, own).mean()
    for name in ("auc_judd", "auc_borji", "auc_shuffled"):
        assert mean[name] == 0.5
    assert mean["nss"] == mean["cc"] == 0


def test_the_center_bias_leaves_the_picture_out(own: FixationDataset) -> None:
    """Whatever people did on a picture, its own prediction stays the same, and that of the others does not."""
    first = own[0]
    elsewhere = replace(first, fixations=np.array([[1.0, 1.0]]), observer=np.array([0]))
    changed = replace(own, samples=(elsewhere, *own.samples[1:]))
    before, after = CenterBias(own), CenterBias(changed)
    np.testing.assert_allclose(after.without(first), before.without(first), rtol=1e-6)
    assert np.abs(after.without(own[1]) - before.without(own[1])).max() > 0.01
    others = np.mean([sample.density() for sample in own if sample.id != first.id], axis=0)
    assert np.corrcoef(before.without(first).ravel(), others.ravel())[0, 1] > 0.999

    scored = evaluate("center-bias", own)
    by_hand = evaluate(knowing(own, before.without), own)
    for name in POINT_METRICS:
        np.testing.assert_array_equal(scored.scores(name), by_hand.scores(name))


def test_the_center_bias_of_one_picture_knows_nothing(own: FixationDataset) -> None:
    np.testing.assert_allclose(CenterBias(own[:1]).without(own[0]), 1)
    result = evaluate("center-bias", own[:1])
    assert result.rows[0]["nss"] == 0
    assert np.isnan(result.rows[0]["auc_shuffled"])  # no other picture, no other fixations


# ---- people, on pictures of 4x2 pixels

LEFT, RIGHT = (0.0, 0.0), (3.0, 1.0)


def toy(tmp_path: Path, write: Write, looks: list[tuple[int, tuple[float, float]]]) -> FixationDataset:
    """Two such pictures, on both of which these observers looked at these points; densities without blur."""
    observer, fixations = (np.array(values) for values in zip(*looks, strict=True))
    path = write(tmp_path / "a.png", np.zeros((2, 4), np.uint8))
    samples = tuple(Sample(id, path, (2, 4), fixations, observer, 0.0) for id in "ab")
    return FixationDataset("toy", samples, 0.0)


def test_one_observer_by_hand(tmp_path: Path, write: Write) -> None:
    """Two look left, one right. Each of the two shares half of the others' density, the third one none."""
    data = toy(tmp_path, write, [(4, LEFT), (7, LEFT), (9, RIGHT)])
    assert evaluate("one-observer", data).scores("sim") == pytest.approx((0.5 + 0.5 + 0) / 3)


def test_half_of_observers_by_hand(tmp_path: Path, write: Write) -> None:
    agree = toy(tmp_path, write, [(1, LEFT), (1, LEFT), (2, LEFT)])
    assert evaluate("half-of-observers", agree).mean()["sim"] == 1
    disagree = toy(tmp_path, write, [(1, LEFT), (2, RIGHT)])
    assert evaluate("half-of-observers", disagree).mean()["sim"] == 0
    # Two and two: a split pairs like with like (0) or each side has one of both (1); two of three splits do.
    divided = toy(tmp_path, write, [(1, LEFT), (2, LEFT), (3, RIGHT), (4, RIGHT)])
    assert evaluate("half-of-observers", divided).mean()["sim"] in (0.2, 0.4, 0.6, 0.8, 1)


@pytest.mark.parametrize("people", ["one-observer", "half-of-observers"])
def test_one_person_cannot_say_how_people_agree(tmp_path: Path, write: Write, people: str) -> None:
    result = evaluate(people, toy(tmp_path, write, [(1, LEFT), (1, RIGHT)]))
    assert all(np.isnan(row[name]) for row in result.rows for name in POINT_METRICS)


def test_references_are_the_same_each_time(own: FixationDataset) -> None:
    assert evaluate("half-of-observers", own).rows == evaluate("half-of-observers", own).rows


def test_people_beat_the_center_bias(own: FixationDataset) -> None:
    scores = {name: evaluate(name, own).mean() for name in ("center-bias", "one-observer", "half-of-observers")}
    for metric in ("nss", "cc", "auc_judd"):
        floor, one, half = (scores[name][metric] for name in scores)
        assert floor < one < half


# ---- odd datasets


@pytest.fixture
def densities_only(tmp_path: Path, paint: Paint, write: Write) -> FixationDataset:
    for seed in range(4):
        density = maps.density(np.array([(20 + 5 * seed, 20)]), (40, 60), 6.0)
        write(tmp_path / "images" / f"{seed}.png", paint(seed, 40, 60))
        write(tmp_path / "maps" / f"{seed}.png", np.rint(255 * density / density.max()).astype(np.uint8))
    return open_dataset(f"maps={tmp_path}")


def test_densities_give_no_point_scores(densities_only: FixationDataset) -> None:
    for model in (uniform, "center-bias"):
        assert evaluate(model, densities_only).metrics == DENSITY_METRICS
    perfect = evaluate(knowing(densities_only, Sample.density), densities_only).mean()
    assert perfect["cc"] == pytest.approx(1)
    assert perfect["nss_density"] > 1
    assert evaluate(uniform, densities_only).mean()["auc_density"] == pytest.approx(0.5)
    for people in ("one-observer", "half-of-observers"):
        with pytest.raises(ValueError, match="does not say which observer looked where"):
            evaluate(people, densities_only)


def test_a_picture_that_nobody_looked_at_has_no_scores_and_spoils_none(own: FixationDataset) -> None:
    nobody = replace(own[3], fixations=np.empty((0, 2)), observer=np.empty(0, int))
    with_nobody = replace(own, samples=(*own.samples[:3], nobody, *own.samples[4:]))
    without = replace(own, samples=(*own.samples[:3], *own.samples[4:]))
    for model in (center_gaussian, "center-bias", "one-observer", "half-of-observers"):
        result = evaluate(model, with_nobody)
        assert len(result.rows) == 12
        assert all(np.isnan(result.rows[3][name]) for name in POINT_METRICS)
        assert result.mean() == pytest.approx(evaluate(model, without).mean())


def test_pictures_of_different_sizes(tmp_path: Path, paint: Paint, write: Write) -> None:
    lines = ["image,observer,x,y"]
    for seed, (height, width) in enumerate([(30, 50), (60, 40), (33, 33)]):
        write(tmp_path / "stimuli" / f"{seed}.png", paint(seed, height, width))
        lines += [f"{seed}.png,{observer},{width - 1},{height - 1}" for observer in "ab"]
    (tmp_path / "fixations.csv").write_text("\n".join(lines))
    data = open_dataset(f"csv={tmp_path}")
    for model in (center_gaussian, "center-bias", "one-observer"):
        assert all(np.isfinite(value) for value in evaluate(model, data).mean().values())


def test_what_cannot_be_evaluated(own: FixationDataset) -> None:
    with pytest.raises(ValueError, match=r"small answers \(32, 32\) for 000, which is \(40, 60\)"):
        evaluate(lambda stimulus: np.ones((32, 32)), own, name="small")
    with pytest.raises(ValueError, match="center-bias, one-observer, half-of-observers, gold-standard, not 'humans'"):
        evaluate("humans", own)
    with pytest.raises(ValueError, match="no pictures to score on"):
        evaluate(uniform, own[:0])


# ---- intervals


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


# ---- files


def made_up(model: str, dataset: str = "toy", split: str = "all", **scores: list[float]) -> Evaluation:
    ids = [f"{i}" for i in range(len(next(iter(scores.values()))))]
    rows = tuple({"id": id} | {name: values[i] for name, values in scores.items()} for i, id in enumerate(ids))
    about = {"model": model, "dataset": dataset, "split": split, "pictures": len(ids), "protocol": "mit"}
    return Evaluation(rows, about)


def strict(text: str) -> Any:
    """JSON as the standard has it, without NaN."""

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    return json.loads(text, parse_constant=refuse)


def test_saved_and_read_again(own: FixationDataset, tmp_path: Path) -> None:
    result = evaluate(CLASSICAL["center-gaussian"], own.split("validation"), name="center", split="validation")
    path = result.save(tmp_path / "results")
    assert path == tmp_path / "results" / "center.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["id", *POINT_METRICS]
    assert [row["id"] for row in rows] == ["010"]
    about = strict(path.with_suffix(".json").read_text())
    assert (about["model"], about["dataset"], about["split"]) == ("center", "pictures_with_csv", "validation")
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
        with pytest.raises(ValueError, match=r"other\.json and its \.csv are no results of wepsam evaluate"):
            read(tmp_path)


# ---- tables


def cells(table: str) -> dict[str, list[str]]:
    rows = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("|")]
    return {row[0].strip(): [cell.strip() for cell in row[1:]] for row in rows}


def test_the_best_is_bold_and_low_kl_is_best() -> None:
    table = cells(
        markdown(
            [
                made_up("half-of-observers", nss=[9, 9], kl_div=[0, 0]),
                made_up("wepsam", nss=[2, 2], kl_div=[0.5, 0.5]),
                made_up("center-bias", nss=[1, 1], kl_div=[0.25, 0.25]),
            ]
        )
    )
    assert table == {
        "": ["NSS", "KL ↓"],
        "---": ["---", "---"],
        "center bias (fitted)": ["1.000 ± 0.000", "**0.250** ± 0.000"],
        "**wepsam**": ["**2.000** ± 0.000", "0.500 ± 0.000"],
        "half of the observers": ["9.000 ± 0.000", "0.000 ± 0.000"],  # people are no model
    }
    assert list(table)[2:] == ["center bias (fitted)", "**wepsam**", "half of the observers"]


def test_a_score_that_no_picture_has() -> None:
    nothing = [float("nan")] * 2
    table = cells(markdown([made_up("a", nss=[1, 2], cc=nothing), made_up("b", nss=nothing, cc=nothing)]))
    assert table["**a**"][0].startswith("**1.500** ± ")
    assert table["**a**"][1] == "n/a"
    assert table["**b**"] == ["n/a", "n/a"]


@pytest.mark.parametrize(
    "other",
    [
        made_up("b", nss=[1, 2, 3]),
        made_up("b", dataset="scene", nss=[1, 2]),  # where pictures have the same ids
        replace(made_up("b", nss=[1, 2]), rows=tuple({"id": id, "nss": 1.0} for id in "12")),
    ],
)
def test_different_pictures_make_no_table(other: Evaluation) -> None:
    with pytest.raises(ValueError, match=r"b and a were evaluated on different pictures \(.*; 2 of toy \(all\)\)"):
        markdown([made_up("a", nss=[1, 2]), other])


PAGE = "# Résults\n<!-- table:one -->\nold\n<!-- /table -->\nbetween\n<!-- table:two -->\n<!-- /table -->\nafter\n"


def test_insert(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text(PAGE, encoding="utf-8")
    assert not insert(page, "two", "| ± |", write=False)
    assert page.read_text(encoding="utf-8") == PAGE
    assert not insert(page, "two", "| ± |")
    expected = PAGE.replace("two -->\n", "two -->\n| ± |\n")
    assert page.read_text(encoding="utf-8") == expected
    assert insert(page, "two", "| ± |")
    assert insert(page, "one", "old")
    assert page.read_text(encoding="utf-8") == expected
    for name in ("three", "tw"):
        with pytest.raises(ValueError, match=f"README.md has no place for it: expected <!-- table:{name} -->"):
            insert(page, name, "x")
    page.write_text(PAGE.replace("<!-- /table -->\nafter", ""), encoding="utf-8")
    with pytest.raises(ValueError, match="no place"):
        insert(page, "two", "x")


# ---- the real world


def test_gbvs_beats_the_center_on_photographs_and_people_beat_both(shared: Path) -> None:
    """As in every benchmark: shuffled AUC, which takes the center bias out, ranks center < GBVS < people."""
    data = open_dataset(f"scene={shared / 'data' / 'scene'}")[::12]
    scores = {
        name: evaluate(CLASSICAL.get(name, name), data).mean()
        for name in ("center-gaussian", "gbvs-128", "half-of-observers")
    }
    center, teacher, people = (scores[name]["auc_shuffled"] for name in scores)
    assert center == pytest.approx(0.5, abs=0.03)
    assert center + 0.02 < teacher < people
    assert people > 0.6


# ---- protocols


def test_a_protocol_is_another_table_of_metrics(
    own: FixationDataset, own_dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wepsam_command: Run
) -> None:
    """It is recorded, and its results go to a folder of their own."""
    short = {name: METRICS[name] for name in ("nss", "cc")}
    monkeypatch.setattr(score, "PROTOCOLS", {"mit": METRICS, "tuebingen": short})
    result = evaluate(center_gaussian, own, protocol="tuebingen")
    assert (result.metrics, result.about["protocol"]) == (["nss", "cc"], "tuebingen")
    assert "auc_borji" not in result.about
    with pytest.raises(ValueError, match="protocols are mit, tuebingen, not 'nobody'"):
        evaluate(center_gaussian, own, protocol="nobody")
    command = ("evaluate", "center-gaussian", "-d", f"csv={own_dataset}", "-o", tmp_path)
    assert wepsam_command(*command, "--protocol", "tuebingen")[0] == 0
    (made,) = read(tmp_path / "pictures_with_csv-validation-tuebingen")
    assert made.about["protocol"] == "tuebingen"
    assert wepsam_command(*command, "--protocol", "nobody")[0] == 2


def test_the_record_names_the_pictures(own: FixationDataset) -> None:
    """By ids, sizes and numbers of fixations, so the same pictures elsewhere are the same."""
    about = evaluate(center_gaussian, own).about
    assert about["dataset_sha256"] == score.fingerprint(own)
    assert "note" not in about
    assert evaluate(center_gaussian, replace(own, note="found so")).about["note"] == "found so"
    moved = replace(own, samples=tuple(replace(s, path=Path("elsewhere")) for s in own))
    assert score.fingerprint(moved) == score.fingerprint(own) != score.fingerprint(own[1:])
    fewer = replace(own[0], fixations=own[0].fixations[1:], observer=own[0].observer[1:])
    assert score.fingerprint(replace(own, samples=(fewer, *own.samples[1:]))) != score.fingerprint(own)


def test_an_infinite_score_is_not_left_out(own_dataset: Path, tmp_path: Path, wepsam_command: Run) -> None:
    """A map that is 0 where somebody looked loses an infinite number of bits under `tuebingen`; so does the mean."""

    def corner(stimulus: np.ndarray) -> np.ndarray:
        saliency_map = np.zeros(stimulus.shape[:2], np.float32)
        saliency_map[0, 0] = 1
        return saliency_map

    dataset = open_dataset(f"csv={own_dataset}")
    result = evaluate(corner, dataset, name="corner", protocol="tuebingen")
    assert result.mean()["info_gain"] == -np.inf
    assert result.summary()["scores"]["info_gain"] == {
        "mean": None, "low": None, "high": None, "pictures": 12, "infinite": 12
    }  # fmt: skip
    evaluate(lambda s: np.ones(s.shape[:2]), dataset, name="even", protocol="tuebingen").save(tmp_path)
    result.save(tmp_path)
    assert json.loads((tmp_path / "corner.json").read_text())["scores"]["info_gain"]["mean"] is None
    code, out, _ = wepsam_command("compare", tmp_path)
    assert code == 0
    rows = {line.split("|")[1].strip(): line for line in out.splitlines() if line.startswith("|")}
    assert rows["**corner**"].rstrip(" |").endswith("-inf")
    assert "n/a" not in rows["**even**"]
    assert wepsam_command("compare", tmp_path, "--paired", "even")[0] == 0
