"""Scores of models that one can check by hand, odd datasets, protocols; and several datasets with references."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wepsam
from helpers import Paint, Write
from wepsam import maps, metrics
from wepsam.classical import CLASSICAL, LEARNED_FROM, CenterBias, center_gaussian
from wepsam.datasets import FixationDataset, Sample, open_dataset
from wepsam.evaluation import compare, evaluate, evaluate_all, read, score
from wepsam.evaluation.results import fingerprint
from wepsam.evaluation.table import as_markdown
from wepsam.metrics import METRICS

POINT_METRICS = ["auc_judd", "auc_borji", "auc_shuffled", "nss", "info_gain", "cc", "sim", "kl_div"]
DENSITY_METRICS = ["cc", "sim", "kl_div", "nss_density", "auc_density"]


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


# ---- odd datasets


@pytest.fixture
def densities_only(tmp_path: Path, paint: Paint, write: Write) -> FixationDataset:
    for seed in range(4):
        density = maps.density(np.array([(20 + 5 * seed, 20)]), (40, 60), 6.0)
        write(tmp_path / "images" / f"{seed}.png", paint(seed, 40, 60))
        write(tmp_path / "maps" / f"{seed}.png", np.rint(255 * density / density.max()).astype(np.uint8))
    return open_dataset(f"pages={tmp_path}")


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
    with pytest.raises(ValueError, match=r"small answers a map of shape \(32, 32\) for 000, expected \(40, 60\)"):
        evaluate(lambda stimulus: np.ones((32, 32)), own, name="small")
    with pytest.raises(ValueError, match=r"no model 'humans'; expected .*wepsam-lite, .*gbvs"):
        evaluate("humans", own)
    with pytest.raises(ValueError, match="own has no pictures to score on"):
        evaluate(uniform, own[:0])


# ---- protocols and records


def test_a_protocol_is_another_table_of_metrics(
    own: FixationDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is recorded, and its results go to a folder of their own."""
    short = {name: METRICS[name] for name in ("nss", "cc")}
    monkeypatch.setattr(score, "PROTOCOLS", {"mit": METRICS, "tuebingen": short})
    result = evaluate("center-gaussian", own, protocol="tuebingen", out=tmp_path)
    assert (result.metrics, result.about["protocol"]) == (["nss", "cc"], "tuebingen")
    assert "auc_borji" not in result.about
    (saved,) = read(tmp_path / "own-all-tuebingen")
    assert saved.about == result.about
    with pytest.raises(ValueError, match="protocols are mit, tuebingen, not 'nobody'"):
        evaluate(center_gaussian, own, protocol="nobody")


def test_the_record_names_the_pictures(own: FixationDataset) -> None:
    about = evaluate(center_gaussian, own).about
    assert about["dataset_sha256"] == fingerprint(own)
    assert "note" not in about
    assert evaluate(center_gaussian, replace(own, note="found so")).about["note"] == "found so"


def test_an_infinite_score_is_not_left_out(own: FixationDataset, tmp_path: Path) -> None:
    """A map that is 0 where somebody looked loses an infinite number of bits under `tuebingen`; so does the mean."""

    def corner(stimulus: np.ndarray) -> np.ndarray:
        saliency_map = np.zeros(stimulus.shape[:2], np.float32)
        saliency_map[0, 0] = 1
        return saliency_map

    result = evaluate(corner, own, name="corner", protocol="tuebingen")
    assert result.mean()["info_gain"] == -np.inf
    assert result.summary()["scores"]["info_gain"] == {
        "mean": None, "low": None, "high": None, "pictures": 12, "infinite": 12
    }  # fmt: skip
    evaluate(uniform, own, name="even", protocol="tuebingen").save(tmp_path)
    result.save(tmp_path)
    assert json.loads((tmp_path / "corner.json").read_text())["scores"]["info_gain"]["mean"] is None
    table, change = compare(tmp_path, paired="even")
    rows = {line.split("|")[1].strip(): line for line in as_markdown(table).splitlines() if line.startswith("|")}
    assert rows["**corner**"].rstrip(" |").endswith("-inf")
    assert "n/a" not in rows["**even**"]
    assert "-inf" in as_markdown(change)


# ---- datasets by name, folders of results, references


def test_a_part_of_a_dataset_by_name(own: FixationDataset, own_dataset: Path, tmp_path: Path) -> None:
    spec = f"csv={own_dataset}"
    result = evaluate("center-gaussian", spec, out=str(tmp_path), split="validation")
    assert [row["id"] for row in result.rows] == ["010"]
    assert result.about["split"] == "validation"
    assert (result.about["pictures"], result.about["of_pictures"]) == (1, 12)
    (saved,) = read(tmp_path / "own-validation")
    assert saved.about == result.about
    assert len(evaluate("center-gaussian", spec, split="train").rows) == 11
    assert evaluate("center-gaussian", spec, split="all") == evaluate("center-gaussian", own)
    with pytest.raises(ValueError, match="not 'test'"):
        evaluate("center-gaussian", spec, split="test")
    (own_dataset / "fixations.csv").write_text("image,observer,x,y\n000.png,a,3,3\n")
    with pytest.raises(ValueError, match=f"{spec} has no validation pictures to score on; for all of its pictures"):
        evaluate("center-gaussian", spec, split="validation")


def test_own_data_is_scored_whole(own_dataset: Path) -> None:
    """Unless a part is asked for: it has no validation part that anybody agreed on."""
    about = evaluate("center-gaussian", f"pages={own_dataset}").about
    assert (about["dataset"], about["split"], about["pictures"], about["of_pictures"]) == ("pages", "all", 12, 12)


def test_sigma_and_coordinates_of_own_data(own: FixationDataset, own_dataset: Path) -> None:
    usual = evaluate("center-bias", f"pages={own_dataset}")
    broad = evaluate("center-bias", f"pages={own_dataset}", pixels_per_degree=6)
    assert (usual.about["sigma"], broad.about["sigma"]) == (pytest.approx(1.8), 6)
    assert broad.mean()["cc"] > usual.mean()["cc"]  # blurred fixations of different pictures are more alike
    shown = evaluate("center-bias", f"pages={own_dataset}", coordinates="2")
    assert shown.about["note"] == "x and y of the table read as 2"
    with pytest.raises(ValueError, match="osie has its own sigma"):
        evaluate("center-bias", "osie=nowhere", sigma=3)


def test_references_stand_beside_the_model_and_are_not_made_twice(own: FixationDataset, tmp_path: Path) -> None:
    names = ["center-gaussian", "center-bias", "gbvs", "one-observer", "gold-standard"]
    folder = tmp_path / "own-all"
    done = list(evaluate_all("center-gaussian", own, tmp_path, references=True))
    assert [path for path, _ in done] == [folder / f"{name}.csv" for name in names]
    assert [result.about["model"] for _, result in done] == names
    assert sorted(e.about["model"] for e in read(folder)) == sorted(names)

    lines = (folder / "gbvs.csv").read_text().splitlines()
    lines[1] = "000," + ",".join(["0.125"] * lines[0].count(","))
    (folder / "gbvs.csv").write_text("\n".join(lines) + "\n")
    again = dict(evaluate_all("center-bias", [own], tmp_path, references=True))
    assert len(again) == 4
    assert again[folder / "gbvs.csv"].scores("cc")[0] == 0.125
    assert (folder / "gbvs.csv").read_text().splitlines()[1] == lines[1]
    evaluate("gbvs", own, out=tmp_path)
    assert (folder / "gbvs.csv").read_text().splitlines()[1] != lines[1]


def test_several_datasets_have_a_folder_each(own: FixationDataset, own_dataset: Path, tmp_path: Path) -> None:
    done = evaluate_all("center-gaussian", [f"pages={own_dataset}", own], tmp_path)
    folders = [path.parent.name for path, _ in done]
    assert folders == ["pages-all", "own-all"]


def test_two_datasets_of_one_name_are_refused(own_dataset: Path, tmp_path: Path) -> None:
    other = shutil.copytree(own_dataset, tmp_path / "other" / "own")
    specs = [f"csv={own_dataset}", f"csv={other}"]
    with pytest.raises(ValueError, match="two datasets are named own; give one another name"):
        list(evaluate_all("center-gaussian", specs, tmp_path / "results"))
    assert not (tmp_path / "results").exists()


def test_results_of_another_dataset_of_that_name_are_kept(own_dataset: Path, tmp_path: Path) -> None:
    """A copy is the same dataset."""
    other = shutil.copytree(own_dataset, tmp_path / "other" / "own")
    evaluate("center-gaussian", f"csv={own_dataset}", out=tmp_path / "results")
    kept = (tmp_path / "results" / "own-all" / "center-gaussian.csv").read_bytes()
    rows = (own_dataset / "fixations.csv").read_text().splitlines()
    (other / "fixations.csv").write_text("\n".join(rows[:-12]) + "\n")
    for model in ("center-gaussian", "center-bias"):
        with pytest.raises(ValueError, match=r"results of another dataset named own: 12 pictures, here 11; .*--out"):
            evaluate(model, f"csv={other}", out=tmp_path / "results")
    assert (tmp_path / "results" / "own-all" / "center-gaussian.csv").read_bytes() == kept
    evaluate("center-gaussian", f"theirs={other}", out=tmp_path / "results")
    evaluate("center-bias", f"csv={shutil.copytree(own_dataset, tmp_path / 'copy' / 'own')}", out=tmp_path / "results")


def test_a_dataset_that_changed_is_scored_again(own_dataset: Path, tmp_path: Path) -> None:
    evaluate("center-gaussian", f"csv={own_dataset}", out=tmp_path)
    rows = (own_dataset / "fixations.csv").read_text().splitlines()
    (own_dataset / "fixations.csv").write_text("\n".join(rows[:-12]) + "\n")
    assert len(evaluate("center-gaussian", f"csv={own_dataset}", out=tmp_path).rows) == 11


def test_where_only_densities_are_known_people_are_left_out(
    densities_only: FixationDataset, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    names = [r.about["model"] for _, r in evaluate_all("gbvs", densities_only, tmp_path, references=True)]
    assert names == ["gbvs", "center-bias"]
    assert [record.name for record in caplog.records] == ["wepsam", "wepsam"]
    assert "no row for gold-standard: pages does not say which observer looked where" in caplog.text
    with pytest.raises(ValueError, match="does not say which observer"):
        list(evaluate_all("one-observer", densities_only, tmp_path))


def test_a_model_that_has_learned_from_the_pictures_is_warned_of(
    own: FixationDataset, own_dataset: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(LEARNED_FROM, "center-gaussian", {"own": "train"})
    network = wepsam.load()
    monkeypatch.setitem(network.card, "learned_from", {"own": "train"})
    warning = "has learned from the training part of own; these scores are optimistic"
    evaluate("center-gaussian", f"csv={own_dataset}", split="validation")
    evaluate("gbvs", own)
    assert not caplog.records
    for model, name in ((center_gaussian, "mine"), ("center-gaussian", None), (network, None)):
        caplog.clear()
        evaluate(model, own, name=name)
        assert warning in caplog.text


def test_the_record_says_whether_the_pictures_were_seen(own: FixationDataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights say it in their card; references and training-free models have learned nothing; others are unknown."""
    network = wepsam.load("wepsam-paper")
    for learned_from, split, seen in (
        ({"own": "train"}, "all", "part"), ({"own": "train"}, "train", True), ({"own": "train"}, "validation", False),
        ({"own": "all"}, "validation", True), ({"osie": "all"}, "all", False), ({}, "all", False),
    ):  # fmt: skip
        monkeypatch.setitem(network.card, "learned_from", learned_from)
        assert evaluate(network, own.split(split), split=split).about["seen"] == seen, (learned_from, split)
    for model in ("gbvs-128", "center-bias", "one-observer"):
        assert evaluate(model, own).about["seen"] is False
    assert "seen" not in evaluate(lambda stimulus: center_gaussian(stimulus), own).about
    monkeypatch.delitem(network.card, "learned_from")
    for key in ("training", "validation"):
        monkeypatch.delitem(network.card, key)
    assert "seen" not in evaluate(network, own).about


def test_several_datasets_at_once_are_refused(own_dataset: Path) -> None:
    with pytest.raises(TypeError, match="scores one dataset, not a list"):
        evaluate("center-bias", [f"csv={own_dataset}"])  # type: ignore[arg-type]
